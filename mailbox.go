package ecluse

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// look is the door for reading: it asks the gate, lets leave what was waiting
// for an instant that has come, and hands over the instant up to which this
// membership sees (zero: everything).
func (a *App) look(ctx context.Context, who Actor, read func(tx *store.Tx, until time.Time) error) error {
	now := a.clock.Now()
	if err := a.open(who, gate.Read, now); err != nil {
		return err
	}
	if err := a.letLeave(ctx, who); err != nil {
		return err
	}
	return a.store.Read(ctx, func(tx *store.Tx) error {
		return read(tx, a.writingStopped(who, now))
	})
}

// A leaving is a waiting message whose time has come.
type leaving struct {
	message.Message
	sender Actor
	since  time.Time
}

// leaveAtOnce is how many waiting messages leave in one act.
const leaveAtOnce = 50

// letLeave gives every waiting message of the school whose sender may write
// again its deliveries, dated at the reopening. It runs when somebody looks, so
// that no job can be late; it writes only when something leaves. Of all who come
// at a reopening one lets them leave and the others wait for that.
func (a *App) letLeave(ctx context.Context, who Actor) error {
	list, err := a.readLeavings(ctx, who.Member.School)
	if err != nil || len(list) == 0 {
		return err
	}
	turn, _ := a.leaving.LoadOrStore(who.Member.School, new(sync.Mutex))
	turn.(*sync.Mutex).Lock()
	defer turn.(*sync.Mutex).Unlock()
	if list, err = a.readLeavings(ctx, who.Member.School); err != nil {
		return err
	}
	for part := range slices.Chunk(list, leaveAtOnce) {
		err := a.store.Write(ctx, func(tx *store.Tx) error { return each(part, func(l leaving) error { return a.leave(tx, l) }) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *App) readLeavings(ctx context.Context, uai school.UAI) (list []leaving, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = a.leavings(tx, uai)
		return err
	})
	return list, err
}

// leavings lists the waiting messages of a school that may leave now. Accounts
// are read only for those that could leave from the best of accounts: while
// writing is closed everybody's every look comes by here.
func (a *App) leavings(tx *store.Tx, uai school.UAI) ([]leaving, error) {
	waiting, err := tx.Waiting(uai)
	if err != nil {
		return nil, err
	}
	var out []leaving
	for _, m := range waiting {
		best := Actor{Member: account.Membership{School: uai, ID: m.Sender, Role: m.FromRole}, Facts: gate.Compliant()}
		roles, action := passageOf(m)
		if !gate.Allows(a.gate.Load().Decide(a.request(best, roles, a.clock.Now())), action) {
			continue
		}
		sender, err := senderOf(tx, m)
		if err != nil {
			return nil, err
		}
		_, err = tx.Freeze(sender.Member.Person)
		if ignoreNotFound(err) != nil {
			return nil, err
		}
		if err == nil { // what a thief left behind stays
			continue
		}
		if since, leaves := a.mayLeave(sender, m); leaves {
			out = append(out, leaving{m, sender, since})
		}
	}
	return out, nil
}

// passageOf is what a waiting message asks of the gate: towards whom, and what.
func passageOf(m message.Message) (roles school.Roles, action gate.Action) {
	for _, to := range m.Audience {
		roles |= school.RolesOf(to.Role)
	}
	if m.ReplyTo != 0 {
		return roles, gate.Reply
	}
	return roles, gate.Write
}

// senderOf is the actor who wrote a waiting message, as their account is now.
func senderOf(tx *store.Tx, m message.Message) (Actor, error) {
	member, err := tx.Membership(m.School, m.Sender)
	if err != nil {
		return Actor{}, err
	}
	credential, err := tx.Credential(member.Person)
	return Actor{Member: member, Facts: gate.Facts{PasswordChanged: credential.Changed.Unix()}}, ignoreNotFound(err)
}

// leave makes the deliveries of one message, unless it was taken back or writing
// was closed since it was found.
func (a *App) leave(tx *store.Tx, l leaving) error {
	if _, still := a.mayLeave(l.sender, l.Message); !still {
		return nil
	}
	switch err := tx.Release(l.School, l.ID, l.since); {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	}
	return tx.Append(journal.Entry{
		Log: logOf(l.School), At: a.clock.Now(), Actor: l.sender.String(), Verb: "message.leave",
		Subject: fmt.Sprintf("message %d", l.ID),
	})
}

// mayLeave reports whether a sender may send a waiting message now, to each of
// the roles it is addressed to, and since when.
func (a *App) mayLeave(sender Actor, m message.Message) (since time.Time, leaves bool) {
	roles, action := passageOf(m)
	now := a.clock.Now()
	if st := a.stateAt(sender, roles, now); !gate.Allows(st.Decision, action) {
		return now, false
	}
	since = time.Unix(a.gate.Load().Since(a.request(sender, roles, now)), 0)
	if since.Before(m.Written) {
		since = now
	}
	return since, true
}

// A Page says which part of a list to show.
type Page = store.Page

// Inbox lists what the membership received, newest first, without bodies.
func (a *App) Inbox(ctx context.Context, who Actor, p Page) (list []message.Delivery, err error) {
	err = a.look(ctx, who, func(tx *store.Tx, until time.Time) (err error) {
		p.Until = until
		list, err = tx.Inbox(who.Member.School, who.Member.ID, p)
		return err
	})
	return list, err
}

// Sent lists what the membership sent, newest first, without bodies.
func (a *App) Sent(ctx context.Context, who Actor, p Page) (list []message.Message, err error) {
	err = a.look(ctx, who, func(tx *store.Tx, _ time.Time) (err error) {
		list, err = tx.Sent(who.Member.School, who.Member.ID, p)
		return err
	})
	return list, err
}

// Unread counts unread messages, up to 100. It is zero while messaging is
// closed: nothing says anything then.
func (a *App) Unread(ctx context.Context, who Actor) (n int, err error) {
	err = a.look(ctx, who, func(tx *store.Tx, until time.Time) (err error) {
		n, err = tx.Unread(who.Member.School, who.Member.ID, until)
		return err
	})
	if fault.Is(err, fault.Closed) {
		return 0, nil
	}
	return n, err
}

// Boxes counts what a mailbox holds that its owner may want to know of.
type Boxes struct {
	Unread  int // up to 100
	Waiting int
	Drafts  int
}

// Boxes counts in one look.
func (a *App) Boxes(ctx context.Context, who Actor) (b Boxes, err error) {
	err = a.look(ctx, who, func(tx *store.Tx, until time.Time) (err error) {
		if b.Unread, err = tx.Unread(who.Member.School, who.Member.ID, until); err != nil {
			return err
		}
		waiting, err := tx.WaitingOf(who.Member.School, who.Member.ID)
		if err != nil {
			return err
		}
		b.Waiting = len(waiting)
		b.Drafts, err = tx.DraftCount(who.Member.School, who.Member.ID)
		return err
	})
	return b, err
}

// Thread is a conversation as this membership sees it, oldest first, with
// bodies; what was unread in it is marked read.
func (a *App) Thread(ctx context.Context, who Actor, thread message.ID) (list []message.Delivery, err error) {
	err = a.look(ctx, who, func(tx *store.Tx, until time.Time) (err error) {
		list, err = tx.Thread(who.Member.School, who.Member.ID, thread, until)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, a.markRead(ctx, who, list)
}

func (a *App) markRead(ctx context.Context, who Actor, list []message.Delivery) error {
	var unread []message.ID
	for _, d := range list {
		if d.Member == who.Member.ID && d.Read.IsZero() && d.Sender != who.Member.ID {
			unread = append(unread, d.ID)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	return a.store.Write(ctx, func(tx *store.Tx) error {
		for _, id := range unread {
			if err := tx.MarkRead(who.Member.School, who.Member.ID, id, a.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadBy is how many of its recipients have read a message of the actor's, and
// how many have it. Pupils and guardians are not told when an adult of the school
// read them: both are zero.
func (a *App) ReadBy(ctx context.Context, who Actor, id message.ID) (read, total int, err error) {
	if who.Member.Role == school.Pupil || who.Member.Role == school.Guardian {
		return 0, 0, nil
	}
	err = a.look(ctx, who, func(tx *store.Tx, _ time.Time) (err error) {
		read, total, err = tx.ReadBy(who.Member.School, who.Member.ID, id)
		return err
	})
	return read, total, err
}

// Waiting lists the actor's messages that have not left yet.
func (a *App) Waiting(ctx context.Context, who Actor) (list []message.Message, err error) {
	err = a.look(ctx, who, func(tx *store.Tx, _ time.Time) (err error) {
		list, err = tx.WaitingOf(who.Member.School, who.Member.ID)
		return err
	})
	return list, err
}

// CancelWaiting takes a message back before it leaves; its text becomes a draft.
func (a *App) CancelWaiting(ctx context.Context, who Actor, id message.ID) (d message.Draft, err error) {
	err = a.do(ctx, who, act{"message.cancel", logOf(who.Member.School), gate.Read}, func(tx *store.Tx, now time.Time) (string, string, error) {
		waiting, err := tx.WaitingOf(who.Member.School, who.Member.ID)
		if err != nil {
			return "", "", err
		}
		for _, m := range waiting {
			if m.ID == id {
				d = draftOf(m, now)
				return fmt.Sprintf("message %d", m.ID), "", takeBack(tx, m, d)
			}
		}
		return "", "", notFound("Ce message est déjà parti.", "This message has left already.")
	})
	return d, err
}

func takeBack(tx *store.Tx, m message.Message, d message.Draft) error {
	if err := tx.CancelWaiting(m.School, m.ID, m.Sender); err != nil {
		return err
	}
	return tx.PutDraft(d)
}

// draftOf is the draft of a message taken back, under an ID of its own.
func draftOf(m message.Message, now time.Time) message.Draft {
	return message.Draft{
		School: m.School, ID: message.ID(store.NewID(now)), Member: m.Sender, ReplyTo: threadOf(m),
		Audience: m.Audience, Subject: m.Subject, Body: m.Body, Version: 1, Saved: now,
	}
}

// CanWrite reports whether the state allows writing anything at all, now or for
// later.
func (s State) CanWrite() bool { return s.Decision.Access >= order.Read }

// threadOf is what a draft keeps of the message it answers: the thread.
func threadOf(m message.Message) message.ID {
	if m.ReplyTo == 0 {
		return 0
	}
	return m.Thread
}
