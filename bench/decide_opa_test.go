package bench

import (
	"context"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

const opaPolicy = `
package gate

default allow := false

allow if not denied

denied if {
	input.need > 1
	not weekdays(420, 1200)
}

denied if {
	letters
	input.role == "pupil"
}

denied if {
	letters
	input.role != "pupil"
	input.degree == "first"
	not hours(420, 1380)
}

denied if {
	letters
	input.role != "pupil"
	input.degree == "second"
	input.holiday
}

denied if {
	letters
	input.role != "pupil"
	input.degree == "second"
	not weekdays(420, 1140)
}

letters if {
	startswith(input.territory, "FR/13/079/")
	input.day >= 19811
}

hours(open, close) if {
	input.minute >= open
	input.minute < close
}

weekdays(open, close) if {
	input.weekday <= 5
	hours(open, close)
}`

// opaInput is a question as the policy reads it.
type opaInput struct {
	Territory string `json:"territory"`
	Degree    string `json:"degree"`
	Role      string `json:"role"`
	Weekday   int64  `json:"weekday"`
	Minute    int64  `json:"minute"`
	Day       int64  `json:"day"`
	Need      int64  `json:"need"`
	Holiday   bool   `json:"holiday"`
}

// opaEngine prepares the query once and hands inputs in as OPA's own values,
// which spares it the conversion that a server would pay.
func opaEngine(tb testing.TB, questions []question) func(int) bool {
	query, err := rego.New(rego.Query("data.gate.allow"), rego.Module("gate.rego", opaPolicy)).PrepareForEval(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	inputs := make([]ast.Value, len(questions))
	for i := range questions {
		q := &questions[i]
		inputs[i], err = ast.InterfaceToValue(opaInput{
			Territory: string(q.place.Territory()), Degree: q.place.Degree.String(), Role: q.request.Role.String(),
			Weekday: q.weekday, Minute: q.minute, Day: q.day, Need: q.need(), Holiday: q.holiday,
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return func(i int) bool {
		results, err := query.Eval(context.Background(), rego.EvalParsedInput(inputs[i]))
		if err != nil {
			tb.Fatal(err)
		}
		return results.Allowed()
	}
}
