package route

import (
	"fmt"
	"strings"
)

// A pattern is a path of a route: parts of which "*" is any one, and perhaps any
// rest.
type pattern struct {
	parts []string // folded, as decode leaves them; any is "*"
	rest  bool     // "**" at the end
}

const (
	anyPart = "*"
	anyRest = "**"
)

// parsePattern reads a path of a route.
func parsePattern(path string) (p pattern, err error) {
	text, ok := decode(path)
	if !ok || !strings.HasPrefix(path, "/") {
		return p, fmt.Errorf("%q is not a path: it begins with / and holds no control characters or broken escapes", path)
	}
	if all, _ := readings(text); len(all) != 1 {
		return p, fmt.Errorf("%q can be read in two ways: write it without //, parts that end in dots, and \\ ; ? #, escaped or not", path)
	}
	p.parts = strings.Split(strings.Trim(text, "/"), "/")
	if p.parts[0] == "" {
		p.parts = nil
	}
	if last := len(p.parts) - 1; last >= 0 && p.parts[last] == anyRest {
		p.parts, p.rest = p.parts[:last], true
	}
	for _, part := range p.parts {
		if part != anyPart && strings.Contains(part, "*") {
			return p, fmt.Errorf("%q has a * inside a part: * stands for a whole part, ** at the end for any rest", path)
		}
	}
	return p, nil
}

// fits reports whether a reading of an address fits. The letters of a plain
// address (see plain) may be large, those of the others are folded already.
func (p *pattern) fits(path string) bool {
	path = strings.TrimPrefix(path, "/")
	for _, want := range p.parts {
		if path == "" {
			return false
		}
		part := path
		if i := strings.IndexByte(path, '/'); i >= 0 {
			part, path = path[:i], path[i+1:]
		} else {
			path = ""
		}
		if want == anyPart {
			if part == "" {
				return false
			}
			continue
		}
		if !same(want, part) {
			return false
		}
	}
	return p.rest || path == ""
}

// same compares a folded part with one whose ASCII letters may be large.
func same(want, part string) bool {
	if len(want) != len(part) {
		return false
	}
	for i := range len(want) {
		c := part[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

// covers reports whether whatever fits q fits p.
func (p *pattern) covers(q pattern) bool {
	if len(q.parts) < len(p.parts) || !p.rest && (q.rest || len(q.parts) != len(p.parts)) {
		return false
	}
	for i, part := range p.parts {
		if part != anyPart && part != q.parts[i] {
			return false
		}
	}
	return true
}
