package gate

import (
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Snapshot is everything that decides, compiled. It is immutable and safe for
// concurrent use. A nil Snapshot decides Closed, Unknown.
//
// Schools under the same orders, clock and holidays share one cell; a cell has
// a list of rules per service and role, in the one array rules. Lists are sorted
// by the end of the order, latest first: what is over stands behind what is not,
// so that years of past orders cost a decision nothing.
type Snapshot struct {
	version int64
	index   index
	cells   []cell
	places  []place
	rules   []rule

	orders     []*order.Order // those that bind: actual, with rules
	set        *order.Set
	schools    []school.School
	exemptions map[int64][]Exemption // by member
}

// A cell is where the rules of a school stand. The first cell is that of
// schools about which nothing can be decided.
type cell [order.ServiceCount][school.RoleCount]span

// A span is a part of Snapshot.rules.
type span struct {
	start uint32
	count uint16
	plain bool // no rule sets limits or requirements
}

// unknownCell is the position of the cell that decides nothing.
const unknownCell = 0

// A place is what a cell's schools share beside its rules.
type place struct {
	zone   *hours.Zone // nil in the unknown cell
	orders []uint32    // positions in Snapshot.orders, in the order of the set
}

// Version is the Source's.
func (s *Snapshot) Version() int64 {
	if s == nil {
		return 0
	}
	return s.version
}

// Schools lists all schools, in the Source's order. It must not be changed.
func (s *Snapshot) Schools() []school.School {
	if s == nil {
		return nil
	}
	return s.schools
}

// Set is the orders it was compiled from, exercises and cancels included; nil if
// there was none.
func (s *Snapshot) Set() *order.Set {
	if s == nil {
		return nil
	}
	return s.set
}

// School is the school with this code, or a NotFound fault.
func (s *Snapshot) School(u school.UAI) (school.School, error) {
	if s != nil {
		if at, _, found := s.index.find(u); found {
			return s.schools[s.index.schools[at]], nil
		}
	}
	return school.School{}, fault.New(fault.NotFound,
		"L’établissement "+string(u)+" n’est pas connu ici.",
		"The school "+string(u)+" is not known here.")
}

// Zone is the school's clock; nil for a school about which nothing can be
// decided.
func (s *Snapshot) Zone(u school.UAI) *hours.Zone {
	if s == nil {
		return nil
	}
	_, cell, _ := s.index.find(u)
	return s.places[cell].zone
}

// cellOf is the position of a school's cell, or unknownCell.
func (s *Snapshot) cellOf(u school.UAI) uint32 {
	if s == nil {
		return unknownCell
	}
	_, cell, _ := s.index.find(u) // unknownCell if there is no such school
	return cell
}

// list is the rules for the request's school, service and role, whether or not
// in force and whomever they bind it with, and whether all are plain; not ok if
// nothing can be decided.
func (s *Snapshot) list(r *Request) (rules []rule, plain, ok bool) {
	c := s.cellOf(r.School)
	if c == unknownCell || r.Role >= school.RoleCount || r.Service >= order.ServiceCount {
		return nil, false, false
	}
	at := s.cells[c][r.Service][r.Role]
	return s.rules[at.start:][:at.count], at.plain, true
}
