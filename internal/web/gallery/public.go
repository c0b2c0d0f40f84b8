package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// public are the pages that anybody may read.
func (g gallery) public() []Sample {
	list := page.PublicList{Frame: g.bare("Établissements", "Schools", page.PublicListURL), Query: "tilleuls", Total: 51, More: page.PublicListURL + "?from=50", Before: page.PublicListURL}
	for i, name := range []string{"Collège des Tilleuls", "École élémentaire des Tilleuls", "École maternelle des Tilleuls"} {
		kind := []page.StateKind{page.Reply, page.Open, page.Unknown}[i]
		list.Rows = append(list.Rows, page.PublicRow{Name: name, UAI: "079090" + string(rune('1'+i)) + "A", Place: "Deux-Sèvres",
			URL: "/ecole/0790901A", Kind: kind, Word: page.PublicWord(g.Lang, kind)})
	}
	missing := page.PublicList{Frame: list.Frame, Missing: "0790901Z"}
	return []Sample{{"public-open", g.publicOpen()}, {"public-closed", g.publicClosed()}, {"public-shut", g.publicShut()},
		{"public-unknown", g.publicUnknown()}, {"public-share", g.publicShare()}, {"public-list", list}, {"public-missing", missing}}
}

// states are one state for pupils and another for adults.
func (g gallery) states(pupils, adults page.PublicState) []page.PublicState {
	out := []page.PublicState{pupils}
	for _, r := range school.Adults.Each() {
		adults.Role = r
		out = append(out, adults)
	}
	return out
}

func (g gallery) publicFrom(states []page.PublicState, now time.Time) page.Public {
	p := page.Public{Frame: g.bare("Collège des Tilleuls : messagerie", "Collège des Tilleuls: messaging", "/ecole/0790901A"),
		School: "Collège des Tilleuls", UAI: "0790901A", Phone: "05 36 49 00 01", Again: 300_000, Address: "https://ecluse.exemple.invalid/ecole/0790901A"}
	p.Now, p.Feed = now, page.PublicFeedURL(p.UAI, g.Lang)
	p.Kind, p.Headline = page.Headline(g.Lang, states, now)
	p.Services = []page.PublicService{{Name: page.ServicesWord(g.Lang, []order.Service{order.Messaging, order.Mail, order.Chat}), Groups: page.PublicGroups(g.Lang, states, now)}}
	return p
}

func (g gallery) publicOpen() page.Public {
	free := page.PublicState{Access: order.Write}
	p := g.publicFrom(g.states(free, free), now)
	p.History = g.publicHistory()
	return p
}

// publicClosed is the evening: pupils are closed, adults until 11 pm, with all
// that a page can tell.
func (g gallery) publicClosed() page.Public {
	p := g.publicFrom(g.states(page.PublicState{}, page.PublicState{Access: order.Write, Until: at(2, 23, 0)}), at(2, 21, 14))
	mail := g.states(page.PublicState{}, page.PublicState{Access: order.Read, Until: at(3, 7, 0), Reopens: at(3, 9, 0)})
	p.Services[0].Name = page.ServicesWord(g.Lang, []order.Service{order.Messaging, order.Chat})
	p.Services = append(p.Services, page.PublicService{Name: page.ServicesWord(g.Lang, []order.Service{order.Mail}), Groups: page.PublicGroups(g.Lang, mail, p.Now)})
	rows := g.rows()
	p.InForce = []page.PublicOrder{g.publicOrder(rows[0])}
	p.Announced = []page.PublicOrder{g.publicOrder(rows[1])}
	rehearsal := rows[2]
	rehearsal.State = page.InForce
	p.Exercises = []page.PublicOrder{g.publicOrder(rehearsal)}
	p.History, p.Older = g.publicHistory(), 12
	p.Week = g.week()
	p.Week.Previous, p.Week.Next = "", ""
	return p
}

func (g gallery) publicShut() page.Public {
	p := g.publicFrom(g.states(page.PublicState{Until: at(3, 7, 0)}, page.PublicState{Until: at(3, 7, 0)}), at(2, 23, 4))
	p.InForce = []page.PublicOrder{g.publicOrder(g.rows()[0])}
	return p
}

func (g gallery) publicUnknown() page.Public {
	return g.publicFrom(g.states(page.PublicState{Unknown: true}, page.PublicState{Unknown: true}), now)
}

func (g gallery) publicOrder(r page.OrderRow) page.PublicOrder {
	o := g.order()
	r.Summary, r.URL = "", ""
	return page.PublicOrder{Row: r, Rules: o.Rules, Basis: o.Basis, Reason: o.Reason, Contact: o.Contact}
}

func (g gallery) publicHistory() []page.PublicOrder {
	lifted := g.publicOrder(g.rows()[0])
	lifted.Row.State, lifted.Row.Until = page.Lifted, at(2, 12, 0)
	lifted.Ended = g.Say("Levé le mardi 2 avril à 12 h 00, par Services départementaux : « Réouverture ».", "Lifted on Tuesday 2 April at noon, by Departmental office: “Reopening”.")
	return []page.PublicOrder{lifted, g.publicOrder(g.rows()[2])}
}

func (g gallery) publicShare() page.PublicShare {
	p := g.publicClosed()
	const base = "https://ecluse.exemple.invalid/ecole/0790901A"
	p.Frame.Path += page.PublicSharePart
	return page.PublicShare{Frame: p.Frame, School: p.School, UAI: p.UAI, Text: p.Text(base), Page: base,
		Feed: base + page.PublicFeedPart, State: base + page.PublicStatePart,
		Snippet: `<script async src="https://ecluse.exemple.invalid/static/banner.js" data-ecole="0790901A" data-lang="fr"></script>`}
}
