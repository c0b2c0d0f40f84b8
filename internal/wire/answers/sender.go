package answers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/statement"
)

// How a sender paces itself: what changes within gather goes together, what no
// bell told of is found by looking, and even without news it speaks every alive.
const (
	gather  = time.Second
	look    = 15 * time.Second
	alive   = 10 * time.Minute
	longest = time.Minute // between two attempts that fail
)

// A Sender tells the installation above what this one knows of its schools.
type Sender struct {
	App  *ecluse.App
	URL  string      // where statements are taken
	Key  note.Signer // of this installation
	Log  *slog.Logger
	Pace time.Duration // a look, instead of 15 s; what is gathered and waited for shrinks with it

	said    [32]byte      // what was last acknowledged, but for its instant
	at      time.Time     // when, by the application's clock
	again   time.Duration // when it is said again: soon, then later, while something of it is left out, as an order that is not known there yet
	failed  int           // attempts since
	telling string        // what the other side last said against us, so that it is logged once
}

// client keeps a slow installation above from holding a statement for ever. A
// redirection is refused: it would turn the POST into a GET.
var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Run sends until the context ends.
func (s *Sender) Run(ctx context.Context) {
	changes, said := s.App.Changes(ctx), s.App.Said(ctx)
	for ctx.Err() == nil {
		if err := s.Send(ctx); err != nil && ctx.Err() == nil {
			s.failed++
			s.tell(err.Error())
			s.sleep(ctx, s.backoff())
			continue
		}
		s.failed = 0
		timer := time.NewTimer(s.pace(look))
		select {
		case <-ctx.Done():
		case <-changes:
			s.sleep(ctx, s.pace(gather))
		case <-said:
			s.sleep(ctx, s.pace(gather))
		case <-timer.C:
		}
		timer.Stop()
	}
}

// pace is a length of time, shrunk as Pace says.
func (s *Sender) pace(d time.Duration) time.Duration {
	if s.Pace == 0 {
		return d
	}
	return d * s.Pace / look
}

// backoff doubles with each failure, from about a second to about a minute.
func (s *Sender) backoff() time.Duration {
	d := min(longest, time.Second<<min(s.failed-1, 10))
	return s.pace(d/2 + rand.N(d))
}

func (s *Sender) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// tell logs what goes wrong, once until it changes.
func (s *Sender) tell(what string) {
	if what != s.telling && what != "" {
		s.Log.Warn("telling the installation above of the schools' answers", "url", s.URL, "problem", what)
	}
	if what == "" && s.telling != "" {
		s.Log.Info("the installation above knows the schools' answers again", "url", s.URL)
	}
	s.telling = what
}

// Send sends a statement if there is anything new, or a sign of life is due.
func (s *Sender) Send(ctx context.Context) error {
	said, err := s.App.Statement(ctx)
	if err != nil {
		return fmt.Errorf("gathering the schools' answers: %w", err)
	}
	sum, err := sumOf(said)
	if sum != s.said {
		s.again = look / 2 // doubled below
	}
	if err != nil || sum == s.said && said.At.Sub(s.at) < min(s.again, alive) {
		return err
	}
	data, err := said.Sign(s.Key)
	if err != nil {
		return err
	}
	ack, err := post(ctx, s.URL, data)
	if err != nil {
		return err
	}
	s.said, s.at, s.again = sum, said.At, min(2*s.again, alive)
	if ack.LeftOut == "" {
		s.again = alive
		s.tell("")
		return nil
	}
	s.tell("the installation above left out " + ack.LeftOut)
	return nil
}

// sumOf tells two statements apart, whatever their instants.
func sumOf(s statement.Statement) ([32]byte, error) {
	s.At = time.Time{}
	data, err := json.Marshal(s)
	return sha256.Sum256(data), err
}

func post(ctx context.Context, url string, data []byte) (ack Acknowledgement, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return ack, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := client.Do(req)
	if err != nil {
		return ack, err
	}
	defer resp.Body.Close() // only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return ack, err
	}
	if resp.StatusCode != http.StatusOK {
		return ack, fmt.Errorf("refused (%s): %.300s", resp.Status, strings.TrimSpace(string(body)))
	}
	if err := json.Unmarshal(body, &ack); err != nil {
		return ack, fmt.Errorf("what answers at this address takes no statements: %w", err)
	}
	return ack, nil
}
