package web_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Run(m)) }

// A tab is a real browser in somebody's hands.
type tab struct {
	*world
	*browsertest.Tab
}

// browse opens a browser on the sign-in page.
func (w *world) browse() *tab {
	w.Helper()
	if testing.Short() {
		w.Skip("browsers are not for -short")
	}
	b := &tab{w, browsertest.New(w.T)}
	b.Open(w.url + "/goodbye")
	browsertest.Eval[bool](b.Tab, `fetch("/sign-out", {method: "POST"}).then(() => true)`) // tabs share their cookies
	b.Open(w.url + "/sign-in")
	return b
}

// browseAs opens a browser and signs in with the form.
func (w *world) browseAs(login string) *tab {
	w.Helper()
	b := w.browse()
	b.fill("#login", login)
	b.fill("#password", secret)
	b.Key(kb.Enter)
	b.Until(`location.pathname !== "/sign-in"`)
	return b
}

// goTo opens one of the application's pages.
func (b *tab) goTo(path string) {
	b.Helper()
	b.Open(b.url + path)
}

// focus puts the focus on an element, as a click would, once it is there: a page
// has its address before it has its elements.
func (b *tab) focus(selector string) {
	b.Helper()
	b.Until(fmt.Sprintf(`(e => e !== null && (e.focus(), document.activeElement === e))(document.querySelector(%q))`, selector))
}

func (b *tab) fill(selector, text string) {
	b.Helper()
	b.focus(selector)
	b.Key(text)
}

// press activates a link or a button and leaves the waiting to the caller.
func (b *tab) press(selector string) {
	b.Helper()
	b.focus(selector)
	b.Key(kb.Enter)
}

// here is the page that is shown, for reports.
func (b *tab) here() string {
	return browsertest.Eval[string](b.Tab, `location.pathname + location.search + ": " + document.title`)
}

// reach presses Tab until an element has the focus: what cannot be reached fails.
func (b *tab) reach(selector string) {
	b.Helper()
	for range 80 {
		if browsertest.Eval[bool](b.Tab, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
		b.Key(kb.Tab)
	}
	b.Fatalf("Tab does not reach %s on %s", selector, b.here())
}

func TestWrittenByKeyboardAlone(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	b := w.browse()
	b.Size(1280, 800)
	b.reach("#login")
	b.Key("nadia" + kb.Tab + secret + kb.Enter)
	b.Until(`location.pathname === "/at/3/inbox"`)
	b.reach("a.write")
	b.Key(kb.Enter)
	b.Until(`document.querySelector("[role=combobox]")`)
	b.reach("[role=combobox]")
	b.Key("oneil staff")
	b.Key(kb.Escape + kb.Escape) // nobody is spelled so: begin again
	b.Key("staff")
	b.Until(`document.querySelectorAll("[role=option]").length === 1`)
	b.Key(kb.Enter)
	b.Key("classes resp 4e")
	b.Until(`document.querySelectorAll("[role=option]").length === 1`)
	b.Key(kb.Enter + kb.Escape)
	if got := b.Text(".tally"); got != "2 personnes" {
		t.Errorf("the tally says %q", got)
	}
	b.reach("#subject")
	b.Key("Sortie" + kb.Tab + "Prévoir un pique-nique." + kb.Tab)
	b.reach("button[value=send]")
	b.Key(kb.Enter)
	b.Until(`location.pathname === "/at/3/sent"`)
	if got := b.Text(".flash"); got != "Votre message est parti." {
		t.Errorf("afterwards: %q", got)
	}
	for _, login := range []string{staff, karim} {
		w.as(login).get("./inbox").says("Sortie", "pique-nique")
	}
}

func TestWarnedClosedAndBackAgain(t *testing.T) {
	w := newWorld(t, "2024-03-29T21:30:00", firstLetter, secondLetter)
	b := w.browseAs(karim)
	b.goTo("/at/6/compose")
	line := `document.getElementById("state").innerText`
	said := `document.getElementById("said").textContent`
	b.Until(line + `.includes("23")`)
	b.fill("#subject", "Absence")
	b.fill("#body", "Bonjour, ma fille")
	b.Until(`document.querySelector("[data-saved]").textContent !== ""`)

	w.at("2024-03-29T22:00:00")
	b.Until(said + `.includes("23")`)
	browsertest.Eval[bool](b.Tab, `(document.getElementById("said").textContent = "") === ""`)
	w.at("2024-03-29T22:55:00")
	b.Until(said + `.includes("23") && document.getElementById("state").classList.contains("urgent")`)

	b.Key(" sera absente.") // typed in the last second, not saved yet
	w.at("2024-03-29T23:00:00")
	b.Until(`document.querySelector("main [data-notice]")`)
	b.Until(`document.activeElement.tagName === "H1"`)
	if got := b.Text("main"); !strings.Contains(got, "Votre brouillon est gardé.") || !strings.Contains(got, "Cabinet du DASEN") {
		t.Errorf("the notice says %q", got)
	}
	if got := browsertest.Eval[string](b.Tab, "document.title"); got != "Messagerie fermée · Écluse" {
		t.Errorf("the title is %q", got)
	}

	w.at("2024-03-30T07:00:00")
	b.Until(`!document.querySelector("[data-notice]") && document.querySelector("#body")`)
	if got := browsertest.Eval[string](b.Tab, `document.querySelector("#subject").value + ": " + document.querySelector("#body").value`); got != "Absence: Bonjour, ma fille sera absente." {
		t.Errorf("offered again: %q", got)
	}
}

func TestAFormSentAtTheClosingSecondComesBackAsADraft(t *testing.T) {
	w := newWorld(t, "2024-03-29T22:59:59", firstLetter)
	b := w.browseAs(karim)
	b.goTo("/at/6/compose")
	b.fill("#body", "Bonjour.")
	browsertest.Eval[bool](b.Tab, `(window.fetch = () => new Promise(() => {}), true)`) // the modules cannot help
	w.at("2024-03-29T23:00:00")
	browsertest.Eval[bool](b.Tab, `(document.querySelector("button[value=send]")?.click(), true)`)
	b.Until(`document.querySelector("main [data-notice]") && document.querySelector("main .kept a")`)
	w.at("2024-03-30T07:00:00")
	b.Until(`location.search.startsWith("?draft=") && document.querySelector("#body")?.value === "Bonjour."`)
	if n := w.as(other).received(); n != 0 {
		t.Errorf("%d messages were sent silently", n)
	}
}

func TestNewsMovesNothing(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	w.as(staff).send("Premier", "Bonjour.", to(nadiaAt))
	b := w.browseAs(nadia)
	b.Until(`document.querySelector(".messages")`)
	top := func() float64 {
		return browsertest.Eval[float64](b.Tab, `document.querySelector(".messages").getBoundingClientRect().top`)
	}
	title := browsertest.Eval[string](b.Tab, "document.title")
	before := top()
	w.as(staff).send("Second", "Bonjour.", to(nadiaAt))
	b.Until(`!document.getElementById("news").hidden`)
	if after := top(); before != after {
		t.Errorf("the list moved from %v to %v", before, after)
	}
	if now := browsertest.Eval[string](b.Tab, "document.title"); now != title {
		t.Errorf("the title tells news: %q", now)
	}
	b.press("#news a")
	b.Until(`document.querySelectorAll(".messages li").length === 2`)
}

func TestAnAlertBeingTypedSurvivesTheClosing(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:59:00", secondLetter)
	b := w.browseAs(karim)
	b.goTo("/at/2/help")
	b.Until(`document.getElementById("state").innerText.includes("19")`)
	b.fill("#body", "On menace mon fils.")
	w.at("2024-03-29T19:00:00")
	b.Until(`document.getElementById("state").classList.contains("is-closed")`)
	if got := browsertest.Eval[string](b.Tab, `document.querySelector("#body")?.value ?? "gone"`); got != "On menace mon fils." {
		t.Errorf("what was typed on the help page is %q", got)
	}
	b.press("form .button:not([name])")
	b.Until(`document.querySelector(".kept")`)
}

func TestASessionThatEndsLeadsBackToTheText(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", firstLetter)
	b := w.browseAs(karim)
	b.goTo("/at/6/compose")
	b.Until(`document.getElementById("state").innerText.includes("23")`)
	b.fill("#body", "Bonjour.")
	b.Until(`document.querySelector("[data-saved]").textContent !== ""`)
	w.as(karim).post("/account/sessions", "end", "others").is(303)
	b.Until(`location.pathname === "/sign-in"`)
	b.fill("#login", karim)
	b.fill("#password", secret+kb.Enter)
	b.Until(`document.querySelector("#body")?.value === "Bonjour."`)
}

func TestTwoPlacesTwoLines(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", firstLetter, secondLetter)
	b := w.browseAs(karim)
	b.Until(`document.querySelectorAll(".places .state").length === 2`)
	b.goTo("/at/6/inbox")
	for _, words := range []string{"École des Saules", "23 h", "Collège de la Boutonne", "Fermé"} {
		if got := strings.ReplaceAll(b.Text("header"), "\u00a0", " "); !strings.Contains(got, words) {
			t.Errorf("the top of the page does not say %q: %s", words, got)
		}
	}
}

func TestWithoutJavaScript(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	b := w.browse()
	b.Scripts(false)
	b.goTo("/sign-in")
	b.fill("#login", head)
	b.fill("#password", secret)
	b.Key(kb.Enter)
	b.Until(`location.pathname === "/at/5/inbox"`)
	b.goTo("/at/5/compose")
	b.fill("#q", "staff")
	b.press("button[value=find]")
	b.Until(`document.querySelectorAll("input[name=to]").length === 1`)
	b.focus("input[name=to]")
	b.Key(" ")
	b.fill("#subject", "Sans script")
	b.fill("#body", "Bonjour.")
	b.press("button[value=send]")
	b.Until(`location.pathname === "/at/5/sent"`)
	w.as(staff).get("./inbox").says("Sans script")

	b.goTo("/at/5/orders/new")
	b.fill("#title", "Essai")
	b.fill("#reason", "Essai.")
	b.fill("[name=rule-0-hours]", "off")
	b.focus("[name=rule-0-roles][value=teacher]")
	b.Key(" ")
	b.press("button[value=preview]")
	b.Until(`document.querySelector("button[value=issue]")`)
	b.press("button[value=issue]")
	b.Until(`location.pathname === "/at/5/orders" && document.querySelector(".flash")`)

	w.at("2024-03-29T19:00:00")
	b.goTo("/at/5/inbox")
	b.Until(`document.querySelector("[data-notice]") && document.querySelector("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]")`)
	b.goTo("/at/5/announcements")
	b.press("details.new summary")
	b.fill("#title", "Fermeture")
	b.fill("#body", "Jusqu'à mardi.")
	b.press("details.new .button:not(summary)")
	b.Until(`document.querySelector("#password")`) // the last proof is of this morning
	b.fill("#password", secret)
	b.Key(kb.Enter)
	b.Until(`document.querySelector("[name=title]")?.value === "Fermeture"`)
	b.press("main .button")
	b.Until(`document.querySelector(".announcement")`)
}

func TestTheWeekInTheBrowser(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	b := w.browseAs(head)
	b.goTo("/at/5/orders")
	if n := browsertest.Eval[int](b.Tab, `[...document.querySelectorAll(".pane svg")].filter(e => e.getBoundingClientRect().height > 100).length`); n == 0 {
		t.Error("no picture of the week is shown")
	}
	if n := browsertest.Eval[int](b.Tab, `document.querySelectorAll(".week table").length`); n == 0 {
		t.Error("no table beside the picture")
	}
}

// shown are the pages of a person to look at.
type shown struct {
	login string
	pages []string
}

// sideways is true when a page scrolls sideways.
const sideways = `document.documentElement.scrollWidth > document.documentElement.clientWidth`

func TestEveryRealPageIsAccessible(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", firstLetter, secondLetter, strings.NewReplacer("second", "first", "2024-0003", "2024-0004").Replace(readOnly))
	w.as(staff).send("Sortie de mardi", "Voir https://college.example/sortie", to(nadiaAt), to(headAt))
	w.as(head).send("Réunion", "Mardi.", to(staffAt), "c1.guardian")
	w.as(head).post("./announcements", "title", "Reprise", "body", "Mardi.")
	id := "/at/5/thread/" + w.as(head).get("./inbox").thread()
	w.as(head).send("Inachevé", "", to(staffAt))
	w.at("2024-03-29T19:30:00") // the collège is closed, the école reads only
	late := []shown{
		{karim, []string{"/", "/at/2/inbox", "/at/2/help", "/at/6/inbox", "/at/6/compose", "/at/6/waiting"}},
		{dsden, []string{"/for/FR-13-079/desk", "/for/FR-13-079/orders/new", "/for/FR-13-079/orders/FR/13/079/2024-0002"}},
	}
	day := []shown{{head, []string{"/at/5/inbox", "/at/5/sent", "/at/5/drafts", id, "/at/5/compose", "/at/5/orders", "/at/5/orders/new", "/at/5/matrix", "/at/5/alerts", "/at/5/announcements", "/account", "/nowhere"}}}
	w.lookAt(late)
	w.at("2024-04-02T10:00:00").lookAt(day)
}

// lookAt checks pages for access in both languages, on a phone and on a desk.
func (w *world) lookAt(people []shown) {
	w.Helper()
	for _, who := range people {
		for _, lang := range []string{"fr", "en"} {
			w.as(who.login).post("/language", "lang", lang, "back", "/")
			b := w.browseAs(who.login)
			for _, path := range who.pages {
				b.check(path, lang)
			}
		}
	}
}

// check looks at one page on a phone, on a desk and at 320 pixels.
func (b *tab) check(path, lang string) {
	b.Helper()
	for _, width := range []int64{360, 1280} {
		b.Size(width, 800)
		b.goTo(path)
		if at := browsertest.Eval[string](b.Tab, "location.pathname"); at != path {
			b.Errorf("%s leads to %s", path, at)
		}
		for _, v := range b.Axe() {
			if v.Impact == "serious" || v.Impact == "critical" {
				b.Errorf("%s in %s at %d px: %s", path, lang, width, v)
			}
		}
	}
	b.Size(320, 640)
	if browsertest.Eval[bool](b.Tab, sideways) {
		b.Errorf("%s in %s scrolls sideways at 320 px", path, lang)
	}
}
