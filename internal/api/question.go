package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The types of subjects and resources.
const (
	typeUser      = "user"      // id is a login, or another name of the account
	typeRole      = "role"      // id is a role's word, or several with commas: people of the role in general
	typeSchool    = "school"    // id is a UAI
	typeMessaging = "messaging" // id is a UAI, or "any" for every school of the person
	anySchool     = "any"
)

// A problem is why a question was not understood. Its decision is false, and the
// context says why (section 7.2.1 shows the shape).
type problem struct {
	status  int
	message string
}

func unknown(format string, args ...any) *problem {
	return &problem{404, fmt.Sprintf(format, args...)}
}

// shorten keeps an answer from carrying all that was sent.
func shorten(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return strconv.Quote(s)
}

// question is what an evaluation asks of the gate.
func (e *evaluation) question() (q enforce.Question, act enforce.Action, wrong *problem) {
	if wrong = e.place(&q); wrong != nil {
		return q, act, wrong
	}
	if wrong = e.who(&q); wrong != nil {
		return q, act, wrong
	}
	q.With = e.action.with
	act, wrong = e.act()
	return q, act, wrong
}

// who is the subject: a person, whom role narrows, or people of a role.
func (e *evaluation) who(q *enforce.Question) *problem {
	switch e.subject.kind {
	case typeUser:
		if e.subject.id == "" { // would ask about a role
			return unknown("the subject has an empty id: want a login")
		}
		q.Login, q.Roles = e.subject.id, e.subject.roles
		return nil
	case typeRole:
		roles, err := parseRoles(e.subject.id)
		if err != nil {
			return unknown("the subject %s is no role: want pupil, guardian, teacher, staff, head, adults or everyone", shorten(e.subject.id))
		}
		if q.School == "" {
			return unknown("a role is asked about in one school: name its code (UAI) as the resource's id")
		}
		q.Roles = roles
		return nil
	}
	return unknown("subjects of type %s are not known: want user or role", shorten(e.subject.kind))
}

func parseRoles(id string) (school.Roles, error) {
	words := strings.Split(id, ",")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return school.ParseRoles(words)
}

// place is the resource: a school, or every school of the person.
func (e *evaluation) place(q *enforce.Question) *problem {
	r := &e.resource
	if wrong := r.serves(q); wrong != nil {
		return wrong
	}
	if r.kind == typeMessaging && r.id == anySchool {
		return nil
	}
	uai, err := school.ParseUAI(r.id)
	if err != nil {
		return unknown("%s is not a school code (UAI): want seven digits and a letter", shorten(r.id))
	}
	q.School = uai
	return nil
}

// serves reads the resource's type and service.
func (r *entity) serves(q *enforce.Question) *problem {
	if r.kind != typeSchool && r.kind != typeMessaging {
		return unknown("resources of type %s are not known: want school or messaging", shorten(r.kind))
	}
	if r.service == "" {
		return nil
	}
	service, err := order.ParseService(r.service)
	if err != nil {
		return unknown("%s is not a service: want messaging, mail or chat", shorten(r.service))
	}
	q.Service = service
	return nil
}

// actions are those that are known, by name.
var actions = func() map[string]enforce.Action {
	m := map[string]enforce.Action{}
	for i, name := range enforce.ActionNames() {
		m[name] = enforce.Action(i)
	}
	return m
}()

func (e *evaluation) act() (enforce.Action, *problem) {
	act, known := actions[e.action.name]
	if !known {
		return enforce.SendMessage, unknown("%s is not an action here: want one of %s", shorten(e.action.name), strings.Join(enforce.ActionNames(), ", "))
	}
	return act, nil
}
