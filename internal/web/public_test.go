package web_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/web"
)

// publicly are the addresses of the collège that anybody may read.
var publicly = []string{"/ecole/0799002F", "/ecole/0799002F/reprendre", "/ecole/0799002F/atom.xml", "/ecole/0799002F/etat.json"}

// reopening lifts the second letter; drill is an exercise for everybody.
const (
	reopening = `
order: FR/13/079/2024-0005
issuer: FR/13/079
status: actual
type: cancel
references: [FR/13/079/2024-0002]
title: Réouverture des messageries
from: 2024-04-02T12:00
reason: Les comptes volés sont repris.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`
	drill = `
order: FR/13/079/2024-0006
issuer: FR/13/079
status: exercise
type: issue
title: Exercice du printemps
applies: {territory: FR/13/079}
from: 2024-03-29T00:00
until: 2024-04-30T00:00
rules:
  - {roles: [everyone], hours: "off"}
reason: Entraînement.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`
)

func TestThePublicPageTellsAll(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", firstLetter, secondLetter)
	p := w.stranger()
	a := p.get("/ecole/0799002F?lang=fr").is(200).says("Collège de la Boutonne", "fermée pour les élèves jusqu’à nouvel ordre",
		"Tous les adultes", "19\u00a0h\u00a000", "Cabinet du DASEN", "Fermeture dans les collèges et lycées", "Des messages menaçants circulent.",
		"05 36 49 00 00", "05 36 49 10 00", ">17<", ">119<", ">3018<", "FR/13/079/2024-0002", "atom.xml?lang=fr", w.url+"/ecole/0799002F<")
	a.saysNot("Fermeture dans les écoles", someName, "Prénom", "http-equiv")
	p.get("/ecole/0799002F?lang=en").says("Messaging is closed for pupils until further notice", "All adults", "7:00")

	w.at("2024-03-29T19:00:00")
	p.get("/ecole/0799002F?lang=fr").says("La messagerie est fermée pour tout le monde.", "Fermé jusqu’au mardi 2")
	p.get("/ecole/0799001E?lang=fr").says("École des Saules", "fermée pour les élèves", "23\u00a0h\u00a000")

	w.adopt(reopening)
	p.get("/ecole/0799002F?lang=fr").says("Levé le mardi 2\u00a0avril à 12\u00a0h\u00a000, par Cabinet du DASEN", "Réouverture des messageries")
	w.at("2024-04-02T12:00:00")
	p.get("/ecole/0799002F?lang=fr").says("La messagerie est ouverte.", "Aucune décision ne la limite.", "levé", "Réouverture des messageries")
}

func TestAnExerciseIsMarkedAndClosesNothing(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", drill)
	p := w.stranger()
	p.get("/ecole/0799002F?lang=fr").is(200).says("La messagerie est ouverte.", "exercice\u00a0: rien n’est fermé", "Il ne ferme rien").saysNot("Ce qui va changer", "Qui a décidé")
	p.get("/ecole/0799002F/atom.xml?lang=fr").says("[exercice, en vigueur]", "EXERCICE, rien n’est fermé")
	if st := p.stateOf("0799002F"); st.Limited || len(st.Orders) != 1 || !st.Orders[0].Exercise {
		t.Errorf("an exercise is told as %+v", st)
	}
}

// schoolState is what other software reads.
type schoolState struct {
	Limited  bool
	Unknown  bool
	Page     string
	Headline struct{ FR, EN string }
	Until    time.Time
	Services []struct {
		Service string
		Roles   []struct {
			Role, Access string
			Until        time.Time
			Reopens      time.Time
		}
	}
	Orders []struct {
		ID, Title, State, Office, Reason, Phone string
		Exercise                                bool
	}
}

func (p *person) stateOf(uai string) (st schoolState) {
	p.Helper()
	a := p.get("/ecole/" + uai + "/etat.json").is(200)
	p.must(json.Unmarshal([]byte(a.body), &st))
	return st
}

func TestTheStateForOtherSoftware(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	p := w.stranger()
	st := p.stateOf("0799002F")
	if !st.Limited || st.Unknown || st.Page != w.url+"/ecole/0799002F" || len(st.Services) != 3 || len(st.Services[0].Roles) != 5 {
		t.Fatalf("%+v", st)
	}
	pupils, teachers := st.Services[0].Roles[0], st.Services[0].Roles[2]
	if pupils.Access != "closed" || !pupils.Until.IsZero() || teachers.Access != "write" || !teachers.Until.Equal(paris("2024-03-29T19:00:00")) {
		t.Errorf("pupils %+v, teachers %+v", pupils, teachers)
	}
	if o := st.Orders[0]; o.State != "in force" || o.Office == "" || o.Reason == "" || o.Phone == "" {
		t.Errorf("the order is told as %+v", o)
	}
	a := p.get("/ecole/0799002F/etat.json")
	if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("other sites cannot read it: %v", a.header)
	}
	if p.stateOf("0799001E").Limited {
		t.Error("the école is told as limited")
	}
	p.get("/ecole/0000000A/etat.json").is(404).says("error")
}

func TestPublicAnswersAreKeptUntilTheChange(t *testing.T) {
	for _, path := range publicly {
		t.Run(path, func(t *testing.T) { keptUntilTheChange(t, path) })
	}
}

func keptUntilTheChange(t *testing.T, path string) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	p := w.stranger()
	first := p.get(path).is(200)
	if got := first.header.Get("Cache-Control"); got != "public, max-age=30" && got != "public, max-age=29" {
		t.Errorf("kept for %q", got)
	}
	again := p.request(http.MethodGet, path, nil)
	again.Header.Set("If-None-Match", first.header.Get("ETag"))
	if a := p.ask(again); a.status != http.StatusNotModified || a.body != "" {
		t.Errorf("asked again: %d with %d bytes", a.status, len(a.body))
	}
	w.at("2024-03-29T18:59:50") // ten seconds before the closing
	if got := p.get(path).header.Get("Cache-Control"); got != "public, max-age=10" && got != "public, max-age=9" {
		t.Errorf("just before it closes: %q", got)
	}
	w.at("2024-03-29T19:00:00")
	if a := p.ask(again); !strings.HasSuffix(path, "atom.xml") && a.status != 200 {
		t.Errorf("at the closing second: %d", a.status)
	}
	before := p.get(path).header.Get("ETag")
	w.adopt(reopening)
	if p.get(path).header.Get("ETag") == before {
		t.Error("a new order is not told at once")
	}
}

func TestOneReaderCannotSpoilAnothersPage(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	p := w.stranger()
	for _, host := range []string{"ailleurs.example", "a'&b", ""} {
		for _, path := range publicly {
			r := p.request(http.MethodGet, path, nil)
			if host != "" {
				r.Host = host
			}
			a := p.ask(r).is(200).saysNot("ecluse-origin")
			if host != "ailleurs.example" {
				a.saysNot("ailleurs.example", "a'&b")
			}
		}
	}
	french := p.request(http.MethodGet, "/ecole/0799002F", nil)
	french.Header.Set("Accept-Language", "fr")
	english := p.request(http.MethodGet, "/ecole/0799002F", nil)
	english.Header.Set("Accept-Language", "en")
	p.ask(french).says(`lang="fr"`, "fermée")
	a := p.ask(english).says(`lang="en"`, "closed")
	if got := a.header.Get("Vary"); got != "Accept-Language, Cookie" {
		t.Errorf("varies by %q", got)
	}
	w.as(nadia).get("/ecole/0799002F").saysNot("Se déconnecter", someName) // nobody's page, whoever looks
}

// A feed as a reader sees it.
type feed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Updated time.Time
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID        string    `xml:"id"`
		Title     string    `xml:"title"`
		Published time.Time `xml:"published"`
		Updated   time.Time `xml:"updated"`
		Content   string    `xml:"content"`
	} `xml:"entry"`
	When string `xml:"updated"`
}

func (p *person) feed(path string) (f feed) {
	p.Helper()
	a := p.get(path).is(200)
	p.must(xml.Unmarshal([]byte(a.body), &f))
	var err error
	f.Updated, err = time.Parse(time.RFC3339, f.When)
	p.must(err)
	return f
}

func TestTheFeed(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter, drill)
	p := w.stranger()
	first := p.feed("/ecole/0799002F/atom.xml?lang=fr")
	if len(first.Entries) != 2 || !strings.HasPrefix(first.ID, "urn:uuid:") || first.Entries[0].ID == first.Entries[1].ID {
		t.Fatalf("%+v", first)
	}
	letter := first.Entries[1]
	if letter.Title != "[en vigueur] Fermeture dans les collèges et lycées" || !strings.Contains(letter.Content, "Cabinet du DASEN") {
		t.Errorf("the letter's entry: %+v", letter)
	}
	w.at("2024-04-02T11:00:00").adopt(reopening)
	second := p.feed("/ecole/0799002F/atom.xml?lang=fr")
	if got := second.Entries[1]; got.ID != letter.ID || !got.Updated.Equal(w.app.Now()) || !got.Published.Equal(letter.Published) {
		t.Errorf("announced to be lifted: %+v, was %+v", got, letter)
	}
	w.at("2024-04-02T12:00:00")
	third := p.feed("/ecole/0799002F/atom.xml?lang=fr")
	if got := third.Entries[1]; !strings.HasPrefix(got.Title, "[levé]") || !got.Updated.Equal(w.app.Now()) || !third.Updated.Equal(w.app.Now()) {
		t.Errorf("lifted: %+v", got)
	}
	other := p.feed("/ecole/0799001E/atom.xml")
	if other.ID == first.ID || len(other.Entries) != 1 || other.Entries[0].ID == first.Entries[0].ID {
		t.Errorf("the école's feed: %+v", other)
	}
	for _, l := range third.Links {
		if !strings.HasPrefix(l.Href, w.url+"/ecole/") {
			t.Errorf("a link leads to %s", l.Href)
		}
	}
}

func TestFindingASchool(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	p := w.stranger()
	p.get("/ecoles?lang=fr").is(200).says("2\u00a0établissements", "École des Saules", "Collège de la Boutonne", "limitée", "ouverte à tous")
	p.get("/ecoles?lang=fr&q=COLLEGE+deux").says("1\u00a0établissement", "Collège de la Boutonne").saysNot("École des Saules")
	p.get("/ecoles?lang=fr&q=0799001").says("École des Saules").saysNot("Boutonne")
	p.get("/ecoles?lang=fr&q=" + strings.Repeat("x", 5000)).is(200).says("0\u00a0établissement")
	p.get("/ecoles?from=-3").is(200)
	p.get("/ecoles?from=99999999").is(200).says("rel=\"prev\"")
	for _, path := range []string{"/ecole/0799999Z", "/ecole/nowhere", "/ecole/0799999Z/reprendre", "/ecole/0799999Z/atom.xml"} {
		p.get(path+"?lang=fr").is(404).says("Cet établissement n’est pas connu ici", `action="/ecoles"`)
	}
	if a := p.get("/ecole/0799002f/atom.xml?lang=en").is(http.StatusMovedPermanently); a.header.Get("Location") != "/ecole/0799002F/atom.xml?lang=en" {
		t.Errorf("small letters lead to %q", a.header.Get("Location"))
	}
	p.get("/ecole/%D1%84%2F..%2F..").is(404)
	p.get("/sign-in").says(`href="/ecoles"`)
	w.as(head).get("./orders").says(`href="/ecole/0799002F"`)
	w.as(dsden).get("./orders?school=0799001E").says(`href="/ecole/0799001E"`)
	w.as(dsden).get("./desk").says(`href="/ecoles"`)
}

func TestInDoubtThePublicPageSaysSo(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00")
	p := w.stranger()
	p.get("/ecole/0799002F?lang=fr").says("La messagerie est ouverte.")
	w.clock.Set(paris("2024-03-29T17:00:00")) // set back
	a := p.get("/ecole/0799002F?lang=fr").is(200).says("dans le doute, la messagerie reste fermée")
	if got := a.header.Get("Cache-Control"); got != "public, max-age=0" {
		t.Errorf("a page in doubt may be kept: %q", got)
	}
	if st := p.stateOf("0799002F"); !st.Unknown || !st.Limited {
		t.Errorf("%+v", st)
	}
}

func TestAPageToPasteAndABanner(t *testing.T) {
	w := newWorldWith(t, web.Options{Secure: true}, "2024-03-29T18:30:00", secondLetter)
	host := strings.TrimPrefix(w.url, "http://")
	w.stranger().get("/ecole/0799002F/reprendre?lang=fr").is(200).says(
		"Décision\u00a0: Cabinet du DASEN", "3018\u00a0: Harcèlement", "https://"+host+"/ecole/0799002F",
		"src=&#34;https://"+host+"/static/banner.js&#34; data-ecole=&#34;0799002F&#34;")
	a := w.stranger().get("/static/banner.js").is(200)
	if a.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.HasPrefix(a.header.Get("Cache-Control"), "public") {
		t.Errorf("other sites cannot load the banner: %v", a.header)
	}
}

func TestThePublicPageOutlivesTheDatabase(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	p := w.stranger()
	kept := p.get("/ecole/0799002F?lang=fr").says("05 36 49 10 00").header.Get("ETag")
	w.must(w.app.Close())
	if got := p.get("/ecole/0799002F?lang=fr").is(200).header.Get("ETag"); got != kept {
		t.Error("what was kept is forgotten with the database")
	}
	for _, path := range []string{"/ecole/0799001E", "/ecole/0799001E/etat.json"} {
		a := p.get(path).is(200).saysNot("05 36 49 10 00")
		if got := a.header.Get("Cache-Control"); got != "public, max-age=0" {
			t.Errorf("%s lacks the number and may be kept: %q", path, got)
		}
	}
}

func TestACrowdIsAnsweredFromTheShelf(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	var crowd sync.WaitGroup
	tags := make(chan string, 200)
	for range 200 {
		crowd.Go(func() {
			response, err := http.Get(w.url + "/ecole/0799002F?lang=fr")
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if response.StatusCode != 200 {
				t.Errorf("a reader of the crowd gets %d", response.StatusCode)
			}
			tags <- response.Header.Get("ETag")
		})
	}
	crowd.Wait()
	close(tags)
	first := <-tags
	for tag := range tags {
		if tag != first {
			t.Fatal("two readers of one instant read different pages")
		}
	}
}
