package ecluse

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/notify"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How letters are tried. What is under way is nobody else's for mailLease; a letter
// that the relay took, and whose sender died before it noted so, is sent once more
// after that, with the same Message-ID.
const (
	mailLease   = 10 * time.Minute
	mailAtOnce  = 50
	mailGiveUp  = 3 * 24 * time.Hour // after it was queued
	mailLook    = 5 * time.Second    // how often another node's letters are looked for
	remindEvery = time.Minute
	mailForgets = 365 * 24 * time.Hour // after a letter was settled: to whom it went
)

// mailWaits are how long a letter waits after each try; the last repeats.
var mailWaits = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour}

// RunMail sends letters and writes reminders until the context ends. Several nodes
// of one database may run it: no letter and no reminder is sent by two. Writing does
// not wait for sending, which takes hours where there are many families.
func (a *App) RunMail(ctx context.Context) {
	if a.mail == nil {
		return
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { a.every(ctx, remindEvery, "writing reminders", a.Remind) })
	beside.Go(func() { a.every(ctx, 24*time.Hour, "forgetting old letters", a.forgetLetters) })
	look := time.NewTicker(mailLook)
	defer look.Stop()
	for ctx.Err() == nil {
		a.logged("sending letters", a.SendMail(ctx))
		select {
		case <-ctx.Done():
		case <-a.outbox:
		case <-look.C:
		}
	}
}

// every does something now and again until the context ends.
func (a *App) every(ctx context.Context, pause time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for ctx.Err() == nil {
		a.logged(what, do(ctx))
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (a *App) forgetLetters(ctx context.Context) error {
	before := a.clock.Now().Add(-mailForgets)
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.PurgeLetters(before) })
}

// SendMail hands over every letter that is due, until none is or the relay cannot
// be reached.
func (a *App) SendMail(ctx context.Context) error {
	for {
		leased, err := a.lease(ctx)
		if err != nil || len(leased) == 0 {
			return err
		}
		if err := a.handOver(ctx, leased); err != nil {
			return err
		}
	}
}

// A leased letter is one that nobody else sends for now.
type leased struct {
	store.Posting
	mailing store.Mailing
}

func (a *App) lease(ctx context.Context) (list []leased, err error) {
	now := a.clock.Now()
	err = a.store.Write(ctx, func(tx *store.Tx) error {
		postings, err := tx.Lease(now, now.Add(mailLease), mailAtOnce)
		if err != nil {
			return err
		}
		list = nil
		texts := map[int64]store.Mailing{}
		for _, p := range postings {
			m, known := texts[p.Mailing]
			if !known {
				if m, err = tx.Mailing(p.Mailing); err != nil {
					return err
				}
				texts[p.Mailing] = m
			}
			list = append(list, leased{p, m})
		}
		return nil
	})
	return list, err
}

// handOver sends leased letters over one connection. Its error is the relay's, or
// the database's.
func (a *App) handOver(ctx context.Context, list []leased) error {
	began := time.Now()
	line, err := a.mail.Relay.Dial(ctx)
	if err != nil {
		return errors.Join(err, a.putBack(ctx, list, reasonOf(err)))
	}
	defer line.Close()
	for i, l := range list {
		if i > 0 && !a.pace(ctx) || time.Since(began) > a.clock.Real(mailLease)/2 {
			return errors.Join(ctx.Err(), a.putBack(ctx, list[i:], ""))
		}
		sent := line.Send(a.letter(l))
		if err := a.settle(ctx, l, sent); err != nil {
			return err
		}
		var refused *notify.Refusal
		if sent != nil && !errors.As(sent, &refused) { // the line is gone
			return a.putBack(ctx, list[i+1:], "")
		}
	}
	return nil
}

// pace waits until the next letter may leave; false when the context ends first.
func (a *App) pace(ctx context.Context) bool {
	if a.mail.PerSecond <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Second / time.Duration(a.mail.PerSecond)):
		return true
	}
}

// settle notes what became of one letter, though whoever asked may have left.
func (a *App) settle(ctx context.Context, l leased, sent error) error {
	now := a.clock.Now()
	var refused *notify.Refusal
	return a.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		switch {
		case sent == nil:
			return tx.Taken(l.Posting, now)
		case errors.As(sent, &refused) && refused.Final():
			return tx.GiveUp(l.Posting, now, reasonOf(sent))
		}
		return a.again(tx, l, now, reasonOf(sent))
	})
}

// again puts a letter back until its next try, or gives it up.
func (a *App) again(tx *store.Tx, l leased, now time.Time, reason string) error {
	if now.Sub(l.mailing.Queued) >= mailGiveUp {
		return tx.GiveUp(l.Posting, now, reason)
	}
	wait := mailWaits[min(max(l.Tries, 1), len(mailWaits))-1]
	return tx.Retry(l.Posting, now.Add(wait), reason)
}

// putBack leaves letters for a later try: at once where nothing speaks against
// them.
func (a *App) putBack(ctx context.Context, list []leased, reason string) error {
	now := a.clock.Now()
	return a.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return each(list, func(l leased) error {
			if reason == "" {
				return tx.Retry(l.Posting, now, "")
			}
			return a.again(tx, l, now, reason)
		})
	})
}

// reasonOf is what is kept of an error, in one line that the database takes. It is
// shown, so the address that a relay repeats is left out.
func reasonOf(err error) string {
	words := strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), "?"))
	for i, word := range words {
		if strings.Contains(word, "@") {
			words[i] = "(address)"
		}
	}
	return cut(strings.Join(words, " "), maxMailReason)
}

// letter puts a letter together in the reader's language, or in both.
func (a *App) letter(l leased) notify.Letter {
	m := l.mailing
	text := m.French
	switch {
	case m.English == (store.MailText{}):
	case l.Language == "en":
		text = m.English
	case l.Language == "":
		text.Body = "(English below)\n\n" + m.French.Body + "\n\n----------\n\n" + m.English.Body
	}
	who := fnv.New64a()
	who.Write([]byte(l.Address))
	return notify.Letter{
		ID: fmt.Sprintf("%d.%016x", m.ID, who.Sum64()), To: l.Address, ReplyTo: m.ReplyTo,
		Subject: text.Subject, Body: text.Body, Date: m.Queued, Unsubscribe: m.Unsubscribe,
	}
}
