package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

const (
	ecole   school.UAI = "0799001E"
	college school.UAI = "0799002F"
)

// People, by login; their memberships below. Nadia teaches at the collège and
// Karim has a child in each school.
const (
	pupil    = "pupil"
	karim    = "karim"
	nadia    = "nadia"
	staff    = "staff"
	head     = "head"
	other    = "other"     // head of the école
	dsden    = "dsden"     // the département's office, with no mailbox
	someName = `<b>O'Neil` // a name that a page must not take for HTML
)

const (
	pupilAt account.MemberID = iota + 1
	karimAt
	nadiaAt
	staffAt
	headAt
	karimEcole
	otherAt
)

const secret = "un long mot de passe"

// A world is the real application behind real HTTP, with a clock that tests move.
type world struct {
	*testing.T
	app   *ecluse.App
	clock *clock.Clock
	url   string
	db    string
}

// cheap is what a password costs here; account's own tests take it in earnest.
var cheap = account.Cost{Memory: 64, Passes: 1}

var hash = sync.OnceValues(func() (string, error) {
	return account.NewHasher(1, cheap).Hash(context.Background(), secret)
})

func newWorld(t *testing.T, at string, orders ...string) *world {
	t.Helper()
	return newWorldWith(t, web.Options{Poll: 100 * time.Millisecond}, at, orders...)
}

func newWorldWith(t *testing.T, o web.Options, at string, orders ...string) *world {
	t.Helper()
	return newWorldSigned(t, o, 1, at, orders...)
}

// newWorldSigned is a world in which an order for more than one school needs so
// many signatures. In others one is enough: see proposal_test.go.
func newWorldSigned(t *testing.T, o web.Options, signatures int, at string, orders ...string) *world {
	t.Helper()
	return newWorldOf(t, o, ecluse.Options{Signatures: signatures}, at, orders...)
}

// newWorldOf is a world whose application has options of its own.
func newWorldOf(t *testing.T, o web.Options, app ecluse.Options, at string, orders ...string) *world {
	t.Helper()
	w := &world{T: t, clock: clock.Manual(paris(at)), db: storetest.SQLite(t)}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	app.Database, app.Clock, app.Log, app.Seal = w.db, w.clock, o.Log, make([]byte, account.SealKey)
	app.Hashing = cheap
	w.app, err = ecluse.Open(t.Context(), app)
	w.must(err)
	w.must(w.app.Import(t.Context(), w.roster()))
	w.adopt(orders...)
	server := httptest.NewServer(web.New(w.app, o))
	w.url = server.URL
	t.Cleanup(func() {
		w.app.Hush()
		server.Close()
		w.app.Close()
	})
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) adopt(texts ...string) {
	w.Helper()
	var list []*order.Order
	for _, text := range texts {
		o, err := order.Parse("test", []byte(text))
		w.must(err)
		list = append(list, o)
	}
	w.must(w.app.AdoptOrders(w.Context(), list))
}

// at moves the clock.
func (w *world) at(s string) *world {
	w.clock.Set(paris(s))
	return w
}

// paris is a wall-clock reading in the schools' zone.
func paris(s string) time.Time { return ordertest.Paris(s) }

func (w *world) roster() ecluse.Roster {
	w.Helper()
	phc, err := hash()
	w.must(err)
	place := func(uai school.UAI, name string, degree school.Degree, parent school.Territory) ecluse.SchoolEntry {
		return ecluse.SchoolEntry{
			School:  school.School{UAI: uai, Name: name, Degree: degree, Parent: parent, Zone: "Europe/Paris", Calendar: "079"},
			Contact: store.Contact{Phone: "05 36 49 10 00", Protection: "la vie scolaire"},
		}
	}
	r := ecluse.Roster{
		Territories: map[school.Territory]string{"FR/13/079": "Deux-Sèvres", "FR/13/079/C01": "Circonscription du Marais"},
		Schools: []ecluse.SchoolEntry{
			place(ecole, "École des Saules", school.First, "FR/13/079/C01"),
			place(college, "Collège de la Boutonne", school.Second, "FR/13/079"),
		},
		Classes:   []message.Class{{School: college, ID: 1, Name: "4e B"}},
		Offices:   []account.Office{{Person: 7, Territory: "FR/13/079", Title: "DSDEN des Deux-Sèvres"}},
		Seats:     []ecluse.Seat{{School: college, Class: 1, Member: pupilAt}, {School: college, Class: 1, Member: nadiaAt}},
		Guardians: []ecluse.Guardian{{School: college, Guardian: karimAt, Pupil: pupilAt}},
	}
	for i, login := range []string{pupil, karim, nadia, staff, head, other, dsden} {
		id := account.PersonID(i + 1)
		r.People = append(r.People, account.Person{ID: id, Login: login, First: "Prénom", Last: someName, Language: "fr"})
		r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: phc, Changed: w.app.Now()})
	}
	add := func(uai school.UAI, id account.MemberID, person account.PersonID, role school.Role) {
		name := "Prénom " + someName + " " + role.String()
		r.Members = append(r.Members, account.Membership{School: uai, ID: id, Person: person, Role: role, Name: name})
	}
	add(college, pupilAt, 1, school.Pupil)
	add(college, karimAt, 2, school.Guardian)
	add(college, nadiaAt, 3, school.Teacher)
	add(college, staffAt, 4, school.Staff)
	add(college, headAt, 5, school.Head)
	add(ecole, karimEcole, 2, school.Guardian)
	add(ecole, otherAt, 6, school.Head)
	return r
}

// A person is a browser in somebody's hands. It follows no redirection.
type person struct {
	*world
	client *http.Client
	base   string // of their place, such as /at/3
}

// bases is where each person's pages stand.
var bases = map[string]string{
	pupil: "/at/1", karim: "/at/2", nadia: "/at/3", staff: "/at/4", head: "/at/5", other: "/at/7", dsden: "/for/FR-13-079",
}

// stranger is a browser in which nobody is signed in.
func (w *world) stranger() *person {
	w.Helper()
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &person{world: w, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// as is a browser in which somebody has signed in.
func (w *world) as(login string) *person {
	w.Helper()
	p := w.stranger()
	p.base = bases[login]
	if a := p.post("/sign-in", "login", login, "password", secret); a.status != http.StatusSeeOther {
		w.Fatalf("signing in as %s: %d %s", login, a.status, a.heading())
	}
	return p
}

// An answer is what came back.
type answer struct {
	*world
	status int
	header http.Header
	body   string
}

// ask sends one request; an address that begins with "." stands under the
// person's place.
func (p *person) ask(r *http.Request) answer {
	p.Helper()
	response, err := p.client.Do(r)
	p.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	p.must(err)
	return answer{p.world, response.StatusCode, response.Header, string(body)}
}

func (p *person) request(method, path string, body io.Reader) *http.Request {
	p.Helper()
	if rest, ok := strings.CutPrefix(path, "."); ok {
		path = p.base + rest
	}
	r, err := http.NewRequestWithContext(p.Context(), method, p.url+path, body)
	p.must(err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

func (p *person) get(path string) answer {
	p.Helper()
	return p.ask(p.request(http.MethodGet, path, nil))
}

// post sends a form, given as names and values in turn.
func (p *person) post(path string, fields ...string) answer {
	p.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return p.ask(p.request(http.MethodPost, path, strings.NewReader(form.Encode())))
}

// follow opens where an answer leads.
func (p *person) follow(a answer) answer {
	p.Helper()
	if a.status != http.StatusSeeOther {
		p.Fatalf("%d %s; want to be led on", a.status, a.heading())
	}
	return p.get(a.header.Get("Location"))
}

var (
	headings = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)
	titles   = regexp.MustCompile(`(?s)<title>(.*?)</title>`)
)

// heading is what the page is about.
func (a answer) heading() string {
	if m := headings.FindStringSubmatch(a.body); m != nil {
		return strings.TrimSpace(m[1])
	}
	return a.body[:min(len(a.body), 200)]
}

// field is what a form of the page posts under a name.
func (a answer) field(name string) string {
	a.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.body)
	if m == nil {
		a.Fatalf("the page %q has no field %q", a.heading(), name)
	}
	return m[1]
}

// says fails unless the page holds each of the texts.
func (a answer) says(texts ...string) answer {
	a.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.Errorf("the page %q does not say %q", a.heading(), text)
		}
	}
	return a
}

func (a answer) saysNot(texts ...string) answer {
	a.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.Errorf("the page %q says %q", a.heading(), text)
		}
	}
	return a
}

// is fails unless the answer has the status.
func (a answer) is(status int) answer {
	a.Helper()
	if a.status != status {
		a.Errorf("%d %s; want %d", a.status, a.heading(), status)
	}
	return a
}

// write begins a message and returns the number of its draft.
func (p *person) write() string {
	p.Helper()
	return p.get("./compose").is(http.StatusOK).field("draft")
}

// send writes a message to some recipients.
func (p *person) send(subject, body string, to ...string) answer {
	p.Helper()
	fields := []string{"draft", p.write(), "version", "0", "do", "send", "subject", subject, "body", body}
	for _, t := range to {
		fields = append(fields, "to", t)
	}
	return p.post("./compose", fields...)
}

var threads = regexp.MustCompile(`/thread/(\d+)`)

// thread is the first thread on a page.
func (a answer) thread() string {
	a.Helper()
	m := threads.FindStringSubmatch(a.body)
	if m == nil {
		a.Fatalf("the page %q lists no thread", a.heading())
	}
	return m[1]
}

// received counts the messages of an inbox.
func (p *person) received() int {
	p.Helper()
	return len(threads.FindAllString(p.get("./inbox").is(http.StatusOK).body, -1))
}

// to is a person as the form posts them.
func to(id account.MemberID) string { return "m" + strconv.FormatInt(int64(id), 10) }

// The two letters in short, and an order that leaves reading open at night.
const (
	firstLetter  = ordertest.FirstLetter
	secondLetter = ordertest.SecondLetter
	readOnly     = ordertest.ReadOnly
)
