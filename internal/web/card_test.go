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

// TestATeacherVouchesByTheirPage: the code that the teacher shows stands for a second
// proof, and the pupil reads whose word it was.
func TestATeacherVouchesByTheirPage(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	boss, teacher := w.as(head), w.as(nadia)
	boss.post("./cards?role=pupil", "print", "all").is(http.StatusOK)
	teacher.get("./vouch").is(http.StatusOK).says("4e B", "Montrer un code")
	teacher.post("./vouch", "pupil", "1").is(http.StatusForbidden).says("deuxième preuve")
	teacher.addPhone()
	shown := teacher.post("./vouch", "pupil", "1").is(http.StatusOK).says("Code pour", "jusqu’à 10 h 10")
	m := vouchCode.FindStringSubmatch(shown.body)
	if m == nil {
		t.Fatal("no code is shown")
	}
	teacher.post("./vouch", "pupil", "2").is(http.StatusNotFound)
	teacher.get("./vouch").saysNot(m[1]).says("a montré un code")

	p := w.stranger()
	p.post("/sign-in", "login", pupil, "password", secret).is(http.StatusOK).says("Mon professeur est à côté de moi")
	p.post("/proof", "way", "teacher", "code", "000 000").is(http.StatusUnprocessableEntity)
	p.post("/proof", "way", "teacher", "code", m[1]).is(http.StatusSeeOther)
	p.get("/account").is(http.StatusOK).says("En classe, Prénom &lt;b&gt;O&#39;Neil a confirmé que c’était vous", "Ce n’est pas moi").saysNot("Appareil inconnu")
	boss.get("./vouch").says("s’en est porté garant")
}

var vouchCode = regexp.MustCompile(`<code class="secret">(\d{3} \d{3})</code>`)

// TestProofsAreClearedByAPage: for a reason, and the password alone opens nothing
// afterwards.
func TestProofsAreClearedByAPage(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	w.as(nadia).addPhone()
	boss := w.as(head)
	boss.get("./people/3").is(http.StatusOK).says("Retirer toutes ses preuves", "téléphone perdu")
	boss.post("./people/3", "do", "clear", "why", "99").is(http.StatusNotFound)
	boss.follow(boss.post("./people/3", "do", "clear", "why", "0")).says("Les preuves sont retirées", "nouveau mot de passe demandé").saysNot("Retirer toutes ses preuves")
	w.stranger().post("/sign-in", "login", nadia, "password", secret).is(http.StatusOK).says("Code du billet").saysNot("Code à six chiffres")
}
