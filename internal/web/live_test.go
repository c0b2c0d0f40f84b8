package web_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/web"
)

// A stream is an open page's events.
type stream struct {
	*world
	lines *bufio.Scanner
	body  io.ReadCloser
}

// listen opens the event stream of a person's place.
func (p *person) listen() *stream {
	p.Helper()
	response, err := p.client.Do(p.request(http.MethodGet, "./live", nil))
	p.must(err)
	patience := time.AfterFunc(20*time.Second, func() { response.Body.Close() }) // what never comes fails, and hangs nothing
	p.Cleanup(func() {
		patience.Stop()
		response.Body.Close()
	})
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		p.Fatalf("the stream is %d %s", response.StatusCode, got)
	}
	return &stream{p.world, bufio.NewScanner(response.Body), response.Body}
}

// An event is one that a page is told.
type event struct {
	name string
	data string
	Line string
	Kind string
	Text string

	Urgent, Announce bool
}

// next is the next event, or one without a name when the stream has ended.
func (s *stream) next() (e event) {
	s.Helper()
	for s.lines.Scan() {
		line := s.lines.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			e.name = name
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			e.data = data
			s.must(json.Unmarshal([]byte(data), &e))
			return e
		}
	}
	return event{}
}

func TestTheStreamTellsStateNewsAndTheClosing(t *testing.T) {
	w := newWorld(t, "2024-03-29T17:30:00", secondLetter)
	s := w.as(nadia).listen()
	if e := s.next(); e.name != "state" || e.Kind != "open" || e.Announce {
		t.Errorf("at first: %+v", e)
	}
	w.as(staff).send("Objet", "Corps.", to(nadiaAt))
	if e := s.next(); e.name != "news" || e.Text != "1\u00a0nouveau message\u00a0: afficher" {
		t.Errorf("news: %+v", e)
	}
	w.at("2024-03-29T18:00:00")
	if e := s.next(); e.name != "state" || e.Kind != "soon" || e.Urgent || !e.Announce || !strings.Contains(e.Line, "19\u00a0h\u00a000") {
		t.Errorf("an hour before: %+v", e)
	}
	w.at("2024-03-29T18:55:00")
	if e := s.next(); e.name != "state" || !e.Urgent || !e.Announce {
		t.Errorf("five minutes before: %+v", e)
	}
	w.at("2024-03-29T19:00:00")
	if e := s.next(); e.name != "closed" || e.Kind != "closed" || !strings.Contains(e.Line, "mardi 2\u00a0avril") {
		t.Errorf("at the second: %+v", e)
	}
	if e := s.next(); e.name != "" {
		t.Errorf("after the closing: %+v", e)
	}
}

// TestTheStreamTellsOfOtherPlaces: who follows the collège is told when the école
// closes too.
func TestTheStreamTellsOfOtherPlaces(t *testing.T) {
	w := newWorld(t, "2024-03-29T17:30:00", strings.Replace(firstLetter, "23:00", "18:00", 1), secondLetter)
	s := w.as(karim).listen()
	s.next()
	if e := s.next(); e.name != "elsewhere" || !strings.Contains(e.data, "18 h 00") {
		t.Errorf("at first: %+v", e)
	}
	w.at("2024-03-29T18:00:00")
	s.next()
	if e := s.next(); e.name != "elsewhere" || !strings.Contains(e.data, "Fermé") {
		t.Errorf("when the école closes: %+v", e)
	}
}

func TestTheStreamIsCutByANewOrderAndBySigningOut(t *testing.T) {
	w := newWorld(t, "2024-04-02T10:00:00")
	teacher, worker := w.as(nadia), w.as(staff)
	s, gone := teacher.listen(), worker.listen()
	s.next()
	gone.next()
	worker.post("/sign-out").is(http.StatusSeeOther)
	if e := gone.next(); e.name != "" {
		t.Errorf("after signing out: %+v", e)
	}
	o := w.as(dsden)
	preview := o.post("./orders/new", "do", "read", "yaml", strings.Replace(secondLetter, "Mo-Fr 07:00-19:00; PH off", "off", 1)).is(200)
	o.post("./orders", "do", "issue", "yaml", preview.source()).is(http.StatusSeeOther)
	if e := s.next(); e.name != "closed" {
		t.Errorf("a new order: %+v", e)
	}
}

func TestAClosedPageIsToldWhenToAskAgain(t *testing.T) {
	w := newWorldWith(t, web.Options{Poll: time.Minute, Spread: 2 * time.Minute}, "2024-03-29T18:59:59", secondLetter)
	p := w.as(nadia)
	p.get("./state").is(200).says(`{"open":true,`)
	w.at("2024-03-29T19:00:00")
	ask := func() (a struct {
		Open bool
		Wait int64
	}) {
		t.Helper()
		w.must(json.Unmarshal([]byte(p.get("./state").is(200).body), &a))
		return a
	}
	for range 20 {
		if a := ask(); a.Open || a.Wait < 30_000 || a.Wait > 60_000 {
			t.Fatalf("closed until Tuesday: %+v, want half a minute to one", a)
		}
	}
	w.at("2024-04-02T06:59:50")
	p = w.as(nadia)
	for range 20 {
		if a := ask(); a.Wait < 10_000 || a.Wait > 60_000 {
			t.Fatalf("ten seconds before: %+v, want after the reopening and within the poll", a)
		}
	}
	w.at("2024-04-02T07:00:00")
	if a := ask(); !a.Open {
		t.Errorf("at reopening: %+v", a)
	}
}
