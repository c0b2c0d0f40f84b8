package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// ErrTicket says that CAS does not stand by a ticket.
var ErrTicket = errors.New("CAS does not accept the ticket")

// ticketForm is a service ticket (CAS Protocol 3.0.3, sections 3.1.1 and 3.7),
// with the point and the underscore that servers put into their own names.
// Proxy tickets are for services that act in somebody's stead, and not for us.
var ticketForm = regexp.MustCompile(`^ST-[A-Za-z0-9._~-]{1,253}$`)

const casSpace = "http://www.yale.edu/tp/cas"

// IsTicket reports whether a text has the form of a service ticket.
func IsTicket(s string) bool { return ticketForm.MatchString(s) }

// A CASServer is one that tickets are validated with (CAS Protocol 3.0.3).
type CASServer struct {
	url    string
	client *http.Client
	slots  chan struct{} // one for each validation under way

	mu   sync.Mutex
	used map[string]time.Time // tickets that were shown already, until they are forgotten
}

const (
	casPatience = 5 * time.Second
	mostAsking  = 64              // validations at once
	ticketLife  = 5 * time.Minute // longer than CAS keeps one (10 s unless told otherwise)
	mostUsed    = 100_000
)

// NewCASServer is the server at an address such as https://cas.ent.example/cas.
func NewCASServer(address string) *CASServer {
	return &CASServer{
		url: strings.TrimRight(address, "/"), slots: make(chan struct{}, mostAsking), used: map[string]time.Time{},
		client: &http.Client{Timeout: casPatience, CheckRedirect: noRedirect},
	}
}

// Login is where a browser is sent, to come back to a service with a ticket. With
// anew CAS asks who is signed in there already to prove who they are once more.
func (s *CASServer) Login(service string, anew bool) string {
	q := url.Values{"service": {service}}
	if anew {
		q.Set("renew", "true")
	}
	return s.url + "/login?" + q.Encode()
}

// Logout is where a browser signs out of CAS (section 2.3).
func (s *CASServer) Logout() string { return s.url + "/logout" }

// First reports whether a ticket is shown for the first time. CAS refuses the
// second time too; nobody should be able to make us ask it.
func (s *CASServer) First(ticket string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until, found := s.used[ticket]; found && now.Before(until) {
		return false
	}
	if len(s.used) >= mostUsed {
		clear(s.used)
	}
	s.used[ticket] = now.Add(ticketLife)
	return true
}

// Validate asks CAS whose ticket it is (section 2.5, /p3/serviceValidate):
// ErrTicket where CAS refuses it, another error where CAS cannot be understood.
// With anew only a ticket will do that was given for a password or the like, not
// for a session that CAS had already.
func (s *CASServer) Validate(ctx context.Context, ticket, service string, anew bool) (CASAnswer, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return CASAnswer{}, errors.New("too many tickets are being validated at once")
	}
	q := url.Values{"service": {service}, "ticket": {ticket}}
	if anew {
		q.Set("renew", "true")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/p3/serviceValidate?"+q.Encode(), nil)
	if err != nil {
		return CASAnswer{}, err
	}
	response, err := s.client.Do(r)
	if err != nil {
		return CASAnswer{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return CASAnswer{}, fmt.Errorf("CAS answered with status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, longestXML+1))
	if err != nil {
		return CASAnswer{}, err
	}
	return readCAS(body)
}

// A CASAnswer is what CAS says of who brought a ticket.
type CASAnswer struct {
	User       string
	attributes *element // nil without any
}

// readCAS reads CAS's answer (appendix A). Even where an attribute names the
// person, an answer without a user is none.
func readCAS(answer []byte) (a CASAnswer, err error) {
	root, err := readXML(answer)
	if err != nil {
		return a, err
	}
	if root.name.Space != casSpace || root.name.Local != "serviceResponse" || len(root.children) != 1 {
		return a, errors.New("CAS answered something else than a serviceResponse")
	}
	if failure, err := root.only(casSpace, "authenticationFailure"); err == nil {
		return a, failed(failure.attr("code"))
	}
	success, err := root.only(casSpace, "authenticationSuccess")
	if err != nil {
		return a, err
	}
	if a.User, err = valueOf(success.only(casSpace, "user")); err != nil {
		return CASAnswer{}, err
	}
	a.attributes, _ = success.only(casSpace, "attributes") // there need be none
	return a, nil
}

// Name is the person's name: CAS's own, or the one value of an attribute.
func (a CASAnswer) Name(attribute string) (string, error) {
	if attribute == "" {
		return a.User, nil
	}
	if a.attributes == nil {
		return "", errors.New("CAS sent no attributes")
	}
	return valueOf(a.attributes.only(casSpace, attribute))
}

// Values is every value of an attribute.
func (a CASAnswer) Values(attribute string) (values []string) {
	if a.attributes == nil {
		return nil
	}
	for _, c := range a.attributes.children {
		if text, err := c.value(); err == nil && c.name.Space == casSpace && c.name.Local == attribute {
			values = append(values, text)
		}
	}
	return values
}

func valueOf(e *element, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return e.value()
}

// failed tells a ticket that is no good from a CAS that is not well, or that
// does not know us (section 2.5.3).
func failed(code string) error {
	switch code {
	case "INVALID_TICKET", "INVALID_TICKET_SPEC", "INVALID_SERVICE":
		return fmt.Errorf("%w (%s)", ErrTicket, code)
	default:
		return fmt.Errorf("CAS answered %q", code)
	}
}

// EndedTicket reads a single logout request (section 2.3.3 and appendix C): the
// ticket with which the session that ended had begun.
func EndedTicket(request []byte) (string, error) {
	const samlp = "urn:oasis:names:tc:SAML:2.0:protocol"
	root, err := readXML(request)
	if err != nil {
		return "", err
	}
	if root.name.Space != samlp || root.name.Local != "LogoutRequest" {
		return "", errors.New("it is no LogoutRequest")
	}
	ticket, err := valueOf(root.only(samlp, "SessionIndex"))
	if err == nil && !ticketForm.MatchString(ticket) {
		err = errors.New("it names no ticket")
	}
	return ticket, err
}
