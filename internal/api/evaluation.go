package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// evaluation answers one question (section 6).
func (c *call) evaluation() error {
	body, err := c.content()
	if err != nil {
		return err
	}
	var e evaluation
	if err := e.read(body); err != nil {
		return err
	}
	return c.single(&e)
}

// single answers one evaluation as the whole response.
func (c *call) single(e *evaluation) error {
	if what := e.missing(); what != "" {
		return badRequest(what + " is missing")
	}
	out, _ := c.answer(c.out[:0], e)
	c.out = append(out, '\n')
	return c.send()
}

// answer appends the response to a whole evaluation, and tells the decision.
func (c *call) answer(out []byte, e *evaluation) ([]byte, bool) {
	q, act, wrong := e.question()
	if wrong != nil {
		return appendProblem(out, wrong), false
	}
	a := c.answerer.Ask(c.r.Context(), q)
	c.figures[c.point.Kind].Decided(c.began, a, act)
	return appendAnswer(out, a, act), a.Allows(act)
}

// answerItem appends the response to one evaluation of a batch. What is wrong
// with it is its own refusal, and not the batch's (section 7.2.1).
func (c *call) answerItem(out []byte, e *evaluation, err error) ([]byte, bool) {
	if err == nil {
		if what := e.missing(); what != "" {
			err = badRequest(what + " is missing")
		}
	}
	if err != nil {
		return appendProblem(out, &problem{http.StatusBadRequest, err.Error()}), false
	}
	return c.answer(out, e)
}

func appendAnswer(out []byte, a *enforce.Answer, act enforce.Action) []byte {
	out = append(out, `{"decision":`...)
	out = strconv.AppendBool(out, a.Allows(act))
	out = append(out, `,"context":`...)
	out = append(out, a.Context(act)...)
	return append(out, '}')
}

// undecided is what a person is told where a question was not understood.
var undecided = enforce.Undecided("", "")

// appendProblem appends a refusal with the reason: its context is an answer's,
// so that who reads answers reads it too.
func appendProblem(out []byte, p *problem) []byte {
	out = append(out, `{"decision":false,"context":{"error":{"status":`...)
	out = strconv.AppendInt(out, int64(p.status), 10)
	out = append(out, `,"message":`...)
	out = appendText(out, p.message)
	out = append(out, `},`...)
	out = append(out, undecided.Context(enforce.OpenSession)[1:]...)
	return append(out, '}')
}

var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
)

// send answers with what is in c.out.
func (c *call) send() error {
	h := c.w.Header()
	h["Content-Type"] = jsonType
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(c.out))}
	_, _ = c.w.Write(c.out) // who left does not read it
	return nil
}

// evaluations answers several (section 7).
func (c *call) evaluations() error {
	body, err := c.content()
	if err != nil {
		return err
	}
	var b batch
	if err := b.read(body); err != nil {
		return err
	}
	if len(b.items) == 0 { // section 7.1: as a single one
		return c.single(&b.evaluation)
	}
	out := append(c.out[:0], `{"evaluations":[`...)
	for i := range b.items {
		if i > 0 {
			out = append(out, ',')
		}
		e, err := b.item(i)
		var permitted bool
		if out, permitted = c.answerItem(out, &e, err); b.semantic.ends(permitted) {
			break
		}
	}
	c.out = append(out, "]}\n"...)
	return c.send()
}

// ends reports whether a decision ends the batch.
func (s semantic) ends(permitted bool) bool {
	return s == denyOnFirst && !permitted || s == permitOnFirst && permitted
}

// simulation answers one question for another instant. The answer holds then,
// and is nothing to enforce by.
func (c *call) simulation() error {
	body, err := c.content()
	if err != nil {
		return err
	}
	var e evaluation
	if err := e.read(body); err != nil {
		return err
	}
	if what := e.missing(); what != "" {
		return badRequest(what + " is missing")
	}
	at, err := time.Parse(time.RFC3339, string(e.time))
	if err != nil || at.Unix() < 0 {
		return badRequest(`context.time is missing or is no instant: want one such as "2024-04-02T19:00:00+02:00" (RFC 3339)`)
	}
	c.out = append(c.out[:0], `{"simulated":true,`...)
	if q, act, wrong := e.question(); wrong != nil {
		c.out = append(c.out, appendProblem(nil, wrong)[1:]...)
	} else {
		c.out = append(c.out, appendAnswer(nil, c.answerer.Simulate(c.r.Context(), q, at), act)[1:]...)
	}
	c.out = append(c.out, '\n')
	return c.send()
}
