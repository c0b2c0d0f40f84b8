package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A moment is the data of an event.
type moment struct {
	Event   string `json:"-"`
	Version int64
	Time    time.Time
	Speed   float64
	Ready   bool
	Age     int64 `json:"age_ms"`
}

// listen reads the stream of changes; the channel closes when the stream ends.
func (w *world) listen(query string) (<-chan moment, context.CancelFunc) {
	w.Helper()
	ctx, stop := context.WithCancel(w.Context())
	res, err := w.server.Client().Do(w.request(http.MethodGet, "/gate/changes"+query, "").WithContext(ctx))
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		w.Fatalf("%v %v", res, err)
	}
	events := make(chan moment, 100)
	go func() {
		defer close(events)
		defer res.Body.Close()
		lines, m := bufio.NewScanner(res.Body), moment{}
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				m = moment{Event: name}
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &m) == nil {
				events <- m
			}
		}
	}()
	w.Cleanup(stop)
	return events, stop
}

// hears waits for an event that holds.
func (w *world) hears(events <-chan moment, what string, holds func(moment) bool) moment {
	w.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case m, open := <-events:
			if !open {
				w.Fatalf("the stream ended before %s", what)
			}
			if holds(m) {
				return m
			}
		case <-timeout:
			w.Fatalf("nobody told of %s", what)
		}
	}
}

// ends waits for the end of a stream.
func (w *world) ends(events <-chan moment, when string) {
	w.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case _, open := <-events:
			if !open {
				return
			}
		case <-timeout:
			w.Fatalf("the stream goes on when %s", when)
		}
	}
}

func TestChangesAreTold(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:59", api.Options{}, wiretest.Letter)
	events, _ := w.listen("?tick=100ms")
	first := w.hears(events, "the beginning", func(moment) bool { return true })
	if first.Event != "snapshot" || first.Version == 0 || !first.Ready || first.Speed != 1 || !first.Time.Equal(w.App.Now()) {
		t.Errorf("the first event: %+v", first)
	}
	w.hears(events, "nothing new", func(m moment) bool { return m.Event == "tick" && m.Version == first.Version })
	w.At("2024-04-02T19:00")
	w.hears(events, "the closing", func(m moment) bool { return m.Event == "snapshot" && m.Time.Equal(w.App.Now()) })
	w.Issue(fixtureChat)
	w.hears(events, "an order", func(m moment) bool {
		return m.Event == "snapshot" && m.Version > first.Version && m.Age < 5000
	})
}

func TestStreamsEnd(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{Tick: 100 * time.Millisecond}, wiretest.Letter)
	events, _ := w.listen("")
	if err := w.App.RemovePoint(w.Context(), "test-nginx"); err != nil {
		t.Fatal(err)
	}
	w.ends(events, "its point is removed")
	w.token = w.Point("caddy")
	events, _ = w.listen("")
	w.App.Hush()
	w.ends(events, "the server stops")
}

func TestStreamsAreBounded(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{Streams: 15}, wiretest.Letter)
	opened := func() int {
		for n := range 20 {
			ctx, stop := context.WithCancel(w.Context())
			w.Cleanup(stop)
			res, err := w.server.Client().Do(w.request(http.MethodGet, "/gate/changes", "").WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			w.Cleanup(func() { res.Body.Close() })
			if res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") != "" {
				return n
			}
		}
		return 20
	}
	if n := opened(); n != 3 {
		t.Errorf("one point has %d streams, want a fifth of 15", n)
	}
	for _, kind := range []string{"caddy", "haproxy", "postfix", "dovecot"} {
		w.token = w.Point(kind)
		opened()
	}
	w.token = w.Point("prosody")
	if n := opened(); n != 0 {
		t.Errorf("%d streams beyond the bound", n)
	}
}

// TestStreamsOutliveTheServersTimeouts, which are for requests that end.
func TestStreamsOutliveTheServersTimeouts(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		w := newWorld(t, wiretest.Noon, api.Options{Tick: 50 * time.Millisecond}, wiretest.Letter)
		slow := httptest.NewUnstartedServer(w.server.Config.Handler)
		slow.Config.ReadTimeout, slow.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
		slow.EnableHTTP2 = http2
		slow.StartTLS()
		t.Cleanup(func() { w.App.Hush(); slow.Close() })
		w.server = slow
		events, _ := w.listen("")
		began := time.Now()
		w.hears(events, "time passing", func(moment) bool { return time.Since(began) > time.Second })
	}
}
