package page

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Desk is an authority's dense table of the schools of its territory. Filters
// stand in the address bar: degree, name, state.
type Desk struct {
	Frame
	Territory string
	Filter    DeskFilter
	Sums      []Sum
	Rows      []DeskRow
	More      string // address of the next rows; "" when all are shown
	Export    string // address of the same rows as CSV; "" for none
	Orders    []OrderRow
}

// A DeskFilter is what the address bar asked for.
type DeskFilter struct {
	Degrees []Choice
	States  []Choice
	Name    string
}

// A Sum is one figure on top of the table.
type Sum struct {
	Value int
	Label string
	URL   string // the rows it counts; "" for none
}

// A DeskRow is one school: its state now for each role, and when that changes.
type DeskRow struct {
	UAI    string
	Name   string
	Degree school.Degree
	URL    string
	States [school.RoleCount]StateKind
	Next   time.Time // the next change; zero: none is known
	Orders int       // how many bind
}

// Matrix is who may write to whom in a school, by role. It posts one field
// reach-SENDER-RECIPIENT a cell, with the words of message.Reach.
type Matrix struct {
	Frame
	Reach   message.Matrix
	Problem string
}
