package order

import (
	"fmt"
	"strings"
)

// An Error is one thing that keeps a file from being an order, at its place in
// the file. Lines and columns count from 1; columns count characters.
type Error struct {
	File         string
	Line, Column int
	Text         string // what was found, and what is wanted instead
}

// Error is "file:line:column: text"; what has no file name, such as a text typed
// into a form, says "line 4, column 1: text".
func (e *Error) Error() string { return at(e.File, e.Line, e.Column) + e.Text }

func at(file string, line, column int) string {
	if file == "" {
		return fmt.Sprintf("line %d, column %d: ", line, column)
	}
	return fmt.Sprintf("%s:%d:%d: ", file, line, column)
}

// Errors is every error found in one file, in the order of the file. Parse
// reports them together so that a writer corrects them in one go.
type Errors []*Error

// Error is one sentence a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
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
	Text         string
}

// String is "file:line:column: warning: text".
func (w Warning) String() string {
	return at(w.File, w.Line, w.Column) + "warning: " + w.Text
}
