package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

// second is a colleague of dsden; above is in the rectorat.
const (
	second = "second"
	above  = "above"
)

// newOffices is a world in which two people must sign.
func newOffices(t *testing.T, at string, orders ...string) *world {
	t.Helper()
	w := newWorldSigned(t, web.Options{Poll: 100 * time.Millisecond}, 2, at, orders...)
	phc, err := hash()
	w.must(err)
	r := ecluse.Roster{Offices: []account.Office{
		{Person: 8, Territory: "FR/13/079", Title: "Secrétariat général"}, {Person: 9, Territory: "FR/13", Title: "Rectorat"},
	}}
	for login, id := range map[string]account.PersonID{second: 8, above: 9} {
		r.People = append(r.People, account.Person{ID: id, Login: login, First: "Prénom", Last: someName, Language: "fr"})
		r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: phc, Changed: w.app.Now()})
	}
	w.must(w.app.Import(t.Context(), r))
	return w
}

// signer is who holds an office beside dsden.
func (w *world) signer(login string) *person {
	w.Helper()
	p := w.as(login)
	p.base = map[string]string{second: "/for/FR-13-079", above: "/for/FR-13"}[login]
	return p
}

var proposals = regexp.MustCompile(`href="/for/[A-Z0-9-]+(/proposals/\d+)"`)

// proposal is the first proposal that a page lists.
func (a answer) proposal() string {
	a.Helper()
	m := proposals.FindStringSubmatch(a.body)
	if m == nil {
		a.Fatalf("the page %q lists no proposal", a.heading())
	}
	return "." + m[1]
}

// closing is the form of an order that closes the écoles at all hours.
func closingAll(changes ...string) []string {
	return shorter(append([]string{"territory", "FR/13/079", "title", "Fermeture", "from", "2024-04-02T00:00", "rule-0-hours", "off"}, changes...)...)
}

// propose goes through the form to its last step.
func (p *person) propose(form ...string) answer {
	p.Helper()
	preview := p.post("./orders/new", form...).is(200).says("Signer et proposer", "2\u00a0signatures").saysNot("Signer et émettre")
	return p.follow(p.post("./orders", "do", "propose", "yaml", preview.source()))
}

func TestASecondPersonSigns(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00")
	office, colleague, karim := w.as(dsden), w.signer(second), w.as(karim)
	office.propose(closingAll()...).says("Rien n’est fermé avant la dernière", "Une autre personne doit le faire", "Retirer la proposition").
		saysNot("Signer l’ordre")
	karim.get("./inbox").is(200)
	office.get("./orders").says("À signer", "attend une signature").saysNot("la vôtre")

	list := colleague.get("./orders").is(200).says("À signer", "Fermeture", "la vôtre", "1\u00a0signature sur 2", `<span class="count">1</span>`)
	at := list.proposal()
	colleague.get(at).is(200).says("1\u00a0à signer", "<code>FR/13/079/2024-0001</code>", "2\u00a0établissements, 7\u00a0personnes", "Décision du conseil.", "<svg viewBox", "Signer l’ordre", "O&#39;Neil").saysNot("Retirer")
	karim.get("./inbox").is(200)
	colleague.follow(colleague.post(at, "do", "sign")).says("L’ordre est émis", "Fermeture")
	karim.get("./inbox").is(http.StatusForbidden)
	colleague.get(at).is(200).says("signé et émis", "Voir l’ordre émis", "/orders/FR/13/079/2024-0001")
	colleague.post(at, "do", "sign").is(http.StatusConflict).says("n’attend plus")
	colleague.get("./orders").saysNot("À signer")
}

// TestASignatureAsksForAProof: signing and proposing ask who is there, keep what was
// written, and go on with it; a wrong proof signs nothing.
func TestASignatureAsksForAProof(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00")
	office, colleague := w.as(dsden), w.signer(second)
	preview := office.post("./orders/new", closingAll()...).is(200).says("prouver que c’est bien vous")
	w.at("2024-04-02T10:16:00")
	asked := office.post("./orders", "do", "propose", "yaml", preview.source()).is(http.StatusUnauthorized).says("C’est bien vous")
	office.post("/proof", asked.form("password", "un autre mot de passe")...).is(422).says("ne correspond pas")
	back := office.post("/proof", asked.form("password", secret)...).is(200).says("Ce que vous aviez rempli est gardé")
	office.follow(office.post("./orders", back.form()...)).says("Rien n’est fermé avant la dernière")

	at := colleague.get("./orders").proposal()
	asked = colleague.post(at, "do", "refuse", "reason", "Trop <b> large.").is(http.StatusUnauthorized).says("C’est bien vous")
	back = colleague.post("/proof", asked.form("password", secret)...).is(200)
	colleague.follow(colleague.post(at, back.form()...)).says("L’ordre est refusé.", "Trop &lt;b&gt; large.")
}

func TestWhoSeesAProposal(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00")
	office := w.as(dsden)
	at := office.propose(closingAll()...)
	path := w.signer(above).get("./orders").is(200).says("À signer", "la vôtre").proposal()
	rectorat := w.signer(above)
	rectorat.get(path).is(200).says("Signer l’ordre")
	at.says("Fermeture")
	for _, login := range []string{head, nadia, karim} {
		p := w.as(login)
		p.get("./orders").is(200).saysNot("Fermeture")
		p.get(path).is(http.StatusNotFound)
		p.post(path, "do", "sign").is(http.StatusNotFound)
	}
	office.get("./proposals/99").is(http.StatusNotFound)
	office.post(path, "do", "something").is(http.StatusNotFound)
	office.post(path, "do", "sign").is(http.StatusForbidden).says("une autre personne")
	rectorat.follow(rectorat.post(path, "do", "sign")).says("L’ordre est émis")
	w.as(karim).get("./inbox").is(http.StatusForbidden)
}

func TestARefusalReachesTheAuthor(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00")
	office, colleague := w.as(dsden), w.signer(second)
	office.propose(closingAll()...)
	at := colleague.get("./orders").proposal()
	colleague.post(at, "do", "refuse", "reason", " ").is(422).says(`id="reason-error"`)
	colleague.follow(colleague.post(at, "do", "refuse", "reason", "Trop <b> large.")).says("L’ordre est refusé.")
	page := office.get(at).is(200).says("refusé", "Trop &lt;b&gt; large.", "Le reprendre dans un nouvel ordre").saysNot("Retirer")
	office.get("./orders").says("Propositions sans suite")
	office.post("./orders", "do", "edit", "yaml", page.source()).is(200).says(`value="Fermeture"`)
	office.propose(closingAll()...).says("FR/13/079/2024-0002") // the number is used up
	next := office.get("./orders").proposal()
	colleague.post(next, "do", "withdraw").is(http.StatusForbidden).says("Vous pouvez le refuser")
	office.follow(office.post(next, "do", "withdraw")).says("La proposition est retirée", "retiré")
	w.as(karim).get("./inbox").is(200)
}

func TestALastStepThatGoesWrong(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00")
	office := w.as(dsden)
	preview := office.post("./orders/new", closingAll()...).is(200)
	office.post("./orders", "do", "issue", "yaml", preview.source()).is(http.StatusForbidden).says("une autre personne doit le signer", `value="Fermeture"`)
	office.follow(office.post("./orders", "do", "propose", "yaml", preview.source()))
	office.post("./orders", "do", "propose", "yaml", preview.source()).is(http.StatusConflict).says("existe déjà", `value="Fermeture"`)
	w.at("2024-04-03T10:00:00")
	late := w.signer(second).get("./orders").says("Propositions sans suite", "délai de signature passé").proposal()
	w.signer(second).get(late).is(200).saysNot("Signer l’ordre")
	w.signer(second).post(late, "do", "sign").is(http.StatusConflict).says("Le délai de signature est passé")
}

// TestAnOfficeOfOne is told what to do.
func TestAnOfficeOfOne(t *testing.T) {
	w := newWorldSigned(t, web.Options{}, 2, "2024-04-02T10:00:00")
	p := w.as(dsden)
	p.post("./orders/new", closingAll()...).is(200).says("Vous êtes la seule personne", "offices.csv", "un ordre par établissement")
	one := p.post("./orders/new", closingAll("territory", "FR/13/079/0799002F")...)
	if one.status == 200 {
		one.says("Signer et émettre").saysNot("Signer et proposer")
	}
	w.as(head).post("./orders/new", shorter()...).is(200).says("Signer et émettre").saysNot("Signer et proposer")
}

func TestChangingAndLiftingTakeTwo(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00", secondLetter)
	office, colleague := w.as(dsden), w.signer(second)
	office.get(theClosing).is(200).says("Modifier cet ordre", "?update=FR%2F13%2F079%2F2024-0002", "Lever cet ordre")
	form := office.get("./orders/new?update=FR/13/079/2024-0002").is(200).
		says(`name="references" value="FR/13/079/2024-0002" checked`, `value="Fermeture dans les collèges et lycées"`, `value="2024-04-02T11:00"`, `value="Mo-Fr 07:00-19:00; PH off"`)
	form.saysNot("à revoir")
	office.propose(closingAll("references", "FR/13/079/2024-0002", "degree", "second", "rule-0-hours", "08:00-12:00")...)
	at := colleague.get("./orders").proposal()
	colleague.follow(colleague.post(at, "do", "sign")).says("remplacé")

	lift := office.get("./orders/new?lift=FR/13/079/2024-0003").is(200).says("Levée", "Signer et proposer")
	office.follow(office.post("./orders", "do", "propose", "yaml", lift.source()))
	w.at("2024-04-02T20:00:00")
	w.as(nadia).get("./inbox").is(http.StatusForbidden)
	colleague = w.signer(second)
	colleague.follow(colleague.post(colleague.get("./orders").proposal(), "do", "sign")).says("levé")
	w.as(nadia).get("./inbox").is(200)
	w.as(head).get("./orders/new?update=FR/13/079/2024-0002").is(http.StatusForbidden).says("l’autorité qui l’a émis")
}

func TestAHeadChangesTheirOrder(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00")
	p := w.as(head)
	p.follow(p.post("./orders", "do", "issue", "yaml", p.post("./orders/new", shorter()...).is(200).source()))
	const own = "FR/13/079/0799002F/2024-0001"
	p.get("./orders/" + own).says("Modifier cet ordre")
	p.get("./orders/new?update=" + own).is(200).holds().says(`name="references" value="` + own + `" checked`)
	again := p.post("./orders/new", shorter("references", own)...).is(200).says("Signer et émettre").source()
	if !strings.Contains(again, "type: update") {
		t.Errorf("the change is no update:\n%s", again)
	}
}
