package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/calendar"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// calendarCmd reads and shows holidays.
type calendarCmd struct {
	Import calendarImportCmd `cmd:"" help:"Read the ministry's school calendar and verify it."`
	Show   calendarShowCmd   `cmd:"" help:"List the holidays of a place and until when they are known."`
}

// calendarImportCmd reads the official export and stores it in canonical form.
type calendarImportCmd struct {
	File  string   `arg:"" help:"The export fr-en-calendrier-scolaire, CSV or JSON; - for standard input."`
	Out   string   `help:"Store what was read here, for the server to lay over its own calendar." placeholder:"FILE"`
	Zone  []string `help:"Take this holiday zone only (A, B, C, COR or a département overseas); may be repeated."`
	Since string   `help:"Leave out holidays that begin before." placeholder:"DATE"`
	JSON  bool     `help:"Print JSON."`
}

// importReport is what calendar import tells.
type importReport struct {
	Rows     int          `json:"rows"`
	Teachers int          `json:"teachers"`
	Repeated int          `json:"repeated"`
	Outside  int          `json:"outside"`
	Zones    []zoneReport `json:"zones"`
	Out      string       `json:"out,omitempty"`
}

// zoneReport is what an import holds of one zone, and how far the calendar
// reaches with it.
type zoneReport struct {
	Zone     string `json:"zone"`
	Holidays int    `json:"holidays"`
	First    string `json:"first"`
	Last     string `json:"last"`
	Horizon  string `json:"horizon"`
}

// Run reads, verifies, stores and tells.
func (c *calendarImportCmd) Run(io *streams) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	data, err := readFileOrInput(io, c.File)
	if err != nil {
		return fmt.Errorf("reading the calendar: %w: name the file of the export", err)
	}
	read := calendar.ImportCSV
	if looksJSON(data) {
		read = calendar.ImportJSON
	}
	got, err := read(bytes.NewReader(data), options)
	if err != nil {
		return refused(c.File, err)
	}
	if c.Out != "" {
		if err := replaceFile(c.Out, got.Set.Encode()); err != nil {
			return fmt.Errorf("storing the calendar: %w", err)
		}
	}
	report, err := reportImport(got, c.Out)
	if err != nil {
		return err
	}
	if c.JSON {
		return showJSON(io, report)
	}
	return report.print(io)
}

func (c *calendarImportCmd) options() (calendar.Options, error) {
	var o calendar.Options
	for _, z := range c.Zone {
		zone := strings.ToUpper(z)
		if !slices.Contains(school.HolidayZones(), zone) {
			return o, usageError{fmt.Sprintf("%q is not a holiday zone: want one of %s", z, strings.Join(school.HolidayZones(), ", "))}
		}
		o.Zones = append(o.Zones, zone)
	}
	if c.Since != "" {
		day, err := hours.ParseDate(c.Since)
		if err != nil {
			return o, usageError{"--since: " + err.Error()}
		}
		o.Since = day
	}
	return o, nil
}

// mostProblems is how many problems of a file are printed.
const mostProblems = 20

// refused puts the file's name before each problem and ends a long list.
func refused(file string, err error) error {
	var problems calendar.Problems
	if !errors.As(err, &problems) {
		return fmt.Errorf("%s: %w", file, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s was refused, nothing was imported:", file)
	for i, p := range problems {
		if i == mostProblems {
			fmt.Fprintf(&b, "\n  and %d more", len(problems)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %v", p)
	}
	return errors.New(b.String())
}

func reportImport(got *calendar.Import, out string) (*importReport, error) {
	r := &importReport{Rows: got.Rows, Teachers: got.Teachers, Repeated: got.Repeated, Outside: got.Outside, Out: out}
	laid := calendar.Builtin().With(got.Set)
	for _, zone := range got.Set.Zones() {
		list, err := got.Set.Holidays(zone)
		if err != nil {
			return nil, err
		}
		horizon, err := laid.Horizon(zone)
		if err != nil {
			return nil, err
		}
		last := list[len(list)-1]
		r.Zones = append(r.Zones, zoneReport{
			Zone: zone, Holidays: len(list), First: list[0].First.String(), Last: lastDay(last), Horizon: horizon.String(),
		})
	}
	return r, nil
}

func (r *importReport) print(io *streams) error {
	fmt.Fprintf(io.out, "%d records: %d for teachers alone, %d repeated and %d not asked for were left out.\n\n", r.Rows, r.Teachers, r.Repeated, r.Outside)
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ZONE\tHOLIDAYS\tFROM\tTO\tKNOWN UNTIL")
	for _, z := range r.Zones {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", z.Zone, z.Holidays, z.First, z.Last, z.Horizon)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Out == "" {
		fmt.Fprintln(io.out, "\nNothing was stored: give --out FILE to store it.")
		return nil
	}
	fmt.Fprintf(io.out, "\nStored in %s.\n", r.Out)
	return nil
}

// calendarShowCmd lists holidays.
type calendarShowCmd struct {
	Code string `arg:"" help:"A département (79, 2A, 971), a holiday zone (A, B, C, COR) or FR."`
	Year int    `help:"This calendar year; this year unless given."`
	With string `help:"Lay an imported calendar over the built-in one." placeholder:"FILE" type:"existingfile"`
	JSON bool   `help:"Print JSON."`
}

// calendarReport is what calendar show tells.
type calendarReport struct {
	Code    string          `json:"code"`
	Name    string          `json:"name,omitempty"`
	Zone    string          `json:"zone,omitempty"`
	Year    int             `json:"year"`
	Public  []publicReport  `json:"public"`
	School  []holidayReport `json:"school"`
	Known   string          `json:"known_from,omitempty"`
	Horizon string          `json:"known_until,omitempty"`
	Warning string          `json:"warning,omitempty"`
}

type publicReport struct {
	Date string `json:"date"`
	Name string `json:"name"`
}

// holidayReport is one school holiday: its first and last day off.
type holidayReport struct {
	Name       string `json:"name"`
	First      string `json:"first"`
	Last       string `json:"last"` // "" when it is not published
	Confidence string `json:"confidence"`
}

// Run lists the public and school holidays of a year.
func (c *calendarShowCmd) Run(io *streams) error {
	code, err := school.ParseCalendar(c.Code)
	if err != nil {
		return err
	}
	set := calendar.Builtin()
	if c.With != "" {
		if set, err = extended(set, c.With); err != nil {
			return err
		}
	}
	today := hours.DateOf(time.Now())
	year, _, _ := today.Civil()
	if c.Year != 0 {
		year = c.Year
	}
	report, err := reportCalendar(set, code, year, today)
	if err != nil {
		return err
	}
	if c.JSON {
		return showJSON(io, report)
	}
	return report.print(io)
}

func extended(set *calendar.Set, file string) (*calendar.Set, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the imported calendar: %w", err)
	}
	more, err := calendar.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return set.With(more), nil
}

func reportCalendar(set *calendar.Set, code school.Calendar, year int, today hours.Date) (*calendarReport, error) {
	r := &calendarReport{Code: code.Code, Zone: code.Holidays, Year: year, Public: []publicReport{}, School: []holidayReport{}}
	if d, err := school.ParseDepartment(code.Code); err == nil {
		r.Name = d.Name
	}
	for _, d := range calendar.Public(code.Public, year) {
		r.Public = append(r.Public, publicReport{d.Date.String(), d.Name})
	}
	list, err := set.Holidays(code.Code)
	if err != nil {
		return nil, err
	}
	for _, h := range list {
		if touches(h, year) {
			r.School = append(r.School, holidayReport{h.Name, h.First.String(), lastDay(h), h.Confidence.String()})
		}
	}
	cal, err := set.For(code.Code)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		r.Known, r.Horizon = cal.School.First().String(), cal.School.Last().String()
	}
	if w := set.Warn(code.Code, today); w != nil {
		r.Warning = w.String()
	}
	return r, nil
}

// touches reports whether a holiday has a day in a year.
func touches(h calendar.Holiday, year int) bool {
	first, last := h.First, h.First
	if l, ok := h.Last(); ok {
		last = l
	}
	return first <= hours.NewDate(year, time.December, 31) && last >= hours.NewDate(year, time.January, 1)
}

func lastDay(h calendar.Holiday) string {
	if last, ok := h.Last(); ok {
		return last.String()
	}
	return ""
}

func (r *calendarReport) print(io *streams) error {
	fmt.Fprintf(io.out, "Calendar %s%s, %d\n\nPublic holidays (PH)\n", r.Code, named(r.Name), r.Year)
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	for _, d := range r.Public {
		fmt.Fprintf(w, "  %s\t%s\n", d.Date, d.Name)
	}
	if len(r.Public) == 0 {
		fmt.Fprintln(w, "  not known for this year")
	}
	fmt.Fprintf(w, "\nSchool holidays (SH)%s\n", zoned(r.Zone))
	for _, h := range r.School {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", h.First, orNot(h.Last), h.Name, h.Confidence)
	}
	if len(r.School) == 0 {
		fmt.Fprintln(w, "  none known for this year")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Horizon != "" {
		fmt.Fprintf(io.out, "\nKnown without a gap from %s to %s.\n", r.Known, r.Horizon)
	}
	if r.Warning != "" {
		fmt.Fprintf(io.out, "Warning: %s.\n", r.Warning)
	}
	return nil
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}

func zoned(zone string) string {
	if zone == "" {
		return ""
	}
	return ", zone " + zone
}

func orNot(last string) string {
	if last == "" {
		return "return not published"
	}
	return last
}

// readFileOrInput reads a file, or standard input for "-".
func readFileOrInput(s *streams, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(s.in)
	}
	return os.ReadFile(file)
}

// looksJSON tells the two forms of the export apart by their first character.
func looksJSON(data []byte) bool {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\uFEFF")))
	return len(text) > 0 && (text[0] == '[' || text[0] == '{')
}

// replaceFile writes a file whole or not at all: it is written beside its place,
// brought to the disk, then renamed.
func replaceFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".ecluse-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails, rightly, once it is renamed
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func showJSON(io *streams, v any) error {
	enc := json.NewEncoder(io.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
