package page

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"
)

// An entry is one line of a place's menu.
type entry struct {
	part      string
	word      string
	count     string
	elsewhere bool // a longer entry matches better
	within    bool // the page stands below the entry, in a menu of its own
}

// accountParts are the pages that secure accounts. The menu has one entry for all of
// them, and each shows the entries of accounts.
var accountParts = []string{PeoplePart, SecuredPart, CampaignsPart, SlipsPart, CardsPart, VouchPart, StolenPart, SessionsPart}

// ofAccounts reports whether the page is one of those that secure accounts, for who
// takes care of them.
func (f Frame) ofAccounts() bool {
	return f.Duty >= HeadOfSchool && slices.ContainsFunc(accountParts, f.at)
}

// accounts is the menu of the pages that secure accounts. An office prints slips and
// cards for one school at a time, from the campaign's page.
func (f Frame) accounts() []entry {
	people := entry{part: PeoplePart, word: f.Say("Personnes", "People")}
	secured := entry{part: SecuredPart, word: f.Say("Sécurisés", "Secured")}
	asked := entry{part: CampaignsPart, word: f.Say("Mots de passe", "Passwords")}
	stolen := entry{part: StolenPart, word: f.Say("Volés", "Stolen")}
	sessions := entry{part: SessionsPart, word: f.Say("Connexions", "Sessions")}
	if f.Duty == Authority {
		return []entry{secured, people, asked, stolen, sessions}
	}
	return []entry{
		people, secured, asked,
		{part: SlipsPart, word: f.Say("Billets", "Slips")},
		{part: CardsPart, word: f.Say("Cartes", "Cards")},
		{part: VouchPart, word: f.Say("Se porter garant", "Vouch")},
		stolen, sessions,
	}
}

// accountsEntry leads to the first of accounts.
func (f Frame) accountsEntry() entry {
	first := f.accounts()[0].part
	return entry{part: first, word: f.Say("Comptes", "Accounts"), elsewhere: f.ofAccounts(), within: f.ofAccounts()}
}

// entries is the menu of the current place, for what its duty allows.
func (f Frame) entries() []entry {
	news := entry{part: AnnouncementsPart, word: f.Say("Annonces", "Announcements")}
	hours := entry{part: OrdersPart, word: f.Say("Horaires", "Hours"), elsewhere: f.at(NewOrderPart)}
	if f.Duty == Authority {
		hours.word, hours.count = f.Say("Ordres", "Orders"), capped(f.ToSign)
		return []entry{
			{part: DeskPart, word: f.Say("Établissements", "Schools")}, hours,
			{part: NewOrderPart, word: f.Say("Nouvel ordre", "New order")}, news,
			{part: PointsPart, word: f.Say("Sas", "Gate")},
			f.accountsEntry(),
		}
	}
	list := []entry{
		{part: InboxPart, word: f.Say("Messages", "Messages"), count: capped(f.Boxes.Unread)},
		{part: SentPart, word: f.Say("Envoyés", "Sent")},
		{part: WaitingPart, word: f.Say("En attente", "Waiting"), count: capped(f.Boxes.Waiting)},
		{part: DraftsPart, word: f.Say("Brouillons", "Drafts"), count: capped(f.Boxes.Drafts)},
		news, hours,
	}
	if f.Duty == Teaching {
		list = append(list, entry{part: VouchPart, word: f.Say("Mes élèves", "My pupils")})
	}
	if f.Duty == HeadOfSchool {
		list = append(list,
			entry{part: AlertsPart, word: f.Say("Alertes", "Alerts")},
			entry{part: NewOrderPart, word: f.Say("Nouvel ordre", "New order")},
			entry{part: MatrixPart, word: f.Say("Qui écrit à qui", "Who writes to whom")},
			entry{part: PointsPart, word: f.Say("Sas", "Gate")},
			entry{part: AnswersPart, word: f.Say("À la main", "By hand")},
			f.accountsEntry())
	}
	return list
}

// capped is a count for the menu: nothing for 0, "99+" from 100 on.
func capped(n int) string {
	switch {
	case n <= 0:
		return ""
	case n > 99:
		return "99+"
	default:
		return strconv.Itoa(n)
	}
}

// unreadWords is the count with its words, for who cannot see the badge's place.
func unreadWords(f Frame, n int) string {
	if n > 99 {
		return f.Say("plus de 99 non lus", "more than 99 unread")
	}
	return f.Count(n, "non lu", "non lus", "unread", "unread")
}

// state is the value of aria-current for an entry of the menu.
func (f Frame) state(e entry) string {
	if e.within {
		return "true"
	}
	return current(f.at(e.part) && !e.elsewhere)
}

// current is the value of aria-current.
func current(yes bool) string {
	if yes {
		return "page"
	}
	return "false"
}

// gateOf is the picture of a state.
func gateOf(k StateKind) string {
	switch k {
	case Open:
		return "gate-open"
	case Soon, Reply:
		return "gate-closing"
	default:
		return "gate-closed"
	}
}

// refresh is when a page without JavaScript asks again, and where.
func refresh(f Frame) string {
	seconds := strconv.Itoa(f.Refresh)
	if f.Return == "" {
		return seconds
	}
	return seconds + ";url=" + f.Return
}

// bodyData tells the modules where to listen and what to ask. A page without a
// stream, such as the notice, still asks for the reopening.
func bodyData(f Frame) templ.OrderedAttributes {
	if f.Base == "" || f.Duty == Authority {
		return nil
	}
	a := templ.OrderedAttributes{
		attribute("data-state-url", f.URL(StatePart)),
	}
	if !f.Stays {
		a = append(a, attribute("data-notice-url", f.URL(NoticePart)))
	}
	if f.LiveURL != "" {
		a = append(a, attribute("data-live-url", f.LiveURL))
	}
	return a
}

// stateData marks the one line that live.js keeps true.
func stateData(live bool) templ.OrderedAttributes {
	if !live {
		return nil
	}
	return templ.OrderedAttributes{{Key: "id", Value: "state"}}
}
