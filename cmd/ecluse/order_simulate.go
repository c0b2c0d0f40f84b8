package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// orderSimulateCmd draws a school's week, or tells what a new order would do.
type orderSimulateCmd struct {
	Dir     []string `required:"" help:"The folder of the orders in force or announced; may be repeated." placeholder:"FOLDER"`
	Schools string   `help:"A list of schools; by default FOLDER/schools.csv if there is one." placeholder:"FILE.csv"`
	New     string   `help:"An order that is not issued yet: say whom it would close." placeholder:"FILE" xor:"what"`
	School  string   `help:"Draw the week of this school (UAI)." placeholder:"UAI" xor:"what"`
	Degree  string   `help:"first or second, for a school that is not listed." placeholder:"DEGREE"`
	Sector  string   `help:"public or private, for a school that is not listed." placeholder:"SECTOR"`
	Week    string   `help:"A day of the week to draw; by default the present one." placeholder:"DATE"`
	Role    string   `help:"Only this role." placeholder:"ROLE"`
	Service string   `default:"messaging" help:"Through what: messaging, mail or chat."`
	JSON    bool     `help:"Print JSON."`
}

// Run does one of the two.
func (c *orderSimulateCmd) Run(io *streams) error {
	service, err := order.ParseService(c.Service)
	switch {
	case err != nil:
		return usageError{"--service: " + err.Error()}
	case c.New != "":
		return c.effect(io, service)
	case c.School != "":
		return c.week(io, service)
	}
	return usageError{"give --school UAI to draw its week, or --new FILE to see what a new order would do"}
}

// drawnWeek is a week as JSON.
type drawnWeek struct {
	School school.UAI `json:"school"`
	Role   string     `json:"role"`
	Days   []drawnDay `json:"days"`
}

type drawnDay struct {
	Date     string         `json:"date"`
	Segments []drawnSegment `json:"segments"`
}

type drawnSegment struct {
	From   string     `json:"from"`
	To     string     `json:"to"`
	Access string     `json:"access"`
	Orders []order.ID `json:"orders"`
}

// week draws the week of each role; a school that is not listed must have the
// same in each form it may have.
func (c *orderSimulateCmd) week(io *streams, service order.Service) error {
	monday, err := c.monday()
	if err != nil {
		return err
	}
	roles, err := c.roles()
	if err != nil {
		return err
	}
	where := whereFlags{Dir: c.Dir, Schools: c.Schools, School: c.School, Degree: c.Degree, Sector: c.Sector}
	p, err := where.places(io.err)
	if err != nil {
		return err
	}
	snapshots, err := p.snapshots(daysToSeconds(monday))
	if err != nil {
		return err
	}
	weeks := make([]gate.Week, len(roles))
	for i, role := range roles {
		weeks[i] = snapshots[0].Week(p.schools[0].UAI, role, service, monday)
		for j, other := range snapshots[1:] {
			if picture(weeks[i]) != picture(other.Week(p.schools[0].UAI, role, service, monday)) {
				return p.mustTell(j + 1)
			}
		}
	}
	if c.JSON {
		return printJSON(io.out, drawnWeeks(p.schools[0].UAI, roles, weeks))
	}
	fmt.Fprintf(io.out, "%s (%s), %s, week of %s (%s)\n", p.schools[0].Name, p.schools[0].UAI, service, monday, p.schools[0].Zone)
	printWeeks(io.out, roles, weeks)
	return nil
}

// monday is the first day of the week that was asked for.
func (c *orderSimulateCmd) monday() (hours.Date, error) {
	day := hours.DateOf(time.Now())
	if c.Week != "" {
		var err error
		if day, err = hours.ParseDate(c.Week); err != nil {
			return 0, usageError{"--week: " + err.Error()}
		}
	}
	return day - hours.Date((day.Weekday()+6)%7), nil
}

func (c *orderSimulateCmd) roles() ([]school.Role, error) {
	if c.Role == "" {
		return school.Everyone.Each(), nil
	}
	role, err := school.ParseRole(c.Role)
	if err != nil {
		return nil, usageError{"--role: " + err.Error()}
	}
	return []school.Role{role}, nil
}

// printWeeks draws the weeks, roles with the same one together.
func printWeeks(w io.Writer, roles []school.Role, weeks []gate.Week) {
	var done school.Roles
	for i, role := range roles {
		if done.Has(role) {
			continue
		}
		var same school.Roles
		for j, other := range roles {
			if picture(weeks[j]) == picture(weeks[i]) {
				same |= school.RolesOf(other)
			}
		}
		done |= same
		fmt.Fprintf(w, "\n%-14s0     3     6     9     12    15    18    21    24\n", "")
		fmt.Fprintf(w, "%s\n%s", same, picture(weeks[i]))
	}
	fmt.Fprintf(w, "\n. closed   r read   a reply (answer only)   # write   ? cannot be decided: closed\n")
}

// picture draws a week, one line a day: a mark each half hour, then the hours in
// words.
func picture(week gate.Week) string {
	var b strings.Builder
	for _, day := range week.Days {
		_, month, number := day.Date.Civil()
		fmt.Fprintf(&b, "  %.3s %2d %.3s  %s  %s\n", day.Date.Weekday(), number, month, marks(day), inWords(day))
	}
	return b.String()
}

// marks is a mark for the beginning of each half hour.
func marks(day gate.Day) string {
	out := []byte(strings.Repeat(" ", 48)) // a half hour that the clocks skip stays blank
	for i := range out {
		for _, s := range day.Segments {
			if second := i * 1800; s.FromSecond <= second && second < s.ToSecond {
				out[i] = mark(s)
			}
		}
	}
	return string(out)
}

func mark(s gate.Segment) byte {
	if s.Unknown {
		return '?'
	}
	return ".ra#"[s.Access]
}

// inWords lists what is not closed.
func inWords(day gate.Day) string {
	var parts []string
	for _, s := range day.Segments {
		if s.Access != order.Closed {
			parts = append(parts, fmt.Sprintf("%s %s-%s", s.Access, hourMinute(s.FromSecond), hourMinute(s.ToSecond)))
		}
	}
	if len(parts) == 0 {
		return "closed"
	}
	return strings.Join(parts, ", ")
}

// hourMinute is a second of the day as a time; 24:00 is the midnight at its end.
func hourMinute(second int) string {
	text := fmt.Sprintf("%02d:%02d", second/3600, second/60%60)
	if s := second % 60; s != 0 {
		text += fmt.Sprintf(":%02d", s)
	}
	return text
}

func drawnWeeks(uai school.UAI, roles []school.Role, weeks []gate.Week) []drawnWeek {
	out := make([]drawnWeek, len(roles))
	for i, role := range roles {
		out[i] = drawnWeek{School: uai, Role: role.String()}
		for _, day := range weeks[i].Days {
			out[i].Days = append(out[i].Days, drawnDay{day.Date.String(), drawnSegments(day)})
		}
	}
	return out
}

func drawnSegments(day gate.Day) []drawnSegment {
	out := []drawnSegment{}
	for _, s := range day.Segments {
		orders := slices.Concat([]order.ID{}, s.Orders)
		out = append(out, drawnSegment{hourMinute(s.FromSecond), hourMinute(s.ToSecond), s.Access.String(), orders})
	}
	return out
}
