package web_test

import (
	"encoding/base32"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var secretText = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)

// proving posts a form that asks at once who acts, however lately they signed in.
func (p *person) proving(path string, form ...string) answer {
	p.Helper()
	asked := p.post(path, form...).is(http.StatusUnauthorized)
	back := p.post("/proof", asked.form("way", "password", "password", secret)...).is(http.StatusOK)
	return p.post(path, back.form()...)
}

// addPhone sets an application for codes up and returns its secret.
func (p *person) addPhone() []byte {
	p.Helper()
	p.follow(p.proving("/account/factors", "do", "code")).says("Image à montrer", "<path d=\"M")
	setup := p.get("/account/factors/code")
	m := secretText.FindStringSubmatch(setup.body)
	if m == nil {
		p.Fatalf("no secret on %q", setup.heading())
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(m[1], " ", ""))
	p.must(err)
	p.post("/account/factors/code", "code", "12", "name", "Le bleu").is(http.StatusUnprocessableEntity).says("ne correspond pas", "Le bleu")
	p.follow(p.post("/account/factors/code", "code", account.CodeAt(secret, p.app.Now()), "name", "Le bleu")).says("La preuve est ajoutée", "Le bleu")
	return secret
}

func TestSigningInWithACode(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	key := w.as(nadia).addPhone()
	w.clock.Set(w.app.Now().Add(time.Minute))
	p := w.stranger()
	p.base = bases[nadia]
	p.post("/sign-in", "login", nadia, "password", "quelque chose", "next", "/at/3/sent").is(http.StatusUnauthorized)
	asked := p.post("/sign-in", "login", nadia, "password", secret, "next", "/at/3/sent").is(http.StatusOK).says("Code à six chiffres", `value="/at/3/sent"`)
	p.get("/at/3/inbox").is(http.StatusSeeOther)
	p.post("/proof", "way", "code", "code", "000 000", "next", asked.field("next")).is(http.StatusUnprocessableEntity).says("ne correspond pas", `value="/at/3/sent"`)
	code := account.CodeAt(key, w.app.Now())
	landed := p.post("/proof", "way", "code", "code", code[:3]+" "+code[3:], "next", asked.field("next")).is(http.StatusSeeOther)
	if to := landed.header.Get("Location"); to != "/at/3/sent" {
		t.Errorf("led to %s", to)
	}
	p.get("/at/3/inbox").is(http.StatusOK)

	factors := p.get("/account/factors")
	id := factors.field("id")
	p.follow(p.post("/account/factors", "do", "rename", "id", id, "name", "Le vert")).says("Le vert")
	w.clock.Set(w.app.Now().Add(time.Hour))
	removal := p.post("/account/factors", "do", "remove", "id", id).is(http.StatusUnauthorized)
	back := p.post("/proof", removal.form("way", "code", "code", account.CodeAt(key, w.app.Now()))...).is(http.StatusOK)
	p.follow(p.post("/account/factors", back.form()...)).says("La preuve est retirée")
	w.as(nadia).get("./inbox").is(http.StatusOK)
}

var recoveryCode = regexp.MustCompile(`<code>([A-Z2-7 ]{19})</code>`)

func TestRecoveryCodesOnPaper(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.as(karim)
	p.get("/account/factors").saysNot("Obtenir dix codes")
	p.addPhone()
	codes := recoveryCode.FindAllStringSubmatch(p.post("/account/factors", "do", "recovery").is(http.StatusOK).says("ils ne seront plus montrés").body, -1)
	if len(codes) != account.RecoveryCodes {
		t.Fatalf("%d codes are shown", len(codes))
	}
	p.get("/account/factors").says("10\u00a0codes restants").saysNot(codes[0][1])
	q := w.stranger()
	q.post("/sign-in", "login", karim, "password", secret).says("J’ai perdu mon téléphone")
	q.post("/proof", "way", "recovery", "code", codes[0][1]).is(http.StatusSeeOther)
	q.get("/account/factors").says("9\u00a0codes restants")
}
