package gate_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

func TestLastsSkipsWhatMakesNoDifference(t *testing.T) {
	both := []draft{
		issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-23:00"),
		weekdays(),
	}
	b := under(t, both...)
	b.lasts(school.Staff, "2024-04-05T10:00", "2024-04-05T19:00")
	b.lasts(school.Staff, "2024-04-05T19:00", "2024-04-08T07:00")
	b.lasts(school.Staff, "2024-04-05T21:00", "2024-04-08T07:00")
	b.lasts(school.Staff, "2024-03-30T12:00", "2024-04-02T07:00") // over Easter Monday
	b.lasts(school.Pupil, "2024-04-05T21:00", "never")
	b.lasts(school.Pupil, "2024-03-28T12:00", "2024-03-29T00:00")

	b.since(school.Staff, "2024-04-05T18:59:59", "2024-04-05T07:00")
	b.since(school.Staff, "2024-04-07T12:00", "2024-04-05T19:00")
	b.since(school.Pupil, "2024-06-01T12:00", "2024-03-29T00:00")
	b.since(school.Pupil, "2024-03-01T12:00", "always")

	b.reopens(school.Staff, order.Write, "2024-04-05T21:00", "2024-04-08T07:00")
	b.reopens(school.Staff, order.Write, "2024-04-08T10:00", "2024-04-08T10:00")
	b.reopens(school.Pupil, order.Read, "2024-04-05T21:00", "never")
}

func TestHoursThatNeverMeetNeverReopen(t *testing.T) {
	b := under(t,
		issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "Mo-Fr 07:00-19:00"),
		issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "Sa,Su 07:00-19:00"))
	b.reopens(school.Staff, order.Write, "2024-04-05T21:00", "never")
	b.lasts(school.Staff, "2024-04-05T21:00", "never")
}

func TestReopeningInStages(t *testing.T) {
	first := issue("FR/13/079", 1, "2024-03-29T00:00").rule(pupils, "off")
	second := issue("FR/13/079", 2, "2024-04-08T08:00").replaces(first.o.ID).rule(pupils, "", inside(order.Read))
	third := issue("FR/13/079", 3, "2024-04-15T08:00").cancels(second.o.ID)
	b := under(t, first, second, third)
	const now = "2024-04-01T12:00"
	b.reopens(school.Pupil, order.Read, now, "2024-04-08T08:00")
	b.reopens(school.Pupil, order.Write, now, "2024-04-15T08:00")
	b.lasts(school.Pupil, now, "2024-04-08T08:00")

	b.since(school.Pupil, "2024-04-10T12:00", "2024-04-08T08:00")
	b.same("stopped", school.Pupil, now, "2024-03-29T00:00", b.s.Stopped(b.request(school.Pupil, "2024-04-10T12:00")))
	b.same("stopped", school.Pupil, now, "2024-04-16T12:00", b.s.Stopped(b.request(school.Pupil, "2024-04-16T12:00")))
}

func TestNextChangeIsTheEarliestForAnybody(t *testing.T) {
	b := under(t, nights(), issue("FR/13/079", 3, "2024-03-29T00:00").rule(school.RolesOf(school.Teacher), "06:00-20:00", with(pupils)))
	b.place = ecole
	next := func(at string) int64 { return b.s.NextChange(b.place.UAI, b.instant(at)) }
	b.same("changes", school.Pupil, "2024-03-28T12:00", "2024-03-29T00:00", next("2024-03-28T12:00"))
	b.same("changes", school.Pupil, "2024-03-29T12:00", "2024-03-29T20:00", next("2024-03-29T12:00"))
	b.same("changes", school.Pupil, "2024-03-29T20:00", "2024-03-29T23:00", next("2024-03-29T20:00"))
	b.place = vienne
	b.same("changes", school.Pupil, "2024-03-29T20:00", "never", next("2024-03-29T20:00"))
}

func TestOrdersOfASchool(t *testing.T) {
	first := issue("FR/13/079", 1, "2024-03-29T00:00").rule(pupils, "off")
	second := issue("FR/13/079", 2, "2024-04-08T08:00").replaces(first.o.ID).rule(pupils, "", inside(order.Read))
	third := issue("FR", 3, "2024-05-01T00:00").until("2024-05-02T00:00").rule(pupils, "off")
	b := under(t, first, second, third, issue("FR/13/086", 1, "2024-03-29T00:00").rule(pupils, "off"))
	states := func(at string) []order.State {
		var out []order.State
		for _, st := range b.s.OrdersFor(college.UAI, b.instant(at)) {
			out = append(out, st.State)
		}
		return out
	}
	for at, want := range map[string][]order.State{
		"2024-03-28T12:00": {order.Announced, order.Announced, order.Announced},
		"2024-04-01T12:00": {order.InForce, order.Announced, order.Announced},
		"2024-05-01T12:00": {order.Replaced, order.InForce, order.InForce},
		"2024-05-02T00:00": {order.Replaced, order.InForce, order.Expired},
	} {
		if got := states(at); len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
	}
	if got := b.s.OrdersFor("0790999X", 0); got != nil {
		t.Errorf("an unknown school has orders: %v", got)
	}
}

func TestActions(t *testing.T) {
	never := []gate.Action{gate.Notice, gate.Help, gate.Announce, gate.Security, gate.ProtectionMessage, gate.Exempt}
	for _, a := range never {
		if !gate.Allows(gate.Decision{}, a) {
			t.Errorf("action %d is closed, though no order closes it", a)
		}
	}
	ladder := []gate.Action{gate.Read, gate.Reply, gate.Write}
	for rung := order.Closed; rung <= order.Write; rung++ {
		for i, a := range ladder {
			if got, want := gate.Allows(gate.Decision{Access: rung}, a), int(rung) > i; got != want {
				t.Errorf("access %s, action %d: %v, want %v", rung, a, got, want)
			}
		}
	}
	if gate.Allows(gate.Decision{Access: order.Reply}, gate.Action(99)) {
		t.Error("an action nobody knows passes")
	}
}

func TestGateSwapsAtOnce(t *testing.T) {
	var g gate.Gate
	open, shut := under(t), under(t, weekdays())
	r := open.request(school.Pupil, "2024-04-02T10:00")
	g.Store(open.s)
	if d := g.Decide(r); d.Access != order.Write {
		t.Errorf("before the order: %+v", d)
	}
	g.Store(shut.s)
	if d := g.Decide(r); d.Access != order.Closed || d.Unknown {
		t.Errorf("after the order: %+v", d)
	}
}
