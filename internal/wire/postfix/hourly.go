package postfix

import (
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
)

// hourly counts what signed-in people sent within the last hour, where an order
// bounds it. It counts what passes here, since this process began, and each name
// of an account for itself.
type hourly struct {
	mu   sync.Mutex
	sent map[string][]time.Time // by folded login, oldest first
}

// mostSenders is when those are swept out who have sent nothing for an hour.
const mostSenders = 50_000

// take counts one more message, unless that would be more than may be.
func (h *hourly) take(login string, most uint32, now time.Time) bool {
	if most == gate.Unlimited {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	list := recent(h.sent[login], now)
	if uint64(len(list)) >= uint64(most) {
		return false
	}
	if h.sent == nil || len(h.sent) >= mostSenders {
		h.sweep(now)
	}
	h.sent[login] = append(list, now)
	return true
}

func (h *hourly) sweep(now time.Time) {
	kept := map[string][]time.Time{}
	for login, list := range h.sent {
		if list = recent(list, now); len(list) > 0 {
			kept[login] = list
		}
	}
	h.sent = kept
}

// recent leaves out what is older than an hour.
func recent(list []time.Time, now time.Time) []time.Time {
	for len(list) > 0 && now.Sub(list[0]) >= time.Hour {
		list = list[1:]
	}
	return list
}
