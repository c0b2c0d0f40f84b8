package demo

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Password says that a person has taken their account over, and how long before
// the demonstration begins they chose the password they have. Who has none never
// activated their account, as many guardians never do.
type Password struct {
	Person int
	Age    time.Duration
}

// activated is how many of a hundred have taken their account over, by role.
var activated = map[school.Degree]map[school.Role]int{
	school.First:  {school.Pupil: 12, school.Guardian: 78, school.Teacher: 96, school.Staff: 85, school.Head: 100},
	school.Second: {school.Pupil: 86, school.Guardian: 71, school.Teacher: 98, school.Staff: 92, school.Head: 100},
}

// passwords draws who has one. Most chose it at the beginning of a school year; some
// have changed it in these last days, as they were asked to.
func (b *builder) passwords() {
	degrees := map[school.UAI]school.Degree{}
	for _, s := range b.Schools {
		degrees[s.UAI] = s.Degree
	}
	has := map[int]bool{}
	for _, m := range b.Memberships {
		if !has[m.Person] && b.chance(activated[degrees[m.School]][m.Role]) {
			has[m.Person] = true
			b.Passwords = append(b.Passwords, Password{m.Person, b.passwordAge()})
		}
	}
	for _, o := range b.Offices {
		if !has[o.Person] {
			has[o.Person] = true
			b.Passwords = append(b.Passwords, Password{o.Person, b.passwordAge()})
		}
	}
}

func (b *builder) passwordAge() time.Duration {
	const day = 24 * time.Hour
	if b.chance(22) {
		return time.Duration(b.between(1, 6*24)) * time.Hour
	}
	return time.Duration(b.between(170, 210)+365*b.between(0, 2)) * day
}
