package web_test

import (
	"net/http"
	"regexp"
	"testing"
)

const theClosing = "./orders/FR/13/079/2024-0002" // secondLetter

var requests = regexp.MustCompile(`name="request" value="(\d+)"`)

// request is the first request for an exemption that a page offers to answer.
func (a answer) request() string {
	a.Helper()
	m := requests.FindStringSubmatch(a.body)
	if m == nil {
		a.Fatalf("the page %q has no request to answer", a.heading())
	}
	return m[1]
}

// plead asks for an exemption from an order.
func (p *person) plead(order, until, reason string) answer {
	p.Helper()
	return p.post(order, "do", "ask", "until", until, "reason", reason)
}

func TestATeacherIsExempt(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", secondLetter)
	nadia, office := w.as(nadia), w.as(dsden)
	nadia.get("./inbox").is(http.StatusForbidden).says(`href="/at/3/orders/FR/13/079/2024-0002#exemptions"`, "Demander une dérogation")
	nadia.get(theClosing).is(200).says("Demander une dérogation", "Cabinet du DASEN", `name="until"`)
	sent := nadia.plead(theClosing, "2024-03-30T18:00", "Voyage scolaire <b>")
	nadia.follow(sent).says("Votre demande est partie.", "en attente de réponse", "Voyage scolaire &lt;b&gt;", "30\u00a0mars à 18\u00a0h\u00a000").saysNot(`name="until"`)
	nadia.get("./inbox").is(http.StatusForbidden)

	office.get("./orders").says("1\u00a0demande de dérogation")
	page := office.get(theClosing).is(200).says("Voyage scolaire", "O&#39;Neil", "personnel enseignant", "Collège de la Boutonne", "Accorder", "Refuser")
	id := page.request()
	granted := office.post(theClosing, "do", "grant", "request", id, "access-"+id, "write")
	office.follow(granted).says("La dérogation est accordée.", "accordée", "Deux-Sèvres").saysNot("Accorder")
	office.get("./orders").saysNot("demande de dérogation")

	nadia.get(theClosing).says("accordée", "Cabinet du DASEN", "ouvert")
	nadia.send("Ce soir", "Bonjour.", to(staffAt)).is(http.StatusSeeOther)
	w.as(staff).get("./inbox").is(http.StatusForbidden)
	w.at("2024-03-30T17:59:59")
	nadia = w.as("nadia")
	nadia.get("./inbox").is(200)
	w.at("2024-03-30T18:00:00")
	nadia.get("./inbox").is(http.StatusForbidden)
	nadia.get(theClosing).says("terminée", `name="until"`)
}

func TestARefusalSaysWhy(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", secondLetter)
	nadia, office := w.as(nadia), w.as(dsden)
	nadia.plead(theClosing, "2024-03-30T18:00", "Voyage scolaire").is(http.StatusSeeOther)
	id := office.get(theClosing).request()
	office.post(theClosing, "do", "refuse", "request", id, "access-"+id, "read", "refusal-"+id, " ").is(422).
		says(`id="refusal-`+id+`-error"`, "Dites pourquoi", `value="read" selected`)
	office.post(theClosing, "do", "grant", "request", id, "access-"+id, "closed", "refusal-"+id, "J’hésite.").is(422).says("J’hésite.", "Choisissez ce que")
	office.follow(office.post(theClosing, "do", "refuse", "request", id, "refusal-"+id, "Les familles appellent.")).says("La demande est refusée.")
	office.post(theClosing, "do", "grant", "request", id, "access-"+id, "write").is(http.StatusConflict).says("déjà répondu")
	nadia.get(theClosing).says("refusée", "Les familles appellent.", `name="until"`)
	nadia.get("./inbox").is(http.StatusForbidden)
}

func TestAWrongRequestKeepsWhatWasTyped(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", secondLetter)
	nadia := w.as(nadia)
	for _, c := range []struct{ until, reason, where, what string }{
		{"", "Voyage", "until-error", "Choisissez le jour et l’heure."},
		{"demain", "Voyage", "until-error", "Cette date ne se lit pas."},
		{"2024-03-29T19:00", "Voyage", "until-error", "déjà passée"},
		{"2024-05-29T19:00", "Voyage", "until-error", "au plus 31 jours"},
		{"2024-03-30T18:00", " ", "reason-error", "Dites pourquoi"},
	} {
		nadia.plead(theClosing, c.until, c.reason).is(422).
			says(`id="`+c.where+`"`, c.what, `value="`+c.until+`"`, ">"+c.reason+"</textarea>", `class="new" open`)
	}
	nadia.plead(theClosing, "2024-03-30T18:00", "Voyage").is(http.StatusSeeOther)
	nadia.plead(theClosing, "2024-03-31T18:00", "Encore").is(http.StatusConflict).says("déjà une demande", ">Encore</textarea>")
	nadia.post(theClosing, "do", "something").is(http.StatusNotFound)
}

func TestWhoSeesRequests(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", firstLetter, secondLetter)
	w.as(nadia).plead(theClosing, "2024-03-30T18:00", "Voyage scolaire").is(http.StatusSeeOther)
	id := w.as(dsden).get(theClosing).request()
	for _, login := range []string{head, staff, pupil, karim} {
		p := w.as(login)
		p.get(theClosing).is(200).saysNot("Voyage scolaire", "Accorder")
		p.post(theClosing, "do", "grant", "request", id, "access-"+id, "write").is(http.StatusForbidden)
		p.post(theClosing, "do", "refuse", "request", id, "refusal-"+id, "Non.").is(http.StatusForbidden)
	}
	w.as(pupil).get(theClosing).saysNot("dérogation")
	w.as(pupil).get("./inbox").is(http.StatusForbidden).saysNot("dérogation")
	w.as(pupil).plead(theClosing, "2024-03-30T18:00", "S’il vous plaît").is(http.StatusForbidden)
	w.as(nadia).get("./orders/FR/13/079/2024-0001").saysNot("dérogation") // of the écoles
}

// TestAHeadGrantsFromTheirOwnOrder: never to himself.
func TestAHeadGrantsFromTheirOwnOrder(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:30:00", secondLetter)
	p := w.as(head)
	form := shorter("from", "2024-04-02T00:00", "rule-1-roles", "head", "rule-1-hours", "Mo-Fr 08:00-18:00; PH off")
	p.follow(p.post("./orders", "do", "issue", "yaml", p.post("./orders/new", form...).is(200).source()))
	const own = "./orders/FR/13/079/0799002F/2024-0001"
	w.as(nadia).plead(own, "2024-04-02T18:45", "Voyage scolaire").is(http.StatusSeeOther)
	p.plead(own, "2024-04-02T18:45", "Moi aussi").is(http.StatusSeeOther)

	p.get("./orders").says("2\u00a0demandes de dérogation")
	page := p.get(own).says("Voyage scolaire", "une autre personne doit y répondre")
	if found := requests.FindAllString(page.body, -1); len(found) != 1 {
		t.Errorf("the head may answer %d requests, want the teacher's alone", len(found))
	}
	id := page.request()
	p.post(own, "do", "grant", "request", id, "access-"+id, "reply").is(http.StatusSeeOther)
	w.as(nadia).get("./inbox").is(200)
	mine := w.as(dsden).get(own).request()
	p.post(own, "do", "grant", "request", mine, "access-"+mine, "write").is(http.StatusForbidden).says("Personne ne répond à sa propre demande")
	w.as(dsden).post(own, "do", "grant", "request", mine, "access-"+mine, "write").is(http.StatusSeeOther)
	p.get("./inbox").is(200)
	w.at("2024-04-02T18:45:00")
	p.get("./inbox").is(http.StatusForbidden)
}
