package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var cardNumber = regexp.MustCompile(`Code numéro (\d+)`)

// TestSigningInWithACard: the head prints it as a file, the pupil is asked for a code
// by its number, and told at the end who gave it.
func TestSigningInWithACard(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	boss := w.as(head)
	boss.get("./cards").is(http.StatusOK).says("Cartes de codes", "aucune")
	file := boss.post("./cards", "print", "all").is(http.StatusOK)
	if file.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(file.body, "%PDF") {
		t.Errorf("the cards are %s", file.header.Get("Content-Type"))
	}
	boss.post("./cards").is(http.StatusNotFound)

	v, err := w.app.VisitOf(t.Context(), head)
	w.must(err)
	who, err := v.As(v.Members[0].ID)
	w.must(err)
	cards, err := w.app.PrintCards(t.Context(), who, ecluse.SlipFilter{School: v.Members[0].School, Roles: school.RolesOf(school.Pupil), All: true})
	w.must(err)
	p := w.stranger()
	asked := p.post("/sign-in", "login", cards[0].Login, "password", secret).is(http.StatusOK).says("Code numéro", "Mon professeur est à côté de moi")
	m := cardNumber.FindStringSubmatch(asked.body)
	if m == nil {
		t.Fatal("no code is asked by its number")
	}
	p.post("/proof", "way", "card", "code", "AAA AAA").is(http.StatusUnprocessableEntity).says(m[0], "ne correspond pas")
	p.post("/proof", "way", "teacher", "code", "123456").is(http.StatusUnprocessableEntity).says("votre professeur")
	n := int(m[1][0] - '0')
	if len(m[1]) == 2 {
		n = n*10 + int(m[1][1]-'0')
	}
	p.post("/proof", "way", "card", "code", cards[0].Codes[n-1]).is(http.StatusSeeOther)
	p.get("/account/factors").says("Carte de codes", "29\u00a0codes restants")

	person := "./people/" + strings.TrimPrefix(account.Person{ID: cards[0].Person}.Number(), "person ")
	boss.get(person).says("Carte perdue", "Retirer toutes ses preuves")
	boss.follow(boss.post(person, "do", "card")).says("La carte est annulée")
	p.get("/account").is(http.StatusSeeOther)
}
