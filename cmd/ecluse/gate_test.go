package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// first is the first person of a role in a degree.
func (r *running) first(role, degree string) demoPerson {
	r.Helper()
	for _, p := range r.people {
		if p.Role == role && p.Degree == degree {
			return p
		}
	}
	r.Fatalf("nobody is %s in the %s degree", role, degree)
	return demoPerson{}
}

// evaluation asks the JSON interface whether a person may write.
func (r *running) evaluation(p demoPerson) (decision bool, reopens string) {
	r.Helper()
	question := fmt.Sprintf(`{"subject": {"type": "user", "id": %q}, "action": {"name": "message.send"}, "resource": {"type": "school", "id": %q}}`, p.Login, p.School)
	q, err := http.NewRequest(http.MethodPost, r.url+"/access/v1/evaluation", strings.NewReader(question))
	if err != nil {
		r.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+r.gate.Token)
	resp, err := r.client.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Decision bool
		Context  struct{ Reopens string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		r.Fatalf("status %d: %v", resp.StatusCode, err)
	}
	return answer.Decision, answer.Context.Reopens
}

// forward asks as a server in front would, with the identity header or without.
func (r *running) forward(login string) *http.Response {
	r.Helper()
	q, err := http.NewRequest(http.MethodGet, r.url+"/gate/forward", nil)
	if err != nil {
		r.Fatal(err)
	}
	if login != "" {
		q.Header.Set(r.gate.Header, login)
	}
	resp, err := r.client.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// TestDemoGate asks the demonstration's gate as other messaging would: after the
// collèges have closed, while the écoles are open for adults.
func TestDemoGate(t *testing.T) {
	r := startDemo(t, t.TempDir(), "2024-03-29T19:00:00")
	for _, c := range []struct {
		role, degree string
		decision     bool
		reopens      string
	}{
		{"pupil", "first", false, ""},
		{"teacher", "first", true, ""},
		{"teacher", "second", false, "2024-04-02T07:00:00+02:00"}, // after Easter Monday
	} {
		p := r.first(c.role, c.degree)
		if decision, reopens := r.evaluation(p); decision != c.decision || reopens != c.reopens {
			t.Errorf("%s of the %s degree: %v, reopens %q, want %v, %q", c.role, c.degree, decision, reopens, c.decision, c.reopens)
		}
	}
	open, closed := r.forward(r.first("head", "first").Login), r.forward(r.first("head", "second").Login)
	if open.StatusCode != http.StatusOK || closed.StatusCode != http.StatusForbidden || closed.Header.Get("Retry-After") == "" {
		t.Errorf("forward authentication answers %d where it is open and %d where it is closed, Retry-After %q",
			open.StatusCode, closed.StatusCode, closed.Header.Get("Retry-After"))
	}
	if nobody := r.forward(""); nobody.StatusCode != http.StatusUnauthorized {
		t.Errorf("forward authentication answers %d for nobody", nobody.StatusCode)
	}
	if resp, err := r.client.Post(r.url+"/access/v1/evaluation", "application/json", strings.NewReader("{}")); err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %v, %v", resp, err)
	}
}
