package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// points is the gate's page, for authorities and heads: the servers that ask,
// and what an account of theirs would be told.
func (c *call) points() error {
	if c.who.Office.Territory == "" {
		return c.nothing()
	}
	territory, err := c.app.TerritoryOf(c.who)
	if err != nil {
		return err
	}
	list, err := c.app.Points(c.r.Context(), territory)
	if err != nil {
		return err
	}
	p := page.Points{Login: page.Field{Value: c.r.FormValue("login")}}
	for _, v := range list {
		p.Points = append(p.Points, c.pointRows(v)...)
	}
	slices.SortStableFunc(p.Points, func(a, b page.PointRow) int { return cmp.Compare(b.State, a.State) })
	for _, r := range p.Points {
		if r.State == page.PointWell {
			p.Well++
		}
	}
	service := c.askedService(&p)
	if strings.TrimSpace(p.Login.Value) != "" {
		p.Verdict = c.verdict(p.Login.Value, service, territory)
	}
	if p.Followers, err = c.followers(territory); err != nil {
		return err
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Le sas", "The gate")); err != nil {
		return err
	}
	return c.show(ok, p)
}

// followers are the installations that answer for schools of an office.
func (c *call) followers(t school.Territory) (rows []page.FollowerRow, err error) {
	if c.who.Member.ID != 0 {
		return nil, nil
	}
	list, err := c.app.Followers(c.r.Context(), t)
	for _, f := range list {
		row := page.FollowerRow{Name: f.Name, Heard: c.in(f.Said), Silent: f.Silent, Version: f.Version, LeftOut: f.LeftOut}
		for _, w := range f.Within {
			row.Within = append(row.Within, c.app.TerritoryName(w))
		}
		rows = append(rows, row)
	}
	return rows, err
}

// askedService fills the list of services, and tells the one asked for.
func (c *call) askedService(p *page.Points) order.Service {
	asked, err := order.ParseService(c.r.FormValue("service"))
	if err != nil {
		asked = order.Messaging
	}
	words := [order.ServiceCount]string{
		order.Messaging: c.lang.Say("messagerie", "messaging"),
		order.Mail:      c.lang.Say("courrier électronique", "e-mail"),
		order.Chat:      c.lang.Say("messagerie instantanée", "chat"),
	}
	for s, word := range words {
		p.Services = append(p.Services, page.Choice{
			Value: order.Service(s).String(), Label: word, Chosen: order.Service(s) == asked,
		})
	}
	return asked
}

// verdict is what an account of a territory would be told.
func (c *call) verdict(login string, service order.Service, t school.Territory) *page.Verdict {
	office := enforce.Point{Kind: "other", Territory: t}
	answer := c.app.Answering(office).Ask(c.r.Context(), enforce.Question{Login: login, Service: service})
	line := page.NewState(c.lang, answer.Access, answer.Unknown, answer.Until, c.app.Now())
	text := c.lang.Say(answer.French.Brief, answer.English.Brief)
	for _, b := range answer.Orders {
		text += " " + c.lang.Say("Décision : ", "Decided by: ") + b.Office + c.lang.Say(" (ordre ", " (order ") + string(b.ID) + ")."
	}
	return &page.Verdict{Kind: line.Kind, Text: text}
}

// pointRows is one row for each instance of a point.
func (c *call) pointRows(v ecluse.PointView) []page.PointRow {
	if len(v.Instances) == 0 {
		return []page.PointRow{{Name: v.Name, Kind: c.kindOf(v.Kind), Software: v.Kind, State: page.PointNever}}
	}
	var rows []page.PointRow
	for _, i := range folded(v.Instances) {
		rows = append(rows, page.PointRow{
			Name: v.Name, Kind: c.kindOf(v.Kind), Software: strings.TrimSpace(v.Kind + " " + i.Software), Instance: i.Instance, State: c.pointState(i),
			Asked: c.in(i.Asked), Current: c.current(i), Offset: c.offset(i.Offset), Live: i.Live,
			Tested: c.in(i.Tested), Refused: i.Refused,
		})
	}
	return rows
}

// folded gives what a point asked to its instances that report, where there are
// some: it is the same server.
func folded(list []enforce.Report) []enforce.Report {
	if len(list) < 2 || list[0].Instance != "" {
		return list
	}
	asked, rest := list[0], slices.Clone(list[1:])
	for i := range rest {
		if asked.Asked.After(rest[i].Asked) {
			rest[i].Asked = asked.Asked
		}
		if asked.Tested.After(rest[i].Tested) {
			rest[i].Tested, rest[i].Refused = asked.Tested, asked.Refused
		}
	}
	return rest
}

// kindOf says what a server is for, to people who do not run it.
func (c *call) kindOf(kind string) string {
	switch kind {
	case "postfix", "dovecot":
		return c.lang.Say("courrier électronique", "e-mail")
	case "prosody", "ejabberd", "synapse":
		return c.lang.Say("messagerie instantanée", "chat")
	case "cas", "oidc":
		return c.lang.Say("connexion", "sign-in")
	case "other":
		return c.lang.Say("autre logiciel", "other software")
	}
	return c.lang.Say("pages d'un espace numérique", "pages of an online space")
}

// current reports whether an instance decides by the present orders, as far as
// it has said anything since they changed.
func (c *call) current(r enforce.Report) bool {
	version, changed := c.app.Snapshot().Version(), c.app.Changed()
	return r.Version >= version || r.At.Before(changed.Add(time.Minute)) || r.Instance == ""
}

func (c *call) pointState(r enforce.Report) page.PointState {
	switch now := c.app.Now(); {
	case !r.Tested.IsZero() && !r.Refused:
		return page.PointLeaks
	case r.Asked.IsZero() && r.Instance == "":
		return page.PointNever
	case now.Sub(r.At) > enforce.Silent:
		return page.PointSilent
	case r.Offset.Abs() > enforce.WorstOffset, !c.current(r):
		return page.PointLate
	}
	return page.PointWell
}

// offset is how far a point's clock is off, in words; "" when it is right.
func (c *call) offset(d time.Duration) string {
	if d.Abs() <= enforce.WorstOffset {
		return ""
	}
	seconds := strings.Replace(fmt.Sprintf("%.1f", d.Abs().Seconds()), ".", c.lang.Say(",", "."), 1)
	if d > 0 {
		return c.lang.Say("en avance de "+seconds+" s", seconds+" s fast")
	}
	return c.lang.Say("en retard de "+seconds+" s", seconds+" s slow")
}
