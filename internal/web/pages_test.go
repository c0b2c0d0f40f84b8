package web_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// refusalWords never stand on a page.
var refusalWords = regexp.MustCompile(`(?i)\b40[0-9]\b|accès refusé|non autorisé|forbidden|unauthorized`)

// sound fails unless an answer is a whole page in the language.
func (a answer) sound(name, lang string) {
	a.Helper()
	if !strings.Contains(a.body, `<html lang="`+lang+`">`) {
		a.Errorf("%s is not in %s", name, lang)
	}
	if n := len(headings.FindAllString(a.body, -1)); n != 1 {
		a.Errorf("%s has %d headings of the first level", name, n)
	}
	title := titles.FindStringSubmatch(a.body)
	if title == nil || strings.HasPrefix(strings.TrimSpace(title[1]), "·") {
		a.Errorf("%s has no title: %q", name, title)
	}
	if bad := refusalWords.FindString(visible(a.body)); bad != "" {
		a.Errorf("%s says %q", name, bad)
	}
	if strings.Contains(a.body, "%!") || strings.Contains(a.body, someName) {
		a.Errorf("%s shows what it should not: %s", name, a.heading())
	}
}

var markup = regexp.MustCompile(`(?s)<(script|style|svg|pre|code).*?</(script|style|svg|pre|code)>|<[^>]*>`)

// visible is the text of a page.
func visible(body string) string { return html.UnescapeString(markup.ReplaceAllString(body, " ")) }

func TestEveryPageInBothLanguagesForEveryRole(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", firstLetter, secondLetter)
	w.as(staff).send("Pour tous", "Bonjour.", to(nadiaAt), to(headAt), to(karimAt))
	for _, at := range []string{"2024-03-29T18:30:00", "2024-03-29T19:00:00"} {
		w.at(at)
		for _, login := range []string{pupil, karim, nadia, staff, head, dsden} {
			p := w.as(login)
			for _, lang := range []string{"fr", "en"} {
				p.post("/language", "lang", lang, "back", "/account").is(http.StatusSeeOther)
				p.everyPage(login+" in "+lang+" at "+at, lang)
			}
		}
	}
}

// everyPage opens all pages of a person.
func (p *person) everyPage(name, lang string) {
	p.Helper()
	for _, r := range routes {
		mine := strings.Contains(r.pattern, "{member}") == strings.HasPrefix(p.base, "/at") || r.closing == own || r.closing == public
		page := r.method() == http.MethodGet && !strings.Contains(r.pattern, "/static") && !strings.HasSuffix(r.try, "z") && !strings.Contains(r.try, ".csv") &&
			!strings.HasSuffix(r.try, ".xml") && !strings.HasSuffix(r.try, ".json") &&
			!strings.HasSuffix(r.try, "/state") && !strings.HasSuffix(r.try, "/live")
		if !mine || !page {
			continue
		}
		a := p.get(strings.Replace(r.try, "THREAD", "1", 1))
		if a.status == http.StatusSeeOther || a.status == http.StatusInternalServerError {
			if a.status != http.StatusSeeOther {
				p.Errorf("%s: %s: %d", name, r.try, a.status)
			}
			continue
		}
		a.sound(name+": "+r.try, lang)
	}
}

func TestTheNoticeTellsAll(t *testing.T) {
	w := newWorld(t, "2024-03-29T19:00:00", firstLetter, secondLetter)
	p := w.as(karim)
	notice := p.get("./inbox").is(http.StatusForbidden)
	for _, fact := range []string{
		"Cabinet du DASEN",                       // who decided
		"Des messages menaçants circulent.",      // why
		"vendredi 29\u00a0mars à 19\u00a0h",      // since
		"mardi 2\u00a0avril à 7\u00a0h\u00a000",  // until
		"responsables",                           // for whom
		"17", "05 36 49 00 00", "05 36 49 10 00", // whom to call
		"Demander de l’aide", "Lire les annonces", "Protéger votre compte", // what works
		"Fermeture dans les collèges et lycées",
	} {
		if !strings.Contains(visible(notice.body), fact) {
			t.Errorf("the notice does not say %q", fact)
		}
	}
	if got := notice.header.Get("Retry-After"); got != "298801" { // three days and eleven hours, less the hour of summer time, and a second
		t.Errorf("Retry-After is %s", got)
	}
	notice.says(`http-equiv="refresh"`)
	if strings.Contains(titles.FindString(notice.body), "Boutonne") {
		t.Error("the title tells")
	}
	p.get("/").says("Fermé", "École des Saules", "Collège de la Boutonne")
	p.get("./notice?fragment=1").is(200).saysNot("<html")
	p.base = "/at/6"
	p.get("./notice").is(http.StatusSeeOther) // the école is open until 23:00
	p.get("./inbox").is(200).says("École des Saules", "23\u00a0h\u00a000", "Collège de la Boutonne", "Fermé")
	w.as(pupil).get("./inbox").says("Jusqu’à", "Nouvel ordre")
}

func TestNoFormReloadsItself(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:56:00", secondLetter)
	w.as(staff).send("Question", "?", to(headAt))
	p := w.as(head)
	thread := p.get("./inbox").says(`<meta http-equiv="refresh" content="241">`).thread()
	for _, form := range []string{"./compose", "./thread/" + thread, "./help", "./announcements", "./orders/new", "./matrix", "/account"} {
		p.get(form).is(200).saysNot(`http-equiv="refresh"`)
	}
}

func TestPagesThatNoOrderClosesStay(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:56:00", secondLetter)
	p := w.as(head)
	for _, open := range []string{"./help", "./announcements", "./orders", "./orders/new", "./matrix"} {
		p.get(open).says("data-live-url").saysNot("data-notice-url")
	}
	p.get("./inbox").says("data-live-url", "data-notice-url")
}

func TestHelpIsOpenAtAnyHour(t *testing.T) {
	w := newWorld(t, "2024-03-30T03:00:00", secondLetter)
	p := w.as(pupil)
	p.get("./help").is(200).says("17", "119", "3018", "05 36 49 10 00", "vie scolaire")
	p.post("./help", "body", " ").is(422).says("Le message est vide.")
	p.post("./help", "body", "Quelqu'un utilise mon compte.").is(200).says("Votre message est arrivé")
	w.as(head).get("./alerts").is(200).says("Quelqu&#39;un utilise mon compte.") // in the middle of the night
	w.as(nadia).get("./alerts").is(404)
	w.as(other).get("./alerts").is(200).saysNot("Quelqu")
	w.at("2024-04-02T08:00:00").as(head).get("./inbox").says("Protection\u00a0: Quelqu&#39;un utilise mon compte.")
	w.stranger().get("/help").is(200).says("17", "119", "3018")
}

func TestAnnouncementsAreOneWayAndAlwaysOpen(t *testing.T) {
	w := newWorld(t, "2024-03-30T03:00:00", secondLetter)
	h := w.as(head)
	h.post("./announcements", "title", "", "body", "Texte").is(422).says("Texte</textarea>", "Il manque")
	h.follow(h.post("./announcements", "title", "Reprise", "body", "Mardi à 8 h.")).says("L’annonce est publiée.", "Reprise")
	o := w.as(dsden)
	o.follow(o.post("./announcements", "title", "Consigne", "body", "Pour tous.")).says("Consigne")
	w.as(pupil).get("./announcements").is(200).says("Reprise", "Consigne").saysNot(`name="title"`)
	w.as(pupil).post("./announcements", "title", "Faux", "body", "Faux.").is(http.StatusForbidden)
	w.as(other).get("./announcements").says("Consigne").saysNot("Reprise")
}

func TestTheHeadSetsWhoWritesToWhom(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	for _, login := range []string{pupil, karim, nadia, staff} {
		w.as(login).get("./matrix").is(404)
		w.as(login).post("./matrix", "reach-pupil-head", "school").is(404)
		w.as(login).get("./orders/new").is(http.StatusForbidden)
		w.as(login).post("./orders/new").is(http.StatusForbidden)
		w.as(login).post("./orders").is(http.StatusForbidden)
	}
	p := w.as(head)
	page := p.get("./matrix").is(200)
	fields := []string{}
	for _, m := range regexp.MustCompile(`name="(reach-[a-z]+-[a-z]+)"`).FindAllStringSubmatch(page.body, -1) {
		fields = append(fields, m[1], "school")
	}
	if len(fields) != 50 {
		t.Fatalf("the table has %d cells, want 25", len(fields)/2)
	}
	p.post("./matrix", "reach-pupil-head", "everywhere").is(422).says("Rien n’a été changé")
	p.follow(p.post("./matrix", fields...)).says("Le tableau est enregistré.")
	w.as(pupil).send("À la direction", "Bonjour.", to(headAt)).is(http.StatusSeeOther)
}

func TestTheDesk(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", firstLetter, secondLetter)
	p := w.as(dsden)
	p.get("./desk").is(200).says("École des Saules", "Collège de la Boutonne")
	p.get("./desk?state=closed").says("Collège de la Boutonne").saysNot("École des Saules")
	p.get("./desk?degree=first&name=SAULES").says("École des Saules").saysNot("Collège de la Boutonne")
	file := p.get("./desk.csv?state=open").is(200).says("0799001E,École des Saules,first,closed,open").saysNot("0799002F")
	if got := file.header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("the file is %s", got)
	}
}
