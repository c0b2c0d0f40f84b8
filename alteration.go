package ecluse

import (
	"context"
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// mostAlterations is how many letters about one account a day: whoever is in must
// not fill its owner's mailbox.
const mostAlterations = 10

// altered notes what somebody changed about their own account, and tells its owner.
func (a *App) altered(tx *store.Tx, who Actor, kind account.AlterationKind, now time.Time) error {
	s := account.Session{Person: who.Person.ID}
	if who.Session != ([32]byte{}) {
		var err error
		if s, err = tx.Session(who.Session); err != nil {
			return signedOutIf(err)
		}
	}
	return a.alteredIn(tx, s, kind, now)
}

// alteredIn is altered for a session that may not be kept yet.
func (a *App) alteredIn(tx *store.Tx, s account.Session, kind account.AlterationKind, now time.Time) error {
	before, err := tx.Alterations(s.Person, now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	c := account.Alteration{
		ID: store.NewID(now), Person: s.Person, Kind: kind, At: now, Browser: s.Browser, Name: s.Device, Address: s.Address, Country: s.Country,
	}
	if len(before) < mostAlterations {
		if c.Ticket, err = a.warnOwner(tx, c); err != nil {
			return err
		}
	}
	return tx.AddAlteration(c)
}

// warnOwner tells the owner of an account of what changed about it, wherever they
// are reached, and returns what the link of the letter is verified with. The act
// that changed it carries the letter: none is lost.
func (a *App) warnOwner(tx *store.Tx, c account.Alteration) (ticket string, err error) {
	if err := a.tellBrowsers(tx, c); err != nil {
		return "", err
	}
	if a.mail == nil {
		return "", nil
	}
	address, err := tx.Email(c.Person)
	if err != nil || address == "" {
		return "", err
	}
	person, err := tx.Person(c.Person)
	if err != nil {
		return "", err
	}
	token, _ := account.NewToken()
	m := a.alterationLetter(c, a.mail.Address+"/not-me?t="+token)
	b := newBracket(tx, c.At)
	m.Name, m.Kind = fmt.Sprintf("alteration.%d", b.batch), store.MailAccount
	err = b.add(m, addressing{to: []store.Recipient{{Address: address, Language: person.Language}}})
	a.posted()
	return ticketDigest(token), err
}

// Asked is what changed about the actor's account of which they are asked whether
// it was them: new devices, and what was altered. Whoever did it is not asked: a
// thief must not answer for the owner.
func (a *App) Asked(ctx context.Context, who Actor) (list []account.Alteration, err error) {
	now := a.clock.Now()
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		devices, err := tx.AskedDevices(who.Person.ID, now)
		if err != nil {
			return err
		}
		altered, err := tx.Alterations(who.Person.ID, now.Add(-ticketFor))
		if err != nil || len(devices)+len(altered) == 0 {
			return err
		}
		s, err := tx.Session(who.Session)
		for _, d := range devices {
			altered = append(altered, d.Alteration())
		}
		for _, c := range altered {
			if c.Browser != s.Browser && !c.Settled {
				list = append(list, c)
			}
		}
		return ignoreNotFound(err)
	})
	return list, err
}

// Altered is what changed about the actor's account these days, the latest first,
// whoever did it and whatever was answered.
func (a *App) Altered(ctx context.Context, who Actor) (list []account.Alteration, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Alterations(who.Person.ID, a.clock.Now().Add(-ticketFor))
		return err
	})
	return list, err
}

// ConfirmAlteration says that what changed was the actor's doing, from a device
// that is known. The link of the letter holds on: it is the owner's alone.
func (a *App) ConfirmAlteration(ctx context.Context, who Actor, id int64) error {
	if !who.Facts.KnownDevice {
		return newHere()
	}
	return a.do(ctx, who, act{"alteration.confirm", journal.Installation, gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return who.String(), "", tx.SettleAlteration(who.Person.ID, id)
	})
}

// NotMyAlteration says that what changed was not the actor's doing: the account is
// frozen at once, for everybody.
func (a *App) NotMyAlteration(ctx context.Context, who Actor, id int64) error {
	return a.refuseAlteration(ctx, who, func(tx *store.Tx) (account.Alteration, error) {
		list, err := tx.Alterations(who.Person.ID, a.clock.Now().Add(-ticketFor))
		for _, c := range list {
			if c.ID == id {
				return c, err
			}
		}
		return account.Alteration{}, orElse(err, oldTicket())
	})
}

// Ticketed is what the link of a letter is about, while the link holds.
func (a *App) Ticketed(ctx context.Context, ticket string) (c account.Alteration, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		c, err = a.ticketed(tx, ticket)
		return err
	})
	return c, err
}

func (a *App) ticketed(tx *store.Tx, ticket string) (account.Alteration, error) {
	d, err := tx.DeviceByTicket(ticketDigest(ticket))
	c := d.Alteration()
	if fault.Is(err, fault.NotFound) {
		c, err = tx.AlterationByTicket(ticketDigest(ticket))
	}
	if fault.Is(err, fault.NotFound) || err == nil && a.clock.Now().Sub(c.At) >= ticketFor {
		err = oldTicket()
	}
	return c, err
}

func oldTicket() error {
	return notFound("Ce lien a déjà servi, ou il date de plus de sept jours. Pour protéger votre compte, adressez-vous à votre établissement.",
		"This link was used already, or is more than seven days old. To protect your account, speak to your school.")
}

// NotMeByLetter is NotMe for who holds a letter, without signing in: whoever has
// the password may keep its owner from it.
func (a *App) NotMeByLetter(ctx context.Context, ticket string) error {
	c, err := a.Ticketed(ctx, ticket)
	if err != nil {
		return err
	}
	who := Actor{Person: account.Person{ID: c.Person}}
	return a.refuseAlteration(ctx, who, func(tx *store.Tx) (account.Alteration, error) { return a.ticketed(tx, ticket) })
}

// refuseAlteration freezes the account of which something changed that was not its
// owner's doing. All links about it have served.
func (a *App) refuseAlteration(ctx context.Context, who Actor, find func(*store.Tx) (account.Alteration, error)) error {
	err := a.do(ctx, who, act{"device.refuse", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		c, err := find(tx)
		if err != nil {
			return "", "", err
		}
		if err := distrust(tx, c); err != nil {
			return "", "", err
		}
		if err := tx.ForgetAlterations(c.Person); err != nil {
			return "", "", err
		}
		f := account.Freeze{Person: c.Person, At: now, Since: c.At, By: who.String(), Why: account.FrozenByOwner}
		sealed, err := a.freeze(tx, f)
		return who.String(), sealed, err
	})
	return orElse(err, a.revoked(ctx))
}

// distrust makes the device that did it nobody's, unless it was known before: a
// thief may have taken what marks the owner's own.
func distrust(tx *store.Tx, c account.Alteration) error {
	d, err := tx.Device(c.Person, c.Browser)
	if err != nil || c.Kind != account.NewDevice && d.IsKnown(c.At) {
		return ignoreNotFound(err)
	}
	d.Known, d.Ticket = time.Time{}, ""
	return tx.PutDevice(d)
}
