// Package dovecot closes the mailboxes that Dovecot serves over IMAP, POP3 and
// ManageSieve: it answers sign-ins, and ends the sessions that are open when
// messaging closes.
//
// Sign-ins are asked about in one of two ways, and both ask only what is written
// here:
//
//   - A Lua password database, placed before the others, posts login and service
//     to /gate/dovecot/login and is answered in words (see login). What is not the
//     one word "open" or the one word "closed" is no decision, and Dovecot answers
//     NO [UNAVAILABLE] (RFC 5530, section 3).
//   - Dovecot's own authentication policy posts JSON to /gate/dovecot and is
//     answered with a status (see policy).
//
// In both the password is checked first and the sentence told after, so that a
// stranger learns of nobody whether and where he goes to school. No password and
// no hash of one is asked for or read.
//
// What is live is cut by a Cutter, through Dovecot's own administration interface.
// Sign-ins are refused from the instant itself, since each one is a question; the
// Cutter looks at what is connected after that, and again a little later, because
// somebody may have passed the question before the instant and appear after it.
//
// Reading is what IMAP and POP3 are for: they need access to read. Mail that is
// sent passes Postfix, and Postfix asks for itself; only Dovecot's own submission
// service is asked about here, as writing. Delivery to a closed mailbox is not
// stopped: a letter waits in it.
package dovecot

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// kind names this point.
const kind = "dovecot"

// A Server answers Dovecot's sign-ins. It is safe for concurrent use.
type Server struct {
	who     func(*http.Request) (enforce.Decider, error)
	domains []string
	point   *metric.Point
	log     *slog.Logger
	refused tally
}

// New returns a server within Écluse, which answers points with a token and those
// of the desk's trusted networks. cfg may be nil.
func New(desk *wire.Desk, cfg *config.Dovecot, m *metric.Set, log *slog.Logger) *Server {
	return newServer(func(r *http.Request) (enforce.Decider, error) { return desk.ByHeader(r, kind) }, cfg, m, log)
}

// Beside returns a server that runs next to Dovecot, in `ecluse proxy`: it answers
// whoever asks from one of the trusted networks, without a token.
func Beside(d enforce.Decider, trusted []netip.Prefix, cfg *config.Dovecot, m *metric.Set, log *slog.Logger) *Server {
	return newServer(func(r *http.Request) (enforce.Decider, error) {
		if !wire.Trusted(trusted, r) {
			return nil, fault.New(fault.SignedOut,
				"Seul un serveur de confiance peut poser cette question.", "Only a trusted server may ask this.")
		}
		return d, nil
	}, cfg, m, log)
}

func newServer(who func(*http.Request) (enforce.Decider, error), cfg *config.Dovecot, m *metric.Set, log *slog.Logger) *Server {
	s := &Server{who: who, point: m.Point(kind), log: log}
	if cfg != nil {
		s.domains = cfg.Domains
	}
	return s
}

// Routes adds the addresses that Dovecot asks.
func (s *Server) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /gate/dovecot/login", s.login)
	mux.HandleFunc("POST /gate/dovecot", s.policy)
}

// HTTP is a server of its own for these addresses, for a program that has no other:
// nothing in it waits for long.
func (s *Server) HTTP() *http.Server {
	mux := http.NewServeMux()
	s.Routes(mux)
	return &http.Server{
		Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
}

// Probe is the login that a mail server can have for a test: it is always closed.
// enforce.SelfTest itself has a colon, which Dovecot lets no login have.
const Probe = "ecluse-self-test"

// question is what a sign-in or a session of Dovecot rests on.
func question(login string, domains []string) enforce.Question {
	login = trim(login, domains)
	if login == Probe {
		login = enforce.SelfTest
	}
	return enforce.Question{Login: login, Service: order.Mail}
}

// trim takes a school's own mail domain off a login.
func trim(login string, domains []string) string {
	at := strings.LastIndexByte(login, '@')
	if at < 0 {
		return login
	}
	for _, d := range domains {
		if strings.EqualFold(strings.TrimPrefix(d, "@"), login[at+1:]) {
			return login[:at]
		}
	}
	return login
}

// elsewhere are services that pass here, by the names that Dovecot gives them:
// others ask about them, or they are no person's.
var elsewhere = map[string]bool{
	"smtp":    true, // somebody signs in at Postfix through Dovecot; Postfix asks at every letter
	"lmtp":    true, // delivery
	"lda":     true,
	"indexer": true,
}

// action is what a service of Dovecot is for. A service that is not known is for
// reading, as nearly all are.
func action(service string) enforce.Action {
	if strings.HasPrefix(service, "submission") {
		return enforce.ReplyMessage
	}
	return enforce.OpenSession
}

// decide answers about one sign-in.
func (s *Server) decide(ctx context.Context, d enforce.Decider, login, service string) (*enforce.Answer, bool) {
	if elsewhere[service] {
		return nil, true
	}
	began, what := time.Now(), action(service)
	answer := enforce.Undecided("", "")
	if plain(login) {
		answer = d.Ask(ctx, question(login, s.domains))
	}
	s.point.Decided(began, answer, what)
	return answer, answer.Allows(what)
}

// longest is the longest login that is asked about; addresses end at 254 (RFC 5321,
// section 4.5.3.1).
const longest = 320

// plain reports whether a login can be anybody's: neither empty nor without end,
// and nothing in it that would end a line.
func plain(login string) bool {
	return login != "" && len(login) <= longest && clean(login) == login
}
