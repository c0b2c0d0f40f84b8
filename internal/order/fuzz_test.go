package order

import (
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// FuzzParse wants any input to be refused with places inside it, or to be an
// order that its own canonical form says again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(letter))
	for _, name := range []string{"premier-degre", "second-degre", "reopening/1-adults", "reopening/2-pupils", "reopening/3-lift", "more/national-territory"} {
		data, err := os.ReadFile("../../examples/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, warnings, err := Check("f", data)
		for _, w := range warnings {
			if w.Line < 1 || w.Column < 1 || w.Text == "" || w.In(hours.French) == "" {
				t.Fatalf("a warning without place or text: %+v", w)
			}
		}
		if err == nil {
			sameAgain(t, o)
			return
		}
		errs, ok := err.(Errors)
		if !ok || len(errs) == 0 || o != nil {
			t.Fatalf("order %v, error %#v", o, err)
		}
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Text == "" || e.In(hours.French) == e.Text {
				t.Fatalf("an error without place or text: %+v", e)
			}
		}
	})
}

// TestRoundTrip draws orders and wants Parse to give back what Encode wrote.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { sameAgain(t, drawOrder(t)) })
}

// drawOrder draws an order that Parse accepts.
func drawOrder(t *rapid.T) *Order {
	issuer := rapid.SampledFrom([]school.Territory{"FR", "FR/13", "FR/13/079", "FR/13/079/C01", "FR/13/079/0799101N"}).Draw(t, "issuer")
	o := &Order{
		Issuer: issuer, ID: ID(issuer + "/2024-" + school.Territory(rapid.StringMatching(`[0-9]{4,6}`).Draw(t, "number"))),
		Status:  Status(rapid.IntRange(0, 1).Draw(t, "status")),
		Type:    Type(rapid.IntRange(0, 2).Draw(t, "type")),
		Title:   drawText(t, "title"),
		Reason:  drawText(t, "reason"),
		Basis:   rapid.SampledFrom([]string{"", "null", "Décision: n° 3 #1", "- tiret", "2024-03-28"}).Draw(t, "basis"),
		Contact: Contact{Office: drawText(t, "office"), Phone: "05 36 49 00 00"},
		From:    drawWall(t, "from", 0),
		Applies: Scope{Territory: issuer},
	}
	if o.Type != Issue {
		o.References = []ID{"FR/2023-0001", "FR/13/2023-000002"}
	}
	if o.Type == Cancel {
		return o
	}
	o.Applies.Degrees = drawSome(t, "degrees", school.First, school.Second)
	o.Applies.Sectors = drawSome(t, "sectors", school.Public, school.Private)
	o.Applies.Services = drawSome(t, "services", Messaging, Mail, Chat)
	if rapid.Bool().Draw(t, "ends") {
		o.Until = drawWall(t, "until", 1000)
	}
	if rapid.Bool().Draw(t, "reviewed") {
		o.Review = Wall{Date: drawWall(t, "review", 0).Date}
	}
	o.Rules = rapid.SliceOfN(rapid.Custom(drawRule), 1, 4).Draw(t, "rules")
	return o
}

// drawText draws what people write, with what YAML could take for its own.
func drawText(t *rapid.T, name string) string {
	word := rapid.SampledFrom([]string{"a", "élèves", "7 h", ": ", "# ", "- ", "\"", "'", "\\", "{", "[", "&x", "*x", "!", "%", "null", "~", "yes", "0x1", "\n", "\t", "🔒", "«", "…", "|", ">"})
	text := ""
	for _, w := range rapid.SliceOfN(word, 0, 8).Draw(t, name) {
		text += w
	}
	return "d" + text + "f"
}

// drawWall draws a reading in 2024, so many days later.
func drawWall(t *rapid.T, name string, later int) Wall {
	day := hours.NewDate(2024, 1, 1) + hours.Date(later+rapid.IntRange(0, 365).Draw(t, name))
	return Wall{Date: day, Second: rapid.IntRange(0, secondsPerDay-1).Draw(t, name+" second")}
}

// drawSome draws a part of the values, in their order; none means no list.
func drawSome[T any](t *rapid.T, name string, values ...T) []T {
	var out []T
	for _, v := range values {
		if rapid.Bool().Draw(t, name) {
			out = append(out, v)
		}
	}
	return out
}

func drawRule(t *rapid.T) Rule {
	text := rapid.SampledFrom([]string{"off", "24/7", "07:00-23:00", "Mo-Fr 07:00-19:00; PH off", "22:00-06:00"}).Draw(t, "hours")
	h, err := hours.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r := Rule{Hours: h, Access: Access(rapid.IntRange(0, 3).Draw(t, "access"))}
	r.Roles = school.Roles(rapid.IntRange(1, int(school.Everyone)).Draw(t, "roles"))
	r.With = school.Roles(rapid.IntRange(0, int(school.Everyone)).Draw(t, "with"))
	r.Outside = Access(rapid.IntRange(0, int(r.Access)).Draw(t, "outside"))
	if rapid.Bool().Draw(t, "limited") {
		n, yes := rapid.IntRange(1, 1000).Draw(t, "recipients"), rapid.Bool().Draw(t, "lists")
		r.Limits = Limits{Recipients: &n, Lists: &yes}
	}
	if rapid.Bool().Draw(t, "required") {
		r.Require = Requirements{
			PasswordSince: drawWall(t, "since", 0), SecondFactor: rapid.Bool().Draw(t, "second factor"),
			Countries: drawSome(t, "countries", "FR", "NO", "RE"),
		}
		r.Otherwise = Access(rapid.IntRange(0, int(r.Access)).Draw(t, "otherwise"))
	}
	return r
}
