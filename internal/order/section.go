package order

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// A section is one mapping of the file whose keys have been checked.
type section struct {
	r       *reader
	name    term // for messages, such as "contact"
	at      place
	entries []entry
}

type entry struct {
	key   string
	at    place
	value ast.Node
}

// section reads a mapping that may have these keys, each once.
func (r *reader) section(n ast.Node, name term, keys ...string) section {
	s := section{r: r, name: name, at: placeOf(n)}
	mapping, ok := n.(*ast.MappingNode)
	if !ok {
		r.fail(s.at, "%s is %s: write key: value lines, with the keys %s", name, kind(n), strings.Join(keys, ", "))
		return s
	}
	for _, v := range mapping.Values {
		s.add(v, keys)
	}
	return s
}

func (s *section) add(v *ast.MappingValueNode, keys []string) {
	e := entry{at: placeOf(v.Key), value: v.Value}
	e.key, _ = raw(v.Key)
	if first, found := s.find(e.key); found {
		s.r.fail(e.at, "the key %q stands twice in %s, first on line %d: keep one", shorten(e.key), s.name, first.at.line)
		return
	}
	if near, known := nearest(e.key, keys); !known {
		s.r.fail(e.at, "%s has no key %q: %s", s.name, shorten(e.key), suggest(near, keys))
		return
	}
	s.entries = append(s.entries, e)
}

// find is the entry of a key, even an empty one.
func (s section) find(key string) (entry, bool) {
	for _, e := range s.entries {
		if e.key == key {
			return e, true
		}
	}
	return entry{}, false
}

// get is the value of a key, or nil when it is absent or null.
func (s section) get(key string) ast.Node {
	e, _ := s.find(key)
	if e.value == nil || e.value.Type() == ast.NullType {
		return nil
	}
	return e.value
}

// need is the value of a key that must be there, or nil with an error that says
// what to write.
func (s section) need(key string, remedy term) ast.Node {
	if n := s.get(key); n != nil {
		return n
	}
	at := s.at
	if e, found := s.find(key); found {
		at = e.at
	}
	s.r.fail(at, "%s has no %s: %s", s.name, keyword(key), remedy)
	return nil
}

// place is where a key's value stands, or the section when it is absent.
func (s section) place(key string) place {
	if n := s.get(key); n != nil {
		return placeOf(n)
	}
	if e, found := s.find(key); found {
		return e.at
	}
	return s.at
}

// words is a text of at most so many characters; needed says what to write when
// the text must be there.
func (s section) words(key string, most int, needed term) string {
	n := s.get(key)
	if needed != "" {
		n = s.need(key, needed)
	}
	if n == nil {
		return ""
	}
	text, ok := s.r.text(n, key)
	if length := utf8.RuneCountInString(text); length > most {
		s.r.fail(placeOf(n), "%s has %d characters: write at most %d", keyword(key), length, most)
	}
	if ok && text == "" && needed != "" {
		s.r.fail(placeOf(n), "%s is empty: %s", keyword(key), needed)
	}
	return text
}

// each calls f with every item of a list of words, and refuses repeated ones.
func (s section) each(key string, f func(at place, word string)) {
	n := s.get(key)
	if n == nil {
		return
	}
	seen := map[string]bool{}
	items := s.r.list(n, key)
	if len(items) == 0 && n.Type() == ast.SequenceType {
		s.r.fail(placeOf(n), "%s is an empty list: leave the key out", keyword(key))
	}
	for _, item := range items {
		word, ok := s.r.text(item, key)
		switch at := placeOf(item); {
		case !ok:
		case seen[word]:
			s.r.fail(at, "%q stands twice in %s: keep one", shorten(word), keyword(key))
		default:
			seen[word] = true
			f(at, word)
		}
	}
}

// choose is a word out of a table, or the value that absence means.
func choose[T ~uint8](s section, key string, table []string, absent T) T {
	n := s.get(key)
	if n == nil {
		return absent
	}
	text, ok := s.r.text(n, key)
	if !ok {
		return absent
	}
	v, err := parseWord[T](text, table, tell("a value of %s", keyword(key)))
	if err != nil {
		s.r.reject(placeOf(n), err)
	}
	return v
}

// chooseEach is a list of words out of a table, in the table's order.
func chooseEach[T ~uint8](s section, key string, table []string) []T {
	chosen := make([]bool, len(table))
	s.each(key, func(at place, word string) {
		v, err := parseWord[T](word, table, tell("a value of %s", keyword(key)))
		if err != nil {
			s.r.reject(at, err)
			return
		}
		chosen[v] = true
	})
	var out []T
	for i, yes := range chosen {
		if yes {
			out = append(out, T(i))
		}
	}
	return out
}

// suggest says what to write for a key that is not known.
func suggest(near string, keys []string) sentence {
	if near != "" {
		return tell("did you mean %s?", near)
	}
	return tell("the keys are %s", strings.Join(keys, ", "))
}

// nearest is the key closest to s by spelling, and whether s is itself a key.
// A key much further than two slips of the finger away is not meant: then "".
func nearest(s string, keys []string) (near string, known bool) {
	if len(s) > 40 {
		return "", false
	}
	best := 1 + max(2, len(s)/3)
	for _, key := range keys {
		d := distance(strings.ToLower(s), key)
		if d == 0 && s == key {
			return key, true
		}
		if d < best {
			near, best = key, d
		}
	}
	return near, false
}

// distance is the number of letters to add, drop or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
