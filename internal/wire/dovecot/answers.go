package dovecot

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// mostAsked bounds a question's body: a login, a service and what policies add.
const mostAsked = 16 << 10

// login answers the Lua password database. The form has login and service. The
// answer is a word on a line of its own: "open", or "closed" and the sentence for
// the person on the next. A status other than 200 is no decision.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	d, err := s.who(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostAsked)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "This is no form.", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	answer, allowed := s.decide(r.Context(), d, r.PostForm.Get("login"), r.PostForm.Get("service"))
	switch {
	case allowed:
		_, err = io.WriteString(w, "open\n")
	case undecided(answer):
		w.WriteHeader(http.StatusServiceUnavailable)
		_, err = io.WriteString(w, sentence(answer)+"\n")
	default:
		_, err = io.WriteString(w, "closed\n"+sentence(answer)+"\n")
	}
	s.sent(err)
}

// An asked document is what Dovecot's authentication policy sends, as the sample
// configuration sets it.
type asked struct {
	Login    string `json:"login"`
	Protocol string `json:"protocol"`
}

// A ruling is what it understands: a negative status refuses, with the message.
type ruling struct {
	Status  int    `json:"status"`
	Message string `json:"msg"`
}

// policy answers Dovecot's authentication policy. Its reports, which the sample
// configuration does not send, are thanked for and not read.
func (s *Server) policy(w http.ResponseWriter, r *http.Request) {
	d, err := s.who(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	switch r.URL.Query().Get("command") {
	case "allow":
	case "report":
		s.rule(w, ruling{})
		return
	default:
		http.Error(w, "Write /gate/dovecot as auth_policy_server_url: Dovecot adds ?command=allow itself.", http.StatusBadRequest)
		return
	}
	var q asked
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostAsked)).Decode(&q); err != nil || q.Protocol == "" {
		http.Error(w, "This is no question: want login and protocol among auth_policy_request_attributes.", http.StatusBadRequest)
		return
	}
	answer, allowed := s.decide(r.Context(), d, q.Login, q.Protocol)
	if allowed {
		s.rule(w, ruling{})
		return
	}
	s.rule(w, ruling{-1, coded(answer, q.Protocol)})
}

func (s *Server) rule(w http.ResponseWriter, r ruling) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	s.sent(json.NewEncoder(w).Encode(r))
}

// refuse answers whoever is no point, or a point whose asking failed.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusServiceUnavailable
	if fault.Is(err, fault.SignedOut) {
		status = http.StatusUnauthorized
	}
	if times := s.refused.count(time.Now()); times > 0 {
		s.log.Warn("somebody asks as Dovecot and is not answered", "from", r.RemoteAddr, "error", err, "times", times)
	}
	http.Error(w, err.Error(), status)
}

// A tally counts what is told of once a minute: anybody may ask without a token, and
// must not fill the log.
type tally struct {
	mu   sync.Mutex
	told time.Time
	n    int // since then
}

// count adds one, and returns how many there were when it is time to tell of them.
func (t *tally) count(now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	if now.Sub(t.told) < time.Minute {
		return 0
	}
	n := t.n
	t.told, t.n = now, 0
	return n
}

// sent notes an answer that did not arrive: Dovecot then has no decision.
func (s *Server) sent(err error) {
	if err != nil {
		s.log.Info("answering Dovecot", "error", err)
	}
}
