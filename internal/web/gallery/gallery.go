// Package gallery holds one filled example of every page in every state worth
// looking at, in both languages. Tests render it, browsers check it for access,
// and the pictures of the README are taken from it. All people, schools and
// messages are invented.
package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"github.com/ecluse-ecole/ecluse/internal/web/static"
)

// A Sample is one page with the name of what it shows.
type Sample struct {
	Name string // "notice-parent"; unique
	Page page.Page
}

// Samples are all pages in one language.
func Samples(l page.Lang) []Sample {
	g := gallery{l}
	var all []Sample
	for _, chapter := range [][]Sample{g.entrance(), g.mail(), g.writing(), g.account(), g.closed(), g.orders(), g.office(), g.boards(), g.public(), g.reports(), g.letters(), g.reopening(), g.proofs(), g.elsewhere(), g.care(), g.stolen(), g.renewing(), g.secured()} {
		all = append(all, chapter...)
	}
	return all
}

// gallery fills pages in one language.
type gallery struct{ page.Lang }

var paris = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return time.FixedZone("CEST", 2*3600)
	}
	return zone
}()

// at is an instant of April 2024, the week after the first order.
func at(day, hour, minute int) time.Time {
	return time.Date(2024, time.April, day, hour, minute, 0, 0, paris)
}

// now is the evening of the worried parent: Tuesday, 22:58.
var now = at(2, 22, 58)

// bare is the frame of a page without a person.
func (g gallery) bare(fr, en, path string) page.Frame {
	return page.Frame{Lang: g.Lang, Title: g.Say(fr, en), Path: path, Now: now, Assets: static.Prefix}
}

// frame is that of a guardian in one school, with the gate about to close.
func (g gallery) frame(fr, en, part string) page.Frame {
	f := g.bare(fr, en, "/at/42"+part)
	f.Person = "Inès Carrel"
	f.Base = "/at/42"
	f.Current = g.soon()
	f.Boxes = page.Boxes{Unread: 3, Waiting: 1, Drafts: 2}
	f.LiveURL = "/at/42/live"
	f.Places = []page.Place{{Member: 42, School: "Collège des Tilleuls", Role: g.Say("responsable de deux élèves", "guardian of two pupils"),
		URL: "/at/42/inbox", State: f.Current, Unread: 3, Current: true}}
	return f
}

// teacher is a frame in two schools, in the daytime.
func (g gallery) teacher(fr, en, part string) page.Frame {
	f := g.frame(fr, en, part)
	f.Person = "Malik Sorel"
	f.Now = at(2, 15, 20)
	f.Current = g.open()
	f.Places = []page.Place{
		{Member: 42, School: "Collège des Tilleuls", Role: g.Say("personnel enseignant", "teacher"), URL: "/at/42/inbox", State: f.Current, Unread: 3, Current: true},
		{Member: 57, School: "École élémentaire du Port", Role: g.Say("personnel enseignant", "teacher"), URL: "/at/57/inbox", State: g.night(), Unread: 1},
	}
	return f
}

// head is a frame of who runs the school.
func (g gallery) head(fr, en, part string) page.Frame {
	f := g.frame(fr, en, part)
	f.Person = "Odile Marchenoir"
	f.Duty = page.HeadOfSchool
	f.Now = at(2, 15, 20)
	f.Current = g.open()
	f.Places[0].Role = g.Say("direction", "head")
	f.Places[0].State = f.Current
	return f
}

// authority is a frame of an office without a mailbox.
func (g gallery) authority(fr, en, part string) page.Frame {
	f := g.bare(fr, en, "/office/3"+part)
	f.Person = "Rémi Aldebert"
	f.Duty = page.Authority
	f.Base = "/office/3"
	f.Now = at(2, 15, 20)
	f.Places = []page.Place{{Member: 3, School: "Deux-Sèvres", Role: g.Say("direction des services départementaux", "departmental office"), URL: "/office/3/desk", Current: true}}
	return f
}

func (g gallery) open() page.State {
	return page.NewState(g.Lang, writeAccess, false, at(2, 19, 0), at(2, 15, 20))
}

func (g gallery) soon() page.State {
	return page.NewState(g.Lang, writeAccess, false, at(2, 23, 0), now)
}

func (g gallery) night() page.State {
	return page.NewState(g.Lang, closedAccess, false, at(3, 7, 0), now)
}
