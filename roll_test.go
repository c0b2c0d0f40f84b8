package ecluse_test

import (
	"slices"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// proof is an order that asks something of accounts.
const proof = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Mots de passe
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [staff], hours: "24/7", require: {password_since: 2024-03-29T00:00}, otherwise: closed}
reason: Des comptes sont usurpés.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

func (w *world) everybody(a *ecluse.Answerer) map[string]ecluse.Account {
	w.Helper()
	roll, err := a.Roll(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	all := map[string]ecluse.Account{}
	a.Everybody(roll, order.Messaging, func(who ecluse.Account) { all[who.Names[0]] = who })
	return all
}

func TestRoll(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db string) {
		w := newWorld(t, db, "2024-04-02T12:00", append(letters, proof)...)
		if err := w.Import(w.ctx, ecluse.Roster{Aliases: map[string]account.PersonID{"Nadia@College.example": 4, "n.martin": 4, "dsden@x.example": 20}}); err != nil {
			t.Fatal(err)
		}
		whole := w.Answering(enforce.Point{Name: "test", Kind: "haproxy", Territory: "FR"})
		all := w.everybody(whole)
		nadia := all["nadia"]
		if want := []string{"nadia", "n.martin", "nadia@college.example"}; !slices.Equal(nadia.Names, want) {
			t.Errorf("nadia is called %q, want %q", nadia.Names, want)
		}
		if want := []ecluse.Place{{School: ecole, Role: school.Teacher}, {School: college, Role: school.Teacher}}; !slices.Equal(nadia.Places, want) || nadia.Own != nil {
			t.Errorf("nadia is at %v (own answer %v), want %v", nadia.Places, nadia.Own, want)
		}
		if _, found := all["dsden"]; found {
			t.Error("who has no place is on the roll")
		}
		if own := all["staff"].Own; own == nil || own.Access != order.Write {
			t.Errorf("staff with a new password: %+v, want an own answer that is open", own)
		}
		elsewhere := w.Answering(enforce.Point{Name: "b", Kind: "haproxy", Territory: "FR/13/086"})
		if n := len(w.everybody(elsewhere)); n != 0 {
			t.Errorf("%d accounts are told to a point of another territory", n)
		}
	})
}

// Who is told of by role alone has no proof, and no exemption, of anything.
func TestAtPlacesIsStrict(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-04-02T12:00", ordertest.SecondLetter, proof)
	a := w.Answering(enforce.Point{Name: "test", Kind: "haproxy", Territory: "FR/13/079"})
	for _, c := range []struct {
		places  []ecluse.Place
		want    order.Access
		unknown bool
	}{
		{[]ecluse.Place{{School: college, Role: school.Teacher}}, order.Write, false},
		{[]ecluse.Place{{School: college, Role: school.Staff}}, order.Closed, false},
		{[]ecluse.Place{{School: college, Role: school.Teacher}, {School: college, Role: school.Pupil}}, order.Closed, false},
		{[]ecluse.Place{{School: college, Role: school.Teacher}, {School: "0750001A", Role: school.Teacher}}, order.Closed, true},
		{nil, order.Closed, true},
	} {
		if got := a.AtPlaces(order.Messaging, c.places...); got.Access != c.want || got.Unknown != c.unknown {
			t.Errorf("%v: %s (unknown %v), want %s", c.places, got.Access, got.Unknown, c.want)
		}
	}
}
