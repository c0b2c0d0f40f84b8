package ecluse

import (
	"context"
	"errors"
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// sealed are the factors whose secrets are sealed.
const sealed = account.ByCode | account.ByRecovery | account.ByCard

// ErrSeal refuses to start with another key than the one that was used before.
var ErrSeal = errors.New("the key \"seal_key\" does not open the codes in the database: put the earlier key back, from where it was kept apart")

// openSeal takes the key of sealed secrets. Without one Écluse serves, and every
// code is refused; with a wrong one it does not start.
func (a *App) openSeal(ctx context.Context, key []byte) error {
	if key == nil {
		return nil
	}
	var err error
	if a.seal, err = account.NewSeal(key); err != nil {
		return err
	}
	var f account.Factor
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		f, err = tx.SealedFactor(sealed)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("looking for sealed secrets: %w", err)
	}
	if _, err := a.seal.Open(f.Person, f.Kind, f.Secret); err != nil {
		return ErrSeal
	}
	return nil
}
