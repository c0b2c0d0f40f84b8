// Package push hands notices to browsers' push services (RFC 8030), encrypted for
// the browser alone (RFC 8291) and signed with the installation's own key (RFC 8292).
// Nothing else in Écluse speaks to those services.
//
// It promises that a notice goes to a service that the operator has named, over
// HTTPS, and nowhere else: where a browser says that it listens is an address that
// somebody typed. A name that leads to this machine or to its networks is refused
// when the connection is made, whatever it resolved to before; redirections and
// proxies are not followed. What the service reads is which installation sends to
// which browser, when, and how long the notice is; every notice has the same length.
//
// The cipher is some sixty lines over crypto/ecdh, crypto/hkdf and crypto/aes, and is
// held against the example of RFC 8291: see docs/decisions/0042.
package push

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Client sends notices. It is safe for concurrent use.
type Client struct {
	services []string
	contact  string
	http     *http.Client
}

// Options are how a Client reaches services.
type Options struct {
	Services []string // hosts, with a port where it is not 443; "*." stands for what is below
	Contact  string   // mailto: or https:, whom a service writes to about what it gets
	Roots    *x509.CertPool
	Dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil: public addresses alone
}

// patience is how long one notice may take.
const patience = 15 * time.Second

// NewClient returns a Client.
func NewClient(o Options) *Client {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: patience, Control: publicOnly}).DialContext
	}
	return &Client{services: o.Services, contact: o.Contact, http: &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{DialContext: o.Dial, TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// A Subscription is where one browser listens, and what it is written to with.
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Public   []byte `json:"p256dh"` // its key, uncompressed
	Auth     []byte `json:"auth"`
}

// What a subscription may hold (RFC 8291, section 2).
const (
	authLength  = 16
	maxEndpoint = 2000
)

// ErrService refuses a push service that the operator has not named.
var ErrService = errors.New("this push service is not one of those that the configuration names")

// Check refuses a subscription that no notice could or should be sent to.
func (c *Client) Check(s Subscription) error {
	if _, err := ecdh.P256().NewPublicKey(s.Public); err != nil || len(s.Auth) != authLength {
		return errors.New("a subscription's keys cannot be read")
	}
	_, err := c.endpoint(s)
	return err
}

func (c *Client) endpoint(s Subscription) (*url.URL, error) {
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.User != nil || len(s.Endpoint) > maxEndpoint || !slices.ContainsFunc(c.services, func(service string) bool { return fits(service, u.Host) }) {
		return nil, ErrService
	}
	return u, nil
}

// fits reports whether a host is the service, or below it where that begins with a star.
func fits(service, host string) bool {
	service, host = strings.ToLower(service), strings.ToLower(host)
	if below, star := strings.CutPrefix(service, "*"); star {
		return strings.HasSuffix(host, below) && len(host) > len(below)
	}
	return service == host
}

// A Refusal is a service's word against one notice.
type Refusal struct {
	Code  int
	After time.Duration // when to try again, if the service said so
}

// Error is what the service said.
func (r *Refusal) Error() string { return fmt.Sprintf("the push service answered %d", r.Code) }

// Gone reports whether the browser listens no more (RFC 8030, section 7.3).
func (r *Refusal) Gone() bool { return r.Code == http.StatusNotFound || r.Code == http.StatusGone }

// Final reports whether the same notice will never be taken.
func (r *Refusal) Final() bool { return r.Code < 500 && r.Code != http.StatusTooManyRequests }

// A Notice is what one browser is told.
type Notice struct {
	Topic string        // a later one of the same topic takes its place: up to 32 letters of base64url
	Text  []byte        // read by the browser alone; at most MaxText
	Keep  time.Duration // how long the service keeps it for a browser that is away
}

// Send hands a notice over. Once it returns nil the service has taken it. An error
// that is no Refusal is about the way there.
func (c *Client) Send(ctx context.Context, key *Key, s Subscription, n Notice, now time.Time) error {
	u, err := c.endpoint(s)
	if err != nil {
		return err
	}
	body, err := encrypt(s, n.Text)
	if err != nil {
		return err
	}
	signed, err := key.authorization(u.Scheme+"://"+u.Host, c.contact, now)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Authorization": signed, "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
		"TTL": strconv.Itoa(int(n.Keep.Seconds())), "Urgency": "high", "Topic": n.Topic,
	} {
		r.Header.Set(name, value)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("reaching the push service %s: %w", u.Host, hidden(err))
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 4096) // so that the connection serves again
	if answer.StatusCode/100 == 2 {
		return nil
	}
	after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	return &Refusal{Code: answer.StatusCode, After: time.Duration(max(after, 0)) * time.Second}
}

// hidden is an error without the address, which is as good as a key to the browser.
func hidden(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
