package identity

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// A Pass is what a signed cookie says: who, until when, and by which session of
// the sign-in service.
type Pass struct {
	Login   string
	Expires time.Time // whole seconds count
	Session string    // ends the cookie when End is told of it; "" if there is none
}

// A Cookie tells who is asking by a value that was signed with a key, five parts
// joined by dots:
//
//	1.LOGIN.EXPIRES.SESSION.MAC
//
// LOGIN and SESSION are base64url without padding (RFC 4648, section 5), EXPIRES
// is seconds since 1970, MAC is base64url of HMAC-SHA256 over everything before
// its dot. Whoever shares the key can write it.
//
// The key file holds a key a line, each of at least 32 characters. The first
// signs; all verify, so that a new key is put first and the old one taken out
// when what it signed has expired.
type Cookie struct {
	name     string
	keys     [][]byte
	sessions sessions
	now      func() time.Time
}

// shortestKey is how many characters a key has at least: those of 24 random
// bytes in base64 (openssl rand -base64 24) or more.
const shortestKey = 32

// longestPass bounds a cookie's value.
const longestPass = 1024

// OpenCookie reads the keys of a signed cookie.
func OpenCookie(c config.Cookie) (*Cookie, error) {
	if !token(c.Name) {
		return nil, fmt.Errorf("identity.cookie.name is %q: write a name such as __Host-ecluse", c.Name)
	}
	text, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the cookie's key: %w: make one with \"openssl rand -base64 48\"", err)
	}
	k := &Cookie{name: c.Name, now: time.Now}
	for i, line := range bytes.Split(bytes.TrimRight(text, "\r\n"), []byte("\n")) {
		key := bytes.TrimRight(line, "\r")
		if len(key) < shortestKey {
			return nil, fmt.Errorf("%s: line %d is a key of %d characters: want at least %d, such as what \"openssl rand -base64 48\" prints",
				c.KeyFile, i+1, len(key), shortestKey)
		}
		k.keys = append(k.keys, key)
	}
	return k, nil
}

// Name is the cookie's name.
func (c *Cookie) Name() string { return c.name }

var passText = base64.RawURLEncoding.Strict()

// Sign writes the value of the cookie, and remembers its session so that End
// will surely find it.
func (c *Cookie) Sign(p Pass) string {
	session := ""
	if p.Session != "" {
		d := digest(p.Session)
		session = passText.EncodeToString(d[:16])
		c.sessions.begin(session, c.now(), p.Expires)
	}
	text := "1." + passText.EncodeToString([]byte(p.Login)) + "." + strconv.FormatInt(p.Expires.Unix(), 10) + "." + session
	return text + "." + passText.EncodeToString(mac(c.keys[0], text))
}

// End has the cookies of a session count no longer, as the sign-in service
// calls it. from is who says so (Chain.Client); lost reports that so many endings
// come of sessions that nobody here began that not all can be remembered.
func (c *Cookie) End(session string, from netip.Addr) (lost bool) {
	d := digest(session)
	return c.sessions.end(passText.EncodeToString(d[:16]), from, c.now())
}

// Verify reads a value that Sign has written: ErrNobody if its time is over or
// its session ended, ErrForged if it is none. The pass tells a session only by
// its digest.
func (c *Cookie) Verify(value string) (Pass, error) {
	parts := strings.Split(value, ".")
	if len(value) > longestPass || len(parts) != 5 || parts[0] != "1" {
		return Pass{}, fmt.Errorf("%w: the cookie is not written as Écluse writes it", ErrForged)
	}
	sum, err := passText.DecodeString(parts[4])
	if err != nil || !c.signed(value[:len(value)-len(parts[4])-1], sum) {
		return Pass{}, fmt.Errorf("%w: the cookie's signature does not hold", ErrForged)
	}
	p, err := readPass(parts[1], parts[2], parts[3])
	if err != nil {
		return Pass{}, err
	}
	if now := c.now(); !now.Before(p.Expires) || p.Session != "" && c.sessions.ended(p.Session, now) {
		return Pass{}, ErrNobody
	}
	return p, nil
}

// readPass reads the parts of a value whose signature holds: another program
// that has the key may still have written nonsense.
func readPass(login, expires, session string) (Pass, error) {
	name, err := passText.DecodeString(login)
	if err != nil || len(name) == 0 || !plain(string(name)) {
		return Pass{}, fmt.Errorf("%w: the cookie names no account", ErrForged)
	}
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != expires {
		return Pass{}, fmt.Errorf("%w: the cookie says no time", ErrForged)
	}
	return Pass{Login: string(name), Expires: time.Unix(seconds, 0), Session: session}, nil
}

// signed reports whether one of the keys made the sum. Each is tried in constant
// time; which one it was is no secret.
func (c *Cookie) signed(text string, sum []byte) bool {
	for _, key := range c.keys {
		if hmac.Equal(mac(key, text), sum) {
			return true
		}
	}
	return false
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Who is the login that the cookie names.
func (c *Cookie) Who(r *http.Request) (string, error) {
	value, err := oneCookie(r, c.name)
	if err != nil {
		return "", err
	}
	p, err := c.Verify(value)
	return p.Login, err
}

// oneCookie is the value under a name: ErrNobody where there is none, ErrForged
// where there are two, because another reader may take the other one.
func oneCookie(r *http.Request, name string) (string, error) {
	switch values := cookies(r, name); len(values) {
	case 0:
		return "", ErrNobody
	case 1:
		return values[0], nil
	default:
		return "", fmt.Errorf("%w: the cookie %s was sent twice", ErrForged, name)
	}
}

// cookies are the values under a name as they were sent. net/http leaves out
// values that it finds ill-formed, and with them that there were two.
func cookies(r *http.Request, name string) (values []string) {
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			if key, value, found := strings.Cut(pair, "="); found && strings.Trim(key, " \t") == name {
				values = append(values, strings.Trim(value, " \t"))
			}
		}
	}
	return values
}
