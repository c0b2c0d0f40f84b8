package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// A Whoami asks the application itself whose session a request carries: it
// hands on the headers, cookies and parameters that the application knows
// sessions by, and reads the name out of the JSON that comes back. A request
// without any of them is nobody's, and so is one whose session the application
// refuses with 401 or 403; whatever else comes back decides nothing.
type Whoami struct {
	config config.Whoami
	url    *url.URL
	path   []string
	client *http.Client
	kept   kept
}

const (
	// mostSaid bounds what the application says.
	mostSaid = 64 << 10
	// nobodyKept is how long a refused session is not asked about again.
	nobodyKept = 2 * time.Second
)

// NewWhoami is a source that asks an application.
func NewWhoami(c config.Whoami) (*Whoami, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("identity.whoami.url is %q: write the address at which the application tells who is signed in", c.URL)
	}
	if c.Field == "" {
		return nil, errors.New("identity.whoami.field is empty: name the field of the answer that holds the login, such as data.login")
	}
	if len(c.Headers)+len(c.Cookies)+len(c.Query) == 0 {
		return nil, errors.New("identity.whoami hands nothing on: name the headers, cookies or query parameters that carry the session")
	}
	for _, name := range append(append([]string(nil), c.Headers...), c.Cookies...) {
		if !token(name) {
			return nil, fmt.Errorf("identity.whoami: %q is no name of a header or cookie", name)
		}
	}
	if c.Keep == 0 {
		c.Keep = time.Minute
	}
	w := &Whoami{config: c, url: u, path: strings.Split(c.Field, ".")}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	transport.Proxy = nil // sessions go to the application and nowhere else
	w.client = &http.Client{Transport: transport, CheckRedirect: noRedirect}
	return w, nil
}

// Who is the login that the application tells.
func (w *Whoami) Who(r *http.Request) (string, error) {
	carried, err := w.carried(r)
	if err != nil {
		return "", err
	}
	return w.kept.get(r, carried.digest(), func(ctx context.Context) found { return w.look(ctx, carried) })
}

// A carried credential is what a request shows the application of its session.
type carried struct {
	headers [][2]string
	cookies []string
	query   url.Values
}

func (c carried) digest() [32]byte {
	var texts []string
	for _, h := range c.headers {
		texts = append(texts, "header", h[0], h[1])
	}
	for _, cookie := range c.cookies {
		texts = append(texts, "cookie", cookie)
	}
	return digest(append(texts, "query", c.query.Encode())...)
}

// carried picks what is handed on, as it was sent.
func (w *Whoami) carried(r *http.Request) (c carried, err error) {
	for _, name := range w.config.Headers {
		values := r.Header[textproto.CanonicalMIMEHeaderKey(name)]
		if len(values) > 1 {
			return c, fmt.Errorf("%w: %s was sent twice", ErrForged, name)
		}
		if len(values) == 1 && values[0] != "" {
			c.headers = append(c.headers, [2]string{name, values[0]})
		}
	}
	for _, name := range w.config.Cookies {
		for _, value := range cookies(r, name) {
			c.cookies = append(c.cookies, name+"="+value)
		}
	}
	if c.query, err = w.parameters(r); err != nil {
		return c, err
	}
	if len(c.headers)+len(c.cookies)+len(c.query) == 0 {
		return c, ErrNobody
	}
	return c, nil
}

// parameters are those of the address that are handed on. An address that is
// read in two ways could carry two sessions.
func (w *Whoami) parameters(r *http.Request) (url.Values, error) {
	if len(w.config.Query) == 0 || r.URL.RawQuery == "" {
		return nil, nil
	}
	all, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: the address can be read in two ways", ErrForged)
	}
	some := url.Values{}
	for _, name := range w.config.Query {
		if values := all[name]; len(values) > 0 {
			some[name] = values
		}
	}
	return some, nil
}

// look asks the application.
func (w *Whoami) look(ctx context.Context, c carried) found {
	login, err := w.ask(ctx, c)
	switch {
	case errors.Is(err, ErrNobody):
		return found{err: ErrNobody, until: time.Now().Add(min(w.config.Keep, nobodyKept))}
	case err != nil:
		return found{err: fmt.Errorf("asking the application who is signed in: %w", err)}
	}
	return found{login: login, until: time.Now().Add(w.config.Keep)}
}

func (w *Whoami) ask(ctx context.Context, c carried) (string, error) {
	response, err := w.client.Do(w.request(ctx, c))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, mostSaid+1))
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return "", ErrNobody
	case err != nil:
		return "", err
	case response.StatusCode != http.StatusOK:
		return "", fmt.Errorf("it answered with status %d", response.StatusCode)
	case len(said) > mostSaid:
		return "", errors.New("its answer is too long")
	}
	return field(said, w.path)
}

func (w *Whoami) request(ctx context.Context, c carried) *http.Request {
	u := *w.url
	if len(c.query) > 0 {
		u.RawQuery = strings.Trim(u.RawQuery+"&"+c.query.Encode(), "&")
	}
	r := (&http.Request{Method: http.MethodGet, URL: &u, Host: u.Host, Header: http.Header{"Accept": {"application/json"}}}).WithContext(ctx)
	for _, h := range c.headers {
		r.Header.Set(h[0], h[1])
	}
	if len(c.cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(c.cookies, "; "))
	}
	return r
}

// field is the text or number at a path of a JSON document. One that is there
// and empty says that nobody is signed in; one that is not there says nothing.
func field(document []byte, path []string) (string, error) {
	raw := json.RawMessage(document)
	for i, name := range path {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return "", errors.New("its answer is not the JSON object that was expected")
		}
		inner, found := object[name]
		if !found {
			return "", fmt.Errorf("its answer has no field %s", strings.Join(path[:i+1], "."))
		}
		if string(inner) == "null" || string(inner) == `""` {
			return "", ErrNobody
		}
		raw = inner
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String(), nil
	}
	return "", fmt.Errorf("its field %s is neither text nor a number", strings.Join(path, "."))
}
