package api

import (
	"encoding/json"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The endpoints of searches, as their page tokens name them.
const (
	ofSubjects  = "subject"
	ofResources = "resource"
	ofActions   = "action"
)

// A found is a result: a subject or a resource by type and id, an action by name.
type found struct {
	Type string `json:"type,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// results is the response to a search (section 8.3). What changes between two
// pages may come twice or not at all.
type results struct {
	Page    page    `json:"page"`
	Results []found `json:"results"`
}

type page struct {
	Next  string `json:"next_token"`
	Count int    `json:"count"`
}

// searching reads a search, whose parts must be there.
func (c *call) searching(endpoint string, missing func(*search) string) (*search, error) {
	body, err := c.content()
	if err != nil {
		return nil, err
	}
	q := &search{}
	if err := q.read(body); err != nil {
		return nil, err
	}
	if what := missing(q); what != "" {
		return nil, badRequest(what + " is missing")
	}
	return q, q.turn(endpoint)
}

// hasAll names what a search lacks: it has every member, and of the one that is
// looked for at least the type.
func hasAll(subject, resource func(*entity, string) string) func(*search) string {
	return func(q *search) string {
		switch {
		case !q.seen.has(hasSubject):
			return "subject"
		case !q.seen.has(hasAction):
			return "action"
		case !q.seen.has(hasResource):
			return "resource"
		}
		return firstOf(subject(&q.subject, "subject"), q.action.missing(), resource(&q.resource, "resource"))
	}
}

func lacksType(e *entity, what string) string {
	if !e.seen.has(hasKind) {
		return what + ".type"
	}
	return ""
}

// found answers with results; more is the candidate after which to go on, "" if
// there is none.
func (c *call) found(q *search, endpoint string, list []found, more string) error {
	r := results{Results: list, Page: page{Count: len(list)}}
	if list == nil {
		r.Results = []found{}
	}
	if more != "" {
		r.Page.Next = q.next(endpoint, more)
	}
	return c.sendJSON(r)
}

func (c *call) sendJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.out = append(append(c.out[:0], text...), '\n')
	return c.send()
}

// appendText appends a string as JSON.
func appendText(out []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // never happens to a string
		return append(out, `""`...)
	}
	return append(out, text...)
}

// searchSubject lists who may do something in a school now: people by login, or
// roles (section 8.4).
func (c *call) searchSubject() error {
	q, err := c.searching(ofSubjects, hasAll(lacksType, (*entity).missing))
	if err != nil {
		return err
	}
	var ask enforce.Question
	act, strange := q.act()
	if wrong := q.place(&ask); wrong != nil || strange != nil {
		return c.found(q, ofSubjects, nil, "")
	}
	if ask.School == "" {
		return badRequest("a search for subjects is made in one school: name its code (UAI) as the resource's id")
	}
	ask.With = q.action.with
	switch q.subject.kind {
	case typeUser:
		ask.Roles = q.subject.roles
		return c.searchPeople(q, ask, act)
	case typeRole:
		return c.found(q, ofSubjects, c.openRoles(ask, act), "")
	}
	return c.found(q, ofSubjects, nil, "")
}

func (c *call) openRoles(ask enforce.Question, act enforce.Action) (list []found) {
	for role := range school.Role(school.RoleCount) {
		ask.Roles = school.RolesOf(role)
		if c.answerer.Ask(c.r.Context(), ask).Allows(act) {
			list = append(list, found{Type: typeRole, ID: role.String()})
		}
	}
	return list
}

func (c *call) searchPeople(q *search, ask enforce.Question, act enforce.Action) error {
	logins, err := c.answerer.Logins(c.r.Context(), ask.School, ask.Roles, q.after, mostCandidates)
	if err != nil {
		return err
	}
	list, more := q.sift(logins, typeUser, func(login string) bool {
		ask.Login = login
		return c.answerer.Ask(c.r.Context(), ask).Allows(act)
	})
	return c.found(q, ofSubjects, list, more)
}

// sift keeps the candidates that pass until the page is full. more is the last
// one looked at, if there may be others.
func (q *search) sift(candidates []string, kind string, passes func(string) bool) (list []found, more string) {
	for i, id := range candidates {
		if len(list) == q.limit {
			return list, candidates[i-1]
		}
		if passes(id) {
			list = append(list, found{Type: kind, ID: id})
		}
	}
	if len(candidates) == mostCandidates {
		more = candidates[len(candidates)-1]
	}
	return list, more
}

// searchResource lists the schools in which a person, or people of a role, may do
// something now (section 8.5).
func (c *call) searchResource() error {
	q, err := c.searching(ofResources, hasAll((*entity).missing, lacksType))
	if err != nil {
		return err
	}
	var ask enforce.Question
	act, strange := q.act()
	if wrong := q.resource.serves(&ask); wrong != nil || strange != nil {
		return c.found(q, ofResources, nil, "")
	}
	ask.With, ask.School = q.action.with, "?" // a role has no school yet
	if wrong := q.who(&ask); wrong != nil {
		return c.found(q, ofResources, nil, "")
	}
	candidates, err := c.candidates(q, ask)
	if err != nil {
		return err
	}
	list, more := q.sift(candidates, q.resource.kind, func(uai string) bool {
		ask.School = school.UAI(uai)
		return c.answerer.Ask(c.r.Context(), ask).Allows(act)
	})
	return c.found(q, ofResources, list, more)
}

// candidates are the schools to ask about: a person's own, or all.
func (c *call) candidates(q *search, ask enforce.Question) (list []string, err error) {
	if ask.Login == "" {
		for _, s := range c.answerer.Schools(school.UAI(q.after), mostCandidates) {
			list = append(list, string(s.UAI))
		}
		return list, nil
	}
	places, err := c.answerer.Places(c.r.Context(), ask.Login, ask.Roles)
	for _, uai := range places {
		if string(uai) > q.after {
			list = append(list, string(uai))
		}
	}
	return list, err
}

// searchAction lists what a person, or people of a role, may do in a place now
// (section 8.6).
func (c *call) searchAction() error {
	q, err := c.searching(ofActions, func(q *search) string {
		q.seen |= 1 << hasAction // is looked for
		q.action.seen |= 1 << hasName
		return q.missing()
	})
	if err != nil {
		return err
	}
	var ask enforce.Question
	if wrong := q.place(&ask); wrong != nil {
		return c.found(q, ofActions, nil, "")
	}
	if wrong := q.who(&ask); wrong != nil {
		return c.found(q, ofActions, nil, "")
	}
	ask.With = q.action.with
	a := c.answerer.Ask(c.r.Context(), ask)
	var list []found
	for i, name := range enforce.ActionNames() {
		if a.Allows(enforce.Action(i)) && (q.after == "" || enforce.Action(i) > actions[q.after]) {
			list = append(list, found{Name: name})
		}
	}
	if len(list) > q.limit {
		return c.found(q, ofActions, list[:q.limit], list[q.limit-1].Name)
	}
	return c.found(q, ofActions, list, "")
}
