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

// Of 200 streams and web sockets the 50 of pupils are cut within a second, and
// none of the others. bench/ does the same with 10,000.
func TestManyAreCut(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, evenings)
	app := newApplication(t)
	o := options(t, w.Desk.Local("proxy"), app.URL, routes)
	o.Log, o.Limits = w.Log, proxy.Limits{PerPerson: 200}
	f := serve(t, o)
	f.World, f.app = w, app

	others := []string{wiretest.Guardian, wiretest.Teacher, wiretest.Staff}
	var mu sync.Mutex
	var cut []time.Time
	var lost atomic.Int64 // of the others
	var alive []*websocket.Conn
	heard := make([]atomic.Int64, 200)
	c := client(t, "127.0.0.1")
	c.Timeout = 0
	for i := range 200 {
		login := others[i%len(others)]
		if i < 50 {
			login = wiretest.Pupil
		}
		ended := func() {
			if i >= 50 {
				lost.Add(1)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			cut = append(cut, time.Now())
		}
		if i%2 == 0 {
			lines := bufio.NewReader(f.do(c, f.request(login, "GET", "/m/stream", "")).Body)
			go func() {
				for {
					if _, err := lines.ReadString('\n'); err != nil {
						ended()
						return
					}
					heard[i].Add(1)
				}
			}()
			continue
		}
		s, _, err := f.dial(login, "/m/socket")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.CloseNow() })
		if i >= 50 {
			alive = append(alive, s)
		}
		go func() {
			for {
				if _, _, err := s.Read(t.Context()); err != nil {
					if i < 50 && websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
						t.Errorf("a web socket ended with %v", err)
					}
					ended()
					return
				}
				heard[i].Add(1)
			}
		}()
	}
	if f.Live() != 200 {
		t.Fatalf("%d are live", f.Live())
	}
	began := time.Now()
	f.At(closing)
	wiretest.Eventually(t, "all pupils are cut", func() bool { mu.Lock(); defer mu.Unlock(); return len(cut) == 50 })
	slices.SortFunc(cut, time.Time.Compare)
	if last := cut[49].Sub(began); last > time.Second {
		t.Errorf("the last was cut after %v", last)
	}
	t.Logf("cut after %v (median), %v (last)", cut[24].Sub(began), cut[49].Sub(began))

	var before [200]int64
	for i := range heard {
		before[i] = heard[i].Load()
	}
	for _, s := range alive {
		if err := s.Write(t.Context(), websocket.MessageText, []byte("toujours là")); err != nil {
			t.Fatal(err)
		}
	}
	wiretest.Eventually(t, "all others hear news", func() bool {
		for i := 50; i < 200; i++ {
			if heard[i].Load() == before[i] {
				return false
			}
		}
		return true
	})
	if lost.Load() > 0 || f.Live() != 150 {
		t.Errorf("%d others were lost, %d are live", lost.Load(), f.Live())
	}
}
