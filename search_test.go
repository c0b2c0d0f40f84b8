package ecluse_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestPointsList(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db string) {
		w := newWorld(t, db, "2024-04-02T12:00", letters...)
		all := w.Answering(enforce.Point{Name: "all", Kind: "other", Territory: "FR"})
		one := w.Answering(enforce.Point{Name: "one", Kind: "other", Territory: "FR/13/079/C01"})

		logins := func(roles school.Roles) (list []string) {
			t.Helper()
			after := ""
			for {
				page, err := all.Logins(w.ctx, college, roles, after, 2)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					return list
				}
				list, after = append(list, page...), page[len(page)-1]
			}
		}
		if got := logins(0); len(got) != 7 || !slices.IsSorted(got) {
			t.Errorf("everybody in the collège: %v", got)
		}
		if got := logins(school.RolesOf(school.Pupil)); !slices.Equal(got, []string{"pupil.a", "pupil.b"}) {
			t.Errorf("the pupils: %v", got)
		}
		if list, err := one.Logins(w.ctx, college, 0, "", 10); list != nil || err != nil {
			t.Errorf("people of another's school: %v, %v", list, err)
		}

		for name, c := range map[string]struct {
			who   *ecluse.Answerer
			after school.UAI
			want  []school.UAI
		}{
			"all":          {all, "", []school.UAI{ecole, college}},
			"after one":    {all, ecole, []school.UAI{college}},
			"after none":   {all, "0799001A", []school.UAI{ecole, college}},
			"of one place": {one, "", []school.UAI{ecole}},
		} {
			var got []school.UAI
			for _, s := range c.who.Schools(c.after, 10) {
				got = append(got, s.UAI)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}

		if got, err := all.Places(w.ctx, "Nadia", 0); err != nil || !slices.Equal(got, []school.UAI{ecole, college}) {
			t.Errorf("Nadia's places: %v, %v", got, err)
		}
		if got, err := one.Places(w.ctx, "nadia", 0); err != nil || !slices.Equal(got, []school.UAI{ecole}) {
			t.Errorf("Nadia's places here: %v, %v", got, err)
		}
		if got, err := all.Places(w.ctx, "nadia", school.RolesOf(school.Head)); err != nil || got != nil {
			t.Errorf("where Nadia is head: %v, %v", got, err)
		}
		if got, err := all.Places(w.ctx, "nobody", 0); err != nil || got != nil {
			t.Errorf("nobody's places: %v, %v", got, err)
		}
	})
}

// TestStatesAgreeWithAnswers of every school and role, hour by hour.
func TestStatesAgreeWithAnswers(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-04-05T06:00", letters...)
	who := w.Answering(enforce.Point{Name: "all", Kind: "other", Territory: "FR"})
	for at := paris("2024-04-05T06:00"); at.Before(paris("2024-04-09T00:00")); at = at.Add(30 * time.Minute) {
		w.clock.Set(at)
		states, version := who.States(order.Messaging, who.Schools("", 10))
		if len(states) != 2*school.RoleCount || version != who.Version() {
			t.Fatalf("%d states by %d", len(states), version)
		}
		for _, st := range states {
			a := who.Ask(w.ctx, enforce.Question{School: st.School.UAI, Roles: school.RolesOf(st.Role)})
			if st.Access != a.Access || st.Unknown != a.Unknown || !st.Until.Equal(a.Until) || st.Opens != a.Opens {
				t.Fatalf("%v %s: %+v, but asked: %+v", at, st.Role, st, a)
			}
		}
	}
}

// TestSimulatedAnswersAreThoseOfTheirInstant.
func TestSimulatedAnswersAreThoseOfTheirInstant(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-04-02T12:00", letters...)
	who := w.Answering(enforce.Point{Name: "all", Kind: "other", Territory: "FR"})
	qs := []enforce.Question{{Login: "nadia"}, {Login: "pupil.a"}, {School: college, Roles: school.Adults}, {Login: enforce.SelfTest}, {}}
	for _, at := range []string{"2024-04-02T18:59:59", "2024-04-02T19:00:00", "2024-04-03T06:59:59", "2024-04-06T12:00"} {
		var simulated []*enforce.Answer
		for _, q := range qs {
			simulated = append(simulated, who.Simulate(w.ctx, q, paris(at)))
		}
		w.clock.Set(paris(at))
		for i, real := range who.AskAll(w.ctx, qs) {
			if s := simulated[i]; s.Access != real.Access || !s.Until.Equal(real.Until) || s.French != real.French {
				t.Errorf("%+v at %s: %s until %v, want %s until %v", qs[i], at, s.Access, s.Until, real.Access, real.Until)
			}
		}
	}
	if past := who.Simulate(w.ctx, enforce.Question{Login: "pupil.a"}, paris("2024-03-28T23:59:59")); past.Access != order.Write {
		t.Errorf("before the letters: %+v", past)
	}
}
