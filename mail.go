package ecluse

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/notify"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Mail is how letters leave by e-mail.
type Mail struct {
	Relay     notify.Relay
	Address   string        // of this installation's pages, without a slash at its end
	Escalate  time.Duration // from a reminder to the level above; 0: the order's time to answer, again
	PerSecond int           // the most letters; 0: no bound
}

// Mails reports whether this installation sends e-mail. Where it does not, no
// letter is queued.
func (a *App) Mails() bool { return a.mail != nil }

// An addressing is whom a mailing goes to.
type addressing struct {
	to      []store.Recipient
	without int // people who have no address
}

// addressed keeps those who have an address, and counts the others.
func addressed(people []store.Addressee) (to addressing) {
	for _, p := range people {
		if p.Address == "" {
			to.without++
			continue
		}
		to.to = append(to.to, p.Recipient)
	}
	return to
}

// bracket is one act's mailings: they share an instant and a number.
type bracket struct {
	tx    *store.Tx
	now   time.Time
	batch int64

	places, addresses, without int
}

func newBracket(tx *store.Tx, now time.Time) *bracket {
	return &bracket{tx: tx, now: now, batch: store.NewID(now)}
}

// add queues one text.
func (b *bracket) add(m store.Mailing, to addressing) error {
	m.ID, m.Batch, m.Queued, m.Without = store.NewID(b.now), b.batch, b.now, to.without
	b.places, b.addresses, b.without = b.places+1, b.addresses+len(to.to), b.without+to.without
	return b.tx.AddMailing(m, to.to)
}

// detail is what the journal keeps: counts, no addresses.
func (b *bracket) detail() string {
	return fmt.Sprintf("%d places, %d addresses, %d people without", b.places, b.addresses, b.without)
}

// replyTo is who answers about an order.
func replyTo(o *order.Order) string {
	if account.CheckEmail(o.Contact.Email) != nil {
		return ""
	}
	return o.Contact.Email
}

// maxMailReason bounds what is kept of a relay's words.
const maxMailReason = 300

// A MailRound is what one act sent about an order, and what became of it.
type MailRound struct {
	Kind    store.MailKind
	At      time.Time
	Asked   bool               // somebody asked for it; else Écluse sent it by itself
	Places  []school.Territory // sent to or about
	To      int                // addresses
	Taken   int                // by the relay so far
	GivenUp int
	Without int    // people without an address
	Reason  string // the latest that the relay said against a letter
}

// MailRounds is what was sent about an order to places of the actor's territory, as
// it was queued.
func (a *App) MailRounds(ctx context.Context, who Actor, id order.ID) ([]MailRound, error) {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return nil, err
	}
	var sums []store.MailSum
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		sums, err = tx.MailSums(id, territory)
		return err
	})
	var rounds []MailRound
	last := int64(0)
	for _, s := range sums {
		if s.Batch != last {
			last = s.Batch
			rounds = append(rounds, MailRound{Kind: s.Kind, At: s.Queued, Asked: strings.HasPrefix(s.Name, byHandMail)})
		}
		r := &rounds[len(rounds)-1]
		r.Places = append(r.Places, s.Place)
		r.To, r.Taken, r.GivenUp, r.Without = r.To+s.To, r.Taken+s.Taken, r.GivenUp+s.GivenUp, r.Without+s.Without
		r.Reason = cmp.Or(s.Reason, r.Reason)
	}
	return rounds, err
}

// Email is the actor's own address; "" when there is none.
func (a *App) Email(ctx context.Context, who Actor) (address string, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		address, err = tx.Email(who.Person.ID)
		return err
	})
	return address, err
}

// SetEmail changes the actor's own address, after a fresh proof: whoever stole a
// session must not turn a school's letters to themselves. The old address is told.
// "" forgets it.
func (a *App) SetEmail(ctx context.Context, who Actor, address string) error {
	if address = strings.TrimSpace(address); address != "" {
		if err := account.CheckEmail(address); err != nil {
			return err
		}
	}
	if err := a.fresh(who); err != nil {
		return err
	}
	return a.do(ctx, who, act{"email.change", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := stillIn(tx, who); err != nil {
			return "", "", err
		}
		before, err := tx.Email(who.Person.ID)
		if err == nil && before != address {
			err = a.altered(tx, who, account.EmailChanged, now)
		}
		if err != nil {
			return "", "", err
		}
		return who.String(), "", tx.PutEmail(who.Person.ID, address)
	})
}

// noMail refuses where letters do not leave.
func (a *App) noMail() error {
	if a.mail != nil {
		return nil
	}
	return fault.New(fault.Unavailable,
		"Cette installation n’envoie pas de courriel. La personne qui l’exploite peut l’activer (clé « mail » de la configuration).",
		"This installation sends no e-mail. Whoever runs it can turn it on (key \"mail\" of the configuration).")
}

// posted wakes whoever sends letters.
func (a *App) posted() {
	select {
	case a.outbox <- struct{}{}:
	default:
	}
}
