package signin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"github.com/go-jose/go-jose/v4"
)

// A signal is what a receiver reads of a security event token.
type signal struct {
	Issuer   string `json:"iss"`
	ID       string `json:"jti"`
	Issued   int64  `json:"iat"`
	Audience string `json:"aud"`
	Expires  *int64 `json:"exp"`
	Sub      string `json:"sub"`
	Txn      string `json:"txn"`
	Subject  struct {
		Format  string `json:"format"`
		ID      string `json:"id"`
		Group   struct{ Format, ID string }
		OrgUnit struct{ Format, ID string } `json:"org_unit"`
	} `json:"sub_id"`
	Events map[string]struct {
		At        int64             `json:"event_timestamp"`
		Initiator string            `json:"initiating_entity"`
		Admin     map[string]string `json:"reason_admin"`
		User      map[string]string `json:"reason_user"`
		State     string            `json:"state"`
	} `json:"events"`
}

// what names a signal in one line.
func (s signal) what() string {
	if _, found := s.Events[verificationURI]; found {
		return "verification " + s.Subject.ID
	}
	return s.Subject.Group.ID + " of " + s.Subject.OrgUnit.ID
}

// A receiver takes pushed tokens (RFC 8935) and verifies each with the keys that
// the transmitter publishes, found through its metadata.
type receiver struct {
	*testing.T
	URL string

	mu     sync.Mutex
	keys   jose.JSONWebKeySet
	got    []signal
	fails  int    // so many requests are answered with 503
	refuse string // an error code for the next one
}

func newReceiver(t *testing.T) *receiver {
	v := &receiver{T: t}
	server := httptest.NewServer(http.HandlerFunc(v.take))
	t.Cleanup(server.Close)
	v.URL = server.URL + "/events"
	return v
}

func (v *receiver) take(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("Content-Type") != "application/secevent+jwt":
		v.Errorf("a token came with %v", r.Header)
		w.WriteHeader(http.StatusUnauthorized)
	case v.fails > 0:
		v.fails--
		w.WriteHeader(http.StatusServiceUnavailable)
	case v.refuse != "":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"err": %q, "description": "no"}`, v.refuse)
		v.refuse = ""
	default:
		v.got = append(v.got, verified[signal](v.T, v.keys, string(body), "secevent+jwt"))
		w.WriteHeader(http.StatusAccepted)
	}
}

// whats are the signals that came, sorted.
func (v *receiver) whats() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var list []string
	for _, s := range v.got {
		list = append(list, s.what())
	}
	slices.Sort(list)
	return list
}

// empty forgets what came.
func (v *receiver) empty() []signal {
	v.mu.Lock()
	defer v.mu.Unlock()
	got := v.got
	v.got = nil
	return got
}

func (v *receiver) gets(want ...string) {
	v.Helper()
	wiretest.Eventually(v.T, fmt.Sprintf("%q come", want), func() bool { return len(v.whats()) >= len(want) })
	if got := v.whats(); !slices.Equal(got, want) {
		v.Errorf("there came %q, want %q", got, want)
	}
}

// A poller asks for its events (RFC 8936).
type poller struct {
	*testing.T
	address string
	keys    jose.JSONWebKeySet
}

func (p *poller) post(path, token, body string) (int, string) {
	p.Helper()
	r, err := http.NewRequest("POST", p.address+path, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// poll returns the events by jti, and whether there are more.
func (p *poller) poll(body string) (map[string]signal, bool) {
	p.Helper()
	status, text := p.post("/gate/ssf/poll/portal", "poll-"+secret, body)
	var answer struct {
		Sets map[string]string
		More bool `json:"moreAvailable"`
	}
	if err := json.NewDecoder(bytes.NewBufferString(text)).Decode(&answer); status != 200 || err != nil || answer.Sets == nil {
		p.Fatalf("%s: %d %s", body, status, text)
	}
	got := map[string]signal{}
	for id, token := range answer.Sets {
		got[id] = verified[signal](p.T, p.keys, token, "secevent+jwt")
		if got[id].ID != id {
			p.Errorf("%s is called %s", got[id].ID, id)
		}
	}
	return got, answer.More
}
