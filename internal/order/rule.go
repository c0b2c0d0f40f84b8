package order

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Bounds on the bounds: beyond them a limit is a slip of the pen.
const maxRecipients, maxPerHour = 100_000, 10_000

const maxRules = 100

// rules reads the rules: at least one, and none in a cancel.
func (s section) rules(o *Order) {
	if o.Type == Cancel {
		if n := s.get("rules"); n != nil {
			s.r.fail(placeOf(n), "a cancel has no rules: delete them, or write type: update")
		}
		return
	}
	n := s.need("rules", "write at least one, such as - {roles: [pupil], hours: \"off\"}")
	if n == nil {
		return
	}
	items := s.r.list(n, "rules")
	if _, isList := n.(*ast.SequenceNode); isList && (len(items) == 0 || len(items) > maxRules) {
		s.r.fail(placeOf(n), "the order has %d rules: write between 1 and %d", len(items), maxRules)
		return
	}
	for _, item := range items {
		o.Rules = append(o.Rules, s.r.rule(item))
	}
}

func (r *reader) rule(n ast.Node) Rule {
	s := r.section(n, "a rule", "roles", "hours", "access", "outside", "with", "limits", "require", "otherwise")
	rule := Rule{
		Roles:     s.roles("roles"),
		Hours:     s.hours(),
		Access:    choose(s, "access", accessWords, Write),
		Outside:   choose(s, "outside", accessWords, Closed),
		With:      s.roles("with"),
		Otherwise: choose(s, "otherwise", accessWords, Closed),
	}
	if n := s.get("limits"); n != nil {
		rule.Limits = r.limits(n)
	}
	if n := s.get("require"); n != nil {
		rule.Require = r.requirements(n)
	}
	s.checkRule(rule)
	return rule
}

// roles reads role words. A rule without roles would bind nobody, so "roles"
// must be there; "with" may be absent.
func (s section) roles(key string) school.Roles {
	if key == "roles" {
		s.need(key, "write whom it binds, such as [pupil] or [adults]")
	}
	var out school.Roles
	s.each(key, func(at place, word string) {
		roles, err := school.ParseRoles([]string{word})
		if err != nil {
			s.r.reject(at, tellAs(err, "%q is not a role: write one of pupil, guardian, teacher, staff, head, adults, everyone", shorten(word)))
		}
		out |= roles
	})
	return out
}

// hours reads the opening hours. They must be there: a rule that always holds
// says "24/7".
func (s section) hours() *hours.Hours {
	n := s.need("hours", `write when the access holds, such as "07:00-23:00", "off" or "24/7"`)
	if n == nil {
		return nil
	}
	text, ok := raw(n)
	if !ok {
		s.r.fail(placeOf(n), `hours is %s: write one text, such as "07:00-23:00"`, kind(n))
		return nil
	}
	h, err := hours.Parse(text)
	var bad *hours.Error
	switch {
	case errors.As(err, &bad):
		s.r.fail(inside(n, text, bad.Offset), "hours: %s", said(bad))
		return nil
	case err != nil:
		s.r.reject(placeOf(n), err)
		return nil
	}
	for _, w := range h.Warnings() {
		s.r.warn(inside(n, text, w.Offset), "hours: %s", said(w))
	}
	if _, usesSchool := h.Uses(); usesSchool {
		s.r.warn(placeOf(n), "hours: SH closes where the school holidays of the day are not known yet: keep the calendar imported")
	}
	return h
}

// inside is the place in the file of a byte of a scalar's text. In a scalar that
// runs over several lines or holds escapes it is the scalar's own place.
func inside(n ast.Node, text string, offset int) place {
	at := placeOf(n)
	t := n.GetToken()
	if !strings.Contains(t.Origin, text) || strings.Contains(text, "\n") || strings.Contains(strings.TrimSpace(t.Origin), "\n") {
		return at
	}
	if q := strings.TrimSpace(t.Origin); strings.HasPrefix(q, `"`) || strings.HasPrefix(q, "'") {
		at.column++
	}
	at.column += utf8.RuneCountInString(text[:min(max(0, offset), len(text))])
	return at
}

func (r *reader) limits(n ast.Node) Limits {
	s := r.section(n, "limits", "recipients", "per_hour", "lists", "attachments", "links")
	out := Limits{
		Recipients:  s.number("recipients", maxRecipients),
		PerHour:     s.number("per_hour", maxPerHour),
		Lists:       s.flag("lists"),
		Attachments: s.flag("attachments"),
		Links:       s.flag("links"),
	}
	if len(s.entries) == 0 {
		r.fail(s.at, "limits is empty: write at least one, such as {recipients: 30}, or leave it out")
	}
	return out
}

// number is a bound of at least one; nil when absent. Zero is refused: access
// says that nothing may be sent.
func (s section) number(key string, most int) *int {
	n := s.get(key)
	if n == nil {
		return nil
	}
	v := s.r.number(n, key, 1, most)
	return &v
}

func (s section) flag(key string) *bool {
	n := s.get(key)
	if n == nil {
		return nil
	}
	v := s.r.flag(n, key)
	return &v
}

func (r *reader) requirements(n ast.Node) Requirements {
	s := r.section(n, "require", "password_since", "second_factor", "known_device", "countries")
	out := Requirements{
		PasswordSince: s.since(),
		SecondFactor:  s.demand("second_factor"),
		KnownDevice:   s.demand("known_device"),
		Countries:     s.countries(),
	}
	if len(s.entries) == 0 {
		r.fail(s.at, "require is empty: write at least one condition, such as {second_factor: true}, or leave it out")
	}
	return out
}

// since is a date or a date and time.
func (s section) since() Wall {
	return s.reading("password_since", "", func(text string) (Wall, error) {
		if w, err := ParseDay(text); err == nil {
			return w, nil
		}
		return ParseWall(text)
	})
}

// demand is a condition that can only be true: false would read as "must not
// have".
func (s section) demand(key string) bool {
	b := s.flag(key)
	if b != nil && !*b {
		s.r.fail(s.place(key), "%s: false asks for nothing: leave the line out", keyword(key))
	}
	return b != nil
}
