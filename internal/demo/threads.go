package demo

import (
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A scene is who speaks to whom in one thread.
type scene struct {
	from  int   // membership
	to    []int // memberships
	class int   // the class written to, or -1
	role  school.Role
	about int // membership of the pupil it is about, or of any pupil of the class
}

// A cast finds the people of a thread in a class, and false when it has none.
type cast func(b *builder, class int) (scene, bool)

// letters adds the threads. Each text is used in the schools it suits, in
// another class each time; later threads are older.
func (b *builder) letters() {
	age := 25 * time.Minute
	for round := range 3 {
		for i, text := range texts {
			class, ok := b.classFor(text.in, i+7*round)
			if !ok || round >= text.times {
				continue
			}
			s, ok := text.cast(b, class)
			if !ok {
				continue
			}
			b.Threads = append(b.Threads, b.thread(text, s, class, age))
			age += time.Duration(b.between(90, 480)) * time.Minute
		}
	}
}

// classFor is the nth class of the schools of a kind.
func (b *builder) classFor(in string, n int) (int, bool) {
	var fit []int
	for i, c := range b.Classes {
		if kindOf(c.School) == in || in == second && kindOf(c.School) != ecole {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return 0, false
	}
	return fit[n*5%len(fit)], true
}

// The kinds of school that texts are for.
const (
	ecole   = "école"
	college = "collège"
	lycee   = "lycée"
	second  = "collège ou lycée"
)

func kindOf(uai school.UAI) string {
	switch p := planOf(uai); {
	case p.degree == school.First:
		return ecole
	case p.sector == "":
		return lycee
	default:
		return college
	}
}

// thread writes the text, and the answers of those it was sent to.
func (b *builder) thread(text text, s scene, class int, age time.Duration) Thread {
	uai := b.Classes[class].School
	child := b.People[b.Memberships[s.about].Person].First
	fill := func(words string, from int) string {
		return typography.Replace(strings.NewReplacer(
			"{enfant}", child,
			"{d'enfant}", of(child),
			"{classe}", b.Classes[class].Name,
			"{moi}", b.nameOf(from),
		).Replace(words))
	}
	t := Thread{School: uai, Subject: fill(text.subject, s.from)}
	t.Messages = append(t.Messages, Message{s.from, s.to, s.class, s.role, fill(text.body, s.from), age})
	from, to := s.to[0], s.from
	for i, words := range text.answers {
		age = age * time.Duration(3-i) / 4 // answers come later, that is, are younger
		t.Messages = append(t.Messages, Message{from, []int{to}, -1, 0, fill(words, from), age})
		from, to = to, from
	}
	return t
}

func (b *builder) nameOf(member int) string { return b.People[b.Memberships[member].Person].Name() }

// of puts "de" before a first name, or "d'" before a vowel.
func of(first string) string {
	if strings.ContainsAny(first[:1], "AEIOU") || strings.HasPrefix(first, "É") || strings.HasPrefix(first, "Æ") {
		return "d'" + first
	}
	return "de " + first
}

// typography puts the no-break spaces of French.
var typography = strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " !", "\u00a0!", " ?", "\u00a0?",
	"« ", "«\u00a0", " »", "\u00a0»", " h ", "\u00a0h\u00a0", " €", "\u00a0€")

// toGuardians is a teacher of the class writing to all its guardians.
func toGuardians(b *builder, class int) (scene, bool) {
	c := b.Classes[class]
	return scene{from: c.Teachers[0], to: b.guardiansOf(class), class: class, role: school.Guardian, about: c.Pupils[0]}, true
}

// toPupils is a teacher of the class writing to all its pupils.
func toPupils(b *builder, class int) (scene, bool) {
	c := b.Classes[class]
	return scene{from: pick(b, c.Teachers), to: c.Pupils, class: class, role: school.Pupil, about: c.Pupils[0]}, true
}

// headToGuardians is the head writing to all guardians of the class.
func headToGuardians(b *builder, class int) (scene, bool) {
	s, ok := toGuardians(b, class)
	s.from = b.head(b.Classes[class].School)
	return s, ok
}

// headToStaff is the head writing to everybody who works in the school.
func headToStaff(b *builder, class int) (scene, bool) {
	uai := b.Classes[class].School
	s := scene{from: b.head(uai), class: -1, about: b.Classes[class].Pupils[0]}
	for i, m := range b.Memberships {
		if m.School == uai && (m.Role == school.Teacher || m.Role == school.Staff) {
			s.to = append(s.to, i)
		}
	}
	return s, len(s.to) > 0
}

// guardianTo is a guardian writing to someone of the school about their child.
func guardianTo(function string) cast {
	return func(b *builder, class int) (scene, bool) {
		s := b.oneFamily(class)
		to, ok := b.worker(class, function)
		s.to = []int{to}
		return s, ok
	}
}

// toGuardian is someone of the school writing to a guardian about their child.
func toGuardian(function string) cast {
	return func(b *builder, class int) (scene, bool) {
		s := b.oneFamily(class)
		from, ok := b.worker(class, function)
		s.from, s.to = from, []int{s.from}
		return s, ok
	}
}

// pupilTo is a pupil of the class writing to someone of the school.
func pupilTo(function string) cast {
	return func(b *builder, class int) (scene, bool) {
		pupil := pick(b, b.Classes[class].Pupils)
		to, ok := b.worker(class, function)
		return scene{from: pupil, to: []int{to}, class: -1, about: pupil}, ok
	}
}

// betweenStaff is one of the staff writing to a teacher of the class.
func betweenStaff(function string) cast {
	return func(b *builder, class int) (scene, bool) {
		c := b.Classes[class]
		to := c.Teachers[0]
		from, ok := b.worker(class, function)
		return scene{from: from, to: []int{to}, class: -1, about: pick(b, c.Pupils)}, ok && from != to
	}
}

// oneFamily is a pupil of the class with one guardian, who speaks.
func (b *builder) oneFamily(class int) scene {
	about := pick(b, b.Classes[class].Pupils)
	child := b.Memberships[about].Person
	for _, g := range b.Guardians {
		if g.Child == child {
			return scene{from: b.members[place{g.Guardian, b.Classes[class].School}], class: -1, about: about}
		}
	}
	return scene{from: about, class: -1, about: about}
}

// guardiansOf lists the memberships of a class's guardians, each once.
func (b *builder) guardiansOf(class int) []int {
	c := b.Classes[class]
	inClass := make(map[int]bool, len(c.Pupils))
	for _, p := range c.Pupils {
		inClass[b.Memberships[p].Person] = true
	}
	var out []int
	seen := map[int]bool{}
	for _, g := range b.Guardians {
		if m := b.members[place{g.Guardian, c.School}]; inClass[g.Child] && !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out
}

func (b *builder) head(uai school.UAI) int {
	for i, m := range b.Memberships {
		if m.School == uai && m.Role == school.Head {
			return i
		}
	}
	return -1
}

// worker is who has a function in the school, a teacher of the class first.
func (b *builder) worker(class int, function string) (int, bool) {
	c := b.Classes[class]
	for _, t := range c.Teachers {
		if strings.Contains(b.Memberships[t].Function, function) {
			return t, true
		}
	}
	for i, m := range b.Memberships {
		if m.School == c.School && m.Role != school.Teacher && strings.Contains(m.Function, function) {
			return i, true
		}
	}
	return 0, false
}
