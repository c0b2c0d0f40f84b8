package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// The certification scenario of the Authorization API 1.0 (OpenID AuthZEN working
// group) has two subjects, two records and eight rules. Here alice is a guardian,
// bob a teacher and the head; the records are the collège and the école; whether
// a record is archived is whether its chat is meant; and deleting softly or not
// is writing to staff or to pupils. Two orders then say what the eight rules say.
const fixtureCollege = `
order: FR/13/079/2024-0011
issuer: FR/13/079
status: actual
type: issue
title: Professeurs en lecture, rien vers les élèves
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [teacher], hours: "24/7", access: read}
  - {roles: [guardian], hours: "off", with: [pupil]}
reason: Menaces.
contact: {office: Cabinet, phone: "05 36 49 00 00"}
`

const fixtureChat = `
order: FR/13/079/2024-0012
issuer: FR/13/079
status: actual
type: issue
title: Messagerie instantanée fermée sauf à la direction
applies: {territory: FR/13/079, degrees: [first], services: [chat]}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil, guardian, teacher, staff], hours: "off"}
reason: Menaces.
contact: {office: Cabinet, phone: "05 36 49 00 00"}
`

// inOurWords translates the scenario's words into those of this place.
var inOurWords = strings.NewReplacer(
	`"record"`, `"school"`, `"record-1"`, `"`+string(wiretest.College)+`"`, `"record-2"`, `"`+string(wiretest.Ecole)+`"`,
	`"read"`, `"message.read"`, `"write"`, `"message.send"`, `"delete"`, `"message.send"`,
	`"status":"active"`, `"service":"messaging"`, `"status":"archived"`, `"service":"chat"`,
	`"soft":true`, `"with":"staff"`, `"soft":false`, `"with":["pupil"]`, `"role":"admin"`, `"role":"head"`,
)

func certified(t *testing.T) *world {
	w := newWorld(t, wiretest.Noon, api.Options{}, fixtureCollege, fixtureChat)
	w.settle(51, "alice", map[school.UAI][]school.Role{wiretest.College: {school.Guardian}, wiretest.Ecole: {school.Guardian}})
	w.settle(52, "bob", map[school.UAI][]school.Role{wiretest.College: {school.Teacher, school.Head}, wiretest.Ecole: {school.Head}})
	return w
}

const (
	alice    = `"subject":{"type":"user","id":"alice"}`
	bob      = `"subject":{"type":"user","id":"bob"}`
	admin    = `"subject":{"type":"user","id":"bob","properties":{"role":"admin"}}`
	read     = `"action":{"name":"read"}`
	write    = `"action":{"name":"write"}`
	record1  = `"resource":{"type":"record","id":"record-1"}`
	active1  = `"resource":{"type":"record","id":"record-1","properties":{"status":"active"}}`
	archive2 = `"resource":{"type":"record","id":"record-2","properties":{"status":"archived"}}`
)

// body joins members into an object in our words.
func body(members ...string) string {
	return inOurWords.Replace("{" + strings.Join(members, ",") + "}")
}

func TestCertificationBasic(t *testing.T) {
	w := certified(t)
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"rule 1":              {body(alice, read, record1), true},
		"rule 2":              {body(alice, write, record1), true},
		"rule 3":              {body(bob, read, record1), true},
		"rule 4":              {body(bob, write, record1), false},
		"rule 5":              {body(alice, write, archive2), false},
		"rule 6":              {body(admin, write, archive2), true},
		"rule 7":              {body(alice, `"action":{"name":"delete","properties":{"soft":true}}`, record1), true},
		"rule 8":              {body(alice, `"action":{"name":"delete","properties":{"soft":false}}`, record1), false},
		"with a context":      {body(alice, read, record1, `"context":{"time":"2025-06-27T18:03-07:00","ip":"192.168.1.1"}`), true},
		"unknown members":     {body(alice, read, record1, `"foo":"bar","futureField":{"nested":true}`), true},
		"more properties":     {body(`"subject":{"type":"user","id":"alice","properties":{"department":"Sales","role":"manager"}}`, `"action":{"name":"read","properties":{"method":"GET"}}`, `"resource":{"type":"record","id":"record-1","properties":{"status":"active","owner":"bob"}}`), true},
		"members in disorder": {body(record1, read, alice), true},
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 { // the same each time
				w.decides(c.body, c.want)
			}
		})
	}
}

func TestCertificationErrors(t *testing.T) {
	w := certified(t)
	for name, text := range map[string]string{
		"no subject":           body(read, record1),
		"no action":            body(alice, record1),
		"no resource":          body(alice, read),
		"no subject type":      body(`"subject":{"id":"alice"}`, read, record1),
		"no subject id":        body(`"subject":{"type":"user"}`, read, record1),
		"no action name":       body(alice, `"action":{}`, record1),
		"no resource type":     body(alice, read, `"resource":{"id":"record-1"}`),
		"no resource id":       body(alice, read, `"resource":{"type":"record"}`),
		"a subject of text":    body(`"subject":"alice"`, read, record1),
		"a name of digits":     body(alice, `"action":{"name":123}`, record1),
		"a context of text":    body(alice, read, record1, `"context":"now"`),
		"properties of text":   body(`"subject":{"type":"user","id":"alice","properties":"x"}`, read, record1),
		"half an object":       `{"subject":`,
		"no JSON":              `subject=alice`,
		"nothing":              ``,
		"a list":               `[]`,
		"more than one object": body(alice, read, record1) + "{}",
		"a subject twice":      body(alice, read, record1, bob),
		"an id twice":          body(`"subject":{"type":"user","id":"alice","id":"bob"}`, read, record1),
	} {
		t.Run(name, func(t *testing.T) { w.refused(http.StatusBadRequest, "/access/v1/evaluation", text) })
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"} {
		r := w.request(http.MethodPost, "/access/v1/evaluation", body(alice, read, record1))
		r.Header.Set("Content-Type", kind)
		if res, text := w.do(r); res.StatusCode != http.StatusBadRequest {
			t.Errorf("Content-Type %q: %s %s, want 400", kind, res.Status, text)
		}
	}
}

func TestCertificationHeaders(t *testing.T) {
	w := certified(t)
	for _, path := range []string{"/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/action"} {
		r := w.request(http.MethodPost, path, body(alice, read, record1))
		r.Header.Set("X-Request-ID", "bfe9eb29")
		r.Header.Set("Content-Type", "Application/JSON; charset=utf-8")
		if res, text := w.do(r); res.StatusCode != http.StatusOK || res.Header.Get("X-Request-ID") != "bfe9eb29" {
			t.Errorf("%s: %s %s, X-Request-ID %q", path, res.Status, text, res.Header.Get("X-Request-ID"))
		}
	}
}

func TestCertificationBatch(t *testing.T) {
	w := certified(t)
	w.batch(body(bob, record1, `"evaluations":[{`+read+`},{`+write+`}]`), true, false)
	w.batch(body(alice, write, `"evaluations":[{`+active1+`},{`+archive2+`}]`), true, false)
	w.batch(body(write, archive2, `"evaluations":[{`+alice+`},{`+admin+`}]`), false, true)
	w.batch(body(`"evaluations":[{`+alice+","+read+","+record1+`},{`+bob+","+write+","+record1+`}]`), true, false)
	w.batch(body(alice, read, `"context":{"time":"2025-06-27T18:03-07:00"}`,
		`"evaluations":[{`+record1+`},{`+archive2+`,"context":{"time":"2025-06-27T19:00-07:00"}}]`), true, false)
	w.batch(body(alice, write, `"resource":{"type":"record"}`,
		`"evaluations":[{"resource":{"id":"record-1","properties":{"status":"active"}}},{`+archive2+`}]`), true, false)
	if items := w.batch(body(alice, read, `"evaluations":[{`+record1+`},{}]`), true, false); items[1].Context.Error == nil {
		t.Error("the failed evaluation does not say why")
	}
	for _, text := range []string{body(alice, read, record1), body(alice, read, record1, `"evaluations":[]`)} {
		if out := w.post("/access/v1/evaluations", text); out.Decision == nil || !*out.Decision || out.Evaluations != nil {
			t.Errorf("%s: %+v, want one decision", text, out)
		}
	}
	for _, text := range []string{`{"evaluations":`, body(alice, read, record1, `"evaluations":{}`), body(alice, read)} {
		w.refused(http.StatusBadRequest, "/access/v1/evaluations", text)
	}
}

func TestCertificationSearch(t *testing.T) {
	w := certified(t)
	users, records := `"subject":{"type":"user"}`, `"resource":{"type":"record"}`
	college, ecole := string(wiretest.College), string(wiretest.Ecole)
	for name, c := range map[string]struct {
		path, body string
		kind       string
		want       []string
	}{
		"S1":                      {"subject", body(users, read, record1), "user", []string{"alice", "bob"}},
		"S2":                      {"resource", body(alice, read, records), "school", []string{college}},
		"S3":                      {"action", body(alice, record1), "", []string{"message.read", "message.send"}},
		"S4":                      {"subject", body(users, write, archive2), "user", []string{"bob"}},
		"S5":                      {"resource", body(admin, write, records), "school", []string{ecole}},
		"S6":                      {"action", body(admin, archive2), "", []string{"message.send"}},
		"subject in context":      {"subject", body(users, read, record1, `"context":{"time":"2024-10-26T01:22-07:00"}`), "user", []string{"alice"}},
		"action in context":       {"action", body(alice, record1, `"context":{"ip":"192.0.2.1"}`), "", []string{"message.read"}},
		"an id that is not asked": {"subject", body(bob, read, record1), "user", []string{"alice"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := w.post("/access/v1/search/"+c.path, c.body)
			var got []string
			for _, r := range *out.Results {
				if r.Type != c.kind {
					t.Errorf("a result of type %q, want %q", r.Type, c.kind)
				}
				got = append(got, r.ID+r.Name)
			}
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("found %v, want %s among them", got, want)
				}
			}
		})
	}
	w.finds("action", body(`"subject":{"type":"user","id":"nonexistent-user"}`, record1))
	w.finds("subject", body(`"subject":{"type":"spaceship"}`, read, record1))
	for path, text := range map[string]string{
		"subject":  body(users, record1),
		"resource": body(read, records),
		"action":   body(alice),
	} {
		w.refused(http.StatusBadRequest, "/access/v1/search/"+path, text)
	}
	w.refused(http.StatusBadRequest, "/access/v1/search/subject", body(users, read, records))
	w.refused(http.StatusBadRequest, "/access/v1/search/resource", body(users, read, records))
}

func TestCertificationPages(t *testing.T) {
	w := certified(t)
	text := body(`"subject":{"type":"user"}`, read, record1)
	whole := w.post("/access/v1/search/subject", text)
	var got []string
	page := `"limit":1`
	for range 20 {
		out := w.post("/access/v1/search/subject", text[:len(text)-1]+`,"page":{`+page+`}}`)
		for _, r := range *out.Results {
			got = append(got, r.ID)
		}
		if *out.Page.Next == "" {
			break
		}
		page = `"token":"` + *out.Page.Next + `"`
	}
	if len(got) != len(*whole.Results) || len(got) < 4 {
		t.Errorf("page by page %v, at once %v", got, *whole.Results)
	}
}

func TestCertificationDiscovery(t *testing.T) {
	w := certified(t)
	r := w.request(http.MethodGet, "/.well-known/authzen-configuration", "")
	r.Header.Del("Authorization")
	res, text := w.do(r)
	var addresses map[string]string
	if err := json.Unmarshal([]byte(text), &addresses); err != nil || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s %s (%v)", res.Status, text, err)
	}
	for name, want := range map[string]string{
		"policy_decision_point":       "",
		"access_evaluation_endpoint":  "/access/v1/evaluation",
		"access_evaluations_endpoint": "/access/v1/evaluations",
		"search_subject_endpoint":     "/access/v1/search/subject",
		"search_resource_endpoint":    "/access/v1/search/resource",
		"search_action_endpoint":      "/access/v1/search/action",
	} {
		if addresses[name] != w.server.URL+want {
			t.Errorf("%s is %q, want %q", name, addresses[name], w.server.URL+want)
		}
	}
}
