package synapse_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/wire/synapse"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// An accounts is a stand-in for Synapse's admin interface, in the shape that the
// real one has (see TestRealSynapse).
type accounts struct {
	mu      sync.Mutex
	all     map[string]*account
	failing bool // answers nothing
	frozen  bool // changes nothing
	refused int  // how often it did not
}

type account struct {
	Name      string `json:"name"`
	Locked    bool   `json:"locked"`
	Suspended bool   `json:"suspended"`
}

func (a *accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failing || a.frozen && r.Method == http.MethodPut {
		a.refused++
	}
	if a.failing || a.frozen && r.Method == http.MethodPut || r.Header.Get("Authorization") != "Bearer admin-token" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	switch path := r.URL.Path; {
	case path == "/_matrix/client/v3/account/whoami":
		w.Write([]byte(`{"user_id":"@admin:school.example"}`))
	case path == "/_synapse/admin/v2/users":
		a.list(w, r)
	case strings.HasPrefix(path, "/_synapse/admin/v2/users/"):
		one := a.all[strings.TrimPrefix(path, "/_synapse/admin/v2/users/")]
		if r.Method == http.MethodPut {
			json.NewDecoder(r.Body).Decode(one)
		}
		json.NewEncoder(w).Encode(one)
	case strings.HasPrefix(path, "/_synapse/admin/v1/suspend/"):
		var body struct{ Suspend bool }
		json.NewDecoder(r.Body).Decode(&body)
		a.all[strings.TrimPrefix(path, "/_synapse/admin/v1/suspend/")].Suspended = body.Suspend
		w.Write([]byte("{}"))
	}
}

// list answers in pages of three.
func (a *accounts) list(w http.ResponseWriter, r *http.Request) {
	var names []string
	for _, login := range []string{"admin", wiretest.Pupil, wiretest.Pupil2, wiretest.Teacher, wiretest.Nadia, "notices"} {
		names = append(names, "@"+login+":school.example")
	}
	var page struct {
		Users []*account `json:"users"`
		Next  string     `json:"next_token,omitempty"`
	}
	from := 0
	if r.FormValue("from") == "3" {
		from = 3
	} else {
		page.Next = "3"
	}
	for _, name := range names[from : from+3] {
		page.Users = append(page.Users, a.all[name])
	}
	json.NewEncoder(w).Encode(page)
}

// is what an account is in now.
func (a *accounts) is(login string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch one := a.all["@"+login+":school.example"]; {
	case one.Locked && one.Suspended:
		return "both"
	case one.Locked:
		return "locked"
	case one.Suspended:
		return "suspended"
	}
	return "free"
}

// A site is a keeper beside the stand-in.
type site struct {
	*wiretest.World
	accounts *accounts
	config   *config.Synapse
	stop     func()
}

func newSite(t *testing.T, at string, orders ...string) *site {
	t.Helper()
	s := &site{World: wiretest.New(t, at, orders...), accounts: &accounts{all: map[string]*account{}}}
	for _, login := range []string{"admin", wiretest.Pupil, wiretest.Pupil2, wiretest.Teacher, wiretest.Nadia, "notices"} {
		name := "@" + login + ":school.example"
		s.accounts.all[name] = &account{Name: name}
	}
	server := httptest.NewServer(s.accounts)
	t.Cleanup(server.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("admin-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.config = configuration(t, server.URL, token)
	s.start()
	return s
}

// configuration is the published one, for a server on this machine.
func configuration(t *testing.T, address, token string) *config.Synapse {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecluse.yaml")
	wiretest.Config(t, "../../../integrations/synapse/ecluse.yaml", path, "http://127.0.0.1:8008", address,
		"/etc/ecluse/synapse.token", token, "/var/lib/ecluse/synapse", filepath.Join(t.TempDir(), "state"))
	c, err := config.LoadProxy(path)
	if err != nil {
		t.Fatal(err)
	}
	return c.Synapse
}

// start runs a keeper until stop, or the end of the test.
func (s *site) start() {
	s.Helper()
	s.startAsking(s.Desk.Local("synapse"))
}

func (s *site) startAsking(d enforce.Decider) {
	s.Helper()
	k, err := synapse.New(s.config, d, nil, s.Log)
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); k.Run(ctx) }()
	s.stop = func() { cancel(); <-done }
	s.Cleanup(s.stop)
}

func (s *site) becomes(login, want string) {
	s.Helper()
	wiretest.Eventually(s.T, login+" is "+want, func() bool { return s.accounts.is(login) == want })
}

func TestAccountsFollowTheOrders(t *testing.T) {
	s := newSite(t, "2024-04-02T18:59:59", wiretest.Letter)
	s.becomes(wiretest.Pupil, "locked")
	s.becomes(wiretest.Pupil2, "locked")
	s.becomes(wiretest.Teacher, "free")
	s.At("2024-04-02T19:00")
	s.becomes(wiretest.Teacher, "locked")
	s.becomes("admin", "free")
	s.becomes("notices", "free")
	s.At("2024-04-03T07:00")
	s.becomes(wiretest.Teacher, "free")
	s.becomes(wiretest.Pupil, "locked")
}

func TestReadingIsSuspended(t *testing.T) {
	s := newSite(t, "2024-04-02T18:59:59", ordertest.ReadOnly)
	s.becomes(wiretest.Pupil, "free")
	s.At("2024-04-02T19:00")
	s.becomes(wiretest.Pupil, "suspended")
	s.becomes(wiretest.Teacher, "suspended")
	s.At("2024-04-03T07:00")
	s.becomes(wiretest.Pupil, "free")
}

// TestWhatPeopleDidStays through a closing, a reopening and a restart.
func TestWhatPeopleDidStays(t *testing.T) {
	s := newSite(t, "2024-04-02T12:00", wiretest.Letter)
	s.becomes(wiretest.Pupil, "locked")
	s.accounts.mu.Lock()
	s.accounts.all["@"+wiretest.Nadia+":school.example"].Locked = true // by somebody
	s.accounts.mu.Unlock()
	s.At("2024-04-02T19:00")
	s.becomes(wiretest.Teacher, "locked")
	s.stop()
	s.At("2024-04-03T07:00")
	s.start()
	s.becomes(wiretest.Teacher, "free")
	if now := s.accounts.is(wiretest.Nadia); now != "locked" {
		t.Errorf("an account that somebody locked is %s after the reopening", now)
	}
	if now := s.accounts.is(wiretest.Pupil); now != "locked" {
		t.Errorf("a pupil is %s after the restart", now)
	}
}

// fails has the server refuse until something was refused.
func (s *site) fails(which *bool, meanwhile func()) {
	s.Helper()
	set := func(on bool) {
		s.accounts.mu.Lock()
		defer s.accounts.mu.Unlock()
		*which, s.accounts.refused = on, 0
	}
	set(true)
	meanwhile()
	wiretest.Eventually(s.T, "the server has refused", func() bool {
		s.accounts.mu.Lock()
		defer s.accounts.mu.Unlock()
		return s.accounts.refused > 0
	})
	set(false)
}

func TestFailuresAreTriedAgain(t *testing.T) {
	s := newSite(t, "2024-04-02T12:00", wiretest.Letter)
	s.becomes(wiretest.Pupil, "locked")
	s.fails(&s.accounts.failing, func() { s.At("2024-04-02T19:00") })
	s.becomes(wiretest.Teacher, "locked")
	s.fails(&s.accounts.frozen, func() { s.At("2024-04-03T07:00") })
	s.becomes(wiretest.Teacher, "free")
	s.fails(&s.accounts.frozen, func() { s.At("2024-04-03T19:00") })
	s.becomes(wiretest.Teacher, "locked")
}

// TestWhatWasBegunIsDone: Écluse ended between writing down what it would do and
// knowing that it was done.
func TestWhatWasBegunIsDone(t *testing.T) {
	s := newSite(t, wiretest.Noon, wiretest.Letter)
	s.becomes(wiretest.Pupil, "locked")
	s.becomes(wiretest.Pupil2, "locked")
	s.stop()
	text := `{"done":{},"begun":{"@` + wiretest.Pupil + `:school.example":"locked","@` + wiretest.Nadia + `:school.example":"locked"}}`
	if err := os.WriteFile(s.config.State, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.accounts.mu.Lock()
	s.accounts.all["@"+wiretest.Pupil+":school.example"].Locked = false // not done yet
	s.accounts.all["@"+wiretest.Nadia+":school.example"].Locked = true  // done, and open by now
	s.accounts.mu.Unlock()
	s.start()
	s.becomes(wiretest.Pupil, "locked")
	s.becomes(wiretest.Nadia, "free")
}

// A deaf decider hears nothing of the orders any more.
type deaf struct{ enforce.Decider }

func (deaf) AskAll(_ context.Context, questions []enforce.Question) []*enforce.Answer {
	list := make([]*enforce.Answer, len(questions))
	for i := range list {
		list[i] = enforce.Undecided("", "")
	}
	return list
}

// TestInDoubtNothingOpens: who is locked stays so, and who is free writes no more.
func TestInDoubtNothingOpens(t *testing.T) {
	s := newSite(t, wiretest.Noon, wiretest.Letter)
	s.becomes(wiretest.Pupil, "locked")
	s.stop()
	s.startAsking(deaf{s.Desk.Local("synapse")})
	s.becomes(wiretest.Teacher, "suspended")
	s.becomes(wiretest.Nadia, "suspended")
	if now := s.accounts.is(wiretest.Pupil); now != "locked" {
		t.Errorf("a locked account is %s where nothing can be decided", now)
	}
}

func TestSuspendOnly(t *testing.T) {
	s := newSite(t, wiretest.Noon, wiretest.Letter)
	s.becomes(wiretest.Pupil, "locked")
	s.stop()
	s.config.SuspendOnly = true
	s.start()
	s.becomes(wiretest.Pupil, "suspended")
	s.At("2024-04-02T19:00")
	s.becomes(wiretest.Teacher, "suspended")
}

func TestConfigurationIsRefused(t *testing.T) {
	s := newSite(t, wiretest.Before)
	refuse := func(want string, spoil func(*config.Synapse)) {
		t.Helper()
		c := *s.config
		spoil(&c)
		if _, err := synapse.New(&c, s.Desk.Local("synapse"), nil, s.Log); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	refuse("synapse.url", func(c *config.Synapse) { c.URL = "localhost" })
	refuse("synapse.server_name is empty", func(c *config.Synapse) { c.ServerName = "" })
	refuse("synapse.state is empty", func(c *config.Synapse) { c.State = "" })
	refuse("reading synapse.token_file", func(c *config.Synapse) { c.TokenFile = "none" })
	refuse("restore the file", func(c *config.Synapse) {
		c.State = filepath.Join(t.TempDir(), "broken")
		os.WriteFile(c.State, []byte("{"), 0o600)
	})
	refuse("restore the file", func(c *config.Synapse) {
		c.State = filepath.Join(t.TempDir(), "empty")
		os.WriteFile(c.State, []byte("{}"), 0o600)
	})
}
