package order

import (
	"errors"
	"regexp"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The longest texts, in characters. Notices are read on a telephone.
const (
	maxTitle  = 200
	maxBasis  = 500
	maxReason = 4000
	maxOffice = 200
	maxShort  = 120
)

// Parse reads one order from YAML. It is strict: an unknown or repeated key, a
// value of the wrong kind, a second document, an anchor or anything else that
// does not mean exactly one thing is an error, and so is an order that says too
// little for its notice (who decided, why, whom to call) or more than its issuer
// may say. The error is of type Errors and holds every error found, each with
// its place in the file called name.
func Parse(name string, data []byte) (*Order, error) {
	o, _, err := Check(name, data)
	return o, err
}

// Check is Parse that also says what the writer of a valid order may not have
// meant.
func Check(name string, data []byte) (*Order, []Warning, error) {
	r := &reader{file: name}
	o := r.order(data)
	if err := r.result(); err != nil {
		return nil, r.warnings, err
	}
	return o, r.warnings, nil
}

// A File is the name and the content of a file that should hold an order.
type File struct {
	Name string
	Data []byte
}

// ParseAll reads several files and reports everything wrong in any of them; the
// orders are those of the files that are right.
func ParseAll(files []File) ([]*Order, []Warning, error) {
	var (
		orders   []*Order
		warnings []Warning
		errs     Errors
	)
	for _, f := range files {
		o, warned, err := Check(f.Name, f.Data)
		warnings = append(warnings, warned...)
		var wrong Errors
		if errors.As(err, &wrong) {
			errs = append(errs, wrong...)
			continue
		}
		orders = append(orders, o)
	}
	if len(errs) > 0 {
		return orders, warnings, errs
	}
	return orders, warnings, nil
}

// order reads the whole file; the result counts only when nothing failed.
func (r *reader) order(data []byte) *Order {
	root := r.document(data)
	if root == nil {
		return nil
	}
	s := r.section(root, "the order",
		"order", "issuer", "status", "type", "references", "title", "basis", "applies",
		"from", "until", "review", "rules", "reason", "contact", "copies")
	if len(r.errs) == maxErrors {
		return nil
	}
	o := &Order{
		ID:      s.id(),
		Issuer:  s.territory("issuer", "write the territory of the office that decides, such as FR/13/079"),
		Status:  choose(s, "status", statusWords, Actual),
		Type:    s.kind(),
		Title:   s.words("title", maxTitle, "write one line that says what is closed and for whom"),
		Basis:   s.words("basis", maxBasis, ""),
		From:    s.wall("from", "write the first instant at which it binds, such as 2024-03-29T00:00"),
		Until:   s.wall("until", ""),
		Review:  s.day("review"),
		Reason:  s.words("reason", maxReason, "write why, for the people who will find their messages closed"),
		Contact: s.contact(),
	}
	s.references(o)
	s.copies(o)
	s.applies(o)
	s.rules(o)
	s.check(o)
	return o
}

func (s section) id() ID {
	n := s.need("order", "write its name, such as FR/13/079/2024-0001")
	if n == nil {
		return ""
	}
	text, ok := s.r.text(n, "order")
	if !ok {
		return ""
	}
	id, err := ParseID(text)
	if err != nil {
		s.r.reject(placeOf(n), err)
	}
	return id
}

// kind is the order's type. Absence is an error: "issue" by default would turn a
// cancel whose line was lost into a second closure.
func (s section) kind() Type {
	if s.need("type", "write issue, update or cancel") == nil {
		return Issue
	}
	return choose(s, "type", typeWords, Issue)
}

// territory is a path in the tree, and "" when it cannot be read.
func (s section) territory(key string, needed term) school.Territory {
	n := s.need(key, needed)
	if n == nil {
		return ""
	}
	text, ok := s.r.text(n, key)
	if !ok {
		return ""
	}
	t, err := school.ParseTerritory(text)
	if err != nil {
		s.r.reject(placeOf(n), notTerritory(err, text))
	}
	return t
}

// wall is a wall-clock reading; zero when absent, unless needed.
func (s section) wall(key string, needed term) Wall {
	return s.reading(key, needed, ParseWall)
}

// day is a date alone; zero when absent.
func (s section) day(key string) Wall {
	return s.reading(key, "", ParseDay)
}

func (s section) reading(key string, needed term, parse func(string) (Wall, error)) Wall {
	n := s.get(key)
	if needed != "" {
		n = s.need(key, needed)
	}
	if n == nil {
		return Wall{}
	}
	text, ok := s.r.text(n, key)
	if !ok {
		return Wall{}
	}
	w, err := parse(text)
	if err != nil {
		s.r.reject(placeOf(n), err)
	}
	return w
}

func (s section) references(o *Order) {
	s.each("references", func(at place, word string) {
		id, err := ParseID(word)
		switch {
		case err != nil:
			s.r.reject(at, err)
		case id == o.ID:
			s.r.fail(at, "the order refers to itself: name the order that it changes or lifts")
		default:
			o.References = append(o.References, id)
		}
	})
}

func (s section) copies(o *Order) {
	s.each("copies", func(at place, word string) {
		if word == "" || len(word) > maxOffice {
			s.r.fail(at, "an entry of copies is empty or too long: name one office")
		}
		o.Copies = append(o.Copies, word)
	})
}

var (
	phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 .\x{00a0}\x{202f}]{1,24}$`)
	emailForm = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
)

// contact is whom to call: an office, never only a person, and a way to reach
// it.
func (s section) contact() Contact {
	n := s.need("contact", "write the office to call, with its phone or email")
	if n == nil {
		return Contact{}
	}
	c := s.r.section(n, "contact", "office", "phone", "email")
	out := Contact{
		Office: c.words("office", maxOffice, "name the office that answers questions"),
		Phone:  c.words("phone", maxShort, ""),
		Email:  c.words("email", maxShort, ""),
	}
	if out.Phone != "" && !phoneForm.MatchString(out.Phone) {
		s.r.fail(c.place("phone"), "phone %q is not a telephone number: write digits and spaces", shorten(out.Phone))
	}
	if out.Email != "" && !emailForm.MatchString(out.Email) {
		s.r.fail(c.place("email"), "email %q is not an e-mail address: write name@domain", shorten(out.Email))
	}
	if c.get("phone") == nil && c.get("email") == nil {
		s.r.fail(c.at, "contact has neither phone nor email: people must be able to ask")
	}
	return out
}
