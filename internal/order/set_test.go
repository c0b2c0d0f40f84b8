package order

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// june is a reading in June 2024.
func june(day, hour int) Wall {
	return Wall{Date: hours.NewDate(2024, 6, day), Second: hour * 3600}
}

// issue, update and cancel are orders of a territory that begin in June.
func issue(id ID, from Wall) *Order { return draft(id, Issue, from) }

func update(id ID, from Wall, refs ...ID) *Order { return draft(id, Update, from, refs...) }

func cancel(id ID, from Wall, refs ...ID) *Order { return draft(id, Cancel, from, refs...) }

func draft(id ID, kind Type, from Wall, refs ...ID) *Order {
	o := &Order{ID: id, Issuer: id.Issuer(), Type: kind, From: from, References: refs}
	o.Applies.Territory = o.Issuer
	o.Title, o.Reason = "Titre", "Raison"
	o.Contact = Contact{Office: "Cabinet", Phone: "05 36 49 00 00"}
	if kind != Cancel {
		off, err := hours.Parse("off")
		if err != nil {
			panic(err)
		}
		o.Rules = []Rule{{Roles: school.Everyone, Hours: off, Access: Write}}
	}
	return o
}

// set collects orders and wants exactly the errors that hold these texts.
func set(t *testing.T, orders []*Order, wants ...string) *Set {
	t.Helper()
	s, errs := NewSet(orders)
	if len(errs) != len(wants) {
		t.Fatalf("errors %v, want %q", errs, wants)
	}
	for i, want := range wants {
		var said speaker
		if !errors.As(errs[i], &said) {
			t.Fatalf("%v speaks English only", errs[i])
		}
		speaksFrench(t, said)
		if !strings.Contains(errs[i].Error(), want) {
			t.Errorf("error %q, want %q", errs[i], want)
		}
	}
	return s
}

// ends wants the end of an order in the words "STATE at by".
func ends(t *testing.T, s *Set, id ID, want string) {
	t.Helper()
	at, by, kind := s.End(id)
	if have := strings.TrimSpace(fmt.Sprintf("%s %s %s", kind, at, by)); have != want {
		t.Errorf("%s: %s, want %s", id, have, want)
	}
}

func TestEnds(t *testing.T) {
	closing := issue("FR/13/079/2024-0001", june(3, 0))
	timed := issue("FR/13/079/2024-0002", june(3, 0))
	timed.Until = june(10, 7)
	lift := cancel("FR/13/079/2024-0003", june(12, 7), closing.ID, timed.ID)
	s := set(t, []*Order{lift, timed, closing})

	ends(t, s, closing.ID, "lifted 2024-06-12T07:00 FR/13/079/2024-0003")
	ends(t, s, timed.ID, "expired 2024-06-10T07:00")
	ends(t, s, lift.ID, "in force")

	stage := update("FR/13/079/2024-0004", june(8, 7), closing.ID)
	s = set(t, []*Order{lift, timed, closing, stage})
	ends(t, s, closing.ID, "replaced 2024-06-08T07:00 FR/13/079/2024-0004")
}

func TestWhoMayEndWhat(t *testing.T) {
	ministry := issue("FR/2024-0001", june(3, 0))
	local := issue("FR/13/079/2024-0001", june(3, 0))
	other := issue("FR/13/086/2024-0001", june(3, 0))
	orders := func(o *Order) []*Order { return []*Order{ministry, local, other, o} }

	s := set(t, orders(cancel("FR/13/2024-0001", june(5, 0), local.ID)))
	ends(t, s, local.ID, "lifted 2024-06-05T00:00 FR/13/2024-0001")

	s = set(t, orders(cancel("FR/13/079/2024-0002", june(5, 0), ministry.ID)), "only its issuer FR or a level above may")
	ends(t, s, ministry.ID, "in force")

	s = set(t, orders(update("FR/13/079/2024-0002", june(5, 0), other.ID)), "only its issuer FR/13/086")
	ends(t, s, other.ID, "in force")

	s = set(t, orders(update("FR/13/079/2024-0002", june(5, 0), "FR/13/079/2024-0099")), "not among the orders")
	ends(t, s, local.ID, "in force")
}

func TestExercisesAndActualOrdersDoNotTouch(t *testing.T) {
	real := issue("FR/13/2024-0001", june(3, 0))
	drill := issue("FR/13/2024-0002", june(3, 0))
	drill.Status = Exercise
	endOfDrill := cancel("FR/13/2024-0003", june(4, 0), real.ID, drill.ID)
	endOfDrill.Status = Exercise
	s := set(t, []*Order{real, drill, endOfDrill}, "one is an exercise and the other is not")
	ends(t, s, real.ID, "in force")
	ends(t, s, drill.ID, "lifted 2024-06-04T00:00 FR/13/2024-0003")
}

func TestNarrowCancelLiftsNothing(t *testing.T) {
	closing := issue("FR/13/2024-0001", june(3, 0))
	lift := cancel("FR/13/2024-0002", june(4, 0), closing.ID)
	lift.Applies.Territory = "FR/13/079"
	s := set(t, []*Order{closing, lift}, "applies to fewer schools")
	ends(t, s, closing.ID, "in force")
}

func TestReopeningCalledOff(t *testing.T) {
	closing := issue("FR/13/2024-0001", june(3, 0))
	reopening := cancel("FR/13/2024-0002", june(10, 7), closing.ID)
	callOff := cancel("FR/13/2024-0003", june(9, 18), reopening.ID)
	s := set(t, []*Order{closing, reopening, callOff})
	ends(t, s, closing.ID, "in force")
	ends(t, s, reopening.ID, "lifted 2024-06-09T18:00 FR/13/2024-0003")

	tooLate := cancel("FR/13/2024-0003", june(10, 8), reopening.ID)
	s = set(t, []*Order{closing, reopening, tooLate})
	ends(t, s, closing.ID, "lifted 2024-06-10T07:00 FR/13/2024-0002")
}

func TestCirclesEndNothing(t *testing.T) {
	a := update("FR/13/2024-0001", june(3, 0), "FR/13/2024-0002")
	b := update("FR/13/2024-0002", june(3, 0), "FR/13/2024-0001")
	s := set(t, []*Order{a, b}, "circle", "circle")
	ends(t, s, a.ID, "in force")
	ends(t, s, b.ID, "in force")
}

func TestOneNameOneOrder(t *testing.T) {
	a, again, other := issue("FR/2024-0001", june(3, 0)), issue("FR/2024-0001", june(3, 0)), issue("FR/2024-0001", june(4, 0))
	set(t, []*Order{a, again})
	s := set(t, []*Order{a, other}, "two different orders are both named FR/2024-0001")
	if o, err := s.Order("FR/2024-0001"); err != nil || o != a {
		t.Errorf("have %v, %v", o, err)
	}
	if _, err := s.Order("FR/2024-0002"); err == nil {
		t.Error("an unknown order was found")
	}
}

func TestStatesFollowEachSchoolsClock(t *testing.T) {
	closing := issue("FR/2024-0001", june(3, 7))
	closing.Until = june(10, 7)
	s := set(t, []*Order{closing})
	if list := s.For(school.School{UAI: "0799001E", Parent: "FR/13/079"}); len(list) != 1 || len(s.Orders()) != 1 {
		t.Errorf("for a school: %v", list)
	}
	at := func(zone string, want State, utcDay, utcHour int) {
		t.Helper()
		z, err := hours.LoadZone(zone)
		if err != nil {
			t.Fatal(err)
		}
		instant := june(utcDay, utcHour).Instant(utc(t))
		if have := s.State(closing.ID, z, instant); have != want {
			t.Errorf("%s %d %d h UTC: %s, want %s", zone, utcDay, utcHour, have, want)
		}
	}
	at("Europe/Paris", Announced, 3, 4)
	at("Europe/Paris", InForce, 3, 5)
	at("Europe/Paris", InForce, 10, 4)
	at("Europe/Paris", Expired, 10, 5)
	at("America/Cayenne", Announced, 3, 9)
	at("America/Cayenne", InForce, 3, 10)
	at("Pacific/Noumea", InForce, 2, 20)
	at("Pacific/Marquesas", InForce, 10, 16)
	at("Pacific/Marquesas", Expired, 10, 17)
}

func utc(t *testing.T) *hours.Zone {
	t.Helper()
	z, err := hours.LoadZone("UTC")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestScopes(t *testing.T) {
	ecole := school.School{UAI: "0799001E", Degree: school.First, Parent: "FR/13/079/C01"}
	lycee := school.School{UAI: "0799201X", Degree: school.Second, Sector: school.Private, Parent: "FR/13/079"}
	holds := func(s Scope, want string) {
		t.Helper()
		have := ""
		for _, sc := range []school.School{ecole, lycee} {
			if s.Holds(sc) {
				have += sc.Degree.String() + " "
			}
		}
		if strings.TrimSpace(have) != want {
			t.Errorf("%+v holds %q, want %q", s, have, want)
		}
	}
	holds(Scope{Territory: "FR"}, "first second")
	holds(Scope{Territory: "FR/13/079/C01"}, "first")
	holds(Scope{Territory: "FR/13/079/0799201X"}, "second")
	holds(Scope{Territory: "FR/13/086"}, "")
	holds(Scope{Territory: "FR", Degrees: []school.Degree{school.Second}}, "second")
	holds(Scope{Territory: "FR", Sectors: []school.Sector{school.Public}}, "first")
	holds(Scope{Territory: "FR", Except: []Exception{{School: "0799001E"}}}, "second")

	covers := func(want bool, a, b Scope) {
		t.Helper()
		if a.Covers(b) != want {
			t.Errorf("%+v covers %+v: want %v", a, b, want)
		}
	}
	first, without := Scope{Territory: "FR", Degrees: []school.Degree{school.First}}, Scope{Territory: "FR", Except: []Exception{{School: "0799001E"}}}
	covers(true, Scope{Territory: "FR"}, first)
	covers(false, first, Scope{Territory: "FR/13"})
	covers(false, Scope{Territory: "FR/13"}, Scope{Territory: "FR"})
	covers(true, Scope{Territory: "FR", Degrees: []school.Degree{school.First, school.Second}}, Scope{Territory: "FR/13"})
	covers(false, without, Scope{Territory: "FR"})
	covers(true, without, without)

	all, mail := Scope{Territory: "FR"}, Scope{Territory: "FR", Services: []Service{Mail}}
	if !all.Covers(mail) || mail.Covers(all) || !mail.Serves(Mail) || mail.Serves(Chat) {
		t.Error("services are not compared")
	}
}
