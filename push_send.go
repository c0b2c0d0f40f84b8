package ecluse

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How notices are tried. What is under way is nobody else's for pushLease; one that
// the service took, and whose sender died before it noted so, is sent once more, with
// the same topic and tag: the browser shows it once.
const (
	pushLease  = 2 * time.Minute
	pushAtOnce = 8
	pushKeeps  = 24 * time.Hour // for a browser that is away, and until it is given up
	pushLook   = 5 * time.Second
)

// pushWaits are how long a notice waits after each try; the last repeats.
var pushWaits = [...]time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// pushing is what an App needs to send notices.
type pushing struct {
	key    atomic.Pointer[push.Key] // nil: not needed yet
	queued chan struct{}            // holds one token: notices were queued
}

// RunPush sends notices until the context ends. Several nodes of one database may
// run it: each notice is leased by one.
func (a *App) RunPush(ctx context.Context) {
	if !a.Pushes() {
		return
	}
	look := time.NewTicker(pushLook)
	defer look.Stop()
	for ctx.Err() == nil {
		a.logged("sending notices", a.SendPush(ctx))
		select {
		case <-ctx.Done():
		case <-a.pushed.queued:
		case <-look.C:
		}
	}
}

// SendPush hands over every notice that is due.
func (a *App) SendPush(ctx context.Context) error {
	for ctx.Err() == nil {
		now := a.clock.Now()
		var leased []store.Notice
		err := a.store.Write(ctx, func(tx *store.Tx) (err error) {
			leased, err = tx.LeaseNotices(now, now.Add(pushLease), pushAtOnce)
			return err
		})
		if err != nil || len(leased) == 0 {
			return err
		}
		key, err := a.pushKey(ctx)
		if err != nil {
			return err
		}
		if err := a.pushAll(ctx, key, leased); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pushAll sends leased notices side by side: services are far away.
func (a *App) pushAll(ctx context.Context, key *push.Key, leased []store.Notice) error {
	failed := make([]error, len(leased))
	var wait sync.WaitGroup
	for i, n := range leased {
		wait.Go(func() { failed[i] = a.settlePush(ctx, n, a.pushOne(ctx, key, n)) })
	}
	wait.Wait()
	return errors.Join(failed...)
}

// A pushText is what the worker of a browser shows.
type pushText struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Tag   string `json:"tag"` // one that comes twice is shown once
}

// errUnreadable gives up a notice whose subscription does not open.
var errUnreadable = errors.New("a subscription does not open with this key")

// pushOne hands one notice over.
func (a *App) pushOne(ctx context.Context, key *push.Key, n store.Notice) error {
	var s push.Subscription
	secret, err := a.seal.OpenNamed(sealedSubscription, n.Person, n.Sealed)
	if err != nil || json.Unmarshal(secret, &s) != nil {
		return errUnreadable
	}
	var person account.Person
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		person, err = tx.Person(n.Person)
		return err
	})
	if err != nil {
		return err
	}
	text := noticeText(n, person.Language == "en")
	text.Tag = strconv.FormatInt(n.ID, 36)
	body, err := json.Marshal(text)
	if err != nil {
		return err
	}
	now := a.clock.Now()
	return a.push.Send(ctx, key, s, push.Notice{Topic: text.Tag, Text: body, Keep: max(n.Queued.Add(pushKeeps).Sub(now), 0)}, now)
}

// settlePush notes what became of one notice, though whoever asked may have left.
func (a *App) settlePush(ctx context.Context, n store.Notice, sent error) error {
	now := a.clock.Now()
	var refused *push.Refusal
	answered := errors.As(sent, &refused)
	if sent != nil {
		a.log.Warn("a notice was not taken", "person", n.Person, "try", n.Tries, "cause", sent)
	}
	return a.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		switch {
		case answered && refused.Gone():
			if err := tx.EndSubscriptionAt(n); err != nil {
				return err
			}
		case errors.Is(sent, errUnreadable), errors.Is(sent, push.ErrService), fault.Is(sent, fault.NotFound), answered && refused.Final():
		case sent != nil && now.Sub(n.Queued) < pushKeeps:
			wait := pushWaits[min(max(n.Tries, 1), len(pushWaits))-1]
			if answered {
				wait = max(wait, min(refused.After, pushWaits[len(pushWaits)-1]))
			}
			return tx.RetryNotice(n, now.Add(wait))
		}
		return tx.EndNotice(n.ID)
	})
}

// noticeText says what happened, and what to do; no name, no school, no address.
func noticeText(n store.Notice, english bool) pushText {
	french, other := "Ce n’est pas vous\u00a0? Ouvrez votre compte pour le bloquer, ou parlez-en tout de suite à votre établissement.",
		"It was not you? Open your account to freeze it, or tell your school at once."
	if n.Device != "" {
		french, other = "Appareil\u00a0: "+account.DeviceWords(n.Device, false)+". "+french, "Device: "+account.DeviceWords(n.Device, true)+". "+other
	}
	if n.Kind == account.AccountFrozen {
		french, other = "C’est pour vous protéger. Vous n’avez rien fait de mal\u00a0: votre établissement vous le rendra.",
			"This is to protect you. You have done nothing wrong: your school will give it back to you."
	}
	if english {
		return pushText{Title: n.Kind.Words(true), Body: other}
	}
	return pushText{Title: n.Kind.Words(false), Body: french}
}
