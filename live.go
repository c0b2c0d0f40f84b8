package ecluse

import (
	"context"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// live registers every live connection by membership, so that each can be told
// why and cut at its own instant, when an order arrives, or when its session
// ends. It holds no facts: who is woken looks again.
type live struct {
	mu      sync.Mutex
	streams map[account.MemberID]map[*stream]struct{}
	closed  bool
	over    chan struct{} // closed with everything else
}

// A stream is one live connection.
type stream struct {
	member  account.MemberID
	session [32]byte
	wake    chan struct{} // holds one token: look again

	mu   sync.Mutex
	news int
	over bool
}

func newLive() *live {
	return &live{streams: map[account.MemberID]map[*stream]struct{}{}, over: make(chan struct{})}
}

// mostStreams is how many connections one membership may have: more than anybody
// has windows, fewer than a program needs to fill the memory.
const mostStreams = 64

// join registers a connection; leave must be called when it ends.
func (l *live) join(who Actor) (*stream, error) {
	s := &stream{member: who.Member.ID, session: who.Session, wake: make(chan struct{}, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.streams[s.member]) >= mostStreams {
		return nil, fault.New(fault.TooMany,
			"Trop de pages sont ouvertes en même temps. Fermez-en quelques-unes.",
			"Too many pages are open at once. Close some of them.")
	}
	s.over = l.closed
	if l.streams[s.member] == nil {
		l.streams[s.member] = map[*stream]struct{}{}
	}
	l.streams[s.member][s] = struct{}{}
	return s, nil
}

func (l *live) leave(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams[s.member], s)
	if len(l.streams[s.member]) == 0 {
		delete(l.streams, s.member)
	}
}

// each calls f for all streams, or those of one member.
func (l *live) each(member account.MemberID, f func(*stream)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for m, set := range l.streams {
		if member != 0 && m != member {
			continue
		}
		for s := range set {
			f(s)
		}
	}
}

// wakeAll has every connection look again: the orders changed.
func (l *live) wakeAll() { l.each(0, (*stream).nudge) }

// tell adds one to the news of each recipient who is connected.
func (l *live) tell(recipients []account.MemberID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range recipients {
		for s := range l.streams[m] {
			s.mu.Lock()
			s.news++
			s.mu.Unlock()
			s.nudge()
		}
	}
}

// cut ends the connections of sessions.
func (l *live) cut(sessions [][32]byte) {
	over := make(map[[32]byte]bool, len(sessions))
	for _, digest := range sessions {
		over[digest] = true
	}
	l.each(0, func(s *stream) {
		if over[s.session] {
			s.end()
		}
	})
}

// closeAll ends every connection, now and from now on.
func (l *live) closeAll() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.over)
	}
	l.mu.Unlock()
	l.each(0, (*stream).end)
}

func (s *stream) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.nudge()
}

func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns the news since the last call, and whether the stream is over.
func (s *stream) take() (news int, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news, s.news = s.news, 0
	return news, s.over
}

// An Event is what a live connection is told.
type Event struct {
	State  State
	Closes bool // the next change takes writing away
	Warned int  // how many of the warnings before it were reached
	News   int  // messages that arrived since the last event
	Closed bool // the last event: messaging closed, and the connection ends
}

// keepAlive bounds the silence of a live connection in real time, so that
// middleboxes do not end it.
const keepAlive = 25 * time.Second

// Watch tells emit what happens at the actor's place until messaging closes
// there, the session ends or ctx does. An event comes at once, at each change of
// the state, at each warning, with news, and at least every keepAlive.
func (a *App) Watch(ctx context.Context, who Actor, emit func(Event) error) error {
	s, err := a.live.join(who)
	if err != nil {
		return err
	}
	defer a.live.leave(s)
	checked := a.clock.Now()
	for {
		news, over := s.take()
		if over {
			return nil
		}
		event := a.event(who, news)
		if err := emit(event); err != nil || event.Closed {
			return err
		}
		if now := a.clock.Now(); now.Sub(checked) >= keepAlive {
			if checked = now; !a.holds(ctx, s.session, now) {
				return nil
			}
		}
		if err := a.pause(ctx, s, a.nextLook(event)); err != nil {
			return nil // the reader left
		}
	}
}

// holds reports whether a session has neither expired nor been ended, perhaps on
// another node, which cannot cut what is live here. Where that cannot be told it
// does not hold. Who acts without a session, as tests do, needs none.
func (a *App) holds(ctx context.Context, session [32]byte, now time.Time) bool {
	if session == ([32]byte{}) {
		return true
	}
	err := a.store.Read(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(session)
		if err == nil && !now.Before(s.Expires) {
			err = signedOut()
		}
		return err
	})
	return err == nil
}

// event is what there is to tell now. Where only reading is open nothing new
// arrives, so nothing is told of it.
func (a *App) event(who Actor, news int) Event {
	e := Event{State: a.State(who)}
	e.Closed = e.State.Decision.Access == order.Closed
	e.Closes, e.Warned = a.Closing(who, e.State)
	if e.State.Decision.Access >= order.Reply {
		e.News = news
	}
	return e
}

// nextLook is the next instant at which there is something to tell: a warning
// or the change itself. Zero means only when woken.
func (a *App) nextLook(e Event) time.Time {
	if e.State.Until.IsZero() {
		return time.Time{}
	}
	if e.Closes && e.Warned < len(warnings) {
		return e.State.Until.Add(-warnings[e.Warned])
	}
	return e.State.Until
}

// pause waits for t, for a nudge or for keepAlive, whichever is first.
func (a *App) pause(ctx context.Context, s *stream, t time.Time) error {
	alive := time.AfterFunc(keepAlive, s.nudge)
	defer alive.Stop()
	if t.IsZero() {
		t = a.clock.Now().Add(24 * time.Hour)
	}
	return a.clock.Wait(ctx, t, s.wake)
}

// Hushed is closed when every live connection is to end: the server is stopping.
func (a *App) Hushed() <-chan struct{} { return a.live.over }
