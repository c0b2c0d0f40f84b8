package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	pushAtOnce   = 8
	pushPatience = 10 * time.Second
	firstPause   = time.Second
	longestPause = 5 * time.Minute
	longestReply = 8 << 10
)

// errRefused says that a receiver will never take an event.
var errRefused = errors.New("the receiver refuses the event for good")

// A busy receiver says how long to wait.
type busyError struct {
	status string
	wait   time.Duration
}

func (b *busyError) Error() string { return "the receiver answered with status " + b.status }

// push sends what waits to a receiver, a few at once, until the context ends.
// What fails is tried again after a pause that grows.
func (s *SignIn) push(ctx context.Context, to *stream) {
	client := &http.Client{
		Timeout:       pushPatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	pause := s.pause
	for ctx.Err() == nil {
		batch, _, coming := to.next(pushAtOnce)
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
			case <-coming:
			}
			continue
		}
		err := s.sendAll(ctx, client, to, batch)
		if err == nil {
			pause = s.pause
			continue
		}
		if ctx.Err() != nil {
			return
		}
		wait := pause/2 + rand.N(pause)
		var busy *busyError
		if errors.As(err, &busy) {
			wait = max(wait, busy.wait)
		}
		s.log.Warn("sending signals", "stream", to.id, "waiting", to.len(), "again in", wait.Round(time.Second).String(), "error", err)
		pause = min(2*pause, longestPause)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// sendAll sends some events at once; its error is that of one which will be sent
// again.
func (s *SignIn) sendAll(ctx context.Context, client *http.Client, to *stream, batch []*event) error {
	failures := make([]error, len(batch))
	var all sync.WaitGroup
	for i, e := range batch {
		all.Go(func() { failures[i] = s.send(ctx, client, to, e) })
	}
	all.Wait()
	var again error
	for i, err := range failures {
		switch {
		case err == nil:
			to.has(batch[i].id)
		case errors.Is(err, errRefused):
			to.has(batch[i].id)
			s.log.Error("a signal was not taken and is given up", "stream", to.id, "error", err)
		default:
			to.later(batch[i].id)
			again = err
		}
	}
	return again
}

// send transmits one token (RFC 8935, section 2.1).
func (s *SignIn) send(ctx context.Context, client *http.Client, to *stream, e *event) error {
	token, err := s.tokenOf(ctx, to, e)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, strings.NewReader(token))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/secevent+jwt")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+to.token)
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, longestReply))
	return reply(response, body)
}

// reply reads a receiver's answer (sections 2.2 to 2.4). What is wrong with the
// token itself will not be better the next time; a key that is not known yet, or
// our own token, may be.
func reply(response *http.Response, body []byte) error {
	switch {
	case response.StatusCode == http.StatusAccepted || response.StatusCode == http.StatusOK || response.StatusCode == http.StatusNoContent:
		return nil
	case response.StatusCode != http.StatusBadRequest:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return &busyError{response.Status, min(time.Duration(max(seconds, 0))*time.Second, longestPause)}
	}
	var said setError
	_ = json.Unmarshal(body, &said) // a receiver that says nothing has no code
	switch said.Err {
	case "invalid_request", "invalid_issuer", "invalid_audience", "access_denied":
		return fmt.Errorf("%w: %s", errRefused, said)
	}
	return fmt.Errorf("the receiver answered with status 400: %s", said)
}

// A setError is why a receiver does not take a token (RFC 8935, section 2.3).
type setError struct {
	Err         string `json:"err"`
	Description string `json:"description"`
}

// String is short, on one line: it comes from elsewhere and goes into the log.
func (e setError) String() string {
	text := strconv.QuoteToASCII(e.Err + ": " + e.Description)
	return text[:min(len(text), 200)]
}
