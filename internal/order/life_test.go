package order

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/hours"
)

// coordinated makes readings and instants the same.
var coordinated = hours.NewZone(time.UTC)

// lives wants the life of an order in June 2024, as days and hours of it.
func lives(t *testing.T, s *Set, id ID, from, until Wall) {
	t.Helper()
	zone := coordinated
	life := s.Life(id, zone)
	end := int64(hours.Never)
	if !until.IsZero() {
		end = until.Instant(zone)
	}
	if life.From != from.Instant(zone) || life.Until != end {
		t.Errorf("%s lives from %d until %d, want %v until %v", id, life.From, life.Until, from, until)
	}
}

func TestAnOrderBindsFromItsIssueAtTheEarliest(t *testing.T) {
	closing := issue("FR/2024-0001", june(3, 0))
	lift := cancel("FR/2024-0002", june(5, 0), closing.ID)
	zone := coordinated
	s, _ := NewIssuedSet([]*Order{closing, lift}, map[ID]int64{
		closing.ID: june(4, 9).Instant(zone), lift.ID: june(10, 12).Instant(zone),
	})
	lives(t, s, closing.ID, june(4, 9), june(10, 12))
	if at := june(7, 0).Instant(zone); s.State(closing.ID, zone, at) != InForce {
		t.Error("a lifting dated back opens what was closed then")
	}
	ends(t, s, closing.ID, "lifted 2024-06-05T00:00 FR/2024-0002")

	early, _ := NewIssuedSet([]*Order{closing, lift}, map[ID]int64{closing.ID: june(1, 0).Instant(zone), lift.ID: june(2, 0).Instant(zone)})
	lives(t, early, closing.ID, june(3, 0), june(5, 0))
}

// A chain that is adopted in one second comes out as if each had come in time.
func TestAChainKnownAtOnce(t *testing.T) {
	first := issue("FR/2024-0001", june(3, 0))
	second := update("FR/2024-0002", june(4, 0), first.ID)
	third := update("FR/2024-0003", june(5, 0), second.ID)
	now := june(20, 0)
	at := now.Instant(coordinated)
	s, _ := NewIssuedSet([]*Order{first, second, third}, map[ID]int64{first.ID: at, second.ID: at, third.ID: at})
	lives(t, s, first.ID, now, now)
	lives(t, s, second.ID, now, now)
	lives(t, s, third.ID, now, Wall{})
}

// TestNoOrderChangesThePast issues orders one after the other, dated as they
// please: what held at an instant is what was known then, whatever came later.
func TestNoOrderChangesThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := coordinated
		var known []*Order
		issued := map[ID]int64{}
		lived := map[ID]map[int]State{} // by hour of the month
		for i := range rapid.IntRange(1, 6).Draw(t, "orders") {
			o := drawLife(t, i, known)
			known = append(known, o)
			issued[o.ID] = june(1+4*i, rapid.IntRange(0, 95).Draw(t, "issued")).Instant(zone)
			s, _ := NewIssuedSet(known, issued)
			for _, o := range known {
				for hour := range 30 * 24 {
					at := june(1, hour).Instant(zone)
					have := s.State(o.ID, zone, at)
					if before, told := lived[o.ID][hour]; told && at < issued[known[i].ID] && (before == InForce) != (have == InForce) {
						t.Fatalf("%s was %s in hour %d, and is %s since %s was issued", o.ID, before, hour, have, known[i].ID)
					}
					if have == InForce && at < issued[o.ID] {
						t.Fatalf("%s binds in hour %d, before it was issued", o.ID, hour)
					}
					if lived[o.ID] == nil {
						lived[o.ID] = map[int]State{}
					}
					lived[o.ID][hour] = have
				}
			}
		}
	})
}

func drawLife(t *rapid.T, i int, known []*Order) *Order {
	id := ID("FR/2024-000" + string(rune('1'+i)))
	from := june(rapid.IntRange(1, 28).Draw(t, "from"), 0)
	o := issue(id, from)
	if len(known) > 0 && rapid.IntRange(0, 2).Draw(t, "refers?") > 0 {
		ref := rapid.SampledFrom(known).Draw(t, "reference").ID
		if o = update(id, from, ref); rapid.Bool().Draw(t, "lifts?") {
			return cancel(id, from, ref)
		}
	}
	if rapid.Bool().Draw(t, "ends?") {
		o.Until = june(rapid.IntRange(1, 30).Draw(t, "until"), 0)
	}
	return o
}
