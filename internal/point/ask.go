package point

import (
	"context"
	"errors"
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
		c.failed(err)
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
