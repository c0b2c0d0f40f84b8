package page

import "slices"

// Cards is the page of a school's cards of codes: whom they are for, and how many
// codes are left. Its filter is a GET with class, role and all; its form posts
// print=all or print=MEMBER to the same address, and answers with a PDF.
type Cards struct {
	Frame
	School  string
	Self    string // the address with its filter
	Classes []Choice
	Roles   []Choice
	All     bool
	Code    string // of the school, for an office; "" for a head
	Rows    []CardRow
	More    int // rows that are not shown
	Problem string
}

// toPrint counts who would get one.
func (p Cards) toPrint() int { return len(p.Rows) + p.More }

// few reports whether all of them may be printed for one hand to give out: a class.
func (p Cards) few() bool {
	return p.toPrint() <= 40 || p.Code != "" || slices.ContainsFunc(p.Classes, func(c Choice) bool { return c.Chosen && c.Value != "" })
}

// A CardRow is one person with their card.
type CardRow struct {
	Member int64
	Name   string
	Class  string
	Role   string
	Login  string
	Has    bool
	Left   int // codes
}

// stateWord says how a card stands.
func (r CardRow) stateWord(f Frame) string {
	switch {
	case !r.Has:
		return f.Say("aucune", "none")
	case r.Left == 0:
		return f.Say("plus de code", "no code left")
	}
	return f.Count(r.Left, "code restant", "codes restants", "code left", "codes left")
}

// Vouch is where a teacher vouches for a pupil of their classes, who stands before
// them. It posts pupil to its own address.
type Vouch struct {
	Frame
	Self    string
	Classes []Choice
	Rows    []VouchRow
	For     string // whose code is shown; "" shows none
	Code    string
	Until   string
	Problem string
	Alone   bool // the reader has signed in with a password alone, which is why
}

// A VouchRow is one pupil.
type VouchRow struct {
	Member int64
	Name   string
	Class  string
	Last   string // who vouched last, and what became of it
}
