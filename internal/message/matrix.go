package message

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Reach says how far one role may write to another.
type Reach uint8

// None: never. OnlyReply: answer what was received. OwnClasses: people of one's
// own classes, or of one's children's. WholeSchool: anybody of that role.
const (
	None Reach = iota
	OnlyReply
	OwnClasses
	WholeSchool
	ReachCount = iota
)

var reachNames = [ReachCount]string{"none", "reply", "classes", "school"}

// String is the word for files and forms.
func (r Reach) String() string {
	if r >= ReachCount {
		return fmt.Sprintf("reach(%d)", uint8(r))
	}
	return reachNames[r]
}

// ParseReach reads that word.
func ParseReach(s string) (Reach, error) {
	for i, name := range reachNames {
		if s == name {
			return Reach(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not a reach: want none, reply, classes or school", s)
}

// A Matrix says for each sender's role and each recipient's role how far it goes.
type Matrix [school.RoleCount][school.RoleCount]Reach

// DefaultMatrix is the safe default: pupils write to their teachers and to
// staff, never to pupils or guardians; guardians to their children's teachers
// and to staff; adults of the school to each other and to the families.
func DefaultMatrix() Matrix {
	const n, r, c, s = None, OnlyReply, OwnClasses, WholeSchool
	return Matrix{
		//              pupil guardian teacher staff head
		school.Pupil:    {n, n, c, s, r},
		school.Guardian: {n, n, c, s, s},
		school.Teacher:  {c, c, s, s, s},
		school.Staff:    {s, s, s, s, s},
		school.Head:     {s, s, s, s, s},
	}
}
