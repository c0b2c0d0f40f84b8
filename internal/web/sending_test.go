package web_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestAMessageArrives(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	teacher, guardian := w.as(nadia), w.as(karim)
	sent := teacher.send("Sortie de mardi", "Prévoir un pique-nique.", "c1.guardian")
	teacher.follow(sent).says("Votre message est parti.", "Responsables, 4e B", "Sortie de mardi")
	inbox := guardian.get("./inbox").says("Sortie de mardi", "non lu")
	thread := "./thread/" + inbox.thread()
	page := guardian.get(thread).says("Prévoir un pique-nique.")
	answer := guardian.post(thread, "draft", page.field("draft"), "version", "0", "body", "Merci, c'est noté.")
	guardian.follow(answer).says("Votre message est parti.", "c&#39;est noté.")
	teacher.get("./inbox").says("Re\u00a0: Sortie de mardi")
	teacher.get("./sent").says(`class="seen">lu<`)
}

func TestOnlyReadingMarksRead(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	w.as(staff).send("À lire", "Bonjour.", to(nadiaAt), to(headAt))
	for login, routesOf := range map[string][]route{nadia: routes, head: routes, dsden: routes} {
		p := w.as(login)
		before := w.contents()
		for _, r := range routesOf {
			wanted := strings.Contains(r.pattern, "{member}") != (login == dsden)
			if r.method() == http.MethodGet && wanted && !strings.Contains(r.try, "THREAD") {
				p.try(r, "")
			}
		}
		if after := w.contents(); before != after {
			t.Errorf("looking at every page as %s changed the database from\n%s to\n%s", login, before, after)
		}
	}
	p := w.as(nadia)
	thread := p.get("./inbox").says("non lu").thread()
	p.get("./thread/" + thread)
	p.get("./inbox").saysNot(`<span class="mark">non lu`)
}

// contents counts the rows of every table that an act would write, and sums the
// marks of reading.
func (w *world) contents() string {
	w.Helper()
	db := w.database()
	defer db.Close()
	var out []string
	for _, query := range []string{
		"SELECT count(*) FROM draft", "SELECT count(*) FROM message", "SELECT count(*) FROM journal_entry",
		"SELECT coalesce(sum(read_at), 0) FROM delivery", "SELECT count(*) FROM order_record",
	} {
		var n int64
		if err := db.QueryRow(query).Scan(&n); err != nil {
			w.Fatalf("%s: %v", query, err)
		}
		out = append(out, strconv.FormatInt(n, 10))
	}
	return strings.Join(out, " ")
}

// database is a second connection to the world's, beside the application.
func (w *world) database() *sql.DB {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+w.db+"?_pragma=busy_timeout(5000)")
	w.must(err)
	return db
}

// fill makes the database answer that its disk is full when a row is added to a
// table: an automatic key that has reached its last number says so.
func (w *world) fill(table string) {
	w.Helper()
	db := w.database()
	defer db.Close()
	for _, statement := range []string{
		"CREATE TABLE brim (n INTEGER PRIMARY KEY AUTOINCREMENT, x INTEGER)",
		"INSERT INTO brim (n, x) VALUES (9223372036854775807, 0)",
		"CREATE TRIGGER full_" + table + " BEFORE INSERT ON " + table + " BEGIN INSERT INTO brim (x) VALUES (1); END",
	} {
		if _, err := db.Exec(statement); err != nil {
			w.Fatalf("%s: %v", statement, err)
		}
	}
}

// kept fails unless the form came back with everything that was typed.
func (a answer) kept(subject, body string, recipients ...string) answer {
	a.Helper()
	a.says(`value="`+subject+`"`, ">"+body+"</textarea>")
	for _, r := range recipients {
		a.says(`name="to" value="` + r + `" checked`)
	}
	return a
}

func TestARefusedFormComesBackWithEverything(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.as(nadia)
	p.send("Objet", "Corps.").is(422).kept("Objet", "Corps.").says("Choisissez au moins un destinataire.")
	p.send("", "Corps.", to(staffAt)).is(422).kept("", "Corps.", to(staffAt)).says("Il manque l’objet")
	p.send("Objet", "  ", to(staffAt)).is(422).kept("Objet", "", to(staffAt)).says("Le message est vide.")
	p.send("", "").is(422).says("Choisissez au moins", "Il manque l’objet", "Le message est vide.")
	long := strings.Repeat("a", 20_001)
	p.send("Objet", long, to(staffAt)).is(422).kept("Objet", long, to(staffAt)).says("trop long")
	wide := strings.Repeat("b", 201)
	p.send(wide, "Corps.", to(staffAt)).is(422).kept(wide, "Corps.", to(staffAt)).says("une ligne")
	p.send("Objet", "Corps.", to(staffAt), to(otherAt)).is(403).kept("Objet", "Corps.", to(staffAt)).says("Vous ne pouvez pas écrire à ce destinataire")
	p.send("Objet", "Corps.", to(staffAt), "m999", "zzz", "c1", "c9.pupil").is(403).kept("Objet", "Corps.", to(staffAt))
	if n := w.as(staff).received(); n != 0 {
		t.Errorf("%d messages left all the same", n)
	}
	p.get("./drafts").says("Objet", "staff") // refused texts are kept besides, with their recipients
}

func TestAFullDiskLosesNothing(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.as(nadia)
	w.as(staff).send("Question", "?", to(nadiaAt))
	thread := "./thread/" + p.get("./inbox").thread()
	w.fill("message")
	p.send("Objet", "Corps.", to(staffAt)).is(http.StatusInsufficientStorage).kept("Objet", "Corps.", to(staffAt)).says("plus de place")
	p.post(thread, "draft", p.write(), "body", "Ma réponse.").is(http.StatusInsufficientStorage).says("Ma réponse.", "plus de place")
	if w.as(staff).received() != 0 {
		t.Error("it was sent all the same")
	}
}

func TestAFormSentTwiceLeavesOnce(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.as(nadia)
	draft := p.write()
	form := []string{"draft", draft, "version", "0", "to", to(staffAt), "subject", "Une fois", "body", "Bonjour."}
	p.follow(p.post("./compose", form...)).says("Votre message est parti.")
	p.follow(p.post("./compose", form...)).says("n’a pas été envoyé deux fois")
	if n := w.as(staff).received(); n != 1 {
		t.Errorf("%d messages arrived, want 1", n)
	}

	form[len(form)-1] = "Bonjour, j'ai changé mon texte."
	again := p.post("./compose", form...).is(http.StatusConflict).says("Ce texte-ci n’est pas parti", "changé mon texte")
	if again.field("draft") == draft {
		t.Error("the changed text stands under a number that was used")
	}

	reader := w.as(staff)
	thread := "./thread/" + reader.get("./inbox").thread()
	answer := []string{"draft", reader.get(thread).field("draft"), "body", "Reçu."}
	reader.follow(reader.post(thread, answer...)).says("Votre message est parti.")
	reader.follow(reader.post(thread, answer...)).says("n’a pas été envoyé deux fois")
}

func TestWhatIsBeingWrittenIsKeptAtTheClosing(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:59:00", secondLetter)
	p := w.as(nadia)
	w.as(staff).send("Question", "Quand ?", to(nadiaAt))
	thread := "./thread/" + p.get("./inbox").thread()
	message, reply := p.write(), p.get(thread).field("draft")

	w.at("2024-03-29T19:00:00")
	notice := p.post("./compose", "draft", message, "version", "0", "do", "send", "to", to(staffAt), "subject", "Réunion", "body", "Je propose mardi.")
	if !notice.refused() {
		t.Fatalf("sent at 19:00:00: %d", notice.status)
	}
	notice.says("Votre brouillon est gardé.", `href="/at/3/compose?draft=`+message+`"`, `data-return="/at/3/compose?draft=`+message+`"`,
		`url=/at/3/compose?draft=`+message)
	notice = p.post(thread, "draft", reply, "version", "0", "thread", "1", "body", "Lundi à 8 h.")
	if !notice.refused() {
		t.Fatalf("answered at 19:00:00: %d", notice.status)
	}
	notice.says("Votre brouillon est gardé.", `href="/at/3`+thread[1:]+`?draft=`+reply+`"`)
	if a := p.post("./compose", "draft", message, "do", "discard", "subject", "", "body", ""); !a.refused() {
		t.Errorf("discarded while closed: %d", a.status)
	}

	w.at("2024-04-02T07:00:00")
	p = w.as(nadia)
	p.get("./compose?draft="+message).is(200).kept("Réunion", "Je propose mardi.", to(staffAt))
	p.get(thread).is(200).says("Lundi à 8 h.</textarea>")
	p.get("./drafts").says("Réunion", "Lundi à 8 h.")
	if n := w.as(staff).received(); n != 0 {
		t.Errorf("%d messages were sent silently", n)
	}
}

func TestDraftsAreSavedAsOneTypes(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:59:00", secondLetter)
	p := w.as(nadia)
	draft := p.write()
	save := func(version, body string) answer {
		r := p.request(http.MethodPost, "./draft", strings.NewReader("draft="+draft+"&version="+version+"&subject=S&body="+body))
		r.Header.Set("Accept", "application/json")
		return p.ask(r)
	}
	save("0", "un").is(200).says(`"id":"`+draft+`"`, `"version":1`)
	w.at("2024-03-29T19:00:00")
	save("1", "deux").is(200).says(`"version":2`)
	save("1", "trois").is(http.StatusConflict).says(`"error":"`)
	save("2", strings.Repeat("x", 50_000)).is(422)
	p.base = "/at/4"
	save("2", "dans une autre boîte").is(404)

	w.at("2024-04-02T07:00:00")
	w.as(nadia).get("./compose?draft="+draft).kept("S", "deux")
	r := w.stranger().request(http.MethodPost, "/at/3/draft", strings.NewReader("body=x"))
	r.Header.Set("Accept", "application/json")
	w.stranger().ask(r).is(http.StatusUnauthorized)
}

func TestWhatIsSentOverANewerTextIsKeptBeside(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:59:00", secondLetter)
	p := w.as(nadia)
	draft := p.write()
	p.post("./draft", "draft", draft, "version", "0", "subject", "S", "body", "celui de l'ordinateur").is(200)
	w.at("2024-03-29T19:00:00")
	p.post("./compose", "draft", draft, "version", "0", "subject", "S", "body", "celui du téléphone").is(403)
	w.at("2024-04-02T07:00:00")
	w.as(nadia).get("./drafts").says("celui de l&#39;ordinateur", "celui du téléphone")
}

func TestReadingOnly(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", readOnly)
	p := w.as(nadia)
	p.get("./compose").says("Programmer pour demain à 7\u00a0h\u00a000")
	waiting := p.follow(p.send("Plus tard", "Bonjour.", to(staffAt))).says("partira à la réouverture", "Plus tard")
	id := waiting.body[strings.Index(waiting.body, "/waiting/")+len("/waiting/"):]
	id = id[:strings.Index(id, "/")]
	if n := w.as(staff).received(); n != 0 {
		t.Errorf("%d messages arrived while only reading is open", n)
	}
	w.as(staff).post("./waiting/" + id + "/cancel").is(404)
	p.follow(p.post("./waiting/"+id+"/change")).kept("Plus tard", "Bonjour.", to(staffAt))
	p.send("Un autre", "Bonjour.", to(staffAt))
	if n := w.at("2024-03-30T07:00:00").as(staff).received(); n != 1 {
		t.Errorf("%d messages arrived at reopening, want the one that was not taken back", n)
	}
}

// withPupils closes what adults and pupils exchange in the evening, and leaves
// colleagues free.
const withPupils = `
order: FR/13/079/2024-0005
issuer: FR/13/079
status: actual
type: issue
title: Pas de messages aux élèves le soir
applies: {territory: FR/13/079}
from: 2024-03-29T00:00
rules:
  - {roles: [teacher], hours: "07:00-19:00", with: [pupil]}
reason: Le soir est aux familles.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

func TestClosedTowardsSomeOnly(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", withPupils)
	p := w.as(nadia)
	p.send("À deux", "Bonjour.", to(pupilAt), to(staffAt)).is(403).kept("À deux", "Bonjour.", to(pupilAt), to(staffAt)).
		says("certains de ces destinataires", "demain à 7\u00a0h\u00a000")
	p.get("./drafts").says("À deux")
	p.send("Entre collègues", "Bonjour.", to(staffAt)).is(http.StatusSeeOther)
	w.as(pupil).send("Question", "Quand ?", to(nadiaAt)).is(http.StatusSeeOther)
	thread := "./thread/" + p.get("./inbox").thread()
	p.post(thread, "draft", p.get(thread).field("draft"), "body", "Demain.").is(403).says("Demain.</textarea>", "certains de ces destinataires")
}

func TestATextOutlivesItsSession(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	form := []string{"draft", w.as(nadia).write(), "version", "0", "to", to(staffAt), "subject", "Longue lettre", "body", "Deux heures de travail."}
	p := w.stranger()
	asked := p.post("/at/3/compose", form...).is(http.StatusUnauthorized).says("Votre texte est gardé")
	carry := []string{"login", nadia, "password", "wrong"}
	for _, name := range []string{"at", "draft", "version", "to", "subject", "body"} {
		carry = append(carry, "kept-"+name, asked.field("kept-"+name))
	}
	p.post("/sign-in", carry...).is(http.StatusUnauthorized).says("Deux heures de travail.") // carried on
	carry[3] = secret
	p.follow(p.post("/sign-in", carry...)).kept("Longue lettre", "Deux heures de travail.", to(staffAt))
	if w.as(staff).received() != 0 {
		t.Error("it was sent by signing in")
	}
	carry[1] = karim // somebody else signs in: the text is not theirs
	stolen := w.stranger().post("/sign-in", carry...).is(http.StatusSeeOther)
	if got := stolen.header.Get("Location"); got != "/" {
		t.Errorf("led to %q", got)
	}
}

func TestNothingIsLostAcrossTheClosingSecond(t *testing.T) {
	const letters = 24
	w := newWorld(t, "2024-03-29T18:59:59", secondLetter)
	p := w.as(nadia)
	var requests []*http.Request
	for i := range letters {
		form := url.Values{"draft": {p.write()}, "to": {to(staffAt)}, "subject": {"Lettre"}, "body": {"Numéro " + strconv.Itoa(i)}}
		requests = append(requests, p.request(http.MethodPost, "./compose", strings.NewReader(form.Encode())))
	}
	statuses := make(chan int, letters)
	for i, r := range requests {
		if i == letters/2 {
			w.at("2024-03-29T19:00:00")
		}
		go func() {
			response, err := p.client.Do(r)
			if err != nil {
				statuses <- 0
				return
			}
			response.Body.Close()
			statuses <- response.StatusCode
		}()
	}
	count := map[int]int{}
	for range letters {
		count[<-statuses]++
	}
	w.at("2024-04-02T07:00:00")
	drafts := strings.Count(w.as(nadia).get("./drafts").body, "/discard")
	sent := w.as(staff).received()
	if sent != count[303] || drafts != count[403] || sent+drafts != letters {
		t.Errorf("%d answers said sent and %d closed; %d arrived and %d are kept (%v)", count[303], count[403], sent, drafts, count)
	}
}
