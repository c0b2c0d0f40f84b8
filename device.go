package ecluse

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
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
	if i < 0 && len(all) > 0 {
		if d.Ticket, err = a.tellOfDevice(tx, d, all); err != nil {
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

// NewDevices is the devices of which the actor is asked whether they are theirs,
// but the one that asks: a thief must not answer for the owner.
func (a *App) NewDevices(ctx context.Context, who Actor) (list []account.Device, err error) {
	now := a.clock.Now()
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if list, err = tx.AskedDevices(who.Person.ID, now); err != nil || len(list) == 0 {
			return err
		}
		s, err := tx.Session(who.Session)
		list = slices.DeleteFunc(list, func(d account.Device) bool { return d.Browser == s.Browser })
		return ignoreNotFound(err)
	})
	return list, err
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
		return denied("Répondez depuis un appareil que vous utilisez d’habitude : celui-ci est nouveau aussi.",
			"Answer from a device that you usually use: this one is new as well.")
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
	return a.refuseDevice(ctx, who, func(tx *store.Tx) (account.Device, error) { return tx.Device(who.Person.ID, browser) })
}

// Ticketed is the device that the link of a letter is about, while the link holds.
func (a *App) Ticketed(ctx context.Context, ticket string) (d account.Device, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		d, err = a.ticketed(tx, ticket)
		return err
	})
	return d, err
}

func (a *App) ticketed(tx *store.Tx, ticket string) (account.Device, error) {
	d, err := tx.DeviceByTicket(ticketDigest(ticket))
	if fault.Is(err, fault.NotFound) || err == nil && a.clock.Now().Sub(d.First) >= ticketFor {
		return d, notFound("Ce lien a déjà servi, ou il date de plus de sept jours. Pour protéger votre compte, adressez-vous à votre établissement.",
			"This link was used already, or is more than seven days old. To protect your account, speak to your school.")
	}
	return d, err
}

// NotMeByLetter is NotMe for who holds the letter, without signing in: whoever has
// the password may keep its owner from it.
func (a *App) NotMeByLetter(ctx context.Context, ticket string) error {
	d, err := a.Ticketed(ctx, ticket)
	if err != nil {
		return err
	}
	who := Actor{Person: account.Person{ID: d.Person}}
	return a.refuseDevice(ctx, who, func(tx *store.Tx) (account.Device, error) { return a.ticketed(tx, ticket) })
}

// refuseDevice freezes the account of a device that is not its owner's.
func (a *App) refuseDevice(ctx context.Context, who Actor, find func(*store.Tx) (account.Device, error)) error {
	err := a.do(ctx, who, act{"device.refuse", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		d, err := find(tx)
		if err != nil {
			return "", "", err
		}
		d.Known, d.Ticket = time.Time{}, ""
		if err := tx.PutDevice(d); err != nil {
			return "", "", err
		}
		f := account.Freeze{Person: d.Person, At: now, Since: d.First, By: who.String(), Why: account.FrozenByOwner}
		seals, err := a.freeze(tx, f)
		return who.String(), seals, err
	})
	return orElse(err, a.revoked(ctx))
}

// tellOfDevice queues the letter about a new device, and returns what its link is
// verified with. The act that opened the session carries it: none is lost.
func (a *App) tellOfDevice(tx *store.Tx, d account.Device, others []account.Device) (string, error) {
	if a.mail == nil || tooManyNotices(others, d.First) {
		return "", nil
	}
	address, err := tx.Email(d.Person)
	if err != nil || address == "" {
		return "", err
	}
	person, err := tx.Person(d.Person)
	if err != nil {
		return "", err
	}
	ticket, _ := account.NewToken()
	m := a.deviceLetter(d, a.mail.Address+"/not-me?t="+ticket)
	b := newBracket(tx, d.First)
	m.Name, m.Kind = fmt.Sprintf("device.%d", b.batch), store.MailAccount
	err = b.add(m, addressing{to: []store.Recipient{{Address: address, Language: person.Language}}})
	a.posted()
	return ticketDigest(ticket), err
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
