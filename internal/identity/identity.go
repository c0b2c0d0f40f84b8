// Package identity finds out who is behind an HTTP request to a server that is
// not Écluse's own. It believes only what a client cannot make up: a header set
// by a server in front, on a connection from a trusted network; a cookie signed
// with a key that the client does not have; a token of an OpenID provider; the
// word of the application whose session the request carries.
//
// What it promises: a request either has one name, or none (ErrNobody), or is
// refused (ErrForged); two answers at once, a header sent twice, or a signature
// that does not hold are forgeries, never "none". What could not be verified
// because somebody else did not answer is another error, and closes.
package identity

import (
	"errors"
	"net/http"
	"net/textproto"
	"strings"
)

// ErrNobody says that the request names nobody.
var ErrNobody = errors.New("nobody is signed in")

// ErrForged says that the request carries a name that cannot be believed.
var ErrForged = errors.New("who is asking cannot be believed")

// A Source is one way in which a request tells who is asking.
type Source interface {
	// Who is the login, ErrNobody, an error that wraps ErrForged, or any other
	// error where it could not be found out.
	Who(r *http.Request) (string, error)
}

// A Header is set by a server in front. On a connection that is not trusted it
// is a forgery.
type Header struct {
	Name    string
	Trusted func(*http.Request) bool
}

// Who is the header's value.
func (h Header) Who(r *http.Request) (string, error) {
	values := r.Header[textproto.CanonicalMIMEHeaderKey(h.Name)]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return "", ErrNobody
	case !h.Trusted(r), len(values) > 1, !plain(values[0]):
		return "", ErrForged
	}
	return values[0], nil
}

// longest bounds a name.
const longest = 200

// plain reports whether a name holds nothing that another reader could take for
// two names, or for none.
func plain(name string) bool {
	return len(name) <= longest && strings.TrimSpace(name) == name &&
		strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == ',' || r == '\uFFFD' }) < 0
}

// A Chain asks its sources in turn: the first that knows counts, a forgery
// refuses, and so does a source that cannot tell.
type Chain struct {
	Sources        []Source
	Prefix, Suffix string // taken off what was found
}

// Who is the login behind a request.
func (c *Chain) Who(r *http.Request) (string, error) {
	for _, s := range c.Sources {
		login, err := s.Who(r)
		if errors.Is(err, ErrNobody) {
			continue
		}
		if err != nil {
			return "", err
		}
		return strings.TrimSuffix(strings.TrimPrefix(login, c.Prefix), c.Suffix), nil
	}
	return "", ErrNobody
}
