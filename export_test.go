package ecluse

import (
	"context"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// StoredHash is what a password is verified against.
func (a *App) StoredHash(ctx context.Context, p account.PersonID) (hash string, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		c, err := tx.Credential(p)
		hash = c.Hash
		return err
	})
	return hash, err
}

// OpenSession opens a session for a password that was right a moment ago.
func (a *App) OpenSession(ctx context.Context, c account.Credential) error {
	return a.openSession(ctx, account.Try{At: a.clock.Now()}, c.Hash, account.Session{Person: c.Person})
}
