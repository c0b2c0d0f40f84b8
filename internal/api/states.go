package api

import (
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A stateDocument is what people of a role may do in a school now.
type stateDocument struct {
	School  school.UAI `json:"school"`
	Role    string     `json:"role"`
	Access  string     `json:"access"`
	Unknown bool       `json:"unknown,omitempty"`
	Until   *time.Time `json:"until"`
	Opens   struct {
		Read  *time.Time `json:"read"`
		Reply *time.Time `json:"reply"`
		Write *time.Time `json:"write"`
	} `json:"opens"`
}

// A statesDocument is one page of them.
type statesDocument struct {
	moment
	Service string          `json:"service"`
	States  []stateDocument `json:"states"`
	Next    school.UAI      `json:"next"` // go on with ?after=; "" at the end
}

// How many schools a page of states is made of.
const (
	usualSchools = 500
	mostSchools  = 2000
)

// states lists the state of the point's schools by role, for who pushes it to a
// server that cannot ask.
func (c *call) states() error {
	query := c.r.URL.Query()
	service, degree, limit, err := readStates(query.Get("service"), query.Get("degree"), query.Get("limit"))
	if err != nil {
		return badRequest(err.Error())
	}
	page := statesDocument{Service: service.String(), States: []stateDocument{}, moment: c.moment()}
	var schools []school.School
	if one := query.Get("school"); one != "" {
		schools = c.oneSchool(school.UAI(one))
	} else if schools = c.answerer.Schools(school.UAI(query.Get("after")), limit); len(schools) == limit {
		page.Next = schools[limit-1].UAI
	}
	if degree != nil {
		schools = ofDegree(schools, *degree)
	}
	var states []ecluse.PlaceState
	states, page.Version = c.answerer.States(service, schools)
	for _, st := range states {
		page.States = append(page.States, stateOf(st))
	}
	return c.sendJSON(page)
}

func readStates(service, degree, limit string) (s order.Service, d *school.Degree, n int, err error) {
	if service != "" {
		if s, err = order.ParseService(service); err != nil {
			return s, nil, 0, err
		}
	}
	if degree != "" {
		parsed, err := school.ParseDegree(degree)
		if err != nil {
			return s, nil, 0, err
		}
		d = &parsed
	}
	n = usualSchools
	if limit != "" {
		if n, err = strconv.Atoi(limit); err != nil || n < 1 {
			return s, d, 0, badRequest("limit is how many schools a page is made of: want a number from 1 to 2000")
		}
	}
	return s, d, min(n, mostSchools), nil
}

// oneSchool is the school if it is the point's.
func (c *call) oneSchool(uai school.UAI) []school.School {
	s, _, err := c.app.School(uai)
	if err != nil || !c.point.Territory.Contains(s.Territory()) {
		return nil
	}
	return []school.School{s}
}

func ofDegree(schools []school.School, d school.Degree) (list []school.School) {
	for _, s := range schools {
		if s.Degree == d {
			list = append(list, s)
		}
	}
	return list
}

func stateOf(st ecluse.PlaceState) stateDocument {
	d := stateDocument{School: st.School.UAI, Role: st.Role.String(), Access: st.Access.String(), Unknown: st.Unknown, Until: maybe(st.Until)}
	d.Opens.Read, d.Opens.Reply, d.Opens.Write = maybe(st.Opens[order.Read]), maybe(st.Opens[order.Reply]), maybe(st.Opens[order.Write])
	return d
}

// maybe is nil for the zero instant, which is never.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
