package school

import (
	"slices"
	"testing"
)

func TestRoles(t *testing.T) {
	for r := range Role(RoleCount) {
		if got, err := ParseRole(r.String()); err != nil || got != r {
			t.Errorf("ParseRole(%q) = %v, %v", r, got, err)
		}
		if !Everyone.Has(r) || Adults.Has(r) != (r != Pupil) {
			t.Errorf("%v: everyone %v, adults %v", r, Everyone.Has(r), Adults.Has(r))
		}
	}
	if got := Role(9).String(); got != "role(9)" {
		t.Errorf("Role(9) = %q", got)
	}
}

func TestParseRoles(t *testing.T) {
	allow := func(want Roles, s string, words ...string) {
		t.Helper()
		got, err := ParseRoles(words)
		if err != nil || got != want || got.String() != s {
			t.Errorf("ParseRoles(%q) = %q, %v, want %q", words, got, err, s)
		}
	}
	allow(RolesOf(Pupil), "pupil", "pupil")
	allow(Adults, "adults", "adults")
	allow(Adults, "adults", "head", "staff", "teacher", "guardian")
	allow(Everyone, "adults, pupil", "everyone")
	allow(RolesOf(Pupil, Staff), "pupil, staff", "staff", "pupil")
	allow(0, "")

	if _, err := ParseRoles([]string{"adults", "parents"}); err == nil {
		t.Error("parents is not a role's word")
	}
	if got := RolesOf(Head, Guardian).Each(); !slices.Equal(got, []Role{Guardian, Head}) || RolesOf(Head, Guardian).Len() != 2 {
		t.Errorf("Each = %v", got)
	}
}
