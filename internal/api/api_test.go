package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

func TestTheContextTells(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	c := w.decides(asks(wiretest.Teacher, "message.send", wiretest.College), true)
	if c.Access != "write" || c.Until != "2024-04-02T19:00:00+02:00" || c.Reopens != "" {
		t.Errorf("open: %+v", c)
	}
	w.At("2024-04-02T19:00")
	c = w.decides(asks(wiretest.Teacher, "message.send", wiretest.College), false)
	if c.Reopens != "2024-04-03T07:00:00+02:00" || len(c.Orders) != 1 || c.Orders[0].ID != "FR/13/079/2024-0002" ||
		c.Snapshot == 0 || !strings.Contains(c.Reason.French, "messagerie") || c.Reason.English == c.Reason.French {
		t.Errorf("closed: %+v", c)
	}
	w.decides(asks(wiretest.Nadia, "session.open", wiretest.Ecole), true)
	w.decides(asks(wiretest.Teacher+"@college.example", "session.open", wiretest.College), false)
}

// TestTheCallersTimeDoesNotCount: saying that it is noon opens nothing.
func TestTheCallersTimeDoesNotCount(t *testing.T) {
	w := newWorld(t, "2024-04-02T19:00", api.Options{}, wiretest.Letter)
	text := asks(wiretest.Teacher, "message.send", wiretest.College)
	noon := text[:len(text)-1] + `,"context":{"time":"2024-04-02T12:00:00+02:00"}}`
	w.decides(noon, false)
	w.batch(`{"evaluations":[`+noon+`]}`, false)

	out := w.post("/access/v1/simulation", noon)
	if !*out.Decision || !out.Simulated || out.Context.Until != "2024-04-02T19:00:00+02:00" {
		t.Errorf("simulated: %+v", out)
	}
	role := `{"subject":{"type":"role","id":"teacher"},"action":{"name":"message.read"},"resource":{"type":"school","id":"` + string(wiretest.College) + `"},"context":{"time":"2024-04-06T12:00:00Z"}}`
	if out := w.post("/access/v1/simulation", role); *out.Decision || !out.Simulated {
		t.Errorf("on a Saturday: %+v", out)
	}
	for _, bad := range []string{text, text[:len(text)-1] + `,"context":{"time":"noon"}}`, text[:len(text)-1] + `,"context":{"time":12}}`, `{"context":{}}`} {
		w.refused(http.StatusBadRequest, "/access/v1/simulation", bad)
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	w := newWorld(t, wiretest.Before, api.Options{})
	college := string(wiretest.College)
	for name, text := range map[string]string{
		"an unknown action":       asks(wiretest.Head, "message.delete", wiretest.College),
		"an action in capitals":   asks(wiretest.Head, "MESSAGE.READ", wiretest.College),
		"an unknown person":       asks("nobody", "message.read", wiretest.College),
		"an empty login":          asks("", "message.read", wiretest.College),
		"a role in an empty name": `{"subject":{"type":"user","id":"","properties":{"role":"head"}},"action":{"name":"message.read"},"resource":{"type":"school","id":"` + college + `"}}`,
		"a school with a slip":    asks(wiretest.Head, "message.read", "0799002X"),
		"any as a school":         asks(wiretest.Head, "message.read", "any"),
		"another's school":        asks(wiretest.Head, "message.read", wiretest.Ecole),
		"another role":            `{"subject":{"type":"user","id":"head1","properties":{"role":["pupil"]}},"action":{"name":"message.read"},"resource":{"type":"school","id":"` + college + `"}}`,
		"an unknown subject type": `{"subject":{"type":"robot","id":"head1"},"action":{"name":"message.read"},"resource":{"type":"school","id":"` + college + `"}}`,
		"an unknown resource":     `{"subject":{"type":"user","id":"head1"},"action":{"name":"message.read"},"resource":{"type":"book","id":"` + college + `"}}`,
		"an unknown service":      `{"subject":{"type":"user","id":"head1"},"action":{"name":"message.read"},"resource":{"type":"school","id":"` + college + `","properties":{"service":"fax"}}}`,
		"a role without a school": `{"subject":{"type":"role","id":"head"},"action":{"name":"message.read"},"resource":{"type":"messaging","id":"any"}}`,
		"an unknown role":         `{"subject":{"type":"role","id":"king"},"action":{"name":"message.read"},"resource":{"type":"school","id":"` + college + `"}}`,
		"the self-test":           asks(enforce.SelfTest, "session.open", wiretest.College),
		"other cases of names":    `{"subject":{"type":"user","ID":"head1","id":"nobody"},"action":{"name":"message.read"},"resource":{"type":"school","id":"` + college + `"}}`,
	} {
		if c := w.decides(text, false); !c.Unknown || c.Access != "closed" {
			t.Errorf("%s: %+v, want closed because unknown", name, c)
		}
	}
	c := w.decides(asks(wiretest.Head, "message.delete", wiretest.College), false)
	if c.Error == nil || !strings.Contains(c.Error.Message, "message.delete") || c.Reason.French == "" {
		t.Errorf("an unknown action is told as %+v", c)
	}
}

func TestRolesAndServices(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	asksOf := func(subject, kind, id, service string) string {
		return fmt.Sprintf(`{"subject":{"type":"role","id":%q},"action":{"name":"message.send"},"resource":{"type":%q,"id":%q,"properties":{"service":%q}}}`, subject, kind, id, service)
	}
	for role, open := range map[string]bool{"pupil": false, "teacher": true, "adults": true, "everyone": false, "staff, head": true} {
		for _, service := range []string{"messaging", "mail", "chat"} {
			w.decides(asksOf(role, "messaging", string(wiretest.College), service), open)
			w.decides(asksOf(role, "school", string(wiretest.College), service), open)
		}
	}
	every := `{"subject":{"type":"user","id":"nadia"},"action":{"name":"message.send"},"resource":{"type":"messaging","id":"any"}}`
	w.decides(every, true)
	w.At("2024-04-02T19:30")
	w.decides(every, false) // the strictest of her places
}

func TestBatchesEndEarly(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	text := func(semantic string, logins ...string) string {
		var items []string
		for _, l := range logins {
			items = append(items, `{"subject":{"type":"user","id":"`+l+`"}}`)
		}
		return `{"action":{"name":"message.send"},"resource":{"type":"school","id":"` + string(wiretest.College) + `"},"options":{"evaluations_semantic":` +
			semantic + `,"another":1},"evaluations":[` + strings.Join(items, ",") + `]}`
	}
	w.batch(text(`"execute_all"`, wiretest.Pupil, wiretest.Head, wiretest.Pupil), false, true, false)
	w.batch(text(`"deny_on_first_deny"`, wiretest.Head, wiretest.Pupil, wiretest.Head), true, false)
	w.batch(text(`"deny_on_first_deny"`, wiretest.Head, wiretest.Staff), true, true)
	w.batch(text(`"permit_on_first_permit"`, wiretest.Pupil, wiretest.Head, wiretest.Pupil), false, true)
	w.batch(text(`"permit_on_first_permit"`, wiretest.Pupil, wiretest.Pupil2), false, false)
	for _, bad := range []string{`"first_come"`, `7`, `null`} {
		w.refused(http.StatusBadRequest, "/access/v1/evaluations", text(bad, wiretest.Head))
	}
	whole := `"subject":{"type":"user","id":"head1"},"action":{"name":"message.send"},"resource":{"type":"school","id":"` + string(wiretest.College) + `"}`
	items := w.batch(`{`+whole+`,"evaluations":[{},{"subject":{}},{"subject":"head1"},7,{"action":{"name":7}},{"subject":{"type":"user","id":"x"}}]}`,
		true, true, false, false, false, false)
	for _, i := range []int{2, 3, 4} {
		if items[i].Context.Error == nil || items[i].Context.Error.Status != 400 {
			t.Errorf("evaluation %d: %+v, want its own error", i, items[i].Context)
		}
	}
}

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	w.refused(http.StatusRequestEntityTooLarge, "/access/v1/evaluation", `{"x":"`+strings.Repeat("a", 300<<10)+`"}`)
	r := w.request(http.MethodPost, "/access/v1/evaluation", `{"x":"`+strings.Repeat("a", 300<<10)+`"}`)
	r.ContentLength = -1 // in pieces
	if res, text := w.do(r); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("in pieces: %s %s", res.Status, text)
	}
	many := strings.TrimSuffix(strings.Repeat("{},", 1001), ",")
	w.refused(http.StatusBadRequest, "/access/v1/evaluations", `{"evaluations":[`+many+`]}`)
	w.refused(http.StatusBadRequest, "/access/v1/evaluation", strings.Repeat(`{"a":`, 100)+"1"+strings.Repeat("}", 100))
	r = w.request(http.MethodPost, "/access/v1/evaluation", asks(wiretest.Head, "message.send", wiretest.College))
	r.ContentLength = -1
	if res, text := w.do(r); res.StatusCode != http.StatusOK || !strings.Contains(text, `"decision":true`) {
		t.Errorf("a good one in pieces: %s %s", res.Status, text)
	}
}

func TestOnlyPointsAreAnswered(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	for _, path := range []string{"POST /access/v1/evaluation", "POST /access/v1/evaluations", "POST /access/v1/search/subject",
		"POST /access/v1/simulation", "GET /gate/changes", "GET /gate/states", "GET /gate/whoami", "POST /gate/report"} {
		method, path, _ := strings.Cut(path, " ")
		for _, authorization := range []string{"", "Bearer", "Bearer wrong", "Basic " + w.token} {
			r := w.request(method, path, asks(wiretest.Head, "message.send", wiretest.College))
			r.Header.Set("Authorization", authorization)
			r.Header.Set("X-Request-ID", "7")
			res, text := w.do(r)
			if res.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") || res.Header.Get("X-Request-ID") != "7" {
				t.Errorf("%s with %q: %s %s", path, authorization, res.Status, text)
			}
		}
	}
	if res, _ := w.do(w.request(http.MethodGet, "/access/v1/evaluation", "")); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %s, want 405", res.Status)
	}
}

// TestAPointSeesItsTerritoryAlone whatever it asks.
func TestAPointSeesItsTerritoryAlone(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	token, err := w.App.AddPoint(w.Context(), enforce.Point{Name: "ecole", Kind: "other", Territory: "FR/13/079/" + school.Territory(wiretest.Ecole)})
	if err != nil {
		t.Fatal(err)
	}
	w.token = token
	w.decides(asks(wiretest.Head, "message.read", wiretest.College), false)
	w.decides(asks(wiretest.Nadia, "message.read", wiretest.Ecole), true)
	w.decides(`{"subject":{"type":"role","id":"head"},"action":{"name":"message.read"},"resource":{"type":"school","id":"`+string(wiretest.College)+`"}}`, false)
	w.finds("subject", `{"subject":{"type":"user"},"action":{"name":"message.read"},"resource":{"type":"school","id":"`+string(wiretest.College)+`"}}`)
	w.finds("resource", `{"subject":{"type":"role","id":"teacher"},"action":{"name":"message.read"},"resource":{"type":"school"}}`, string(wiretest.Ecole))
	w.finds("resource", `{"subject":{"type":"user","id":"nadia"},"action":{"name":"message.read"},"resource":{"type":"messaging"}}`, string(wiretest.Ecole))
	if _, text := w.do(w.request(http.MethodGet, "/gate/states", "")); strings.Contains(text, string(wiretest.College)) || !strings.Contains(text, string(wiretest.Ecole)) {
		t.Errorf("states: %s", text)
	}
	if _, text := w.do(w.request(http.MethodGet, "/gate/states?school="+string(wiretest.College), "")); strings.Contains(text, string(wiretest.College)) {
		t.Errorf("the state of another's school: %s", text)
	}
}

func TestSearches(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	in := `"resource":{"type":"school","id":"` + string(wiretest.College) + `"}`
	send := `"action":{"name":"message.send"}`
	w.finds("subject", `{"subject":{"type":"role"},`+send+","+in+`}`, "guardian", "teacher", "staff", "head")
	w.finds("subject", `{"subject":{"type":"user","properties":{"role":"teacher"}},`+send+","+in+`}`, wiretest.Nadia, wiretest.Teacher)
	w.finds("subject", `{"subject":{"type":"user"},"action":{"name":"message.fly"},`+in+`}`)
	w.finds("subject", `{"subject":{"type":"user"},`+send+`,"resource":{"type":"school","id":"0799009N"}}`)
	w.finds("resource", `{"subject":{"type":"role","id":"pupil"},`+send+`,"resource":{"type":"school"}}`, string(wiretest.Ecole))
	w.finds("resource", `{"subject":{"type":"user","id":"nadia"},`+send+`,"resource":{"type":"messaging"}}`, string(wiretest.Ecole), string(wiretest.College))
	w.finds("action", `{"subject":{"type":"user","id":"head1"},`+in+`}`, "session.open", "message.read", "message.reply", "message.send")
	w.finds("action", `{"subject":{"type":"user","id":"pupil1"},`+in+`}`)
	w.refused(http.StatusBadRequest, "/access/v1/search/subject", `{"subject":{"type":"user"},`+send+`,"resource":{"type":"messaging","id":"any"}}`)

	actions := `{"subject":{"type":"user","id":"head1"},` + in + `,"page":`
	first := w.finds("action", actions+`{"limit":3}}`, "session.open", "message.read", "message.reply")
	w.finds("action", actions+`{"limit":3,"token":"`+*first.Page.Next+`"}}`, "message.send")
	for _, bad := range []string{`{"limit":-1}`, `{"limit":1.5}`, `{"limit":"3"}`, `{"token":"none of ours"}`, `{"token":7}`, `7`,
		`{"limit":2,"token":"` + *first.Page.Next + `"}`} {
		w.refused(http.StatusBadRequest, "/access/v1/search/action", actions+bad+`}`)
	}
	w.refused(http.StatusBadRequest, "/access/v1/search/action",
		`{"subject":{"type":"user","id":"nadia"},`+in+`,"page":{"limit":3,"token":"`+*first.Page.Next+`"}}`)
}

// TestALongListHasPages of which each candidate is on one.
func TestALongListHasPages(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	for i := range 30 {
		w.settle(account.PersonID(100+i), fmt.Sprintf("staff%02d", i), map[school.UAI][]school.Role{wiretest.Ecole: {school.Staff}})
	}
	text := `{"subject":{"type":"user"},"action":{"name":"message.send"},"resource":{"type":"school","id":"` + string(wiretest.Ecole) + `"},"page":{"limit":7`
	seen, token := map[string]bool{}, ""
	for pages := 0; ; pages++ {
		out := w.post("/access/v1/search/subject", text+token+`}}`)
		if out.Page.Count != len(*out.Results) || pages > 5 {
			t.Fatalf("page %d: %+v", pages, out)
		}
		for _, r := range *out.Results {
			seen[r.ID] = true
		}
		if *out.Page.Next == "" {
			break
		}
		token = `,"token":"` + *out.Page.Next + `"`
	}
	if len(seen) != 31 { // and Nadia
		t.Errorf("%d people found, want 31", len(seen))
	}
}

func TestStates(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	type page struct {
		Version int64
		Ready   bool
		Next    string
		States  []struct {
			School, Role, Access, Until string
			Opens                       struct{ Write string }
		}
	}
	get := func(query string) (p page) {
		t.Helper()
		res, text := w.do(w.request(http.MethodGet, "/gate/states"+query, ""))
		if err := json.Unmarshal([]byte(text), &p); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s (%v)", query, res.Status, text, err)
		}
		return p
	}
	all := get("")
	if len(all.States) != 10 || all.Version == 0 || !all.Ready || all.Next != "" {
		t.Fatalf("%+v", all)
	}
	if p, g := all.States[5], all.States[6]; p.School != string(wiretest.College) || p.Role != "pupil" || p.Access != "closed" || p.Opens.Write != "" ||
		g.Role != "guardian" || g.Access != "write" || g.Until != "2024-04-02T19:00:00+02:00" {
		t.Errorf("%+v %+v", p, g)
	}
	if p := get("?degree=first&service=chat"); len(p.States) != 5 {
		t.Errorf("the first degree: %+v", p)
	}
	first := get("?limit=1")
	if second := get("?limit=1&after=" + first.Next); first.Next != string(wiretest.Ecole) || len(second.States) != 5 || second.States[0].School != string(wiretest.College) {
		t.Errorf("page by page: %+v, %+v", first, second)
	}
	w.At("2024-04-02T19:00")
	if g := get("?school=" + string(wiretest.College)).States[1]; g.Access != "closed" || g.Opens.Write != "2024-04-03T07:00:00+02:00" {
		t.Errorf("in the evening: %+v", g)
	}
	for _, bad := range []string{"?service=fax", "?degree=third", "?limit=0", "?limit=x"} {
		if res, text := w.do(w.request(http.MethodGet, "/gate/states"+bad, "")); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s %s", bad, res.Status, text)
		}
	}
}

func TestReports(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	late := time.Now().Add(-time.Hour).Format(time.RFC3339Nano)
	res, text := w.do(w.request(http.MethodPost, "/gate/report", `{"instance":"front-1","software":"nginx 1.22","time":"`+late+
		`","version":3,"live":12,"self_test":{"at":"2024-04-02T10:00:00Z","refused":true}}`))
	if res.StatusCode != http.StatusOK || !strings.Contains(text, `"time":"2024-04-02T10:00:00Z"`) || !strings.Contains(text, `"ready":true`) {
		t.Fatalf("%s %s", res.Status, text)
	}
	points, err := w.App.Points(w.Context(), "FR")
	if err != nil || len(points) != 1 || len(points[0].Instances) != 1 {
		t.Fatalf("%+v, %v", points, err)
	}
	r := points[0].Instances[0]
	if off := r.Offset + time.Hour; off > time.Minute || off < -time.Minute || r.Live != 12 || r.Version != 3 || !r.Refused || r.Tested.IsZero() || r.Software != "nginx 1.22" {
		t.Errorf("%+v", r)
	}
	for _, bad := range []string{`{}`, `{"instance":""}`, `{"instance":"a\nb"}`, `{"instance":"` + strings.Repeat("a", 101) + `"}`,
		`{"instance":"a","live":-1}`, `{"instance":"a","time":"noon"}`, `[]`, ``} {
		w.refused(http.StatusBadRequest, "/gate/report", bad)
	}
	if res, text := w.do(w.request(http.MethodGet, "/gate/whoami", "")); !strings.Contains(text, `"name":"test-nginx","kind":"nginx","territory":"FR"`) {
		t.Errorf("whoami: %s %s", res.Status, text)
	}
}

// TestFiguresAreForPointsAndTrustedNetworks: the test's own network is trusted.
func TestFiguresAreForPointsAndTrustedNetworks(t *testing.T) {
	w := newWorld(t, wiretest.Noon, api.Options{}, wiretest.Letter)
	w.decides(asks(wiretest.Pupil, "message.send", wiretest.College), false)
	r := w.request(http.MethodGet, "/metrics", "")
	r.Header.Del("Authorization")
	if res, text := w.do(r); res.StatusCode != http.StatusOK || !strings.Contains(text, `ecluse_refusals_total{order="FR/13/079/2024-0002",point="nginx"} 1`) {
		t.Errorf("%s %s", res.Status, text)
	}
}

// TestWordsThatAreNotOursNarrowNothing: a person is asked about in every role, and
// towards everybody.
func TestWordsThatAreNotOursNarrowNothing(t *testing.T) {
	w := certified(t)
	as := func(role string) string {
		return body(`"subject":{"type":"user","id":"bob","properties":{"role":`+role+`}}`, write, record1)
	}
	to := func(with string) string {
		return body(alice, `"action":{"name":"write","properties":{"with":`+with+`}}`, record1)
	}
	for role, want := range map[string]bool{`"head"`: true, `["head"]`: true, `["head","headmaster"]`: false, `"headmaster"`: false, `[]`: false, `7`: false, `null`: false, `["teacher","head"]`: false} {
		w.decides(as(role), want)
	}
	for with, want := range map[string]bool{`"staff"`: true, `["staff","head"]`: true, `["staff","strangers"]`: false, `"everyone"`: false, `7`: false, `[]`: false} {
		w.decides(to(with), want)
	}
}
