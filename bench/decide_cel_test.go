package bench

import (
	"testing"

	"cel.dev/cel-go/cel"
)

const celRule = `
(need <= 1 || (weekday <= 5 && minute >= 420 && minute < 1200))
&& (!(territory.startsWith("FR/13/079/") && day >= from) || (
	role != "pupil" && (degree == "first"
		? minute >= 420 && minute < 1380
		: weekday <= 5 && !holiday && minute >= 420 && minute < 1140)))`

// celInput is a question as CEL looks names up.
type celInput struct {
	territory, degree, role    string
	weekday, minute, day, need int64
	holiday                    bool
}

// ResolveName gives the value of a variable.
func (c *celInput) ResolveName(name string) (any, bool) {
	switch name {
	case "territory":
		return c.territory, true
	case "degree":
		return c.degree, true
	case "role":
		return c.role, true
	case "weekday":
		return c.weekday, true
	case "minute":
		return c.minute, true
	case "day":
		return c.day, true
	case "need":
		return c.need, true
	case "holiday":
		return c.holiday, true
	case "from":
		return int64(letterDay), true
	}
	return nil, false
}

// Parent says that there is nowhere else to look.
func (c *celInput) Parent() cel.Activation { return nil }

func celEngine(tb testing.TB, questions []question) func(int) bool {
	env, err := cel.NewEnv(
		cel.Variable("territory", cel.StringType), cel.Variable("degree", cel.StringType), cel.Variable("role", cel.StringType),
		cel.Variable("weekday", cel.IntType), cel.Variable("minute", cel.IntType), cel.Variable("day", cel.IntType),
		cel.Variable("need", cel.IntType), cel.Variable("from", cel.IntType), cel.Variable("holiday", cel.BoolType))
	if err != nil {
		tb.Fatal(err)
	}
	ast, issues := env.Compile(celRule)
	if issues.Err() != nil {
		tb.Fatal(issues.Err())
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		tb.Fatal(err)
	}
	inputs := make([]celInput, len(questions))
	for i := range questions {
		q := &questions[i]
		inputs[i] = celInput{
			territory: string(q.place.Territory()), degree: q.place.Degree.String(), role: q.request.Role.String(),
			weekday: q.weekday, minute: q.minute, day: q.day, need: q.need(), holiday: q.holiday,
		}
	}
	return func(i int) bool {
		out, _, err := program.Eval(&inputs[i])
		return err == nil && out.Value() == true
	}
}
