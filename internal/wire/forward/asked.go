package forward

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The kinds of servers that ask here.
const (
	nginx   = "nginx"
	caddy   = "caddy"
	traefik = "traefik"
	envoy   = "envoy"
	other   = "other" // the path names none
)

// A setting is what the path of a question says: which server asks, and what its
// configuration knows better than the table.
type setting struct {
	kind     string
	notice   bool
	service  bool // Service is given
	action   bool // Action is given
	school   bool // School is given
	specific route.Target
}

// settingOf reads the path of a question. Where it is an error, the kind is still
// that of a server.
func settingOf(path string) (s setting, err error) {
	kind, rest, more := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, Prefix), "/"), "/")
	switch s.kind = kind; kind {
	case "":
		s.kind = other
	case envoy:
		return s, nil // what follows is the client's path
	case nginx, caddy, traefik:
	default:
		s.kind = other
		return s, fmt.Errorf("no server is called %q here: ask at %s/nginx, /caddy, /traefik or /envoy", kind, Prefix)
	}
	for more && err == nil {
		var part string
		if part, rest, more = strings.Cut(rest, "/"); part != "" {
			err = s.read(part)
		}
	}
	return s, err
}

// read reads one part of a setting.
func (s *setting) read(part string) (err error) {
	key, value, _ := strings.Cut(part, "=")
	switch key {
	case "notice":
		s.notice = true
	case "service":
		s.service = true
		s.specific.Service, err = order.ParseService(value)
	case "action":
		s.action = true
		s.specific.Action, err = enforce.ParseAction(value)
	case "school":
		s.school = true
		s.specific.School, err = school.ParseUAI(value)
	default:
		err = fmt.Errorf("%q says nothing here: want service=, action=, school= or notice", part)
	}
	return err
}

// over is what a request is for: the table's word, and the setting's over it. A
// server that names a service or an action has messaging behind it.
func (s *setting) over(h *Handler, asked route.Request) route.Target {
	t := h.table.Match(asked)
	if t.Open && (s.service || s.action) {
		t = h.all.Match(asked)
	}
	if s.service {
		t.Service = s.specific.Service
	}
	if s.action && !t.Overridden {
		t.Action = s.specific.Action
	}
	if s.school {
		t.School = s.specific.School
	}
	return t
}

// asked is what the client wants, as the server in front tells it; not ok where
// it tells two things. What is not told is empty, which the table takes as the
// strictest.
func (s *setting) asked(r *http.Request) (asked route.Request, ok bool) {
	asked, ok = s.told(r)
	for name := range r.Header {
		asked.Overridden = asked.Overridden || overrides(name)
	}
	return asked, ok
}

// overrides reports whether a header is one of route.OverrideHeaders to an
// application that takes "_" for "-", as those behind CGI do.
func overrides(name string) bool {
	switch len(name) {
	case len("X-Http-Method"):
		return alike(name, "x-http-method")
	case len("X-Method-Override"):
		return alike(name, "x-method-override")
	case len("X-Http-Method-Override"):
		return alike(name, "x-http-method-override")
	}
	return false
}

func alike(name, want string) bool {
	for i := range len(want) {
		c := name[i]
		if c == '_' {
			c = '-'
		}
		if c|0x20 != want[i]|0x20 {
			return false
		}
	}
	return true
}

func (s *setting) told(r *http.Request) (route.Request, bool) {
	switch s.kind {
	case envoy:
		target := strings.TrimPrefix(r.RequestURI, Prefix+"/"+envoy)
		return route.Request{Host: r.Host, Method: r.Method, Target: target}, true
	case nginx:
		return original(r.Header)
	case caddy, traefik:
		return forwarded(r.Header)
	}
	one, okOne := original(r.Header)
	two, okTwo := forwarded(r.Header)
	_, ok := merge(one, two)
	if ok = ok && okOne && okTwo; one == (route.Request{}) {
		return two, ok
	}
	return one, ok
}

// merge joins what both headers tell.
func merge(one, two route.Request) (both route.Request, ok bool) {
	ok = true
	for _, f := range [...]struct {
		one, two string
		to       *string
	}{{one.Host, two.Host, &both.Host}, {one.Method, two.Method, &both.Method}, {one.Target, two.Target, &both.Target}} {
		*f.to = f.one + f.two
		if f.one != "" && f.two != "" {
			*f.to, ok = f.one, ok && f.one == f.two
		}
	}
	return both, ok
}

// original reads what nginx is configured to tell.
func original(h http.Header) (asked route.Request, ok bool) {
	var address string
	ok = read(h, "X-Original-Uri", &asked.Target) && read(h, "X-Original-Method", &asked.Method) &&
		read(h, "X-Original-Host", &asked.Host) && read(h, "X-Original-Url", &address)
	if !ok || address == "" {
		return asked, ok
	}
	host, target := apart(address)
	if host == "" {
		return asked, false
	}
	both, ok := merge(asked, route.Request{Host: host, Target: target})
	return both, ok
}

// apart is the host of an address and the rest as it stands.
func apart(address string) (host, target string) {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		return "", ""
	}
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		host, target = rest[:i], rest[i:]
		if target[0] == '?' {
			target = "/" + target
		}
		return host, target
	}
	return rest, "/"
}

// forwarded reads what Caddy and Traefik tell.
func forwarded(h http.Header) (asked route.Request, ok bool) {
	ok = read(h, "X-Forwarded-Uri", &asked.Target) && read(h, "X-Forwarded-Method", &asked.Method) &&
		read(h, "X-Forwarded-Host", &asked.Host)
	return asked, ok
}

// read takes a header's only value; more than one is not ok.
func read(h http.Header, name string, to *string) bool {
	values := h[name]
	if len(values) == 1 {
		*to = values[0]
	}
	return len(values) < 2
}
