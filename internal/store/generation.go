package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// newGeneration counts that what decisions rest on has changed (orders,
// exemptions, schools, matrices), once an act, and tells other nodes.
func (tx *Tx) newGeneration() (int64, error) {
	if tx.generation != 0 {
		return tx.generation, nil
	}
	n, err := one(tx, errNoCounter, column[int64], "UPDATE counter SET value = value + 1 WHERE name = 'generation' RETURNING value")
	if err == nil && tx.dialect.notify != "" {
		err = tx.put(tx.dialect.notify)
	}
	if err == nil {
		tx.generation = n
	}
	return n, err
}

var errNoCounter = missing("Le compteur des ordres manque : restaurez une sauvegarde.", "The counter of generations is missing: restore a backup.")

// Generation grows with each act that changes what decisions rest on, so that a
// node sees by one number whether its snapshot is still the newest.
func (tx *Tx) Generation() (int64, error) {
	return one(tx, errNoCounter, column[int64], "SELECT value FROM counter WHERE name = 'generation'")
}

// listenAgain is how long Listen waits before it connects again.
const listenAgain = time.Second

// Listen calls fn whenever another node may have made a new generation, until
// the context ends, and then returns nil. It is a hint and never the truth: a
// node looks at Generation from time to time as well. On SQLite, where one
// process serves, it only waits.
func (s *Store) Listen(ctx context.Context, fn func()) error {
	for s.url != "" && ctx.Err() == nil {
		s.listen(ctx, fn)
		fn() // something may have been missed while unconnected
		select {
		case <-time.After(listenAgain):
		case <-ctx.Done():
		}
	}
	<-ctx.Done()
	return nil
}

// listen serves one connection until it breaks.
func (s *Store) listen(ctx context.Context, fn func()) error {
	c, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "LISTEN "+ordersChannel); err != nil {
		return err
	}
	fn()
	for {
		if _, err := c.WaitForNotification(ctx); err != nil {
			return err
		}
		fn()
	}
}
