package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/calendar"
)

// hoursCmd reads and evaluates opening hours. Without a subcommand it is hours
// state, so that `ecluse hours --batch` works.
type hoursCmd struct {
	State   hoursStateCmd   `cmd:"" default:"withargs" help:"Say whether it is open at an instant, and when that changes."`
	Eval    hoursEvalCmd    `cmd:"" help:"List what is open or unknown between two instants, as JSON Lines."`
	Explain hoursExplainCmd `cmd:"" help:"Put hours in words and warn where they may mislead."`
}

// hoursPlace is where hours are read: a zone and a calendar.
type hoursPlace struct {
	Zone     string `default:"Europe/Paris" help:"Time zone, an IANA name."`
	Calendar string `placeholder:"CODE" help:"Calendar for PH and SH: a département's code, or FR."`
}

type hoursStateCmd struct {
	hoursPlace
	At    string `placeholder:"T" help:"The instant, such as 2024-03-29T07:00; now unless given. Without an offset it is the wall clock in the zone."`
	JSON  bool   `help:"Print JSON, as this command always does."`
	Batch bool   `help:"Answer JSON Lines of value, zone, calendar (or ph and sh, lists of dates) and at from standard input, in their order."`
	Value string `arg:"" optional:"" help:"The hours, such as 'Mo-Fr 07:00-19:00; PH off'."`
}

type hoursEvalCmd struct {
	hoursPlace
	From  string `required:"" placeholder:"T" help:"The first instant."`
	To    string `required:"" placeholder:"T" help:"The instant before which the list ends."`
	JSON  bool   `help:"Print JSON Lines, as this command always does."`
	Value string `arg:"" help:"The hours, such as 'Mo-Fr 07:00-19:00; PH off'."`
}

type hoursExplainCmd struct {
	Lang  string `default:"fr" enum:"fr,en" help:"Language of the words: fr or en."`
	JSON  bool   `help:"Print JSON."`
	Value string `arg:"" help:"The hours, such as 'Mo-Fr 07:00-19:00; PH off'."`
}

// stateReport is what hours state tells.
type stateReport struct {
	State string  `json:"state"`
	Next  *string `json:"next_change"`
}

// intervalReport is one line of hours eval.
type intervalReport struct {
	From    string `json:"from"`
	To      string `json:"to"`
	State   string `json:"state"`
	Comment string `json:"comment,omitempty"`
}

// explainReport is what hours explain tells.
type explainReport struct {
	Canonical string          `json:"canonical"`
	Words     string          `json:"words"`
	Warnings  []warningReport `json:"warnings"`
}

type warningReport struct {
	Offset int    `json:"offset"`
	Text   string `json:"text"`
}

// Run answers for one instant, or for each line of a batch.
func (c *hoursStateCmd) Run(io *streams) error {
	if c.Batch {
		return newHoursBatch(c).run(io)
	}
	if c.Value == "" {
		return usageError{"the hours are missing: write them in quotes, such as 'Mo-Fr 07:00-19:00; PH off', or give --batch"}
	}
	bound, err := c.bind(c.Value)
	if err != nil {
		return err
	}
	at := time.Now().Unix()
	if c.At != "" {
		if at, err = parseInstant(c.At, bound.zone); err != nil {
			return usageError{"--at: " + err.Error()}
		}
	}
	return jsonLine(io.out, bound.stateAt(at))
}

// Run lists the intervals.
func (c *hoursEvalCmd) Run(io *streams) error {
	bound, err := c.bind(c.Value)
	if err != nil {
		return err
	}
	from, err := parseInstant(c.From, bound.zone)
	if err != nil {
		return usageError{"--from: " + err.Error()}
	}
	to, err := parseInstant(c.To, bound.zone)
	if err != nil {
		return usageError{"--to: " + err.Error()}
	}
	if to < from {
		return usageError{"--to lies before --from: write the earlier instant first"}
	}
	for _, i := range bound.schedule.Intervals(time.Unix(from, 0), time.Unix(to, 0)) {
		line := intervalReport{i.From.Format(time.RFC3339), i.To.Format(time.RFC3339), i.State.String(), i.Comment}
		if err := jsonLine(io.out, line); err != nil {
			return err
		}
	}
	return nil
}

// Run puts the hours in words.
func (c *hoursExplainCmd) Run(io *streams) error {
	h, err := hours.Parse(c.Value)
	if err != nil {
		return err
	}
	language := hours.French
	if c.Lang == "en" {
		language = hours.English
	}
	report := explainReport{Canonical: h.String(), Words: h.Words(language), Warnings: []warningReport{}}
	for _, w := range h.Warnings() {
		report.Warnings = append(report.Warnings, warningReport{w.Offset, w.Text})
	}
	if c.JSON {
		return showJSON(io, report)
	}
	return report.print(io.out)
}

func (r *explainReport) print(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%s\n%s\n", r.Canonical, r.Words)
	for _, w := range r.Warnings {
		if err == nil {
			_, err = fmt.Fprintf(out, "Warning at byte %d: %s.\n", w.Offset, w.Text)
		}
	}
	return err
}

// boundHours are hours with their zone.
type boundHours struct {
	zone     *hours.Zone
	schedule *hours.Schedule
}

// bind reads a value and binds it to the place.
func (p *hoursPlace) bind(value string) (*boundHours, error) {
	h, err := hours.Parse(value)
	if err != nil {
		return nil, err
	}
	zone, err := hours.LoadZone(p.Zone)
	if err != nil {
		return nil, err
	}
	if p.Calendar == "" {
		if err := needsCalendar(h, true, true); err != nil {
			return nil, err
		}
		return &boundHours{zone, h.Compile(zone, hours.Calendar{}, 0, 0)}, nil
	}
	days, err := calendar.For(p.Calendar)
	if err != nil {
		return nil, err
	}
	return &boundHours{zone, h.Compile(zone, days, 0, 0)}, nil
}

// needsCalendar refuses hours that name holidays for which no calendar is given.
func needsCalendar(h *hours.Hours, withoutPublic, withoutSchool bool) error {
	public, school := h.HolidayOffsets()
	switch {
	case withoutPublic && public >= 0:
		return &hours.Error{Offset: public, Reason: "PH names public holidays and no calendar is given: give a département's code or FR"}
	case withoutSchool && school >= 0:
		return &hours.Error{Offset: school, Reason: "SH names school holidays and no calendar is given: give a département's code"}
	}
	return nil
}

func (b *boundHours) stateAt(at int64) stateReport {
	state, next := b.schedule.At(at)
	report := stateReport{State: state.String()}
	if next != hours.Never {
		text := time.Unix(next, 0).In(b.zone.Location()).Format(time.RFC3339)
		report.Next = &text
	}
	return report
}

// wallLayouts are the ways to write an instant without an offset.
var wallLayouts = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

// parseInstant reads an instant; without an offset it is the zone's wall clock.
func parseInstant(text string, zone *hours.Zone) (int64, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Unix(), nil
		}
	}
	for _, layout := range wallLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return zone.Instant(hours.DateOf(t), t.Hour()*3600+t.Minute()*60+t.Second()), nil
		}
	}
	return 0, fmt.Errorf("%q is not an instant: write it as 2024-03-29T07:00, or 2024-03-29T07:00:00+01:00", text)
}

// jsonLine prints one value as a line of JSON, with accents and brackets as
// they are.
func jsonLine(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
