package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// effectReport is what a new order would do, as JSON.
type effectReport struct {
	Order    order.ID     `json:"order"`
	Exercise bool         `json:"exercise"`
	Schools  int          `json:"schools"` // bound, of those listed
	Listed   int          `json:"listed"`
	People   int          `json:"people"`
	From     string       `json:"from"`
	Closes   []school.UAI `json:"closes"` // where something becomes stricter
	Roles    []roleReport `json:"roles"`
	Found    []relation   `json:"findings"`

	effect gate.Effect
	order  *order.Order
	set    *order.Set
	names  []listedSchool
}

// roleReport counts schools and people of one role during the first week.
type roleReport struct {
	Role       string     `json:"role"`
	Tightened  gate.Tally `json:"tightened"`
	Closed     gate.Tally `json:"closed"`
	Throughout gate.Tally `json:"closed_throughout"`
	Loosened   gate.Tally `json:"loosened"`
}

// effect compares the listed schools without and with the new order.
func (c *orderSimulateCmd) effect(io *streams, service order.Service) error {
	f, err := readFolders(c.Dir, c.Schools)
	if err != nil {
		return err
	}
	if len(f.schools) == 0 {
		return usageError{"whom an order closes depends on the schools: give --schools FILE.csv, or put schools.csv into the folder"}
	}
	o, err := readOrder(c.New)
	if err != nil {
		return err
	}
	report, err := f.effect(io.err, o, service)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(io.out, report)
	} else {
		report.print(io.out)
	}
	if slices.ContainsFunc(report.Found, func(r relation) bool { return r.refuses }) {
		return fmt.Errorf("%s contradicts an order above it: correct it before it is issued", o.ID)
	}
	return err
}

// effect computes what an order changes in its first week.
func (f folder) effect(told io.Writer, o *order.Order, service order.Service) (*effectReport, error) {
	f.orders = slices.DeleteFunc(f.orders, func(known *order.Order) bool { return known.Digest() == o.Digest() })
	before, err := f.set(io.Discard)
	if err != nil {
		return nil, err
	}
	after, err := f.set(told, o)
	if err != nil {
		return nil, err
	}
	r := &effectReport{Order: o.ID, Exercise: o.Status == order.Exercise, Listed: len(f.schools), From: o.From.String(), order: o, set: after, Found: []relation{}}
	for _, s := range f.schools {
		if o.Applies.Holds(s.School) {
			r.names = append(r.names, s)
		}
	}
	r.Schools = len(r.names)
	if r.effect, err = f.compare(before, after, o, service); err != nil {
		return nil, err
	}
	r.count()
	for _, found := range f.findings(after, o) {
		r.Found = append(r.Found, relationOf(found))
	}
	return r, nil
}

// compare compiles both sets and looks at the week that begins with the order,
// by the clock of the first listed school.
func (f folder) compare(before, after *order.Set, o *order.Order, service order.Service) (gate.Effect, error) {
	source := sourceAt(before, f.plain(), daysToSeconds(o.From.Date))
	source.Rehearse = o.Status == order.Exercise
	old, err := gate.Compile(source)
	if err != nil {
		return gate.Effect{}, err
	}
	source.Orders = after
	new, err := gate.Compile(source)
	if err != nil {
		return gate.Effect{}, err
	}
	people := map[school.UAI][school.RoleCount]int{}
	for _, s := range f.schools {
		people[s.UAI] = s.people
	}
	from := o.From.Instant(old.Zone(f.schools[0].UAI))
	window := gate.Window{From: from, To: from + 7*24*3600, Service: service}
	return gate.EffectOf(old, new, window, func(u school.UAI) [school.RoleCount]int { return people[u] }), nil
}

func (r *effectReport) count() {
	r.People, r.Closes = r.effect.People, slices.Concat([]school.UAI{}, r.effect.Schools)
	for role := range school.Role(school.RoleCount) {
		e := r.effect.ByRole[role]
		r.Roles = append(r.Roles, roleReport{role.String(), e.Tightened, e.Closed, e.Throughout, e.Loosened})
	}
}

// print is the effect for people.
func (r *effectReport) print(w io.Writer) {
	fmt.Fprintf(w, "%s  %s\n%s\n", r.Order, r.order.Title, life(r.set, r.order))
	if r.Exercise {
		fmt.Fprintln(w, "An exercise: it would close nothing. If it were meant:")
	}
	fmt.Fprintf(w, "It binds %d of the %d listed schools, and is stricter for %d people in %d of them.\n\n", r.Schools, r.Listed, r.People, len(r.Closes))
	fmt.Fprintln(w, "In its first week, as schools / people:")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "  role\tstricter\tclosed at times\tclosed throughout\tlooser")
	for _, role := range r.Roles {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", role.Role, tally(role.Tightened), tally(role.Closed), tally(role.Throughout), tally(role.Loosened))
	}
	t.Flush()
	if len(r.Closes) > 0 {
		fmt.Fprintln(w, "\nSchools where something becomes stricter:")
	}
	for _, s := range r.names {
		if slices.Contains(r.Closes, s.UAI) {
			fmt.Fprintf(w, "  %s  %s\n", s.UAI, s.Name)
		}
	}
	fmt.Fprintln(w, "\nAgainst other orders:")
	for _, found := range r.Found {
		fmt.Fprintf(w, "  %s  %s\n%s\n", found.Verdict, found.Other, wrap(found.Text, "    "))
	}
	if len(r.Found) == 0 {
		fmt.Fprintln(w, "  nothing contradicts it.")
	}
}

func tally(t gate.Tally) string {
	if t.Schools == 0 {
		return "-"
	}
	return fmt.Sprintf("%d / %d", t.Schools, t.People)
}
