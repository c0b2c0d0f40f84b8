package order

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluse-ecole/ecluse/hours"
)

// letter is a small order that is right; each test spoils one thing in it.
const letter = `order: FR/13/079/2024-0001
issuer: FR/13/079
type: issue
title: Fermeture
applies: {territory: FR/13/079, degrees: [first]}
from: 2024-03-29T00:00
until: null
review: 2024-04-15
rules:
  - {roles: [pupil], hours: "off"}
  - {roles: [adults], hours: "07:00-23:00"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: 05 36 49 00 00}
`

// with is the letter with each old text replaced by the new one after it.
func with(t *testing.T, pairs ...string) string {
	t.Helper()
	out := letter
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(out, pairs[i]) {
			t.Fatalf("the letter does not hold %q", pairs[i])
		}
		out = strings.Replace(out, pairs[i], pairs[i+1], 1)
	}
	return out
}

// refuse wants an error whose text holds want, at this line and column.
func refuse(t *testing.T, file string, line, column int, want string) {
	t.Helper()
	_, err := Parse("o.yaml", []byte(file))
	var errs Errors
	if !errors.As(err, &errs) {
		t.Errorf("accepted, want %q\n%s", want, file)
		return
	}
	for _, e := range errs {
		speaksFrench(t, e)
		if e.Line == line && e.Column == column && strings.Contains(e.Text, want) {
			return
		}
	}
	t.Errorf("want %d:%d %q, have\n%v", line, column, want, err)
}

func accept(t *testing.T, file string) *Order {
	t.Helper()
	o, err := Parse("o.yaml", []byte(file))
	if err != nil {
		t.Fatalf("refused: %v\n%s", err, file)
	}
	return o
}

// warns wants a warning on this line whose text holds want; "" wants none.
func warns(t *testing.T, file string, line int, want string) {
	t.Helper()
	_, warnings, err := Check("o.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		speaksFrench(t, w)
		if want != "" && w.Line == line && strings.Contains(w.Text, want) {
			return
		}
	}
	if want != "" || len(warnings) > 0 {
		t.Errorf("want %d %q, have %v", line, want, warnings)
	}
}

func TestLetterSaysWhatItSays(t *testing.T) {
	o := accept(t, letter)
	want := Wall{Date: hours.NewDate(2024, 3, 29)}
	if o.ID != "FR/13/079/2024-0001" || o.Issuer != "FR/13/079" || o.From != want || !o.Until.IsZero() || len(o.Rules) != 2 {
		t.Errorf("have %+v", o)
	}
	if r := o.Rules[1]; r.Access != Write || r.Outside != Closed || r.Roles.String() != "adults" || r.Hours.String() != "07:00-23:00" {
		t.Errorf("have %+v", r)
	}
	warns(t, letter, 0, "")
}

func TestKeys(t *testing.T) {
	refuse(t, with(t, "title:", "titel:"), 4, 1, "did you mean title?")
	refuse(t, with(t, "title:", "titel:"), 1, 1, "has no title")
	refuse(t, with(t, "roles: [pupil]", "role: [pupil]"), 10, 6, `a rule has no key "role": did you mean roles?`)
	refuse(t, with(t, "phone:", "fax:"), 13, 28, "the keys are office, phone, email")
	refuse(t, with(t, "type: issue", "type: issue\ntype: cancel"), 4, 1, `the key "type" stands twice in the order, first on line 3`)
	refuse(t, with(t, "type: issue\n", ""), 1, 1, "write issue, update or cancel")
	refuse(t, with(t, "reason: Des", "# Des"), 1, 1, "the order has no reason")
	refuse(t, with(t, "reason: Des messages menaçants circulent.", "reason: ''"), 12, 9, "reason is empty")
}

func TestKinds(t *testing.T) {
	refuse(t, with(t, "[pupil]", "pupil"), 10, 13, `roles is "pupil": write a list`)
	refuse(t, with(t, "title: Fermeture", "title: [a]"), 4, 8, "title is a list: write one text")
	refuse(t, with(t, "applies: {territory: FR/13/079, degrees: [first]}", "applies: FR/13/079"), 5, 10, `applies is "FR/13/079": write key: value lines`)
	refuse(t, "- a\n- b\n", 1, 1, "the order is a list")
	refuse(t, with(t, "[first]", "[primary]"), 5, 43, `"primary" is not a value of degrees: write one of first, second`)
	refuse(t, with(t, "[first]", "[first, first]"), 5, 50, "stands twice in degrees")
	refuse(t, with(t, "[first]", "[]"), 5, 42, "degrees is an empty list")
	refuse(t, with(t, "[pupil]", "[eleve]"), 10, 14, `"eleve" is not a role`)
	refuse(t, with(t, "type: issue", "type: alert"), 3, 7, "issue, update, cancel")
	refuse(t, with(t, "type: issue", "status: test\ntype: issue"), 3, 9, "actual, exercise")
}

func TestYAMLTraps(t *testing.T) {
	refuse(t, "", 1, 1, "holds no order")
	refuse(t, "# nothing\n", 1, 1, "holds no order")
	refuse(t, letter+"---\n"+letter, 15, 1, "2 documents")
	refuse(t, with(t, "title: Fermeture", "title: &a Fermeture"), 4, 8, "anchors")
	refuse(t, with(t, "title: Fermeture", "title: *a"), 4, 8, "aliases")
	refuse(t, with(t, "title: Fermeture", "title: !!str Fermeture"), 4, 8, "tags")
	refuse(t, with(t, "title: Fermeture", "<<: {title: Fermeture}"), 4, 1, "merge keys")
	refuse(t, with(t, "title: Fermeture", "title: [Fermeture"), 5, 1, "not YAML")
	refuse(t, with(t, "title: Fermeture", "title: Ferme\xffture"), 4, 13, "not UTF-8")
	refuse(t, with(t, "title: Fermeture", "title: Ferme\u202eture"), 4, 13, "U+202E")
	refuse(t, with(t, "title: Fermeture", `title: "Ferme\u202eture"`), 4, 8, "U+202E")
	refuse(t, letter+"#"+strings.Repeat("x", maxBytes), 1, 1, "at most 262144")
	refuse(t, with(t, "[pupil]", strings.Repeat("[", 5000)), 10, 27, "more than 16 deep")
	refuse(t, strings.Repeat("- ", 5000), 1, 33, "more than 16 deep")
	refuse(t, strings.Repeat("a: b\n", 20_000), 1, 1, "parts")
	accept(t, "\ufeff"+letter)
	accept(t, strings.ReplaceAll(letter, "\n", "\r\n"))
	accept(t, "---\n"+letter+"...\n")
}

func TestEveryErrorAtOnce(t *testing.T) {
	_, err := Parse("o.yaml", []byte(with(t, "title:", "titel:", "[pupil]", "[eleve]", "2024-03-29T00:00", "2024-02-30T00:00")))
	if n := strings.Count(err.Error(), "\n") + 1; n != 4 {
		t.Errorf("%d errors, want 4:\n%v", n, err)
	}
}

func TestManyFiles(t *testing.T) {
	orders, warnings, err := ParseAll([]File{
		{"right.yaml", []byte(letter)},
		{"doubtful.yaml", []byte(with(t, "review: 2024-04-15\n", ""))},
		{"wrong.yaml", []byte(with(t, "title:", "titel:"))},
		{"", []byte("a: b")},
	})
	if len(orders) != 2 || len(warnings) != 1 || !strings.HasPrefix(warnings[0].String(), "doubtful.yaml:6:7: warning: ") {
		t.Errorf("%d orders, warnings %v", len(orders), warnings)
	}
	var first *Error
	if !errors.As(err, &first) || first.File != "wrong.yaml" || !strings.Contains(err.Error(), "\nline 1, column 1: the order has no key \"a\"") {
		t.Errorf("errors are %v", err)
	}
}

func TestTimes(t *testing.T) {
	from := func(s string) string { return with(t, "2024-03-29T00:00", s) }
	refuse(t, from("2024-03-29T00:00Z"), 6, 7, "each school's own wall clock: write 2024-03-29T00:00")
	refuse(t, from("2024-03-29T00:00+01:00"), 6, 7, "carries an offset")
	refuse(t, from("2024-03-29"), 6, 7, "not a date and time")
	refuse(t, from("2023-02-29T00:00"), 6, 7, "not a day of the calendar")
	refuse(t, from("2024-03-29T24:00"), 6, 7, "not a time of day")
	refuse(t, from("2024-03-29T7:00"), 6, 7, "not a time of day")
	refuse(t, from("1924-03-29T07:00"), 6, 7, "outside the years")
	refuse(t, with(t, "until: null", "until: 2024-03-29T00:00"), 7, 8, "not after from")
	refuse(t, with(t, "until: null", "until: 2024-03-28T23:59:59"), 7, 8, "not after from")
	refuse(t, with(t, "2024-04-15", "2024-04-15T08:00"), 8, 9, "not a day of the calendar")
	if o := accept(t, with(t, "until: null", "until: 2024-04-02T07:00:30")); o.Until.String() != "2024-04-02T07:00:30" {
		t.Errorf("until is %s", o.Until)
	}
}

func TestNames(t *testing.T) {
	name := func(s string) string { return with(t, "FR/13/079/2024-0001", s) }
	refuse(t, name("FR/13/2024-0001"), 1, 8, "does not begin with the issuer FR/13/079")
	refuse(t, name("FR/13/079/2024-1"), 1, 8, "four to six digits")
	refuse(t, name("2024-0001"), 1, 8, "write the issuer, the year and a number")
	refuse(t, name("XX/13/079/2024-0001"), 1, 8, "a path begins with FR")
	warns(t, name("FR/13/079/2021-0001"), 1, "begins in 2024")
	refuse(t, with(t, "{territory: FR/13/079,", "{territory: FR/13/086,"), 5, 22, "the scope FR/13/086 is outside its issuer's territory FR/13/079")
	refuse(t, with(t, "{territory: FR/13/079,", "{territory: FR/13,"), 5, 22, "outside its issuer's territory")
	accept(t, with(t, "{territory: FR/13/079,", "{territory: FR/13/079/C01,"))
}

func TestReferences(t *testing.T) {
	refuse(t, with(t, "type: issue", "type: issue\nreferences: [FR/13/079/2024-0009]"), 4, 13, "an issue has no references")
	refuse(t, with(t, "type: issue", "type: update"), 3, 7, "an update must name the orders it ends")
	refuse(t, with(t, "type: issue", "type: update\nreferences: [FR/13/079/2024-0001]"), 4, 14, "refers to itself")
	refuse(t, with(t, "type: issue", "type: cancel\nreferences: [FR/13/079/2024-0009]"), 11, 3, "a cancel has no rules")
	refuse(t, with(t, "rules:\n  - {roles: [pupil], hours: \"off\"}\n  - {roles: [adults], hours: \"07:00-23:00\"}\n", ""), 1, 1, "the order has no rules")
	cancel := "order: FR/13/2024-0002\nissuer: FR/13\ntype: cancel\nreferences: [FR/13/079/2024-0001]\ntitle: Fin\nfrom: 2024-04-08T07:00\nreason: Fini.\ncontact: {office: Cabinet, email: a@b.example}\n"
	if o := accept(t, cancel); o.Applies.Territory != "FR/13" {
		t.Errorf("a cancel without scope applies to %q", o.Applies.Territory)
	}
	refuse(t, cancel+"until: 2024-05-01T00:00\n", 9, 8, "a cancel has no until")
}

func TestRules(t *testing.T) {
	rule := func(s string) string { return with(t, `{roles: [pupil], hours: "off"}`, s) }
	refuse(t, rule(`{roles: [pupil]}`), 10, 5, "a rule has no hours")
	refuse(t, rule(`{hours: "off"}`), 10, 5, "a rule has no roles")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", access: read, outside: write}`), 10, 60, "outside: write is looser than access: read")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", otherwise: read}`), 10, 48, "otherwise stands without require")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", access: half}`), 10, 45, "closed, read, reply, write")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", limits: {recipients: 0}}`), 10, 58, "whole number between 1 and 100000")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", limits: {recipients: 1.5}}`), 10, 58, "whole number")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", limits: {lists: 3}}`), 10, 53, "write true or false")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", limits: {}}`), 10, 45, "limits is empty")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", require: {countries: [UK]}}`), 10, 59, "not a country")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", require: {second_factor: false}}`), 10, 62, "asks for nothing")
	refuse(t, rule(`{roles: [pupil], hours: "24/7", require: {password_since: hier}}`), 10, 63, "not a date and time")
	accept(t, rule(`{roles: [pupil], hours: 24/7, require: {password_since: 2024-03-28, countries: [NO, FR]}, otherwise: reply}`))
	refuse(t, rule(`{roles: [pupil], hours: "24/7", require: {countries: [BE+]}}`), 10, 59, "FR+ for France")
	warns(t, rule(`{roles: [pupil], hours: "24/7", access: read, limits: {lists: false}}`), 10, "limits bound nothing")
}

func TestHoursArePointedAt(t *testing.T) {
	refuse(t, with(t, `"07:00-23:00"`, `"Mo-Fr 07:00-sunset"`), 11, 43, "hours: ")
	refuse(t, with(t, `"07:00-23:00"`, `Mo-Fr 07:00-sunset`), 11, 42, "hours: ")
	warns(t, with(t, `"07:00-23:00"`, `"PH off; Mo-Fr 07:00-23:00"`), 11, "hours: ")
	warns(t, with(t, `"07:00-23:00"`, `"07:00-23:00; SH off"`), 11, "school holidays")
}

func TestNoticeMustBeComplete(t *testing.T) {
	refuse(t, with(t, ", phone: 05 36 49 00 00", ""), 13, 10, "neither phone nor email")
	refuse(t, with(t, "office: Cabinet, ", ""), 13, 10, "contact has no office")
	refuse(t, with(t, "05 36 49 00 00", "…"), 13, 35, "not a telephone number")
	refuse(t, with(t, "phone: 05 36 49 00 00", "email: cabinet"), 13, 35, "not an e-mail address")
	if o := accept(t, with(t, "05 36 49 00 00", "0536490000")); o.Contact.Phone != "0536490000" {
		t.Errorf("phone is %q", o.Contact.Phone)
	}
}

func TestExceptions(t *testing.T) {
	except := func(s string) string { return with(t, "degrees: [first]", "except: ["+s+"]") }
	accept(t, except("{school: 0799001E, reason: Travaux}"))
	refuse(t, except("{school: 0799001E}"), 5, 42, "has no reason")
	refuse(t, except("{school: 0799001A, reason: Travaux}"), 5, 51, "check letter")
	refuse(t, except("{school: 0750655E, reason: Travaux}"), 5, 51, "outside the scope FR/13/079")
	refuse(t, except("{school: 0799001E, reason: a}, {school: 0799001E, reason: b}"), 5, 73, "stands twice in except")
}

func TestWarnings(t *testing.T) {
	warns(t, with(t, "review: 2024-04-15\n", ""), 6, "neither until nor review")
	warns(t, with(t, "2024-04-15", "2024-03-15"), 8, "lies before from")
	warns(t, with(t, "until: null", "until: 2024-04-02T00:00"), 8, "lies after until")
	warns(t, with(t, "[adults]", "[teacher, staff]"), 10, "no rule binds guardian, head")
	warns(t, with(t, "[adults]", "[everyone]"), 10, "several rules bind pupil")
	warns(t, with(t, "issuer: FR/13/079", "issuer: FR", "FR/13/079/2024-0001", "FR/2024-0001", "territory: FR/13/079", "territory: FR",
		`"off"}`, `"24/7", require: {countries: [FR]}}`), 10, "without BL, GF")
}

func TestRoundTripOfExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	top, _ := filepath.Glob("../../examples/*.yaml")
	if files = append(files, top...); len(files) < 6 {
		t.Fatalf("only %d examples", len(files))
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		o, err := Parse(name, data)
		if err != nil {
			t.Error(err)
			continue
		}
		sameAgain(t, o)
	}
}

// sameHours compares hours by their canonical form.
var sameHours = cmp.Comparer(func(a, b *hours.Hours) bool {
	return a == b || a != nil && b != nil && a.String() == b.String()
})

// sameAgain wants Parse to give back what Encode wrote.
func sameAgain(t interface {
	Helper()
	Fatalf(string, ...any)
}, o *Order) {
	t.Helper()
	text := o.Encode()
	again, err := Parse("again", text)
	if err != nil {
		t.Fatalf("the canonical form is refused: %v\n%s", err, text)
	}
	if d := cmp.Diff(o, again, sameHours); d != "" {
		t.Fatalf("the canonical form says something else: %s\n%s", d, text)
	}
	if o.Digest() != again.Digest() {
		t.Fatalf("the digest changed\n%s", text)
	}
}
