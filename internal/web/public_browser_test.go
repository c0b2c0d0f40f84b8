package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
)

// abroad is another site's page with our banner, under a strict policy of its
// own.
func abroad(t *testing.T, ecluse, school string) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+ecluse+"; connect-src "+ecluse)
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="fr"><title>ENT</title><body><main>Bonjour</main>
<script async src="%s/static/banner.js" data-ecole="%s"></script></body></html>`, ecluse, school)
	}))
	t.Cleanup(site.Close)
	return site.URL
}

func TestTheBannerOnAnotherSite(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	b := w.browse()
	b.Open(abroad(t, w.url, "0799002F"))
	b.Until(`document.querySelector(".ecluse-banner")`)
	if got := b.Text(".ecluse-banner"); !strings.Contains(got, "fermée pour les élèves jusqu’à nouvel ordre") {
		t.Errorf("the banner says %q", got)
	}
	if got := browsertest.Eval[string](b.Tab, `document.querySelector(".ecluse-banner a").href`); got != w.url+"/ecole/0799002F" {
		t.Errorf("it leads to %s", got)
	}
	if got := browsertest.Eval[string](b.Tab, `getComputedStyle(document.querySelector(".ecluse-banner")).backgroundColor`); got != "rgb(22, 49, 59)" {
		t.Errorf("its look is lost: %s", got)
	}
	for _, v := range b.Axe("color-contrast", "aria-allowed-role") {
		t.Error(v)
	}

	for _, quiet := range []string{"0799001E", "0000000A"} { // nothing is limited; not known
		b.Open(abroad(t, w.url, quiet))
		b.Until(`performance.getEntriesByType("resource").some(e => e.name.endsWith("etat.json") && e.responseEnd > 0)`)
		if browsertest.Eval[bool](b.Tab, `document.querySelector(".ecluse-banner") !== null`) {
			t.Errorf("a banner for %s", quiet)
		}
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	b.Open(abroad(t, gone.URL, "0799002F"))
	if got := b.Text("body"); got != "Bonjour" {
		t.Errorf("without Écluse the site says %q", got)
	}
}

func TestThePublicPageChangesByItself(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:59:59", secondLetter)
	b := w.browse()
	b.Size(360, 740)
	b.goTo("/ecole/0799002F?lang=fr")
	b.Until(`document.querySelector("h1").innerText.includes("élèves")`)
	w.at("2024-03-29T19:00:00")
	b.Until(`document.querySelector("h1").innerText.includes("tout le monde")`)
	b.Until(`document.documentElement.lang === "fr"`)
}

func TestCopyingTheText(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:30:00", secondLetter)
	b := w.browse()
	b.Scripts(false)
	b.goTo("/ecole/0799002F/reprendre?lang=fr")
	if browsertest.Eval[bool](b.Tab, `document.querySelector("[data-copy]").checkVisibility()`) {
		t.Error("a button that does nothing without scripts is shown")
	}
	b.Scripts(true)
	b.goTo("/ecole/0799002F/reprendre?lang=fr")
	b.Until(`document.querySelector("[data-copy=text]").checkVisibility()`)
	b.press("[data-copy=text]")
	b.Until(`document.getElementById("said").textContent === "Copié."`)
	if got := browsertest.Eval[string](b.Tab, `getSelection().toString() || document.activeElement.value || ""`); got != "" && !strings.Contains(got, "Collège de la Boutonne") {
		t.Errorf("copied %q", got)
	}
}
