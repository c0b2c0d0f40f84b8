// Package route says what an address is for: which service it belongs to, which
// action a request to it is, or that it is no messaging at all, such as the other
// pages of a workspace. Every face that stands in front of an application asks
// it, so that all of them draw the same line.
//
// What it promises:
//
//   - The first route that fits counts; letters' case, a slash at the end and
//     escapes of ordinary characters (RFC 3986, section 6.2.2) do not.
//   - What is Open is open to every reader. Between the server that asks and the
//     application that answers, an address may be decoded once more, cleaned of
//     "//" and "..", cut at ";" or "?", its backslashes turned. All of these
//     readings are looked up, in every order, and the strictest counts: service
//     and school of whichever is messaging, message.send unless all agree.
//   - An address that no well-meaning client sends (control characters, escapes
//     that are none, no UTF-8, more than 4,096 bytes, more readings than are worth
//     looking up, another host than the request's own) is taken as the strictest
//     of the whole table.
//   - A request that asks to be taken for another method (a header of
//     OverrideHeaders, _method in the query) is message.send, and fits routes of
//     every method.
//
// It refuses routes that could not hold this: a path that can itself be read in
// two ways, and a route that an earlier one hides.
//
// What it cannot know is an application that serves messaging under an address
// which has nothing of the routes' paths in any reading; only the routes' author
// knows those.
package route

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// AnyService is the service of an address that different readings give to
// different services. No Decider knows it but Any, which asks about each.
const AnyService = order.Service(order.ServiceCount)

// A Request is what a route is looked up by.
type Request struct {
	Host       string
	Method     string
	Target     string // as it stood on the wire: escaped, with its query
	Overridden bool   // a header of OverrideHeaders is present
}

// A Target is what a request is for.
type Target struct {
	Service    order.Service
	School     school.UAI // "" is every school of the person
	Action     enforce.Action
	Open       bool   // not messaging: nobody is asked
	Refusal    string // one of Refusals, or "" for what the client accepts
	Ambiguous  bool   // the address can be read in two ways: this is the strictest
	Overridden bool   // the request asks to be taken for another method
}

// Ask asks what somebody may do there: where the service could be any, the
// strictest of all counts.
func (t Target) Ask(ctx context.Context, d enforce.Decider, login string) *enforce.Answer {
	return Any{d}.Ask(ctx, enforce.Question{Login: login, School: t.School, Service: t.Service})
}

// Any is a Decider that can also be asked about AnyService: the strictest answer
// for all services counts.
type Any struct{ enforce.Decider }

// Ask asks about one service, or about each.
func (d Any) Ask(ctx context.Context, q enforce.Question) *enforce.Answer {
	if q.Service != AnyService {
		return d.Decider.Ask(ctx, q)
	}
	return enforce.Strictest(d.Decider.AskAll(ctx, ofEach(nil, q)))
}

// AskAll asks about each service where any could be meant.
func (d Any) AskAll(ctx context.Context, qs []enforce.Question) []*enforce.Answer {
	if !slices.ContainsFunc(qs, func(q enforce.Question) bool { return q.Service == AnyService }) {
		return d.Decider.AskAll(ctx, qs)
	}
	var all []enforce.Question
	for _, q := range qs {
		if all = append(all, q); q.Service == AnyService {
			all = ofEach(all[:len(all)-1], q)
		}
	}
	answers := d.Decider.AskAll(ctx, all)
	if len(answers) != len(all) {
		return nil // what was asked and what was answered cannot be told together
	}
	out := make([]*enforce.Answer, len(qs))
	for i, q := range qs {
		n := 1
		if q.Service == AnyService {
			n = order.ServiceCount
		}
		out[i], answers = enforce.Strictest(answers[:n]), answers[n:]
	}
	return out
}

// ofEach adds a question about each service.
func ofEach(to []enforce.Question, q enforce.Question) []enforce.Question {
	for q.Service = range AnyService {
		to = append(to, q)
	}
	return to
}

// OverrideHeaders are the headers by which a client asks to be taken for another
// method, in their canonical form.
func OverrideHeaders() []string {
	return []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"}
}

// Refusals are the ways in which a refusal can be written, beside what the client
// accepts.
func Refusals() []string {
	return []string{"json", "html", "matrix", "ocs", "rocketchat", "mattermost"}
}

// A Table is compiled routes. It does not change and is safe for concurrent use.
type Table struct {
	routes    []compiled
	unmatched compiled
	hosts     bool   // some route names a host
	worst     Target // the strictest of all
}

// A compiled route.
type compiled struct {
	host     string
	path     pattern
	methods  []string
	target   Target
	byMethod bool // the action follows from the method
}

// Compile reads routes; unmatched says what no route names, as in config.Gate.
func Compile(routes []config.Route, unmatched string) (*Table, error) {
	t := &Table{unmatched: compiled{byMethod: true}}
	switch {
	case unmatched == "open", unmatched == "" && len(routes) > 0:
		t.unmatched.target.Open = true
	case unmatched == "messaging", unmatched == "":
	default:
		return nil, fmt.Errorf("unmatched is %q: write open or messaging", unmatched)
	}
	for i, r := range routes {
		c, err := compile(r)
		if err != nil {
			return nil, fmt.Errorf("route %d (%s): %w", i+1, r.Path, err)
		}
		if by := slices.IndexFunc(t.routes, func(earlier compiled) bool { return earlier.hides(&c) }); by >= 0 {
			return nil, fmt.Errorf("route %d (%s) can never count, because route %d (%s) takes everything it names: put it before that one",
				i+1, r.Path, by+1, routes[by].Path)
		}
		t.routes = append(t.routes, c)
		t.hosts = t.hosts || c.host != ""
	}
	t.worst = t.strictest()
	return t, nil
}

func compile(r config.Route) (c compiled, err error) {
	if r.Path == "" {
		return c, fmt.Errorf("path is missing: write /** for every address")
	}
	if c.path, err = parsePattern(r.Path); err != nil {
		return c, err
	}
	if err := c.narrow(r); err != nil {
		return c, err
	}
	if r.Open {
		if r.Service != "" || r.Action != "" || r.School != "" || r.Refusal != "" {
			return c, fmt.Errorf("a route that is open has no service, action, school or refusal: leave them out, or leave open out")
		}
		c.target.Open = true
		return c, nil
	}
	return c, c.describe(r)
}

// narrow reads the host and the methods that a route is for.
func (c *compiled) narrow(r config.Route) (err error) {
	if r.Host != "" {
		if c.host, err = hostOf(r.Host); err != nil {
			return err
		}
	}
	for _, m := range r.Methods {
		if !plainMethod(m) {
			return fmt.Errorf("%q is not a method: write it in capitals, such as POST", m)
		}
	}
	c.methods = r.Methods
	return nil
}

// describe reads what is asked about a route that is messaging.
func (c *compiled) describe(r config.Route) (err error) {
	if r.Service != "" {
		if c.target.Service, err = order.ParseService(r.Service); err != nil {
			return err
		}
	}
	if c.byMethod = r.Action == ""; !c.byMethod {
		if c.target.Action, err = enforce.ParseAction(r.Action); err != nil {
			return err
		}
	}
	if r.School != "" {
		if c.target.School, err = school.ParseUAI(r.School); err != nil {
			return err
		}
	}
	if r.Refusal != "" && !slices.Contains(Refusals(), r.Refusal) {
		return fmt.Errorf("%q is not a way to write a refusal: want one of %s", r.Refusal, strings.Join(Refusals(), ", "))
	}
	c.target.Refusal = r.Refusal
	return nil
}

// hides reports whether everything that fits a later route fits this one before.
func (c *compiled) hides(later *compiled) bool {
	return (c.host == "" || c.host == later.host) && c.path.covers(later.path) &&
		(len(c.methods) == 0 || len(later.methods) > 0 && !slices.ContainsFunc(later.methods, func(m string) bool { return !c.takes(m) }))
}

// takes reports whether a route with methods is for this one; GET is for HEAD too
// (RFC 9110, section 9.3.2).
func (c *compiled) takes(method string) bool {
	return slices.Contains(c.methods, method) || method == "HEAD" && slices.Contains(c.methods, "GET")
}

// strictest is what holds for an address of which nothing is known.
func (t *Table) strictest() Target {
	worst := t.unmatched.target
	for i := range t.routes {
		worst = stricter(worst, t.routes[i].target)
	}
	if !worst.Open {
		worst.Action = enforce.SendMessage
	}
	worst.Ambiguous = true
	return worst
}

// stricter is the stricter of what two readings say.
func stricter(a, b Target) Target {
	switch {
	case a == b:
		return a
	case a.Open:
		a = b
	case !b.Open:
		if a.Service != b.Service {
			a.Service = AnyService
		}
		if a.School != b.School {
			a.School = ""
		}
		if a.Action == b.Action {
			return a
		}
	}
	a.Action = enforce.SendMessage
	return a
}
