package ecluse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// noticeMail begins the names of letters to the people of a school. The roles that
// have one are part of the name, so that nobody is written to twice about an order.
const noticeMail = "people/"

// noticedAtOnce is how many schools one act writes to.
const noticedAtOnce = 50

// A NoticePlan is to whom a letter about an order would go.
type NoticePlan struct {
	Order   OrderView
	Schools []NoticedSchool // by name
}

// A NoticedSchool is one school with its people.
type NoticedSchool struct {
	School  school.School
	Contact store.Contact
	With    [school.RoleCount]int // people with an address
	Without [school.RoleCount]int
	Sent    school.Roles // those who were written to about this order
}

// Reaches counts the people of some roles who are still to be written to.
func (s NoticedSchool) Reaches(roles school.Roles) (with, without int) {
	for _, r := range (roles &^ s.Sent).Each() {
		with, without = with+s.With[r], without+s.Without[r]
	}
	return with, without
}

// NoticePlan says whom the actor may write to about an order: a head to the people
// of the school, the office that issued it, or one above, to those of all schools of
// its territory. An exercise is told to no family.
func (a *App) NoticePlan(ctx context.Context, who Actor, id order.ID) (NoticePlan, error) {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return NoticePlan{}, err
	}
	v, err := a.Order(id, "Europe/Paris")
	if err != nil {
		return NoticePlan{}, err
	}
	p := NoticePlan{Order: v}
	switch {
	case v.Status == order.Exercise:
		return p, invalid("C’est un exercice\u00a0: on n’écrit pas aux familles.", "This is an exercise: families are not written to.")
	case who.Member.ID == 0 && !territory.Contains(v.Issuer):
		return p, denied("Seule l’autorité qui a émis cet ordre, ou une autorité au-dessus d’elle, écrit aux familles de plusieurs établissements.",
			"Only the authority that issued this order, or one above it, writes to the families of several schools.")
	}
	for _, sc := range a.gate.Load().Schools() {
		if territory.Contains(sc.Territory()) && a.touches(v.Order, sc) {
			p.Schools = append(p.Schools, NoticedSchool{School: sc})
		}
	}
	slices.SortFunc(p.Schools, func(x, y NoticedSchool) int {
		return strings.Compare(x.School.Name+string(x.School.UAI), y.School.Name+string(y.School.UAI))
	})
	return p, a.store.Read(ctx, func(tx *store.Tx) error { return p.read(tx) })
}

// touches reports whether an order is for a school. One that lifts others is for
// those that they were for.
func (a *App) touches(o *order.Order, sc school.School) bool {
	if o.Type != order.Cancel {
		return o.Applies.Holds(sc)
	}
	set, _ := a.orders.get()
	return slices.ContainsFunc(o.References, func(id order.ID) bool {
		lifted, err := set.Order(id)
		return err == nil && lifted.Applies.Holds(sc)
	})
}

// read counts people and looks who was written to. Schools without people here are
// left out.
func (p *NoticePlan) read(tx *store.Tx) error {
	reached, err := tx.EmailReach()
	if err != nil {
		return err
	}
	sent, err := tx.MailedNames(p.Order.ID)
	if err != nil {
		return err
	}
	index := map[school.UAI]*NoticedSchool{}
	for i := range p.Schools {
		index[p.Schools[i].School.UAI] = &p.Schools[i]
	}
	peopled := map[school.UAI]bool{}
	for _, r := range reached {
		if s := index[r.School]; s != nil {
			s.With[r.Role], s.Without[r.Role], peopled[r.School] = r.With, r.Without, true
		}
	}
	for name := range sent {
		if uai, roles, is := noticedBy(p.Order.ID, name); is && index[uai] != nil {
			index[uai].Sent |= roles
		}
	}
	p.Schools = slices.DeleteFunc(p.Schools, func(s NoticedSchool) bool { return !peopled[s.School.UAI] })
	for i := range p.Schools {
		if p.Schools[i].Contact, err = tx.SchoolContact(p.Schools[i].School.UAI); err != nil {
			return err
		}
	}
	return nil
}

func noticeName(id order.ID, uai school.UAI, roles school.Roles) string {
	return fmt.Sprintf("%s%s/%s/%d", noticeMail, id, uai, roles)
}

// noticedBy reads a name back: which school, and which roles.
func noticedBy(id order.ID, name string) (uai school.UAI, roles school.Roles, is bool) {
	rest, is := strings.CutPrefix(name, noticeMail+string(id)+"/")
	code, bits, found := strings.Cut(rest, "/")
	_, err := fmt.Sscanf(bits, "%d", &roles)
	return school.UAI(code), roles, is && found && err == nil
}

// A NoticeText words a letter to the people of a school, in both languages.
type NoticeText func(NoticedSchool) (french, english store.MailText)

// SendNotice queues a letter to the people of some roles in the schools of a plan
// that have not had one, and returns to how many addresses. It asks for a fresh
// proof: whoever stole a session must not write to thousands.
func (a *App) SendNotice(ctx context.Context, who Actor, id order.ID, roles school.Roles, words NoticeText) (n int, err error) {
	if err := a.noMail(); err != nil {
		return 0, err
	}
	p, err := a.NoticePlan(ctx, who, id)
	if err == nil {
		err = a.fresh(who)
	}
	if err != nil {
		return 0, err
	}
	open := slices.DeleteFunc(p.Schools, func(s NoticedSchool) bool { with, _ := s.Reaches(roles); return with == 0 })
	if len(open) == 0 {
		return 0, invalid("Personne n’est à prévenir\u00a0: ces personnes ont déjà reçu le message, ou n’ont pas d’adresse.",
			"There is nobody to tell: these people have had the message, or have no address.")
	}
	for some := range slices.Chunk(open, noticedAtOnce) {
		sent, err := a.notice(ctx, who, p.Order.Order, roles, some, words)
		if n += sent; err != nil {
			return n, told(err)
		}
	}
	a.posted()
	return n, nil
}

// notice queues the letters to some schools in one act.
func (a *App) notice(ctx context.Context, who Actor, o *order.Order, roles school.Roles, schools []NoticedSchool, words NoticeText) (n int, err error) {
	err = a.do(ctx, who, act{"mail.people", logAt(noticeLog(who, o)), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		n = 0
		batch := store.NewID(now)
		for _, s := range schools {
			fresh, uai := roles&^s.Sent, s.School.UAI
			m := store.Mailing{
				ID: store.NewID(now), Name: noticeName(o.ID, uai, fresh), Batch: batch, Kind: store.MailFamilies, Order: o.ID,
				Place: s.School.Territory(), Queued: now, ReplyTo: replyTo(o), Unsubscribe: a.mail.Address + "/account",
			}
			m.French, m.English = words(s)
			queued, err := tx.AddMailingTo(m, uai, fresh)
			if n += queued; err != nil {
				return "", "", err
			}
		}
		return string(o.ID), fmt.Sprintf("%d places, %d addresses, %s", len(schools), n, roles), nil
	})
	return n, err
}

// noticeLog is whose log tells of a letter: the school's for its head.
func noticeLog(who Actor, o *order.Order) school.Territory {
	if who.Member.ID != 0 {
		return school.Territory(who.Member.School)
	}
	return who.Office.Territory
}

// told says that somebody else wrote at the same moment.
func told(err error) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	return fault.Wrap(err, fault.Conflict, "Ce message vient déjà de partir. Relisez la page.", "This message has just left already. Read the page again.")
}

// MailAddress is where these pages are, as letters say it; "" where none leaves.
func (a *App) MailAddress() string {
	if a.mail == nil {
		return ""
	}
	return a.mail.Address
}
