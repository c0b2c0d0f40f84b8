package gallery_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/web/gallery"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

func render(t *testing.T, p page.Page) string {
	t.Helper()
	var b strings.Builder
	if err := p.View().Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// each runs a check on every sample in a language.
func each(t *testing.T, l page.Lang, check func(t *testing.T, html string)) {
	t.Helper()
	for _, s := range gallery.Samples(l) {
		t.Run(string(l)+"/"+s.Name, func(t *testing.T) { check(t, render(t, s.Page)) })
	}
}

var (
	hidden  = regexp.MustCompile(`(?s)<pre.*?</pre>|<textarea.*?</textarea>|<code>.*?</code>|<title>.*?</title>`)
	tags    = regexp.MustCompile(`<[^>]*>`)
	spoken  = regexp.MustCompile(`(?:aria-label|data-words[a-z-]*)="([^"]*)"`)
	breaks  = regexp.MustCompile(`.{0,20}(?: [:;!?»]|« |\d h \d|\d h\b|\d\x{00a0}h \d).{0,20}`)
	inline  = regexp.MustCompile(`<style|\sstyle="|\son[a-z]+="|<script(?:>|[^>]*>[^<])|javascript:`)
	numbers = regexp.MustCompile(`\b(?:403|404|500|507)\b|accès refusé|non autorisé|[Ff]orbidden|[Uu]nauthorized`)
)

// texts are what a reader sees or hears of a page.
func texts(html string) []string {
	var list []string
	for _, m := range spoken.FindAllStringSubmatch(html, -1) {
		list = append(list, m[1])
	}
	// Letters of people keep the spaces they were typed with.
	html = regexp.MustCompile(`(?s)<div class="prose">.*?</div>|<span class="preview">.*?</span>`).ReplaceAllString(html, "")
	return append(list, tags.Split(hidden.ReplaceAllString(html, ""), -1)...)
}

func TestFrenchHasItsNoBreakSpaces(t *testing.T) {
	each(t, page.French, func(t *testing.T, html string) {
		for _, text := range texts(html) {
			if bad := breaks.FindString(text); bad != "" {
				t.Errorf("a line may break in %q", bad)
			}
			if strings.Contains(text, "'") || strings.Contains(text, "&#39;") {
				t.Errorf("a straight apostrophe in %q", text)
			}
		}
	})
}

func TestNothingIsInline(t *testing.T) {
	for _, l := range []page.Lang{page.French, page.English} {
		each(t, l, func(t *testing.T, html string) {
			if bad := inline.FindString(html); bad != "" {
				t.Errorf("%q does not live under the policy", bad)
			}
		})
	}
}

func TestNobodyReadsANumberOrBlame(t *testing.T) {
	for _, l := range []page.Lang{page.French, page.English} {
		each(t, l, func(t *testing.T, html string) {
			if bad := numbers.FindString(strings.Join(texts(html), " ")); bad != "" {
				t.Errorf("the page says %q", bad)
			}
		})
	}
}

// frenchOnly are words that an English page must not show; the school and
// people's own names may be French.
var frenchOnly = regexp.MustCompile(`(?i)\b(messagerie|jusqu|ouvert|fermé|établissement|brouillon|répondre|élèves)\b`)

func TestEnglishIsEnglish(t *testing.T) {
	each(t, page.English, func(t *testing.T, html string) {
		for _, text := range texts(html) {
			if bad := frenchOnly.FindString(text); bad != "" {
				t.Errorf("%q in %q", bad, text)
			}
		}
	})
}

func TestPagesSayWhoAndUntilWhen(t *testing.T) {
	each(t, page.French, func(t *testing.T, html string) {
		for _, must := range []string{`<html lang="fr"`, `<h1`, `href="#main"`, "Aide"} {
			if !strings.Contains(html, must) {
				t.Errorf("%q is missing", must)
			}
		}
		if n := strings.Count(html, "<h1"); n != 1 {
			t.Errorf("%d headings of the first level, want 1", n)
		}
	})
}

func TestWhatPeopleWriteIsNeverMarkup(t *testing.T) {
	evil := `<script>alert(1)</script><img src=x onerror=alert(1)> "quoted"`
	html := render(t, page.Thread{Frame: page.Frame{Lang: page.French, Base: "/at/1"}, Subject: evil,
		Letters: []page.Letter{{From: evil, Body: evil + " https://exemple.invalid/\"><script>", To: evil}}})
	if strings.Contains(html, "<script>") || strings.Contains(html, "<img") {
		t.Error("a letter's text became markup")
	}
}

func BenchmarkInbox(b *testing.B) {
	p := gallery.Samples(page.French)[5].Page
	for b.Loop() {
		var out strings.Builder
		if err := p.View().Render(b.Context(), &out); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
}
