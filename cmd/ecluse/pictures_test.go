package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web"
	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
)

// A photographer takes the README's pictures from the pages of the
// demonstration, as its people see them.
type photographer struct {
	t      *testing.T
	folder string
	app    *ecluse.App
	clock  *clock.Clock
	stage  stage
	url    string
	visit  ecluse.Visit // of who is signed in
	tab    *browsertest.Tab
}

func TestPictures(t *testing.T) {
	folder := os.Getenv("ECLUSE_PICTURES")
	if folder == "" {
		t.Skip("pictures are taken on request: make pictures")
	}
	p := newPhotographer(t, folder)
	parent := p.guardian()
	p.signIn(p.face("Parent d’enfants dans deux établissements"))
	p.tab.Size(1280, 800)
	p.take("inbox-desk", p.place("inbox"))
	p.tab.Size(360, 1100)
	p.take("inbox-phone", p.place("inbox"))
	p.signIn(p.face("Direction de collège"))
	p.tab.Size(1090, 1000)
	p.take("week-desk", p.place("orders?week=2024-04-01"))
	p.signIn(parent)
	p.tab.Size(360, 1100)
	p.draft()
	p.clock.Set(p.clock.Now().Add(5 * time.Minute))
	p.take("notice-phone", p.place("notice"))
}

// collège is where the pictures are taken.
const collège = school.UAI("0799101N")

// newPhotographer opens the demonstration five minutes before the collèges
// close, on a clock that stands still.
func newPhotographer(t *testing.T, folder string) *photographer {
	t.Helper()
	ctx := t.Context()
	p := &photographer{t: t, folder: folder, clock: clock.Manual(time.Date(2024, 3, 29, 17, 55, 0, 0, time.UTC))}
	dir := t.TempDir()
	var err error
	if p.app, err = ecluse.Open(ctx, ecluse.Options{Database: filepath.Join(dir, "demo.db"), Clock: p.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.app.Close() })
	if p.stage, err = setStage(ctx, p.app, dir); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(web.New(p.app, web.Options{Spread: web.DefaultSpread, Poll: web.DefaultPoll}))
	t.Cleanup(server.Close)
	p.url, p.tab = server.URL, browsertest.New(t)
	t.Cleanup(func() { p.app.Hush() }) // before the server waits for its streams
	return p
}

// face is the login of one of the demonstration's faces.
func (p *photographer) face(label string) string {
	for _, f := range p.stage.Faces() {
		if f.Label == label {
			return p.stage.People[f.Person].Login
		}
	}
	p.t.Fatalf("the demonstration has no %s", label)
	return ""
}

// guardian is the login of a parent who has a place in the collège alone.
func (p *photographer) guardian() string {
	for _, line := range p.stage.people() {
		places := 0
		for _, m := range p.stage.Memberships {
			if p.stage.People[m.Person].Login == line.Login {
				places++
			}
		}
		if places == 1 && line.Role == school.Guardian.String() && line.School == string(collège) {
			return line.Login
		}
	}
	p.t.Fatal("no guardian who can sign in has a place in the collège alone")
	return ""
}

func (p *photographer) signIn(login string) {
	p.t.Helper()
	p.tab.Open(p.url + "/sign-in")
	browsertest.Eval[bool](p.tab, fmt.Sprintf(
		`fetch("/sign-in", {method: "POST", body: new URLSearchParams({login: %q, password: %q})}).then(r => r.ok)`,
		login, p.stage.password))
	var err error
	if p.visit, err = p.app.VisitOf(p.t.Context(), login); err != nil {
		p.t.Fatal(err)
	}
}

// who is the membership in the collège of the person who is signed in.
func (p *photographer) who() ecluse.Actor {
	p.t.Helper()
	for _, m := range p.visit.Members {
		if m.School != collège {
			continue
		}
		who, err := p.visit.As(m.ID)
		if err != nil {
			p.t.Fatal(err)
		}
		return who
	}
	p.t.Fatal("who is signed in has no place in the collège")
	return ecluse.Actor{}
}

// place is the address of a page of that membership.
func (p *photographer) place(page string) string {
	return fmt.Sprintf("%s/at/%d/%s", p.url, p.who().Member.ID, page)
}

// draft begins a message that the closing will meet.
func (p *photographer) draft() {
	p.t.Helper()
	text := message.Draft{ID: p.app.NewDraftID(), Subject: "Absence de lundi", Body: "Bonjour, je vous écris pour"}
	if _, err := p.app.SaveDraft(p.t.Context(), p.who(), text); err != nil {
		p.t.Fatal(err)
	}
}

// take opens a page and keeps what the window shows.
func (p *photographer) take(name, address string) {
	p.t.Helper()
	p.tab.Open(address)
	file := filepath.Join(p.folder, name+".png")
	if err := os.WriteFile(file, p.tab.Picture(false), 0o644); err != nil {
		p.t.Fatal(err)
	}
}
