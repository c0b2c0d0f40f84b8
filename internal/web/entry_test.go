package web_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/web"
)

// TestRefusedEntriesAreLogged: each entrance that refuses says so in the log, by
// route and network, and nothing of what was typed.
func TestRefusedEntriesAreLogged(t *testing.T) {
	var log bytes.Buffer
	w := newWorldWith(t, web.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, "2024-03-29T10:00:00")
	w.stranger().post("/sign-in", "login", "a password typed here", "password", "a wrong guess").is(http.StatusUnauthorized)
	w.stranger().post("/renew", "login", nadia, "code", "BCDF-GHJK-LMNP-QRST", "new", "sept autres mots bien choisis", "again", "sept autres mots bien choisis")
	w.as(nadia).post("/proof", "way", "password", "password", "a wrong guess")
	said := log.String()
	for _, route := range []string{"POST /sign-in", "POST /renew", "POST /proof"} {
		if n := strings.Count(said, `msg="an entry was refused" network=127.0.0.0/16 route="`+route+`" status=4`); n != 1 {
			t.Errorf("%s is logged %d times", route, n)
		}
	}
	for _, typed := range []string{"typed here", "guess", "BCDF", "sept autres", "nadia"} {
		if strings.Contains(said, typed) {
			t.Errorf("%q stands in the log", typed)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}
