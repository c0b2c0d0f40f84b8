package bench

import (
	"fmt"
	"strings"
	"testing"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// casbinModel denies when one policy line does: each line is a rule of an order.
const casbinModel = `
[request_definition]
r = q

[policy_definition]
p = territory, degree, role, day, lastday, open, close, holidays, ceiling, eft

[policy_effect]
e = !some(where (p.eft == deny))

[matchers]
m = r.q.Need > p.ceiling && startsWith(r.q.Territory, p.territory) && r.q.Day >= p.day && \
 (p.degree == "any" || p.degree == r.q.Degree) && (p.role == "any" || p.role == r.q.Kind) && \
 (r.q.Weekday > p.lastday || r.q.Minute < p.open || r.q.Minute >= p.close || (p.holidays == "off" && r.q.Holiday))`

// casbinRules are the lines. Casbin's policies are text, so numbers have leading
// zeros and compare as text.
var casbinRules = [][]string{
	{"FR/", "any", "any", "00000", "5", "0420", "1200", "on", "1", "deny"},
	{"FR/13/079/", "any", "pupil", "19811", "0", "0000", "0000", "on", "0", "deny"},
	{"FR/13/079/", "first", "adult", "19811", "7", "0420", "1380", "on", "0", "deny"},
	{"FR/13/079/", "second", "adult", "19811", "5", "0420", "1140", "off", "0", "deny"},
}

// casbinInput is a question; Kind is "pupil" or "adult".
type casbinInput struct {
	Territory, Degree, Kind    string
	Weekday, Minute, Day, Need string
	Holiday                    bool
}

func casbinEngine(tb testing.TB, questions []question) func(int) bool {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		tb.Fatal(err)
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		tb.Fatal(err)
	}
	enforcer.AddFunction("startsWith", func(args ...any) (any, error) {
		return strings.HasPrefix(args[0].(string), args[1].(string)), nil
	})
	if _, err := enforcer.AddPolicies(casbinRules); err != nil {
		tb.Fatal(err)
	}
	inputs := make([]casbinInput, len(questions))
	for i := range questions {
		inputs[i] = casbinInputOf(&questions[i])
	}
	return func(i int) bool {
		ok, err := enforcer.Enforce(inputs[i])
		if err != nil {
			tb.Fatal(err)
		}
		return ok
	}
}

func casbinInputOf(q *question) casbinInput {
	kind := "adult"
	if q.request.Role == school.Pupil {
		kind = "pupil"
	}
	return casbinInput{
		Territory: string(q.place.Territory()), Degree: q.place.Degree.String(), Kind: kind,
		Weekday: fmt.Sprint(q.weekday), Minute: fmt.Sprintf("%04d", q.minute), Day: fmt.Sprintf("%05d", q.day),
		Need: fmt.Sprint(q.need()), Holiday: q.holiday,
	}
}
