package route

import (
	"errors"
	"net/url"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// longestPath bounds the path of an address; applications' own bounds are lower.
const longestPath = 4096

// Match says what a request is for.
func (t *Table) Match(r Request) Target {
	host, path, query, ok := t.split(r)
	if !ok || len(path) > longestPath {
		return t.worst
	}
	any := r.Overridden || !plainMethod(r.Method) || query != "" && overrides(query)
	if plain(path) {
		return t.find(host, path, r.Method, any)
	}
	text, ok := decode(path)
	if !ok {
		return t.worst
	}
	var found Target
	n := 0
	ok = eachReading(text, func(reading string) bool {
		target := t.find(host, reading, r.Method, any)
		if n++; n == 1 {
			found = target
			return true
		}
		found = stricter(found, target)
		found.Ambiguous = true
		return found != t.worst // no further reading makes it stricter
	})
	if !ok {
		return t.worst
	}
	return found
}

// find is what the first route that fits one reading says. Where the method could
// be any, routes of one method may fit or not: the strictest of them and of the
// first that surely fits counts.
func (t *Table) find(host, path, method string, any bool) Target {
	var found Target
	some := false
	add := func(c *compiled) Target {
		target := c.of(method, any)
		if some {
			target = stricter(found, target)
		}
		return target
	}
	for i := range t.routes {
		c := &t.routes[i]
		if c.host != "" && c.host != host || !c.path.fits(path) {
			continue
		}
		if len(c.methods) == 0 || !any && c.takes(method) {
			return add(c)
		}
		if any {
			found, some = add(c), true
		}
	}
	return add(&t.unmatched)
}

// of is a route's target for a method.
func (c *compiled) of(method string, any bool) Target {
	target := c.target
	switch {
	case target.Open:
	case any:
		target.Action, target.Overridden = enforce.SendMessage, true
	case c.byMethod && (method == "GET" || method == "HEAD" || method == "OPTIONS"):
		target.Action = enforce.ReadMessage
	case c.byMethod:
		target.Action = enforce.SendMessage
	}
	return target
}

// split takes a target apart: RFC 9112, section 3.2. What is neither a path nor an
// address of the request's own host is not ok.
func (t *Table) split(r Request) (host, path, query string, ok bool) {
	host, err := r.Host, error(nil)
	if t.hosts {
		if host, err = hostOf(r.Host); err != nil {
			return "", "", "", false
		}
	}
	path, query, _ = strings.Cut(r.Target, "?")
	if strings.HasPrefix(path, "/") {
		return host, path, query, true
	}
	scheme, rest, found := strings.Cut(path, "://")
	if !found || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", "", "", false
	}
	named, path := rest, "/"
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		named, path = rest[:i], rest[i:]
	}
	return host, path, query, sameHost(named, r.Host)
}

func sameHost(a, b string) bool {
	x, errX := hostOf(a)
	y, errY := hostOf(b)
	return errX == nil && errY == nil && x == y
}

var errHost = errors.New("host is not a name or an address: write it as in school.example, without a scheme")

// hostOf is a host without its port, its last dot and its large letters.
func hostOf(s string) (string, error) {
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.IndexByte(s[i:], ']') < 0 {
		if strings.Trim(s[i+1:], "0123456789") != "" {
			return "", errHost
		}
		s = s[:i]
	}
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if s == "" || strings.HasPrefix(s, ".") || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_[]:") != "" {
		return "", errHost
	}
	return s, nil
}

// plainMethod reports whether a method is written as methods are; a lenient
// application may take any other spelling for one of them.
func plainMethod(m string) bool {
	for i := range len(m) {
		if m[i] < 'A' || 'Z' < m[i] {
			return false
		}
	}
	return m != "" && len(m) <= 20
}

// overrides reports whether a query asks to be taken for another method.
func overrides(query string) bool {
	if !mentionsMethod(query) {
		return false
	}
	if len(query) > longestPath {
		return true // nobody writes that much by hand, and reading it all is not free
	}
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		key, _, _ := strings.Cut(pair, "=")
		if key != "" && overrideKey(key) {
			return true
		}
	}
	return false
}

// mentionsMethod is a first look at a query: most hold neither the word nor an
// escape that could.
func mentionsMethod(query string) bool {
	const word = "method"
	for i := range len(query) {
		if query[i] == '%' || query[i]|0x20 == word[0] && len(query)-i >= len(word) && strings.EqualFold(query[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// overrideKey reports whether a key of a query names a method, however an
// application spells it: PHP drops spaces before, cuts at "[" and takes "." and
// " " for "_".
func overrideKey(key string) bool {
	if strings.IndexByte(key, '%') >= 0 {
		if decoded, err := url.QueryUnescape(key); err == nil {
			key = decoded
		}
	}
	key = strings.TrimLeft(key, " +")
	if key != "" && key[0] == '[' {
		key = "_" + key[1:]
	}
	if i := strings.IndexAny(key, "[\x00"); i > 0 {
		key = key[:i]
	}
	if len(key) < len("_method") || len(key) > len("x-http-method-override") {
		return false
	}
	for _, name := range [...]string{"_method", "x-http-method-override", "x-http-method", "x-method-override"} {
		if len(key) == len(name) && strings.EqualFold(strings.NewReplacer(".", "_", " ", "_", "+", "_").Replace(key), name) {
			return true
		}
	}
	return false
}
