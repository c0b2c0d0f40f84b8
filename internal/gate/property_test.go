package gate_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The stuff that random orders are made of. Days lie around the change of
// clocks of 31 March 2024 and of 27 October, so that boundaries fall into gaps
// and repeated hours.
var (
	someHours = []string{
		"", "off", "24/7", "07:00-23:00", "Mo-Fr 07:00-19:00; PH off", "22:00-06:00", "Sa,Su 02:00-03:00",
		"Mo-Fr 08:00-12:00,13:30-17:00; SH off", "02:30-02:45", "Mar 31 02:00-04:00; Oct 27 01:30-02:30",
	}
	someDays = []hours.Date{
		hours.NewDate(2024, 3, 28), hours.NewDate(2024, 3, 30), hours.NewDate(2024, 3, 31), hours.NewDate(2024, 4, 1),
		hours.NewDate(2024, 4, 2), hours.NewDate(2024, 4, 6), hours.NewDate(2024, 10, 27), hours.NewDate(2025, 12, 31),
	}
	someTerritories = []school.Territory{
		"FR", "FR/13", "FR/13/079", "FR/13/079/C01", "FR/13/079/C02", "FR/13/086", "FR/44", "FR/1",
		ecole.Territory(), college.Territory(), marquesa.Territory(),
	}
	someLimits  = []int{0, 5, 30}
	someFactsOf = []gate.Facts{
		{}, gate.Compliant(), {PasswordChanged: 1711800000, SecondFactor: true, Country: gate.Country{'F', 'R'}},
		{PasswordChanged: 1711900000, KnownDevice: true, Country: gate.Country{'B', 'E'}},
	}
	access = rapid.SampledFrom([]order.Access{order.Closed, order.Read, order.Reply, order.Write})
)

func drawWall(t *rapid.T, name string) order.Wall {
	return order.Wall{
		Date:   rapid.SampledFrom(someDays).Draw(t, name+" day"),
		Second: rapid.SampledFrom([]int{0, 7 * 3600, 2*3600 + 1800, 3 * 3600, 86399}).Draw(t, name+" second"),
	}
}

func drawRule(t *rapid.T) order.Rule {
	r := order.Rule{
		Roles:   school.Roles(rapid.IntRange(1, int(school.Everyone)).Draw(t, "roles")),
		Access:  access.Draw(t, "inside"),
		Outside: access.Draw(t, "outside"),
	}
	if text := rapid.SampledFrom(someHours).Draw(t, "hours"); text != "" {
		r.Hours, _ = hours.Parse(text)
	}
	if rapid.IntRange(0, 3).Draw(t, "with?") == 0 {
		r.With = school.Roles(rapid.IntRange(1, int(school.Everyone)).Draw(t, "with"))
	}
	if rapid.IntRange(0, 3).Draw(t, "limits?") == 0 {
		n, links := rapid.SampledFrom(someLimits).Draw(t, "recipients"), rapid.Bool().Draw(t, "links")
		r.Limits = order.Limits{Recipients: &n, Links: &links}
	}
	if rapid.IntRange(0, 3).Draw(t, "require?") == 0 {
		r.Require = order.Requirements{SecondFactor: rapid.Bool().Draw(t, "factor"), KnownDevice: rapid.Bool().Draw(t, "device")}
		if rapid.Bool().Draw(t, "password?") {
			r.Require.PasswordSince = drawWall(t, "password since")
		}
		r.Require.Countries = rapid.SampledFrom([][]string{nil, {"FR"}, {"FR", "BE"}}).Draw(t, "countries")
		r.Otherwise = access.Draw(t, "otherwise")
	}
	return r
}

func drawOrder(t *rapid.T, serial int, earlier []*order.Order) *order.Order {
	territory := rapid.SampledFrom(someTerritories).Draw(t, "territory")
	o := issue(territory, serial+1, "2024-03-28T00:00").o
	o.From = drawWall(t, "from")
	if rapid.Bool().Draw(t, "ends?") {
		o.Until = drawWall(t, "until")
	}
	o.Applies.Degrees = rapid.SampledFrom([][]school.Degree{nil, nil, {school.First}, {school.Second}}).Draw(t, "degrees")
	o.Applies.Sectors = rapid.SampledFrom([][]school.Sector{nil, nil, {school.Public}, {school.Private}}).Draw(t, "sectors")
	o.Applies.Services = rapid.SampledFrom([][]order.Service{nil, nil, {order.Mail}, {order.Messaging, order.Chat}}).Draw(t, "services")
	if rapid.IntRange(0, 3).Draw(t, "except?") == 0 {
		o.Applies.Except = []order.Exception{{School: rapid.SampledFrom(places).Draw(t, "except").UAI, Reason: "motif"}}
	}
	if rapid.IntRange(0, 6).Draw(t, "exercise?") == 0 {
		o.Status = order.Exercise
	}
	if len(earlier) > 0 && rapid.IntRange(0, 2).Draw(t, "refers?") == 0 {
		o.Type = rapid.SampledFrom([]order.Type{order.Update, order.Cancel}).Draw(t, "type")
		o.References = []order.ID{rapid.SampledFrom(earlier).Draw(t, "reference").ID}
	}
	if o.Type != order.Cancel {
		o.Rules = rapid.SliceOfN(rapid.Custom(drawRule), 1, 3).Draw(t, "rules")
	}
	return o
}

func drawExemption(t *rapid.T, id int64, orders []*order.Order) gate.Exemption {
	o := rapid.SampledFrom(orders).Draw(t, "exempt from")
	from := rapid.Int64Range(1711580000, 1712500000).Draw(t, "exempt since")
	return gate.Exemption{
		ID: id, Order: o.ID, School: rapid.SampledFrom(places).Draw(t, "exempt at").UAI,
		Member: rapid.Int64Range(1, 2).Draw(t, "member"), Person: 70, From: from,
		Until: from + rapid.Int64Range(0, 300000).Draw(t, "exempt for"), Access: access.Draw(t, "exempt to"),
		AskedBy: 71, GrantedBy: rapid.Int64Range(70, 73).Draw(t, "granted by"),
		Authority: rapid.SampledFrom([]school.Territory{o.Issuer, "FR", "FR/13/079"}).Draw(t, "authority"), Reason: "motif",
	}
}

func drawSource(t *rapid.T) gate.Source {
	var orders []*order.Order
	for i := range rapid.IntRange(0, 6).Draw(t, "orders") {
		orders = append(orders, drawOrder(t, i, orders))
	}
	src := gate.Source{Schools: places, Calendar: holidays, From: 1704000000, To: 1720000000}
	src.Orders, _ = order.NewSet(orders) // what is void is void for both
	src.Rehearse = rapid.IntRange(0, 4).Draw(t, "rehearse?") == 0
	if len(orders) > 0 {
		for i := range rapid.IntRange(0, 3).Draw(t, "exemptions") {
			src.Exemptions = append(src.Exemptions, drawExemption(t, int64(i+1), orders))
		}
	}
	return src
}

// drawRequest asks around the days of the orders; half the instants are just at
// a boundary, or a second off.
func drawRequest(t *rapid.T, s *gate.Snapshot) gate.Request {
	r := gate.Request{
		School:  rapid.SampledFrom(places).Draw(t, "school").UAI,
		Role:    school.Role(rapid.IntRange(0, school.RoleCount-1).Draw(t, "role")),
		With:    school.Roles(rapid.IntRange(0, int(school.Everyone)).Draw(t, "counterparts")),
		Service: order.Service(rapid.IntRange(0, order.ServiceCount-1).Draw(t, "service")),
		Member:  rapid.Int64Range(0, 3).Draw(t, "as member"),
		Facts:   rapid.SampledFrom(someFactsOf).Draw(t, "facts"),
	}
	zone := s.Zone(r.School)
	w := drawWall(t, "at")
	r.At = w.Instant(zone) + rapid.Int64Range(-1, 1).Draw(t, "off by")
	if rapid.Bool().Draw(t, "anywhere?") {
		r.At += rapid.Int64Range(-200000, 200000).Draw(t, "shift")
	} else if next := s.Decide(r).Until; rapid.Bool().Draw(t, "at a change?") && next != hours.Never {
		r.At = next + rapid.Int64Range(-1, 0).Draw(t, "before the change")
	}
	return r
}

// TestTableAgreesWithReference holds the compiled table against the plain walk.
func TestTableAgreesWithReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawSource(t)
		s, _ := gate.Compile(src)
		ref := gate.NewReference(src)
		for range 4 {
			r := drawRequest(t, s)
			fast := s.Decide(r)
			slow, binding := ref.Decide(r)
			if !fast.Same(slow) {
				t.Fatalf("%+v: the table says %+v, the reference %+v", r, fast, slow)
			}
			if fast.Until < slow.Until || fast.Until <= r.At {
				t.Fatalf("%+v: the table holds until %d, though nothing changes before %d", r, fast.Until, slow.Until)
			}
			if got := s.Orders(r, fast); !sameOrders(got, binding) {
				t.Fatalf("%+v: the table names %v, the reference %v", r, ids(got), ids(binding))
			}
		}
	})
}

// TestSearchesAgreeWithReference walks the reference, change by change, along
// what Lasts, Since and Reopens claim.
func TestSearchesAgreeWithReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawSource(t)
		s, _ := gate.Compile(src)
		ref := gate.NewReference(src)
		r := drawRequest(t, s)
		now, _ := ref.Decide(r)

		holds(t, ref, r, s.Lasts(r), "Lasts", func(d gate.Decision) bool { return d.Same(now) })

		want := access.Draw(t, "wanted")
		holds(t, ref, r, s.Reopens(r, want), "Reopens", func(d gate.Decision) bool { return d.Access < want })

		since := s.Since(r)
		if since == -1<<63 {
			return
		}
		back := r
		back.At = since - 1
		if d, _ := ref.Decide(back); d.Access == now.Access {
			t.Fatalf("%+v: Since %d, but a second before it was the same", r, since)
		}
		back.At = since
		for back.At <= r.At {
			d, _ := ref.Decide(back)
			if d.Access != now.Access {
				t.Fatalf("%+v: Since %d, but at %d the access was %s", r, since, back.At, d.Access)
			}
			back.At = d.Until
		}
	})
}

// holds checks that a condition is true from the request's instant to the
// claimed end, and false there. Long stretches are followed for a while only.
func holds(t *rapid.T, ref *gate.Reference, r gate.Request, end int64, what string, condition func(gate.Decision) bool) {
	for range 80 {
		d, _ := ref.Decide(r)
		if holding := condition(d); r.At >= end {
			if holding {
				t.Fatalf("%+v: %s gives %d, but nothing changes there", r, what, end)
			}
			return
		} else if !holding {
			t.Fatalf("%s gives %d, but at %d it is over: %+v", what, end, r.At, d)
		}
		if d.Until == hours.Never {
			if end != hours.Never {
				t.Fatalf("%s gives %d, but nothing changes any more", what, end)
			}
			return
		}
		r.At = min(d.Until, max(end, r.At+1))
	}
}

func sameOrders(a, b []*order.Order) bool { return slices.Equal(ids(a), ids(b)) }

func ids(orders []*order.Order) []order.ID {
	var out []order.ID
	for _, o := range orders {
		out = append(out, o.ID)
	}
	return out
}
