package ecluse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Taken says what became of a statement.
type Taken struct {
	Follower string
	At       time.Time // of the statement
	LeftOut  string    // what was not taken, and why; "": everything was
}

// TakeStatement takes what an installation below says about its schools: only
// signed by a follower's key, only later than its last one, only of schools in its
// territories, only about orders that are the ones known here. What it says of
// itself takes the place of what it said before, in one transaction, so that what
// was acknowledged stays; heads' answers are only ever added, and journaled.
//
// It is no act of anybody's: like the report of an enforcement point it passes by
// the gate, which no order closes to it.
func (a *App) TakeStatement(ctx context.Context, data []byte) (Taken, error) {
	s, from, err := a.openStatement(data)
	if err != nil {
		return Taken{}, err
	}
	taken := Taken{Follower: from, At: s.At}
	err = a.store.Write(ctx, func(tx *store.Tx) error {
		record, err := tx.LockFollower(from)
		if fault.Is(err, fault.NotFound) {
			return unknownFollower(err) // it was removed just now
		}
		if err != nil {
			return err
		}
		now := a.clock.Now()
		if err := inTime(s, record, now); err != nil {
			return err
		}
		set, _ := a.orders.get()
		t := taking{tx: tx, from: record, set: set, schools: a.gate.Load().School, allowed: map[school.UAI]bool{}}
		if err := t.take(s); err != nil {
			return err
		}
		record.Said, record.Version, record.LeftOut = s.At, s.Version, t.leftOut()
		taken.LeftOut = record.LeftOut
		if err := tx.Heard(record); err != nil {
			return err
		}
		return t.journal(now)
	})
	if err != nil {
		return Taken{}, err
	}
	a.passOn()
	return taken, nil
}

// KnowsHead refuses the head of a statement that no follower has signed, before its
// body is read.
func (a *App) KnowsHead(head []byte) error {
	keys, _, err := a.followerKeys()
	if err != nil {
		return err
	}
	_, err = statement.Vouched(head, keys)
	return refusedStatement(err)
}

// openStatement verifies and reads, and names the follower.
func (a *App) openStatement(data []byte) (s statement.Statement, from string, err error) {
	keys, names, err := a.followerKeys()
	if err != nil {
		return s, "", err
	}
	s, key, err := statement.Open(data, keys)
	return s, names[keyOf(key.Name, key.Hash)], refusedStatement(err)
}

// followerKeys are those that statements are signed with, and whose each is.
func (a *App) followerKeys() (keys note.Verifiers, names map[string]string, err error) {
	var list []note.Verifier
	names = map[string]string{}
	for _, f := range a.below.get() {
		v, err := note.NewVerifier(f.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("the key of the follower %s: %w", f.Name, err)
		}
		list = append(list, v)
		names[keyOf(v.Name(), v.KeyHash())] = f.Name
	}
	return note.VerifierList(list...), names, nil
}

// refusedStatement says to the sender what is wrong with a statement.
func refusedStatement(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, statement.ErrUnknown):
		return unknownFollower(err)
	}
	return fault.New(fault.Invalid, "Cet état ne peut pas être lu : "+err.Error(), "This statement cannot be read: "+err.Error())
}

func keyOf(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }

func unknownFollower(err error) error {
	return fault.Wrap(err, fault.Denied, "Cet état n’est signé par aucune installation connue ici : ajoutez la sienne avec « ecluse follower add ».",
		"This statement is signed by no installation that is known here: add its key with \"ecluse follower add\".")
}

// inTime refuses what was said before, and what a clock far ahead said: it would
// keep every later statement out.
func inTime(s statement.Statement, record store.FollowerRecord, now time.Time) error {
	switch {
	case s.At.After(now.Add(clockTolerance)):
		ahead := s.At.Sub(now).Round(time.Second)
		return fault.New(fault.Invalid,
			fmt.Sprintf("L’horloge de %s avance de %s : mettez-la à l’heure.", record.Name, ahead),
			fmt.Sprintf("The clock of %s is %s ahead: set it right.", record.Name, ahead))
	case !s.At.After(record.Said):
		return fault.New(fault.Conflict,
			fmt.Sprintf("%s a déjà parlé depuis, ou au même instant : envoyez un nouvel état.", record.Name),
			fmt.Sprintf("%s has spoken since, or at the same instant: send a new statement.", record.Name))
	}
	return nil
}

// A taking is one statement on its way into the store.
type taking struct {
	tx      *store.Tx
	from    store.FollowerRecord
	set     *order.Set
	schools func(school.UAI) (school.School, error)
	allowed map[school.UAI]bool
	unknown []school.UAI // left out: not known here
	outside []school.UAI // left out: not in the follower's territories
	orders  []order.ID   // left out: not known here
	changed []order.ID   // left out: another text is known here
	crowded []school.UAI // left out: answers of who has given answersKept
	fresh   map[order.ID]int
}

func (t *taking) take(s statement.Statement) error {
	t.fresh = map[order.ID]int{}
	for _, o := range s.Orders {
		known, err := t.set.Order(o.ID)
		switch {
		case err != nil:
			t.orders = append(t.orders, o.ID)
		case known.Digest() != o.Digest:
			t.changed = append(t.changed, o.ID)
		default:
			if err := t.order(o); err != nil {
				return err
			}
		}
	}
	return t.uses(s.Uses)
}

// order keeps what is said about one order.
func (t *taking) order(o statement.Order) error {
	var groups []store.FollowerGroup
	for _, g := range o.Groups {
		if schools := t.within(g.Schools); len(schools) > 0 {
			groups = append(groups, store.FollowerGroup{Received: g.Received, Held: g.Held, Schools: schools})
		}
	}
	if err := t.tx.PutFollowerGroups(t.from.Name, o.ID, groups); err != nil {
		return err
	}
	return t.answers(o)
}

// answersKept is how many answers of one school to one order are kept from a
// follower: each product's, and several changes of mind. Answers stay for ever, and
// whoever stole a follower's key must not fill the disk with them.
const answersKept = 50

// answers adds what heads said of one order and is not known yet.
func (t *taking) answers(o statement.Order) error {
	before, err := t.tx.FollowerAnswersBy(t.from.Name, o.ID)
	if err != nil {
		return err
	}
	known, given := map[store.Answer]bool{}, map[school.UAI]int{}
	for _, a := range before {
		known[sameAnswer(a)] = true
		given[a.School]++
	}
	for _, said := range o.Answers {
		answer := answerOf(o.ID, said)
		if known[sameAnswer(answer)] || !t.mayTell(said.School) {
			continue
		}
		if given[said.School] >= answersKept {
			t.crowded = append(t.crowded, said.School)
			continue
		}
		known[sameAnswer(answer)] = true
		given[said.School]++
		t.fresh[o.ID]++
		if err := t.tx.AddFollowerAnswer(t.from.Name, answer); err != nil {
			return err
		}
	}
	return nil
}

// answerOf is an answer as the store keeps it: without the person, who stays there.
func answerOf(id order.ID, said statement.Answer) store.Answer {
	a := store.Answer{School: said.School, Order: id, Product: said.Product, By: said.By, Reason: said.Reason}
	a.At = time.UnixMilli(said.At.UnixMilli()).UTC()
	a.Kind = store.AnswerKind(slices.Index(answerKinds[:], said.Kind))
	return a
}

// answerKinds are the words of the store's kinds.
var answerKinds = [...]statement.Kind{store.Attested: statement.Attested, store.Undone: statement.Undone, store.Refused: statement.Refused}

// sameAnswer is what tells two answers apart, of one order.
func sameAnswer(a store.Answer) store.Answer {
	a.By, a.Reason = "", ""
	return a
}

// uses keeps which products schools use.
func (t *taking) uses(said []statement.Use) error {
	var uses []store.FollowerUse
	for _, u := range said {
		if schools := t.within(u.Schools); len(schools) > 0 {
			uses = append(uses, store.FollowerUse{Products: u.Products, Schools: schools})
		}
	}
	return t.tx.PutFollowerUses(t.from.Name, uses)
}

// within keeps the schools that the follower may speak of.
func (t *taking) within(list []school.UAI) []school.UAI {
	return slices.DeleteFunc(slices.Clone(list), func(uai school.UAI) bool { return !t.mayTell(uai) })
}

func (t *taking) mayTell(uai school.UAI) bool {
	if may, seen := t.allowed[uai]; seen {
		return may
	}
	sc, err := t.schools(uai)
	switch {
	case err != nil:
		t.unknown = append(t.unknown, uai)
	case t.from.Covers(sc.Territory()) == 0:
		t.outside = append(t.outside, uai)
	}
	t.allowed[uai] = err == nil && t.from.Covers(sc.Territory()) > 0
	return t.allowed[uai]
}

// leftOut says what was not taken, and why.
func (t *taking) leftOut() string {
	var parts []string
	say := func(n int, what, first string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s, such as %s", n, what, first))
		}
	}
	say(len(t.outside), "schools outside its territories", firstOf(t.outside))
	say(len(t.unknown), "schools that are not known here", firstOf(t.unknown))
	say(len(t.crowded), fmt.Sprintf("answers beyond %d to one order, of schools", answersKept), firstOf(t.crowded))
	say(len(t.orders), "orders that are not known here", firstOf(t.orders))
	say(len(t.changed), "orders of which another text is known here", firstOf(t.changed))
	return strings.Join(parts, "; ")
}

func firstOf[T ~string](list []T) string {
	if len(list) == 0 {
		return ""
	}
	return string(list[0])
}

// journal notes that heads' answers came, by order and number; who gave them, the
// journal of their installation tells.
func (t *taking) journal(now time.Time) error {
	for _, id := range slices.Sorted(maps.Keys(t.fresh)) {
		err := t.tx.Append(journal.Entry{
			Log: journal.Installation, At: now, Actor: "follower " + t.from.Name, Verb: "answer.take", Subject: string(id), Detail: fmt.Sprint(t.fresh[id]),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
