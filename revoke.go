package ecluse

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// revocations is how far this node has followed which sessions were ended and
// what changed about people.
type revocations struct {
	mu     sync.Mutex // one look at a time
	looked bool       // once at least: what was ended before that has nothing live here
	ended  int64
	people int64
}

// revoked cuts what is live of the sessions that were ended since the last look,
// on whichever node, and has everybody looked up anew, here and by enforcement
// points, where something changed about people. Who acts calls it before the act
// returns; Run calls it every revokeEvery, and when it is told, for the acts of
// other nodes. A request needs none of this: it reads its session anew.
func (a *App) revoked(ctx context.Context) error {
	r := &a.revocations
	r.mu.Lock()
	defer r.mu.Unlock()
	var ended, people int64
	var sessions [][32]byte
	var parted []account.PersonID
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if ended, people, err = tx.Revocation(); err != nil || ended == r.ended {
			return err
		}
		if sessions, err = tx.EndedSince(r.ended); err != nil || !r.looked {
			return err
		}
		parted, err = tx.PartedSince(r.ended)
		return err
	})
	if err != nil {
		return err
	}
	r.looked = true
	if ended != r.ended {
		r.ended = ended
		a.live.cut(sessions)
		a.part(parted)
	}
	if people != r.people {
		r.people = people
		a.people.forget()
		a.changed()
	}
	return nil
}

// partedFor is how long enforcement points are told that an account is closed
// whose sessions were all ended. What it has open in other software is not ours to
// name; but whoever keeps it asks at each change, and cuts what is refused. Long
// enough that every point has asked, short enough that its owner hardly notices.
const partedFor = 2 * time.Second

// parting is who is told so, and until when by this machine's clock.
type parting struct {
	some  atomic.Int64 // acts that are that recent: nobody looks further while there is none
	until sync.Map     // account.PersonID → time.Time
}

// holds reports whether somebody's sessions were ended a moment ago.
func (p *parting) holds(person account.PersonID, now time.Time) bool {
	if p.some.Load() == 0 {
		return false
	}
	until, found := p.until.Load(person)
	return found && now.Before(until.(time.Time))
}

// part has enforcement points end what people have open, and then let them in again.
func (a *App) part(people []account.PersonID) {
	if len(people) == 0 {
		return
	}
	until := time.Now().Add(partedFor)
	for _, p := range people {
		a.parting.until.Store(p, until)
	}
	a.parting.some.Add(1)
	a.changed()
	time.AfterFunc(partedFor, func() {
		for _, p := range people {
			a.parting.until.CompareAndDelete(p, until)
		}
		a.parting.some.Add(-1)
		a.changed()
	})
}

// partedAnswer answers enforcement points in that moment.
var partedAnswer = enforce.Undecided(
	"Les connexions de ce compte viennent d’être fermées\u00a0: reconnectez-vous dans quelques secondes.",
	"The sessions of this account have just been ended: sign in again in a few seconds.")
