package web

import (
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"github.com/ecluse-ecole/ecluse/internal/web/static"
)

// bare is the frame of a page outside any place.
func (c *call) bare(title string) page.Frame {
	f := page.Frame{
		Lang: c.lang, Title: title, Path: c.path(), Assets: static.Prefix,
		Now: c.app.Now().In(c.loc),
	}
	if c.opts.Demo {
		f.Speed = c.app.Clock().Speed()
	}
	if c.visit.Person.ID != 0 {
		f.Person = c.visit.Person.Name()
	}
	return f
}

// path is where the reader can come back to: the page's own address without
// what was just done; for the answer to a form, the page that the form stood on.
func (c *call) path() string {
	at := c.r.URL.EscapedPath()
	if c.r.Method == http.MethodGet {
		query := c.r.URL.Query()
		query.Del("done")
		return at + mark(query.Encode())
	}
	switch {
	case strings.Contains(c.r.Pattern, "{id}/"): // one entry of a box
		return path.Dir(path.Dir(at))
	case strings.HasPrefix(at, page.FactorsURL):
		return page.FactorsURL
	case strings.HasPrefix(at, page.AccountURL):
		return page.AccountURL
	}
	return at
}

// mark puts the question mark before a query that is there.
func mark(query string) string {
	if query == "" {
		return ""
	}
	return "?" + query
}

// listFrame is the frame of a page on which nobody types: without JavaScript it
// asks again when the state changes.
func (c *call) listFrame(title string) (page.Frame, error) {
	f, err := c.frame(title)
	f.Refresh = c.refresh(c.app.State(c.who))
	return f, err
}

// stayingFrame is the frame of a page that no order closes.
func (c *call) stayingFrame(title string) (page.Frame, error) {
	f, err := c.frame(title)
	f.Stays = true
	return f, err
}

// frame is the frame of a page of the current place, with every place's line.
func (c *call) frame(title string) (page.Frame, error) {
	f := c.bare(title)
	f.Flash = c.flash()
	if err := c.places(&f); err != nil {
		return f, err
	}
	if err := c.asked(&f); err != nil {
		return f, err
	}
	switch {
	case c.who.Member.ID != 0:
		return c.memberFrame(f)
	case c.who.Office.Territory != "":
		f.Base, f.Duty = officeURL(c.who.Office.Territory), page.Authority
		var err error
		f.ToSign, err = c.app.ToSign(c.r.Context(), c.who)
		return f, err
	}
	return f, nil
}

// memberFrame adds what the pages of a membership know.
func (c *call) memberFrame(f page.Frame) (page.Frame, error) {
	st := c.app.State(c.who)
	f.Base = memberURL(c.who.Member.ID)
	f.Current = c.line(st)
	switch c.who.Member.Role {
	case school.Head:
		f.Duty = page.HeadOfSchool
	case school.Teacher:
		f.Duty = page.Teaching
	}
	if st.Decision.Access == order.Closed {
		return f, nil
	}
	f.LiveURL = f.Base + "/live"
	return f, c.count(&f)
}

// count fills the figures of the menu.
func (c *call) count(f *page.Frame) error {
	b, err := c.app.Boxes(c.r.Context(), c.who)
	f.Boxes = page.Boxes{Unread: b.Unread, Waiting: b.Waiting, Drafts: b.Drafts}
	return err
}

// refresh is when a page without JavaScript asks again: just after the state
// changes, if that is near.
func (c *call) refresh(st ecluse.State) int {
	if st.Until.IsZero() {
		return 0
	}
	seconds := int(c.app.Clock().Real(st.Until.Sub(st.Now)).Seconds()) + 1
	if seconds > 3600 {
		return 0
	}
	return seconds
}

// line says in one line how open messaging is.
func (c *call) line(st ecluse.State) page.State {
	line := page.NewState(c.lang, st.Decision.Access, st.Decision.Unknown, st.Until, st.Now)
	if steps := page.Steps(c.lang, st.Decision.Unmet); len(steps) > 0 {
		line.Detail = steps[0].Text
	}
	return line
}

// places lists the memberships and offices of the person.
func (c *call) places(f *page.Frame) error {
	for _, m := range c.visit.Members {
		who, err := c.visit.As(m.ID)
		if err != nil {
			return err
		}
		st := c.app.State(who)
		unread, err := c.app.Unread(c.r.Context(), who)
		if err != nil {
			return err
		}
		f.Places = append(f.Places, page.Place{
			Member: int64(m.ID), School: st.School.Name, Role: page.RoleWord(c.lang, m.Role),
			URL: memberURL(m.ID) + page.InboxPart, State: c.line(st), Unread: unread,
			Current: m.ID == c.who.Member.ID,
		})
	}
	for _, o := range c.visit.Offices {
		f.Places = append(f.Places, page.Place{
			School: c.app.TerritoryName(o.Territory), Role: o.Title, URL: officeURL(o.Territory) + page.DeskPart,
			Current: c.who.Member.ID == 0 && o.Territory == c.who.Office.Territory,
		})
	}
	return nil
}

func memberURL(id account.MemberID) string { return "/at/" + strconv.FormatInt(int64(id), 10) }

func officeURL(t school.Territory) string {
	return "/for/" + strings.ReplaceAll(string(t), "/", "-")
}

// flashes are the sentences about what was just done; a redirection carries
// their name.
var flashes = map[string][2]string{
	"sent":      {"Votre message est parti.", "Your message has left."},
	"waiting":   {"Votre message partira à la réouverture.", "Your message will leave at reopening."},
	"already":   {"Ce message était déjà parti ; il n’a pas été envoyé deux fois.", "This message had left already; it was not sent twice."},
	"discarded": {"Le brouillon est jeté.", "The draft is discarded."},
	"cancelled": {"Le message n’est pas parti ; son texte est dans vos brouillons.", "The message did not leave; its text is in your drafts."},
	"password":  {"Votre mot de passe est changé. Vos autres connexions sont fermées.", "Your password is changed. Your other sessions have ended."},
	"factor":    {"La preuve est ajoutée. Vos autres connexions sont fermées.", "The proof is added. Your other sessions have ended."},
	"unfactor":  {"La preuve est retirée. Vos autres connexions sont fermées.", "The proof is removed. Your other sessions have ended."},
	"renamed":   {"Le nom est changé.", "The name is changed."},
	"card":      {"La carte est annulée.", "The card is cancelled."},
	"cleared":   {"Les preuves sont retirées. La personne choisira un nouveau mot de passe, avec un billet.", "The proofs are removed. The person will choose a new password, with a slip."},
	"slip":      {"Le billet est annulé.", "The slip is cancelled."},
	"campaign":  {"La campagne a commencé.", "The campaign has begun."},
	"stopped":   {"La campagne est arrêtée.", "The campaign is stopped."},
	"ended":     {"La connexion est fermée.", "The session has ended."},
	"announced": {"L’annonce est publiée.", "The announcement is published."},
	"issued":    {"L’ordre est émis. Il s’applique dès l’heure qu’il fixe, ou tout de suite si elle est passée.", "The order is issued. It holds from the time it names, or at once if that has passed."},
	"proposed":  {"L’ordre est proposé, avec votre signature. Rien n’est fermé avant la dernière.", "The order is proposed, with your signature. Nothing closes before the last one."},
	"stages":    {"Les étapes sont proposées, avec votre signature. Rien ne change avant la dernière.", "The stages are proposed, with your signature. Nothing changes before the last one."},
	"staged":    {"Les étapes sont émises. Chacune s’applique dès l’heure qu’elle fixe.", "The stages are issued. Each holds from the time it names."},
	"signed":    {"Vous avez signé. Il manque encore une signature.", "You have signed. A signature is still missing."},
	"denied":    {"L’ordre est refusé. La personne qui l’a proposé lira pourquoi.", "The order is refused. The person who proposed it will read why."},
	"withdrawn": {"La proposition est retirée. Rien n’est fermé.", "The proposal is withdrawn. Nothing is closed."},
	"asked":     {"Votre demande est partie. La réponse paraîtra sur cette page.", "Your request has left. The answer will appear on this page."},
	"granted":   {"La dérogation est accordée. Elle vaut dès maintenant.", "The exemption is granted. It counts from now on."},
	"refused":   {"La demande est refusée. La personne lira pourquoi.", "The request is refused. The person will read why."},
	"products":  {"La liste est enregistrée.", "The list is saved."},
	"attested":  {"Merci : c’est noté, avec l’heure. L’autorité le voit.", "Thank you: it is noted, with the time. The authority sees it."},
	"kept":      {"C’est gardé : vous pourrez finir plus tard. Une image se joint au moment d’attester.", "It is kept: you can finish later. A picture is added when you attest."},
	"undone":    {"Merci : le rétablissement est noté.", "Thank you: the restoring is noted."},
	"declined":  {"Votre refus est parti, avec son motif.", "Your refusal has left, with its reason."},
	"delay":     {"Le délai de réponse est fixé.", "The time to answer is set."},
	"email":     {"Votre adresse est enregistrée.", "Your address is saved."},
	"reminded":  {"Les relances partent maintenant.", "The reminders are leaving now."},
	"told":      {"Les messages partent maintenant. L’avancement est sur la page des réponses.", "The messages are leaving now. How far they are stands on the page of answers."},
	"copied":    {"Les lettres partent maintenant par courriel.", "The letters are leaving now by e-mail."},
	"printed":   {"C’est noté : les lettres sont imprimées.", "It is noted: the letters are printed."},
	"book":      {"Le carnet d’adresses est enregistré.", "The address book is saved."},
	"matrix":    {"Le tableau est enregistré.", "The table is saved."},
	"mine":      {"C’est noté : cet appareil est le vôtre.", "It is noted: this device is yours."},
	"frozen":    {"Le compte est bloqué. Toutes ses connexions sont fermées.", "The account is frozen. All its sessions have ended."},
	"pushon":    {"Cet appareil sera averti.", "This device will be told."},
	"pushoff":   {"Cet appareil n’est plus averti.", "This device is told no more."},
	"released":  {"Les preuves sont effacées.", "The evidence is erased."},
	"givenback": {"Le compte est rendu. La personne choisira un nouveau mot de passe.", "The account is given back. The person will choose a new password."},
	"step":      {"C’est noté.", "It is noted."},
	"travel":    {"C’est noté : ce pays est accepté pour cette personne, entre ces deux jours.", "It is noted: this country is accepted for this person, between these two days."},
	"untravel":  {"C’est retiré : ce pays n’est plus accepté pour cette personne.", "It is withdrawn: this country is no longer accepted for this person."},
	"endedall":  {"Les connexions sont fermées.", "The sessions have ended."},
}

func (c *call) flash() string {
	words, known := flashes[c.r.URL.Query().Get("done")]
	if !known {
		return ""
	}
	return c.lang.Say(words[0], words[1])
}

// in brings an instant to the clock of the current place; zero stays zero.
func (c *call) in(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(c.loc)
}
