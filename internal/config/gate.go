package config

import (
	"errors"
	"fmt"
	"time"
)

// A Gate says how Écluse closes messaging that is not its own: who is believed
// to say who is asking, which addresses are messaging, and the servers that run
// beside it. The same keys stand in the configuration of `ecluse serve`, under
// gate, and in that of `ecluse proxy`.
type Gate struct {
	// Trusted are the networks of servers whose identity header is believed and
	// that may ask without a token, such as 127.0.0.1/32.
	Trusted   []string `yaml:"trusted"`
	Identity  Identity `yaml:"identity"`
	Routes    []Route  `yaml:"routes"`
	Unmatched string   `yaml:"unmatched"` // what no route names: open or messaging; empty: messaging without routes, else open
	Sign      *Sign    `yaml:"sign"`
	Signals   []Signal `yaml:"signals"`

	Envoy    string    `yaml:"envoy"` // where the gRPC service for Envoy listens
	Postfix  *Postfix  `yaml:"postfix"`
	Dovecot  *Dovecot  `yaml:"dovecot"`
	HAProxy  *HAProxy  `yaml:"haproxy"`
	Ejabberd *Ejabberd `yaml:"ejabberd"`
	Synapse  *Synapse  `yaml:"synapse"`
}

// An Identity says how a request tells who is asking. Several ways may be given;
// the first that finds somebody counts, and one that finds a forgery refuses.
type Identity struct {
	Header string  `yaml:"header"` // set by a trusted server, never by a client
	Cookie *Cookie `yaml:"cookie"`
	OIDC   *OIDC   `yaml:"oidc"`
	CAS    *CAS    `yaml:"cas"`
	Whoami *Whoami `yaml:"whoami"`

	// Prefix and Suffix are taken off what was found, such as "@" and
	// ":school.example" of a Matrix name.
	Prefix string `yaml:"prefix"`
	Suffix string `yaml:"suffix"`
}

// A Cookie is signed by Écluse or by whoever shares its key.
type Cookie struct {
	Name    string `yaml:"name"`
	KeyFile string `yaml:"key_file"` // at least 32 bytes
}

// OIDC reads a token of OpenID Connect from Authorization: Bearer, or a cookie.
type OIDC struct {
	Issuer   string `yaml:"issuer"`
	Audience string `yaml:"audience"`
	Claim    string `yaml:"claim"`  // which one names the person; empty: preferred_username, then sub
	Cookie   string `yaml:"cookie"` // the cookie that carries the token, instead of Authorization
}

// CAS sends who is not known to a CAS 3.0 server and verifies the ticket they
// come back with; the signed cookie then carries them, so that one is needed.
type CAS struct {
	URL     string `yaml:"url"`     // of the server, such as https://cas.ent.example/cas
	Service string `yaml:"service"` // the public address of this front, such as https://ent.example
	// Attribute names the person, where CAS's own name of them is not the login.
	Attribute string `yaml:"attribute"`
}

// Whoami asks the application itself whose session a request carries.
type Whoami struct {
	URL     string        `yaml:"url"`
	Headers []string      `yaml:"headers"` // of the request, handed on
	Cookies []string      `yaml:"cookies"`
	Query   []string      `yaml:"query"` // parameters of the address, handed on
	Field   string        `yaml:"field"` // of the JSON that comes back, with dots for depth
	Keep    time.Duration `yaml:"keep"`  // how long an answer is believed; 0: a minute
}

// A Sign is what signed statements to sign-in services are made with.
type Sign struct {
	Issuer  string `yaml:"issuer"`   // the public address of Écluse, such as https://ecluse.example
	KeyFile string `yaml:"key_file"` // PEM, made at the first start if it is not there
}

// A Signal is a stream of SSF: a sign-in service that is told when the sessions
// of a role in a school end.
type Signal struct {
	Name      string `yaml:"name"`       // small letters, digits and -
	Audience  string `yaml:"audience"`   // what the receiver calls itself
	URL       string `yaml:"url"`        // where it is told; empty: it asks by itself
	TokenFile string `yaml:"token_file"` // sent to the url, or sent by a receiver that asks
	Territory string `yaml:"territory"`  // empty: FR
	Service   string `yaml:"service"`    // messaging (the default), mail or chat
}

// A Route says what an address is for. The first that fits counts.
type Route struct {
	Host    string   `yaml:"host"`    // empty: any
	Path    string   `yaml:"path"`    // "*" is one part, "**" at the end is any rest; letters' case does not count
	Methods []string `yaml:"methods"` // empty: any
	Service string   `yaml:"service"` // messaging (the default), mail or chat
	Action  string   `yaml:"action"`  // such as message.send; empty: by the method
	School  string   `yaml:"school"`  // empty: every school of the person
	Open    bool     `yaml:"open"`    // not messaging: nobody is asked
	Refusal string   `yaml:"refusal"` // how a refusal is written: json, html, matrix, ocs, rocketchat or mattermost; empty: as the client accepts
}

// Postfix is the policy server that Postfix asks.
type Postfix struct {
	Listen  string   `yaml:"listen"`  // an address and port, or unix:/path
	Domains []string `yaml:"domains"` // mail domains of the schools: who has an address there is known
	// Delimiter is Postfix's recipient_delimiter, such as "+", where it has one.
	Delimiter string `yaml:"delimiter"`
	// Open are addresses and logins that no order concerns, such as shared
	// mailboxes and machines that send mail.
	Open []string `yaml:"open"`
	// Incoming says what becomes of mail to a closed mailbox: hold (where
	// empty), deliver, defer or refuse.
	Incoming string `yaml:"incoming"`
	// State is the file that remembers held mail. At reopening Release runs with
	// "-H -" ("-r -" for what waited a day) and the queue names on its standard
	// input; empty: postsuper. Queue runs with "-j" to list the queue and "-f" to
	// have it delivered; empty: postqueue.
	State   string   `yaml:"state"`
	Release []string `yaml:"release"`
	Queue   []string `yaml:"queue"`
}

// Dovecot cuts live IMAP and POP3 sessions through the doveadm HTTP interface, and
// is asked about sign-ins.
type Dovecot struct {
	URL     string   `yaml:"url"`      // such as http://127.0.0.1:8081/doveadm/v1; empty: nothing is cut
	KeyFile string   `yaml:"key_file"` // doveadm_api_key
	Domains []string `yaml:"domains"`  // taken off logins
	// Listen is where "ecluse proxy" answers sign-ins of a Dovecot beside it, such as
	// 127.0.0.1:9143. "ecluse serve" answers them at its own address.
	Listen string `yaml:"listen"`
}

// HAProxy is told over its runtime socket who may pass, by `ecluse serve`.
type HAProxy struct {
	Socket    string        `yaml:"socket"`    // a path, or host:port
	Maps      string        `yaml:"maps"`      // the folder of the maps, as HAProxy's configuration names it; empty: /etc/haproxy/ecluse
	Services  []string      `yaml:"services"`  // of messaging, mail and chat; empty: messaging
	Territory string        `yaml:"territory"` // whose schools HAProxy is told of; empty: FR
	Point     string        `yaml:"point"`     // the enforcement point that it reports as; empty: it does not report
	Lease     time.Duration `yaml:"lease"`     // how long what was told holds without news; 0: 15 s
}

// Ejabberd is asked who is connected, and told to end sessions, through mod_http_api.
type Ejabberd struct {
	URL       string `yaml:"url"` // such as http://127.0.0.1:5281/api
	Host      string `yaml:"host"`
	TokenFile string `yaml:"token_file"`
}

// Synapse is told, through its admin interface, which accounts may only read.
type Synapse struct {
	URL        string        `yaml:"url"`
	TokenFile  string        `yaml:"token_file"` // the access token of an administrator
	ServerName string        `yaml:"server_name"`
	State      string        `yaml:"state"` // the file that remembers which accounts were closed
	Open       []string      `yaml:"open"`  // accounts that are left alone: services, those who keep the server
	Every      time.Duration `yaml:"every"` // how often its accounts are listed; 0: five minutes
	// SuspendOnly keeps closed accounts suspended, not locked: where ecluse proxy
	// stands in front, or Matrix Authentication Service holds the sessions.
	SuspendOnly bool `yaml:"suspend_only"`
}

// defaultGate is what holds for keys of a gate that are left out.
func defaultGate() Gate {
	return Gate{Trusted: []string{}, Identity: Identity{Header: "X-Ecluse-User"}, Routes: []Route{}}
}

// complete fills in who is asking where the file does not say: the header alone.
// A file that names another way must name the header too to have it believed.
func (g *Gate) complete() {
	if g.Identity == (Identity{}) {
		g.Identity = defaultGate().Identity
	}
}

// files are the names of files that a gate holds.
func (g *Gate) files() []*string {
	var list []*string
	if g.Identity.Cookie != nil {
		list = append(list, &g.Identity.Cookie.KeyFile)
	}
	if g.Sign != nil {
		list = append(list, &g.Sign.KeyFile)
	}
	for i := range g.Signals {
		list = append(list, &g.Signals[i].TokenFile)
	}
	if g.Postfix != nil {
		list = append(list, &g.Postfix.State)
	}
	if g.Dovecot != nil {
		list = append(list, &g.Dovecot.KeyFile)
	}
	if g.Ejabberd != nil {
		list = append(list, &g.Ejabberd.TokenFile)
	}
	if g.Synapse != nil {
		list = append(list, &g.Synapse.TokenFile, &g.Synapse.State)
	}
	return list
}

// check refuses what cannot be meant.
func (g *Gate) check() error {
	if g.Unmatched != "" && g.Unmatched != "open" && g.Unmatched != "messaging" {
		return fmt.Errorf("unmatched is %q: want open or messaging", g.Unmatched)
	}
	if g.Identity.CAS != nil && g.Identity.Cookie == nil {
		return errors.New("identity.cas needs identity.cookie: who came back with a ticket is remembered in it")
	}
	if len(g.Signals) > 0 && g.Sign == nil {
		return errors.New("signals need sign: what is sent is signed with its key_file, in the name of its issuer")
	}
	return nil
}
