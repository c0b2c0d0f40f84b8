package api

import (
	"encoding/json"
	"net/http"
	"strings"
)

// A metadata document tells where what is answered (section 9.1).
type metadataDocument struct {
	Point       string `json:"policy_decision_point"`
	Evaluation  string `json:"access_evaluation_endpoint"`
	Evaluations string `json:"access_evaluations_endpoint"`
	Subject     string `json:"search_subject_endpoint"`
	Resource    string `json:"search_resource_endpoint"`
	Action      string `json:"search_action_endpoint"`
}

// metadata is told to anybody: it holds addresses alone.
func (a *API) metadata(w http.ResponseWriter, r *http.Request) {
	base := a.base(r)
	text, err := json.Marshal(metadataDocument{
		Point:       base,
		Evaluation:  base + "/access/v1/evaluation",
		Evaluations: base + "/access/v1/evaluations",
		Subject:     base + "/access/v1/search/subject",
		Resource:    base + "/access/v1/search/resource",
		Action:      base + "/access/v1/search/action",
	})
	if err != nil {
		writeError(w, http.StatusInternalServerError, "The metadata cannot be written.")
		return
	}
	h := w.Header()
	if id := r.Header["X-Request-Id"]; len(id) > 0 {
		h["X-Request-Id"] = id[:1]
	}
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store") // it may rest on the Host of this request
	_, _ = w.Write(append(text, '\n'))
}

// base is the address under which the interface is reached, without a slash at
// the end.
func (a *API) base(r *http.Request) string {
	if a.opts.Public != "" {
		return strings.TrimRight(a.opts.Public, "/")
	}
	if a.opts.Secure || r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
