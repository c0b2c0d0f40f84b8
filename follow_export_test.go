package ecluse

import (
	"context"

	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Followed counts the entries of a log about each order that came by a feed.
func (a *App) Followed(ctx context.Context, log journal.Log) (map[string]int, error) {
	count := map[string]int{}
	err := a.store.Read(ctx, func(tx *store.Tx) error {
		tail, err := tx.JournalTail(log, 10_000)
		for _, e := range tail {
			if e.Verb == "order.follow" {
				count[e.Subject]++
			}
		}
		return err
	})
	return count, err
}
