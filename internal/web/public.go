package web

import (
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// pastShown is how many orders that are over a public page and a feed tell of.
const pastShown = 50

// publicPage is a school's page for anybody.
func (c *call) publicPage() error {
	return c.publicly("page", func(n ecluse.PublicNotice) (rendering, error) {
		p, whole := c.publicOf(n)
		return c.renderPage(p, whole)
	})
}

// publicShare is what a webmaster takes along.
func (c *call) publicShare() error {
	return c.publicly("share", func(n ecluse.PublicNotice) (rendering, error) {
		p, whole := c.publicOf(n)
		base := p.Address
		share := page.PublicShare{
			Frame: p.Frame, School: p.School, UAI: p.UAI, Text: p.Text(base), Page: base,
			Snippet: `<script async src="` + origin + `/static/banner.js" data-ecole="` + p.UAI + `" data-lang="` + string(c.lang) + `"></script>`,
			Feed:    origin + page.PublicFeedURL(p.UAI, c.lang), State: base + page.PublicStatePart,
		}
		share.Title = c.lang.Say("Reprendre cette information", "Use this information")
		share.Path = page.PublicURL(p.UAI) + page.PublicSharePart
		return c.renderPage(share, whole)
	})
}

// publicOf fills a school's page in the reader's language, and reports whether
// nothing is missing.
func (c *call) publicOf(n ecluse.PublicNotice) (p page.Public, whole bool) {
	uai := n.School.UAI
	phone, whole := c.publicPhone(uai)
	p = page.Public{
		Frame: c.bare(n.School.Name + c.lang.Say(" : messagerie", ": messaging")), School: n.School.Name, UAI: string(uai),
		Phone: phone, Again: int(c.askAgain(n).Milliseconds()),
	}
	p.Now, p.Path = n.Now, page.PublicURL(p.UAI)
	p.Address = origin + p.Path
	p.Feed = page.PublicFeedURL(p.UAI, c.lang)
	p.Kind, p.Headline = page.Headline(c.lang, publicStates(n, order.Messaging), n.Now)
	p.Services = c.publicServices(n)
	c.sortOrders(&p, n)
	p.Week = c.week(c.app.Snapshot(), uai, mondayOf(n.Now.AddDate(0, 0, 2))) // at the weekend, the one to come
	return p, whole
}

// publicPhone is a school's number. While the database does not answer the page
// goes without it, and says that all is in doubt, rather than not at all.
func (c *call) publicPhone(uai school.UAI) (phone string, known bool) {
	contact, err := c.app.Contact(c.r.Context(), uai)
	if err != nil {
		c.opts.Log.Error("reading a school's number for its public page", "school", uai, "error", err)
	}
	return contact.Phone, err == nil
}

// askAgain is how long a page that stays open may wait before it asks again.
func (c *call) askAgain(n ecluse.PublicNotice) time.Duration {
	wait := publicFresh
	if !n.Until.IsZero() {
		wait = min(wait, c.app.Clock().Real(n.Until.Sub(n.Now)))
	}
	return wait + time.Second
}

// publicServices is what holds for whom; kinds of messaging under the same rules
// are told together.
func (c *call) publicServices(n ecluse.PublicNotice) []page.PublicService {
	var out []page.PublicService
	done := map[order.Service]bool{}
	for s := range order.Service(order.ServiceCount) {
		if done[s] {
			continue
		}
		var same []order.Service
		for other := s; other < order.ServiceCount; other++ {
			if n.States[other] == n.States[s] {
				same, done[other] = append(same, other), true
			}
		}
		out = append(out, page.PublicService{
			Name: page.ServicesWord(c.lang, same), Groups: page.PublicGroups(c.lang, publicStates(n, s), n.Now),
		})
	}
	return out
}

func publicStates(n ecluse.PublicNotice, s order.Service) []page.PublicState {
	var out []page.PublicState
	for _, st := range n.States[s] {
		out = append(out, page.PublicState{
			Role: st.Role, Access: st.Access, Unknown: st.Unknown, Until: st.Until, Reopens: st.Opens[order.Write],
		})
	}
	return out
}

// sortOrders puts each order where a reader looks for it.
func (c *call) sortOrders(p *page.Public, n ecluse.PublicNotice) {
	for _, o := range n.Orders {
		told := c.publicOrder(p.Frame, o)
		over := o.State != order.InForce && o.State != order.Announced
		switch {
		case over && len(p.History) == pastShown:
			p.Older++
		case over:
			p.History = append(p.History, told)
		case o.Status == order.Exercise:
			p.Exercises = append(p.Exercises, told)
		case o.State == order.InForce:
			p.InForce = append(p.InForce, told)
		default:
			p.Announced = append(p.Announced, told)
		}
	}
	slices.Reverse(p.Announced) // the next one first
}

func (c *call) publicOrder(f page.Frame, o ecluse.PublicOrder) page.PublicOrder {
	return page.PublicOrder{
		Row: page.OrderRow{
			ID: string(o.ID), Title: o.Title, Issuer: o.Office, State: page.OrderState(o.State),
			Exercise: o.Status == order.Exercise, From: o.From, Until: o.Until,
		},
		Rules: c.ruleSentences(o.Order), Basis: o.Basis, Reason: o.Reason, Contact: o.Contact, Ended: c.ended(f, o),
	}
}

// ended says by which decision an order ends.
func (c *call) ended(f page.Frame, o ecluse.PublicOrder) string {
	if o.Ender == nil || o.Until.IsZero() {
		return ""
	}
	begin := c.lang.Say("Levé le ", "Lifted on ")
	if o.Ender.Type == order.Update {
		begin = c.lang.Say("Remplacé le ", "Replaced on ")
	}
	return begin + f.Moment(o.Until) + c.lang.Say(", par ", ", by ") + o.EndedBy +
		c.lang.Say(" : « ", ": “") + o.Ender.Title + c.lang.Say(" ».", "”.")
}

// publicSchool is the school that the address names. Small letters lead to the
// one address; a code that is not known here is told as such.
func (c *call) publicSchool() (school.UAI, bool) {
	uai, err := school.ParseUAI(strings.ToUpper(c.r.PathValue("uai")))
	if err != nil {
		return "", false
	}
	_, c.loc, err = c.app.School(uai)
	return uai, err == nil
}
