package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Place is a line of a file; 0 is the file as a whole.
type Place struct {
	File string
	Line int
}

// String is "people.csv:12".
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// An Error is one thing that keeps a folder from being a roster.
type Error struct {
	Place
	Text string // what was found, and what is wanted instead
}

// Error is "file:line: text".
func (e *Error) Error() string { return e.Place.String() + ": " + e.Text }

// Errors is everything found in a folder.
type Errors []*Error

// told is how many errors are worth reading at once.
const told = 20

// Error is one sentence a line, the first twenty.
func (e Errors) Error() string {
	var lines []string
	for i, one := range e {
		if i == told {
			lines = append(lines, fmt.Sprintf("and %d more", len(e)-told))
			break
		}
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "\n")
}

func (e Errors) sort() {
	rank := map[string]int{SchoolsFile: 1, PeopleFile: 2, OfficesFile: 3}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(rank[a.File], rank[b.File]), cmp.Compare(a.Line, b.Line))
	})
}
