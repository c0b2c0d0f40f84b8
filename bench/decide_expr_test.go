package bench

import (
	"testing"

	"github.com/expr-lang/expr"
)

// exprInput is what the expression reads.
type exprInput struct {
	Territory string
	Degree    string
	Role      string
	Weekday   int
	Minute    int
	Day       int
	Holiday   bool
	Need      int
	From      int // the day from which the letters hold
}

// exprRule is the three orders; the least of three ceilings must reach the need.
const exprRule = `
(Need <= 1 || (Weekday <= 5 && Minute >= 420 && Minute < 1200))
&& (not (Territory startsWith "FR/13/079/" && Day >= From) || (
	Role != "pupil" && (Degree == "first"
		? Minute >= 420 && Minute < 1380
		: Weekday <= 5 && not Holiday && Minute >= 420 && Minute < 1140)))`

func exprEngine(tb testing.TB, questions []question) func(int) bool {
	program, err := expr.Compile(exprRule, expr.Env(exprInput{}), expr.AsBool())
	if err != nil {
		tb.Fatal(err)
	}
	inputs := make([]exprInput, len(questions))
	for i := range questions {
		inputs[i] = exprInputOf(&questions[i])
	}
	return func(i int) bool {
		out, err := expr.Run(program, &inputs[i])
		return err == nil && out == true
	}
}

func exprInputOf(q *question) exprInput {
	return exprInput{
		Territory: string(q.place.Territory()), Degree: q.place.Degree.String(), Role: q.request.Role.String(),
		Weekday: int(q.weekday), Minute: int(q.minute), Day: int(q.day), Holiday: q.holiday, Need: int(q.need()),
		From: int(letterDay),
	}
}
