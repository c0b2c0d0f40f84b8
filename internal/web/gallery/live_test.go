package gallery_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp/kb"

	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
	"github.com/ecluse-ecole/ecluse/internal/web/gallery"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"github.com/ecluse-ecole/ecluse/internal/web/static"
)

// A school is a server with one place that opens and closes when told.
type school struct {
	t      *testing.T
	url    string
	events chan string

	mu     sync.Mutex
	open   bool
	broken bool // drafts cannot be saved
	saves  []string
}

func newSchool(t *testing.T) *school {
	t.Helper()
	s := &school{t: t, events: make(chan string), open: true}
	mux := http.NewServeMux()
	mux.Handle(static.Root, static.Handler())
	mux.HandleFunc("GET /at/42/live", s.live)
	mux.HandleFunc("GET /at/42/state", s.state)
	mux.HandleFunc("POST /at/42/draft", s.draft)
	mux.HandleFunc("GET /at/42/notice", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, sample(t, "notice").(page.Notice).Fragment())
	})
	mux.HandleFunc("GET /at/42/{name}", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, sample(t, r.PathValue("name")).View())
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(s.events) })
	s.url = server.URL
	return s
}

func sample(t *testing.T, name string) page.Page {
	t.Helper()
	for _, s := range gallery.Samples(page.French) {
		if s.Name == name {
			return s.Page
		}
	}
	t.Fatalf("the gallery has no %q", name)
	return nil
}

func (s *school) show(w http.ResponseWriter, r *http.Request, view templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", gallery.Policy)
	if err := view.Render(r.Context(), w); err != nil {
		s.t.Errorf("rendering: %v", err)
	}
}

func (s *school) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case e, ok := <-s.events:
			if !ok || e == "" {
				return
			}
			fmt.Fprint(w, e)
			w.(http.Flusher).Flush()
		}
	}
}

// tell sends one event to the page that listens.
func (s *school) tell(name, data string) {
	s.t.Helper()
	s.push("event: " + name + "\ndata: " + data + "\n\n")
}

func (s *school) push(event string) {
	s.t.Helper()
	select {
	case s.events <- event:
	case <-time.After(10 * time.Second):
		s.t.Fatal("no page listens")
	}
}

// cut ends the stream without a word.
func (s *school) cut() { s.push("") }

func (s *school) set(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = open
}

func (s *school) breakDown(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *school) state(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(w, `{"open": %t, "wait": 50}`, s.open)
}

func (s *school) draft(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	s.saves = append(s.saves, r.FormValue("version")+": "+r.FormValue("body"))
	json.NewEncoder(w).Encode(map[string]string{"id": "77", "version": fmt.Sprint(len(s.saves)), "saved": "18 h 52"})
}

func (s *school) lastSave() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.saves) == 0 {
		return ""
	}
	return s.saves[len(s.saves)-1]
}

func TestThePageTellsTheStateAndNews(t *testing.T) {
	s, tab := newSchool(t), browsertest.New(t)
	tab.Open(s.url + "/at/42/inbox")
	s.tell("state", `{"line":"La messagerie ferme à 23 h 00.","kind":"soon","urgent":true,"announce":true}`)
	tab.Until(`document.getElementById("said").textContent.includes("23 h 00")`)
	tab.Until(`document.getElementById("state").classList.contains("urgent")`)

	before := browsertest.Eval[float64](tab, `document.querySelector(".messages").getBoundingClientRect().top`)
	s.tell("news", `{"text":"3 nouveaux messages : afficher"}`)
	tab.Until(`!document.getElementById("news").hidden`)
	after := browsertest.Eval[float64](tab, `document.querySelector(".messages").getBoundingClientRect().top`)
	if before != after {
		t.Errorf("the list moved from %v to %v when news arrived", before, after)
	}
	if title := browsertest.Eval[string](tab, "document.title"); title != "Messages · Écluse" {
		t.Errorf("the title tells news: %q", title)
	}
}

func TestThePageBecomesTheNoticeAndKeepsWhatIsTyped(t *testing.T) {
	s, tab := newSchool(t), browsertest.New(t)
	tab.Open(s.url + "/at/42/compose")
	browsertest.Eval[bool](tab, `document.getElementById("body").focus() ?? true`)
	tab.Key(" Merci.")
	s.set(false)
	s.tell("closed", "{}")
	tab.Until(`document.querySelector("[data-notice]")`)
	if got := s.lastSave(); !strings.Contains(got, "Merci.") {
		t.Errorf("the draft was saved as %q, without the last words", got)
	}
	if title := browsertest.Eval[string](tab, "document.title"); title != "Messagerie fermée · Écluse" {
		t.Errorf("title %q", title)
	}
	if focus := browsertest.Eval[string](tab, "document.activeElement.tagName"); focus != "H1" {
		t.Errorf("the focus is on %s, want the notice's heading", focus)
	}
	s.set(true)
	tab.Until(`!document.querySelector("[data-notice]") && document.querySelector("#body") && location.search === "?draft=77"`)
}

func TestACutStreamAsksHowThingsStand(t *testing.T) {
	s, tab := newSchool(t), browsertest.New(t)
	tab.Open(s.url + "/at/42/inbox")
	s.cut()
	s.tell("state", `{"line":"Ouvert de nouveau.","kind":"open"}`) // waits for the page to listen again
	tab.Until(`document.querySelector("#state").innerText.includes("de nouveau")`)
	s.set(false)
	s.cut()
	tab.Until(`document.querySelector("[data-notice]")`)
}

func TestWhatCannotBeSavedIsFoundAgain(t *testing.T) {
	s, tab := newSchool(t), browsertest.New(t)
	tab.Open(s.url + "/at/42/compose")
	s.breakDown(true)
	browsertest.Eval[bool](tab, `document.getElementById("body").focus() ?? true`)
	tab.Key(" Hors réseau.")
	tab.Until(`document.querySelector("[data-saved]").textContent.includes("gardé sur cet appareil")`)
	tab.Open(s.url + "/at/42/compose")
	tab.Until(`document.querySelector(".kept button")`)
	s.breakDown(false)
	browsertest.Eval[bool](tab, `document.querySelector(".kept button").click() ?? true`)
	tab.Until(`document.querySelector("[data-saved]").textContent.includes("18 h 52")`)
	if got := s.lastSave(); !strings.Contains(got, "Hors réseau.") {
		t.Errorf("saved %q", got)
	}
	tab.Until("localStorage.length === 0")
}

func TestRecipientsAreChosenByKeyboardAlone(t *testing.T) {
	s, tab := newSchool(t), browsertest.New(t)
	tab.Size(1280, 800)
	tab.Open(s.url + "/at/42/compose")
	tab.Until(`document.querySelector("[role=combobox]")`)
	browsertest.Eval[bool](tab, `document.querySelector("[role=combobox]").focus() ?? true`)
	tab.Key("elie")
	tab.Until(`document.querySelectorAll("[role=option]").length === 1`)
	tab.Key(kb.Enter)
	chips := `[...document.querySelectorAll(".chip")].map(c => c.firstChild.textContent).join(", ")`
	if got := browsertest.Eval[string](tab, chips); got != "Responsables de la 4e B, Hana Brisset, Élie Vasseur-Roy" {
		t.Errorf("chosen: %s", got)
	}
	if got := tab.Text(".tally"); got != "30 personnes" {
		t.Errorf("the tally says %q", got)
	}
	tab.Key(kb.ArrowDown)
	for _, v := range tab.Axe() {
		t.Errorf("with the list open: %s", v)
	}
	tab.Key(kb.Escape + kb.Backspace)
	if got := browsertest.Eval[string](tab, `new FormData(document.querySelector("form[data-draft-url]")).getAll("to").join(" ")`); got != "c4:guardian m11" {
		t.Errorf("the form posts %s", got)
	}
}

func TestTabReachesEverything(t *testing.T) {
	address, tab := serve(t), browsertest.New(t)
	tab.Size(1280, 800)
	for _, name := range []string{"inbox", "compose", "notice", "orders", "help", "order-preview"} {
		tab.Open(address + "/fr/" + name)
		// Everything that can be acted on and is seen must be reached, in order.
		want := browsertest.Eval[int](tab, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex='0']")].filter(e => e.checkVisibility()).length`)
		tab.Key(kb.Tab)
		if got := tab.Text(":focus"); got != "Aller au contenu" {
			t.Errorf("%s: the first stop is %q, want the skip link", name, got)
		}
		seen := 1
		for range want + 5 {
			tab.Key(kb.Tab)
			if browsertest.Eval[bool](tab, `document.activeElement === document.body || document.activeElement.className === "skip"`) {
				break
			}
			seen++
		}
		if seen < want {
			t.Errorf("%s: Tab reaches %d of %d controls", name, seen, want)
		}
	}
}

func TestPagesWorkWithoutJavaScript(t *testing.T) {
	address, tab := serve(t), browsertest.New(t)
	tab.Scripts(false)
	tab.Open(address + "/fr/compose")
	if got := browsertest.Eval[int](tab, `[...document.querySelectorAll("input[name=to]")].filter(e => e.checkVisibility()).length`); got < 5 {
		t.Errorf("%d recipients can be ticked", got)
	}
	tab.Open(address + "/fr/notice")
	if got := browsertest.Eval[string](tab, `document.querySelector("meta[http-equiv=refresh]")?.content ?? ""`); got != "120" {
		t.Errorf("the notice reloads after %q seconds, want 120", got)
	}
}
