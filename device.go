package ecluse

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How long things about devices last.
const (
	ticketFor     = 7 * 24 * time.Hour
	deviceForgets = 365 * 24 * time.Hour // after it was last seen
	mostNotices   = 3                    // letters about new devices of one account a day
)

// noteDevice keeps from where a session that is whole was opened or proved, and
// tells its owner of a device that is new to the account. The first one ever is
// nobody's surprise.
func (a *App) noteDevice(tx *store.Tx, s account.Session, now time.Time) error {
	all, err := tx.Devices(s.Person)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(d account.Device) bool { return d.Browser == s.Browser })
	d := account.Device{Person: s.Person, Browser: s.Browser, First: now, Known: now.Add(account.QuietFor)}
	if i >= 0 {
		d = all[i]
	}
	d.Seen, d.Name, d.Address, d.Country = now, s.Device, s.Address, s.Country
	if len(all) == 0 || s.Factors.Second() && !d.IsKnown(now) {
		d.Known = now
	}
	if i < 0 && len(all) > 0 && !tooManyNotices(all, now) {
		if d.Ticket, err = a.warnOwner(tx, d.Alteration()); err != nil {
			return err
		}
	}
	return tx.PutDevice(d)
}

// ticketDigest is what is kept of the ticket in a letter's link.
func ticketDigest(ticket string) string {
	d := account.DigestOf(ticket)
	return hex.EncodeToString(d[:])
}

// Devices is from where the actor signed in, the latest first.
func (a *App) Devices(ctx context.Context, who Actor) (list []account.Device, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Devices(who.Person.ID)
		return err
	})
	return list, err
}

// ConfirmDevice says that a new device is the actor's, from one that is known.
func (a *App) ConfirmDevice(ctx context.Context, who Actor, browser [32]byte) error {
	if !who.Facts.KnownDevice {
		return newHere()
	}
	return a.do(ctx, who, act{"device.confirm", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		d, err := tx.Device(who.Person.ID, browser)
		if err != nil {
			return "", "", err
		}
		d.Known, d.Ticket = now, ""
		return who.String(), "", tx.PutDevice(d)
	})
}

// NotMe says that a device is not the actor's: the account is frozen at once, for
// everybody. Its owner asks the school to give it back.
func (a *App) NotMe(ctx context.Context, who Actor, browser [32]byte) error {
	return a.refuseAlteration(ctx, who, func(tx *store.Tx) (account.Alteration, error) {
		d, err := tx.Device(who.Person.ID, browser)
		return d.Alteration(), err
	})
}

// newHere refuses an answer from a device that may be the thief's.
func newHere() error {
	return denied("Répondez depuis un appareil que vous utilisez d’habitude : celui-ci est nouveau aussi.",
		"Answer from a device that you usually use: this one is new as well.")
}

// tooManyNotices keeps who has the password from filling a mailbox with letters.
func tooManyNotices(others []account.Device, now time.Time) bool {
	n := 0
	for _, d := range others {
		if now.Sub(d.First) < 24*time.Hour {
			n++
		}
	}
	return n >= mostNotices
}
