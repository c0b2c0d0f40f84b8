package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// sparing is a transport that fetches an address at most every few seconds, and
// hands out what came last in between: tokens signed with keys that nobody has
// must not make us press the provider. What it fetches is bounded.
type sparing struct {
	every time.Duration // between two fetches that succeed
	retry time.Duration // after one that did not

	mu      sync.Mutex
	fetched map[string]*fetched
}

// fetched is what an address gave last.
type fetched struct {
	at     time.Time
	status int
	header http.Header
	body   []byte
	err    error
}

// mostFetched bounds the keys and the description of a provider.
const mostFetched = 1 << 20

func (f *fetched) well() bool { return f.err == nil && f.status == http.StatusOK }

// RoundTrip answers from what was fetched a moment ago, or fetches.
func (s *sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	address := r.URL.String()
	s.mu.Lock()
	f := s.fetched[address]
	s.mu.Unlock()
	wait := s.retry
	if f != nil && f.well() {
		wait = s.every
	}
	if f == nil || time.Since(f.at) >= wait {
		f = fetch(r)
		s.mu.Lock()
		if s.fetched == nil || len(s.fetched) > 10 { // a provider has two addresses; one that changes them fills nothing
			s.fetched = map[string]*fetched{}
		}
		s.fetched[address] = f
		s.mu.Unlock()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", f.status, http.StatusText(f.status)), StatusCode: f.status, Header: f.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(bytes.NewReader(f.body)), ContentLength: int64(len(f.body)), Request: r,
	}, nil
}

// silent reports whether an address did not answer as it should when it was
// last asked.
func (s *sparing) silent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.fetched {
		if !f.well() {
			return true
		}
	}
	return false
}

func fetch(r *http.Request) *fetched {
	f := &fetched{}
	defer func() { f.at = time.Now() }() // not before: what failed late would be asked again at once
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		f.err = err
		return f
	}
	defer response.Body.Close()
	f.status, f.header = response.StatusCode, response.Header
	f.body, f.err = io.ReadAll(io.LimitReader(response.Body, mostFetched+1))
	if len(f.body) > mostFetched {
		f.body, f.err = nil, errors.New("the answer is too long")
	}
	return f
}
