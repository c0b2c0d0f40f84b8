package calendar

import (
	"bytes"
	"encoding/json"
	"io"
)

// An exportRecord is one object of the official JSON; other keys are ignored.
type exportRecord struct {
	Description string `json:"description"`
	Population  string `json:"population"`
	Start       string `json:"start_date"`
	End         string `json:"end_date"`
	Zones       string `json:"zones"`
}

// ImportJSON reads the ministry's export fr-en-calendrier-scolaire in JSON: an
// array of records, or an answer of its interface with the array in "results".
// What is implausible is refused, all reasons at once, as Problems or a Problem.
func ImportJSON(r io.Reader, o Options) (*Import, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	records, err := decodeRecords(data)
	if err != nil {
		return nil, &Problem{Line: lineOf(data, err), Text: "this is not the official calendar in JSON: " + err.Error()}
	}
	rows := make([]row, len(records))
	for i, x := range records {
		rows[i] = row{record: i + 1, description: x.Description, population: x.Population,
			start: x.Start, end: x.End, zones: x.Zones}
	}
	return assemble(rows, o)
}

func decodeRecords(data []byte) ([]exportRecord, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		var answer struct {
			Results []exportRecord `json:"results"`
		}
		err := json.Unmarshal(data, &answer)
		return answer.Results, err
	}
	var records []exportRecord
	err := json.Unmarshal(data, &records)
	return records, err
}

// lineOf is the line of a decoding error, or 0.
func lineOf(data []byte, err error) int {
	offset := int64(-1)
	switch e := err.(type) {
	case *json.SyntaxError:
		offset = e.Offset
	case *json.UnmarshalTypeError:
		offset = e.Offset
	}
	if offset < 0 || offset > int64(len(data)) {
		return 0
	}
	return 1 + bytes.Count(data[:offset], []byte("\n"))
}
