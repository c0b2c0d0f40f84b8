package ecluse_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

func TestReadLogins(t *testing.T) {
	list, err := ecluse.ReadLogins(strings.NewReader("\uFEFFa.b; c,d\r\n\r\n  e\u00a0f\n"))
	if got := strings.Join(list, "|"); err != nil || got != "a.b|c|d|e|f" {
		t.Errorf("%q, %v", got, err)
	}
	for what, c := range map[string]struct{ text, says string }{
		"nothing":     {" \n;", "empty"},
		"Latin-1":     {"a\n\xe9mile\n", "Line 2"},
		"not text":    {"a\x00b", "Line 1"},
		"a long word": {"a\nb\n" + strings.Repeat("x", 300), "Line 3"},
		"too many":    {strings.Repeat("a ", 20_001), "at most 20000"},
		"a long line": {strings.Repeat(" ", 1<<20+1), "too long"},
	} {
		if _, err := ecluse.ReadLogins(strings.NewReader(c.text)); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// FuzzReadLogins: whatever a file holds, what is read are short logins of clean text.
func FuzzReadLogins(f *testing.F) {
	f.Add("a.b; c,d\r\ne")
	f.Add("\uFEFF\xff")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ecluse.ReadLogins(strings.NewReader(text))
		if (err == nil) == (len(list) == 0) {
			t.Fatalf("%d logins and %v", len(list), err)
		}
		for _, login := range list {
			if login == "" || len(login) > 200 || !utf8.ValidString(login) || strings.ContainsAny(login, " ,;\n\x00") {
				t.Errorf("%q is taken for a login", login)
			}
		}
	})
}
