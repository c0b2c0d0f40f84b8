package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// errTicket says that CAS does not stand by a ticket.
var errTicket = errors.New("CAS does not accept the ticket")

// ticketForm is a service ticket (CAS Protocol 3.0.3, sections 3.1.1 and 3.7),
// with the point and the underscore that servers put into their own names.
// Proxy tickets are for services that act in somebody's stead, and not for us.
var ticketForm = regexp.MustCompile(`^ST-[A-Za-z0-9._~-]{1,253}$`)

const casSpace = "http://www.yale.edu/tp/cas"

// A server is a CAS server that tickets are validated with.
type server struct {
	config config.CAS
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

func newServer(c config.CAS) *server {
	return &server{
		config: c, slots: make(chan struct{}, mostAsking), used: map[string]time.Time{},
		client: &http.Client{
			Timeout:       casPatience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// first reports whether a ticket is shown for the first time. CAS refuses the
// second time too; nobody should be able to make us ask it.
func (s *server) first(ticket string, now time.Time) bool {
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

// validate asks CAS whose ticket it is (section 2.5, /p3/serviceValidate):
// errTicket where CAS refuses it, another error where CAS cannot be understood.
func (s *server) validate(ctx context.Context, ticket, service string) (string, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return "", errors.New("too many tickets are being validated at once")
	}
	address := s.config.URL + "/p3/serviceValidate?" + url.Values{"service": {service}, "ticket": {ticket}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := s.client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("CAS answered with status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, longestXML+1))
	if err != nil {
		return "", err
	}
	return principal(body, s.config.Attribute)
}

// principal reads CAS's answer (appendix A): who it is, by an attribute if one is
// named.
func principal(answer []byte, attribute string) (string, error) {
	root, err := readXML(answer)
	if err != nil {
		return "", err
	}
	if root.name.Space != casSpace || root.name.Local != "serviceResponse" || len(root.children) != 1 {
		return "", errors.New("CAS answered something else than a serviceResponse")
	}
	if failure, err := root.only(casSpace, "authenticationFailure"); err == nil {
		return "", failed(failure.attr("code"))
	}
	success, err := root.only(casSpace, "authenticationSuccess")
	if err != nil {
		return "", err
	}
	// Even where an attribute names the person, an answer without a user is none.
	user, err := success.only(casSpace, "user")
	if err != nil || attribute == "" {
		return valueOf(user, err)
	}
	attributes, err := success.only(casSpace, "attributes")
	if err != nil {
		return "", err
	}
	return valueOf(attributes.only(casSpace, attribute))
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
		return fmt.Errorf("%w (%s)", errTicket, code)
	default:
		return fmt.Errorf("CAS answered %q", code)
	}
}

// endedSession reads a single logout request (section 2.3.3 and appendix C): the
// ticket with which the session that ended had begun.
func endedSession(request []byte) (string, error) {
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
