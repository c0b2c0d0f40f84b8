package enforce

import (
	"context"
	"hash/maphash"
	"sync"
)

// Held is what something live rests on: it may live as long as the action is
// allowed by the answer to the question.
type Held struct {
	Question
	Action Action
}

// A Registry knows every live connection that this process owns, by what it
// rests on. The zero Registry is not ready: use NewRegistry.
type Registry struct {
	seed   maphash.Seed
	shards [64]shard
	most   int
}

type shard struct {
	mu    sync.Mutex
	holds map[Held]*hold
}

// A hold is all connections that rest on the same, in a list that each can leave
// by itself. One that is empty is not kept.
type hold struct {
	first *Conn
	n     int
}

// A Conn is one live connection in a Registry.
type Conn struct {
	shard      *shard
	hold       *hold // nil: it has left
	held       Held
	prev, next *Conn
	cut        func(*Answer)
}

// NewRegistry returns an empty register that takes at most so many connections
// for one and the same Held: more than anybody has windows, fewer than a program
// needs to fill the memory.
func NewRegistry(most int) *Registry {
	r := &Registry{seed: maphash.MakeSeed(), most: most}
	for i := range r.shards {
		r.shards[i].holds = map[Held]*hold{}
	}
	return r
}

// Crowded is the answer of a Registry that is full for what was to be admitted.
// It is compared by identity.
var Crowded = Undecided(
	"Trop de pages sont ouvertes en même temps avec ce compte. Fermez-en quelques-unes, puis réessayez.",
	"Too many pages are open at once with this account. Close some of them, then try again.")

// Admit registers a connection and then asks: in this order, so that a closing
// between both finds it. Where the action is refused the Conn is nil and nothing
// stays registered. A register that is full for this Held answers Crowded.
//
// cut is called when the connection may live no longer, from another goroutine,
// at most once for each closing; that may be before Admit returns. It must
// neither block nor call the register. Leave must be called when the connection
// ends.
func (r *Registry) Admit(ctx context.Context, d Decider, h Held, cut func(*Answer)) (*Conn, *Answer) {
	c := &Conn{shard: r.shard(h.Login), held: h, cut: cut}
	if !c.join(r.most) {
		return nil, Crowded
	}
	answer := d.Ask(ctx, h.Question)
	if !answer.Allows(h.Action) {
		c.Leave()
		return nil, answer
	}
	return c, answer
}

func (r *Registry) shard(login string) *shard {
	return &r.shards[maphash.String(r.seed, login)%uint64(len(r.shards))]
}

func (c *Conn) join(most int) bool {
	s := c.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.holds[c.held]
	if h == nil {
		h = &hold{}
		s.holds[c.held] = h
	}
	if h.n >= most {
		return false
	}
	if c.next = h.first; c.next != nil {
		c.next.prev = c
	}
	h.first, c.hold = c, h
	h.n++
	return true
}

// Leave forgets the connection. It may be called again.
func (c *Conn) Leave() {
	s := c.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	h := c.hold
	if h == nil {
		return
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		h.first = c.next
	}
	c.hold, c.prev, c.next = nil, nil, nil
	if h.n--; h.n == 0 {
		delete(s.holds, c.held)
	}
}

// Len is how many connections are live.
func (r *Registry) Len() int {
	n := 0
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for _, h := range s.holds {
			n += h.n
		}
		s.mu.Unlock()
	}
	return n
}

// Live lists what the connections rest on, each once.
func (r *Registry) Live(context.Context) ([]Held, error) {
	var list []Held
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for h := range s.holds {
			list = append(list, h)
		}
		s.mu.Unlock()
	}
	return list, nil
}

// Cut cuts every connection that rests on h.
func (r *Registry) Cut(_ context.Context, h Held, a *Answer) error {
	s := r.shard(h.Login)
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.holds[h]; found != nil {
		for c := found.first; c != nil; c = c.next {
			c.cut(a)
		}
	}
	return nil
}
