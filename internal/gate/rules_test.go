package gate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The places of these rule books: two écoles in two circonscriptions, a collège
// and a lycée of one département, an école and a collège of another, and two
// schools far away, whose clocks differ.
var (
	ecole    = place(790001, "FR/13/079/C01", school.First, "Europe/Paris", "079")
	ecole2   = place(790002, "FR/13/079/C02", school.First, "Europe/Paris", "079")
	college  = place(790003, "FR/13/079", school.Second, "Europe/Paris", "079")
	lycee    = private(place(790004, "FR/13/079", school.Second, "Europe/Paris", "079"))
	vienne   = place(860001, "FR/13/086", school.Second, "Europe/Paris", "086")
	miquelon = place(9750001, "FR/44/975", school.Second, "America/Miquelon", "975")
	marquesa = place(9870001, "FR/41/987", school.Second, "Pacific/Marquesas", "987")
	places   = []school.School{ecole, ecole2, college, lycee, vienne, miquelon, marquesa}
)

func place(number int, parent school.Territory, d school.Degree, zone, calendar string) school.School {
	const letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
	u := school.UAI(fmt.Sprintf("%07d%c", number, letters[number%23]))
	return school.School{UAI: u, Name: string(u), Degree: d, Parent: parent, Zone: zone, Calendar: calendar}
}

func private(s school.School) school.School {
	s.Sector = school.Private
	return s
}

// holidays knows 2024: Easter Monday, 1 and 8 May, and one week without school.
func holidays(code string) (hours.Calendar, error) {
	if code == "" {
		return hours.Calendar{}, fmt.Errorf("no calendar named %q: import it", code)
	}
	first, last := hours.NewDate(2023, 1, 1), hours.NewDate(2025, 12, 31)
	return hours.Calendar{
		Public: hours.NewDays(first, last, hours.NewDate(2024, 4, 1), hours.NewDate(2024, 5, 1), hours.NewDate(2024, 5, 8)),
		School: hours.NewDays(first, last, hours.NewDate(2024, 4, 22), hours.NewDate(2024, 4, 23)),
	}, nil
}

// A draft is an order being written.
type draft struct{ o *order.Order }

// issue begins an order of a territory, for that territory, from a wall clock.
func issue(issuer school.Territory, serial int, from string) draft {
	id := order.ID(fmt.Sprintf("%s/2024-%04d", issuer, serial))
	return draft{&order.Order{
		ID: id, Issuer: issuer, Title: "Un ordre", Reason: "Des messages menaçants circulent",
		Applies: order.Scope{Territory: issuer}, From: wall(from), Contact: order.Contact{Office: "Le bureau de " + string(issuer)},
	}}
}

func (d draft) until(s string) draft              { d.o.Until = wall(s); return d }
func (d draft) degrees(g ...school.Degree) draft  { d.o.Applies.Degrees = g; return d }
func (d draft) sectors(g ...school.Sector) draft  { d.o.Applies.Sectors = g; return d }
func (d draft) services(g ...order.Service) draft { d.o.Applies.Services = g; return d }
func (d draft) within(t school.Territory) draft   { d.o.Applies.Territory = t; return d }
func (d draft) exercise() draft                   { d.o.Status = order.Exercise; return d }
func (d draft) cancels(ids ...order.ID) draft     { d.o.Type, d.o.References = order.Cancel, ids; return d }
func (d draft) replaces(ids ...order.ID) draft {
	d.o.Type, d.o.References = order.Update, ids
	return d
}
func (d draft) except(s school.School) draft {
	d.o.Applies.Except = append(d.o.Applies.Except, order.Exception{School: s.UAI, Reason: "classe de mer"})
	return d
}

// rule adds one rule: write inside the hours, closed outside, unless changed.
func (d draft) rule(roles school.Roles, text string, changes ...func(*order.Rule)) draft {
	r := order.Rule{Roles: roles, Access: order.Write}
	if text != "" {
		h, err := hours.Parse(text)
		if err != nil {
			panic(err)
		}
		r.Hours = h
	}
	for _, change := range changes {
		change(&r)
	}
	d.o.Rules = append(d.o.Rules, r)
	return d
}

func inside(a order.Access) func(*order.Rule)  { return func(r *order.Rule) { r.Access = a } }
func outside(a order.Access) func(*order.Rule) { return func(r *order.Rule) { r.Outside = a } }
func with(w school.Roles) func(*order.Rule)    { return func(r *order.Rule) { r.With = w } }
func limit(l order.Limits) func(*order.Rule)   { return func(r *order.Rule) { r.Limits = l } }
func require(q order.Requirements, otherwise order.Access) func(*order.Rule) {
	return func(r *order.Rule) { r.Require, r.Otherwise = q, otherwise }
}

// wall reads 2024-03-29T07:00, seconds optional.
func wall(s string) order.Wall {
	if s == "" {
		return order.Wall{}
	}
	w, err := order.ParseWall(s)
	if err != nil {
		panic(err)
	}
	return w
}

// A book is a snapshot under test and who is asked about.
type book struct {
	t       *testing.T
	s       *gate.Snapshot
	place   school.School
	with    school.Roles
	service order.Service
	member  int64
	facts   gate.Facts
}

// under compiles orders for all places.
func under(t *testing.T, drafts ...draft) book {
	t.Helper()
	return underAll(t, gate.Source{Schools: places, Orders: set(t, drafts...), Calendar: holidays})
}

func underAll(t *testing.T, src gate.Source) book {
	t.Helper()
	s, err := gate.Compile(src)
	if err != nil {
		t.Fatalf("compiling: %v", err)
	}
	return book{t: t, s: s, place: college, facts: gate.Compliant()}
}

func set(t *testing.T, drafts ...draft) *order.Set {
	t.Helper()
	var orders []*order.Order
	for _, d := range drafts {
		orders = append(orders, d.o)
	}
	s, errs := order.NewSet(orders)
	for _, err := range errs {
		t.Fatalf("collecting the orders: %v", err)
	}
	return s
}

func (b book) at(s school.School) book       { b.place = s; return b }
func (b book) writingTo(w school.Roles) book { b.with = w; return b }
func (b book) through(s order.Service) book  { b.service = s; return b }
func (b book) as(member int64) book          { b.member = member; return b }
func (b book) account(f gate.Facts) book     { b.facts = f; return b }

// instant is when the school's clock first shows the reading.
func (b book) instant(reading string) int64 {
	b.t.Helper()
	zone, err := hours.LoadZone(b.place.Zone)
	if err != nil {
		b.t.Fatal(err)
	}
	return wall(reading).Instant(zone)
}

func (b book) request(role school.Role, reading string) gate.Request {
	return gate.Request{School: b.place.UAI, Role: role, With: b.with, Service: b.service, Member: b.member, At: b.instant(reading), Facts: b.facts}
}

// gives wants an access for a role at a reading of the school's clock.
func (b book) gives(want order.Access, role school.Role, reading string) {
	b.t.Helper()
	if d := b.s.Decide(b.request(role, reading)); d.Access != want || d.Unknown {
		b.t.Errorf("%s %s %s: %+v, want %s", b.place.UAI, role, reading, d, want)
	}
}

func (b book) allow(role school.Role, readings ...string) {
	b.t.Helper()
	for _, reading := range readings {
		b.gives(order.Write, role, reading)
	}
}

func (b book) deny(role school.Role, readings ...string) {
	b.t.Helper()
	for _, reading := range readings {
		b.gives(order.Closed, role, reading)
	}
}

// unknown wants a closure for want of knowing.
func (b book) unknown(role school.Role, readings ...string) {
	b.t.Helper()
	for _, reading := range readings {
		if d := b.s.Decide(b.request(role, reading)); d.Access != order.Closed || !d.Unknown {
			b.t.Errorf("%s %s %s: %+v, want closed because unknown", b.place.UAI, role, reading, d)
		}
	}
}

// lasts wants the true next change, as a reading or "never".
func (b book) lasts(role school.Role, reading, want string) {
	b.t.Helper()
	b.same("lasts", role, reading, want, b.s.Lasts(b.request(role, reading)))
}

// since wants the beginning of the present access, or "always".
func (b book) since(role school.Role, reading, want string) {
	b.t.Helper()
	b.same("since", role, reading, want, b.s.Since(b.request(role, reading)))
}

// reopens wants the next instant with this access.
func (b book) reopens(role school.Role, want order.Access, reading, at string) {
	b.t.Helper()
	b.same("reopens", role, reading, at, b.s.Reopens(b.request(role, reading), want))
}

func (b book) same(what string, role school.Role, reading, want string, got int64) {
	b.t.Helper()
	wanted := int64(hours.Never)
	switch want {
	case "never":
	case "always":
		wanted = -1 << 63
	default:
		wanted = b.instant(want)
	}
	if got != wanted {
		b.t.Errorf("%s %s %s %s: %s, want %s", b.place.UAI, role, what, reading, b.reading(got), want)
	}
}

func (b book) reading(at int64) string {
	if at == hours.Never || at == -1<<63 {
		return "never or always"
	}
	day, second := b.s.Zone(b.place.UAI).Reading(at)
	return order.Wall{Date: day, Second: second}.String()
}

// names wants the orders that bind, by their serial numbers.
func (b book) names(role school.Role, reading string, want ...string) {
	b.t.Helper()
	r := b.request(role, reading)
	var got []string
	for _, o := range b.s.Orders(r, b.s.Decide(r)) {
		got = append(got, strings.TrimPrefix(string(o.ID), "FR"))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		b.t.Errorf("%s %s %s: orders %q bind, want %q", b.place.UAI, role, reading, got, want)
	}
}
