package identity

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
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
type kept struct {
	mu     sync.RWMutex
	known  map[[32]byte]found
	flying map[[32]byte]*flight
}

// A flight is one look that several requests wait for.
type flight struct {
	landed chan struct{}
	found  found
}

const (
	mostKept = 50_000 // credentials remembered
	mostLoad = 128    // looks under way at once: who cannot answer is not pressed further
	patience = 2 * time.Second
)

var errBusy = errors.New("too many who are asking have to be looked up at once")

// get is what is known of a credential; what is not is looked into, for as long
// as patience lasts. Faults are not remembered.
func (k *kept) get(ctx context.Context, key [32]byte, look func(context.Context) found) (string, error) {
	now := time.Now()
	k.mu.RLock()
	f, some := k.known[key]
	k.mu.RUnlock()
	if some && now.Before(f.until) {
		return f.login, f.err
	}
	fl, err := k.board(key, look)
	if err != nil {
		return "", err
	}
	select {
	case <-fl.landed:
		return fl.found.login, fl.found.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// board joins the look that is under way, or begins one. It goes on when the one
// who asked first has left.
func (k *kept) board(key [32]byte, look func(context.Context) found) (*flight, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if fl := k.flying[key]; fl != nil {
		return fl, nil
	}
	if len(k.flying) >= mostLoad {
		return nil, errBusy
	}
	if k.flying == nil {
		k.flying = map[[32]byte]*flight{}
	}
	fl := &flight{landed: make(chan struct{})}
	k.flying[key] = fl
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		fl.found = look(ctx)
		k.land(key, fl)
	}()
	return fl, nil
}

func (k *kept) land(key [32]byte, fl *flight) {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(fl.landed)
	delete(k.flying, key)
	if now := time.Now(); now.Before(fl.found.until) {
		k.makeRoom(now)
		k.known[key] = fl.found
	}
}

// makeRoom forgets what is over, and everything where that is not enough.
func (k *kept) makeRoom(now time.Time) {
	if k.known == nil {
		k.known = map[[32]byte]found{}
	}
	if len(k.known) < mostKept {
		return
	}
	for key, f := range k.known {
		if !now.Before(f.until) {
			delete(k.known, key)
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
