package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"golang.org/x/oauth2"
)

// An oidcService signs people in with an OpenID provider: authorization code with
// PKCE (RFC 7636), state and nonce, by discovery. No token is kept.
type oidcService struct {
	config config.Provider
	secret string
	now    func() time.Time
	*finder
	direct *http.Client // to the provider, each time anew
	slots  chan struct{}
}

func newOIDCService(c config.Provider, secret string, now func() time.Time) *oidcService {
	return &oidcService{
		config: c, secret: secret, now: now, finder: newFinder(c.URL), slots: make(chan struct{}, mostAsking),
		direct: &http.Client{Transport: bounded{}, Timeout: casPatience, CheckRedirect: noRedirect},
	}
}

// bounded is a transport whose answers have an end.
type bounded struct{}

// RoundTrip cuts an answer off that is too long.
func (bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, mostFetched), response.Body}
	}
	return response, err
}

// client is us, as the provider knows us. How the secret is told is never tried
// out: a code that was sent once would be spent.
func (s *oidcService) client(p *oidc.Provider, t Attempt) *oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	var said struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	unsaid := p.Claims(&said) != nil || len(said.Methods) == 0 // then client_secret_basic holds (Discovery, section 3)
	if s.secret == "" || !unsaid && !slices.Contains(said.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: s.config.ClientID, ClientSecret: s.secret, Endpoint: endpoint, RedirectURL: t.Back,
		Scopes: append([]string{oidc.ScopeOpenID}, s.config.Scopes...),
	}
}

// Begin is the provider's own page. With Anew it is asked when the person proved
// who they are, and to have them do it now (OpenID Connect Core 1.0, section 3.1.2.1).
func (s *oidcService) Begin(ctx context.Context, t Attempt) (string, error) {
	p, err := s.discovered(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(t.derive("nonce")), oauth2.S256ChallengeOption(t.derive("verifier"))}
	if s.config.ACRValues != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", s.config.ACRValues))
	}
	if t.Anew {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return s.client(p, t).AuthCodeURL(t.State(), options...), nil
}

// Finish exchanges the code and verifies the ID token (section 3.1.3.7).
func (s *oidcService) Finish(ctx context.Context, t Attempt, q url.Values) (Assertion, error) {
	if err := t.check(q); err != nil {
		return Assertion{}, err
	}
	switch issuer := q.Get("iss"); { // RFC 9207
	case issuer != "" && issuer != s.config.URL:
		return Assertion{}, fmt.Errorf("%w: the answer is of %q", ErrForged, issuer)
	case q.Get("error") == "access_denied":
		return Assertion{}, ErrLeft
	case q.Get("error") != "":
		return Assertion{}, fmt.Errorf("the provider answered %q", q.Get("error"))
	case q.Get("code") == "":
		return Assertion{}, fmt.Errorf("%w: there is no code", ErrStale)
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return Assertion{}, errBusy
	}
	p, err := s.discovered(ctx)
	if err != nil {
		return Assertion{}, err
	}
	ctx = oidc.ClientContext(ctx, s.direct)
	token, err := s.client(p, t).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(t.derive("verifier")))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode == "invalid_grant":
		return Assertion{}, fmt.Errorf("%w: the provider does not accept the code", ErrStale)
	case err != nil:
		return Assertion{}, fmt.Errorf("exchanging a code: %w", err)
	}
	return s.assertion(ctx, p, t, token)
}

// assertion is what the provider says in the token, and beside it where the token
// does not name the person.
func (s *oidcService) assertion(ctx context.Context, p *oidc.Provider, t Attempt, token *oauth2.Token) (Assertion, error) {
	raw, _ := token.Extra("id_token").(string)
	id, err := s.verify(ctx, p, raw)
	if err != nil {
		return Assertion{}, err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.derive("nonce"))) != 1 {
		return Assertion{}, fmt.Errorf("%w: the token was made for another sign-in", ErrForged)
	}
	if id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil {
		return Assertion{}, fmt.Errorf("%w: the access token is not the one that was meant", ErrForged)
	}
	claims, err := s.claims(id)
	if err != nil {
		return Assertion{}, err
	}
	if _, named := claims[s.config.Claim]; s.config.Claim != "" && !named {
		if err := s.ask(ctx, p, token, id.Subject, claims); err != nil {
			return Assertion{}, err
		}
	}
	name, err := nameIn(claims, s.config.Claim)
	if err != nil {
		return Assertion{}, err
	}
	return Assertion{
		Name: s.config.Prefix + name, Subject: id.Subject, Session: text(claims["sid"]), Proved: s.proved(claims),
		Second: second(s.config.Second, func(claim string) []string { return texts(claims[claim]) }),
		Once:   once(s.config, id.Nonce), Hint: raw,
	}, nil
}

// verify refuses a token that is not of this provider, for this client, of now.
func (s *oidcService) verify(ctx context.Context, p *oidc.Provider, raw string) (*oidc.IDToken, error) {
	if raw == "" || len(raw) > longestToken {
		return nil, fmt.Errorf("%w: there is no ID token, or too long a one", ErrForged)
	}
	id, err := p.Verifier(&oidc.Config{ClientID: s.config.ClientID, Now: s.now}).Verify(ctx, raw)
	switch {
	case err != nil && (s.keys.silent() || ctx.Err() != nil):
		return nil, fmt.Errorf("verifying a token: the provider's keys cannot be had: %w", err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if age := s.now().Sub(id.IssuedAt); age > recent || age < -recent {
		return nil, fmt.Errorf("%w: the token was made %s ago: is the clock right?", ErrForged, age)
	}
	return id, nil
}

// claims refuses a token that was made to tell of something else, or for another
// client (Core, section 3.1.3.7, step 5).
func (s *oidcService) claims(id *oidc.IDToken) (claims map[string]json.RawMessage, err error) {
	if err := id.Claims(&claims); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if _, some := claims["events"]; some {
		return nil, fmt.Errorf("%w: the token tells of events and signs nobody in", ErrForged)
	}
	if by := text(claims["azp"]); by != "" && by != s.config.ClientID || by == "" && len(id.Audience) > 1 {
		return nil, fmt.Errorf("%w: the token was made for another client", ErrForged)
	}
	return claims, nil
}

// ask adds what the provider tells beside the token; it must be of the same
// person (Core, section 5.3.2). What the token says itself stays.
func (s *oidcService) ask(ctx context.Context, p *oidc.Provider, token *oauth2.Token, subject string, claims map[string]json.RawMessage) error {
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("asking the provider who it is: %w", err)
	}
	var more map[string]json.RawMessage
	if err := info.Claims(&more); err != nil || info.Subject != subject {
		return fmt.Errorf("%w: what the provider says beside the token is of somebody else", ErrForged)
	}
	for name, value := range more {
		if _, said := claims[name]; !said {
			claims[name] = value
		}
	}
	return nil
}

// proved is when the person proved who they are, if the provider says.
func (s *oidcService) proved(claims map[string]json.RawMessage) time.Time {
	var seconds float64
	if json.Unmarshal(claims["auth_time"], &seconds) != nil || seconds <= 0 {
		return time.Time{}
	}
	return before(time.Unix(int64(seconds), 0), s.now())
}

// text is a claim that is a text, "" for any other.
func text(raw json.RawMessage) (s string) {
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// texts is a claim that is a text or a list of them.
func texts(raw json.RawMessage) (list []string) {
	if s := text(raw); s != "" {
		return []string{s}
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

// Ended verifies a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6).
func (s *oidcService) Ended(ctx context.Context, form url.Values) (Ending, error) {
	raw := form.Get("logout_token")
	if raw == "" || len(raw) > longestToken {
		return Ending{}, fmt.Errorf("%w: there is no logout token", ErrForged)
	}
	p, err := s.discovered(ctx)
	if err != nil {
		return Ending{}, err
	}
	t, err := p.Verifier(&oidc.Config{ClientID: s.config.ClientID, Now: s.now}).VerifyLogout(ctx, raw)
	if err != nil {
		return Ending{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if age := s.now().Sub(t.IssuedAt); age > recent || age < -recent || t.Subject == "" && t.SessionID == "" {
		return Ending{}, fmt.Errorf("%w: the logout token is old, or names nobody", ErrForged)
	}
	return Ending{Subject: t.Subject, Session: t.SessionID, Once: once(s.config, "jti "+t.TokenID)}, nil
}

// Leave is the provider's logout (OpenID Connect RP-Initiated Logout 1.0).
func (s *oidcService) Leave(ctx context.Context, hint, back string) string {
	p, err := s.discovered(ctx)
	if err != nil {
		return ""
	}
	var said struct {
		End string `json:"end_session_endpoint"`
	}
	if p.Claims(&said) != nil || Secure("end_session_endpoint", said.End) != nil {
		return ""
	}
	u, err := url.Parse(said.End)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", s.config.ClientID)
	q.Set("post_logout_redirect_uri", back)
	if hint != "" {
		q.Set("id_token_hint", hint)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
