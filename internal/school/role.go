package school

import (
	"fmt"
	"math/bits"
	"strings"
)

// A Role is what one person is in one school.
type Role uint8

// The five roles. Every role but Pupil is an adult's.
const (
	Pupil Role = iota
	Guardian
	Teacher
	Staff
	Head
	RoleCount = iota
)

var roleNames = [RoleCount]string{"pupil", "guardian", "teacher", "staff", "head"}

// String is the word that orders and files use, such as "guardian".
func (r Role) String() string {
	if r >= RoleCount {
		return fmt.Sprintf("role(%d)", uint8(r))
	}
	return roleNames[r]
}

// ParseRole reads the word of one role.
func ParseRole(s string) (Role, error) {
	for i, name := range roleNames {
		if s == name {
			return Role(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not a role: want one of %s", s, strings.Join(roleNames[:], ", "))
}

// Roles is a set of roles.
type Roles uint8

// Adults is every role but pupil; Everyone is every role.
const (
	Everyone = Roles(1<<RoleCount - 1)
	Adults   = Everyone &^ (1 << Pupil)
)

// RolesOf is the set of the given roles.
func RolesOf(roles ...Role) Roles {
	var s Roles
	for _, r := range roles {
		s |= 1 << r
	}
	return s
}

// ParseRoles reads words of an order: a role, "adults" or "everyone".
func ParseRoles(words []string) (Roles, error) {
	var s Roles
	for _, w := range words {
		switch w {
		case "adults":
			s |= Adults
		case "everyone":
			s |= Everyone
		default:
			r, err := ParseRole(w)
			if err != nil {
				return 0, fmt.Errorf("%w, adults or everyone", err)
			}
			s |= 1 << r
		}
	}
	return s, nil
}

// Has reports whether r is in the set.
func (s Roles) Has(r Role) bool { return s&(1<<r) != 0 }

// Len is the number of roles in the set.
func (s Roles) Len() int { return bits.OnesCount8(uint8(s)) }

// Each lists the roles of the set in their own order.
func (s Roles) Each() []Role {
	var out []Role
	for r := range Role(RoleCount) {
		if s.Has(r) {
			out = append(out, r)
		}
	}
	return out
}

// String joins the words of the set, with "adults" for all four adult roles.
func (s Roles) String() string {
	var words []string
	if s&Adults == Adults {
		words, s = append(words, "adults"), s&^Adults
	}
	for _, r := range s.Each() {
		words = append(words, r.String())
	}
	return strings.Join(words, ", ")
}
