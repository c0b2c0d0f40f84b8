package point

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// asking is what is being asked: equal questions as one, many in one request.
type asking struct {
	mu      sync.Mutex
	merged  map[enforce.Question]*question // those that others may join
	waiting []*question                    // those that no request carries yet
	active  int                            // how many requests are under way
}

// A question is under way; done closes when it has its answer.
type question struct {
	enforce.Question
	done   chan struct{}
	answer *enforce.Answer
	tries  int
}

const (
	askWithin   = 2 * time.Second // the longest that somebody waits for an answer
	mostInBatch = 500
	mostBatches = 4
	mostWaiting = 20_000
	mostAnswer  = 16 << 20 // bytes of one response
	longest     = 300      // bytes of a login; nobody's is longer
)

// settled is a question that was answered without asking.
func settled(a *enforce.Answer) *question {
	q := &question{done: make(chan struct{}), answer: a}
	close(q.done)
	return q
}

// ask joins the question that is under way, or puts it among those waiting.
func (c *Client) ask(q enforce.Question) *question {
	if len(q.Login) > longest || !utf8.ValidString(q.Login) || !utf8.ValidString(string(q.School)) {
		return settled(unreachable)
	}
	a := &c.asking
	a.mu.Lock()
	defer a.mu.Unlock()
	if under := a.merged[q]; under != nil {
		return under
	}
	if len(a.waiting) >= mostWaiting {
		return settled(unreachable)
	}
	fresh := &question{Question: q, done: make(chan struct{})}
	if a.merged == nil {
		a.merged = map[enforce.Question]*question{}
	}
	a.merged[q] = fresh
	a.waiting = append(a.waiting, fresh)
	if a.active < mostBatches {
		a.active++
		go c.work()
	}
	return fresh
}

// part lets nobody join what is under way: it was asked before a change.
func (a *asking) part() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.merged = nil
}

// take is the next batch; nil ends the one who works.
func (a *asking) take() []*question {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(len(a.waiting), mostInBatch)
	if n == 0 {
		a.active--
		a.waiting = nil
		return nil
	}
	batch := a.waiting[:n:n]
	a.waiting = a.waiting[n:]
	return batch
}

// again puts a question back, once.
func (a *asking) again(q *question) bool {
	if q.tries++; q.tries > 1 {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(a.waiting, q)
	return true
}

// settle gives a question its answer.
func (a *asking) settle(q *question, answer *enforce.Answer) {
	a.mu.Lock()
	if a.merged[q.Question] == q {
		delete(a.merged, q.Question)
	}
	a.mu.Unlock()
	q.answer = answer
	close(q.done)
}

// await is the answers to questions; Undecided for those that take too long.
func (c *Client) await(ctx context.Context, qs []*question) []*enforce.Answer {
	late := time.NewTimer(askWithin)
	defer late.Stop()
	answers := make([]*enforce.Answer, len(qs))
	for i, q := range qs {
		answers[i] = unreachable
		select {
		case <-q.done:
			answers[i] = q.answer
			continue
		default:
		}
		select {
		case <-q.done:
			answers[i] = q.answer
		case <-ctx.Done():
		case <-late.C:
			late.Reset(0) // for those that follow
		}
	}
	return answers
}

// work asks until nothing waits.
func (c *Client) work() {
	for batch := c.asking.take(); batch != nil; batch = c.asking.take() {
		c.carry(batch)
	}
}

// carry asks a batch and settles it, whatever happens.
func (c *Client) carry(batch []*question) {
	epoch, _ := c.kept.state()
	answers, err := c.insist(batch)
	if err != nil {
		c.word.failed(c, err)
		for _, q := range batch {
			c.asking.settle(q, c.spare(q.Question))
		}
		return
	}
	for i, q := range batch {
		c.settle(q, answers[i], epoch)
	}
}

// insist asks again for as long as somebody waits: a server that restarts is away
// for a moment.
func (c *Client) insist(batch []*question) (answers []*enforce.Answer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin-100*time.Millisecond)
	defer cancel()
	for {
		answers, err = c.evaluate(ctx, batch)
		if !errors.Is(err, errAway) || !c.word.holds(read(), c.opts.Stale) {
			return answers, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// spare is what was answered before, if it has not ended and the server was heard
// of just now; Undecided otherwise.
func (c *Client) spare(q enforce.Question) *enforce.Answer {
	now := read()
	if c.word.holds(now, c.opts.Stale) {
		if a := c.kept.find(q, c.clock.at(now.mono), 0); a != nil {
			return a
		}
	}
	return unreachable
}

// settle holds one answer against what is known of the orders, and keeps it.
func (c *Client) settle(q *question, a *enforce.Answer, epoch int64) {
	switch newest := c.kept.newest(); {
	case a.Version > newest: // the stream has not told yet
		c.kept.drop(a.Version)
		c.fire(time.Now())
	case a.Version < newest && a.Version != 0:
		if c.asking.again(q) {
			return
		}
		a = unreachable
	}
	if a != unreachable && c.kept.keep(q.Question, a, epoch, c.clock.at(read().mono)) {
		c.nudge()
	}
	c.asking.settle(q, a)
}

// nudge has the watch look anew.
func (c *Client) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// The request of the evaluations endpoint (Authorization API 1.0, section 7.1).
type (
	batchDocument struct {
		Action      actionDocument       `json:"action"`
		Evaluations []evaluationDocument `json:"evaluations"`
	}
	evaluationDocument struct {
		Subject  entityDocument  `json:"subject"`
		Action   *actionDocument `json:"action,omitempty"`
		Resource entityDocument  `json:"resource"`
	}
	entityDocument struct {
		Type       string              `json:"type"`
		ID         string              `json:"id"`
		Properties *propertiesDocument `json:"properties,omitempty"`
	}
	actionDocument struct {
		Name       string              `json:"name"`
		Properties *propertiesDocument `json:"properties,omitempty"`
	}
	propertiesDocument struct {
		Role    []string `json:"role,omitempty"`
		With    []string `json:"with,omitempty"`
		Service string   `json:"service,omitempty"`
	}
)

// asked is the action of every question: the answer tells of all of them.
const asked = enforce.OpenSession

// document is a question as it travels.
func document(q enforce.Question) evaluationDocument {
	d := evaluationDocument{
		Subject:  entityDocument{Type: "user", ID: q.Login},
		Resource: entityDocument{Type: "school", ID: string(q.School), Properties: &propertiesDocument{Service: q.Service.String()}},
	}
	if q.Login == "" {
		d.Subject = entityDocument{Type: "role", ID: q.Roles.String()}
	} else if q.Roles != 0 {
		d.Subject.Properties = &propertiesDocument{Role: wordsOf(q.Roles)}
	}
	if q.School == "" {
		d.Resource.Type, d.Resource.ID = "messaging", "any"
	}
	if q.With != 0 {
		d.Action = &actionDocument{asked.String(), &propertiesDocument{With: wordsOf(q.With)}}
	}
	return d
}

// evaluate asks the server.
func (c *Client) evaluate(ctx context.Context, batch []*question) ([]*enforce.Answer, error) {
	body := batchDocument{Action: actionDocument{Name: asked.String()}}
	for _, q := range batch {
		body.Evaluations = append(body.Evaluations, document(q.Question))
	}
	var response struct {
		Evaluations []struct {
			Decision *bool           `json:"decision"`
			Context  json.RawMessage `json:"context"`
		} `json:"evaluations"`
	}
	if err := c.post(ctx, "/access/v1/evaluations", body, &response); err != nil {
		return nil, err
	}
	if len(response.Evaluations) != len(batch) {
		return nil, fmt.Errorf("asking the decision point: %d answers to %d questions", len(response.Evaluations), len(batch))
	}
	answers := make([]*enforce.Answer, len(batch))
	for i, e := range response.Evaluations {
		a, err := c.kept.answer(e.Context)
		if err != nil || e.Decision == nil || *e.Decision != a.Allows(asked) {
			a = unreachable
		}
		answers[i] = a
	}
	return answers, nil
}

// errRefused says that the server does not take the token; errAway that there is
// no server for the moment.
var (
	errRefused = errors.New("the decision point refuses the token")
	errAway    = errors.New("asking the decision point")
)

// post sends JSON and reads JSON.
func (c *Client) post(ctx context.Context, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing a request: %w", err)
	}
	r, err := c.request(ctx, http.MethodPost, path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := c.do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err = io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("reading the decision point's answer: %w", err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.opts.URL+path, body)
	if err != nil {
		return nil, fmt.Errorf("the decision point's address %q: %w", c.opts.URL, err)
	}
	r.Header.Set("Authorization", "Bearer "+c.opts.Token)
	r.Header.Set("User-Agent", c.opts.Software)
	return r, nil
}

// do sends a request that must be answered with 200.
func (c *Client) do(r *http.Request) (*http.Response, error) {
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAway, err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	res.Body.Close()
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, errRefused
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return nil, fmt.Errorf("%w: %s", errAway, res.Status)
	}
	return nil, fmt.Errorf("the decision point answers %s", res.Status)
}
