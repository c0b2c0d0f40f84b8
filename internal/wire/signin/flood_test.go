package signin_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// TestFloodOfLogouts: somebody who invents endings of sessions does not fill the
// log, and keeps nobody's session from ending.
func TestFloodOfLogouts(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	v := newVisitor(t)
	v.sees(f.URL+"/messagerie/", 200, "teacher1 reads")
	var out bytes.Buffer
	cas, err := signin.NewCAS(config.CAS{URL: f.cas.URL, Service: f.URL}, f.who, f.Desk.Local("cas"), "/gate", slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	cas.Routes(mux)
	for i := range 12_000 {
		form := url.Values{"logoutRequest": {fmt.Sprintf(logoutXML, fmt.Sprint("ST-", i, "-invented"))}}
		r := httptest.NewRequest("POST", "/gate/cas", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "203.0.113.7:999"
		w := httptest.NewRecorder()
		if mux.ServeHTTP(w, r); w.Code != http.StatusNoContent {
			t.Fatal(w.Code, w.Body)
		}
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "203.0.113.7") {
		t.Errorf("the flood is logged as:\n%s", text)
	}
	f.cas.logout()
	if location := v.leads(f.URL + "/messagerie/"); location == "" {
		t.Error("the session goes on")
	}
}
