package signin

import (
	"container/list"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A stream is one receiver of signals and what it does not have yet. There is at
// most one event for each role of each school, because a role that opens again
// takes its closing back; so what waits is bounded by what there is to close.
type stream struct {
	id        string
	audience  string
	url       string // where it is pushed to; "" for a receiver that polls
	token     string
	territory school.Territory
	service   order.Service
	closed    map[place]closing // what was closed when last looked; of watch alone

	mu        sync.Mutex
	waiting   *list.List // of *event, in the order in which they are sent
	byID      map[string]*list.Element
	byPlace   map[place]*list.Element
	verifying int           // of the waiting, verifications
	more      chan struct{} // closed and replaced when something comes
	polling   int
	ended     bool
}

// A place is a role in a school.
type place struct {
	School school.UAI
	Role   school.Role
}

// A closing is since when a place is closed, and until when it surely is, in
// seconds since 1970.
type closing struct{ since, until int64 }

// An event waits for its receiver.
type event struct {
	id     string
	place  place  // none for a verification
	since  int64  // when the place closed
	state  string // of a verification
	issued int64
	once   sync.Once
	token  securityEvent // when it has been sent
}

const (
	// mostVerifying bounds verifications that wait at once.
	mostVerifying = 4
	// shortestToken is how long a secret must be.
	shortestToken = 20
)

// newStream checks a stream's configuration against those before it.
func newStream(c config.Signal, others []*stream) (*stream, error) {
	s := &stream{
		id: c.Name, audience: c.Audience, url: c.URL, territory: "FR", closed: map[place]closing{},
		waiting: list.New(), byID: map[string]*list.Element{}, byPlace: map[place]*list.Element{}, more: make(chan struct{}),
	}
	if c.Name == "" || len(c.Name) > 60 || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return nil, fmt.Errorf("signals: %q is no name: write small letters, digits and - only, at most 60", c.Name)
	}
	for _, o := range others {
		if o.id == c.Name {
			return nil, fmt.Errorf("signals: two are called %s: give each a name of its own", c.Name)
		}
	}
	if err := s.choose(c); err != nil {
		return nil, fmt.Errorf("signals: %s: %w", c.Name, err)
	}
	return s, nil
}

// choose reads whom the stream tells, and of what.
func (s *stream) choose(c config.Signal) (err error) {
	if c.Audience == "" {
		return errors.New("audience is empty: write what the receiver calls itself, often its address")
	}
	if c.URL != "" {
		if err := identity.Secure("url", c.URL); err != nil {
			return err
		}
	}
	if c.Territory != "" {
		if s.territory, err = school.ParseTerritory(c.Territory); err != nil {
			return err
		}
	}
	if c.Service != "" {
		if s.service, err = order.ParseService(c.Service); err != nil {
			return err
		}
	}
	s.token, err = readToken(c.TokenFile)
	return err
}

// readToken is the one word of a file.
func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading its token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < shortestToken || strings.ContainsAny(token, " \r\n\t") {
		return "", fmt.Errorf("%s: want one word of %d characters or more, such as what \"openssl rand -hex 32\" prints", file, shortestToken)
	}
	return token, nil
}

// stableID is the same for the same things: whoever receives an event twice sees
// that it is one.
func stableID(parts ...string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// add puts an event at the end, in place of an older one about the same. It
// reports false where there is no room for it.
func (s *stream) add(e *event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[e.id] != nil {
		return true
	}
	if e.place == (place{}) {
		if s.verifying >= mostVerifying {
			return false
		}
		s.verifying++
	} else {
		s.remove(s.byPlace[e.place])
	}
	at := s.waiting.PushBack(e)
	s.byID[e.id] = at
	if e.place != (place{}) {
		s.byPlace[e.place] = at
	}
	close(s.more)
	s.more = make(chan struct{})
	return true
}

// remove takes an element out, if it is there. s.mu is held.
func (s *stream) remove(at *list.Element) {
	if at == nil {
		return
	}
	e := s.waiting.Remove(at).(*event)
	delete(s.byID, e.id)
	if e.place == (place{}) {
		s.verifying--
		return
	}
	delete(s.byPlace, e.place)
}

// takeBack removes the closing of a place that is open again.
func (s *stream) takeBack(p place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(s.byPlace[p])
}

// has removes what the receiver has, or will never take.
func (s *stream) has(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.remove(s.byID[id])
	}
}

// later puts an event behind the others: who refused it may take those.
func (s *stream) later(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.byID[id]; at != nil {
		s.waiting.MoveToBack(at)
	}
}

// next is the first events that wait, whether there are more, and what is closed
// when something comes.
func (s *stream) next(most int) (events []*event, more bool, coming <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := s.waiting.Front(); at != nil && len(events) < most; at = at.Next() {
		events = append(events, at.Value.(*event))
	}
	return events, s.waiting.Len() > len(events), s.more
}

func (s *stream) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting.Len()
}

// close lets those go who wait for something to come.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	close(s.more)
	s.more = make(chan struct{})
}
