// Package procedure is the catalogue of what people do by hand where a system has
// no interface: for each product the steps, what to look at afterwards, who does
// it, and how to undo it when the order ends. Nothing is scraped and no password
// of another system is ever asked: a person does it and says so.
//
// The catalogue is a YAML file, read strictly: unknown or repeated keys are errors
// with line and column, every sentence stands in French and in English, and each
// product has steps, checks and a way back. Default is the one that Écluse brings;
// an operator's file takes its place as a whole, because half of one catalogue and
// half of another would be nobody's.
package procedure

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// A Text is one sentence in both languages.
type Text struct {
	French  string `yaml:"fr"`
	English string `yaml:"en"`
}

// A Procedure is what is done by hand for one product.
type Procedure struct {
	ID    string `yaml:"id"`   // small letters, digits and -; kept with every attestation
	Name  Text   `yaml:"name"` // as people know the product
	Who   Text   `yaml:"who"`  // who does it
	Steps []Text `yaml:"steps"`
	Check []Text `yaml:"check"` // what to look at before one attests
	Undo  []Text `yaml:"undo"`  // when the order ends
}

// A Catalogue is the procedures in the order in which they are offered.
type Catalogue struct {
	procedures []Procedure
}

//go:embed default.yaml
var standard []byte

// Default is the catalogue that Écluse brings.
func Default() (Catalogue, error) { return Parse(standard) }

// Sample is the text of Default, to edit a copy of it.
func Sample() []byte { return slices.Clone(standard) }

// What a catalogue may hold.
const (
	maxFile       = 256 << 10
	maxProcedures = 100
	maxTexts      = 20    // steps, checks or ways back of one product
	maxText       = 1_000 // characters
)

// Parse reads a catalogue, or says what is wrong with it and where.
func Parse(data []byte) (Catalogue, error) {
	if len(data) > maxFile {
		return Catalogue{}, fmt.Errorf("the catalogue of procedures is %d bytes long: at most %d", len(data), maxFile)
	}
	var file struct {
		Procedures []Procedure `yaml:"procedures"`
	}
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return Catalogue{}, fmt.Errorf("the catalogue of procedures cannot be read: %s", yaml.FormatError(err, false, false))
	}
	return Catalogue{file.Procedures}, check(file.Procedures)
}

func check(list []Procedure) error {
	if len(list) == 0 || len(list) > maxProcedures {
		return fmt.Errorf("the catalogue holds %d procedures: write 1 to %d below \"procedures\"", len(list), maxProcedures)
	}
	var wrong []error
	seen := map[string]bool{}
	for _, p := range list {
		if seen[p.ID] {
			wrong = append(wrong, fmt.Errorf("the procedure %q stands twice: give the second its own id", p.ID))
		}
		seen[p.ID] = true
		wrong = append(wrong, p.check())
	}
	return errors.Join(wrong...)
}

var identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (p Procedure) check() error {
	if !identifier.MatchString(p.ID) {
		return fmt.Errorf("%q is no id of a procedure: write at most 40 small letters, digits and -", p.ID)
	}
	for _, part := range []struct {
		name  string
		texts []Text
	}{{"name", []Text{p.Name}}, {"who", []Text{p.Who}}, {"steps", p.Steps}, {"check", p.Check}, {"undo", p.Undo}} {
		if len(part.texts) == 0 || len(part.texts) > maxTexts {
			return fmt.Errorf("the procedure %q has %d %s: write 1 to %d", p.ID, len(part.texts), part.name, maxTexts)
		}
		if slices.ContainsFunc(part.texts, Text.wrong) {
			return fmt.Errorf("the procedure %q: each of %s needs a sentence in fr and in en, of at most %d characters", p.ID, part.name, maxText)
		}
	}
	return nil
}

// wrong reports whether a text says nothing in a language, or too much.
func (t Text) wrong() bool {
	for _, s := range []string{t.French, t.English} {
		if strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > maxText || !utf8.ValidString(s) {
			return true
		}
	}
	return false
}

// All is every procedure, in the order of the file. The slice is the caller's.
func (c Catalogue) All() []Procedure { return slices.Clone(c.procedures) }

// Find is the procedure of a product, and false when the catalogue has none (any
// more).
func (c Catalogue) Find(id string) (Procedure, bool) {
	for _, p := range c.procedures {
		if p.ID == id {
			return p, true
		}
	}
	return Procedure{}, false
}

// Name is how a product is called; its id when the catalogue does not have it any
// more.
func (c Catalogue) Name(id string) Text {
	if p, found := c.Find(id); found {
		return p.Name
	}
	return Text{id, id}
}

// Ticks is how many boxes the procedure has: its steps and checks, or its ways
// back.
func (p Procedure) Ticks(undo bool) int {
	if undo {
		return len(p.Undo)
	}
	return len(p.Steps) + len(p.Check)
}
