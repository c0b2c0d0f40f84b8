package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// application answers who is signed in by Authorization, a cookie or a
// parameter; its other answers are those of applications in trouble.
func application(t *testing.T, asked *atomic.Int64) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		key := r.Header.Get("Authorization") + r.Header.Get("Cookie") + r.URL.Query().Get("access_token")
		switch key {
		case "Bearer pupil", "sid=pupil", "token-of-pupil":
			fmt.Fprint(w, `{"ocs": {"data": {"id": "pupil1", "number": 7, "nobody": null}}}`)
		case "sid=pupil; sid=head":
			fmt.Fprint(w, `{"ocs": {"data": {"id": "head1"}}}`)
		case "Bearer moved":
			http.Redirect(w, r, "/login", http.StatusFound)
		case "Bearer broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "Bearer page":
			fmt.Fprint(w, "<html>Sign in</html>")
		case "Bearer list":
			fmt.Fprint(w, `{"ocs": []}`)
		case "Bearer long":
			fmt.Fprint(w, `{"ocs": {"data": {"id": "pupil1", "x": "`+strings.Repeat("x", mostSaid)+`"}}}`)
		case "Bearer hangs":
			<-r.Context().Done()
		case "Bearer forbidden":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/whoami?format=json"
}

func TestWhoami(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	w, err := NewWhoami(config.Whoami{
		URL: application(t, &asked), Headers: []string{"Authorization"}, Cookies: []string{"sid"}, Query: []string{"access_token"}, Field: "ocs.data.id",
	})
	if err != nil {
		t.Fatal(err)
	}
	who := func(want string, headers ...string) {
		t.Helper()
		if got := verdict(w.Who(request(headers...))); got != want {
			t.Errorf("with %q: %s, want %s", headers, got, want)
		}
	}
	who("nobody")
	who("nobody", "Cookie", "other=pupil")
	if asked.Load() != 0 {
		t.Error("the application was asked about nothing")
	}
	who("pupil1", "Authorization", "Bearer pupil")
	who("pupil1", "Authorization", "Bearer pupil")
	if n := asked.Load(); n != 1 {
		t.Errorf("the application was asked %d times about one session", n)
	}
	who("pupil1", "Cookie", "a=b; sid=pupil")
	who("head1", "Cookie", "sid=pupil; sid=head") // the application reads them as it would from the client
	who("forged", "Authorization", "Bearer pupil", "Authorization", "Bearer head")
	who("nobody", "Authorization", "Bearer stranger")
	who("nobody", "Authorization", "Bearer forbidden")
	for _, trouble := range []string{"moved", "broken", "page", "list", "long"} {
		who("error", "Authorization", "Bearer "+trouble)
	}
	began := time.Now()
	who("error", "Authorization", "Bearer hangs")
	if waited := time.Since(began); waited > patience+time.Second {
		t.Errorf("an application that hangs made us wait for %s", waited)
	}
	for address, want := range map[string]string{
		"/sync?access_token=token-of-pupil": "pupil1", "/sync?other=token-of-pupil": "nobody", "/sync?access_token=a;b": "forged",
	} {
		if got := verdict(w.Who(httptest.NewRequest("GET", address, nil))); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestWhoamiGone(t *testing.T) {
	w, err := NewWhoami(config.Whoami{URL: "http://127.0.0.1:1/me", Headers: []string{"Authorization"}, Field: "login"})
	if err != nil {
		t.Fatal(err)
	}
	if got := verdict(w.Who(request("Authorization", "Bearer pupil"))); got != "error" {
		t.Errorf("an application that is not there: %s", got)
	}
}

func TestField(t *testing.T) {
	read := func(document, path, want string) {
		t.Helper()
		if got := verdict(field([]byte(document), strings.Split(path, "."))); got != want {
			t.Errorf("%s of %s: %s, want %s", path, document, got, want)
		}
	}
	read(`{"a": {"b": "pupil1"}}`, "a.b", "pupil1")
	read(`{"a": 12}`, "a", "12")
	read(`{"a": null}`, "a", "nobody")
	read(`{"a": null}`, "a.b", "nobody")
	read(`{"a": ""}`, "a", "nobody")
	read(`{"a": {}}`, "a", "error")
	read(`{"a": true}`, "a", "error")
	read(`{"a": "x"}`, "b", "error")
	read(`{"a": "x"}`, "a.b", "error")
	read(`{"a": "x"`, "a", "error")
}

// TestKeptMerges: many who ask about one credential at once ask once; who leaves
// is not waited for; a fault is not remembered.
func TestKeptMerges(t *testing.T) {
	var k kept
	var looks atomic.Int64
	answer := make(chan found)
	look := func(context.Context) found { looks.Add(1); return <-answer }
	key := digest("a")
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := k.get(request().WithContext(left), key, look); err != context.Canceled {
		t.Errorf("who left was answered %v", err)
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if login, err := k.get(request(), key, look); login != "pupil1" || err != nil {
				t.Errorf("%s, %v", login, err)
			}
		})
	}
	answer <- found{login: "pupil1", until: time.Now().Add(time.Hour)}
	group.Wait()
	if n := looks.Load(); n != 1 {
		t.Errorf("%d looks for one credential", n)
	}
	other := digest("b")
	for range 2 {
		go func() { answer <- found{err: errBusy} }()
		k.get(request(), other, look)
	}
	if n := looks.Load(); n != 3 {
		t.Errorf("a fault was remembered: %d looks", n)
	}
}

// TestKeptIsBounded: what is remembered does not grow without end.
func TestKeptIsBounded(t *testing.T) {
	var k kept
	until := time.Now().Add(time.Hour)
	for i := range mostKept + 10 {
		k.land(digest("known", fmt.Sprint(i)), &flight{landed: make(chan struct{}), found: found{until: until}})
	}
	if len(k.known) > mostKept {
		t.Errorf("%d are remembered", len(k.known))
	}
	if digest("a", "b") == digest("ab") || digest("a", "b") == digest("ab", "") {
		t.Error("two lists have one digest")
	}
}
