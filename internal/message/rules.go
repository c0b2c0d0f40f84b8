package message

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"golang.org/x/text/unicode/norm"
)

// Bounds of what one message may hold, whatever the orders say.
const (
	MaxSubject    = 200    // characters
	MaxBody       = 20_000 // characters
	MaxRecipients = 5_000  // people, after classes are resolved
)

// Clean brings typed text to the form that is stored: valid UTF-8 in NFC, lines
// ended by \n, no control characters, no direction overrides that could make a
// text read as another. PostgreSQL refuses what is not valid; SQLite does not.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
	return strings.TrimRight(norm.NFC.String(s), " \n\t")
}

// Check refuses a subject or body that cannot be sent. Both are clean already.
func Check(subject, body string) error {
	switch {
	case strings.TrimSpace(body) == "":
		return fault.New(fault.Invalid, "Le message est vide. Écrivez votre texte.", "The message is empty. Write your text.")
	case utf8.RuneCountInString(body) > MaxBody:
		return fault.New(fault.Invalid,
			fmt.Sprintf("Le message est trop long\u00a0: au plus %d caractères.", MaxBody),
			fmt.Sprintf("The message is too long: at most %d characters.", MaxBody))
	case strings.TrimSpace(subject) == "":
		return fault.New(fault.Invalid, "Il manque l’objet du message.", "The message has no subject.")
	case utf8.RuneCountInString(subject) > MaxSubject || strings.ContainsRune(subject, '\n'):
		return fault.New(fault.Invalid,
			fmt.Sprintf("L’objet tient sur une ligne d’au plus %d caractères.", MaxSubject),
			fmt.Sprintf("The subject is one line of at most %d characters.", MaxSubject))
	}
	return nil
}

// Preview is the beginning of a body on one line, for lists.
func Preview(body string) string {
	line := strings.Join(strings.Fields(body), " ")
	if runes := []rune(line); len(runes) > 120 {
		return string(runes[:119]) + "…"
	}
	return line
}

// ReplySubject is the subject of an answer: marked once, never "Re: Re: Re:".
func ReplySubject(subject string) string {
	if strings.HasPrefix(subject, "Re\u00a0: ") {
		return subject
	}
	answer := []rune("Re\u00a0: " + subject)
	return string(answer[:min(len(answer), MaxSubject)])
}

// A Tie is what two people have in common.
type Tie struct {
	Class   bool // a class of both, or a class of the one and of the other's child
	Answers bool // the message answers one that the recipient wrote to the sender
}

// Allows reports whether the matrix lets a sender's role write to a recipient's.
func (m Matrix) Allows(from, to school.Role, tie Tie) bool {
	switch m[from][to] {
	case WholeSchool:
		return true
	case OwnClasses:
		return tie.Class || tie.Answers
	case OnlyReply:
		return tie.Answers
	default:
		return false
	}
}

// AllowsClass reports whether a sender may write to everyone of a role in a
// class, which is or is not one of the sender's own. Lists are for adults.
func (m Matrix) AllowsClass(from, to school.Role, own bool) bool {
	if from == school.Pupil || from == school.Guardian {
		return false
	}
	reach := m[from][to]
	return reach == WholeSchool || reach == OwnClasses && own
}
