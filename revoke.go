package ecluse

import (
	"context"
	"sync"

	"github.com/ecluse-ecole/ecluse/internal/store"
)

// revocations is how far this node has followed which sessions were ended and
// what changed about people.
type revocations struct {
	mu     sync.Mutex // one look at a time
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
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if ended, people, err = tx.Revocation(); err != nil || ended == r.ended {
			return err
		}
		sessions, err = tx.EndedSince(r.ended)
		return err
	})
	if err != nil {
		return err
	}
	if ended != r.ended {
		r.ended = ended
		a.live.cut(sessions)
	}
	if people != r.people {
		r.people = people
		a.people.forget()
		a.changed()
	}
	return nil
}
