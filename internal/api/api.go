// Package api is Écluse's JSON interface for enforcement points: the OpenID
// AuthZEN Authorization API 1.0 (evaluation, evaluations, search, metadata), and
// beside it under /gate what that interface has no words for: being told of
// changes, the state of every school, reporting, and what a token is worth.
//
// What it promises:
//
//   - A decision is made by this server's clock. What the caller says of the time
//     is not looked at, except on /access/v1/simulation, whose answers say that
//     they are simulated.
//   - Refusing is 200 with "decision": false (section 10.1.2 of the specification).
//     What was not understood (an unknown type, action or school) is refused the
//     same way and says why in its context; what is no question at all is 400.
//   - A point learns only of its own territory.
//   - Two readers of a request understand the same: names are compared to the
//     letter, and one that comes twice in an object is refused.
//   - Everything is bounded: a body, a batch, a page, how many search at once,
//     how many streams are open.
//
// Every path but the metadata wants the token of a point (RFC 6750).
package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// Options are what the interface needs to know beyond the application. The zero
// Options serve.
type Options struct {
	Public   string        // the address under which points reach it, such as https://ecluse.example; empty: what they asked for
	Secure   bool          // it is reached over TLS, here or by a proxy in front
	Tick     time.Duration // the longest silence of /gate/changes; 0: 5 s
	Streams  int           // how many of /gate/changes may be open; 0: 1,000
	Searches int           // how many searches, simulations and lists are made at once; 0: 8
	Log      *slog.Logger
}

// An API answers enforcement points.
type API struct {
	desk    *wire.Desk
	app     *ecluse.App
	metrics *metric.Set
	opts    Options
	figures map[string]*metric.Point // by kind of point
	buffers sync.Pool                // of *buffer
	heavy   chan struct{}            // one for each that is made
	streams streams
}

// New returns an interface that answers at a desk. A nil Set counts nothing.
func New(desk *wire.Desk, m *metric.Set, o Options) *API {
	if o.Tick <= 0 {
		o.Tick = 5 * time.Second
	}
	if o.Streams <= 0 {
		o.Streams = 1000
	}
	if o.Searches <= 0 {
		o.Searches = 8
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	a := &API{desk: desk, app: desk.App(), metrics: m, opts: o, heavy: make(chan struct{}, o.Searches)}
	a.buffers.New = func() any { return &buffer{} }
	a.streams = streams{most: o.Streams, each: max(1, o.Streams/5), open: map[string]int{}}
	a.figures = map[string]*metric.Point{}
	for _, kind := range enforce.Kinds {
		a.figures[kind] = m.Point(kind)
	}
	return a
}

// Routes is every address of the interface.
func (a *API) Routes(mux *http.ServeMux) {
	mux.Handle("POST /access/v1/evaluation", a.point((*call).evaluation))
	mux.Handle("POST /access/v1/evaluations", a.point((*call).evaluations))
	mux.Handle("POST /access/v1/search/subject", a.point(heavy((*call).searchSubject)))
	mux.Handle("POST /access/v1/search/resource", a.point(heavy((*call).searchResource)))
	mux.Handle("POST /access/v1/search/action", a.point(heavy((*call).searchAction)))
	mux.Handle("POST /access/v1/simulation", a.point(heavy((*call).simulation)))
	mux.HandleFunc("GET /.well-known/authzen-configuration", a.metadata)

	mux.Handle("GET /gate/changes", a.point((*call).changes))
	mux.Handle("GET /gate/states", a.point(heavy((*call).states)))
	mux.Handle("GET /gate/whoami", a.point((*call).whoami))
	mux.Handle("POST /gate/report", a.point((*call).report))
	if a.metrics != nil {
		mux.Handle("GET /metrics", a.collector(a.metrics.Handler()))
	}
}

// A call is one request of a point.
type call struct {
	*API
	w        http.ResponseWriter
	r        *http.Request
	answerer *ecluse.Answerer
	point    enforce.Point
	began    time.Time
	whole    bool // the body was read
	*buffer
}

// A buffer holds what came and what goes; it is used again.
type buffer struct {
	body []byte
	out  []byte
}

// mostKept is how large a buffer may be to be used again.
const mostKept = 256 << 10

type handler func(*call) error

// point lets in whoever has a point's token, and answers what a handler refuses.
func (a *API) point(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		if id := r.Header["X-Request-Id"]; len(id) > 0 { // section 10.1.3
			w.Header()["X-Request-Id"] = id[:1]
		}
		answerer, p, err := a.desk.ByToken(r)
		if err != nil {
			a.challenge(w, r, err)
			return
		}
		c := call{API: a, w: w, r: r, answerer: answerer, point: p, began: began, buffer: a.buffers.Get().(*buffer)}
		if err := h(&c); err != nil {
			c.refuse(err)
		}
		if cap(c.body)+cap(c.out) <= mostKept {
			a.buffers.Put(c.buffer)
		}
	})
}

// challenge asks for a token (RFC 6750, section 3).
func (a *API) challenge(w http.ResponseWriter, r *http.Request, err error) {
	value := `Bearer realm="ecluse"`
	if r.Header.Get("Authorization") != "" {
		value += `, error="invalid_token"`
	}
	w.Header().Set("WWW-Authenticate", value)
	writeError(w, http.StatusUnauthorized, sentence(err))
}

// A status is a refusal of a request as such, with a sentence for whoever wrote
// the program that sent it.
type status struct {
	code    int
	message string
	retry   int // seconds; 0: not said
}

// Error is the sentence.
func (s *status) Error() string { return s.message }

func badRequest(message string) error { return &status{code: http.StatusBadRequest, message: message} }

// refuse answers an error. Errors of this interface are for programmers, and in
// English (section 10.1.2: "an error message string").
func (c *call) refuse(err error) {
	var s *status
	var bad malformed
	var odd misshapen
	switch {
	case errors.As(err, &s):
		if s.retry > 0 {
			c.w.Header().Set("Retry-After", strconv.Itoa(s.retry))
		}
		writeError(c.w, s.code, s.message)
	case errors.As(err, &bad), errors.As(err, &odd):
		writeError(c.w, http.StatusBadRequest, err.Error())
	case c.r.Context().Err() != nil: // who left is told nothing
	default:
		c.opts.Log.Error("answering an enforcement point", "path", c.r.URL.Path, "point", c.point.Name, "error", err)
		writeError(c.w, http.StatusServiceUnavailable, "This cannot be answered at the moment: try again in a few seconds.")
	}
}

// sentence is what a fault tells in English.
func sentence(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.English
	}
	return "This cannot be answered at the moment: try again in a few seconds."
}

func writeError(w http.ResponseWriter, code int, message string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	io.WriteString(w, message+"\n")
}

// heavy bounds how many of these are made at once. The body is read before, so
// that a slow sender holds up nobody.
func heavy(h handler) handler {
	return func(c *call) error {
		if c.r.Method == http.MethodPost {
			if _, err := c.content(); err != nil {
				return err
			}
		}
		select {
		case c.heavy <- struct{}{}:
		default:
			return &status{http.StatusTooManyRequests, "Too many searches are under way: try again in a second.", 1}
		}
		defer func() { <-c.heavy }()
		return h(c)
	}
}

// mostBytes bounds a body.
const mostBytes = 256 << 10

// content reads the body of a request that must be JSON; it holds until the call
// ends.
func (c *call) content() ([]byte, error) {
	if c.whole {
		return c.body, nil
	}
	if !isJSON(c.r.Header["Content-Type"]) {
		return nil, badRequest("the Content-Type is not application/json")
	}
	n := c.r.ContentLength
	if n > mostBytes {
		return nil, tooLarge
	}
	if n < 0 {
		var err error
		c.body, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, mostBytes))
		c.whole = err == nil
		return c.body, unread(err)
	}
	if int64(cap(c.body)) < n {
		c.body = make([]byte, n, max(1024, n))
	}
	c.body = c.body[:n]
	_, err := io.ReadFull(c.r.Body, c.body)
	c.whole = err == nil
	return c.body, unread(err)
}

var tooLarge = &status{code: http.StatusRequestEntityTooLarge, message: "the body is larger than 256 KiB: send fewer evaluations at once"}

func unread(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return tooLarge
	}
	return badRequest("the body ended too early")
}

// isJSON reports whether the one Content-Type is application/json, with or
// without parameters (RFC 9110, section 8.3).
func isJSON(values []string) bool {
	if len(values) != 1 {
		return false
	}
	kind, _, _ := strings.Cut(values[0], ";")
	return kind == "application/json" || strings.EqualFold(strings.TrimSpace(kind), "application/json")
}
