package web

import (
	"net/http"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// boardMail is what was sent about the order of the board.
func (c *call) boardMail(id order.ID, waits bool) (page.BoardMail, error) {
	m := page.BoardMail{Off: !c.app.Mails()}
	rounds, err := c.app.MailRounds(c.r.Context(), c.who, id)
	if err != nil {
		return m, err
	}
	for i := len(rounds) - 1; i >= 0; i-- { // the newest first
		m.Rounds = append(m.Rounds, c.mailRound(rounds[i]))
	}
	if waits && !m.Off {
		m.Remind = c.boardURL(page.RemindPart)
	}
	return m, nil
}

func (c *call) mailRound(r ecluse.MailRound) page.MailRound {
	count := func(n int, frOne, frMany, enOne, enMany string) string {
		return c.lang.Count(n, frOne, frMany, enOne, enMany)
	}
	counts := []string{count(r.To, "adresse", "adresses", "address", "addresses")}
	if r.To > 0 {
		counts = append(counts, count(r.Taken, "remise au relais", "remises au relais", "taken by the relay", "taken by the relay"))
	}
	if left := r.To - r.Taken - r.GivenUp; left > 0 {
		counts = append(counts, count(left, "en attente", "en attente", "waiting", "waiting"))
	}
	if r.GivenUp > 0 {
		counts = append(counts, count(r.GivenUp, "abandonnée", "abandonnées", "given up", "given up"))
	}
	if r.Without > 0 {
		counts = append(counts, count(r.Without, "personne sans adresse", "personnes sans adresse", "person without an address", "people without an address"))
	}
	return page.MailRound{At: c.in(r.At), What: c.mailWord(r), Counts: strings.Join(counts, ", "), Trouble: r.Reason}
}

// mailWord says what was sent to whom.
func (c *call) mailWord(r ecluse.MailRound) string {
	schools := c.lang.Count(len(r.Places), "établissement", "établissements", "school", "schools")
	switch r.Kind {
	case store.MailReminder:
		if r.Asked {
			return c.lang.Say("Relance demandée, ", "Reminder asked for, ") + schools
		}
		return c.lang.Say("Relance automatique, ", "Automatic reminder, ") + schools
	case store.MailDigest:
		return c.lang.Say("Niveau au-dessus prévenu : ", "The level above was told: ") + c.app.TerritoryName(r.Places[0])
	case store.MailSignature:
		return c.lang.Say("Demande de signature", "Request for a signature")
	case store.MailFamilies:
		return c.lang.Say("Message aux familles et aux personnels, ", "Message to families and staff, ") + schools
	}
	if r.To == 0 {
		return c.lang.Say("Lettres imprimées", "Letters printed")
	}
	return c.lang.Say("Copies par courriel", "Copies by e-mail")
}

// remind reminds the schools of the board's order now.
func (c *call) remind() error {
	if _, err := c.app.RemindNow(c.r.Context(), c.who, c.orderID()); err != nil {
		return err
	}
	return c.redirect(c.boardURL(page.BoardPart) + "?done=reminded")
}

// mailForm is the address of whoever is signed in.
func (c *call) mailForm(f page.MailForm) (page.MailForm, error) {
	f.Off = !c.app.Mails()
	if f.Address.Value != "" || f.Address.Error != "" {
		return f, nil
	}
	address, err := c.app.Email(c.r.Context(), c.who)
	f.Address.Value = address
	return f, err
}

// changeEmail changes one's own address.
func (c *call) changeEmail() error {
	p := page.Account{Mail: page.MailForm{Address: page.Field{Value: strings.TrimSpace(c.r.FormValue("email"))}}}
	err := c.app.SetEmail(c.r.Context(), c.who, c.r.FormValue("email"))
	if fault.Is(err, fault.Invalid) {
		p.Mail.Address.Error = c.sentence(err)
		return c.showAccount(http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return c.redirect(page.AccountURL + "?done=email")
}

// tellRows is how many schools the page of a letter lists.
const tellRows = 200

// tell offers to write to the people of schools about an order.
func (c *call) tell() error {
	return c.showTell(ok, school.RolesOf(school.Guardian), "")
}

// doTell counts again, or sends.
func (c *call) doTell() error {
	var roles school.Roles
	for _, word := range c.r.Form["role"] {
		if r, err := school.ParseRole(word); err == nil {
			roles |= school.RolesOf(r)
		}
	}
	if c.r.FormValue("do") != "send" {
		return c.showTell(ok, roles, "")
	}
	_, err := c.app.SendNotice(c.r.Context(), c.who, c.orderID(), roles, c.tellWords())
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		return c.showTell(statuses[fault.KindOf(err)], roles, c.sentence(err))
	}
	if err != nil {
		return err
	}
	return c.redirect(c.boardURL(page.TellPart) + "?done=told")
}

func (c *call) showTell(status int, roles school.Roles, problem string) error {
	plan, err := c.app.NoticePlan(c.r.Context(), c.who, c.orderID())
	if err != nil {
		return err
	}
	p := page.Tell{
		URL: c.boardURL(page.TellPart), Back: c.boardURL(page.OrdersPart), Title: plan.Order.Title,
		Off: !c.app.Mails(), Problem: problem, Sendable: c.app.Mails(),
	}
	for _, r := range []school.Role{school.Guardian, school.Teacher, school.Staff, school.Head, school.Pupil} {
		p.Roles = append(p.Roles, page.Choice{Value: r.String(), Label: page.RolesWord(c.lang, r), Chosen: roles.Has(r)})
	}
	for i, s := range plan.Schools {
		with, without := s.Reaches(roles)
		p.With, p.Without = p.With+with, p.Without+without
		if i >= tellRows {
			p.More++
			continue
		}
		p.Rows = append(p.Rows, page.TellRow{Name: s.School.Name, With: with, Without: without, Sent: c.rolesSent(s.Sent)})
	}
	if len(plan.Schools) > 0 {
		first := plan.Schools[0]
		p.Sample = first.School.Name
		p.Text, p.English = c.tellText(page.French, first).Letter(), c.tellText(page.English, first).Letter()
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Prévenir par courriel", "Tell people by e-mail")); err != nil {
		return err
	}
	return c.show(status, p)
}

func (c *call) rolesSent(roles school.Roles) string {
	var words []string
	for _, r := range roles.Each() {
		words = append(words, page.RolesWord(c.lang, r))
	}
	return strings.Join(words, ", ")
}

// tellWords words the letters to each school.
func (c *call) tellWords() ecluse.NoticeText {
	return func(s ecluse.NoticedSchool) (fr, en store.MailText) {
		return store.MailText(c.tellText(page.French, s).Letter()), store.MailText(c.tellText(page.English, s).Letter())
	}
}

// tellText is what a letter to the people of a school says of the page's order.
func (c *call) tellText(l page.Lang, s ecluse.NoticedSchool) page.TellText {
	zone := s.School.Zone
	v, err := c.app.Order(c.orderID(), zone)
	if err != nil {
		return page.TellText{Lang: l}
	}
	t := page.TellText{
		Lang: l, School: s.School.Name, Phone: s.Contact.Phone, Decider: c.app.Decider(v.Order), Title: v.Title, Reason: v.Reason,
		Lifts: v.Type == order.Cancel, From: v.From, Until: v.Until, Contact: v.Contact,
		Public: c.siteURL() + page.PublicURL(string(s.School.UAI)), Settings: c.siteURL() + page.AccountURL,
	}
	for _, r := range v.Rules {
		t.Rules = append(t.Rules, page.RuleSentence(l, r))
	}
	return t
}

// siteURL is where these pages are: as letters say it or, where none leaves, as
// they were asked for.
func (c *call) siteURL() string {
	if address := c.app.MailAddress(); address != "" {
		return address
	}
	scheme := "http://"
	if c.opts.Secure {
		scheme = "https://"
	}
	return scheme + c.r.Host
}

// letterURLs are the pages of letters about an order, for who may write them.
func (c *call) letterURLs(v ecluse.OrderView) (tell, copies string) {
	territory, err := c.issuer()
	if err != nil {
		return "", ""
	}
	if v.Status != order.Exercise && (c.who.Member.ID != 0 || territory.Contains(v.Issuer)) {
		tell = c.boardURL(page.TellPart)
	}
	if c.who.Member.ID == 0 && territory == v.Issuer {
		copies = c.boardURL(page.CopiesPart)
	}
	return tell, copies
}
