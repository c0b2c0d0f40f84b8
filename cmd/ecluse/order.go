package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// orderCmd is for those who write orders: nothing here changes anything.
type orderCmd struct {
	Check    orderCheckCmd    `cmd:"" help:"Verify order files, each alone and against those already issued."`
	Explain  orderExplainCmd  `cmd:"" help:"Say what holds for a role in a school at an instant, and why."`
	Simulate orderSimulateCmd `cmd:"" help:"Show a school's week, or what a new order would do."`
	Schema   orderSchemaCmd   `cmd:"" help:"Print the JSON Schema of order files."`
}

// orderSchemaCmd prints the schema that editors use.
type orderSchemaCmd struct{}

// Run prints the schema.
func (orderSchemaCmd) Run(io *streams) error {
	_, err := io.out.Write(order.Schema())
	return err
}

// orderCheckCmd verifies files before they are signed.
type orderCheckCmd struct {
	Files   []string `arg:"" name:"file" help:"Order files; - for standard input."`
	Dir     []string `help:"Compare with the orders in this folder; may be repeated." placeholder:"FOLDER"`
	Schools string   `help:"The schools to compare at; by default FOLDER/schools.csv, or one of each kind in every département." placeholder:"FILE.csv"`
	JSON    bool     `help:"Print JSON."`
}

// checkReport is what was found in one file.
type checkReport struct {
	File     string     `json:"file"`
	Order    order.ID   `json:"order,omitempty"`
	Digest   string     `json:"digest,omitempty"`
	OK       bool       `json:"ok"`
	Errors   []remark   `json:"errors"`
	Warnings []remark   `json:"warnings"`
	Found    []relation `json:"findings"`
}

// remark is one error or warning; the place is 0 when it is not in the file
// itself.
type remark struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// relation is a finding about an order above.
type relation struct {
	Verdict string   `json:"verdict"`
	Other   order.ID `json:"other,omitempty"`
	Roles   string   `json:"roles"`
	Text    string   `json:"text"`
	refuses bool
}

func relationOf(f gate.Finding) relation {
	r := relation{Verdict: f.Verdict.String(), Roles: f.Roles.String(), Text: f.English, refuses: f.Refuses()}
	if f.Other != nil {
		r.Other = f.Other.ID
	}
	return r
}

// Run verifies every file, and tells of each whatever the others are.
func (c *orderCheckCmd) Run(io *streams) error {
	reports := make([]checkReport, len(c.Files))
	orders := make([]*order.Order, len(c.Files))
	for i, name := range c.Files {
		data, err := readFileOrInput(io, name)
		if err != nil {
			return fmt.Errorf("reading the order: %w: name an order's YAML file", err)
		}
		orders[i], reports[i] = checkFile(name, data)
	}
	if len(c.Dir) > 0 {
		if err := c.compare(orders, reports); err != nil {
			return err
		}
	}
	return c.tell(io, reports)
}

// checkFile verifies one file by itself.
func checkFile(name string, data []byte) (*order.Order, checkReport) {
	report := checkReport{File: name, OK: true, Errors: []remark{}, Warnings: []remark{}, Found: []relation{}}
	o, warnings, err := order.Check(name, data)
	for _, w := range warnings {
		report.Warnings = append(report.Warnings, remark{w.Line, w.Column, w.Text})
	}
	var wrong order.Errors
	if errors.As(err, &wrong) {
		for _, e := range wrong {
			report.refuse(remark{e.Line, e.Column, e.Text})
		}
		return nil, report
	}
	report.Order, report.Digest = o.ID, o.Digest()
	return o, report
}

func (r *checkReport) refuse(what remark) {
	r.OK = false
	r.Errors = append(r.Errors, what)
}

// compare holds the files against the orders of the folders.
func (c *orderCheckCmd) compare(orders []*order.Order, reports []checkReport) error {
	f, err := readFolders(c.Dir, c.Schools)
	if err != nil {
		return err
	}
	alone := complaints(f.orders)
	for i, o := range orders {
		if o == nil {
			continue
		}
		set, errs := order.NewSet(append(f.orders[:len(f.orders):len(f.orders)], o))
		for _, err := range errs {
			if !alone[err.Error()] {
				reports[i].refuse(remark{Text: err.Error()})
			}
		}
		for _, found := range f.findings(set, o) {
			reports[i].add(found)
		}
	}
	return nil
}

// complaints is what is wrong among the orders of a folder before anything is
// added to them.
func complaints(orders []*order.Order) map[string]bool {
	_, errs := order.NewSet(orders)
	known := map[string]bool{}
	for _, err := range errs {
		known[err.Error()] = true
	}
	return known
}

func (r *checkReport) add(f gate.Finding) {
	r.Found = append(r.Found, relationOf(f))
	if f.Refuses() {
		r.OK = false
	}
}

// tell prints the reports and refuses if one file is refused.
func (c *orderCheckCmd) tell(io *streams, reports []checkReport) error {
	refused := 0
	for _, r := range reports {
		if !r.OK {
			refused++
		}
	}
	if c.JSON {
		if err := printJSON(io.out, reports); err != nil {
			return err
		}
	} else {
		for _, r := range reports {
			r.print(io)
		}
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d refused", refused, len(reports))
	}
	return nil
}

// print tells of one file: what is wrong on standard error, the rest on
// standard output.
func (r checkReport) print(io *streams) {
	for _, e := range r.Errors {
		fmt.Fprintf(io.err, "%s%s\n", r.place(e), e.Text)
	}
	for _, f := range r.Found {
		if f.refuses {
			fmt.Fprintf(io.err, "%s: %s: %s\n", r.File, f.Verdict, f.Text)
		}
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(io.out, "%swarning: %s\n", r.place(w), w.Text)
	}
	for _, f := range r.Found {
		if !f.refuses {
			fmt.Fprintf(io.out, "%s: note: %s\n", r.File, f.Text)
		}
	}
	if r.OK {
		fmt.Fprintf(io.out, "%s: ok: %s, %s\n", r.File, r.Order, r.Digest)
	}
}

func (r checkReport) place(what remark) string {
	if what.Line == 0 {
		return r.File + ": "
	}
	return fmt.Sprintf("%s:%d:%d: ", r.File, what.Line, what.Column)
}

// printJSON prints one value, indented, with accents and brackets as they are.
func printJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// printOneLine prints one value on one line, for programs that read line by line.
func printOneLine(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// readOrder reads one file that must be an order.
func readOrder(name string) (*order.Order, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the order: %w: name an order's YAML file", err)
	}
	return order.Parse(name, data)
}
