package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A world answers over HTTPS.
type world struct {
	*wiretest.World
	server *httptest.Server
	token  string
}

func newWorld(t *testing.T, at string, o api.Options, orders ...string) *world {
	t.Helper()
	w := &world{World: wiretest.New(t, at, orders...)}
	w.token = w.Point("nginx")
	mux := http.NewServeMux()
	if o.Log == nil {
		o.Log = w.Log
	}
	api.New(w.Desk, metric.New(), o).Routes(mux)
	w.server = httptest.NewTLSServer(mux)
	t.Cleanup(func() { w.App.Hush(); w.server.Close() })
	return w
}

// A reply is any response of the interface.
type reply struct {
	Decision    *bool          `json:"decision"`
	Simulated   bool           `json:"simulated"`
	Context     *replyContext  `json:"context"`
	Evaluations []reply        `json:"evaluations"`
	Results     *[]replyResult `json:"results"`
	Page        *replyPage     `json:"page"`
}

type replyContext struct {
	Access  string `json:"access"`
	Until   string `json:"until"`
	Reopens string `json:"reopens"`
	Orders  []struct {
		ID string `json:"id"`
	} `json:"orders"`
	Reason struct {
		French  string `json:"fr"`
		English string `json:"en"`
	} `json:"reason_user"`
	Snapshot int64 `json:"snapshot"`
	Unknown  bool  `json:"unknown"`
	Error    *struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	} `json:"error"`
}

type replyResult struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

type replyPage struct {
	Next  *string `json:"next_token"`
	Count int     `json:"count"`
}

// request makes a request with the point's token.
func (w *world) request(method, path, body string) *http.Request {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do sends a request and reads the whole answer.
func (w *world) do(r *http.Request) (*http.Response, string) {
	w.Helper()
	res, err := w.server.Client().Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	return res, string(text)
}

// post sends a body that must be answered with 200 and JSON.
func (w *world) post(path, body string) reply {
	w.Helper()
	res, text := w.do(w.request(http.MethodPost, path, body))
	var out reply
	if err := json.Unmarshal([]byte(text), &out); err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		w.Fatalf("%s %s: %s %s (%v)", path, body, res.Status, text, err)
	}
	return out
}

// refused sends a body that must be answered with a status and a sentence.
func (w *world) refused(status int, path, body string) string {
	w.Helper()
	res, text := w.do(w.request(http.MethodPost, path, body))
	if res.StatusCode != status || len(text) < 10 {
		w.Errorf("%s %s: %s %q, want %d with a sentence", path, body, res.Status, text, status)
	}
	return text
}

// decides holds one decision against what is wanted.
func (w *world) decides(body string, want bool) *replyContext {
	w.Helper()
	out := w.post("/access/v1/evaluation", body)
	if out.Decision == nil || *out.Decision != want || out.Context == nil {
		w.Fatalf("%s: %+v, want %v with a context", body, out, want)
	}
	return out.Context
}

// batch holds the decisions of a batch against what is wanted.
func (w *world) batch(body string, want ...bool) []reply {
	w.Helper()
	out := w.post("/access/v1/evaluations", body)
	if len(out.Evaluations) != len(want) || out.Decision != nil {
		w.Fatalf("%s: %+v, want %v", body, out, want)
	}
	for i, e := range out.Evaluations {
		if e.Decision == nil || *e.Decision != want[i] {
			w.Errorf("%s: decision %d is not %v", body, i, want[i])
		}
	}
	return out.Evaluations
}

// finds holds the results of a search against what is wanted, in that order.
func (w *world) finds(path, body string, want ...string) reply {
	w.Helper()
	out := w.post("/access/v1/search/"+path, body)
	if out.Results == nil || out.Page == nil || out.Page.Next == nil {
		w.Fatalf("%s %s: %+v, want results and a page", path, body, out)
	}
	var got []string
	for _, r := range *out.Results {
		got = append(got, r.ID+r.Name)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		w.Errorf("%s %s: %v, want %v", path, body, got, want)
	}
	return out
}

// asks is an evaluation of a user in a school.
func asks(login, action string, uai school.UAI) string {
	return `{"subject":{"type":"user","id":"` + login + `"},"action":{"name":"` + action + `"},"resource":{"type":"school","id":"` + string(uai) + `"}}`
}

// settle gives a person places in schools.
func (w *world) settle(id account.PersonID, login string, places map[school.UAI][]school.Role) {
	w.Helper()
	r := ecluse.Roster{People: []account.Person{{ID: id, Login: login, First: "P", Last: login, Language: "fr"}}}
	n := account.MemberID(1000 * id)
	for uai, roles := range places {
		for _, role := range roles {
			n++
			r.Members = append(r.Members, account.Membership{School: uai, ID: n, Person: id, Role: role, Name: login})
		}
	}
	if err := w.App.Import(w.Context(), r); err != nil {
		w.Fatal(err)
	}
}
