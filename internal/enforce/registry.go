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
	holds map[Held]map[*Conn]struct{}
}

// A Conn is one live connection in a Registry.
type Conn struct {
	registry *Registry
	held     Held
	cut      func(*Answer)
}

// NewRegistry returns an empty register that takes at most so many connections
// for one and the same Held: more than anybody has windows, fewer than a program
// needs to fill the memory.
func NewRegistry(most int) *Registry {
	r := &Registry{seed: maphash.MakeSeed(), most: most}
	for i := range r.shards {
		r.shards[i].holds = map[Held]map[*Conn]struct{}{}
	}
	return r
}

// Admit registers a connection and then asks: in this order, so that a closing
// between both finds it. Where the action is refused the Conn is nil and nothing
// stays registered. cut is called at most once for each closing, from another
// goroutine, and must not block. Leave must be called when the connection ends.
// A register that is full for this Held answers Undecided.
func (r *Registry) Admit(ctx context.Context, d Decider, h Held, cut func(*Answer)) (*Conn, *Answer) {
	c := &Conn{registry: r, held: h, cut: cut}
	if !r.join(c) {
		return nil, Undecided(
			"Trop de pages sont ouvertes en même temps avec ce compte. Fermez-en quelques-unes, puis réessayez.",
			"Too many pages are open at once with this account. Close some of them, then try again.")
	}
	answer := d.Ask(ctx, h.Question)
	if !answer.Allows(h.Action) {
		c.Leave()
		return nil, answer
	}
	return c, answer
}

func (r *Registry) shard(h Held) *shard {
	return &r.shards[maphash.Comparable(r.seed, h)%uint64(len(r.shards))]
}

func (r *Registry) join(c *Conn) bool {
	s := r.shard(c.held)
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.holds[c.held]
	if len(set) >= r.most {
		return false
	}
	if set == nil {
		set = map[*Conn]struct{}{}
		s.holds[c.held] = set
	}
	set[c] = struct{}{}
	return true
}

// Leave forgets the connection. It may be called again.
func (c *Conn) Leave() {
	s := c.registry.shard(c.held)
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.holds[c.held]
	delete(set, c)
	if len(set) == 0 {
		delete(s.holds, c.held)
	}
}

// Len is how many connections are live.
func (r *Registry) Len() int {
	n := 0
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for _, set := range s.holds {
			n += len(set)
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
	s := r.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.holds[h] {
		c.cut(a)
	}
	return nil
}
