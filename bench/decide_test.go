package bench

import (
	"math/rand/v2"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A question is one that every engine answers with yes or no: may this role of
// this school do this now? Only Écluse works the last four fields out from the
// instant; the others are handed them, since none knows time zones with
// holidays.
type question struct {
	request gate.Request
	action  gate.Action

	place   school.School
	weekday int64 // 1 is Monday
	minute  int64 // of the day
	day     int64 // since 1970
	holiday bool
}

// need is the rung of the ladder that the action stands on: 1, 2 or 3.
func (q *question) need() int64 {
	access, _ := gate.Needs(q.action)
	return int64(access)
}

// An engine answers question i of the list it was made for. What it needs as
// input is made beforehand and not measured.
type engine struct {
	name   string
	answer func(i int) bool
}

// engines are all that are compared, Écluse first.
func engines(tb testing.TB, questions []question) []engine {
	return []engine{
		{"ecluse", ecluse(tb, questions)},
		{"expr", exprEngine(tb, questions)},
		{"cel", celEngine(tb, questions)},
		{"cedar", cedarEngine(tb, questions)},
		{"casbin", casbinEngine(tb, questions)},
		{"opa", opaEngine(tb, questions)},
	}
}

// The three orders: a national one for nights and weekends, and the two letters
// of a département.
const (
	everywhere = "Mo-Fr 07:00-20:00"           // all roles; outside: read
	firstHours = "07:00-23:00"                 // adults of écoles
	secondHrs  = "Mo-Fr 07:00-19:00; PH off"   // adults of collèges and lycées
	department = school.Territory("FR/13/079") // whose letters they are
	pupilHours = "off"
)

// letterDay is the day from which the letters hold.
var letterDay = hours.NewDate(2024, 3, 29)

// closedDays are those that the questions may fall on.
var closedDays = []hours.Date{
	hours.NewDate(2024, 4, 1), hours.NewDate(2024, 5, 1), hours.NewDate(2024, 5, 8), hours.NewDate(2024, 5, 9), hours.NewDate(2024, 5, 20),
}

// ecluse compiles the three orders; its own work includes the time zone, the
// holidays, until when the answer holds, and who asks.
func ecluse(tb testing.TB, questions []question) func(int) bool {
	set, errs := order.NewSet([]*order.Order{
		{ID: "FR/2024-0001", Issuer: "FR", Applies: order.Scope{Territory: "FR"}, From: order.Wall{Date: hours.NewDate(2024, 1, 1)},
			Rules: []order.Rule{ruleOf(tb, school.Everyone, everywhere, order.Read)}},
		letter(tb, "FR/13/079/2024-0001", school.First, firstHours),
		letter(tb, "FR/13/079/2024-0002", school.Second, secondHrs),
	})
	if errs != nil {
		tb.Fatal(errs)
	}
	first, last := hours.NewDate(2023, 1, 1), hours.NewDate(2025, 12, 31)
	s, err := gate.Compile(gate.Source{Schools: places(), Orders: set, From: firstInstant, To: lastInstant,
		Calendar: func(string) (hours.Calendar, error) {
			return hours.Calendar{Public: hours.NewDays(first, last, closedDays...)}, nil
		}})
	if err != nil {
		tb.Fatal(err)
	}
	return func(i int) bool { return gate.Allows(s.Decide(questions[i].request), questions[i].action) }
}

func letter(tb testing.TB, id order.ID, degree school.Degree, text string) *order.Order {
	return &order.Order{
		ID: id, Issuer: department, From: order.Wall{Date: letterDay},
		Applies: order.Scope{Territory: department, Degrees: []school.Degree{degree}},
		Rules: []order.Rule{
			ruleOf(tb, school.RolesOf(school.Pupil), pupilHours, order.Closed),
			ruleOf(tb, school.Adults, text, order.Closed),
		},
	}
}

func ruleOf(tb testing.TB, roles school.Roles, text string, outside order.Access) order.Rule {
	h, err := hours.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return order.Rule{Roles: roles, Hours: h, Access: order.Write, Outside: outside}
}

// The instants of the questions: ten weeks around the letters, with a change of
// clocks and five holidays.
const firstInstant, lastInstant = 1709250000, 1717200000

// places is a country of 1,000 schools in 10 départements, on two clocks.
func places() []school.School {
	const letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
	var out []school.School
	for i := range 1000 {
		department := []string{"079", "086", "016", "017", "033", "044", "069", "075", "093", "974"}[i%10]
		academy := []string{"13", "13", "13", "13", "04", "17", "10", "01", "24", "28"}[i%10]
		number := 0
		for _, c := range department {
			number = number*10 + int(c-'0')
		}
		number = number*10000 + i
		code := []byte("0000000")
		for at, rest := 6, number; at >= 0; at, rest = at-1, rest/10 {
			code[at] = byte('0' + rest%10)
		}
		s := school.School{
			UAI: school.UAI(code) + school.UAI(letters[number%23]), Degree: school.Degree(i / 10 % 2),
			Parent: school.Territory("FR/" + academy + "/" + department), Zone: "Europe/Paris", Calendar: department,
		}
		if department == "974" {
			s.Zone = "Indian/Reunion"
		}
		out = append(out, s)
	}
	return out
}

// ask makes n random questions; half are about the département of the letters.
func ask(tb testing.TB, n int) []question {
	random := rand.New(rand.NewPCG(20, 24))
	all, zones := places(), map[string]*hours.Zone{}
	out := make([]question, n)
	for i := range out {
		place := all[random.IntN(len(all))]
		if random.IntN(2) == 0 {
			place = all[random.IntN(len(all)/10)*10]
		}
		if zones[place.Zone] == nil {
			zone, err := hours.LoadZone(place.Zone)
			if err != nil {
				tb.Fatal(err)
			}
			zones[place.Zone] = zone
		}
		at := firstInstant + random.Int64N(lastInstant-firstInstant)
		day, second := zones[place.Zone].Reading(at)
		out[i] = question{
			request: gate.Request{School: place.UAI, Role: school.Role(random.IntN(school.RoleCount)), At: at},
			action:  gate.Action(random.IntN(3)),
			place:   place, minute: int64(second / 60), day: int64(day),
			weekday: int64(day.Weekday()+6)%7 + 1, holiday: isHoliday(day),
		}
	}
	return out
}

func isHoliday(day hours.Date) bool {
	for _, h := range closedDays {
		if h == day {
			return true
		}
	}
	return false
}

// TestEnginesAgree asks every engine the same 3,000 questions.
func TestEnginesAgree(t *testing.T) {
	questions := ask(t, 3000)
	all := engines(t, questions)
	yes := 0
	for i := range questions {
		want := all[0].answer(i)
		if want {
			yes++
		}
		for _, e := range all[1:] {
			if got := e.answer(i); got != want {
				t.Fatalf("question %d, %+v: %s says %v, ecluse %v", i, questions[i], e.name, got, want)
			}
		}
	}
	if yes < 500 || yes > 2500 {
		t.Errorf("%d of 3000 answers are yes: the questions prove little", yes)
	}
}

func BenchmarkDecide(b *testing.B) {
	questions := ask(b, 3000)
	for _, e := range engines(b, questions) {
		b.Run(e.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				e.answer(i)
				if i++; i == len(questions) {
					i = 0
				}
			}
		})
	}
}
