package identity

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// found is what is known of a credential, until when.
type found struct {
	login string
	err   error
	until time.Time
}

// kept remembers who was behind a credential, by its digest, and has one and the
// same credential looked into once at a time. The zero value is ready.
//
// Anybody can invent credentials, and each has to be looked into. So that nobody
// is kept out by it, one client has a share of the looks, and some are left to
// credentials that were good before.
type kept struct {
	trusted func(*http.Request) bool // servers in front; nil: none

	mu        sync.RWMutex
	known     map[[32]byte]found // what was good stays a while after its time, to be told from what is invented
	flying    map[[32]byte]*flight
	shares    map[netip.Addr]int // of the looks for strangers that are under way, by client
	strangers int                // looks under way for credentials that were not good before
}

// A flight is one look that several requests wait for.
type flight struct {
	landed   chan struct{}
	found    found
	from     netip.Addr // who asked first, where that is known
	stranger bool
}

const (
	mostKept     = 50_000 // credentials remembered
	mostLoad     = 128    // looks under way at once: who cannot answer is not pressed further
	mostStranger = 96     // of those, for credentials that were not good before
	mostShare    = 32     // of those, for one client
	patience     = 2 * time.Second
)

var (
	errBusy = errors.New("too many who are asking have to be looked up at once")
	errSlow = errors.New("whoever could tell does not answer in time")
)

// get is what is known of the credential of a request; what is not is looked into,
// for as long as patience lasts. Faults are not remembered.
func (k *kept) get(r *http.Request, key [32]byte, look func(context.Context) found) (string, error) {
	now := time.Now()
	k.mu.RLock()
	f, some := k.known[key]
	k.mu.RUnlock()
	if some && now.Before(f.until) {
		return f.login, f.err
	}
	fl, err := k.board(key, clientOf(r, k.trusted), look)
	if err != nil {
		return "", err
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-fl.landed:
		return fl.found.login, fl.found.err
	case <-late.C:
		return "", errSlow
	case <-r.Context().Done():
		return "", r.Context().Err()
	}
}

// board joins the look that is under way, or begins one. It goes on when the one
// who asked first has left.
func (k *kept) board(key [32]byte, from netip.Addr, look func(context.Context) found) (*flight, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if fl := k.flying[key]; fl != nil {
		return fl, nil
	}
	fl := &flight{landed: make(chan struct{}), from: from, stranger: k.known[key].login == ""}
	if !k.room(fl) {
		return nil, errBusy
	}
	if k.flying == nil {
		k.flying, k.shares = map[[32]byte]*flight{}, map[netip.Addr]int{}
	}
	k.flying[key] = fl
	k.count(fl, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		fl.found = look(ctx)
		k.land(key, fl)
	}()
	return fl, nil
}

// room reports whether one more look may begin.
func (k *kept) room(fl *flight) bool {
	if !fl.stranger {
		return len(k.flying) < mostLoad
	}
	return k.strangers < mostStranger && k.shares[fl.from] < mostShare
}

// count counts a look for a stranger in or out. Clients that a server in front
// does not name have no share, and all the room that there is.
func (k *kept) count(fl *flight, n int) {
	if !fl.stranger {
		return
	}
	k.strangers += n
	if !fl.from.IsValid() {
		return
	}
	if k.shares[fl.from] += n; k.shares[fl.from] == 0 {
		delete(k.shares, fl.from)
	}
}

func (k *kept) land(key [32]byte, fl *flight) {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(fl.landed)
	delete(k.flying, key)
	k.count(fl, -1)
	if now := time.Now(); now.Before(fl.found.until) {
		k.makeRoom(now)
		k.known[key] = fl.found
	}
}

// makeRoom forgets what was invented and is over, then whatever is over, and
// everything where that is not enough.
func (k *kept) makeRoom(now time.Time) {
	if k.known == nil {
		k.known = map[[32]byte]found{}
	}
	for _, good := range []bool{false, true} {
		if len(k.known) < mostKept {
			return
		}
		for key, f := range k.known {
			if !now.Before(f.until) && (good || f.login == "") {
				delete(k.known, key)
			}
		}
	}
	if len(k.known) > mostKept*9/10 {
		clear(k.known)
	}
}

// digest is one value for each list of texts.
func digest(texts ...string) [32]byte {
	var buffer [256]byte
	text := buffer[:0]
	for _, t := range texts {
		text = binary.AppendUvarint(text, uint64(len(t)))
		text = append(text, t...)
	}
	return sha256.Sum256(text)
}
