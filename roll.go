package ecluse

import (
	"context"
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Roll is every account with a place in a point's territory, as it was when it
// was read: for points that cannot ask, and are told beforehand who may pass. It
// does not change and is safe for concurrent use.
type Roll struct{ accounts []rolled }

type rolled struct {
	names  []string
	facts  gate.Facts
	frozen bool
	places []rolledPlace
}

// A rolledPlace is a place with the membership that holds it.
type rolledPlace struct {
	Place
	member account.MemberID
}

// A Place is a role in a school.
type Place struct {
	School school.UAI
	Role   school.Role
}

// Len is how many accounts there are.
func (r *Roll) Len() int { return len(r.accounts) }

// Roll reads everybody's names and places.
func (w *Answerer) Roll(ctx context.Context) (*Roll, error) {
	var members []store.Rolled
	var aliases []store.Alias
	err := w.app.store.Read(ctx, func(tx *store.Tx) (err error) {
		if members, err = tx.Roll(); err != nil {
			return err
		}
		aliases, err = tx.Aliases()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading who has a place: %w", err)
	}
	return w.roll(members, aliases), nil
}

// roll puts together what belongs to one account; both lists go by account.
func (w *Answerer) roll(members []store.Rolled, aliases []store.Alias) *Roll {
	snapshot, roll := w.app.gate.Load(), &Roll{}
	for len(members) > 0 {
		person, account := members[0].Person, rolled{names: []string{members[0].Login}, frozen: members[0].Frozen}
		if changed := members[0].Changed; !changed.IsZero() {
			account.facts.PasswordChanged = changed.Unix()
		}
		for ; len(members) > 0 && members[0].Person == person; members = members[1:] {
			if m := members[0]; w.covers(snapshot, m.School) {
				account.places = append(account.places, rolledPlace{Place{m.School, m.Role}, m.Member})
			}
		}
		for ; len(aliases) > 0 && aliases[0].Person <= person; aliases = aliases[1:] {
			if aliases[0].Person == person {
				account.names = append(account.names, aliases[0].Name)
			}
		}
		if account.places != nil {
			roll.accounts = append(roll.accounts, account)
		}
	}
	return roll
}

// An Account is somebody on a Roll.
type Account struct {
	Names  []string // the login, then other names; folded
	Places []Place
	Own    *enforce.Answer // where the account counts for the answer; nil: AtPlaces holds
}

// Everybody tells of each account on a roll, for one service.
func (w *Answerer) Everybody(r *Roll, service order.Service, tell func(Account)) {
	snapshot, now, ready := w.app.gate.Load(), w.app.clock.Now().Unix(), w.app.Ready() == nil
	for i := range r.accounts {
		a := &r.accounts[i]
		told, personal := Account{Names: a.names}, false
		var answers []*enforce.Answer
		for _, p := range a.places {
			told.Places = append(told.Places, p.Place)
			personal = personal || ready && snapshot.Personal(p.request(service, now, a.facts))
		}
		if personal {
			for _, p := range a.places {
				answers = append(answers, w.app.decide(snapshot, p.request(service, now, a.facts)))
			}
			told.Own = enforce.Strictest(answers)
		}
		if a.frozen {
			told.Own = frozenAnswer
		}
		tell(told)
	}
}

func (p rolledPlace) request(service order.Service, at int64, facts gate.Facts) gate.Request {
	return gate.Request{School: p.School, Role: p.Role, Service: service, Member: int64(p.member), At: at, Facts: facts}
}

// AtPlaces answers about somebody who has all of these places and of whose
// account nothing is known: it meets no requirement and has no exemption.
func (w *Answerer) AtPlaces(service order.Service, places ...Place) *enforce.Answer {
	snapshot, now := w.app.gate.Load(), w.app.clock.Now().Unix()
	var answers []*enforce.Answer
	for _, p := range places {
		if w.app.Ready() != nil || !w.covers(snapshot, p.School) {
			return enforce.Undecided("", "")
		}
		answers = append(answers, w.app.decide(snapshot, rolledPlace{Place: p}.request(service, now, gate.Facts{})))
	}
	return enforce.Strictest(answers)
}
