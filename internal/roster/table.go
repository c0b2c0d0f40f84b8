package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A table is a file's columns: those it must have, those it may have, and those
// that other commands read.
type table struct {
	file                      string
	needed, optional, ignored []string
}

// A row is one line, by the names of its columns.
type row struct {
	at     Place
	header []string
	fields []string
}

// get is a field without the spaces around it; "" when there is no such column.
func (r row) get(column string) string {
	if i := slices.Index(r.header, column); i >= 0 {
		return r.fields[i]
	}
	return ""
}

// list is a field that holds several values, separated by |.
func (r row) list(column string) []string {
	text := r.get(column)
	if text == "" {
		return nil
	}
	parts := strings.Split(text, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// rows reads a file; none when its header is wrong. Empty lines are skipped, as
// are those of separators alone that spreadsheets leave at the end.
func (p *parser) rows(files map[string][]byte, t table) []row {
	data, given := files[t.file]
	if !given {
		p.refuse(Place{File: t.file}, "the file is missing: the folder of a roster holds "+SchoolsFile+" and "+PeopleFile)
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if line := badText(data); line > 0 {
		p.refuse(Place{t.file, line}, "the text is not in UTF-8, or was converted to it twice: save the file again as CSV in UTF-8")
		return nil
	}
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma = separator(data)
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		p.refuse(Place{t.file, 1}, "the file has no header line: it begins with the names of its columns, "+t.columns())
		return nil
	}
	if !p.checkHeader(t, header) {
		return nil
	}
	return p.body(t, in, header)
}

func (p *parser) body(t table, in *csv.Reader, header []string) []row {
	var out []row
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			p.refuse(Place{t.file, e.StartLine}, "a quotation mark is not closed or stands inside a field: put fields that hold one between quotation marks and double it")
			return out
		}
		line, _ := in.FieldPos(0)
		r := row{at: Place{t.file, line}, header: header, fields: fields}
		if p.clean(r) {
			out = append(out, r)
		}
	}
}

// clean trims a row's fields and reports whether it is one to read.
func (p *parser) clean(r row) bool {
	blank := true
	for i, f := range r.fields {
		r.fields[i] = norm.NFC.String(strings.TrimSpace(f))
		blank = blank && r.fields[i] == ""
	}
	switch {
	case blank:
		return false
	case len(r.fields) != len(r.header):
		p.refuse(r.at, fmt.Sprintf("the line has %d fields and the header %d: put a field that holds the separator between quotation marks", len(r.fields), len(r.header)))
		return false
	}
	for i, f := range r.fields {
		if why := unfit(f, room(r.header[i])); why != "" {
			p.refuse(r.at, r.header[i]+" "+why)
			return false
		}
	}
	return true
}

// room is how many characters a field may have: a sentence, or a list of many.
func room(column string) int {
	if column == "classes" || column == "children" {
		return 4000
	}
	return 200
}

// unfit says why a text cannot stand in a field.
func unfit(s string, most int) string {
	switch {
	case strings.ContainsFunc(s, unicode.IsControl):
		return "holds a line break or another control character: write it in one line"
	case utf8.RuneCountInString(s) > most:
		return fmt.Sprintf("has more than %d characters: shorten it", most)
	}
	return ""
}

// checkHeader folds the names of the columns and refuses what is missing,
// repeated or unknown.
func (p *parser) checkHeader(t table, header []string) bool {
	at, before := Place{t.file, 1}, len(p.wrong)
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
		switch {
		case !slices.Contains(slices.Concat(t.needed, t.optional, t.ignored), header[i]):
			p.refuse(at, fmt.Sprintf("%q is not a column of this file: the columns are %s", name, t.columns()))
		case slices.Contains(header[:i], header[i]):
			p.refuse(at, fmt.Sprintf("the column %s stands twice: keep one", header[i]))
		}
	}
	for _, name := range t.needed {
		if !slices.Contains(header, name) {
			p.refuse(at, fmt.Sprintf("the column %s is missing: the columns are %s", name, t.columns()))
		}
	}
	return len(p.wrong) == before
}

func (t table) columns() string { return strings.Join(slices.Concat(t.needed, t.optional), ", ") }

// separator is the one that the header line uses more often.
func separator(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		return ';'
	}
	return ','
}

// badText is the first line with bytes that are not UTF-8, or that show that
// UTF-8 was taken for Latin-1 ("NoÃ«l"); 0 when there is none.
func badText(data []byte) int {
	before := rune(0)
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		twice := before == 'Ã' && r >= 0x80 && r <= 0xBF
		if r == utf8.RuneError && size == 1 || twice {
			return 1 + bytes.Count(data[:i], []byte("\n"))
		}
		before, i = r, i+size
	}
	return 0
}
