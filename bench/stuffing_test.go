package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	application "github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// The stuffing: pairs of logins and passwords stolen elsewhere, one in a hundred of
// which opens an account here, sent over stuffingLines connections at stuffingRate a
// second, many times what can be verified, while people sign in.
const (
	stuffingPairs  = 100_000
	stuffingValid  = 1_000
	stuffingLines  = 300 // more than may wait: what is beyond is told to come back
	stuffingRate   = 1_000
	stuffingAgain  = 200 // of the right ones that were told to come back are sent until they are answered
	stuffingHonest = 5   // a second
	stuffingNets   = 300 // networks of which owners' homes, and half of the attackers, are
	honestPeople   = 400
	stuffingSecret = "un mot de passe volé ailleurs"
)

// A stuffing is an installation, and who lives there.
type stuffing struct {
	*testing.B
	*application.App
	ctx    context.Context
	random *rand.Rand
	file   string                              // the database
	hash   string                              // of stuffingSecret
	try    func(in application.SignIn) outcome // signs in
}

// newStuffing is a server whose people were all at home the day before.
func newStuffing(b *testing.B) *stuffing {
	b.Helper()
	s := &stuffing{B: b, ctx: b.Context(), random: rand.New(rand.NewPCG(1, 2))}
	s.file, s.try = filepath.Join(b.TempDir(), "ecluse.db"), s.within
	s.remember(s.file)
	var err error
	if s.App, err = application.Open(s.ctx, application.Options{Database: s.file, Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.App.Close() })
	if s.hash, err = s.Hash(s.ctx, stuffingSecret); err != nil {
		b.Fatal(err)
	}
	var r application.Roster
	for i := range stuffingValid + honestPeople {
		id := account.PersonID(i + 1)
		r.People = append(r.People, account.Person{ID: id, Login: login(i), First: "P", Last: login(i), Language: "fr"})
		r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: s.hash, Changed: s.Now()})
	}
	if err := s.Import(s.ctx, r); err != nil {
		b.Fatal(err)
	}
	return s
}

// remember writes that everybody signed in at home the day before.
func (s *stuffing) remember(file string) {
	s.Helper()
	db, err := store.Open(s.ctx, file, store.Options{})
	if err != nil {
		s.Fatal(err)
	}
	defer db.Close()
	err = db.Write(s.ctx, func(tx *store.Tx) error {
		for i := range stuffingValid + honestPeople {
			t := account.Try{Login: login(i), Address: home(i), Device: account.DigestOf(device(i)), At: time.Now().Add(-24 * time.Hour), OK: true}
			if err := tx.AddTry(t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

func login(i int) string  { return fmt.Sprintf("p%06d", i) }
func device(i int) string { return "device-of-" + login(i) }

// home is a person's address, in one of stuffingNets networks.
func home(i int) string {
	return network(i%stuffingNets, byte(i), byte(i>>8))
}

func network(n int, c, d byte) string {
	return netip.AddrFrom4([4]byte{80 + byte(n>>8), byte(n), c, d}).String()
}

// addresses are where the attackers are: half of them somewhere, half in the same
// operators' networks as people's homes.
func (s *stuffing) addresses(n int) []string {
	list := make([]string, n)
	for i := range list {
		c, d := byte(s.random.Uint32()), byte(s.random.Uint32())
		if i%2 == 0 {
			list[i] = network(s.random.IntN(stuffingNets), c, d)
		} else {
			list[i] = netip.AddrFrom4([4]byte{byte(100 + s.random.IntN(90)), byte(s.random.Uint32()), c, d}).String()
		}
	}
	return list
}

// pairs are what the attackers have, in the order in which they send it.
func (s *stuffing) pairs(n int, from []string) []application.SignIn {
	list := make([]application.SignIn, n)
	for i := range list {
		list[i] = application.SignIn{Login: fmt.Sprint("somebody", i), Password: "un mot de passe d’ailleurs", Address: from[i%len(from)]}
		if i < n/100 {
			list[i].Login, list[i].Password = login(i), stuffingSecret
		}
	}
	s.random.Shuffle(len(list), func(i, j int) {
		list[i].Login, list[j].Login = list[j].Login, list[i].Login
		list[i].Password, list[j].Password = list[j].Password, list[i].Password
	})
	return list
}

// An outcome is what became of a try.
type outcome int

const (
	opened outcome = iota
	asked          // the password was right, and more was asked
	refused
	slowed // told to wait
	shed   // told to come back: too many at once
	outcomes
)

// within signs in in this process.
func (s *stuffing) within(in application.SignIn) outcome {
	welcome, err := s.SignIn(s.ctx, in)
	switch {
	case err == nil && welcome.Stage == account.StageWhole:
		return opened
	case err == nil:
		return asked
	case fault.Is(err, fault.SignedOut):
		return refused
	case fault.Is(err, fault.TooMany):
		return slowed
	case fault.Is(err, fault.Unavailable):
		return shed
	}
	s.Error(err)
	return refused
}

// A tally counts outcomes and how long they took.
type tally struct {
	mu     sync.Mutex
	counts [outcomes]int
	times  []time.Duration
}

func (t *tally) add(o outcome, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[o]++
	t.times = append(t.times, took)
}

func (t *tally) p95() time.Duration {
	if len(t.times) == 0 {
		return 0
	}
	slices.Sort(t.times)
	return t.times[len(t.times)*95/100]
}

// share is how many of a hundred had one of some outcomes.
func (t *tally) share(of ...outcome) float64 {
	n := 0
	for _, o := range of {
		n += t.counts[o]
	}
	return 100 * float64(n) / float64(max(1, len(t.times)))
}

// each calls f with every pair, over some connections at once, so many a second.
func each(pairs []application.SignIn, connections, rate int, f func(in application.SignIn)) {
	var running sync.WaitGroup
	next := make(chan application.SignIn)
	for range connections {
		running.Go(func() {
			for in := range next {
				f(in)
			}
		})
	}
	begun := time.Now()
	for i, in := range pairs {
		time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		next <- in
	}
	close(next)
	running.Wait()
}

// attack sends all pairs once, and then some of those that are right and were told
// to come back until they are answered: an attacker has time.
func (s *stuffing) attack(pairs []application.SignIn, rate int, all, valid *tally) {
	var later []application.SignIn
	var mu sync.Mutex
	each(pairs, stuffingLines, rate, func(in application.SignIn) {
		start := time.Now()
		o := s.try(in)
		all.add(o, time.Since(start))
		switch {
		case in.Password != stuffingSecret:
		case o == shed:
			mu.Lock()
			later = append(later, in)
			mu.Unlock()
		default:
			valid.add(o, 0)
		}
	})
	again := min(len(later), stuffingAgain)
	each(later[:again], 20, rate, func(in application.SignIn) {
		o := s.try(in)
		for ; o == shed; o = s.try(in) {
			time.Sleep(100 * time.Millisecond)
		}
		valid.add(o, 0)
	})
	valid.counts[shed] = len(later) - again
}

// People are who signs in meanwhile: on a device of theirs, on a new one at home, and
// on a new one somewhere.
type people struct{ device, home, elsewhere tally }

// honest lets people sign in until the attack ends: most on a device of theirs, some
// on a new one at home, a few on a new one somewhere.
func (s *stuffing) honest(over <-chan struct{}) *people {
	p := new(people)
	var running sync.WaitGroup
	defer running.Wait()
	tick := time.NewTicker(time.Second / stuffingHonest)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-over:
			return p
		case <-tick.C:
		}
		who := stuffingValid + i%honestPeople
		in, t := application.SignIn{Login: login(who), Password: stuffingSecret, Device: device(who), Address: home(who)}, &p.device
		switch {
		case i%10 == 7:
			in.Device, in.Address, t = "", fmt.Sprintf("198.18.%d.%d", i>>8, byte(i)), &p.elsewhere
		case i%5 == 3:
			in.Device, t = "", &p.home
		}
		running.Go(func() {
			start := time.Now()
			o := s.try(in)
			t.add(o, time.Since(start))
		})
	}
}

// BenchmarkStuffing tells what becomes of stolen passwords, and of people
// meanwhile. It fails if more than one in a hundred of those that are right here
// open an account, if one of twenty people who are where they have been waits a
// second, or if anybody cannot sign in there, then or afterwards. It is one run,
// whatever -benchtime says.
func BenchmarkStuffing(b *testing.B) {
	for name, addresses := range map[string]int{"1-address": 1, "10000-addresses": 10_000} {
		b.Run(name, func(b *testing.B) {
			if b.N > 1 {
				b.Skip("one run is the measurement")
			}
			s := newStuffing(b)
			go s.App.Run(s.ctx)
			s.suffer(s.pairs(stuffingPairs, s.addresses(addresses)), stuffingRate)
		})
	}
}

// suffer lets people sign in while pairs are sent, so many a second, and reports.
func (s *stuffing) suffer(pairs []application.SignIn, rate int) {
	over := make(chan struct{})
	all, valid := new(tally), new(tally)
	go func() { defer close(over); s.attack(pairs, rate, all, valid) }()
	p := s.honest(over)
	s.say("all pairs, sent once", all)
	s.report(valid)
	s.reportPeople(p)
	s.nobodyIsLocked()
}

func (s *stuffing) say(what string, t *tally) {
	s.Logf("%-32s opened %d, asked for more %d, refused %d, slowed %d, told to come back %d; 95 of 100 within %v",
		what, t.counts[opened], t.counts[asked], t.counts[refused], t.counts[slowed], t.counts[shed], t.p95())
}

// report tells what became of the pairs that are right here.
func (s *stuffing) report(valid *tally) {
	s.say("those that are right here", valid)
	sent := 0
	for _, n := range valid.counts {
		sent += n
	}
	s.ReportMetric(100-100*float64(valid.counts[opened])/float64(sent), "stopped-%")
	s.ReportMetric(0, "ns/op")
	if n := valid.counts[opened]; n > sent/100 {
		s.Errorf("%d of %d stolen passwords opened an account", n, sent)
	}
}

// reportPeople tells how long people waited, and who was kept out.
func (s *stuffing) reportPeople(p *people) {
	s.say("people on a device of theirs", &p.device)
	s.say("people at home, new device", &p.home)
	s.say("people in a new place, new device", &p.elsewhere)
	s.ReportMetric(float64(p.device.p95().Milliseconds()), "device-p95-ms")
	s.ReportMetric(float64(p.home.p95().Milliseconds()), "home-p95-ms")
	s.ReportMetric(float64(p.elsewhere.p95().Milliseconds()), "elsewhere-p95-ms")
	s.ReportMetric(p.elsewhere.share(opened, asked), "elsewhere-answered-%")
	for what, t := range map[string]*tally{"on a device of theirs": &p.device, "at home": &p.home} {
		if t.p95() >= time.Second {
			s.Errorf("one of twenty people %s waited %v", what, t.p95())
		}
		if n := len(t.times) - t.counts[opened]; n > 0 {
			s.Errorf("%d of %d people %s were kept out", n, len(t.times), what)
		}
	}
}

// nobodyIsLocked signs in owners of accounts that were attacked.
func (s *stuffing) nobodyIsLocked() {
	for i := range 100 {
		if o := s.try(application.SignIn{Login: login(i), Password: stuffingSecret, Device: device(i), Address: home(i)}); o != opened {
			s.Errorf("the owner of %s on a device of theirs: %d", login(i), o)
		}
		if o := s.try(application.SignIn{Login: login(i), Password: stuffingSecret, Address: home(i)}); o != opened {
			s.Errorf("the owner of %s at home on a new device: %d", login(i), o)
		}
	}
}
