package calendar

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// columns are the headers of the official CSV that matter, folded: the export's
// field names and its French labels.
var columns = [...][]string{
	{"description"},
	{"population"},
	{"start date", "date de debut"},
	{"end date", "date de fin"},
	{"zones"},
}

// ImportCSV reads the ministry's export fr-en-calendrier-scolaire in CSV, with
// semicolons or commas, under its field names or their French labels. What is
// implausible is refused, all reasons at once, as Problems or a Problem.
func ImportCSV(r io.Reader, o Options) (*Import, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(data)
	if err != nil {
		return nil, err
	}
	return assemble(rows, o)
}

func readRows(data []byte) ([]row, error) {
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma = separator(data)
	header, err := in.Read()
	if err != nil {
		return nil, csvProblem(err)
	}
	at, err := locate(header)
	if err != nil {
		return nil, err
	}
	var rows []row
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, csvProblem(err)
		}
		line, _ := in.FieldPos(0)
		rows = append(rows, row{record: len(rows) + 1, line: line,
			description: fields[at[0]], population: fields[at[1]], start: fields[at[2]],
			end: fields[at[3]], zones: fields[at[4]]})
	}
}

// separator is the one that the header line uses.
func separator(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(header, []byte(";")) >= bytes.Count(header, []byte(",")) {
		return ';'
	}
	return ','
}

// locate finds the place of each column.
func locate(header []string) ([len(columns)]int, error) {
	var at [len(columns)]int
	for i, names := range columns {
		at[i] = slices.IndexFunc(header, func(h string) bool { return slices.Contains(names, fold(h)) })
		if at[i] < 0 {
			return at, &Problem{Line: 1, Text: fmt.Sprintf("the column %q is missing: this is not the official calendar in CSV",
				strings.ReplaceAll(names[0], " ", "_"))}
		}
	}
	return at, nil
}

func csvProblem(err error) error {
	if e := (*csv.ParseError)(nil); errors.As(err, &e) {
		return &Problem{Line: e.Line, Text: fmt.Sprintf("this is not a row of the calendar: %v", e.Err)}
	}
	return &Problem{Text: "this is not the official calendar in CSV: " + err.Error()}
}
