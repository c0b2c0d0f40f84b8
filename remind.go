package ecluse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// byReminders is who writes, in our journal, what nobody asked for.
const byReminders = "reminders"

// Mailings have names that nobody else's has, so that each is queued once, whatever
// node looks first and whatever dies in between.
const (
	byHandMail   = "now/"  // what somebody asked for
	reminderMail = "late/" // to a school
)

// How many schools one act reminds, and how often somebody may ask for it.
const (
	remindedAtOnce = 200
	remindPause    = 15 * time.Minute
)

// A lateOrder is an order with the schools that are late on it, and what was sent
// about it so far.
type lateOrder struct {
	*order.Order
	rows  []BoardRow
	sent  map[string]time.Time // by the names of mailings
	delay time.Duration
}

// Remind queues what is due: a reminder to each school that is late on an order, a
// digest to the levels above those that stay late, and a second word to those whose
// signature is awaited.
func (a *App) Remind(ctx context.Context) error {
	if a.mail == nil || a.Ready() != nil {
		return nil
	}
	late, err := a.late(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range late {
		if err := a.remindOf(ctx, o); err != nil && !fault.Is(err, fault.Conflict) { // another node was first
			errs = append(errs, fmt.Errorf("reminding of order %s: %w", o.ID, err))
		}
	}
	errs = append(errs, a.remindSigners(ctx))
	a.posted()
	return errors.Join(errs...)
}

// late are the orders in force that schools are late on, by one look at everything.
func (a *App) late(ctx context.Context) (list []lateOrder, err error) {
	set, _ := a.orders.get()
	err = a.readBoards(ctx, func(tx *store.Tx, known *schoolFacts) error {
		list = nil
		for _, o := range set.Orders() {
			if a.viewIn(set, o, "Europe/Paris").State != order.InForce || a.ownAccord(o.ID) {
				continue
			}
			f, err := known.about(tx, a, o)
			if err != nil {
				return err
			}
			late := lateOrder{Order: o, delay: f.delay}
			late.rows = slices.DeleteFunc(a.boardRows(f, "FR"), func(r BoardRow) bool { return r.State != AnswerOverdue })
			if len(late.rows) == 0 {
				continue
			}
			if late.sent, err = tx.MailedNames(o.ID); err != nil {
				return err
			}
			list = append(list, late)
		}
		return nil
	})
	return list, err
}

// remindOf reminds of one order. A school that another installation answers for is
// reminded there.
func (a *App) remindOf(ctx context.Context, o lateOrder) error {
	fresh := slices.DeleteFunc(slices.Clone(o.rows), func(r BoardRow) bool {
		return r.Host != "" || !o.sent[reminderName(o.ID, r.School.UAI)].IsZero()
	})
	for some := range slices.Chunk(fresh, remindedAtOnce) {
		if err := a.remindSchools(ctx, Actor{Part: byReminders}, o.Order, some, reminderName); err != nil {
			return err
		}
	}
	return a.escalate(ctx, o)
}

func reminderName(id order.ID, uai school.UAI) string {
	return reminderMail + string(id) + "/" + string(uai)
}

// remindSchools queues one reminder a school, in one act.
func (a *App) remindSchools(ctx context.Context, who Actor, o *order.Order, rows []BoardRow, name func(order.ID, school.UAI) string) error {
	return a.do(ctx, who, act{"mail.remind", logAt(o.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		b := newBracket(tx, now)
		err := each(rows, func(r BoardRow) error { return a.remindSchool(b, o, r, name(o.ID, r.School.UAI)) })
		return string(o.ID), b.detail(), err
	})
}

// remindSchool queues a reminder to a school's heads and to its own address.
func (a *App) remindSchool(b *bracket, o *order.Order, r BoardRow, name string) error {
	uai := r.School.UAI
	heads, err := b.tx.Addressees(uai, school.RolesOf(school.Head))
	if err != nil {
		return err
	}
	to := addressed(heads)
	contact, err := b.tx.SchoolContact(uai)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	if contact.Email != "" {
		to.to = append(to.to, store.Recipient{Address: contact.Email})
	}
	m := store.Mailing{Name: name, Kind: store.MailReminder, Order: o.ID, Place: r.School.Territory(), ReplyTo: replyTo(o)}
	m.French, m.English = a.reminderText(o, r)
	return b.add(m, to)
}

// escalate tells the levels above of the schools that are still late. Each level
// has as long as the one below; the last is whoever issued the order.
func (a *App) escalate(ctx context.Context, o lateOrder) error {
	now, after := a.clock.Now(), cmp.Or(a.mail.Escalate, o.delay)
	levels := map[digestKey][]BoardRow{}
	chains := map[school.Territory][]school.Territory{} // by where schools stand: many stand together
	for _, r := range o.rows {
		told := o.told(r)
		if told.IsZero() || now.Before(told.Add(after)) {
			continue
		}
		chain, known := chains[r.School.Parent]
		if !known {
			var err error
			if chain, err = a.levels(ctx, r.School.Parent, o.Issuer); err != nil {
				return err
			}
			chains[r.School.Parent] = chain
		}
		for i, t := range chain {
			if k := (digestKey{i + 1, t}); !now.Before(told.Add(time.Duration(k.level) * after)) {
				levels[k] = append(levels[k], r)
			}
		}
	}
	for k, rows := range levels {
		if !o.sent[k.name(o.ID)].IsZero() {
			continue
		}
		if err := a.digest(ctx, o.Order, k, rows); err != nil {
			return err
		}
	}
	return nil
}

// told is when a school was reminded; where another installation does so, when it
// should have been.
func (o lateOrder) told(r BoardRow) time.Time {
	if r.Host != "" {
		return r.Due.Add(o.delay)
	}
	return o.sent[reminderName(o.ID, r.School.UAI)]
}

// A digestKey is the how-manieth level that is told, and which office it is.
type digestKey struct {
	level int
	at    school.Territory
}

func (k digestKey) name(id order.ID) string { return fmt.Sprintf("digest/%s/%d/%s", id, k.level, k.at) }

// levels are the territories from one upwards whose offices somebody holds, up to
// the issuer's.
func (a *App) levels(ctx context.Context, from, issuer school.Territory) (chain []school.Territory, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		chain = nil
		for t := from; t != "" && issuer.Contains(t); t = t.Parent() {
			holders, err := tx.Holders(t)
			if err != nil {
				return err
			}
			if len(holders) > 0 {
				chain = append(chain, t)
			}
		}
		return nil
	})
	return chain, err
}

// digest queues one letter to an office, with its late schools.
func (a *App) digest(ctx context.Context, o *order.Order, k digestKey, rows []BoardRow) error {
	return a.do(ctx, Actor{Part: byReminders}, act{"mail.escalate", logAt(o.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		holders, err := tx.Holders(k.at)
		if err != nil {
			return "", "", err
		}
		b := newBracket(tx, now)
		m := store.Mailing{Name: k.name(o.ID), Kind: store.MailDigest, Order: o.ID, Place: k.at, ReplyTo: replyTo(o)}
		m.French, m.English = a.digestText(o, k.at, rows)
		err = b.add(m, addressed(holders))
		return string(o.ID), fmt.Sprintf("to %s, of %d schools: %s", k.at, len(rows), b.detail()), err
	})
}

// RemindNow reminds the schools of the actor's office that have not done everything
// an order asks, though their time may not be over, but for those that somebody
// has reminded a moment ago. It returns how many.
func (a *App) RemindNow(ctx context.Context, who Actor, id order.ID) (int, error) {
	if err := a.noMail(); err != nil {
		return 0, err
	}
	b, err := a.Board(ctx, who, id)
	if err != nil {
		return 0, err
	}
	rows := slices.DeleteFunc(b.Rows, func(r BoardRow) bool { return !r.waits() })
	if len(rows) == 0 {
		return 0, invalid("Aucun établissement n’est à relancer.", "There is no school to remind.")
	}
	rows, nth, err := a.unreminded(ctx, id, rows)
	if err != nil {
		return 0, err
	}
	name := func(id order.ID, uai school.UAI) string { return fmt.Sprintf("%s%s/%d/%s", byHandMail, id, nth, uai) }
	for some := range slices.Chunk(rows, remindedAtOnce) {
		if err := a.remindSchools(ctx, who, b.Order.Order, some, name); err != nil {
			return 0, reminded(err)
		}
	}
	a.posted()
	return len(rows), nil
}

// waits reports whether something is awaited of a school.
func (r BoardRow) waits() bool {
	return r.State == AnswerOverdue || r.State == AnswerReceived && len(r.Points)+len(r.Products) > 0
}

// Waits reports whether there is a school to remind.
func (b Board) Waits() bool { return slices.ContainsFunc(b.Rows, BoardRow.waits) }

// unreminded leaves out the schools that were reminded too short a while ago, by
// whatever office, and numbers the reminder to the others. Where none is left it
// says how long to wait.
func (a *App) unreminded(ctx context.Context, id order.ID, rows []BoardRow) (free []BoardRow, nth int, err error) {
	var names map[string]time.Time
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		names, err = tx.MailedNames(id)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	latest := map[school.UAI]time.Time{}
	for name, at := range names {
		number, uai, _ := strings.Cut(strings.TrimPrefix(name, byHandMail+string(id)+"/"), "/")
		if n, err := strconv.Atoi(number); err == nil && strings.HasPrefix(name, byHandMail) {
			nth, latest[school.UAI(uai)] = max(nth, n), later(latest[school.UAI(uai)], at)
		}
	}
	wait, now := remindPause, a.clock.Now()
	for _, r := range rows {
		if at := latest[r.School.UAI]; at.IsZero() || now.Sub(at) >= remindPause {
			free = append(free, r)
		} else {
			wait = min(wait, remindPause-now.Sub(at))
		}
	}
	if len(free) > 0 {
		return free, nth + 1, nil
	}
	minutes := int((wait + time.Minute - 1) / time.Minute)
	return nil, 0, fault.New(fault.TooMany,
		fmt.Sprintf("Une relance est déjà partie. Attendez encore %s.", counted(minutes, "minute")),
		fmt.Sprintf("A reminder has left already. Wait another %s.", counted(minutes, "minute")))
}

// reminded says that somebody else reminded at the same moment.
func reminded(err error) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	return fault.Wrap(err, fault.TooMany, "Une autre personne vient de relancer ces établissements.", "Somebody else has just reminded these schools.")
}
