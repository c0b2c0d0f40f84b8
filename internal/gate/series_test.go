package gate_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A drawnSeries is a measure of a département, its stages, and what happened to
// them since.
type drawnSeries struct {
	first  *order.Order
	stages []*order.Order
	others []*order.Order // calls off, replaces from above, binds beside
	off    map[order.ID]bool
}

// drawSeries makes a measure and up to five stages, an hour to days apart. Some
// are called off before they begin, all at once as the console does.
func drawSeries(t *rapid.T) drawnSeries {
	d := drawnSeries{first: issue("FR/13/079", 1, "2024-03-28T00:00").o, off: map[order.ID]bool{}}
	d.first.Rules = rapid.SliceOfN(rapid.Custom(drawRule), 1, 3).Draw(t, "first rules")
	from := d.first.From
	for i := range rapid.IntRange(1, 5).Draw(t, "stages") {
		o := issue("FR/13/079", i+2, "2024-03-28T00:00").o
		from.Date += hours.Date(rapid.IntRange(1, 3).Draw(t, "days later"))
		o.From, o.Rules = from, rapid.SliceOfN(rapid.Custom(drawRule), 1, 3).Draw(t, "rules")
		d.stages = append(d.stages, o)
	}
	order.InSeries(d.stages, d.first.ID)
	stop := issue("FR/13/079", 20, "2024-03-28T00:00").o
	stop.Type = order.Cancel
	for _, o := range d.stages {
		if rapid.IntRange(0, 2).Draw(t, "called off?") == 0 {
			d.off[o.ID], stop.References = true, append(stop.References, o.ID)
		}
	}
	if len(stop.References) > 0 {
		d.others = append(d.others, stop)
	}
	return d
}

// now is the stage whose time has come, the last one that was not called off.
func (d drawnSeries) now(zone *hours.Zone, at int64) *order.Order {
	stands := d.first
	for _, o := range d.stages {
		if !d.off[o.ID] && at >= o.From.Instant(zone) {
			stands = o
		}
	}
	return stands
}

func (d drawnSeries) all() []*order.Order {
	return append(append([]*order.Order{d.first}, d.stages...), d.others...)
}

func compiled(orders ...*order.Order) (*gate.Snapshot, *order.Set) {
	set, _ := order.NewSet(orders)
	s, _ := gate.Compile(gate.Source{Schools: places, Calendar: holidays, From: 1704000000, To: 1720000000, Orders: set})
	return s, set
}

// only is one order as if it stood alone and bound at all times.
func only(o *order.Order) *order.Order {
	alone := *o
	alone.Type, alone.References, alone.From = order.Issue, nil, order.Wall{Date: hours.NewDate(2024, 1, 1)}
	return &alone
}

// TestASeriesIsTheStageWhoseTimeHasCome: at any instant, whatever was called off
// in time, one order of a series binds and the decision is that order's.
func TestASeriesIsTheStageWhoseTimeHasCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawSeries(t)
		s, set := compiled(d.all()...)
		r := drawSeriesRequest(t, s)
		zone := s.Zone(r.School)
		if r.At < d.first.From.Instant(zone) {
			return
		}
		stands := d.now(zone, r.At)
		binding := 0
		for _, o := range append([]*order.Order{d.first}, d.stages...) {
			if state := set.State(o.ID, zone, r.At); (state == order.InForce) != (o == stands) {
				t.Fatalf("%s is %d at %d, where %s stands", o.ID, state, r.At, stands.ID)
			} else if state == order.InForce {
				binding++
			}
		}
		if binding != 1 {
			t.Fatalf("%d orders bind at once", binding)
		}
		alone, _ := compiled(only(stands))
		if got, want := s.Decide(r), alone.Decide(r); got.Access != want.Access || got.Unknown != want.Unknown || got.Limits != want.Limits {
			t.Fatalf("%+v: %+v, the stage alone says %+v", r, got, want)
		}
	})
}

// TestNoStageOpensWhatAnotherOrderCloses: an order of any level beside a series,
// or one above that replaces its first order, is never loosened by a stage.
func TestNoStageOpensWhatAnotherOrderCloses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawSeries(t)
		other := issue(rapid.SampledFrom([]school.Territory{"FR", "FR/13", "FR/13/079"}).Draw(t, "issuer"), 40, "2024-03-28T00:00").o
		other.From, other.Rules = drawWall(t, "beside from"), rapid.SliceOfN(rapid.Custom(drawRule), 1, 3).Draw(t, "beside rules")
		if rapid.Bool().Draw(t, "replaces the first?") {
			other.Type, other.References = order.Update, []order.ID{d.first.ID}
		}
		d.others = append(d.others, other)
		s, set := compiled(d.all()...)
		r := drawSeriesRequest(t, s)
		if set.State(other.ID, s.Zone(r.School), r.At) != order.InForce {
			return
		}
		alone, _ := compiled(only(other))
		if got, want := s.Decide(r), alone.Decide(r); got.Access > want.Access {
			t.Fatalf("%+v: %v, though %s allows %v", r, got.Access, other.ID, want.Access)
		}
	})
}

// drawSeriesRequest asks at the instants between the stages, at a school of the
// département.
func drawSeriesRequest(t *rapid.T, s *gate.Snapshot) gate.Request {
	r := drawRequest(t, s)
	r.School = rapid.SampledFrom([]school.UAI{ecole.UAI, college.UAI}).Draw(t, "of the département")
	r.Member = 0
	start := order.Wall{Date: hours.NewDate(2024, 3, 28)}.Instant(s.Zone(r.School))
	r.At = start + rapid.Int64Range(-3600, 20*24*3600).Draw(t, "in the series")
	if rapid.Bool().Draw(t, "on the hour?") {
		r.At -= (r.At - start) % (24 * 3600)
		r.At += rapid.Int64Range(-1, 1).Draw(t, "off by a second")
	}
	return r
}
