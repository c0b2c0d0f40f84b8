package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/ecluse-ecole/ecluse/internal/config"
)

// An OIDC tells who is asking by a token that an OpenID provider signed: its
// issuer, audience, signature and time are verified (OpenID Connect Core 1.0,
// section 3.1.3.7), with the provider's published keys alone. The provider is
// asked for them when the first token comes, and again when a token names a key
// that is not known; until it answers, tokens cannot be believed.
type OIDC struct {
	config config.OIDC
	*finder
	kept kept
}

// tokenKept is how long a token that was verified is believed without looking at
// it again, within its own time.
const tokenKept = 5 * time.Minute

// longestToken bounds a token.
const longestToken = 16 << 10

// NewOIDC is a source for the tokens of one provider.
func NewOIDC(c config.OIDC) (*OIDC, error) {
	if err := Secure("identity.oidc.issuer", c.Issuer); err != nil {
		return nil, err
	}
	if c.Audience == "" {
		return nil, errors.New("identity.oidc.audience is empty: name the client that tokens are made for, or a token for any other would do")
	}
	if c.Cookie != "" && !token(c.Cookie) {
		return nil, fmt.Errorf("identity.oidc.cookie is %q, which is no name of a cookie", c.Cookie)
	}
	return &OIDC{config: c, finder: newFinder(c.Issuer)}, nil
}

// Who is the login that a request's token names.
func (o *OIDC) Who(r *http.Request) (string, error) {
	raw, err := o.token(r)
	if err != nil {
		return "", err
	}
	return o.kept.get(r, digest(raw), func(ctx context.Context) found { return o.look(ctx, raw) })
}

// token is the token that a request carries. A bearer token of another form is
// another server's, and nobody's here.
func (o *OIDC) token(r *http.Request) (string, error) {
	if o.config.Cookie != "" {
		return oneCookie(r, o.config.Cookie)
	}
	values := r.Header["Authorization"]
	if len(values) > 1 {
		return "", fmt.Errorf("%w: Authorization was sent twice", ErrForged)
	}
	if len(values) == 0 {
		return "", ErrNobody
	}
	scheme, raw, _ := strings.Cut(values[0], " ")
	raw = strings.TrimSpace(raw)
	if !strings.EqualFold(scheme, "Bearer") || strings.Count(raw, ".") != 2 {
		return "", ErrNobody
	}
	return raw, nil
}

// look verifies a token. One that expired is nobody's: it says whom to ask to
// sign in again.
func (o *OIDC) look(ctx context.Context, raw string) found {
	if len(raw) > longestToken {
		return found{err: fmt.Errorf("%w: the token is too long", ErrForged)}
	}
	provider, err := o.discovered(ctx)
	if err != nil {
		return found{err: err}
	}
	t, err := provider.Verifier(&oidc.Config{ClientID: o.config.Audience}).Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return found{err: ErrNobody}
	case err != nil && (o.keys.silent() || ctx.Err() != nil):
		return found{err: fmt.Errorf("verifying a token: the provider's keys cannot be had: %w", err)}
	case err != nil:
		return found{err: fmt.Errorf("%w: %w", ErrForged, err)}
	}
	login, err := o.name(t)
	if err != nil {
		return found{err: err}
	}
	until := time.Now().Add(tokenKept)
	if t.Expiry.Before(until) {
		until = t.Expiry
	}
	return found{login: login, until: until}
}

// name is the claim that names the person. A token that carries events was made
// to tell of something, such as the end of a session, not to sign in with
// (OpenID Connect Back-Channel Logout 1.0, section 2.4).
func (o *OIDC) name(t *oidc.IDToken) (string, error) {
	var claims map[string]json.RawMessage
	if err := t.Claims(&claims); err != nil {
		return "", fmt.Errorf("%w: %w", ErrForged, err)
	}
	if _, some := claims["events"]; some {
		return "", fmt.Errorf("%w: the token tells of events and signs nobody in", ErrForged)
	}
	return nameIn(claims, o.config.Claim)
}

// nameIn is what names the person among claims: the one that is configured, else
// preferred_username, then sub. An address that the provider has not verified
// names nobody.
func nameIn(claims map[string]json.RawMessage, claim string) (string, error) {
	if claim == "email" && string(claims["email_verified"]) == "false" {
		return "", fmt.Errorf("%w: the provider has not verified the address in the token", ErrForged)
	}
	names := []string{"preferred_username", "sub"}
	if claim != "" {
		names = []string{claim}
	}
	for _, name := range names {
		var login string
		if raw, some := claims[name]; some && json.Unmarshal(raw, &login) == nil && login != "" && plain(login) {
			return login, nil
		}
	}
	return "", fmt.Errorf("%w: the token has no claim %s", ErrForged, strings.Join(names, " or "))
}
