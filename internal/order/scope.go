package order

import (
	"slices"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Holds reports whether the school is bound: inside the territory, of a degree
// and a sector that apply, and not left out.
func (s Scope) Holds(sc school.School) bool {
	return s.Territory.Contains(sc.Territory()) &&
		allows(s.Degrees, sc.Degree) &&
		allows(s.Sectors, sc.Sector) &&
		!s.LeavesOut(sc.UAI)
}

// Serves reports whether messaging of this kind is bound.
func (s Scope) Serves(service Service) bool { return allows(s.Services, service) }

// LeavesOut reports whether the school is one of the exceptions.
func (s Scope) LeavesOut(uai school.UAI) bool {
	return slices.ContainsFunc(s.Except, func(e Exception) bool { return e.School == uai })
}

// Covers reports whether every school and service that other binds is bound by
// s too, whatever schools there are.
func (s Scope) Covers(other Scope) bool {
	return s.Territory.Contains(other.Territory) &&
		includes(s.Degrees, other.Degrees, school.DegreeCount) &&
		includes(s.Sectors, other.Sectors, school.SectorCount) &&
		includes(s.Services, other.Services, ServiceCount) &&
		!slices.ContainsFunc(s.Except, func(e Exception) bool { return !other.LeavesOut(e.School) })
}

// allows reports whether v is listed; an empty list allows all.
func allows[T comparable](list []T, v T) bool {
	return len(list) == 0 || slices.Contains(list, v)
}

// includes reports whether list allows all that other allows, out of the values
// below count.
func includes[T ~uint8](list, other []T, count int) bool {
	for v := range T(count) {
		if allows(other, v) && !allows(list, v) {
			return false
		}
	}
	return true
}
