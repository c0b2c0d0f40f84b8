// Package sheet writes tables as files that people open in a spreadsheet: CSV (RFC
// 4180) in which no cell is taken for a formula.
//
// Names, logins and reasons are written by others. A spreadsheet reads a cell that
// begins with a sign of arithmetic as a formula, which can fetch a page or run a
// program with the rights of who opened the file. Each cell that begins so, or with
// white space before which programs disagree, gets an apostrophe, whoever wrote it:
// a cell that nobody thought of is guarded too.
package sheet

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"
)

// A Writer writes one table.
type Writer struct{ csv *csv.Writer }

// NewWriter begins a table with its head, as programs read it: commas between.
func NewWriter(to io.Writer, head ...string) *Writer {
	w := &Writer{csv.NewWriter(to)}
	w.Write(head...)
	return w
}

// NewFrench begins a table with its head, as French spreadsheets open it at a click:
// semicolons between, and the mark of UTF-8 before.
func NewFrench(to io.Writer, head ...string) *Writer {
	io.WriteString(to, "\uFEFF") // an error comes again with what follows
	w := &Writer{csv.NewWriter(to)}
	w.csv.Comma = ';'
	w.Write(head...)
	return w
}

// Write adds a row. What goes wrong is told by End.
func (w *Writer) Write(row ...string) {
	guarded := make([]string, len(row))
	for i, s := range row {
		guarded[i] = Cell(s)
	}
	w.csv.Write(guarded) // the error is kept for End
}

// End writes what is left, and tells what went wrong with any of it.
func (w *Writer) End() error {
	w.csv.Flush()
	return w.csv.Error()
}

// formula begins what spreadsheets calculate; the wide signs stand for the others
// where people write in them.
const formula = "=+-@\t\r\n＝＋－＠"

// Cell is a text that no spreadsheet takes for a formula.
func Cell(s string) string {
	if first, size := utf8.DecodeRuneInString(s); size > 0 && strings.ContainsRune(formula, first) {
		return "'" + s
	}
	return s
}
