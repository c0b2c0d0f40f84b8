package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// A casService signs people in with CAS 3.0.
type casService struct {
	config config.Provider
	server *CASServer
	now    func() time.Time
}

// service is what the ticket is for: the browser's way back.
func (s *casService) service(t Attempt) string {
	return t.Back + "?" + url.Values{"state": {t.State()}}.Encode()
}

// Begin sends the browser to CAS's own page.
func (s *casService) Begin(_ context.Context, t Attempt) (string, error) {
	return s.server.Login(s.service(t), t.Anew), nil
}

// Finish validates the ticket.
func (s *casService) Finish(ctx context.Context, t Attempt, q url.Values) (Assertion, error) {
	if err := t.check(q); err != nil {
		return Assertion{}, err
	}
	ticket := q.Get("ticket")
	if !IsTicket(ticket) {
		return Assertion{}, fmt.Errorf("%w: there is no ticket", ErrStale)
	}
	answer, err := s.server.Validate(ctx, ticket, s.service(t), t.Anew)
	if errors.Is(err, ErrTicket) {
		return Assertion{}, fmt.Errorf("%w: %w", ErrStale, err)
	}
	if err != nil {
		return Assertion{}, err
	}
	name, err := answer.Name(s.config.Claim)
	if err == nil && !plain(name) {
		err = errors.New("it is no name of an account")
	}
	if err != nil {
		return Assertion{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	return Assertion{
		Name: s.config.Prefix + name, Subject: answer.User, Session: ticket, Proved: s.proved(answer, t),
		Second: second(s.config.Second, answer.Values), Once: once(s.config, ticket),
	}, nil
}

// proved is when somebody typed their password there: now if CAS was asked to have
// them do it, or says so, else when it says (CAS Protocol 3.0.3, section 2.5.7).
func (s *casService) proved(a CASAnswer, t Attempt) time.Time {
	now := s.now()
	if fresh := a.Values("isFromNewLogin"); t.Anew || len(fresh) == 1 && fresh[0] == "true" {
		return now
	}
	dates := a.Values("authenticationDate")
	if len(dates) != 1 {
		return time.Time{}
	}
	text, _, _ := strings.Cut(dates[0], "[") // some servers add the zone's name
	date, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return before(date, now)
}

// Ended reads a single logout request. Who knows the ticket may end its session.
func (s *casService) Ended(_ context.Context, form url.Values) (Ending, error) {
	ticket, err := EndedTicket([]byte(form.Get("logoutRequest")))
	if err != nil {
		return Ending{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	return Ending{Session: ticket}, nil
}

// Leave is CAS's logout. Where it leads afterwards is CAS's to decide.
func (s *casService) Leave(_ context.Context, _, back string) string {
	return s.server.Logout() + "?" + url.Values{"service": {back}}.Encode()
}
