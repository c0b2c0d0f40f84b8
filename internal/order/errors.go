package order

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ecluse-ecole/ecluse/hours"
)

// An Error is one thing that keeps a file from being an order, at its place in
// the file. Lines and columns count from 1; columns count characters.
type Error struct {
	File         string
	Line, Column int
	Text         string // what was found, and what is wanted instead, in English
	french       string
}

// Error is "file:line:column: text" in English; what has no file name, such as a
// text typed into a form, says "line 4, column 1: text".
func (e *Error) Error() string { return at(hours.English, e.File, e.Line, e.Column) + e.Text }

// In is what was found, and what is wanted instead, in a language; without the
// place. The words of the file stand in it as they were typed.
func (e *Error) In(l hours.Language) string { return sentence{english: e.Text, french: e.french}.In(l) }

// at is the place that begins a line.
func at(l hours.Language, file string, line, column int) string {
	switch {
	case file != "":
		return fmt.Sprintf("%s:%d:%d: ", file, line, column)
	case l == hours.French:
		return fmt.Sprintf("ligne %d, colonne %d\u00a0: ", line, column)
	default:
		return fmt.Sprintf("line %d, column %d: ", line, column)
	}
}

// Errors is every error found in one file, in the order of the file. Parse
// reports them together so that a writer corrects them in one go.
type Errors []*Error

// Error is one sentence a line, in English, each with its place.
func (e Errors) Error() string { return e.In(hours.English) }

// In is one sentence a line, each with its place: "ligne 4, colonne 1 : …".
func (e Errors) In(l hours.Language) string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = at(l, one.File, one.Line, one.Column) + one.In(l)
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each error.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

// A Warning is something in a valid order that its writer may not have meant.
type Warning struct {
	File         string
	Line, Column int
	Text         string // in English
	french       string
}

// String is "file:line:column: warning: text" in English.
func (w Warning) String() string {
	return at(hours.English, w.File, w.Line, w.Column) + "warning: " + w.Text
}

// In is the doubt in a language, without the place.
func (w Warning) In(l hours.Language) string {
	return sentence{english: w.Text, french: w.french}.In(l)
}

// Say is an error of this package or of package hours in a language. An error
// that speaks English only is given as it is.
func Say(err error, l hours.Language) string {
	var spoken speaker
	if errors.As(err, &spoken) {
		return spoken.In(l)
	}
	return err.Error()
}

// A speaker is what can be said in both languages: the errors and warnings of
// this package and of hours, and the words that sentences are made of.
type speaker interface{ In(l hours.Language) string }

// A sentence is one thing said in both languages, and the error of the functions
// that read a single value.
type sentence struct {
	english, french string
	cause           error
}

// Error is the English sentence.
func (s sentence) Error() string { return s.english }

// Unwrap gives the error that the sentence tells of, if there is one.
func (s sentence) Unwrap() error { return s.cause }

// In is the sentence in a language.
func (s sentence) In(l hours.Language) string {
	if l == hours.French && s.french != "" {
		return s.french
	}
	return s.english
}

// tell makes a sentence from its English format; the catalogue knows the French.
func tell(format string, args ...any) sentence {
	return sentence{english: fmt.Sprintf(format, args...), french: fmt.Sprintf(french(format), inFrench(args)...)}
}

// tellAs is tell for an error of package school, which speaks English only: its
// words are the English ones.
func tellAs(err error, format string, args ...any) sentence {
	s := tell(format, args...)
	s.english, s.cause = err.Error(), err
	return s
}

// said is what somebody else says in both languages.
func said(s speaker) sentence {
	return sentence{english: s.In(hours.English), french: s.In(hours.French)}
}

// inFrench gives the arguments of a French format.
func inFrench(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case speaker:
			out[i] = arg.In(hours.French)
		case Wall:
			out[i] = frenchWall(arg)
		case hours.Date:
			out[i] = frenchDate(arg)
		case string:
			out[i] = printable(arg)
		default:
			out[i] = arg
		}
	}
	return out
}
