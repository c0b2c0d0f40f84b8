package web_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEverySquareOpensItsAccountOnce: each square of printed slips, read off the paper
// as a telephone reads it, leads to the form filled in for its holder; what the form
// holds sets the password once, and opens that account and no other.
func TestEverySquareOpensItsAccountOnce(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	printed := w.as(head).post("./slips?all=1&role=everyone", "print", "all", "days", "14")
	if printed.status != http.StatusOK {
		t.Fatalf("printing: %d %s", printed.status, printed.heading())
	}
	used := map[string]bool{}
	for _, link := range squaresIn(t, printed.body) {
		at, err := url.Parse(link)
		if err != nil || at.Path != "/renew" || !strings.HasPrefix(link, w.url) {
			t.Fatalf("a square leads to %q (%v)", link, err)
		}
		p := w.stranger()
		page := p.get(at.RequestURI())
		login, code := filled(page, "login"), filled(page, "code")
		if used[login] || login == "" || login != at.Query().Get("login") || code != at.Query().Get("slip") {
			t.Fatalf("%s fills in %q and %q", link, login, code)
		}
		used[login] = true
		const chosen = "une marmotte sous la neige"
		if done := p.post("/renew", "login", login, "code", code, "new", chosen, "again", chosen, "next", "/account"); done.status != http.StatusSeeOther {
			t.Fatalf("renewing %s: %d %s", login, done.status, done.heading())
		}
		if p.get("/account").status != http.StatusOK || w.stranger().post("/sign-in", "login", login, "password", chosen).status != http.StatusSeeOther {
			t.Errorf("%s has not the password that was chosen", login)
		}
		again := w.stranger().post("/renew", "login", login, "code", code, "new", "encore un autre mot", "again", "encore un autre mot")
		again.says("a déjà servi")
	}
	if len(used) < 2 {
		t.Errorf("only %d squares were read", len(used))
	}
}

// filled is what a field of a page holds.
func filled(a answer, name string) string {
	for _, input := range regexp.MustCompile(`<input[^>]*>`).FindAllString(a.body, -1) {
		if strings.Contains(input, ` name="`+name+`"`) {
			if value := regexp.MustCompile(` value="([^"]*)"`).FindStringSubmatch(input); value != nil {
				return html.UnescapeString(value[1])
			}
		}
	}
	return ""
}

// squaresIn reads the squares of a PDF; in CI the programs for it must be there.
func squaresIn(t *testing.T, pdf string) []string {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "slips.pdf")
	if err := os.WriteFile(file, []byte(pdf), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") != "true" {
			t.Skipf("%s is not installed here (poppler-utils, zbar-tools)", name)
		}
		out, err := exec.Command(name, args...).Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return string(out)
	}
	run("pdftoppm", "-r", "150", "-gray", "-png", file, filepath.Join(folder, "page"))
	pages, err := filepath.Glob(filepath.Join(folder, "page*.png"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no page: %v", err)
	}
	return strings.Fields(run("zbarimg", append([]string{"--quiet", "--raw", "-S*.enable=0", "-Sqrcode.enable=1"}, pages...)...))
}
