package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// explainCmd says what an enforcement point would be told about a person, and
// what the person would then see.
type explainCmd struct {
	Login    string `arg:"" help:"The person, as the point knows them: a login or another name of the account."`
	Point    string `help:"Which point asks; its territory and its words are taken." placeholder:"NAME"`
	Kind     string `help:"Which kind of server asks, where no point is named: nginx, postfix, dovecot..." placeholder:"KIND"`
	School   string `help:"At this school only." placeholder:"UAI"`
	Role     string `help:"As this role only." placeholder:"ROLE"`
	Service  string `help:"messaging, mail or chat; by default what the point is for."`
	Action   string `help:"session.open, message.read, message.reply or message.send." default:"message.send"`
	At       string `help:"At another instant, by the orders known now: 2024-04-02T10:00 in Paris, or with Z or an offset." placeholder:"TIME"`
	Lang     string `default:"en" enum:"en,fr" help:"Language of the reason: en or fr."`
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON     bool   `help:"Print JSON."`
}

// Run explains.
func (c explainCmd) Run(io *streams) error {
	q, action, err := c.question()
	if err != nil {
		return err
	}
	return withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) error {
		p, err := c.point(ctx, app)
		if err != nil {
			return err
		}
		if c.Service == "" {
			q.Service = serviceOf(p.Kind)
		}
		e := explanation{point: p, question: q, action: action, at: app.Now(), lang: c.Lang}
		if c.At == "" {
			e.answer = app.Answering(p).Ask(ctx, q)
		} else {
			at, err := instantOf(c.At, "Europe/Paris")
			if err != nil {
				return usageError{"--at: " + err.Error()}
			}
			e.at = time.Unix(at, 0)
			e.answer = app.Answering(p).Simulate(ctx, q, e.at)
		}
		if _, e.zone, err = app.School(e.answer.School); err != nil {
			if e.zone, err = time.LoadLocation("Europe/Paris"); err != nil {
				return err
			}
		}
		if c.JSON {
			return e.printJSON(io.out)
		}
		return e.print(io.out)
	})
}

// question reads the flags that are words.
func (c explainCmd) question() (q enforce.Question, a enforce.Action, err error) {
	q.Login = c.Login
	if a, err = enforce.ParseAction(c.Action); err != nil {
		return q, a, usageError{"--action: " + err.Error()}
	}
	if c.School != "" {
		if q.School, err = school.ParseUAI(c.School); err != nil {
			return q, a, usageError{"--school: " + err.Error()}
		}
	}
	if c.Role != "" {
		if q.Roles, err = school.ParseRoles([]string{c.Role}); err != nil {
			return q, a, usageError{"--role: " + err.Error()}
		}
	}
	if c.Service != "" {
		if q.Service, err = order.ParseService(c.Service); err != nil {
			return q, a, usageError{"--service: " + err.Error()}
		}
	}
	return q, a, nil
}

// point is who asks: one that is known, or one of a kind.
func (c explainCmd) point(ctx context.Context, app *ecluse.App) (enforce.Point, error) {
	if c.Point == "" {
		p := enforce.Point{Name: "explain", Kind: c.Kind, Territory: "FR"}
		if c.Kind == "" {
			p.Kind = "other"
		}
		if err := p.Check(); err != nil {
			return p, usageError{"--kind: " + err.Error()}
		}
		return p, nil
	}
	list, err := app.Points(ctx, "FR")
	if err != nil {
		return enforce.Point{}, err
	}
	i := slices.IndexFunc(list, func(v ecluse.PointView) bool { return v.Name == c.Point })
	if i < 0 {
		return enforce.Point{}, fmt.Errorf("there is no point %s: \"ecluse point list\" shows those there are", c.Point)
	}
	return list[i].Point, nil
}

// serviceOf is what a kind of server is for, unless somebody says otherwise.
func serviceOf(kind string) order.Service {
	switch kind {
	case "postfix", "dovecot":
		return order.Mail
	case "prosody", "ejabberd", "synapse":
		return order.Chat
	}
	return order.Messaging
}

// An explanation is a question with its answer.
type explanation struct {
	point    enforce.Point
	question enforce.Question
	action   enforce.Action
	at       time.Time
	answer   *enforce.Answer
	zone     *time.Location // the school's, or Paris where none binds
	lang     string
}

func (e explanation) words() enforce.Words {
	if e.lang == "fr" {
		return e.answer.French
	}
	return e.answer.English
}

func (e explanation) print(w io.Writer) error {
	verdict := "refused"
	if e.answer.Allows(e.action) {
		verdict = "allowed"
	}
	fmt.Fprintf(w, "%s, %s, %s, %s (%s): %s\n\n", e.question.Login, e.action, e.question.Service,
		e.at.In(e.zone).Format("Monday 2 January 2006 15:04:05"), e.zone, verdict)
	if e.answer.School != "" {
		fmt.Fprintf(w, "  binds    %s of %s\n", e.answer.Role, e.answer.School)
	}
	fmt.Fprintf(w, "  access   %s\n", e.answer.Access)
	if e.answer.School != "" {
		fmt.Fprintf(w, "  until    %s\n", moment(e.answer.Until))
	}
	if e.answer.School != "" && verdict == "refused" {
		fmt.Fprintf(w, "  reopens  %s\n", moment(e.answer.Reopens(e.action)))
	}
	fmt.Fprintf(w, "\n%s\n", wrap(e.words().Full, ""))
	if said := wireWords(e.point.Kind, e.answer, e.action); said != "" {
		fmt.Fprintf(w, "\nWhat %s says:\n%s\n", e.point.Kind, said)
	}
	return nil
}

// moment is an instant for people; none is further notice.
func moment(t time.Time) string {
	if t.IsZero() {
		return "further notice"
	}
	return t.Format("Monday 2 January 2006 15:04:05")
}

func (e explanation) printJSON(w io.Writer) error {
	return printOneLine(w, struct {
		Login    string          `json:"login"`
		Action   string          `json:"action"`
		Service  string          `json:"service"`
		At       time.Time       `json:"at"`
		Decision bool            `json:"decision"`
		Context  json.RawMessage `json:"context"`
		Wire     string          `json:"wire,omitempty"`
	}{
		e.question.Login, e.action.String(), e.question.Service.String(), e.at, e.answer.Allows(e.action),
		e.answer.Context(e.action), wireWords(e.point.Kind, e.answer, e.action),
	})
}
