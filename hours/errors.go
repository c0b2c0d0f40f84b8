package hours

import (
	"fmt"
	"strconv"
	"strings"
)

// Error is the refusal of a value: where, and why.
type Error struct {
	Offset int    // byte offset in the value
	Reason string // one sentence in English, with the remedy
	french string // the same in French; empty when only English was given
}

// Error gives the reason and the byte, in English.
func (e *Error) Error() string {
	return fmt.Sprintf("opening hours refused at byte %d: %s", e.Offset, e.Reason)
}

// In gives the reason in a language. It has neither capital nor full stop, and
// the words of the value stand in it as they were typed. A reason that somebody
// else wrote into Reason is given as it is.
func (e *Error) In(l Language) string { return sentence{e.Reason, e.french}.in(l) }

func refuse(offset int, format string, args ...any) error {
	s := tell(format, args...)
	return &Error{Offset: offset, Reason: s.english, french: s.french}
}

// A sentence is what is said to the writer of a value, in both languages.
type sentence struct{ english, french string }

func (s sentence) in(l Language) string {
	if l == French && s.french != "" {
		return s.french
	}
	return s.english
}

// tell makes a sentence from its English format; the catalogue knows the French.
func tell(format string, args ...any) sentence {
	return sentence{fmt.Sprintf(format, args...), fmt.Sprintf(frenchFormat(format), inFrench(args)...)}
}

// frenchFormat is the French of an English format with its no-break spaces. They
// are set here, so that nothing that was typed is changed.
func frenchFormat(format string) string {
	return frenchSpaces.Replace(frenchSentences[format])
}

var frenchSpaces = strings.NewReplacer(" :", nbsp+":", " ;", nbsp+";", " !", nbsp+"!", " ?", nbsp+"?", "« ", "«"+nbsp, " »", nbsp+"»")

// inFrench gives the arguments of a French format: French stands between « and »,
// which do not escape what cannot be printed as %q does.
func inFrench(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case token:
			out[i] = arg.french()
		case rune:
			out[i] = printable(string(arg))
		default:
			out[i] = arg
		}
	}
	return out
}

// printable escapes what cannot be seen.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}
