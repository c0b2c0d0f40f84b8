package api

import (
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An evaluation is one question as it was sent (Authorization API 1.0, sections
// 5 and 6): who, what, on what. Nothing in it is a pointer, so that defaults are
// copied.
type evaluation struct {
	subject  entity
	action   action
	resource entity
	time     []byte // context.time, as long as the body lives; only a simulation asks for it
	seen     seen
}

// An entity is a subject or a resource.
type entity struct {
	kind    string
	id      string
	roles   school.Roles // properties.role of a subject; 0: not said, or not our words
	service string       // properties.service of a resource; "": not said
	seen    seen
}

// An action is what is to be done.
type action struct {
	name string
	with school.Roles // properties.with: towards whom
	seen seen
}

// The bits of seen.
const (
	hasSubject = iota
	hasAction
	hasResource
	hasContext
	hasEvaluations
	hasOptions
	hasPage
)

const (
	hasKind = iota // of an entity: "type"
	hasID
	hasName
	hasProperties
	hasProperty
	hasTime
)

func (n seen) has(bit uint) bool { return n&(1<<bit) != 0 }

// read reads a body that holds one evaluation.
func (e *evaluation) read(body []byte) error {
	return readBody(body, func(s *scanner) error {
		return s.object(func(name []byte) error {
			known, err := e.field(s, name)
			if known || err != nil {
				return err
			}
			return s.skip()
		})
	})
}

// readBody reads a whole body, which is UTF-8 (RFC 8259, section 8.1).
func readBody(body []byte, read func(*scanner) error) error {
	if !utf8.Valid(body) {
		return malformed("the body is not UTF-8")
	}
	s := &scanner{data: body}
	if err := read(s); err != nil {
		return err
	}
	return s.end()
}

// field reads one of the four members of an evaluation; others are not known.
func (e *evaluation) field(s *scanner, name []byte) (known bool, err error) {
	switch string(name) {
	case "subject":
		err = inside("subject", e.seen.once(hasSubject, "subject"), func() error { return e.subject.read(s, "role") })
	case "action":
		err = inside("action", e.seen.once(hasAction, "action"), func() error { return e.action.read(s) })
	case "resource":
		err = inside("resource", e.seen.once(hasResource, "resource"), func() error { return e.resource.read(s, "service") })
	case "context":
		err = inside("context", e.seen.once(hasContext, "context"), func() error { return e.readContext(s) })
	default:
		return false, nil
	}
	return true, err
}

// inside reads a member unless it was there already, and says where it went wrong.
func inside(name string, twice error, read func() error) error {
	if twice != nil {
		return twice
	}
	err := read()
	if wrong, ok := err.(misshapen); ok {
		return misshapen(name + ": " + string(wrong))
	}
	return err
}

// readContext keeps the time alone, where it is a string.
func (e *evaluation) readContext(s *scanner) error {
	if s.null() {
		return nil
	}
	var seen seen
	return s.object(func(name []byte) (err error) {
		if string(name) != "time" || s.next() != '"' {
			return s.skip()
		}
		if err := seen.once(hasTime, "time"); err != nil {
			return err
		}
		e.time, err = s.text()
		return err
	})
}

// read reads a subject or a resource, of whose properties one is known.
func (e *entity) read(s *scanner, property string) error {
	return s.object(func(name []byte) (err error) {
		var text []byte
		switch string(name) {
		case "type":
			if text, err = s.member(&e.seen, hasKind, "type"); err == nil {
				e.kind = intern(text)
			}
		case "id":
			if text, err = s.member(&e.seen, hasID, "id"); err == nil {
				e.id = string(text)
			}
		case "properties":
			return properties(s, &e.seen, property, func() error {
				if property == "role" {
					e.roles, err = s.roles(0)
					return err
				}
				e.service, err = s.wordOf()
				return err
			})
		default:
			return s.skip()
		}
		return err
	})
}

// read reads an action.
func (a *action) read(s *scanner) error {
	return s.object(func(name []byte) error {
		switch string(name) {
		case "name":
			text, err := s.member(&a.seen, hasName, "name")
			if err == nil {
				a.name = intern(text)
			}
			return err
		case "properties":
			return properties(s, &a.seen, "with", func() (err error) {
				a.with, err = s.roles(school.Everyone)
				return err
			})
		}
		return s.skip()
	})
}

// member reads a member that must be a string.
func (s *scanner) member(n *seen, bit uint, name string) ([]byte, error) {
	var text []byte
	err := inside(name, n.once(bit, name), func() (err error) {
		text, err = s.text()
		return err
	})
	return text, err
}

// properties reads one property and skips the others.
func properties(s *scanner, n *seen, property string, read func() error) error {
	return inside("properties", n.once(hasProperties, "properties"), func() error {
		if s.null() {
			return nil
		}
		return s.object(func(name []byte) error {
			if string(name) != property {
				return s.skip()
			}
			if err := n.once(hasProperty, property); err != nil {
				return err
			}
			return read()
		})
	})
}

// roles reads a role's word, or a list of them. Where one is not ours, everything
// counts that could be meant: strange, which leaves the strictest answer.
func (s *scanner) roles(strange school.Roles) (school.Roles, error) {
	var roles school.Roles
	foreign := false
	add := func() error {
		word, err := s.wordOf()
		set, parsed := school.ParseRoles([]string{word})
		roles, foreign = roles|set, foreign || parsed != nil
		return err
	}
	var err error
	if s.next() == '[' {
		err = s.list(add)
	} else {
		err = add()
	}
	if foreign || roles == 0 {
		return strange, err
	}
	return roles, err
}

// noWord stands for a value that is no string, where a word was expected.
const noWord = "?"

// word1 reads a word; a value of another type is one that nobody knows.
func (s *scanner) wordOf() (string, error) {
	if s.next() != '"' {
		return noWord, s.skip()
	}
	text, err := s.text()
	return intern(text), err
}

// words are those that nearly every question uses: they need not be copied.
var words = func() map[string]string {
	m := map[string]string{}
	for _, w := range []string{"user", "role", "school", "messaging", "mail", "chat", "any",
		"session.open", "message.read", "message.reply", "message.send",
		"pupil", "guardian", "teacher", "staff", "head", "adults", "everyone"} {
		m[w] = w
	}
	return m
}()

func intern(text []byte) string {
	if known, ok := words[string(text)]; ok {
		return known
	}
	return string(text)
}

// missing names what an evaluation lacks; "" if nothing.
func (e *evaluation) missing() string {
	switch {
	case !e.seen.has(hasSubject):
		return "subject"
	case !e.seen.has(hasAction):
		return "action"
	case !e.seen.has(hasResource):
		return "resource"
	}
	return firstOf(e.subject.missing("subject"), e.action.missing(), e.resource.missing("resource"))
}

func (e *entity) missing(what string) string {
	switch {
	case !e.seen.has(hasKind):
		return what + ".type"
	case !e.seen.has(hasID):
		return what + ".id"
	}
	return ""
}

func (a *action) missing() string {
	if !a.seen.has(hasName) {
		return "action.name"
	}
	return ""
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// or fills what is missing from defaults: a member as a whole, and of one that is
// there its required parts (section 7.1.1).
func (e *evaluation) or(d *evaluation) {
	if !e.seen.has(hasContext) {
		e.time = d.time
	}
	e.subject.or(e.seen.has(hasSubject), &d.subject)
	e.resource.or(e.seen.has(hasResource), &d.resource)
	if !e.seen.has(hasAction) {
		e.action = d.action
	} else if !e.action.seen.has(hasName) && d.action.seen.has(hasName) {
		e.action.name = d.action.name
		e.action.seen |= 1 << hasName
	}
	e.seen |= d.seen
}

func (e *entity) or(given bool, d *entity) {
	if !given {
		*e = *d
		return
	}
	if !e.seen.has(hasKind) && d.seen.has(hasKind) {
		e.kind = d.kind
		e.seen |= 1 << hasKind
	}
	if !e.seen.has(hasID) && d.seen.has(hasID) {
		e.id = d.id
		e.seen |= 1 << hasID
	}
}
