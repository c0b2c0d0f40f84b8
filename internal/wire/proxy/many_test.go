package proxy_test

import (
	"bufio"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// evenings closes for pupils at 19:00 and for nobody else.
const evenings = `
order: FR/13/079/2024-0007
issuer: FR/13/079
status: actual
type: issue
title: Soirées sans messagerie pour les élèves
basis: Essai
applies: {territory: FR/13/079}
from: 2024-03-01T00:00
until: null
rules:
  - {roles: [pupil], hours: "07:00-19:00"}
reason: Essai.
contact: {office: Cabinet, phone: "05 00 00 00 00", email: cabinet@example.org}
`

// A herd is the clients of TestManyAreCut: 200, of which the first 50 are pupils.
type herd struct {
	*front
	heard  [200]atomic.Int64
	alive  []*websocket.Conn // of the others
	mu     sync.Mutex
	cut    []time.Time
	strays atomic.Int64 // others that were cut
}

const herdPupils = 50

// gather opens every connection, one an event stream, the next a web socket.
func (h *herd) gather() {
	c := client(h.World.T, "127.0.0.1")
	c.Timeout = 0
	others := []string{wiretest.Guardian, wiretest.Teacher, wiretest.Staff}
	for i := range h.heard {
		login := others[i%len(others)]
		if i < herdPupils {
			login = wiretest.Pupil
		}
		if i%2 == 0 {
			lines := bufio.NewReader(h.do(c, h.request(login, "GET", "/m/stream", "")).Body)
			go h.hear(i, func() error { _, err := lines.ReadString('\n'); return err })
			continue
		}
		s, _, err := h.dial(login, "/m/socket")
		if err != nil {
			h.World.Fatal(err)
		}
		h.World.Cleanup(func() { s.CloseNow() })
		if i >= herdPupils {
			h.alive = append(h.alive, s)
		}
		go h.hear(i, func() error {
			_, _, err := s.Read(h.World.Context())
			if err != nil && i < herdPupils && websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
				h.World.Errorf("a web socket ended with %v", err)
			}
			return err
		})
	}
}

// hear counts what one connection says, and notes its end.
func (h *herd) hear(i int, one func() error) {
	for one() == nil {
		h.heard[i].Add(1)
	}
	if i >= herdPupils {
		h.strays.Add(1)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut = append(h.cut, time.Now())
}

// ends are when pupils were cut, in order.
func (h *herd) ends() []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.SortedFunc(slices.Values(h.cut), time.Time.Compare)
}

// news waits until every other has heard something new.
func (h *herd) news() {
	var before [len(h.heard)]int64
	for i := range h.heard {
		before[i] = h.heard[i].Load()
	}
	for _, s := range h.alive {
		if err := s.Write(h.World.Context(), websocket.MessageText, []byte("toujours là")); err != nil {
			h.World.Fatal(err)
		}
	}
	wiretest.Eventually(h.World.T, "all others hear news", func() bool {
		for i := herdPupils; i < len(h.heard); i++ {
			if h.heard[i].Load() == before[i] {
				return false
			}
		}
		return true
	})
}

// Of 200 streams and web sockets the 50 of pupils are cut within a second, and
// none of the others. bench/ does the same with 10,000.
func TestManyAreCut(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, evenings)
	app := newApplication(t)
	o := options(t, w.Desk.Local("proxy"), app.URL, routes)
	o.Log, o.Limits = w.Log, proxy.Limits{PerPerson: 200}
	h := &herd{front: serve(t, o)}
	h.World, h.app = w, app
	h.gather()
	if h.Live() != len(h.heard) {
		t.Fatalf("%d are live", h.Live())
	}
	began := time.Now()
	h.At(closing)
	wiretest.Eventually(t, "all pupils are cut", func() bool { return len(h.ends()) == herdPupils })
	cut := h.ends()
	if last := cut[herdPupils-1].Sub(began); last > time.Second {
		t.Errorf("the last was cut after %v", last)
	}
	t.Logf("cut after %v (median), %v (last)", cut[herdPupils/2].Sub(began), cut[herdPupils-1].Sub(began))
	h.news()
	if h.strays.Load() > 0 || h.Live() != len(h.heard)-herdPupils {
		t.Errorf("%d others were cut, %d are live", h.strays.Load(), h.Live())
	}
}
