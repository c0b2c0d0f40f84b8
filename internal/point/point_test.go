package point_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

func TestItClosesAtTheSecond(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:59:30", wiretest.Letter)
	changes := w.client.Changes(t.Context())
	w.gives(wiretest.Teacher, order.Write)
	w.gives(wiretest.Pupil, order.Closed)
	before := w.asked.Load()
	for range 100 {
		w.gives(wiretest.Teacher, order.Write)
	}
	if n := w.asked.Load() - before; n != 0 {
		t.Errorf("%d requests for what is kept", n)
	}
	w.At("2024-04-02T19:00:00")
	told(t, changes, "the closing", func() bool {
		return !w.client.Ask(t.Context(), enforce.Question{Login: wiretest.Teacher}).Allows(enforce.ReadMessage)
	})
	a := w.gives(wiretest.Teacher, order.Closed)
	if want := ordertest.Paris("2024-04-03T07:00"); !a.Reopens(enforce.SendMessage).Equal(want) || len(a.Orders) != 1 || a.French.Full == "" {
		t.Errorf("%+v, want reopening at %v", a, want)
	}
	w.At("2024-04-03T07:00:00")
	told(t, changes, "the reopening", func() bool {
		return w.client.Ask(t.Context(), enforce.Question{Login: wiretest.Teacher}).Allows(enforce.SendMessage)
	})
}

func TestAnOrderCountsAtOnce(t *testing.T) {
	w := newWorld(t, wiretest.Before)
	changes, version := w.client.Changes(t.Context()), w.client.Version()
	w.gives(wiretest.Pupil, order.Write)
	w.Issue(strings.ReplaceAll(wiretest.Letter, "2024-03-29T00:00", "2024-03-28T00:00"))
	told(t, changes, "the order", func() bool {
		return !w.client.Ask(t.Context(), enforce.Question{Login: wiretest.Pupil}).Allows(enforce.OpenSession)
	})
	if w.client.Version() <= version {
		t.Errorf("version %d after %d", w.client.Version(), version)
	}
}

// TestAnswersAreTheServersOwn for every kind of question.
func TestAnswersAreTheServersOwn(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter, ordertest.FirstLetter, ordertest.ReadOnly, `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Peu à la fois
applies: {territory: FR/13/079, degrees: [first], services: [mail]}
from: 2024-03-29T00:00
rules:
  - {roles: [adults], hours: "24/7", with: [guardian], limits: {recipients: 20, lists: false}}
  - {roles: [teacher], hours: "24/7", require: {second_factor: true}, otherwise: read}
reason: Prudence.
contact: {office: Cabinet, phone: "05 36 49 00 00"}
`)
	direct := w.App.Answering(enforce.Point{Name: "direct", Kind: "other", Territory: "FR"})
	var qs []enforce.Question
	for service := range order.Service(order.ServiceCount) {
		for _, uai := range []school.UAI{"", wiretest.College, wiretest.Ecole, "0799009N"} {
			for _, with := range []school.Roles{0, school.Everyone, school.RolesOf(school.Guardian)} {
				for _, login := range []string{"", wiretest.Pupil, wiretest.Nadia, wiretest.Head + "@college.example", "NADIA", "nobody", enforce.SelfTest} {
					for _, roles := range []school.Roles{0, school.Adults, school.RolesOf(school.Pupil, school.Teacher)} {
						qs = append(qs, enforce.Question{Login: login, School: uai, Roles: roles, With: with, Service: service})
					}
				}
			}
		}
	}
	got, want := w.client.AskAll(t.Context(), qs), direct.AskAll(t.Context(), qs)
	open := 0
	for i, q := range qs {
		for action := enforce.OpenSession; action <= enforce.SendMessage; action++ {
			if want[i].Allows(action) {
				open++
			}
			g, w := string(got[i].Context(action)), string(want[i].Context(action))
			if q.Login == "" && (q.Roles == 0 || q.School == "") { // asks about nobody: the words differ
				g, w = got[i].Access.String(), want[i].Access.String()
			}
			if g != w {
				t.Fatalf("%+v %s:\n%s\nwant\n%s", q, action, g, w)
			}
		}
	}
	if open < 100 {
		t.Errorf("only %d of the answers are open", open)
	}
}

func TestAKilledServerCloses(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter)
	w.gives(wiretest.Teacher, order.Write)
	changes, began := w.client.Changes(t.Context()), time.Now()
	w.line.cut()
	told(t, changes, "the loss", func() bool { return w.client.Ready() != nil })
	if took := time.Since(began); took > 3*stale {
		t.Errorf("it took %v to close", took)
	}
	w.closed(wiretest.Teacher)
	w.closed(wiretest.Head)
	w.line.mend(t)
	told(t, changes, "the return", func() bool { return w.client.Ready() == nil })
	w.gives(wiretest.Teacher, order.Write)
}

func TestAHungServerCloses(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter)
	w.gives(wiretest.Teacher, order.Write)
	changes := w.client.Changes(t.Context())
	w.line.hold(true)
	w.closed(wiretest.Head) // was not asked before
	told(t, changes, "the silence", func() bool { return w.client.Ready() != nil })
	began := time.Now()
	w.closed(wiretest.Teacher)
	if took := time.Since(began); took > time.Second {
		t.Errorf("an answer took %v while the server is known to be silent", took)
	}
	w.line.hold(false)
	told(t, changes, "the return", func() bool { return w.client.Ready() == nil })
	w.gives(wiretest.Teacher, order.Write)
}

// TestAShortAbsenceGoesUnnoticed: a server that restarts within Stale cuts nobody.
func TestAShortAbsenceGoesUnnoticed(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter)
	w.gives(wiretest.Teacher, order.Write)
	w.line.cut()
	w.gives(wiretest.Teacher, order.Write) // is kept
	w.line.mend(t)
	w.gives(wiretest.Head, order.Write)
	w.ready(true)
}

func TestARevokedTokenCloses(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter)
	w.gives(wiretest.Teacher, order.Write)
	changes := w.client.Changes(t.Context())
	if err := w.App.RemovePoint(t.Context(), "test-proxy"); err != nil {
		t.Fatal(err)
	}
	told(t, changes, "the refusal", func() bool { return w.client.Ready() != nil })
	w.closed(wiretest.Teacher)
	if !strings.Contains(w.client.Ready().Error(), "token") {
		t.Errorf("the reason is told as %v", w.client.Ready())
	}
}

func TestAWrongTokenNeverOpens(t *testing.T) {
	w := newWorld(t, wiretest.Before)
	wrong := w.connect(point.Options{URL: w.line.url(), Token: "wrong"})
	wiretest.Eventually(t, "the token is refused", func() bool {
		err := wrong.Ready()
		return err != nil && strings.Contains(err.Error(), "token")
	})
	if a := wrong.Ask(t.Context(), enforce.Question{Login: wiretest.Head}); a.Access != order.Closed {
		t.Errorf("%+v", a)
	}
}

// TestThousandAskAtOnce: they are answered, by few requests.
func TestThousandAskAtOnce(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter)
	before := w.asked.Load()
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			q := enforce.Question{Login: wiretest.Teacher, With: school.Roles(i % 25)}
			if a := w.client.Ask(t.Context(), q); a.Access != order.Write {
				t.Errorf("%+v: %+v", q, a)
			}
		})
	}
	all.Wait()
	if n := w.asked.Load() - before; n > 100 {
		t.Errorf("%d requests for 25 questions", n)
	}
	var qs []enforce.Question
	for i := range 1000 {
		qs = append(qs, enforce.Question{Login: fmt.Sprintf("nobody%d", i)})
	}
	before = w.asked.Load()
	for _, a := range w.client.AskAll(t.Context(), qs) {
		if a.Access != order.Closed {
			t.Errorf("%+v", a)
		}
	}
	if n := w.asked.Load() - before; n > 20 {
		t.Errorf("%d requests for a list of a thousand", n)
	}
}

// TestEqualQuestionsAreOne while they are under way.
func TestEqualQuestionsAreOne(t *testing.T) {
	s := newStub(t, `{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	c := run(t, point.Options{URL: s.server.URL, Token: "x", Stale: stale, Log: quiet})
	opensFor(t, c, "warm")
	slow, evaluated := make(chan struct{}), s.evaluated.Load()
	s.mu.Lock()
	s.delay = slow
	s.mu.Unlock()
	var all sync.WaitGroup
	for range 500 {
		all.Go(func() {
			if !allows(c, "a") {
				t.Error("it does not open")
			}
		})
	}
	wiretest.Eventually(t, "the question is under way", func() bool { return s.evaluated.Load() > evaluated })
	close(slow)
	all.Wait()
	if n := s.evaluated.Load() - evaluated; n != 1 {
		t.Errorf("the question was asked %d times", n)
	}
}

// TestItTellsOfInstantsThatNobodyAskedAbout: what is live may rest on answers that
// are kept no more.
func TestItTellsOfInstantsThatNobodyAskedAbout(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:59:30", wiretest.Letter)
	changes := w.client.Changes(t.Context())
	w.At("2024-04-02T19:00:00")
	told(t, changes, "the closing", func() bool { return true })
}

// TestNobodyJoinsAQuestionFromBefore a change: its answer may be the old one.
func TestNobodyJoinsAQuestionFromBefore(t *testing.T) {
	s := newStub(t, `{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	c := run(t, point.Options{URL: s.server.URL, Token: "x", Stale: stale, Log: quiet})
	opensFor(t, c, "warm")
	slow := make(chan struct{})
	s.mu.Lock()
	s.delay = slow
	s.mu.Unlock()
	first := make(chan bool)
	asked := s.asked.Load()
	go func() { first <- allows(c, "a") }()
	wiretest.Eventually(t, "the question is under way", func() bool { return s.asked.Load() > asked })
	changes := c.Changes(t.Context())
	s.mu.Lock()
	s.delay = nil
	s.mu.Unlock()
	s.says(`{"version":6,"time":"NOW","speed":1,"ready":true}`, `{"decision":false,"context":{"access":"closed","until":null,"orders":[],"snapshot":6}}`)
	told(t, changes, "the order", func() bool { return c.Version() == 6 })
	began := time.Now()
	if allows(c, "a") || time.Since(began) > 1500*time.Millisecond { // joined, it would wait for slow
		t.Error("who asked after the order joined who asked before")
	}
	close(slow)
	if <-first {
		t.Error("who asked before the order was answered by older orders after it")
	}
	if allows(c, "a") {
		t.Error("the answer from before was kept")
	}
}

func TestNamesThatCannotTravelAreClosed(t *testing.T) {
	w := newWorld(t, wiretest.Before)
	w.gives(wiretest.Head, order.Write)
	for _, login := range []string{wiretest.Head + "\xff", strings.Repeat("a", 1000), "", wiretest.Head + "\x00"} {
		if a := w.client.Ask(t.Context(), enforce.Question{Login: login}); a.Access != order.Closed {
			t.Errorf("%q: %s", login, a.Access)
		}
	}
}

func TestItReports(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter)
	w.connect(point.Options{URL: w.line.url(), Token: w.token, Live: func() int { return 7 }, Every: 50 * time.Millisecond})
	wiretest.Eventually(t, "the instance is shown", func() bool {
		list, err := w.App.Points(t.Context(), "FR")
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list[0].Instances {
			if i.Instance == "test" && i.Live == 7 && i.Refused && i.Version == w.client.Version() && i.Offset.Abs() < time.Second && !i.Tested.IsZero() {
				return true
			}
		}
		return false
	})
}

// TestACloseWhenRunEnds: a process that stops holding the line is closed.
func TestACloseWhenRunEnds(t *testing.T) {
	w := newWorld(t, wiretest.Noon, wiretest.Letter)
	c := point.New(point.Options{URL: w.line.url(), Token: w.token, Stale: stale, Log: w.Log})
	if allows(c, wiretest.Teacher) {
		t.Error("it opens before it has heard of the server")
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	opensFor(t, c, wiretest.Teacher)
	changes := c.Changes(t.Context())
	stop()
	<-done
	told(t, changes, "the end", func() bool { return !allows(c, wiretest.Teacher) })
}

// TestWhatIsLiveIsCut by a closing, of those alone whom it closes; and by the loss
// of the server, of all.
func TestWhatIsLiveIsCut(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:59:30", wiretest.Letter)
	registry, cut := enforce.NewRegistry(10), make(chan string, 10)
	live := func(login string, uai school.UAI) {
		t.Helper()
		h := enforce.Held{Question: enforce.Question{Login: login, School: uai}, Action: enforce.ReadMessage}
		var once sync.Once
		conn, answer := registry.Admit(t.Context(), w.client, h, func(*enforce.Answer) { once.Do(func() { cut <- login + string(uai) }) })
		if conn == nil {
			t.Fatalf("%s: %+v", login, answer)
		}
	}
	live(wiretest.Teacher, wiretest.College)
	live(wiretest.Nadia, wiretest.Ecole)
	keeper := enforce.Keeper{Decider: w.client, On: registry, Log: w.Log}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); keeper.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	is := func(want string) {
		t.Helper()
		select {
		case got := <-cut:
			if got != want {
				t.Errorf("%s was cut, want %s", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s goes on", want)
		}
	}
	w.At("2024-04-02T19:00:00")
	is(wiretest.Teacher + string(wiretest.College))
	w.line.cut()
	is(wiretest.Nadia + string(wiretest.Ecole))
}
