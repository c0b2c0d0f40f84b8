package ecluse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// What push services are told and by whom stands sealed under these names.
const (
	sealedPushKey      = "push key"
	sealedSubscription = "push subscription"
)

// maxPushed is how many browsers of one person are told.
const maxPushed = 20

// Pushes reports whether browsers can be told. Where not, no notice is queued.
func (a *App) Pushes() bool { return a.push != nil && a.seal != nil }

// A PushState is what a browser needs to listen, and whether it does.
type PushState struct {
	Offered bool   // it may be turned on here
	Key     string // for which the browser subscribes
	On      bool
}

// PushState is whether the browser that asks is told of what happens to the account.
// A new device is not offered it: a thief's would be told as well.
func (a *App) PushState(ctx context.Context, who Actor) (p PushState, err error) {
	if !a.Pushes() || who.Session == ([32]byte{}) {
		return p, nil
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(who.Session)
		if err != nil {
			return signedOutIf(err)
		}
		list, err := tx.Subscriptions(who.Person.ID)
		for _, on := range list {
			p.On = p.On || on.Browser == s.Browser
		}
		return err
	})
	if err != nil || !p.On && !who.Facts.KnownDevice {
		return p, err
	}
	key, err := a.pushKey(ctx)
	if err != nil {
		return p, err
	}
	p.Offered, p.Key = true, key.Public()
	return p, nil
}

// StartPush has the browser that asks told from now on.
func (a *App) StartPush(ctx context.Context, who Actor, s push.Subscription) error {
	if !a.Pushes() {
		return noPush()
	}
	if err := a.push.Check(s); err != nil {
		if errors.Is(err, push.ErrService) {
			return invalid("Le service de notifications de ce navigateur n’est pas de ceux que cette installation utilise. Les courriels, eux, partent toujours.",
				"The push service of this browser is not one that this installation uses. E-mails leave all the same.")
		}
		return fault.Wrap(err, fault.Invalid, "Ce navigateur n’a pas donné ce qu’il faut pour être averti. Réessayez, ou prenez-en un autre.",
			"This browser did not give what it takes to be told. Try again, or take another one.")
	}
	if !who.Facts.KnownDevice {
		return denied("Cet appareil est trop nouveau pour être averti. Répondez d’abord, depuis un autre, qu’il est à vous.",
			"This device is too new to be told. First say, on another one, that it is yours.")
	}
	secret, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return a.do(ctx, who, act{"push.start", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := tx.HoldPerson(who.Person.ID); err != nil { // no freeze is outrun
			return "", "", err
		}
		session, err := tx.Session(who.Session)
		if err != nil {
			return "", "", signedOutIf(err)
		}
		list, err := tx.Subscriptions(who.Person.ID)
		if err == nil && len(list) >= maxPushed {
			err = invalid("Beaucoup de vos appareils sont déjà avertis : déconnectez-en un d’abord.", "Many of your devices are told already: sign one out first.")
		}
		if err != nil {
			return "", "", err
		}
		return who.String(), "", tx.PutSubscription(store.Subscription{
			Person: who.Person.ID, Browser: session.Browser, Added: now, Sealed: a.seal.CloseNamed(sealedSubscription, who.Person.ID, secret),
		})
	})
}

// StopPush has the browser that asks told of nothing more.
func (a *App) StopPush(ctx context.Context, who Actor) error {
	return a.do(ctx, who, act{"push.stop", journal.Installation, gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		s, err := tx.Session(who.Session)
		if err != nil {
			return "", "", signedOutIf(err)
		}
		return who.String(), "", ignoreNotFound(tx.EndSubscription(who.Person.ID, s.Browser))
	})
}

func noPush() error {
	return fault.New(fault.Unavailable,
		"Cette installation n’envoie pas de notifications. La personne qui l’exploite peut les activer (clé « push » de la configuration).",
		"This installation sends no notices. Whoever runs it can turn them on (key \"push\" of the configuration).")
}

// pushKey is the key by which push services know this installation, made at its
// first use: of several nodes that make one, all take the first.
func (a *App) pushKey(ctx context.Context) (*push.Key, error) {
	if key := a.pushed.key.Load(); key != nil {
		return key, nil
	}
	key, err := a.keptPushKey(ctx)
	if fault.Is(err, fault.NotFound) {
		if err = a.makePushKey(ctx); err == nil {
			key, err = a.keptPushKey(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the key for push services: %w", err)
	}
	a.pushed.key.Store(key)
	return key, nil
}

func (a *App) makePushKey(ctx context.Context) error {
	key, err := push.NewKey()
	if err != nil {
		return err
	}
	secret, err := key.Bytes()
	if err != nil {
		return err
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.PutPushKey(a.seal.CloseNamed(sealedPushKey, 0, secret)) })
}

func (a *App) keptPushKey(ctx context.Context) (*push.Key, error) {
	var sealed []byte
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		sealed, err = tx.PushKey()
		return err
	})
	if err != nil {
		return nil, err
	}
	secret, err := a.seal.OpenNamed(sealedPushKey, 0, sealed)
	if err != nil {
		return nil, err
	}
	return push.ParseKey(secret)
}

// tellBrowsers queues a notice for the browsers of a person that listen and are known
// to be theirs, but for the one whose doing it is. It is queued in the act that it
// tells of, before that act ends sessions: what a browser is told last is why it
// hears no more.
func (a *App) tellBrowsers(tx *store.Tx, c account.Alteration) error {
	if !a.Pushes() {
		return nil
	}
	list, err := tx.Subscriptions(c.Person)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, s := range list {
		d, err := tx.Device(c.Person, s.Browser)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		if err != nil || s.Browser == c.Browser || !d.IsKnown(c.At) {
			continue
		}
		n := store.Notice{ID: store.NewID(c.At), Person: c.Person, Browser: s.Browser, Sealed: s.Sealed, Kind: c.Kind, Device: c.Device(), Queued: c.At}
		if err := tx.AddNotice(n); err != nil {
			return err
		}
	}
	a.rings()
	return nil
}

// rings wakes whoever sends notices.
func (a *App) rings() {
	select {
	case a.pushed.queued <- struct{}{}:
	default:
	}
}
