package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestPanic: an accident of ours is a page that says so, and a line in the log.
func TestPanic(t *testing.T) {
	var log strings.Builder
	app, err := ecluse.Open(t.Context(), ecluse.Options{
		Database: storetest.SQLite(t), Clock: clock.System(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	s := &Server{app: app, opts: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	w := httptest.NewRecorder()
	s.public(func(*call) error { panic("an index out of range") }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "<h1") {
		t.Errorf("the answer is %d %.200s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "index out of range") || !strings.Contains(log.String(), "index out of range") {
		t.Error("the cause belongs into the log, not on the page")
	}
}
