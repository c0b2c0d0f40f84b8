package ecluse

import (
	"context"
	"sync"

	"github.com/ecluse-ecole/ecluse/internal/store"
)

// revocations is how far this node has followed which sessions were ended and
// what changed about people.
type revocations struct {
	mu   sync.Mutex // one look at a time
	seen int64
}

// revoked cuts what is live of the sessions that were ended since the last look,
// on whichever node, and has everybody looked up anew. Who acts calls it before
// the act returns; Run calls it every revokeEvery for the acts of other nodes. A
// request needs none of this: it reads its session anew.
func (a *App) revoked(ctx context.Context) error {
	r := &a.revocations
	r.mu.Lock()
	defer r.mu.Unlock()
	var latest int64
	var ended [][32]byte
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if latest, err = tx.Revocation(); err != nil || latest == r.seen {
			return err
		}
		ended, err = tx.EndedSince(r.seen)
		return err
	})
	if err != nil || latest == r.seen {
		return err
	}
	r.seen = latest
	a.live.cut(ended)
	a.people.forget()
	a.changed()
	return nil
}
