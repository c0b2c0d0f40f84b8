package ecluse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A stolenFind is an account that stands in a list, and whether its password works.
type stolenFind struct {
	person   account.PersonID
	hash     string // it was verified against this
	password string
	outcome  store.StolenOutcome
}

// verify finds out which accounts the batch is about, and which of its passwords
// work.
func (w *stolenWork) verify() ([]stolenFind, error) {
	finds, err := w.accounts()
	if err != nil {
		return nil, err
	}
	if finds, err = w.withinBudget(finds); err != nil {
		return nil, err
	}
	slots := make(chan struct{}, stolenAtOnce)
	ctx, fail := context.WithCancelCause(w.ctx)
	defer fail(nil)
	var wait sync.WaitGroup
	for i := range finds {
		f := &finds[i]
		if f.hash == "" {
			f.outcome = store.StolenNever
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			works, err := w.works(ctx, f)
			if err != nil {
				fail(err)
			}
			if works {
				f.outcome = store.StolenWorks
			}
		})
	}
	wait.Wait()
	return finds, context.Cause(ctx)
}

// withinBudget leaves out what an office may not try today: else one that hands in
// list after list asks us which password is right. Who runs the installation has the
// database anyway.
func (w *stolenWork) withinBudget(finds []stolenFind) (kept []stolenFind, err error) {
	if w.who.Part != "" || len(finds) == 0 {
		return finds, nil
	}
	var left int64
	err = w.store.Write(w.ctx, func(tx *store.Tx) error {
		kept, left = nil, 0
		now := w.clock.Now()
		for _, f := range finds {
			name := account.CodeTries + "stolen\n" + f.subject()
			tries, err := tx.Tries(name, name, now.Add(-account.CodeWindow), now)
			switch {
			case err != nil:
				return err
			case f.hash != "" && len(tries) >= stolenTries:
				left++
				continue
			case f.hash != "":
				if err := tx.AddTry(account.Try{Login: name, Address: name, At: now}); err != nil {
					return err
				}
			}
			kept = append(kept, f)
		}
		return nil
	})
	w.list.Untried += left
	return kept, err
}

// subject is how the journal names the account.
func (f stolenFind) subject() string { return account.Person{ID: f.person}.Number() }

// works reports whether a password is that of the account. People who sign in come
// first: where they fill the queue, a list waits.
func (w *stolenWork) works(ctx context.Context, f *stolenFind) (bool, error) {
	for {
		works, err := w.hasher.Verify(ctx, f.password, f.hash)
		if !fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
			return works, err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// accounts are those that the batch is about and that the actor may act on, each
// with what is to be verified.
func (w *stolenWork) accounts() (finds []stolenFind, err error) {
	err = w.store.Read(w.ctx, func(tx *store.Tx) error {
		finds = nil
		for _, c := range w.batch {
			people, err := tx.PeopleNamed(c.Login)
			if err != nil {
				return err
			}
			known, err := tx.StolenOutcomes(w.list.ID, people)
			if err != nil {
				return err
			}
			for _, p := range people {
				if outcome, found := known[p]; found && outcome == store.StolenWorks || !w.first(p, c.Password) {
					continue
				}
				f, within, err := w.find(tx, p, c.Password)
				if err != nil {
					return err
				}
				if within {
					finds = append(finds, f)
				}
			}
		}
		return nil
	})
	return finds, err
}

// first reports whether a password is to be tried at an account: once, and no more
// of them than stolenTries.
func (w *stolenWork) first(p account.PersonID, password string) bool {
	tried := w.tried[p]
	if tried == nil {
		tried = map[string]bool{}
		w.tried[p] = tried
	}
	if tried[password] {
		return false
	}
	if len(tried) == stolenTries {
		w.list.Untried++
		return false
	}
	tried[password] = true
	return true
}

// find is an account with its present hash, if the list is read for it.
func (w *stolenWork) find(tx *store.Tx, p account.PersonID, password string) (f stolenFind, within bool, err error) {
	if within, err = w.stolenWithin(tx, w.who, w.list.Within, p); err != nil || !within {
		return f, false, err
	}
	c, err := tx.Credential(p)
	return stolenFind{person: p, hash: c.Hash, password: password}, true, ignoreNotFound(err)
}

// stolenWithin reports whether a list that is read for a territory is about an
// account: an office acts on those it takes care of, who runs the installation on all
// with a place in the territory.
func (a *App) stolenWithin(tx *store.Tx, who Actor, within school.Territory, p account.PersonID) (bool, error) {
	if who.Part == "" {
		err := a.mayCareFor(tx, who, p)
		if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
			return false, nil
		}
		return err == nil, err
	}
	members, err := tx.MembershipsOf(p)
	if err != nil {
		return false, err
	}
	for _, m := range members {
		if sc, err := a.gate.Load().School(m.School); err == nil && within.Contains(sc.Territory()) {
			return true, nil
		}
	}
	offices, err := tx.Offices(p)
	for _, o := range offices {
		if within.Contains(o.Territory) {
			return true, err
		}
	}
	return false, err
}

// errKnown leaves an account alone that another reading of the list has frozen.
var errKnown = errors.New("this account of the list is known already")

// act freezes the accounts whose password works.
func (w *stolenWork) act(found []stolenFind) error {
	acted := false
	for i := range found {
		f := &found[i]
		if f.outcome != store.StolenWorks {
			continue
		}
		acted = true
		if err := w.freezeStolen(f); err != nil && !errors.Is(err, errKnown) {
			return err
		}
	}
	if !acted {
		return nil
	}
	w.posted()
	return w.revoked(w.ctx)
}

// freezeStolen keeps everybody out of an account whose password thieves know, ends
// its sessions, asks for a new password and tells the owner, in one act. A password
// that was changed meanwhile is an old one.
func (w *stolenWork) freezeStolen(f *stolenFind) error {
	return w.do(w.ctx, w.who, act{"account.freeze", logAt(w.list.Within), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		c, err := tx.Credential(f.person)
		if err != nil {
			return "", "", err
		}
		if c.Hash != f.hash {
			f.outcome = store.StolenOld
			return "", "", errKnown
		}
		news, err := tx.PutStolenAccount(w.list.ID, f.person, store.StolenWorks, now)
		if err != nil || !news {
			return "", "", orElse(err, errKnown)
		}
		frozen := account.Freeze{Person: f.person, At: now, By: w.who.String(), Why: account.FrozenByLeak}
		seals, err := w.freeze(tx, frozen)
		if err != nil {
			return "", "", err
		}
		if err := tx.PutRenewal(account.Renewal{Person: f.person, Since: now, Why: account.RenewLeaked}); err != nil {
			return "", "", err
		}
		return f.subject(), strings.TrimSpace(fmt.Sprintf("in %s %s", stolenSubject(w.list.ID), seals)), w.tellOwner(tx, now, w.list.ID, f.person)
	})
}
