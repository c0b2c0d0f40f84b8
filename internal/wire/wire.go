// Package wire is what the faces towards servers share: which point is asking
// (Desk), what becomes of a request (Porter, Verdict), and how a refusal looks to a
// person (Refusal). Each protocol has a room of its own below: forward (HTTP
// forward authentication), envoy, proxy, postfix, dovecot, haproxy, ejabberd,
// synapse and signin; internal/api is the JSON interface.
//
// A point is told by its token, sent as "Authorization: Bearer" to the JSON
// interface and in X-Ecluse-Point where Authorization belongs to the person's own
// request; or, where a server can send no header of its own, by asking from a
// network that the configuration trusts. Whoever is neither learns nothing.
package wire

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// TokenHeader carries a point's token where Authorization is not its own.
const TokenHeader = "X-Ecluse-Point"

// A Desk answers points: it knows whom to answer.
type Desk struct {
	app     *ecluse.App
	trusted []netip.Prefix

	mu    sync.RWMutex
	known map[string]*ecluse.Answerer // by token, or by kind for those without one
}

// NewDesk returns a desk that answers points with a token, and those of the
// trusted networks.
func NewDesk(app *ecluse.App, trusted []netip.Prefix) *Desk {
	return &Desk{app: app, trusted: trusted, known: map[string]*ecluse.Answerer{}}
}

// App is the application that answers.
func (d *Desk) App() *ecluse.App { return d.app }

// Trusts reports whether a request comes from a trusted network.
func (d *Desk) Trusts(r *http.Request) bool { return Trusted(d.trusted, r) }

// Believes reports whether a request comes from a point, by its network or its
// token: the identity header that it carries is then a server's and not a
// client's.
func (d *Desk) Believes(r *http.Request) bool {
	if d.Trusts(r) {
		return true
	}
	token := r.Header.Get(TokenHeader)
	if token == "" {
		return false
	}
	_, err := d.app.PointOf(token)
	return err == nil
}

// Trusted reports whether a request's connection comes from one of the networks.
// What headers say of its origin does not count.
func Trusted(networks []netip.Prefix, r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address := peer.Addr().Unmap()
	for _, n := range networks {
		if n.Contains(address) {
			return true
		}
	}
	return false
}

// Networks reads networks such as 10.0.0.0/8 and single addresses.
func Networks(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		if address, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid,
				"«\u00a0"+text+"\u00a0» n’est pas un réseau\u00a0: écrivez par exemple 10.0.0.0/8 ou 127.0.0.1.",
				"\""+text+"\" is no network: write 10.0.0.0/8 or 127.0.0.1, for example")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// ByToken is who answers the point with the token of Authorization, or a fault
// of kind SignedOut.
func (d *Desk) ByToken(r *http.Request) (*ecluse.Answerer, enforce.Point, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	return d.token(strings.TrimSpace(token))
}

// ByHeader is who answers the point with the token of X-Ecluse-Point; without
// that header, a server of a trusted network, as a point of this kind. Anybody
// else is a fault of kind SignedOut.
func (d *Desk) ByHeader(r *http.Request, kind string) (*ecluse.Answerer, error) {
	if token := r.Header.Get(TokenHeader); token != "" {
		answerer, _, err := d.token(token)
		return answerer, err
	}
	if !d.Trusts(r) {
		_, err := d.app.PointOf("")
		return nil, err
	}
	return d.Local(kind), nil
}

// Local is who answers what runs beside Écluse, or asks from a trusted network:
// a point without a token, named by its kind.
func (d *Desk) Local(kind string) *ecluse.Answerer {
	return d.keep("local\x00"+kind, enforce.Point{Name: "local-" + kind, Kind: kind, Territory: "FR"})
}

func (d *Desk) token(token string) (*ecluse.Answerer, enforce.Point, error) {
	p, err := d.app.PointOf(token)
	if err != nil {
		return nil, p, err
	}
	return d.keep(p.Name+"\x00"+string(p.Territory), p), p, nil
}

// keep makes one answerer for each point.
func (d *Desk) keep(key string, p enforce.Point) *ecluse.Answerer {
	d.mu.RLock()
	known := d.known[key]
	d.mu.RUnlock()
	if known != nil {
		return known
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[key] == nil {
		d.known[key] = d.app.Answering(p)
	}
	return d.known[key]
}
