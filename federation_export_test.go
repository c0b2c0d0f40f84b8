package ecluse

import (
	"context"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Opens tells whether the service opens an account with these places.
func (s SignInService) Opens(members []account.Membership, offices []account.Office) bool {
	return s.opens(members, offices)
}

// PutFactor sets a second factor up, whatever it is verified with.
func (a *App) PutFactor(ctx context.Context, f account.Factor) error {
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.AddFactor(f) })
}
