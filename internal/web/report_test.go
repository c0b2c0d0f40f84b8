package web_test

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

const theReport = "./reports/FR/13/079/2024-0002"

// marker is the title of the exercise of these tests: whatever shows it must say
// nearby that it is one.
const marker = "Répétition des Glycines"

// exercise is the second letter as one.
func exercise() string {
	text := strings.Replace(secondLetter, "status: actual", "status: exercise", 1)
	return regexp.MustCompile(`(?m)^title: .*$`).ReplaceAllString(text, "title: "+marker)
}

func TestTheReportOfAnOrder(t *testing.T) {
	w := newWorld(t, "2024-03-28T10:00:00", secondLetter)
	w.at("2024-03-29T10:00:00")
	for _, login := range []string{dsden, head} {
		p := w.as(login)
		p.get("./orders/FR/13/079/2024-0002").says("Rapport\u00a0: ce que cet ordre a fait", p.base+"/reports/FR/13/079/2024-0002")
		page := p.get(theReport).is(200).says("Chronologie", "Émis.", "Qui il ferme", "Collège de la Boutonne").saysNot("exercice", "%!")
		page.says("Appliqué par tous les serveurs", "1 sur 1", "0,0\u00a0s")
	}
	w.as(nadia).get(theReport).is(404)
	w.as(nadia).get("./orders/FR/13/079/2024-0002").saysNot("/reports/")
	w.as(other).get(theReport).is(404)
	w.as(dsden).get("./reports/FR/2024-0404").is(404)
	w.as(dsden).get(theReport + "?file=exe").is(404)
}

func TestReportFiles(t *testing.T) {
	for _, rehearsal := range []bool{false, true} {
		text := secondLetter
		if rehearsal {
			text = exercise()
		}
		w := newWorld(t, "2024-03-28T10:00:00", text)
		w.at("2024-03-29T10:00:00")
		p := w.as(dsden)
		readJSON(t, p.get(theReport+"?file=json").is(200), rehearsal)
		readCSV(t, p.get(theReport+"?file=csv").is(200), rehearsal)
		readText(t, p.get(theReport+"?file=md").is(200), rehearsal)
	}
}

func readJSON(t *testing.T, a answer, rehearsal bool) {
	t.Helper()
	var f struct {
		Exercise bool
		People   []struct {
			Role                    string
			All, Closed, Throughout int
		}
		Applied struct{ Schools int }
		Events  []struct {
			Event    string
			Exercise bool
			At       string
		}
	}
	a.must(json.Unmarshal([]byte(a.body), &f))
	if f.Exercise != rehearsal || f.Applied.Schools != 1 || len(f.People) != 5 || f.People[0].Throughout != 1 || len(f.Events) != 4 {
		t.Errorf("the file says %+v", f)
	}
	for _, e := range f.Events {
		if e.Exercise != rehearsal {
			t.Errorf("%s is marked %v", e.Event, e.Exercise)
		}
	}
	if name := a.header.Get("Content-Disposition"); strings.Contains(name, "exercice") != rehearsal {
		t.Errorf("the file is called %s", name)
	}
}

func readCSV(t *testing.T, a answer, rehearsal bool) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	a.must(err)
	if len(lines) != 5 {
		t.Fatalf("%d lines: %s", len(lines), a.body)
	}
	for _, l := range lines[1:] {
		if (l[1] == "true") != rehearsal || l[0] != "FR/13/079/2024-0002" {
			t.Errorf("the line is %q", l)
		}
	}
}

func readText(t *testing.T, a answer, rehearsal bool) {
	t.Helper()
	a.says("Chronologie", "Temps", "médian")
	for line := range strings.Lines(a.body) {
		if strings.TrimSpace(line) != "" && strings.Contains(line, "EXERCICE · ") != rehearsal {
			t.Errorf("the line is %q", line)
		}
	}
}

// within is how far from an exercise's name its mark may stand, in the text of a
// page and without its addresses.
const within = 200

func TestAnExerciseIsMarkedOnEveryPage(t *testing.T) {
	w := newWorld(t, "2024-03-28T18:00:00", exercise())
	w.as(staff).send("Pour tous", "Bonjour.", to(nadiaAt), to(headAt), to(karimAt))
	seen := 0
	for _, at := range []string{"2024-03-28T18:30:00", "2024-03-30T03:00:00"} { // announced, and in force when it would close
		w.at(at)
		for _, login := range []string{pupil, karim, nadia, staff, head, other, dsden} {
			p := w.as(login)
			for _, r := range routes {
				if r.method() == http.MethodGet && !strings.HasSuffix(r.try, "/live") && strings.Contains(r.pattern, "{member}") != (login == dsden) {
					seen += p.marks(r, at)
				}
			}
			p.get("./orders/new?update=FR/13/079/2024-0002").marked(login + " changes it")
			p.get("./orders/new?lift=FR/13/079/2024-0002").marked(login + " lifts it")
		}
	}
	if seen < 40 {
		t.Errorf("the exercise was only seen %d times", seen)
	}
}

// marks opens a page, which is never closed by an exercise, and counts how often
// it shows one.
func (p *person) marks(r route, at string) int {
	p.Helper()
	a := p.get(strings.Replace(r.try, "THREAD", "1", 1))
	if a.refused() {
		p.Errorf("%s at %s: an exercise closes %s", p.base, at, r.pattern)
	}
	return a.marked(p.base + " at " + at + ": " + r.pattern)
}

var (
	addresses = regexp.MustCompile(`(?:href|action|value|name|id|for|class|aria-labelledby|d)="[^"]*"`)
	isMarked  = regexp.MustCompile(`(?i)exerci[cs]e`)
)

// marked fails where a page names the exercise and does not say nearby that it is
// one, and counts how often it names it.
func (a answer) marked(name string) (n int) {
	a.Helper()
	body := addresses.ReplaceAllString(html.UnescapeString(a.body), "")
	body = regexp.MustCompile(`<[/a-z]+\s*>`).ReplaceAllString(body, " ")
	for at := 0; ; n++ {
		i := strings.Index(body[at:], marker)
		if i < 0 {
			return n
		}
		at += i
		around := body[max(0, at-within):min(len(body), at+len(marker)+within)]
		if !isMarked.MatchString(around) {
			a.Errorf("%s names the exercise and does not say that it is one: …%s…", name, around)
		}
		at += len(marker)
	}
}

// What everybody reads says that an exercise closes nothing.
func TestAnExerciseClosesNothingForThePublic(t *testing.T) {
	w := newWorld(t, "2024-03-30T03:00:00", exercise())
	p := w.stranger()
	if n := p.get("/ecole/0799002F").is(200).says("Il ne ferme rien").marked("the public page"); n == 0 {
		t.Error("the public page does not tell of it")
	}
	var state struct {
		Limited bool
		Orders  []struct{ Exercise bool }
	}
	w.must(json.Unmarshal([]byte(p.get("/ecole/0799002F/etat.json").body), &state))
	if state.Limited || len(state.Orders) != 1 || !state.Orders[0].Exercise {
		t.Errorf("the state says %+v", state)
	}
	p.get("/ecole/0799002F/atom.xml").says("exercice")
	p.get("/ecole/0799002F/reprendre").marked("the text to paste")
	w.as(pupil).get("./inbox").is(200)
	w.as(dsden).get("./orders/new").says("Exercice\u00a0: " + marker) // among the orders to replace
	w.as(dsden).get(theReport).says("il n’a rien fermé", "Qui il aurait fermé").marked("the report")
}

// A rehearsal that waits for signatures is marked as well.
func TestAProposedExerciseIsMarked(t *testing.T) {
	w := newWorldSigned(t, web.Options{}, 2, "2024-03-28T18:00:00")
	visit, err := w.app.VisitOf(w.Context(), dsden)
	w.must(err)
	who, err := visit.For("FR/13/079")
	w.must(err)
	o, err := order.Parse("test", []byte(exercise()))
	w.must(err)
	id, err := w.app.ProposeOrder(w.Context(), who, o)
	w.must(err)
	p := w.as(dsden)
	for _, path := range []string{"./orders", "./desk", "./proposals/" + strconv.FormatInt(id, 10)} {
		if n := p.get(path).is(200).marked(path); n == 0 && path != "./desk" {
			t.Errorf("%s does not show it", path)
		}
	}
}
