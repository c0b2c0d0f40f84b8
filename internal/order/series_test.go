package order

import (
	"fmt"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

func names(list []*Order) (out string) {
	for _, o := range list {
		out += string(o.ID[len(o.ID)-2:]) + " "
	}
	return out
}

func TestSeries(t *testing.T) {
	id := func(n int) ID { return ID(fmt.Sprintf("FR/13/079/2024-00%02d", n)) }
	first, beside := issue(id(1), june(1, 8)), issue(id(9), june(1, 8))
	stages := []*Order{issue(id(2), june(3, 8)), issue(id(3), june(5, 8)), issue(id(4), june(7, 8))}
	InSeries(stages, first.ID)
	if got := stages[2].References; len(got) != 3 || stages[2].Type != Update {
		t.Fatalf("the last stage replaces %v", got)
	}
	set, errs := NewSet(append([]*Order{first, beside, cancel(id(8), june(2, 8), id(3))}, stages...))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for asked, want := range map[ID]string{id(1): "01 02 03 04 ", id(4): "01 02 03 04 ", id(3): "01 02 03 04 ", id(9): "09 ", id(7): ""} {
		if got := names(set.Series(asked)); got != want {
			t.Errorf("the series of %s: %s, want %s", asked, got, want)
		}
	}
	if at, by, _ := set.End(id(2)); by != id(4) || at != june(7, 8) {
		t.Errorf("the stage before what was called off ends at %v by %s", at, by)
	}
}

func TestRelax(t *testing.T) {
	h := func(s string) *hours.Hours {
		out, err := hours.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	day := Rule{Roles: school.Adults, Hours: h("07:00-19:00"), Access: Write}
	off := Rule{Roles: school.RolesOf(school.Pupil), Hours: h("off"), Access: Write}
	open := Rule{Roles: school.RolesOf(school.Staff), Hours: h("24/7"), Access: Write}
	got := Relax([]Rule{off, day}, open)
	if len(got) != 3 || got[1].Roles != school.Adults&^open.Roles || got[2].Roles != open.Roles {
		t.Errorf("staff at all hours: %+v", got)
	}
	day.Roles = off.Roles
	if got = Relax([]Rule{off, {Roles: school.Adults, Hours: h("07:00-19:00"), Access: Write}}, day); len(got) != 1 || got[0].Roles != school.Everyone {
		t.Errorf("pupils as adults: %+v", got)
	}
}

func TestDigestOf(t *testing.T) {
	a, b := issue("FR/13/079/2024-0001", june(1, 8)), issue("FR/13/079/2024-0002", june(2, 8))
	if DigestOf([]*Order{a}) != a.Digest() {
		t.Error("the digest of one is not its own")
	}
	if both := DigestOf([]*Order{a, b}); both == DigestOf([]*Order{b, a}) || both == a.Digest() {
		t.Error("the digest of two does not tell their order")
	}
}
