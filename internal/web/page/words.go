package page

import (
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Lang is a language of the pages.
type Lang string

// The two languages.
const (
	French  Lang = "fr"
	English Lang = "en"
)

// ParseLang is the language of a two-letter code, French when it is unknown.
func ParseLang(code string) Lang {
	if code == string(English) {
		return English
	}
	return French
}

// Say picks the sentence of this language. French gets its no-break spaces here,
// so that the sources can be typed with plain ones.
func (l Lang) Say(fr, en string) string {
	if l == English {
		return strings.ReplaceAll(en, "'", "’")
	}
	return Typeset(fr)
}

// Count is a number with the noun it counts, kept on one line. French has the
// singular for 0 and 1, English for 1 only.
func (l Lang) Count(n int, frOne, frMany, enOne, enMany string) string {
	noun := frMany
	switch {
	case l == English && n == 1:
		noun = enOne
	case l == English:
		noun = enMany
	case n < 2:
		noun = frOne
	}
	return l.Number(n) + nbsp + l.Say(noun, noun)
}

// Number groups digits by three: 1 234 in French, 1,234 in English.
func (l Lang) Number(n int) string {
	digits := strconv.Itoa(n)
	separator := "\u202f"
	if l == English {
		separator = ","
	}
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return digits
}

// Say picks the sentence of the frame's language; see Lang.Say.
func (f Frame) Say(fr, en string) string { return f.Lang.Say(fr, en) }

// Count is a number with its noun; see Lang.Count.
func (f Frame) Count(n int, frOne, frMany, enOne, enMany string) string {
	return f.Lang.Count(n, frOne, frMany, enOne, enMany)
}

// and joins words as a sentence does: "a, b et c".
func (l Lang) and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + l.Say(" et ", " and ") + words[last]
}

// RoleWord is a role as a person is told their own: "responsable légal".
func RoleWord(l Lang, r school.Role) string {
	switch r {
	case school.Pupil:
		return l.Say("élève", "pupil")
	case school.Guardian:
		return l.Say("responsable", "guardian")
	case school.Teacher:
		return l.Say("personnel enseignant", "teacher")
	case school.Staff:
		return l.Say("personnel", "staff")
	default:
		return l.Say("direction", "head")
	}
}

// RolesWord is everybody of a role: "les élèves".
func RolesWord(l Lang, r school.Role) string {
	switch r {
	case school.Pupil:
		return l.Say("élèves", "pupils")
	case school.Guardian:
		return l.Say("responsables", "guardians")
	case school.Teacher:
		return l.Say("enseignants", "teachers")
	case school.Staff:
		return l.Say("autres personnels", "other staff")
	default:
		return l.Say("direction", "heads")
	}
}

// AccessWord is a rung of the ladder as a state: "lecture seule".
func AccessWord(l Lang, a order.Access) string {
	switch a {
	case order.Closed:
		return l.Say("fermé", "closed")
	case order.Read:
		return l.Say("lecture seule", "read only")
	case order.Reply:
		return l.Say("réponses seulement", "replies only")
	default:
		return l.Say("ouvert", "open")
	}
}

// DegreeWord is a degree: "premier degré".
func DegreeWord(l Lang, d school.Degree) string {
	if d == school.First {
		return l.Say("premier degré", "primary")
	}
	return l.Say("second degré", "secondary")
}

// SectorWord is a sector: "public".
func SectorWord(l Lang, s school.Sector) string {
	if s == school.Public {
		return l.Say("public", "public")
	}
	return l.Say("privé", "private")
}

// ReachWord says how far one role may write to another.
func ReachWord(l Lang, r message.Reach) string {
	switch r {
	case message.None:
		return l.Say("jamais", "never")
	case message.OnlyReply:
		return l.Say("répondre seulement", "reply only")
	case message.OwnClasses:
		return l.Say("ses classes", "own classes")
	default:
		return l.Say("tout l'établissement", "whole school")
	}
}
