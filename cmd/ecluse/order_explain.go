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

// orderExplainCmd answers what holds somewhere for somebody at an instant.
type orderExplainCmd struct {
	whereFlags
	Role    string `required:"" help:"Who asks: pupil, guardian, teacher, staff or head."`
	At      string `required:"" help:"When: 2024-04-02T10:00 by the school's clock, or with Z or an offset." placeholder:"TIME"`
	Service string `default:"messaging" help:"Through what: messaging, mail or chat."`
	With    string `help:"With whom, for rules that bind only some exchanges." placeholder:"ROLE"`
	Lang    string `default:"en" enum:"en,fr" help:"Language of the reason: en or fr."`
	JSON    bool   `help:"Print JSON."`
}

// whereFlags say which orders and which school.
type whereFlags struct {
	Dir     []string `required:"" help:"The folder of the orders in force or announced; may be repeated." placeholder:"FOLDER"`
	Schools string   `help:"A list of schools; by default FOLDER/schools.csv if there is one." placeholder:"FILE.csv"`
	School  string   `required:"" help:"The school's code (UAI)." placeholder:"UAI"`
	Degree  string   `help:"first or second, for a school that is not listed." placeholder:"DEGREE"`
	Sector  string   `help:"public or private, for a school that is not listed." placeholder:"SECTOR"`
}

// answer is what explain prints as JSON.
type answer struct {
	Access string     `json:"access"`
	Until  *string    `json:"until"`
	Orders []order.ID `json:"orders"`
	Reason string     `json:"reason"`
}

// Run answers, or says what it must be told first.
func (c *orderExplainCmd) Run(io *streams) error {
	ask, err := c.request()
	if err != nil {
		return err
	}
	places, err := c.places(io.err)
	if err != nil {
		return err
	}
	ask.School = places.schools[0].UAI
	if ask.At, err = instantOf(c.At, places.schools[0].Zone); err != nil {
		return usageError{"--at: " + err.Error()}
	}
	told, err := c.agree(places, ask)
	if err != nil {
		return err
	}
	if c.JSON {
		return printOneLine(io.out, c.answer(told))
	}
	return c.print(io.out, places, told, ask)
}

// request reads the flags that are words.
func (c *orderExplainCmd) request() (gate.Request, error) {
	ask := gate.Request{Facts: gate.Compliant()}
	var err error
	if ask.Role, err = school.ParseRole(c.Role); err != nil {
		return ask, usageError{"--role: " + err.Error()}
	}
	if ask.Service, err = order.ParseService(c.Service); err != nil {
		return ask, usageError{"--service: " + err.Error()}
	}
	if c.With != "" {
		if ask.With, err = school.ParseRoles([]string{c.With}); err != nil {
			return ask, usageError{"--with: " + err.Error()}
		}
	}
	return ask, nil
}

// places is the school that was asked about, in each form it may have: a school
// that is not listed may be of either degree and either sector.
type places struct {
	set     *order.Set
	schools []school.School
	listed  bool
}

// places finds the school among the listed ones, or makes it from its code.
func (w whereFlags) places(told io.Writer) (places, error) {
	uai, err := school.ParseUAI(w.School)
	if err != nil {
		return places{}, err
	}
	f, err := readFolders(w.Dir, w.Schools)
	if err != nil {
		return places{}, err
	}
	p := places{}
	if p.set, err = f.set(told); err != nil {
		return p, err
	}
	if s, listed := f.school(uai); listed {
		p.schools, p.listed = []school.School{s.School}, true
		return p, nil
	}
	p.schools, err = w.unlisted(uai)
	return p, err
}

// unlisted is each form that a school known only by its code may have. It stands
// directly in its département: orders for a circonscription do not reach it.
func (w whereFlags) unlisted(uai school.UAI) ([]school.School, error) {
	d, err := school.DepartmentOf(uai)
	if err != nil {
		return nil, err
	}
	degrees, err := oneOrBoth("--degree", w.Degree, school.ParseDegree, school.First, school.Second)
	if err != nil {
		return nil, err
	}
	sectors, err := oneOrBoth("--sector", w.Sector, school.ParseSector, school.Public, school.Private)
	if err != nil {
		return nil, err
	}
	var out []school.School
	for _, sector := range sectors {
		for _, degree := range degrees {
			s, err := school.New(uai, "School "+string(uai), degree, sector, d.Territory())
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// oneOrBoth reads a flag that narrows two values down to one.
func oneOrBoth[T any](flag, text string, parse func(string) (T, error), both ...T) ([]T, error) {
	if text == "" {
		return both, nil
	}
	v, err := parse(text)
	if err != nil {
		return nil, usageError{flag + ": " + err.Error()}
	}
	return []T{v}, nil
}

// snapshots compiles the orders for each form of the school.
func (p places) snapshots(at int64) ([]*gate.Snapshot, error) {
	var out []*gate.Snapshot
	for _, s := range p.schools {
		snapshot, err := gate.Compile(sourceAt(p.set, []school.School{s}, at))
		if err != nil {
			return nil, err
		}
		out = append(out, snapshot)
	}
	return out, nil
}

// agree explains for each form of the school. When the decision is the same,
// that is the answer, with the orders of all; otherwise the missing flag must
// be given.
func (c *orderExplainCmd) agree(p places, ask gate.Request) (gate.Explanation, error) {
	snapshots, err := p.snapshots(ask.At)
	if err != nil {
		return gate.Explanation{}, err
	}
	told := snapshots[0].Explain(ask)
	for i, s := range snapshots[1:] {
		other := s.Explain(ask)
		if other.Decision != told.Decision {
			return told, p.mustTell(i + 1)
		}
		for _, o := range other.Orders {
			if !slices.Contains(told.Orders, o) {
				told.Orders = append(told.Orders, o)
			}
		}
	}
	return told, nil
}

// mustTell asks for what the first form and another differ in.
func (p places) mustTell(i int) error {
	flag, words := "--sector", "public or private"
	if p.schools[i].Degree != p.schools[0].Degree {
		flag, words = "--degree", "first or second"
	}
	return usageError{fmt.Sprintf("school %s is not listed and the answer depends on it: give %s %s, or list it with --schools", p.schools[0].UAI, flag, words)}
}

// answer is the JSON form.
func (c *orderExplainCmd) answer(e gate.Explanation) answer {
	out := answer{Access: e.Decision.Access.String(), Orders: []order.ID{}, Reason: c.sentence(e)}
	if e.Decision.Until != hours.Never {
		until := time.Unix(e.Decision.Until, 0).In(e.Zone.Location()).Format(time.RFC3339)
		out.Until = &until
	}
	for _, o := range e.Orders {
		out.Orders = append(out.Orders, o.ID)
	}
	return out
}

func (c *orderExplainCmd) sentence(e gate.Explanation) string {
	if c.Lang == "fr" {
		return e.French
	}
	return e.English
}

// print is the answer for people.
func (c *orderExplainCmd) print(w io.Writer, p places, e gate.Explanation, ask gate.Request) error {
	s := p.schools[0]
	fmt.Fprintf(w, "%s (%s), %s\n", s.Name, s.UAI, school.Name(s.Parent))
	if !p.listed {
		fmt.Fprintln(w, "not listed: placed in its département by its code")
	}
	at := time.Unix(ask.At, 0).In(e.Zone.Location())
	fmt.Fprintf(w, "%s, %s, %s (%s)\n\n", ask.Role, ask.Service, at.Format("Monday 2 January 2006 15:04:05"), s.Zone)
	fmt.Fprintf(w, "  access  %s\n  until   %s\n\n%s\n", e.Decision.Access, untilText(e), wrap(c.sentence(e), ""))
	if len(e.Orders) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nOrders that bind:")
	for _, o := range e.Orders {
		fmt.Fprintf(w, "  %s  %s\n", o.ID, o.Title)
		fmt.Fprintf(w, "    %s\n    %s\n", life(p.set, o), contactText(o.Contact))
	}
	return nil
}

func untilText(e gate.Explanation) string {
	if e.Decision.Until == hours.Never {
		return "further notice"
	}
	return time.Unix(e.Decision.Until, 0).In(e.Zone.Location()).Format("Monday 2 January 2006 15:04:05")
}

// life is when an order holds, and what ends it.
func life(set *order.Set, o *order.Order) string {
	if o.Type == order.Cancel {
		return fmt.Sprintf("lifts %v from %s on", o.References, o.From)
	}
	switch at, by, kind := set.End(o.ID); kind {
	case order.InForce:
		return fmt.Sprintf("from %s until lifted", o.From)
	case order.Expired:
		return fmt.Sprintf("from %s until %s", o.From, at)
	default:
		return fmt.Sprintf("from %s, %s at %s by %s", o.From, kind, at, by)
	}
}

func contactText(c order.Contact) string {
	parts := slices.DeleteFunc([]string{c.Office, c.Phone, c.Email}, func(s string) bool { return s == "" })
	return strings.Join(parts, ", ")
}

// instantOf reads a time of the command line: with Z or an offset it is an
// instant, without one the wall clock of the zone.
func instantOf(text, zone string) (int64, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.Unix(), nil
	}
	w, err := order.ParseWall(text)
	if err != nil {
		return 0, err
	}
	z, err := hours.LoadZone(zone)
	if err != nil {
		return 0, err
	}
	return w.Instant(z), nil
}

// wrap breaks a text into lines that a terminal shows whole.
func wrap(text, indent string) string {
	const width = 80
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
