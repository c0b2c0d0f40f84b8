package page

import (
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// Slips is the page of a school's slips: whom they are for, what each is worth, and
// the buttons that print and cancel. Its filter is a GET with class, role and all, or
// with member or families; its form posts print=all, print=MEMBER or cancel=SLIP, and
// days and clears, to the same address, and answers with a PDF.
type Slips struct {
	Frame
	School   string
	Self     string // the address with its filter
	Classes  []Choice
	Roles    []Choice
	All      bool
	Code     string // of the school, for an office; "" for a head
	Rows     []SlipRow
	More     int  // rows that are not shown
	Total    int  // how many would be printed
	Families bool // the people are guardians to invite
	One      bool // a single person was asked for
	Problem  string
	Days     Field
}

// ofSchool names the school, for an office.
func (p Slips) ofSchool() string {
	if p.Code == "" {
		return ""
	}
	return "?school=" + p.Code
}

// printTitle says for whom the button prints.
func (p Slips) printTitle() string {
	if p.One {
		return p.Say("Imprimer", "Print")
	}
	return p.Say("Imprimer pour tous ceux-ci", "Print for all of these")
}

// A SlipRow is one person with the slip that was last printed.
type SlipRow struct {
	Member int64
	Slip   int64 // 0: none was printed
	Name   string
	Class  string
	Role   string
	Login  string
	Why    string // why a slip is needed; "" when it is not
	State  account.SlipState
	At     time.Time // when it was used or cancelled, or until when it holds
}

// stateWord says what a slip is worth.
func (r SlipRow) stateWord(f Frame) string {
	switch {
	case r.Slip == 0:
		return "–"
	case r.State == account.SlipUsed:
		return f.Say("utilisé, ", "used, ") + f.Near(r.At)
	case r.State == account.SlipCancelled:
		return f.Say("annulé, ", "cancelled, ") + f.Near(r.At)
	case r.State == account.SlipExpired:
		return f.Say("expiré, ", "expired, ") + f.Near(r.At)
	}
	return f.Say("imprimé, vaut jusqu'au ", "printed, holds until ") + f.Day(r.At)
}

// class is the badge's colour; the words say the same.
func (r SlipRow) class() string {
	switch r.State {
	case account.SlipUsed:
		return "in-force"
	case account.SlipPrinted:
		return "announced"
	}
	return "late"
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
