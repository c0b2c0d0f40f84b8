package signin

import (
	"encoding/json"
	"net/http"
	"time"
)

// A pollRequest asks for events and says which have come (RFC 8936, section 2.2).
type pollRequest struct {
	Most        *int                `json:"maxEvents"`
	Immediately bool                `json:"returnImmediately"`
	Ack         []string            `json:"ack"`
	Failed      map[string]setError `json:"setErrs"`
}

// A pollResponse holds events by their jti (section 2.3).
type pollResponse struct {
	Sets map[string]string `json:"sets"`
	More bool              `json:"moreAvailable,omitempty"`
}

const (
	longestPoll = 25 * time.Second
	fewEvents   = 100 // unless more are asked for
	mostEvents  = 1000
	mostPolling = 4 // of one stream at once
	longestAsk  = 256 << 10
)

// poll answers a receiver that asks by itself. What it does not acknowledge comes
// again.
func (s *SignIn) poll(w http.ResponseWriter, r *http.Request) {
	to := s.streamOf(w, r, r.PathValue("stream"))
	if to == nil {
		return
	}
	if to.url != "" {
		http.Error(w, "This stream is pushed to its receiver and cannot be polled.", http.StatusConflict)
		return
	}
	var ask pollRequest
	if !readJSON(w, r, &ask) {
		return
	}
	for id, why := range ask.Failed {
		s.log.Error("a signal was not taken and is given up", "stream", to.id, "error", why.String())
		to.has(id)
	}
	to.has(ask.Ack...)
	most := fewEvents
	if ask.Most != nil {
		most = max(0, min(*ask.Most, mostEvents))
	}
	if !to.enter() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "This stream is polled too often at once.", http.StatusTooManyRequests)
		return
	}
	defer to.leave()
	events, more := to.await(r, most, ask.Immediately)
	answer := pollResponse{Sets: map[string]string{}, More: more}
	for _, e := range events {
		token, err := s.tokenOf(r.Context(), to, e)
		if err != nil {
			s.log.Error("signing a signal", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer.Sets[e.id] = token
	}
	writeJSON(w, http.StatusOK, answer)
}

// await is what waits for a receiver; where nothing does and it is not in a
// hurry, what comes within longestPoll.
func (s *stream) await(r *http.Request, most int, immediately bool) (events []*event, more bool) {
	late := time.NewTimer(longestPoll)
	defer late.Stop()
	for {
		events, more, coming := s.next(most)
		if len(events) > 0 || most == 0 || immediately || s.over() {
			return events, more
		}
		select {
		case <-coming:
		case <-late.C:
			return nil, false
		case <-r.Context().Done():
			return nil, false
		}
	}
}

func (s *stream) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// enter and leave count those who poll.
func (s *stream) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.polling >= mostPolling {
		return false
	}
	s.polling++
	return true
}

func (s *stream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polling--
}

// readJSON reads a small document, or answers that it is none.
func readJSON[T pollRequest | verifyRequest](w http.ResponseWriter, r *http.Request, into *T) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestAsk)).Decode(into); err != nil {
		http.Error(w, "The body is not the JSON that was expected.", http.StatusBadRequest)
		return false
	}
	return true
}

func writeJSON[T pollResponse | description | streamView | []streamView | statusView](w http.ResponseWriter, status int, document T) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // who left does not read it
}
