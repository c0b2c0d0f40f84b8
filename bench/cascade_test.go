package bench

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// patience is how long the last school may take before a run is given up.
const patience = 2 * time.Minute

// A passing is how an order went through the country.
type passing struct {
	signed         time.Duration // until it stood in the authority's database
	p50, p99, last time.Duration // until the schools decide by it
}

// send has the authority issue an order and waits until every school decides as
// it says. Time counts from the moment at which the issue was asked for.
func (c *country) send(what string, want order.Access, meanwhile func()) passing {
	c.Helper()
	r := newRound(want, c.schools)
	c.round.Store(r)
	if _, err := fmt.Fprintln(c.authority.in, what); err != nil {
		c.Fatal(err)
	}
	meanwhile()
	said := c.authority.line(c)
	select {
	case <-r.done:
	case <-time.After(patience):
		c.Fatalf("%s: %d of %d schools do not follow after %v", what, r.left, c.schools, patience)
	}
	asked, stood := instantOf(said[0]), instantOf(said[1])
	r.mu.Lock()
	defer r.mu.Unlock()
	var took []time.Duration
	for _, at := range r.seen {
		took = append(took, at.Sub(asked))
	}
	slices.Sort(took)
	return passing{stood.Sub(asked), took[len(took)/2], took[len(took)*99/100], took[len(took)-1]}
}

func instantOf(nanoseconds string) time.Time {
	n, _ := strconv.ParseInt(nanoseconds, 10, 64) // our own process prints it
	return time.Unix(0, n)
}

// restart ends and starts each of these anew, at once.
func restart(tb testing.TB, list []*installation) {
	var all sync.WaitGroup
	for _, i := range list {
		all.Go(func() {
			if err := i.end(); err != nil {
				tb.Error(err)
			}
			if err := i.start(); err != nil {
				tb.Error(err)
			}
		})
	}
	all.Wait()
}

// settled waits until every installation holds the feed and decides that pupils
// may write.
func (c *country) settled() {
	c.Helper()
	r := newRound(order.Write, c.schools)
	c.round.Store(r)
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		fresh := 0
		for _, i := range c.installations {
			r.ask(i.app, i.schools)
			if s := i.follower.Set(); s != nil && i.app.Holds(s.Orders) {
				fresh++
			}
		}
		if fresh == len(c.installations) && r.left == 0 {
			return
		}
		if time.Now().After(end) {
			c.Fatalf("%d installations follow the feed; %d schools are closed", fresh, r.left)
		}
	}
}

// TestCascade is the cascade on a small scale: one order reaches every school
// behind six installations, one of which is restarted meanwhile; a pupil of each
// is told so by name; and lifting it opens all of them.
func TestCascade(t *testing.T) {
	c := newCountry(t, size{installations: 6, schools: 10, history: 30, hints: true, interval: time.Second})
	c.settled()
	p := c.send("close", order.Closed, func() { restart(t, c.installations[:1]) })
	t.Logf("closed: %+v", p)
	for _, i := range c.installations {
		asker := i.app.Answering(enforce.Point{Name: "p", Kind: "other", Territory: "FR"})
		pupil := asker.Ask(t.Context(), enforce.Question{Login: "pupil0"})
		teacher := asker.Ask(t.Context(), enforce.Question{Login: "teacher0"})
		if pupil.Access != order.Closed || teacher.Access != order.Write {
			t.Errorf("%s: pupil %v, teacher %v", i.dir, pupil.Access, teacher.Access)
		}
	}
	t.Logf("open: %+v", c.send("open", order.Write, func() {}))
}

// BenchmarkCascade sends one order from the authority to 60,000 schools behind
// 200 installations, which follow the feed over HTTP and share this one machine;
// the authority is a process of its own. Measured is the time from the moment at
// which the issue is asked for to the one at which a pupil of each school is
// decided closed.
//
// Where hints are lost, followers find the order by polling every 15 to 30
// seconds: that is real time, so use -benchtime 1x or 2x.
func BenchmarkCascade(b *testing.B) {
	whole := size{installations: 200, schools: 300, hints: true}
	lost, full := whole, whole
	lost.hints, full.history = false, 2000
	for _, v := range []struct {
		name    string
		size    size
		restart bool
	}{{"hints", whole, false}, {"restarts", whole, true}, {"full", full, false}, {"full-restarts", full, true}, {"lost", lost, false}} {
		b.Run(v.name, func(b *testing.B) {
			c := newCountry(b, v.size)
			c.settled()
			again := func() {}
			if v.restart {
				again = func() { restart(b, c.installations[:len(c.installations)/10]) }
			}
			c.measure(b, again)
		})
	}
}

// measure sends b.N orders, each lifted after it, and reports the worst of them.
func (c *country) measure(b *testing.B, meanwhile func()) {
	var worst passing
	var busy, whole time.Duration
	for b.Loop() {
		began, before := time.Now(), processorTime([]int{c.authority.Process.Pid})
		p := c.send("close", order.Closed, meanwhile)
		whole += time.Since(began)
		busy += processorTime([]int{c.authority.Process.Pid}) - before
		worst = passing{max(worst.signed, p.signed), max(worst.p50, p.p50), max(worst.p99, p.p99), max(worst.last, p.last)}
		b.Logf("in the database after %v; schools: p50 %v, p99 %v, last %v", p.signed, p.p50, p.p99, p.last)
		c.send("open", order.Write, func() {})
		c.settled()
	}
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	b.ReportMetric(ms(worst.signed), "signed-ms")
	b.ReportMetric(ms(worst.p50), "p50-ms")
	b.ReportMetric(ms(worst.p99), "p99-ms")
	b.ReportMetric(ms(worst.last), "max-ms")
	b.ReportMetric(100*busy.Seconds()/whole.Seconds(), "authority-cpu-%")
	b.ReportMetric(0, "ns/op")
	b.Log(load())
}

// BenchmarkCascadeIdle is what following costs while nothing happens: requests
// and bytes, both ways and with all headers, of each follower's polls over a
// minute and a half, in which the feed's time is signed anew; and the share of one
// processor that the authority takes.
func BenchmarkCascadeIdle(b *testing.B) {
	if b.N > 1 {
		b.Skip("one run is the measurement")
	}
	c := newCountry(b, size{installations: 200, schools: 300, history: 2000, hints: true})
	c.settled()
	c.traffic()
	before := processorTime([]int{c.authority.Process.Pid})
	const while = 90 * time.Second
	time.Sleep(while)
	polls, requests, bytes := c.traffic()
	busy := processorTime([]int{c.authority.Process.Pid}) - before
	b.ReportMetric(float64(requests)/float64(polls), "requests/poll")
	b.ReportMetric(float64(bytes)/float64(polls), "B/poll")
	b.ReportMetric(100*busy.Seconds()/while.Seconds(), "authority-cpu-%")
	b.ReportMetric(0, "ns/op")
	b.Logf("%d polls; %s", polls, load())
}

// traffic is what followers have asked for since the last call.
func (c *country) traffic() (polls, requests, bytes int) {
	c.Helper()
	fmt.Fprintln(c.authority.in, "traffic")
	said := c.authority.line(c)
	for i, n := range []*int{&polls, &requests, &bytes} {
		*n, _ = strconv.Atoi(said[i])
	}
	return polls, requests, bytes
}

// load says what else the machine had to do.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "the machine's load is not known"
	}
	return "the machine's load: " + strings.Join(strings.Fields(string(data))[:3], " ")
}
