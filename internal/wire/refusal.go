package wire

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// A Refusal is what a person or a program is told instead of what was asked for.
type Refusal struct {
	Answer *enforce.Answer
	Action enforce.Action
	Wait   time.Duration // until the action is possible again; only where that is known
	Status int           // 403, or 503 where nothing could be decided and the protocol bears it
	Spread time.Duration // clients return over this long after the reopening
}

// Headers sets what a server in front can read when it drops the body: nginx
// does.
func (f Refusal) Headers(h http.Header) {
	h.Set("X-Ecluse-Access", f.Answer.Access.String())
	if reopens := f.Answer.Reopens(f.Action); !reopens.IsZero() {
		h.Set("X-Ecluse-Reopens", reopens.Format(time.RFC3339))
		h.Set("Retry-After", strconv.Itoa(f.retryAfter()))
	}
	for _, b := range f.Answer.Orders {
		h.Add("X-Ecluse-Order", string(b.ID))
	}
	h.Set("Cache-Control", "no-store")
}

// retryAfter is whole seconds, spread so that a school does not return at once.
func (f Refusal) retryAfter() int {
	wait := f.Wait
	if f.Spread > 0 {
		wait += rand.N(f.Spread)
	}
	return max(1, int((wait+time.Second-1)/time.Second))
}

// Write answers an HTTP request with the refusal.
func (f Refusal) Write(w http.ResponseWriter, _ *http.Request) {
	f.Headers(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = w.Write(f.Answer.Context(f.Action)) // who left does not read it
}
