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
//
// Lifetimes: a cookie and a token count until they expire; what an application
// said of its session counts for Whoami's Keep, a minute unless told otherwise,
// so that somebody who signs out there is believed that long at most. What is
// remembered is bounded, and kept by digest: no token or cookie stays in memory.
// Who invents sessions keeps nobody else out: a client has a share of what is
// looked up at once.
//
// It refuses to guess: a token signed with a shared secret or not at all, one
// that was made to end a session (OpenID Connect Back-Channel Logout), and a
// provider or application that answers something else than it should.
package identity

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/textproto"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/config"
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
	Prefix, Suffix string  // taken off what was found
	Cookie         *Cookie // the signed cookie among the sources; nil without one

	trusted func(*http.Request) bool // servers in front; nil: none
}

// New builds the chain of a configuration: header, cookie, OpenID Connect and
// the application's word, in this order. trusted tells whose header is believed.
// Without any way to tell, everybody is nobody.
func New(c config.Identity, trusted func(*http.Request) bool) (*Chain, error) {
	if trusted == nil {
		trusted = func(*http.Request) bool { return false }
	}
	chain := &Chain{Prefix: c.Prefix, Suffix: c.Suffix, trusted: trusted}
	if c.Header != "" {
		if !token(c.Header) {
			return nil, fmt.Errorf("identity.header is %q, which is no name of a header: write one such as X-Ecluse-User", c.Header)
		}
		chain.Sources = append(chain.Sources, Header{c.Header, trusted})
	}
	if c.Cookie != nil {
		cookie, err := OpenCookie(*c.Cookie)
		if err != nil {
			return nil, err
		}
		chain.Cookie = cookie
		chain.Sources = append(chain.Sources, cookie)
	}
	if c.OIDC != nil {
		provider, err := NewOIDC(*c.OIDC)
		if err != nil {
			return nil, err
		}
		provider.kept.trusted = trusted
		chain.Sources = append(chain.Sources, provider)
	}
	if c.Whoami != nil {
		application, err := NewWhoami(*c.Whoami)
		if err != nil {
			return nil, err
		}
		application.kept.trusted = trusted
		chain.Sources = append(chain.Sources, application)
	}
	return chain, nil
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
		return c.Login(login)
	}
	return "", ErrNobody
}

// Client is where a request comes from, so that one client can be told from
// another: not valid where a server in front does not say.
func (c *Chain) Client(r *http.Request) netip.Addr { return clientOf(r, c.trusted) }

// Login is the login behind a name that was found: what stands around it is
// taken off. One that could be read in two ways is a forgery.
func (c *Chain) Login(name string) (string, error) {
	login := strings.TrimSuffix(strings.TrimPrefix(name, c.Prefix), c.Suffix)
	if login == "" || !plain(login) {
		return "", fmt.Errorf("%w: it is no name of an account", ErrForged)
	}
	return login, nil
}

// token reports whether s can name a header or a cookie (RFC 9110, section 5.6.2).
func token(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) < 0
}
