package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hand posts a list of stolen accounts as a browser would.
func (p *person) hand(list, hosts string) answer {
	p.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("list", "liste.txt")
	p.must(err)
	fmt.Fprint(file, list)
	p.must(form.WriteField("hosts", hosts))
	p.must(form.Close())
	r := p.request(http.MethodPost, "./stolen", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return p.ask(r)
}

// TestAListOfStolenAccountsFromThePages: an office hands it in after a proof, reads
// counts; the head reads names; the owner reads why.
func TestAListOfStolenAccountsFromThePages(t *testing.T) {
	w := newWorld(t, "2024-03-29T12:00:00")
	office, teacher, direction := w.as(dsden), w.as(nadia), w.as(head)
	office.get("./stolen").is(200).says("Remettre une liste", "Aucune liste n’a été remise", "Aucune liste n’est installée")
	w.clock.Set(w.app.Now().Add(20 * time.Minute))
	if a := office.get("./stolen/new"); a.status != http.StatusSeeOther || !strings.Contains(a.header.Get("Location"), "/proof") {
		t.Errorf("without a fresh proof the form answers %d", a.status)
	}
	office = w.as(dsden)
	office.get("./stolen/new").is(200).says("Fichier")
	office.post("./stolen").is(422).says("Choisissez le fichier")

	a := office.hand("https://ent.example/login:nadia:"+secret+"\nhttps://ent.example/login:pupil:an older one\nsomething\n", "ent.example").is(http.StatusSeeOther)
	at := a.header.Get("Location")
	var seen answer
	for range 500 {
		if seen = office.get(at); strings.Contains(seen.body, "Lue en entier") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	seen.is(200).says("Lue en entier").saysNot("nadia")
	id := regexp.MustCompile(`\d+$`).FindString(at)
	office.get("./stolen.csv/" + id).is(200).says(string(college) + ",teacher,1,1,0,0").saysNot("nadia")
	office.get("./stolen").says("dont 1\u00a0bloqué")

	teacher.get("./inbox").is(http.StatusSeeOther) // to sign in
	w.stranger().post("/sign-in", "login", nadia, "password", secret).says("liste de mots de passe volés", "Vous n’avez rien fait de mal")
	direction.get("./stolen").is(200).says(nadia, "bloqué", "autre mot de passe", "victime d’un vol")
	w.clock.Set(w.app.Now().Add(20 * time.Minute))
	if a := direction.get("./stolen.csv"); a.status != http.StatusSeeOther {
		t.Errorf("a file of names without a fresh proof: %d", a.status)
	}
	w.as(head).get("./stolen.csv").is(200).says("nadia,")
	w.as(staff).get("./stolen").is(http.StatusNotFound)
	w.as(other).get("./stolen").is(200).saysNot(nadia)
}

// TestAListTooLongForThePages is told so, and nothing of it is read.
func TestAListTooLongForThePages(t *testing.T) {
	w := newWorld(t, "2024-03-29T12:00:00")
	w.as(dsden).hand(strings.Repeat("nadia:"+secret+"\n", 600_000), "").is(http.StatusRequestEntityTooLarge)
	w.as(nadia).get("./inbox").is(200)

	stranger := w.stranger()
	stranger.base = "/for/FR-13-079"
	stranger.hand(strings.Repeat("nadia:"+secret+"\n", 40_000), "").is(http.StatusRequestEntityTooLarge)
}
