package web_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
)

const theBoard = "./board/FR/13/079/2024-0002"

// actor is the actor of a membership.
func (w *world) actor(login string, m account.MemberID) ecluse.Actor {
	w.Helper()
	visit, err := w.app.VisitOf(w.Context(), login)
	w.must(err)
	who, err := visit.As(m)
	w.must(err)
	return who
}

func TestTheBoardOfAnOrder(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter, firstLetter)
	office := w.as(dsden)
	office.get(theClosing).says("Réponses des établissements")
	office.get(theBoard).is(200).says("Collège de la Boutonne", "appliqué", "Le dernier en", "0,0\u00a0s", "N’a pas dit quels produits").saysNot("École des Saules", "exercice")
	office.get(theBoard).says("Part des établissements", "100\u00a0%", "Par territoire", "1 appliqué").saysNot("Circonscription du Marais")
	office.get("./board/FR/13/079/2024-0001").says("Circonscription du Marais", "?in=FR%2F13%2F079%2FC01")
	w.must(w.app.SetProducts(w.Context(), w.actor(head, headAt), []string{"pronote"}))
	office.get(theBoard).says("Attendu\u00a0: Pronote", "reçu").saysNot("N’a pas dit")
	w.at("2024-03-29T14:00:01")
	office.get(theBoard).says("en retard")
	office.get("./orders").says("1\u00a0établissement en retard")
	w.as(head).get("./orders").is(200).saysNot("en retard")
	office.get(theBoard + "?state=overdue&name=boutonne&degree=second&in=FR/13/079").says("Collège de la Boutonne")
	for _, other := range []string{"state=complete", "state=unsaid", "name=saules", "degree=first", "in=FR/13/079/C01"} {
		office.get(theBoard + "?" + other).is(200).saysNot("0799002F</code>")
	}
	p, _ := w.app.Procedures().Find("pronote")
	w.must(w.app.Attest(w.Context(), w.actor(head, headAt), ecluse.Attestation{Order: "FR/13/079/2024-0002", Product: "pronote", Ticked: p.Ticks(false), By: "=La direction"}))
	office.get(theBoard).says("attesté", "fermé aujourd’hui à 14", "par =La direction", "14\u00a0h\u00a000")
	office.get("./board.csv/FR/13/079/2024-0002").is(http.StatusSeeOther)
	office.post("/proof", "password", secret)
	file := office.get("./board.csv/FR/13/079/2024-0002").is(200).
		says("FR/13/079/2024-0002,false,0799002F,Collège de la Boutonne,FR/13/079,second,attested,2024-03-29T10:00:00+01:00")
	if !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") {
		t.Errorf("the file is %s", file.header.Get("Content-Type"))
	}
	office.get("./board.csv/FR/13/079/2024-0002?state=refused").saysNot("0799002F")
	office.get("./board/FR/13/079/2024-0099").is(http.StatusNotFound)
	for _, login := range []string{head, nadia} {
		w.as(login).get("/for/FR-13-079/board/FR/13/079/2024-0002").is(http.StatusNotFound)
	}
}

func TestTheTimeToAnswer(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	office := w.as(dsden)
	for _, wrong := range []string{"", "demain", "0.1", "-4", "9999", "NaN"} {
		office.post(theBoard, "do", "delay", "delay", wrong).is(422).says(`id="delay-error"`, `value="`+wrong)
	}
	office.follow(office.post(theBoard, "do", "delay", "delay", "0,5")).says("Le délai de réponse est fixé.", `value="0.5"`)
	w.must(w.app.SetProducts(w.Context(), w.actor(head, headAt), []string{"pronote"}))
	w.at("2024-03-29T10:30:01")
	office.get(theBoard).says("en retard")
}

func TestAnExerciseIsMarkedOnItsBoard(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", strings.Replace(secondLetter, "status: actual", "status: exercise", 1))
	w.as(dsden).get(theBoard).is(200).says("exercice\u00a0: rien n’est fermé", "appliqué")
}

// TestWhoAnswersElsewhere: the école has no people here any more; the board says
// who answers for it, and since when nothing was heard.
func TestWhoAnswersElsewhere(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	withoutPeople(w)
	office := w.as(dsden)
	const there = theBoard + "?name=rives"
	office.get(there).says("Lycée des Rives", "Aucune installation reliée", "attendu").saysNot("se tait depuis")
	private, verifier, err := note.GenerateKey(rand.Reader, "host.example")
	w.must(err)
	key, err := note.NewSigner(private)
	w.must(err)
	w.must(w.app.AddFollower(w.Context(), statement.Follower{Name: "host", Key: verifier, Within: []school.Territory{"FR/13/079"}}))
	office.get(there).says("host n’a encore rien dit", "dont l’installation se tait")
	office.get("./points").says("Installations reliées", "n’a encore rien dit", "Deux-Sèvres")
	o, err := w.app.Order("FR/13/079/2024-0002", "Europe/Paris")
	w.must(err)
	said := statement.Statement{At: w.app.Now(), Version: 12, Orders: []statement.Order{{ID: o.ID, Digest: o.Digest(), Groups: []statement.Group{
		{Received: w.app.Now(), Schools: []school.UAI{lycee}},
	}}}}
	data, err := said.Sign(key)
	w.must(err)
	_, err = w.app.TakeStatement(w.Context(), data)
	w.must(err)
	office.get(there).says("Réponses par host, aujourd’hui à 10", "Attendu\u00a0: serveur chez host", "reçu")
	office.get("./points").says("répond", "12")
	w.at("2024-03-29T10:30:01")
	office.get(theBoard+"?state=silent").says("host se tait depuis aujourd’hui à 10", "Lycée des Rives").saysNot("Collège de la Boutonne")
	office.get("./points").says("se tait")
	office.post("/proof", "password", secret)
	office.get("./board.csv/FR/13/079/2024-0002?state=silent").says("host,heard,silent", ",host,2024-03-29T10:00:00+01:00,true").saysNot("Boutonne")
	w.as(head).get("./points").saysNot("Installations reliées")
}

const lycee school.UAI = "0799003G"

// withoutPeople adds a lycée without people.
func withoutPeople(w *world) {
	w.Helper()
	w.must(w.app.Import(w.Context(), ecluse.Roster{Schools: []ecluse.SchoolEntry{{School: school.School{
		UAI: lycee, Name: "Lycée des Rives", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079",
	}}}}))
}
