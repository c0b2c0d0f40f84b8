package ecluse_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
	"github.com/ecluse-ecole/ecluse/internal/web/gallery"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// asvs is the requirements of levels 1 and 2 of ASVS 5.0.0 in the chapters that
// docs/asvs.md goes through: in each section, up to which number.
var asvs = map[string]string{
	"3.2": "1 2", "3.3": "1 2 3 4", "3.4": "1 2 3 4 5 6", "3.5": "1 2 3 4 5", "3.7": "1 2",
	"5.1": "1", "5.2": "1 2 3", "5.3": "1 2", "5.4": "1 2 3",
	"6.1": "1 2 3", "6.2": "1 2 3 4 5 6 7 8 9 10 11 12", "6.3": "1 2 3 4", "6.4": "1 2 3 4", "6.5": "1 2 3 4 5", "6.6": "1 2 3", "6.8": "1 2 3 4",
	"7.1": "1 2 3", "7.2": "1 2 3 4", "7.3": "1 2", "7.4": "1 2 3 4 5", "7.5": "1 2", "7.6": "1 2",
	"8.1": "1 2", "8.2": "1 2 3", "8.3": "1", "8.4": "1",
	"16.1": "1", "16.2": "1 2 3 4 5", "16.3": "1 2 3 4", "16.4": "1 2 3", "16.5": "1 2 3",
}

// TestASVS: every requirement has a row that says how it stands, what is held names
// a test, and every test that is named exists.
func TestASVS(t *testing.T) {
	text, err := os.ReadFile("docs/asvs.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testNames(t)
	rows := map[string]int{}
	named := regexp.MustCompile("`(Test[A-Za-z]+)`")
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \|(.*)\|(.*)\|(.*)\|$`).FindAllStringSubmatch(string(text), -1) {
		rows[m[1]]++
		state, proofs := strings.TrimSpace(m[3]), named.FindAllStringSubmatch(m[4], -1)
		if !slices.Contains([]string{"held", "written", "n/a", "partly", "gap"}, state) || state == "held" && len(proofs) == 0 {
			t.Errorf("%s stands as %q with %d tests", m[1], state, len(proofs))
		}
		for _, p := range proofs {
			if !tests[p[1]] {
				t.Errorf("%s names %s, and there is no such test", m[1], p[1])
			}
		}
	}
	for _, m := range named.FindAllStringSubmatch(string(text), -1) { // in lists beside the requirements too
		if !tests[m[1]] {
			t.Errorf("the page names %s, and there is no such test", m[1])
		}
	}
	want := 0
	for section, numbers := range asvs {
		for _, n := range strings.Fields(numbers) {
			want++
			if id := section + "." + n; rows[id] != 1 {
				t.Errorf("%s has %d rows", id, rows[id])
			}
		}
	}
	if len(rows) != want {
		t.Errorf("%d requirements have a row, want %d", len(rows), want)
	}
}

// testNames is every test of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names, declared := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestPasswordFields: what is typed is hidden, and managers may fill it in.
func TestPasswordFields(t *testing.T) {
	fields, found := regexp.MustCompile(`<input[^>]*\b(?:id|name)="(?:password|current|new|again)"[^>]*>`), 0
	for _, s := range gallery.Samples(page.English) {
		var b bytes.Buffer
		if err := s.Page.View().Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "onpaste") {
			t.Errorf("%s stops pasting", s.Name)
		}
		for _, field := range fields.FindAllString(b.String(), -1) {
			if strings.Contains(field, `type="hidden"`) {
				continue // the demonstration's own password, which stands on the page
			}
			found++
			if !strings.Contains(field, `type="password"`) || !regexp.MustCompile(`autocomplete="(current|new)-password`).MatchString(field) {
				t.Errorf("%s: %s", s.Name, field)
			}
		}
	}
	if found < 4 {
		t.Errorf("only %d fields were looked at", found)
	}
}

// TestSignOutOnEveryPage: whoever is signed in can sign out wherever they are.
func TestSignOutOnEveryPage(t *testing.T) {
	for _, s := range gallery.Samples(page.English) {
		var b bytes.Buffer
		if err := s.Page.View().Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		signedIn := strings.Contains(b.String(), `href="`+page.AccountURL+`" aria-current`)
		if signedIn && !strings.Contains(b.String(), `action="`+page.SignOutURL+`"`) {
			t.Errorf("%s has no way to sign out", s.Name)
		}
	}
}

// TestAPasswordCountsAsTyped: long ones are not cut, and capitals are capitals.
func TestAPasswordCountsAsTyped(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	long := strings.Repeat("Quatre mots sans lien. ", 6)[:128]
	w.must(w.ChangePassword(w.ctx, w.as(teacher), password, long))
	for typed, right := range map[string]bool{long: true, long[:127]: false, long[:72]: false, strings.ToLower(long): false, long + " ": false} {
		_, err := w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: typed, Device: fmt.Sprint(typed), Address: atHome})
		if right != (err == nil) {
			t.Errorf("%d characters: %v", len(typed), err)
		}
	}
}

// TestTheJournalHoldsNoSecret: what people do to their accounts is written down, by
// number, with neither passwords nor tokens, names nor addresses; a name that would
// forge a line stays out of the log.
func TestTheJournalHoldsNoSecret(t *testing.T) {
	var log bytes.Buffer
	w := &world{T: t, ctx: t.Context(), clock: clock.Manual(paris("2024-03-29T10:00:00")), db: storetest.SQLite(t)}
	w.App = must(ecluse.Open(w.ctx, ecluse.Options{Database: w.db, Clock: w.clock, Log: slog.New(slog.NewTextHandler(&log, nil))}))
	defer w.App.Close()
	w.must(w.Import(w.ctx, roster(t, w)))
	const forged, next = "nadia\nlevel=ERROR msg=forged", "sept autres mots bien choisis"
	welcome := w.enter("nadia", "")
	for _, login := range []string{"nadia", forged} {
		if _, err := w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: "a wrong guess", Address: "198.51.100.77"}); !fault.Is(err, fault.SignedOut) {
			t.Fatal(err)
		}
	}
	visit := must(w.Visit(w.ctx, welcome.From(atHome)))
	w.must(w.ChangePassword(w.ctx, visit.Alone(), password, next))
	w.must(w.Freeze(w.ctx, w.as(head), visit.Person.ID, "une note pour l’école"))

	written := log.String()
	var verbs []string
	for _, l := range []journal.Log{journal.Installation, journal.Log(college)} {
		for _, e := range must(w.Journaled(w.ctx, l)) {
			verbs = append(verbs, e.Verb)
			written += fmt.Sprintln(e.At, e.Actor, e.Verb, e.Subject, e.Detail)
			if e.At.IsZero() || e.Verb == "" {
				t.Errorf("an entry without when or what: %+v", e)
			}
		}
	}
	for _, verb := range []string{"session.open", "password.change", "account.freeze"} {
		if !slices.Contains(verbs, verb) {
			t.Errorf("%s was not written down", verb)
		}
	}
	for _, secret := range []string{password, next, "a wrong guess", welcome.Token, welcome.Device, atHome, "198.51.100.77", "nadia", "une note", "forged"} {
		if strings.Contains(written, secret) {
			t.Errorf("%q stands in the journal or the log", secret)
		}
	}
}
