package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// TestRefusalsAreLogged: what somebody who is signed in was refused, by number and
// route, without the address or a name; no more than so many a minute one by one.
func TestRefusalsAreLogged(t *testing.T) {
	var log strings.Builder
	s := &Server{opts: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	r := httptest.NewRequest(http.MethodGet, "/at/4/people/31?t=secret", nil)
	r.Pattern = "GET /at/{member}/people/{id}"
	c := &call{Server: s, r: r}
	refusal := fault.New(fault.Denied, "Non.", "No.")
	c.logRefusal(refusal)
	if log.Len() != 0 {
		t.Errorf("a stranger is logged: %s", log.String())
	}
	c.visit.Person = account.Person{ID: 31, Login: "nadia", First: "Nadia"}
	c.logRefusal(fault.New(fault.Invalid, "Non.", "No."))
	c.logRefusal(nil)
	if log.Len() != 0 {
		t.Errorf("a form that is wrong is logged: %s", log.String())
	}
	for range 3 * refusalsLogged {
		c.logRefusal(refusal)
	}
	said := log.String()
	if n := strings.Count(said, "\n"); n < refusalsLogged || n > 2*refusalsLogged { // a minute may end meanwhile
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(said, `person=31 route="GET /at/{member}/people/{id}" status=403`) || strings.Contains(said, "secret") || strings.Contains(said, "adia") {
		t.Errorf("the log says %.300s", said)
	}
	if left, more := s.refusals.take(time.Now().Add(time.Minute)); left == 0 || !more {
		t.Errorf("the next minute tells of %d that were not logged", left)
	}
}
