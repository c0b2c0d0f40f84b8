package web_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

// heads are who answers for a school.
var heads = school.RolesOf(school.Head)

// allowed is who has business with each route of a place, at their own. A new
// route needs a line here.
var allowed = map[string]school.Roles{
	"GET /at/{member}/{$}":                  school.Everyone,
	"GET /at/{member}/inbox":                school.Everyone,
	"GET /at/{member}/sent":                 school.Everyone,
	"GET /at/{member}/waiting":              school.Everyone,
	"POST /at/{member}/waiting/{id}/change": school.Everyone,
	"POST /at/{member}/waiting/{id}/cancel": school.Everyone,
	"GET /at/{member}/drafts":               school.Everyone,
	"POST /at/{member}/drafts/{id}/discard": school.Everyone,
	"GET /at/{member}/thread/{id}":          school.Everyone,
	"POST /at/{member}/thread/{id}":         school.Everyone,
	"GET /at/{member}/compose":              school.Everyone,
	"POST /at/{member}/compose":             school.Everyone,
	"GET /at/{member}/live":                 school.Everyone,
	"POST /at/{member}/draft":               school.Everyone,
	"GET /at/{member}/state":                school.Everyone,
	"GET /at/{member}/notice":               school.Everyone,
	"GET /at/{member}/help":                 school.Everyone,
	"POST /at/{member}/help":                school.Everyone,
	"GET /at/{member}/announcements":        school.Everyone,
	"GET /at/{member}/orders":               school.Everyone,
	"GET /at/{member}/orders/{id...}":       school.Everyone,
	"POST /at/{member}/orders/{id...}":      school.Everyone, // asks for an exemption
	"GET /at/{member}/secured":              heads,
	"GET /at/{member}/secured.csv":          heads,
	"GET /at/{member}/alerts":               heads,
	"GET /at/{member}/answers":              heads,
	"POST /at/{member}/answers":             heads,
	"GET /at/{member}/answers/{id}/picture": heads,
	"GET /at/{member}/matrix":               heads,
	"POST /at/{member}/matrix":              heads,
	"GET /at/{member}/points":               heads,
	"GET /at/{member}/people":               heads,
	"GET /at/{member}/people/{id}":          heads,
	"POST /at/{member}/people/{id}":         heads,
	"GET /at/{member}/sessions":             heads,
	"POST /at/{member}/sessions":            heads,
	"GET /at/{member}/stolen":               heads,
	"GET /at/{member}/stolen.csv":           heads,
	"GET /at/{member}/campaigns":            heads,
	"POST /at/{member}/campaigns":           heads,
	"GET /at/{member}/campaigns/{id}":       heads,
	"POST /at/{member}/campaigns/{id}":      heads,
	"GET /at/{member}/cards":                heads,
	"POST /at/{member}/cards":               heads,
	"GET /at/{member}/vouch":                heads | school.RolesOf(school.Teacher),
	"POST /at/{member}/vouch":               heads | school.RolesOf(school.Teacher),
	"GET /at/{member}/slips":                heads,
	"POST /at/{member}/slips":               heads,
	"POST /at/{member}/announcements":       heads,
	"POST /at/{member}/orders":              heads,
	"GET /at/{member}/orders/new":           heads,
	"POST /at/{member}/orders/new":          heads,
	"GET /at/{member}/orders/series":        heads,
	"POST /at/{member}/orders/series":       heads,
	"GET /at/{member}/reports/{id...}":      heads,
	"GET /at/{member}/tell/{id...}":         heads,
	"POST /at/{member}/tell/{id...}":        heads,
}

func TestTheMatrixHasEveryRoute(t *testing.T) {
	var places []string
	for _, r := range routes {
		if !strings.Contains(r.pattern, "/at/{member}") {
			continue
		}
		places = append(places, r.pattern)
		if _, there := allowed[r.pattern]; !there {
			t.Errorf("%s has no line in allowed: say which roles have business with it", r.pattern)
		}
	}
	for pattern := range allowed {
		if !slices.Contains(places, pattern) {
			t.Errorf("%s stands in allowed and is no route of a place", pattern)
		}
	}
}

// A seat is a place from which every route is asked.
type seat struct {
	login string
	base  string
	uai   school.UAI // "" for an office
	role  school.Role
	added bool // newWorld does not have this person
}

// seats is every role in two schools, and offices below, at, beside and above.
var seats = []seat{
	{"ecole.pupil", "/at/20", ecole, school.Pupil, true},
	{"ecole.guardian", "/at/21", ecole, school.Guardian, true},
	{"ecole.teacher", "/at/22", ecole, school.Teacher, true},
	{"ecole.staff", "/at/23", ecole, school.Staff, true},
	{other, "/at/7", ecole, school.Head, false},
	{pupil, "/at/1", college, school.Pupil, false},
	{"college.guardian", "/at/24", college, school.Guardian, true},
	{nadia, "/at/3", college, school.Teacher, false},
	{staff, "/at/4", college, school.Staff, false},
	{head, "/at/5", college, school.Head, false},
	{"below", "/for/FR-13-079-C01", "", 0, true},
	{dsden, "/for/FR-13-079", "", 0, false},
	{"beside", "/for/FR-13-016", "", 0, true},
	{"above", "/for/FR-13", "", 0, true},
}

// mark stands in everything that people of a school write.
func mark(uai school.UAI) string { return "entre nous à " + string(uai) }

// A maze is a world with all seats taken and something to find in both schools.
type maze struct {
	*world
	people map[string]*person
	things map[school.UAI]things
}

// things are numbers of what people of a school have.
type things struct{ thread, draft string }

func newMaze(t *testing.T) *maze {
	w := newWorldOf(t, web.Options{Poll: 100 * time.Millisecond},
		ecluse.Options{Signatures: 1, Mail: &ecluse.Mail{Address: "https://ecluse.example"}}, "2024-03-29T10:00:00", readOnly)
	m := &maze{w, map[string]*person{}, map[school.UAI]things{}}
	w.must(w.app.Import(t.Context(), m.newcomers()))
	for _, s := range seats {
		m.people[s.login] = m.sit(s)
	}
	m.things[ecole] = m.fill(ecole, "ecole.pupil", "ecole.teacher", other, otherAt)
	m.things[college] = m.fill(college, pupil, nadia, head, headAt)
	return m
}

// newcomers are who takes the seats that newWorld leaves empty.
func (m *maze) newcomers() ecluse.Roster {
	phc, err := hash()
	m.must(err)
	r := ecluse.Roster{
		Territories: map[school.Territory]string{"FR/13": "Poitiers", "FR/13/016": "Charente"},
		Classes:     []message.Class{{School: ecole, ID: 1, Name: "CM2"}},
		Seats:       []ecluse.Seat{{School: ecole, Class: 1, Member: 20}, {School: ecole, Class: 1, Member: 22}},
	}
	for i, s := range seats {
		if !s.added {
			continue
		}
		id := account.PersonID(100 + i)
		r.People = append(r.People, account.Person{ID: id, Login: s.login, First: "P", Last: s.login, Language: "fr"})
		r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: phc, Changed: m.app.Now()})
		if s.uai == "" {
			territory := school.Territory(strings.ReplaceAll(strings.TrimPrefix(s.base, "/for/"), "-", "/"))
			r.Offices = append(r.Offices, account.Office{Person: id, Territory: territory, Title: "Service " + s.login})
			continue
		}
		number, err := strconv.Atoi(strings.TrimPrefix(s.base, "/at/"))
		m.must(err)
		r.Members = append(r.Members, account.Membership{
			School: s.uai, ID: account.MemberID(number), Person: id, Role: s.role, Name: "P " + mark(s.uai),
		})
	}
	return r
}

// sit signs somebody in at their seat, as far as that goes.
func (m *maze) sit(s seat) *person {
	p := m.stranger()
	p.base = s.base
	if a := p.post("/sign-in", "login", s.login, "password", secret); len(a.header.Values("Set-Cookie")) == 0 {
		m.Fatalf("signing in as %s: %d %s", s.login, a.status, a.heading())
	}
	return p
}

// fill has people of a school write to each other, all of it marked.
func (m *maze) fill(uai school.UAI, pupil, teacher, head string, headAt account.MemberID) things {
	m.people[teacher].send(mark(uai), mark(uai), to(headAt)).is(http.StatusSeeOther)
	draft := m.people[teacher].write()
	m.people[teacher].post("./draft", "draft", draft, "version", "0", "subject", mark(uai), "body", mark(uai)).is(http.StatusOK)
	m.people[head].post("./announcements", "title", mark(uai), "body", mark(uai)).is(http.StatusSeeOther)
	m.people[pupil].post("./help", "body", mark(uai)).is(http.StatusOK)
	return things{m.people[head].get("./inbox").thread(), draft}
}

// forged is a form that would do something at any address that let it.
func forged(r route, of things, reaching school.UAI) string {
	member := map[school.UAI]string{ecole: to(otherAt), college: to(headAt)}[reaching]
	return url.Values{
		"draft": {of.draft}, "version": {"1"}, "do": {"send"}, "subject": {"Forgé"}, "body": {"Forgé"}, "to": {member},
		"title": {"Forgé"}, "scope": {string(reaching)}, "reason": {"Forgé"}, "products": {"pronote"}, "member": {strings.TrimPrefix(member, "m")},
	}.Encode()
}

// ask asks a route at a base, with the things of some school in its address and
// form; a stream is left at once.
func (m *maze) ask(p *person, base string, r route, of things, reaching school.UAI) answer {
	path := strings.NewReplacer("THREAD", of.thread, "drafts/1/", "drafts/"+of.draft+"/", "waiting/1/", "waiting/"+of.thread+"/").Replace(r.try)
	at := *p
	at.base = base
	if r.method() == http.MethodGet {
		return at.try(route{r.pattern, path, r.closing}, of.thread)
	}
	return at.ask(at.request(r.method(), path, strings.NewReader(forged(r, of, reaching))))
}

// of reports whether a route stands under a base.
func (r route) of(base string) bool {
	return strings.Contains(r.pattern, "{member}") && strings.HasPrefix(base, "/at/") ||
		strings.Contains(r.pattern, "{territory}") && strings.HasPrefix(base, "/for/")
}

// TestNoRouteCrosses asks every route at every seat as everybody else, then at
// everybody's own with what belongs to the other school: nothing of a school is
// ever told to people of the other, and nothing of it changes.
func TestNoRouteCrosses(t *testing.T) {
	m := newMaze(t)
	before := map[school.UAI]string{ecole: m.rows(ecole), college: m.rows(college)}
	for _, s := range seats {
		for _, at := range seats {
			if at.login == s.login {
				continue
			}
			for _, r := range routes {
				if !r.of(at.base) {
					continue
				}
				if a := m.ask(m.people[s.login], at.base, r, m.things[at.uai], at.uai); a.status != http.StatusNotFound {
					t.Errorf("%s asks %s as %s: %d %s; want what does not exist", s.login, r.pattern, at.login, a.status, a.heading())
				}
			}
		}
	}
	for uai, rows := range before {
		if m.rows(uai) != rows {
			t.Errorf("strangers changed something of %s", uai)
		}
	}
	for _, uai := range []school.UAI{ecole, college} {
		m.reach(uai)
	}
}

// reach has everybody but the people of a school ask what is their own with the
// numbers of what belongs to that school.
func (m *maze) reach(uai school.UAI) {
	before := m.rows(uai)
	for _, s := range seats {
		if s.uai == uai {
			continue
		}
		for _, r := range routes {
			if !r.of(s.base) {
				continue
			}
			a := m.ask(m.people[s.login], s.base, r, m.things[uai], uai)
			if strings.Contains(a.body, mark(uai)) {
				m.Errorf("%s asks %s and reads what people of %s wrote", s.login, r.pattern, uai)
			}
			refused := a.status == http.StatusNotFound || a.status == http.StatusForbidden
			numbered := strings.Contains(r.pattern, "{id}") && !strings.Contains(r.pattern, "/people/") // a person is of no one school: see people_test.go
			if !refused && (numbered || s.uai != "" && !allowed[r.pattern].Has(s.role)) {
				m.Errorf("%s asks %s with numbers of %s: %d %s; want a refusal", s.login, r.pattern, uai, a.status, a.heading())
			}
		}
	}
	if m.rows(uai) != before {
		m.Errorf("somebody elsewhere changed something of %s", uai)
	}
}

// TestEverybodyHasTheirOwn: what is allowed is answered, so that refusals mean
// something.
func TestEverybodyHasTheirOwn(t *testing.T) {
	m := newMaze(t)
	for _, s := range seats {
		for _, r := range routes {
			named := strings.Contains(r.pattern, "{id") // of something that may not be there
			if named || r.method() != http.MethodGet || !r.of(s.base) || s.uai != "" && !allowed[r.pattern].Has(s.role) {
				continue
			}
			if a := m.ask(m.people[s.login], s.base, r, m.things[s.uai], s.uai); a.status >= 400 && !strings.Contains(r.try, "?") {
				t.Errorf("%s asks %s: %d %s", s.login, r.pattern, a.status, a.heading())
			}
		}
	}
}

// TestNobodyHalfWayEnters: who is not signed in, whose account is frozen, who has
// still to prove something, and who took a session along, come to nothing that is
// somebody's own.
func TestNobodyHalfWayEnters(t *testing.T) {
	m := newMaze(t)
	db, err := sql.Open("sqlite", m.db)
	m.must(err)
	defer db.Close()
	run := func(query string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), query, args...)
		m.must(err)
	}
	m.must(m.app.Freeze(t.Context(), m.actor(dsden), 5, "")) // the collège's head, who is signed in
	run("INSERT INTO factor (id, person, kind, name, secret, added, used, mark) VALUES (1, 3, 2, '', '', 0, 0, 0)")
	run("INSERT INTO renewal (person, since, why) VALUES (4, 0, 0)")
	stolen := *m.people[pupil]
	stolen.client = m.stranger().client
	address, err := url.Parse(m.url)
	m.must(err)
	for _, c := range m.people[pupil].client.Jar.Cookies(address) {
		if strings.Contains(c.Name, "session") {
			stolen.client.Jar.SetCookies(address, []*http.Cookie{c})
		}
	}
	stranger := m.stranger()
	stranger.base = bases[pupil]
	for name, c := range map[string]struct {
		p     *person
		leads string
	}{
		"nobody":                    {stranger, "/sign-in"},
		"a frozen account":          {m.people[head], "/sign-in"},
		"without the second factor": {m.sit(seats[7]), "/proof"},
		"without a new password":    {m.sit(seats[8]), "/proof"},
		"with a stolen cookie":      {&stolen, "/proof"},
	} {
		for _, r := range routes {
			if r.closing == public || r.try == "/sign-out" || !strings.HasPrefix(r.try, "/") && !r.of(c.p.base) {
				continue
			}
			a := c.p.try(r, "1")
			led := a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), c.leads)
			if !led && a.status != http.StatusUnauthorized || strings.Contains(a.body, "entre nous") {
				t.Errorf("%s asks %s: %d %s; want to be led to %s", name, r.pattern, a.status, a.heading(), c.leads)
			}
		}
	}
}

// actor is somebody without a session.
func (m *maze) actor(login string) ecluse.Actor {
	v, err := m.app.VisitOf(m.Context(), login)
	m.must(err)
	who, err := v.For("FR/13/079")
	m.must(err)
	return who
}

// rows is everything that a school's tables hold, as text; the journal is kept of
// refusals too.
func (m *maze) rows(uai school.UAI) string {
	m.Helper()
	db, err := sql.Open("sqlite", m.db)
	m.must(err)
	defer db.Close()
	tables := m.column(db, `SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'school' ORDER BY 1`)
	if len(tables) < 10 {
		m.Fatalf("only %d tables are of a school", len(tables))
	}
	var b strings.Builder
	for _, table := range tables {
		columns := m.column(db, `SELECT name FROM pragma_table_info('`+table+`')`)
		fmt.Fprintln(&b, table)
		for _, row := range m.column(db, `SELECT `+strings.Join(columns, `||'|'||`)+` FROM `+table+` WHERE school = '`+string(uai)+`' ORDER BY 1`) {
			fmt.Fprintln(&b, row)
		}
	}
	return b.String()
}

func (m *maze) column(db *sql.DB, query string) (list []string) {
	m.Helper()
	rows, err := db.QueryContext(m.Context(), query)
	m.must(err)
	defer rows.Close()
	for rows.Next() {
		var s sql.NullString
		m.must(rows.Scan(&s))
		list = append(list, s.String)
	}
	m.must(rows.Err())
	return list
}
