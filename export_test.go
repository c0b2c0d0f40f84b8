package ecluse

import (
	"context"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
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
	return a.openSession(ctx, account.Try{At: a.clock.Now()}, judged{Credential: c}, &account.Session{Person: c.Person})
}

// Deliver puts n copies of a message into a mailbox, as if they had been sent.
func (a *App) Deliver(ctx context.Context, n int, m message.Message, to account.MemberID) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		for range n {
			m.ID = message.ID(store.NewID(a.clock.Now()))
			m.Thread = m.ID
			if err := tx.AddMessage(m, []account.MemberID{to}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Stored reports whether an order was stored, applied or not.
func (a *App) Stored(ctx context.Context, id order.ID) (found bool, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		records, err := tx.Orders()
		found = slices.ContainsFunc(records, func(r store.OrderRecord) bool { return r.ID == id })
		return err
	})
	return found, err
}

// Journaled is the newest entries of a log.
func (a *App) Journaled(ctx context.Context, log journal.Log) (tail []journal.Entry, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		tail, err = tx.JournalTail(log, 20)
		return err
	})
	return tail, err
}

// RemoveOffice ends a person's place in an authority.
func (a *App) RemoveOffice(ctx context.Context, p account.PersonID, at school.Territory) error {
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.RemoveOffice(p, at) })
}

// KeepHouse forgets what is old.
func (a *App) KeepHouse(ctx context.Context) error { return a.keepHouse(ctx) }

// Queued is the addresses of letters of a kind, in order.
func (a *App) Queued(ctx context.Context, kind store.MailKind) (to []string, err error) {
	err = a.store.Write(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		list, err := tx.Lease(now, now, 100)
		for _, p := range list {
			if m, err := tx.Mailing(p.Mailing); err == nil && m.Kind == kind {
				to = append(to, p.Address)
			}
		}
		slices.Sort(to)
		return err
	})
	return to, err
}

// Rank is in which line a sign-in waits.
func (a *App) Rank(in SignIn) account.Rank {
	return a.faces.Load().Place(account.Try{
		Login: in.Login, Address: in.Address, Device: account.DigestOf(in.Device), At: a.clock.Now(),
	}).Rank
}

// Meet learns who has signed in since an instant.
func (a *App) Meet(ctx context.Context, since time.Time) error { return a.meet(ctx, since) }

// MeetAll begins anew, with all that the database has.
func (a *App) MeetAll(ctx context.Context) error { return a.meetAll(ctx) }

// Verified is how many passwords were verified so far.
func (a *App) Verified() int64 { return a.hasher.Verified() }

// Met keeps a try, as signing in would.
func (a *App) Met(ctx context.Context, t account.Try) error {
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.AddTry(t) })
}

// Permit lets a session add a proof, as if its person had just proved who they are.
func (a *App) Permit(ctx context.Context, who Actor) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		return permit(tx, who.Person.ID, who.Session, toAdd, a.clock.Now())
	})
}
