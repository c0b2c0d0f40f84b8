package web_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// send posts a form with a file, as a browser does where a form may hold one.
func (p *person) attach(path, field string, file []byte, fields ...string) answer {
	p.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		p.must(form.WriteField(fields[i], fields[i+1]))
	}
	part, err := form.CreateFormFile(field, "image.png")
	p.must(err)
	_, err = part.Write(file)
	p.must(err)
	p.must(form.Close())
	r := p.request(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return p.ask(r)
}

var boxes = regexp.MustCompile(`name="step" value="(\d+)"`)

// ticked is every box of the page's only procedure, with what goes with them.
func (a answer) ticked(key string) []string {
	a.Helper()
	fields := []string{"key", key, "order", "FR/13/079/2024-0002", "product", "pronote", "by-" + key, "Prénom Nom"}
	for _, m := range boxes.FindAllStringSubmatch(a.body, -1) {
		fields = append(fields, "step", m[1])
	}
	if len(fields) < 12 {
		a.Fatal("the page has no steps to tick")
	}
	return fields
}

func screenshot(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheHeadIsGuidedAndAttests(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	h, office := w.as(head), w.as(dsden)
	h.get("./orders").says("À la main")
	h.get("./answers").is(200).says("Ce que votre établissement utilise", "Pronote", "École Directe", "même si vous n’en cochez aucune").saysNot("Attester que c’est fait")
	h.follow(h.post("./answers", "do", "products")).says("La liste est enregistrée.", "Rien à faire à la main")
	h.follow(h.post("./answers", "do", "products", "product", "pronote")).says("À fermer", "client Pronote", "Vérifier", "Fait par")
	h.get(theClosing).says("Ce que vous avez à faire à la main")

	fields := h.get("./answers").ticked("t0-pronote")
	less := append([]string{"do", "attest"}, fields[:len(fields)-2]...)
	h.post("./answers", less...).is(422).says("Cochez chaque étape", `value="0" checked`, `value="Prénom Nom"`)
	whole := append([]string{"do", "attest"}, fields...)
	h.attach("./answers", "picture-t0-pronote", []byte("not a picture"), whole...).is(422).says("Cette image ne se lit pas")
	h.follow(h.attach("./answers", "picture-t0-pronote", screenshot(t), whole...)).says("c’est noté", "attesté", "fermé aujourd’hui à 10", "par Prénom Nom", "Voir l’image")

	picture := regexp.MustCompile(`/answers/\d+/picture`).FindString(h.get("./answers").body)
	for _, p := range []*person{h, office} {
		if a := p.get("." + picture).is(200); a.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(a.body, "\xff\xd8") {
			t.Errorf("the picture is %s", a.header.Get("Content-Type"))
		}
	}
	w.as(other).get("." + picture).is(http.StatusNotFound)
	w.as(nadia).get("." + picture).is(http.StatusForbidden)
	office.get(theBoard).says("attesté", "Image")
}

func TestTheHeadTakesBackWhatTheOrderClosed(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	h := w.as(head)
	h.post("./answers", "do", "products", "product", "pronote")
	h.follow(h.post("./answers", append([]string{"do", "attest"}, h.get("./answers").ticked("t0-pronote")...)...))
	w.at("2024-04-08T10:00:00").adopt(strings.NewReplacer("2024-0002", "2024-0009", "type: issue", "type: cancel\nreferences: [FR/13/079/2024-0002]").Replace(secondLetter[:strings.Index(secondLetter, "title:")]) +
		"title: Levée\nfrom: 2024-04-08T08:00\nreason: Les comptes sont repris.\ncontact: {office: Cabinet du DASEN, phone: 05 36 49 00 00}\n")
	h = w.as(head)
	page := h.get("./answers").says("À rétablir", "Pour rétablir").saysNot("À fermer")
	h.follow(h.post("./answers", append([]string{"do", "undo"}, page.ticked("t0-pronote")...)...)).says("le rétablissement est noté", "Rien à faire à la main")
	w.as(dsden).get("./board/FR/13/079/2024-0009").says("attesté", "rétabli")
}

func TestTheHeadRefusesWithAReason(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	h := w.as(head)
	h.post("./answers", "do", "products", "product", "pronote")
	refuse := func(reason string) answer {
		return h.post("./answers", "do", "refuse", "key", "t0", "order", "FR/13/079/2024-0002", "reason-t0", reason)
	}
	refuse(" ").is(422).says("Dites pourquoi", `id="reason-t0-error"`)
	h.follow(refuse("Le serveur <b> est en panne.")).says("Votre refus est parti", "Vous avez refusé cet ordre", "&lt;b&gt;")
	w.as(dsden).get(theBoard).says("refusé", "Le serveur &lt;b&gt; est en panne.")
	w.as(pupil).get("./inbox").is(http.StatusForbidden)
	h.post("./answers", "do", "refuse", "key", "t0", "order", "FR/13/079/2024-0099", "reason-t0", "Non.").is(http.StatusNotFound)
}

func TestOnlyTheHeadAnswers(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	for _, login := range []string{pupil, karim, nadia, staff} {
		w.as(login).get("./answers").is(http.StatusNotFound)
		w.as(login).post("./answers", "do", "products", "product", "pronote").is(http.StatusNotFound)
	}
	h := w.as(head)
	h.post("./answers", "do", "something").is(http.StatusNotFound)
	h.post("./answers", "do", "products", "product", "fax").is(422)
	h.post("./answers", "do", "products", "product", "pronote")
	h.attach("./answers", "picture-t0-pronote", make([]byte, 3<<20), "do", "attest").is(http.StatusRequestEntityTooLarge)
}

func TestHalfDoneWorkIsKept(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	h := w.as(head)
	h.post("./answers", "do", "products", "product", "pronote")
	fields := h.get("./answers").ticked("t0-pronote")
	half := append([]string{"do", "keep"}, fields[:len(fields)-2]...)
	h.follow(h.post("./answers", half...)).says("C’est gardé", "Gardé aujourd’hui à 10", "Rien n’est encore attesté", `value="0" checked`).saysNot("Voir l’image", `value="`+fields[len(fields)-1]+`" checked`)

	w.at("2024-03-29T11:00:00")
	h = w.as(head) // as the next one would
	h.get("./answers").says(`value="0" checked`, "Gardé aujourd’hui à 10", `value="Prénom Nom"`)
	w.as(dsden).get(theBoard).saysNot("fermé aujourd’hui")
	h.post("./answers", "do", "keep", "key", "t0-pronote", "order", "FR/13/079/2024-0099", "product", "pronote").is(http.StatusConflict)
	h.follow(h.post("./answers", append([]string{"do", "attest"}, fields...)...)).says("c’est noté").saysNot("Gardé", `value="0" checked`)
}
