package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/ecluse-ecole/ecluse"
)

// TestStranger: amid an attack somebody who comes from a new place is told why more
// is asked, and gets in with the code that is mailed.
func TestStranger(t *testing.T) {
	w, relay := newMailWorld(t, "2024-03-29T10:00:00")
	for i := range 60 {
		w.app.SignIn(t.Context(), ecluse.SignIn{Login: fmt.Sprint("somebody", i), Password: "stolen", Address: fmt.Sprintf("198.51.100.%d", i/10)})
	}
	p := w.stranger()
	p.post("/sign-in", "login", "karim", "password", secret).is(http.StatusOK).says("Vous n’avez rien fait de mal", "M’envoyer un code", "un billet")
	p.get("/account").is(http.StatusSeeOther)
	p.post("/proof", "way", "mail", "code", "12345678").is(http.StatusUnprocessableEntity).says("Ce code n’est pas le bon")
	p.post("/proof", "way", "send").is(http.StatusOK).says("Un code vient de partir", "Code à huit chiffres")
	p.post("/proof", "way", "send").is(http.StatusTooManyRequests).says("Attendez", "Code à huit chiffres")
	code := regexp.MustCompile(`\d{4} \d{4}`).FindString(relay.Letters()[0].Text())
	p.post("/proof", "way", "mail", "code", code).is(http.StatusSeeOther)
	p.get("/account").is(http.StatusOK)
}
