package web_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// form is what the page's first form in <main> posts beside what is given.
func (a answer) form(fields ...string) []string {
	a.Helper()
	_, main, _ := strings.Cut(a.body, "<main")
	_, main, _ = strings.Cut(main, "<form")
	main, _, _ = strings.Cut(main, "</form>")
	for _, m := range hidden.FindAllStringSubmatch(main, -1) {
		if m[1] != "way" {
			fields = append(fields, html.UnescapeString(m[1]), html.UnescapeString(m[2]))
		}
	}
	return fields
}

// TestStepUp: what is risky asks for a fresh proof a quarter of an hour after the
// last one, and gives back what was filled in.
func TestStepUp(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	const list = "c1.pupil"
	teacher := w.as(nadia)
	office := w.as(dsden)
	teacher.send("À la classe", "Bonjour.", list).is(http.StatusSeeOther)
	w.at("2024-03-29T10:20:00")
	teacher.send("À une personne", "Bonjour.", to(staffAt)).is(http.StatusSeeOther)

	asked := teacher.send("À la classe", "Sortie de jeudi.", list).is(http.StatusUnauthorized).says("C’est bien vous")
	if n := w.as(pupil).received(); n != 1 {
		t.Errorf("%d messages reached the class, want the first alone", n)
	}
	draft := teacher.follow(teacher.post("/proof", asked.form("password", secret)...))
	draft.says("Sortie de jeudi.", `value="`+list+`" checked`)
	teacher.post("./compose", "draft", draft.field("draft"), "version", draft.field("version"), "do", "send", "subject", "À la classe", "body", "Sortie de jeudi.", "to", list).is(http.StatusSeeOther)
	if n := w.as(pupil).received(); n != 2 {
		t.Errorf("%d messages reached the class after the proof", n)
	}

	asked = office.post("./announcements", "title", "Fermeture", "body", "Jusqu’à mardi :\n\"tous\".").is(http.StatusUnauthorized)
	wrong := office.post("/proof", asked.form("password", "un autre mot de passe")...).is(http.StatusUnprocessableEntity)
	back := office.post("/proof", wrong.form("password", secret)...).is(http.StatusOK).says("Rien n’est encore parti")
	office.get("./announcements").saysNot("Jusqu’à mardi")
	office.post("./announcements", back.form()...).is(http.StatusSeeOther)
	office.get("./announcements").says("Jusqu’à mardi", "&#34;tous&#34;")
}

// TestAFormIsCarriedToUsAlone: a form that is given back is sent to these pages,
// and never holds a secret.
func TestAFormIsCarriedToUsAlone(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.as(nadia)
	p.post("/proof", "password", secret, "form.url", "https://example.invalid/", "form-a", "b").is(http.StatusOK).saysNot("example.invalid")
	w.at("2024-03-29T11:00:00")
	p.post("/account/factors", "do", "code", "password", "secret-1", "code", "secret-2").is(http.StatusUnauthorized).saysNot("secret-1", "secret-2")
}
