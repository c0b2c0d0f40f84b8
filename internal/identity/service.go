package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// ErrStale says that somebody came back from a service with what is no longer, or
// was never, good: they start again.
var ErrStale = errors.New("the sign-in is no longer valid")

// ErrLeft says that somebody turned back at a service.
var ErrLeft = errors.New("the sign-in was given up at the service")

// A Service signs people in to Écluse itself, in their browser. What it says
// counts once; whoever takes an Assertion spends its Once.
type Service interface {
	// Begin is where a browser is sent.
	Begin(ctx context.Context, t Attempt) (address string, err error)
	// Finish is what the service says of who came back with a query: ErrStale,
	// ErrLeft, an error that wraps ErrForged, or any other where the service
	// cannot be understood.
	Finish(ctx context.Context, t Attempt, q url.Values) (Assertion, error)
	// Ended reads the service's own word, posted as a form, that a session has ended.
	Ended(ctx context.Context, form url.Values) (Ending, error)
	// Leave is where a browser signs out of the service, and comes back from to an
	// address if the service allows; "" where it cannot.
	Leave(ctx context.Context, hint, back string) string
}

// An Attempt is one browser's way to a service and back.
type Attempt struct {
	Secret string // known to the browser and us
	Back   string // our address to which the service sends the browser
	Anew   bool   // the service is to ask even who is signed in there already
}

// NewSecret makes the secret of an attempt.
func NewSecret() string { return rand.Text() + rand.Text() }

// State ties what comes back to the browser that set out.
func (t Attempt) State() string { return t.derive("state") }

// derive makes one value for each purpose and service; none tells another. What one
// service was told is no use at the next: it must not lead a browser that set out for
// itself into an account of another's.
func (t Attempt) derive(purpose string) string {
	mac := hmac.New(sha256.New, []byte(t.Secret))
	mac.Write([]byte(purpose + " " + t.Back))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// check refuses what comes back to another browser, or says a thing twice.
func (t Attempt) check(q url.Values) error {
	for name, values := range q {
		if len(values) > 1 {
			return fmt.Errorf("%w: %s came twice", ErrStale, name)
		}
	}
	if t.Secret == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(t.State())) != 1 {
		return fmt.Errorf("%w: the state is another browser's", ErrStale)
	}
	return nil
}

// An Assertion is what a service says of somebody who signed in there.
type Assertion struct {
	Name    string    // by which Écluse knows them
	Subject string    // what the service calls them
	Session string    // what it calls its session; "" where it does not say
	Proved  time.Time // when they proved to it who they are; zero: it does not say
	Second  bool      // with a second factor
	Once    [32]byte  // the digest of what counts once
	Hint    string    // to give back when they leave
}

// An Ending is a service's word that a session of its own has ended or, where
// Session is empty, all of a person.
type Ending struct {
	Subject string
	Session string
	Once    [32]byte // zero: to hear it twice does no harm
}

// recent is how old or new a service's word may look by our clock.
const recent = 10 * time.Minute

// NewService is the service of a configuration. secret is the client's, empty for
// none, and now the clock.
func NewService(c config.Provider, secret string, now func() time.Time) (Service, error) {
	if err := Secure("the url of the sign-in service "+c.Name, c.URL); err != nil {
		return nil, err
	}
	if c.Kind == "cas" {
		return &casService{config: c, server: NewCASServer(c.URL), now: now}, nil
	}
	return newOIDCService(c, secret, now), nil
}

// second reports whether one of the configured "claim=value" holds.
func second(wanted []string, values func(claim string) []string) bool {
	return slices.ContainsFunc(wanted, func(s string) bool {
		claim, value, _ := strings.Cut(s, "=")
		return slices.Contains(values(claim), value)
	})
}

// once is the digest of what a service gave out to count once.
func once(c config.Provider, value string) [32]byte { return digest("once", c.Name, value) }

// before keeps a proof from the future: clocks differ, and a proof is not worth
// more for it.
func before(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}
