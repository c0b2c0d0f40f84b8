package api

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// seeds are bodies of every kind, good and bad.
var seeds = []string{
	`{"subject":{"type":"user","id":"a"},"action":{"name":"message.send"},"resource":{"type":"school","id":"0799001E"}}`,
	`{"subject":{"type":"user","id":"a","properties":{"role":["pupil","x"],"b":[1,2.5e-3,null,true,false,{}]}},"action":{"name":"n","properties":{"with":"staff"}},"resource":{"type":"messaging","id":"any","properties":{"service":"mail"}},"context":{"time":"2024-04-02T19:00:00Z"}}`,
	`{"subject":{"type":"us\u0065r","id":"\ud83d\ude00 \ud800 é\n\/"},"subject":{}}`,
	`{"evaluations":[{},{"subject":null},7,"x"],"options":{"evaluations_semantic":"execute_all"}}`,
	` { "a" : [ ] , "b" : { } , "c" : -0.0e+1 } `, `{"a":01}`, `{"a":1.}`, `{"a":+1}`, `{"a":"` + "\x01" + `"}`, `{"a":"\x"}`, `{"a":"\u12"}`,
	`{"a":tru}`, `{"a"}`, `{"a":1,}`, `[1,]`, `{,}`, `{}{}`, `nul`, `"`, "\xff", `{"a":"` + "\xff" + `"}`, strings.Repeat("[", 70) + strings.Repeat("]", 70),
	`{"page":{"limit":3,"token":"x"},"context":null}`, `{"subject":{"id":"a","id":"b"}}`, `{"SUBJECT":{"Id":"a"}}`, `{"a":1e}`, `{"a":-}`, "{\"a\":\t1\r\n}\v",
}

// FuzzScan holds the scanner against encoding/json: both take the same texts,
// save those that are not UTF-8 or too deep, and read the same strings.
func FuzzScan(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var texts []string
		err := readBody(data, func(s *scanner) error { return collect(s, &texts) })
		if !utf8.Valid(data) || depth(data) > deepest {
			if err == nil {
				t.Fatalf("%q was taken", data)
			}
			return
		}
		if valid := json.Valid(data); valid != (err == nil) {
			t.Fatalf("%q: %v, encoding/json says %v", data, err, valid)
		}
		if err == nil && !slices.Equal(texts, textsOf(data)) {
			t.Fatalf("%q: strings %q, want %q", data, texts, textsOf(data))
		}
	})
}

// collect reads any value and keeps its strings, names included.
func collect(s *scanner, texts *[]string) error {
	switch s.next() {
	case '{':
		return s.object(func(name []byte) error {
			*texts = append(*texts, string(name))
			return collect(s, texts)
		})
	case '[':
		return s.list(func() error { return collect(s, texts) })
	case '"':
		text, err := s.text()
		*texts = append(*texts, string(text))
		return err
	}
	return s.skip()
}

// textsOf is collect by encoding/json.
func textsOf(data []byte) (texts []string) {
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if err != nil {
			return texts
		}
		if s, ok := token.(string); ok {
			texts = append(texts, s)
		}
	}
}

// depth is how deep values stand in each other.
func depth(data []byte) (deep int) {
	now := 0
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if err != nil {
			return deep
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			deep = max(deep, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}

// An object keeps its members in order, repeated ones too, as encoding/json gives
// them.
type object struct {
	names  []string
	values []json.RawMessage
}

func (o *object) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return errNoObject
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return err
		}
		o.names, o.values = append(o.names, name.(string)), append(o.values, v)
	}
	return nil
}

var errNoObject = badRequest("no object")

// one is a member that comes at most once.
func (o *object) one(name string) (v json.RawMessage, there, good bool) {
	for i, n := range o.names {
		if n == name {
			if there {
				return nil, true, false
			}
			v, there = o.values[i], true
		}
	}
	return v, there, true
}

// text is a member that is a string, if it is there.
func (o *object) text(name string) (s string, there, good bool) {
	v, there, good := o.one(name)
	if !there || !good {
		return "", there, good
	}
	if v[0] != '"' {
		return "", true, false
	}
	return s, true, json.Unmarshal(v, &s) == nil
}

// FuzzEvaluation holds the reading of evaluations against encoding/json.
func FuzzEvaluation(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e evaluation
		err := e.read(data)
		if !utf8.Valid(data) || depth(data) > deepest {
			return
		}
		var o object
		good := json.Valid(data) && json.Unmarshal(data, &o) == nil
		for _, m := range []struct {
			name, property string
			kind, id       *string
		}{{"subject", "role", &e.subject.kind, &e.subject.id}, {"action", "with", &e.action.name, nil}, {"resource", "service", &e.resource.kind, &e.resource.id}} {
			good = good && sameEntity(t, &o, m.name, m.property, m.kind, m.id, err == nil)
		}
		if v, there, once := o.one("context"); good && there {
			var c object
			good = once && (string(v) == "null" || json.Unmarshal(v, &c) == nil && onceAsText(&c, "time"))
		}
		if good != (err == nil) {
			t.Fatalf("%q: %v, want taken: %v", data, err, good)
		}
	})
}

// onceAsText reports whether a member that counts as a string comes at most once
// as one.
func onceAsText(o *object, name string) bool {
	n := 0
	for i := range o.names {
		if o.names[i] == name && o.values[i][0] == '"' {
			n++
		}
	}
	return n <= 1
}

// sameEntity reports whether a member would be taken, and compares what was read.
func sameEntity(t *testing.T, o *object, name, property string, kind, id *string, taken bool) bool {
	v, there, good := o.one(name)
	if !there || !good {
		return good
	}
	var m object
	if json.Unmarshal(v, &m) != nil {
		return false
	}
	first, second := "type", "id"
	if id == nil {
		first = "name"
	}
	one, _, ok := m.text(first)
	if !ok || taken && *kind != one {
		return taken && ok && mismatch(t, name, *kind, one)
	}
	if id != nil {
		two, _, ok := m.text(second)
		if !ok || taken && *id != two {
			return taken && ok && mismatch(t, name, *id, two)
		}
	}
	p, there, once := m.one("properties")
	if !there || !once || string(p) == "null" {
		return once
	}
	var properties object
	if json.Unmarshal(p, &properties) != nil {
		return false
	}
	_, _, once = properties.one(property)
	return once
}

func mismatch(t *testing.T, name, got, want string) bool {
	t.Errorf("%s: %q, want %q", name, got, want)
	return true
}

// FuzzBodies asks nothing but to end, and that what is not JSON is not taken.
func FuzzBodies(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var b batch
		if err := b.read(data); err == nil {
			if !json.Valid(data) {
				t.Fatalf("%q is no JSON", data)
			}
			for i := range b.items {
				if e, err := b.item(i); err == nil && e.missing() == "" {
					q, act, wrong := e.question()
					if wrong == nil && (q.Login == "" && (q.School == "" || q.Roles == 0) || q.Roles > school.Everyone || act.String() != e.action.name) {
						t.Fatalf("%q asks %+v %v", data, q, act)
					}
				}
			}
		}
		var q search
		if err := q.read(data); err == nil {
			_ = q.turn(ofSubjects)
		}
	})
}
