package procedure_test

import (
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/procedure"
)

const small = `procedures:
  - id: a
    name: {fr: Un, en: One}
    who: {fr: Vous, en: You}
    steps: [{fr: Fermez, en: Close}]
    check: [{fr: Regardez, en: Look}]
    undo: [{fr: Ouvrez, en: Open}]
`

func TestTheDefaultCatalogue(t *testing.T) {
	c, err := procedure.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"pronote", "ecole-directe", "ent", "other"} {
		if p, found := c.Find(id); !found || len(p.Steps) == 0 || len(p.Undo) == 0 {
			t.Errorf("there is no whole procedure for %q", id)
		}
	}
	if got := c.Name("gone"); got.French != "gone" {
		t.Errorf("a product that is not in the catalogue is called %q", got.French)
	}
	if n := len(c.All()); n != 4 {
		t.Errorf("%d procedures", n)
	}
}

func TestAnOperatorsCatalogue(t *testing.T) {
	c, err := procedure.Parse([]byte(small))
	if err != nil || c.Name("a").English != "One" {
		t.Fatalf("%v: %q", err, c.Name("a").English)
	}
	for _, c := range []struct{ from, to, says string }{
		{"check:", "chek:", "chek"},
		{"    who: {fr: Vous, en: You}\n", "", "who"},
		{"en: Open", "en: ' '", "undo"},
		{"steps: [{fr: Fermez, en: Close}]", "steps: []", "0 steps"},
		{"id: a", "id: A b", `"A b" is no id`},
		{"en: Look", "en: " + strings.Repeat("x", 1001), "1000 characters"},
		{small, small + strings.TrimPrefix(small, "procedures:\n"), "stands twice"},
		{small, "procedures: []\n", "holds 0 procedures"},
		{small, "", "holds 0 procedures"},
		{small, "- a", "cannot be read"},
		{small, strings.Repeat("#", 300_000), "bytes long"},
	} {
		_, err := procedure.Parse([]byte(strings.Replace(small, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.40q for %.40q: %v, want %q", c.to, c.from, err, c.says)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("procedures: [{id: a, id: b}]"))
	f.Add([]byte("procedures: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := procedure.Parse(data)
		if err != nil {
			return
		}
		for _, p := range c.All() {
			if p.ID == "" || len(p.Steps) == 0 || p.Steps[0].French == "" {
				t.Errorf("a procedure without words was read: %+v", p)
			}
		}
	})
}
