package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A slowly is a connection that remembers until when it may write.
type slowly struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (s *slowly) SetWriteDeadline(t time.Time) error {
	s.deadlines = append(s.deadlines, t)
	return nil
}

// TestAQuietStreamLives: an event is written soon or the reader is left, and the
// silence after it may last.
func TestAQuietStreamLives(t *testing.T) {
	w := &slowly{ResponseRecorder: httptest.NewRecorder()}
	c := &call{w: w, buffer: &buffer{}}
	if err := c.tell(http.NewResponseController(w), "tick", moment{Version: 7}); err != nil {
		t.Fatal(err)
	}
	if len(w.deadlines) != 2 || time.Until(w.deadlines[0]) > writeWithin || time.Until(w.deadlines[0]) < 0 || !w.deadlines[1].IsZero() {
		t.Errorf("deadlines %v", w.deadlines)
	}
	if text := w.Body.String(); !strings.HasPrefix(text, "event: tick\ndata: {\"version\":7,") || !strings.HasSuffix(text, "}\n\n") || !w.Flushed {
		t.Errorf("written: %q", text)
	}
}

// TestSearchesAreBounded: while as many are made as may be, others are told to
// come back, and questions go on.
func TestSearchesAreBounded(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	token := w.Point("nginx")
	a, mux := New(w.Desk, nil, Options{Searches: 1}), http.NewServeMux()
	a.Routes(mux)
	gives := func(method, path string, want int) {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(`{"subject":{"type":"user","id":"head1"},"action":{"name":"message.send"},`+
			`"resource":{"type":"school","id":"`+string(wiretest.College)+`"},"context":{"time":"2024-04-02T10:00:00Z"}}`))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		res := httptest.NewRecorder()
		mux.ServeHTTP(res, r)
		if res.Code != want || (res.Header().Get("Retry-After") != "") != (want == http.StatusTooManyRequests) {
			t.Errorf("%s: %d %s, want %d", path, res.Code, res.Body, want)
		}
	}
	heavy := []string{"POST /access/v1/search/subject", "POST /access/v1/search/resource", "POST /access/v1/search/action", "POST /access/v1/simulation", "GET /gate/states"}
	a.heavy <- struct{}{} // one is made
	for _, path := range heavy {
		method, path, _ := strings.Cut(path, " ")
		gives(method, path, http.StatusTooManyRequests)
	}
	gives("POST", "/access/v1/evaluation", http.StatusOK)
	<-a.heavy
	for _, path := range heavy {
		method, path, _ := strings.Cut(path, " ")
		gives(method, path, http.StatusOK)
	}
}
