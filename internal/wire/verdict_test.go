package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// Every request is somebody’s, or met with the same error.
type somebody struct {
	login string
	err   error
}

func (s somebody) Who(*http.Request) (string, error) { return s.login, s.err }

func believing(s somebody) *identity.Chain { return &identity.Chain{Sources: []identity.Source{s}} }

// One verdict holds at every face: who cannot be told is refused where it
// matters, and nowhere else.
func TestVerdict(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	table, err := route.Compile([]config.Route{{Path: "/messages/**"}, {Path: "/chat/**", Service: "chat"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source somebody
		target string
		want   int
		said   string
	}{
		{somebody{login: wiretest.Teacher}, "/messages", 200, ""},
		{somebody{login: wiretest.Teacher}, "/messages/..%2fchat", 200, ""},
		{somebody{login: wiretest.Pupil}, "/messages", 403, "élèves"},
		{somebody{login: wiretest.Pupil}, "/messages/..%2fchat", 403, "élèves"},
		{somebody{err: identity.ErrNobody}, "/messages", 401, "Connectez-vous"},
		{somebody{err: fmt.Errorf("%w: twice", identity.ErrForged)}, "/messages", 403, "savoir qui vous êtes"},
		{somebody{err: errors.New("no answer")}, "/messages", 503, "vérifier qui fait la demande"},
		{somebody{err: errors.New("no answer")}, "/calendar", 200, "rechargez"},
	} {
		p := &wire.Porter{Who: believing(c.source), Log: w.Log}
		r := httptest.NewRequest("GET", "/", nil)
		v := p.Judge(r, table.Match(route.Request{Host: "h", Method: "GET", Target: c.target}), w.Desk.Local("test"))
		if v.Status != c.want || !strings.Contains(v.Answer.French.Full, c.said) {
			t.Errorf("%+v at %s: %d %q, want %d %q", c.source, c.target, v.Status, v.Answer.French.Full, c.want, c.said)
		}
		if v.Login != "" && v.Login != c.source.login {
			t.Errorf("%+v is %q", c.source, v.Login)
		}
	}
}

// What anybody can cause does not fill the log, and is in it all the same.
func TestFloodIsLoggedOnce(t *testing.T) {
	for _, c := range []struct {
		err         error
		level, said string
	}{
		{fmt.Errorf("%w: twice", identity.ErrForged), "WARN", "cannot be believed"},
		{errors.New("the provider is silent"), "ERROR", "the provider is silent"},
	} {
		var out bytes.Buffer
		p := &wire.Porter{Who: believing(somebody{err: c.err}), Log: slog.New(slog.NewTextHandler(&out, nil))}
		for range 1000 {
			p.Name(httptest.NewRequest("GET", "/", nil))
		}
		if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, c.said) || !strings.Contains(text, "level="+c.level) {
			t.Errorf("a thousand times %v is logged as:\n%s", c.err, text)
		}
	}
}
