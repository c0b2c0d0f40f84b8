package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/notify/notifytest"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

// newMailWorld is a world whose letters a relay takes.
func newMailWorld(t *testing.T, at string, orders ...string) (*world, *notifytest.Relay) {
	t.Helper()
	relay := notifytest.Start(t, true)
	w := newWorldOf(t, web.Options{}, ecluse.Options{
		Signatures: 1, Mail: &ecluse.Mail{Relay: relay.Settings(), Address: "https://ecluse.example"},
	}, at, orders...)
	w.must(w.app.Import(t.Context(), ecluse.Roster{Emails: map[account.PersonID]string{2: "karim@famille.example", 5: "head@college.example"}}))
	return w, relay
}

func TestFamiliesAreToldFromThePage(t *testing.T) {
	w, relay := newMailWorld(t, "2024-03-29T10:00:00", secondLetter)
	p := w.as(head)
	const about = "./tell/FR/13/079/2024-0002"
	p.get("./orders/FR/13/079/2024-0002").says("Prévenir par courriel")
	page := p.get(about)
	page.says("1\u00a0personne recevra le message", "Des messages menaçants circulent.", "https://ecluse.example/ecole/0799002F", "Collège de la Boutonne")
	p.post(about, "role", "guardian", "role", "pupil", "do", "look").says("1\u00a0personne n’a pas d’adresse")
	p.post(about, "role", "guardian", "do", "send").is(http.StatusSeeOther)
	p.post(about, "role", "guardian", "do", "send").is(http.StatusUnprocessableEntity).says("Personne n’est à prévenir")
	w.must(w.app.SendMail(t.Context()))
	letters := relay.To("karim@famille.example")
	if len(letters) != 1 || !strings.Contains(letters[0].Text(), "La messagerie n’est pas en panne") || len(relay.Letters()) != 1 {
		t.Fatalf("%d letters to the guardian of %d", len(letters), len(relay.Letters()))
	}
	w.as(dsden).get("./board/FR/13/079/2024-0002").says("Message aux familles", "1\u00a0remise au relais")
}

// TestFamiliesAreToldByWhoProvesIt: a session that was opened an hour ago is asked who
// is there, and led back.
func TestFamiliesAreToldByWhoProvesIt(t *testing.T) {
	w, relay := newMailWorld(t, "2024-03-29T10:00:00", secondLetter)
	p := w.as(head)
	const about = "./tell/FR/13/079/2024-0002"
	w.at("2024-03-29T11:00:00")
	asked := p.post(about, "role", "guardian", "do", "send").is(http.StatusUnauthorized).says("C’est bien vous")
	w.must(w.app.SendMail(t.Context()))
	if n := len(relay.Letters()); n != 0 {
		t.Fatalf("%d letters without a proof", n)
	}
	back := p.post("/proof", asked.form("password", secret)...).is(http.StatusOK).says("Ce que vous aviez rempli est gardé")
	p.post(about, back.form()...).is(http.StatusSeeOther)
	w.must(w.app.SendMail(t.Context()))
	if n := len(relay.To("karim@famille.example")); n != 1 {
		t.Errorf("%d letters after the proof", n)
	}
}

func TestRemindingFromTheBoard(t *testing.T) {
	w, relay := newMailWorld(t, "2024-03-28T18:00:00", secondLetter)
	w.as(head).post("./answers", "do", "products", "product", "pronote")
	w.at("2024-03-29T10:00:00")
	p := w.as(dsden)
	p.get("./board/FR/13/079/2024-0002").says("Relancer maintenant", "Rien n’a encore été envoyé.")
	p.post("./remind/FR/13/079/2024-0002").is(http.StatusSeeOther)
	p.post("./remind/FR/13/079/2024-0002").is(http.StatusTooManyRequests)
	w.must(w.app.SendMail(t.Context()))
	if n := len(relay.To("head@college.example")); n != 1 {
		t.Errorf("%d letters to the head", n)
	}
	p.get("./board/FR/13/079/2024-0002").says("Relance demandée, 1\u00a0établissement")
}

func TestCopiesAreLetters(t *testing.T) {
	w, relay := newMailWorld(t, "2024-03-29T10:00:00", secondLetter+"copies: [Mairies, \"Préfecture\"]\n")
	p := w.as(dsden)
	const copies = "./copies/FR/13/079/2024-0002"
	p.get(copies).says("n’a pas encore d’adresse pour", "Préfecture")
	p.post("./book", "do", "save", "name", "Mairies").is(http.StatusUnprocessableEntity).says("Donnez une adresse postale")
	p.post("./book", "do", "save", "name", "Mairies", "postal", "Mairie du Port\n79000 LE PORT", "email", "mairie@port.example").is(http.StatusSeeOther)
	p.get("./book").says("Mairies · Mairie du Port")
	p.get(copies).says("J’ai l’honneur de vous informer", "79000 LE PORT", "1\u00a0destinataire")
	p.post(copies, "do", "send").is(http.StatusSeeOther)
	p.post(copies, "do", "send").is(http.StatusUnprocessableEntity)
	p.post(copies, "do", "print").is(http.StatusSeeOther)
	p.get(copies).says("Imprimées", "Envoyée à mairie@port.example")
	w.must(w.app.SendMail(t.Context()))
	if letters := relay.To("mairie@port.example"); len(letters) != 1 || !strings.Contains(letters[0].Text(), "considération distinguée") {
		t.Errorf("%d letters to the mayor", len(letters))
	}
}

func TestOnesOwnAddress(t *testing.T) {
	w, _ := newMailWorld(t, "2024-03-29T10:00:00")
	p := w.as(karim)
	p.get("/account").says("karim@famille.example")
	p.post("/account/email", "email", "no address").is(http.StatusUnprocessableEntity).says("n’est pas une adresse")
	p.post("/account/email", "email", "new@famille.example").is(http.StatusSeeOther)
	p.get("/account").says("new@famille.example")
}

func TestWithoutARelayThePagesSaySo(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	p := w.as(dsden)
	for _, at := range []string{"./board/FR/13/079/2024-0002", "./tell/FR/13/079/2024-0002"} {
		p.get(at).says("n’envoie pas de courriel")
	}
	p.post("./remind/FR/13/079/2024-0002").is(http.StatusServiceUnavailable)
	p.post("./tell/FR/13/079/2024-0002", "role", "guardian", "do", "send").is(http.StatusServiceUnavailable)
	w.as(head).get("/account").says("n’envoie pas de courriel")
}
