package enforce_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// A server stands for one that lists its sessions and ends them on request.
type server struct {
	mu      sync.Mutex
	live    []enforce.Held
	down    bool        // neither lists nor cuts
	looks   []time.Time // when it was asked who is there
	cut     []string    // logins, in the order of their cuts
	delays  []time.Duration
	nothing bool // cuts are promised and not done
}

func (s *server) Live(context.Context) ([]enforce.Held, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks = append(s.looks, time.Now())
	if s.down {
		return nil, errors.New("out of reach")
	}
	return slices.Clone(s.live), nil
}

func (s *server) Cut(_ context.Context, h enforce.Held, _ *enforce.Answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errors.New("out of reach")
	}
	s.cut = append(s.cut, h.Login)
	if !s.nothing {
		s.live = slices.DeleteFunc(s.live, func(o enforce.Held) bool { return o == h })
	}
	return nil
}

// pass lets time pass, and then all who have something to do.
func (s *server) pass(d time.Duration) {
	s.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
	s.mu.Lock()
}

// keeping runs a Keeper over a server in a bubble of fake time.
func keeping(t *testing.T, s *server, set func(*enforce.Keeper), test func(*rule)) {
	synctest.Test(t, func(t *testing.T) {
		d := newRule()
		k := &enforce.Keeper{
			Decider: d, On: s, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Cut: func(_ enforce.Held, _ *enforce.Answer, after time.Duration) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.delays = append(s.delays, after)
			},
		}
		if set != nil {
			set(k)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); k.Run(ctx) }()
		synctest.Wait()
		s.mu.Lock() // the test looks at the server only while nobody else does: see pass
		test(d)
		s.mu.Unlock()
		stop()
		<-ended
	})
}

func TestKeeperCuts(t *testing.T) {
	s := &server{live: []enforce.Held{
		held("pupil1", enforce.ReadMessage), held("teacher1", enforce.SendMessage),
		held("reader1", enforce.ReadMessage), held("reader1", enforce.SendMessage),
	}}
	keeping(t, s, nil, func(d *rule) {
		if len(s.cut) > 0 {
			t.Fatalf("cut while everything is open: %v", s.cut)
		}
		d.close()
		s.pass(0)
		if slices.Sort(s.cut); !slices.Equal(s.cut, []string{"pupil1", "reader1"}) || len(s.live) != 2 {
			t.Errorf("cut %v, left %v", s.cut, s.live)
		}
		looks := len(s.looks)
		s.pass(24 * time.Hour)
		if len(s.looks) != looks {
			t.Errorf("%d looks without a change", len(s.looks)-looks)
		}
	})
}

// What was live before the Keeper began is held against the answers at once.
func TestKeeperLooksAtTheStart(t *testing.T) {
	s := &server{live: []enforce.Held{held("pupil1", enforce.ReadMessage)}}
	keeping(t, s, func(k *enforce.Keeper) { k.Decider.(*rule).closed.Store(true) }, func(*rule) {
		if !slices.Equal(s.cut, []string{"pupil1"}) {
			t.Errorf("cut %v", s.cut)
		}
	})
}

// A server that is out of reach at the closing loses its sessions when it is
// back, and the time is counted from the closing.
func TestKeeperTriesAgain(t *testing.T) {
	s := &server{live: []enforce.Held{held("pupil1", enforce.ReadMessage)}, down: true}
	keeping(t, s, nil, func(d *rule) {
		d.close()
		s.pass(time.Minute)
		if n := len(s.looks); n < 10 || n > 30 {
			t.Errorf("%d looks in a minute", n)
		}
		s.down = false
		s.pass(6 * time.Second)
		if !slices.Equal(s.cut, []string{"pupil1"}) || len(s.delays) != 1 || s.delays[0] < time.Minute || s.delays[0] > 66*time.Second {
			t.Errorf("cut %v after %v", s.cut, s.delays)
		}
	})
}

// Who had signed in before the closing and shows up after it is cut too.
func TestKeeperLooksAgain(t *testing.T) {
	s := &server{}
	keeping(t, s, func(k *enforce.Keeper) { k.Again = 100 * time.Millisecond }, func(d *rule) {
		d.close()
		s.pass(50 * time.Millisecond)
		s.live = []enforce.Held{held("pupil1", enforce.ReadMessage)}
		s.pass(time.Second)
		if !slices.Equal(s.cut, []string{"pupil1"}) {
			t.Errorf("cut %v", s.cut)
		}
		looks := len(s.looks)
		s.pass(time.Hour)
		if len(s.looks) != looks {
			t.Error("it looks for ever though nothing is left")
		}
	})
}

// A server that promises and does not is asked again as long as it lists them.
func TestKeeperVerifies(t *testing.T) {
	s := &server{live: []enforce.Held{held("pupil1", enforce.ReadMessage)}, nothing: true}
	keeping(t, s, func(k *enforce.Keeper) { k.Again = 100 * time.Millisecond }, func(d *rule) {
		d.close()
		s.pass(time.Minute)
		if len(s.cut) < 10 {
			t.Errorf("only %d tries", len(s.cut))
		}
	})
}

func TestKeeperLooksEvery(t *testing.T) {
	s := &server{}
	keeping(t, s, func(k *enforce.Keeper) { k.Every = 10 * time.Second }, func(d *rule) {
		s.pass(time.Minute + time.Second)
		if len(s.looks) != 7 {
			t.Errorf("%d looks in a minute", len(s.looks))
		}
		d.close()
		s.pass(time.Minute)
		if len(s.looks) != 14 {
			t.Errorf("%d looks in two minutes with a change", len(s.looks))
		}
	})
}

// A Decider that answers less than it was asked has decided nothing.
type shortAnswers struct{ *rule }

func (d shortAnswers) AskAll(context.Context, []enforce.Question) []*enforce.Answer { return nil }

func TestKeeperNoticesMissingAnswers(t *testing.T) {
	s := &server{live: []enforce.Held{held("pupil1", enforce.ReadMessage)}}
	keeping(t, s, func(k *enforce.Keeper) { k.Decider = shortAnswers{k.Decider.(*rule)} }, func(*rule) {
		s.pass(time.Second)
		if len(s.looks) < 3 {
			t.Errorf("%d looks: missing answers count as decided", len(s.looks))
		}
	})
}
