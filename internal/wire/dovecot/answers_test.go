package dovecot_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A window is where servers ask, without one around it.
type window struct {
	*testing.T
	http.Handler
	from  string // the address that asks
	token string
}

func newWindow(t *testing.T, s *dovecot.Server) *window {
	return &window{T: t, Handler: s.HTTP().Handler, from: "192.0.2.1:5000"}
}

func (w *window) post(path, kind, body string) (int, string) {
	w.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.RemoteAddr = w.from
	r.Header.Set("Content-Type", kind)
	if w.token != "" {
		r.Header.Set(wire.TokenHeader, w.token)
	}
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer.Code, string(text)
}

// login and policy ask in the two ways, and hold the answer.
func (w *window) login(login, service string, status int, want string) {
	w.Helper()
	form := url.Values{"login": {login}, "service": {service}}.Encode()
	if code, text := w.post("/gate/dovecot/login", "application/x-www-form-urlencoded", form); code != status || !strings.HasPrefix(text, want) {
		w.Errorf("%q over %s: %d %q, want %d %q", login, service, code, text, status, want)
	}
}

func (w *window) policy(body string, status int, want string) {
	w.Helper()
	if code, text := w.post("/gate/dovecot?command=allow", "application/json", body); code != status || !strings.HasPrefix(text, want) {
		w.Errorf("%s: %d %q, want %d %q", body, code, text, status, want)
	}
}

func TestWhoMayAsk(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	v := newWindow(t, dovecot.New(w.Desk, nil, nil, w.Log))
	v.login(wiretest.Teacher, "imap", http.StatusUnauthorized, "This token is no")
	v.policy(`{"login":"teacher1","protocol":"imap"}`, http.StatusUnauthorized, "This token is no")
	v.token = "guess"
	v.login(wiretest.Teacher, "imap", http.StatusUnauthorized, "This token is no")
	v.token = w.Point("dovecot")
	v.login(wiretest.Teacher, "imap", http.StatusOK, "open\n")
	v.policy(`{"login":"teacher1","protocol":"imap"}`, http.StatusOK, `{"status":0,"msg":""}`)

	near := newWindow(t, dovecot.Beside(w.Desk.Local("dovecot"), []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, nil, nil, w.Log))
	near.login(wiretest.Teacher, "imap", http.StatusUnauthorized, "Only a trusted server")
	near.from = "127.0.0.1:5000"
	near.login(wiretest.Teacher, "imap", http.StatusOK, "open\n")
	near.login(wiretest.Pupil, "imap", http.StatusOK, "closed\nLa messagerie électronique est fermée pour les élèves")
}

// TestStrangersDoNotFillTheLog: who asks without being a point is told of once a
// minute, with how often that was.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		s := dovecot.Beside(nil, nil, nil, nil, slog.New(slog.NewTextHandler(&said, nil)))
		w := newWindow(t, s)
		for range 1000 {
			w.policy(`{"login":"teacher1","protocol":"imap"}`, http.StatusUnauthorized, "Only a trusted server")
			w.login(wiretest.Teacher, "imap", http.StatusUnauthorized, "Only a trusted server")
		}
		time.Sleep(time.Minute)
		w.login(wiretest.Teacher, "imap", http.StatusUnauthorized, "Only a trusted server")
		if lines := strings.Count(said.String(), "\n"); lines != 2 || !strings.Contains(said.String(), "times=2000\n") ||
			!strings.Contains(said.String(), "from="+w.from) {
			t.Errorf("2001 questions within a minute are told of in %d lines:\n%.1000s", lines, said.String())
		}
	})
}

func TestAnswers(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, ordertest.ReadOnly)
	m := metric.New()
	v := newWindow(t, dovecot.New(w.Desk, &config.Dovecot{Domains: []string{"@college.example"}}, m, w.Log))
	v.token = w.Point("dovecot")
	v.login("TEACHER1@College.Example", "imap", http.StatusOK, "open\n")
	v.login(dovecot.Probe, "imap", http.StatusOK, "closed\nCe compte sert à vérifier")
	v.login(enforce.SelfTest, "imap", http.StatusOK, "closed\nCe compte sert à vérifier")
	v.login("nobody", "imap", http.StatusOK, "closed\nCette personne n’est pas connue ici")
	v.login("nobody", "smtp", http.StatusOK, "open\n")
	v.login("nobody", "lmtp", http.StatusOK, "open\n")
	for _, login := range []string{"", "teacher1\n", "teacher1\x00", "teacher1\xff", strings.Repeat("a", 5000)} {
		v.login(login, "imap", http.StatusServiceUnavailable, "La messagerie est fermée : il n’est pas possible")
	}
	v.login(strings.Repeat("a", 20_000), "imap", http.StatusBadRequest, "This is no form.")

	v.policy(`{"login":"nobody","protocol":"imap"}`, http.StatusOK, `{"status":-1,"msg":"[CONTACTADMIN] Cette personne`)
	v.policy(`{"login":"nobody","protocol":"pop3"}`, http.StatusOK, `{"status":-1,"msg":"[SYS/TEMP] Cette personne`)
	v.policy(`{"login":"","protocol":"imap"}`, http.StatusOK, `{"status":-1,"msg":"[UNAVAILABLE] La messagerie`)
	v.policy(`{"login":"nobody","protocol":"smtp"}`, http.StatusOK, `{"status":0`)
	for _, body := range []string{"", "[]", "{", `{"login":7}`, `{"login":"teacher1"}`} {
		v.policy(body, http.StatusBadRequest, "This is no question")
	}
	if code, text := v.post("/gate/dovecot?command=report", "application/json", `{"success":true}`); code != http.StatusOK {
		t.Errorf("a report: %d %s", code, text)
	}
	if code, text := v.post("/gate/dovecot", "application/json", `{}`); code != http.StatusBadRequest {
		t.Errorf("no command: %d %s", code, text)
	}

	w.At("2024-04-02T19:00")
	v.login(wiretest.Teacher, "imap", http.StatusOK, "open\n")
	v.login(wiretest.Teacher, "submission", http.StatusOK, "closed\nLa messagerie électronique est en lecture seule")
	if text := figures(t, m); !strings.Contains(text, `ecluse_refusals_total{order="FR/13/079/2024-0003",point="dovecot"} 1`) {
		t.Errorf("the refusal is not counted:\n%s", text)
	}
}

// TestExplain holds what `ecluse explain` shows against what Dovecot's clients see.
func TestExplain(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	for login, want := range map[string]string{
		wiretest.Teacher: "opens the mailbox",
		wiretest.Pupil:   "NO [CONTACTADMIN] La messagerie électronique est fermée pour les élèves",
		"nobody":         "NO [CONTACTADMIN] Cette personne",
	} {
		if got := dovecot.Explain(w.Desk.Local("dovecot").Ask(t.Context(), enforce.Question{Login: login, Service: order.Mail})); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", login, got, want)
		}
	}
	if got := dovecot.Explain(enforce.Undecided("", "")); !strings.Contains(got, "[UNAVAILABLE]") {
		t.Error(got)
	}
}
