package ecluse

import (
	"context"
	"errors"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How often a node looks whom the others have met, how far further back than the
// last time (their clocks differ), and how often it begins anew, to forget.
const (
	meetEvery    = 5 * time.Second
	meetOverlap  = time.Minute
	meetAllEvery = 24 * time.Hour
)

// keepFaces knows until ctx ends who has signed in, on whichever node and in
// whichever way: see account.Faces.
func (a *App) keepFaces(ctx context.Context) {
	tick := time.NewTicker(meetEvery)
	defer tick.Stop()
	var all, met time.Time
	for {
		now := a.clock.Now()
		if now.Sub(all) < meetAllEvery {
			a.logged("looking who has signed in", a.meet(ctx, met.Add(-meetOverlap)))
		} else if err := a.meetAll(ctx); err == nil {
			all = now
		} else {
			a.logged("looking who has signed in these months", err)
		}
		met = now
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// meet learns who has signed in since an instant.
func (a *App) meet(ctx context.Context, since time.Time) error {
	faces := a.faces.Load()
	return a.store.Read(ctx, func(tx *store.Tx) error { return tx.EachTry(since, faces.Meet) })
}

// meetAll begins anew, with all that the database has.
func (a *App) meetAll(ctx context.Context) error {
	faces := account.NewFaces()
	since := a.clock.Now().Add(-knownFor)
	err := a.store.Read(ctx, func(tx *store.Tx) error { return tx.EachTry(since, faces.Learn) })
	if err == nil {
		a.faces.Store(faces)
	}
	return err
}

// turn waits in line with those who sign in, for whoever brings another proof.
func (a *App) turn(ctx context.Context, try account.Try) (release func(), err error) {
	faces := a.faces.Load()
	release, err = a.hasher.Turn(ctx, faces.Place(try))
	if errors.Is(err, account.ErrShed) {
		faces.SentAway(try)
	}
	return release, err
}
