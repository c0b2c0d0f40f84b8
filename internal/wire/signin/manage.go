package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// Delivery methods (SSF 1.0, section 6.1).
const (
	pushMethod = "urn:ietf:rfc:8935"
	pollMethod = "urn:ietf:rfc:8936"
)

// A description is the transmitter's configuration metadata (section 7.1).
type description struct {
	Version       string   `json:"spec_version"`
	Issuer        string   `json:"issuer"`
	Keys          string   `json:"jwks_uri"`
	Methods       []string `json:"delivery_methods_supported"`
	Configuration string   `json:"configuration_endpoint"`
	Status        string   `json:"status_endpoint"`
	Verification  string   `json:"verification_endpoint"`
	Critical      []string `json:"critical_subject_members"`
	Schemes       []scheme `json:"authorization_schemes"`
	Subjects      string   `json:"default_subjects"`
}

type scheme struct {
	URN string `json:"spec_urn"`
}

// describe answers who wants to receive. Group and org_unit are critical: an
// event of which only one were understood would end the sessions of a whole
// school, or of a role everywhere.
func (s *SignIn) describe(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, description{
		Version: "1_0", Issuer: s.issuer, Keys: s.issuer + "/gate/jwks.json", Methods: []string{pushMethod, pollMethod},
		Configuration: s.issuer + "/gate/ssf/streams", Status: s.issuer + "/gate/ssf/status", Verification: s.issuer + "/gate/ssf/verify",
		Critical: []string{"group", "org_unit"}, Schemes: []scheme{{"urn:ietf:rfc:6750"}}, Subjects: "ALL",
	})
}

// A streamView is a stream's configuration (section 8.1.1). It is written by the
// administrator of Écluse; receivers can read it.
type streamView struct {
	ID        string   `json:"stream_id"`
	Issuer    string   `json:"iss"`
	Audience  string   `json:"aud"`
	Supported []string `json:"events_supported"`
	Delivered []string `json:"events_delivered"`
	Delivery  delivery `json:"delivery"`
	Interval  int      `json:"min_verification_interval"`
}

type delivery struct {
	Method string `json:"method"`
	URL    string `json:"endpoint_url"`
}

func (s *SignIn) view(of *stream) streamView {
	v := streamView{
		ID: of.id, Issuer: s.issuer, Audience: of.audience, Supported: []string{revokedType, verificationType},
		Delivered: []string{revokedType, verificationType}, Delivery: delivery{pushMethod, of.url}, Interval: 1,
	}
	if of.url == "" {
		v.Delivery = delivery{pollMethod, s.issuer + "/gate/ssf/poll/" + of.id}
	}
	return v
}

// showStreams answers a receiver with its stream, or all that it has the token of.
func (s *SignIn) showStreams(w http.ResponseWriter, r *http.Request) {
	if id := r.URL.Query().Get("stream_id"); id != "" {
		if of := s.streamOf(w, r, id); of != nil {
			writeJSON(w, http.StatusOK, s.view(of))
		}
		return
	}
	views := []streamView{}
	for _, of := range s.streams {
		if of.knows(r) {
			views = append(views, s.view(of))
		}
	}
	if len(views) == 0 {
		s.stranger(w)
		return
	}
	writeJSON(w, http.StatusOK, views)
}

// A statusView is a stream's status (section 8.1.2). Ours are always on.
type statusView struct {
	ID     string `json:"stream_id"`
	Status string `json:"status"`
}

func (s *SignIn) showStatus(w http.ResponseWriter, r *http.Request) {
	if of := s.streamOf(w, r, r.URL.Query().Get("stream_id")); of != nil {
		writeJSON(w, http.StatusOK, statusView{of.id, "enabled"})
	}
}

// A verifyRequest asks for a verification event (section 8.1.4.2).
type verifyRequest struct {
	ID    string `json:"stream_id"`
	State string `json:"state"`
}

// longestState bounds what comes back in a verification.
const longestState = 1024

func (s *SignIn) verify(w http.ResponseWriter, r *http.Request) {
	var ask verifyRequest
	if !readJSON(w, r, &ask) {
		return
	}
	to := s.streamOf(w, r, ask.ID)
	if to == nil {
		return
	}
	if len(ask.State) > longestState {
		http.Error(w, "The state is too long.", http.StatusBadRequest)
		return
	}
	id := rand.Text()
	if !to.add(&event{id: id, state: ask.State, issued: time.Now().Unix()}) {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Verifications that were asked for before have not been taken yet.", http.StatusTooManyRequests)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// streamOf is the stream of an id, if the request has its token; if not, it was
// answered.
func (s *SignIn) streamOf(w http.ResponseWriter, r *http.Request, id string) *stream {
	known := false
	for _, of := range s.streams {
		if !of.knows(r) {
			continue
		}
		if of.id == id {
			return of
		}
		known = true
	}
	if known {
		http.Error(w, "There is no such stream.", http.StatusNotFound)
		return nil
	}
	s.stranger(w)
	return nil
}

func (s *SignIn) stranger(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="ecluse"`)
	http.Error(w, "This is no receiver's token: send the one of the stream's token_file as Authorization: Bearer.", http.StatusUnauthorized)
}

// knows reports whether a request has the stream's token.
func (s *stream) knows(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(s.token)) == 1
}
