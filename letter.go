package ecluse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Bounds of an office's address book.
const (
	maxCorrespondents = 2000
	maxPostalLines    = 7
	maxPostal         = 500 // characters
	maxName           = 120
)

// The names of letters to those who get a copy.
const (
	copyMail    = "copy/"
	printedMail = "printed/"
)

// A Copy is one letter to somebody who gets a copy of an order.
type Copy struct {
	Named string              // as the order names them
	To    store.Correspondent // zero: the book has nobody of this name
	Sent  time.Time           // by e-mail; zero: not yet
}

// An OrderCopies is the letters that an order asks for.
type OrderCopies struct {
	Order   OrderView
	Lifts   *order.Order // what a cancel ends
	Letters []Copy
	Printed []time.Time // when they were printed
	Unknown int         // names that the book does not hold
	ToSend  int         // that have an address and were not sent
}

// mayWrite is the office in whose name letters about an order are written.
func (a *App) mayWrite(who Actor, id order.ID) (OrderView, error) {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return OrderView{}, err
	}
	v, err := a.Order(id, "Europe/Paris")
	if err != nil {
		return v, err
	}
	if who.Member.ID != 0 || territory != v.Issuer {
		return v, denied("Les copies d’un ordre partent du service qui l’a émis.", "The copies of an order leave from the office that issued it.")
	}
	return v, nil
}

// Copies are the letters of an order. One that lifts others goes to those who got
// theirs, where it names nobody itself.
func (a *App) Copies(ctx context.Context, who Actor, id order.ID) (c OrderCopies, err error) {
	if c.Order, err = a.mayWrite(who, id); err != nil {
		return c, err
	}
	names := slices.Clone(c.Order.Copies)
	set, _ := a.orders.get()
	for _, ref := range c.Order.References {
		lifted, err := set.Order(ref)
		if err != nil {
			continue
		}
		if c.Lifts == nil {
			c.Lifts = lifted
		}
		if len(c.Order.Copies) == 0 {
			names = append(names, lifted.Copies...)
		}
	}
	return c, a.store.Read(ctx, func(tx *store.Tx) error { return c.read(tx, names) })
}

func (c *OrderCopies) read(tx *store.Tx, names []string) error {
	c.Letters, c.Printed, c.Unknown, c.ToSend = nil, nil, 0, 0
	book, err := tx.Correspondents(c.Order.Issuer)
	if err != nil {
		return err
	}
	sent, err := tx.MailedNames(c.Order.ID)
	if err != nil {
		return err
	}
	for name, at := range sent {
		if strings.HasPrefix(name, printedMail) {
			c.Printed = append(c.Printed, at)
		}
	}
	slices.SortFunc(c.Printed, time.Time.Compare)
	seen := map[string]bool{}
	for _, name := range names {
		if key := foldName(name); !seen[key] {
			seen[key] = true
			c.add(name, book, sent)
		}
	}
	return nil
}

// add adds the letters to everybody of a name, or to the name alone.
func (c *OrderCopies) add(name string, book []store.Correspondent, sent map[string]time.Time) {
	found := false
	for _, to := range book {
		if foldName(to.Name) != foldName(name) {
			continue
		}
		found = true
		letter := Copy{Named: name, To: to, Sent: sent[copyName(c.Order.ID, to.ID)]}
		if to.Email != "" && letter.Sent.IsZero() {
			c.ToSend++
		}
		c.Letters = append(c.Letters, letter)
	}
	if !found {
		c.Unknown++
		c.Letters = append(c.Letters, Copy{Named: name})
	}
}

// foldName is a name whatever its capitals and spaces.
func foldName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func copyName(id order.ID, to int64) string { return fmt.Sprintf("%s%s/%d", copyMail, id, to) }

// SendCopies queues the letters to those who have an address and had none, in the
// words of the pages. It returns how many. It asks for a fresh proof, as SendNotice
// does: the book may hold thousands of addresses.
func (a *App) SendCopies(ctx context.Context, who Actor, id order.ID, words func(Copy) store.MailText) (n int, err error) {
	if err := a.noMail(); err != nil {
		return 0, err
	}
	c, err := a.Copies(ctx, who, id)
	if err == nil {
		err = a.fresh(who)
	}
	if err != nil {
		return 0, err
	}
	if c.ToSend == 0 {
		return 0, invalid("Aucune lettre n’est à envoyer\u00a0: elles sont parties, ou le carnet n’a pas d’adresse de courriel.",
			"There is no letter to send: they have left, or the book has no e-mail address.")
	}
	err = a.do(ctx, who, act{"letter.send", logAt(c.Order.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		b := newBracket(tx, now)
		for _, l := range c.Letters {
			if l.To.Email == "" || !l.Sent.IsZero() {
				continue
			}
			m := store.Mailing{
				Name: copyName(id, l.To.ID), Kind: store.MailCopy, Order: id, Place: c.Order.Issuer,
				ReplyTo: replyTo(c.Order.Order), French: words(l),
			}
			if err := b.add(m, addressing{to: []store.Recipient{{Address: l.To.Email, Language: "fr"}}}); err != nil {
				return "", "", err
			}
		}
		return string(id), b.detail(), nil
	})
	a.posted()
	return c.ToSend, told(err)
}

// PrintCopies notes that the letters of an order were printed.
func (a *App) PrintCopies(ctx context.Context, who Actor, id order.ID) error {
	c, err := a.Copies(ctx, who, id)
	if err != nil {
		return err
	}
	return a.do(ctx, who, act{"letter.print", logAt(c.Order.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		b := newBracket(tx, now)
		m := store.Mailing{Name: fmt.Sprintf("%s%s/%d", printedMail, id, b.batch), Kind: store.MailCopy, Order: id, Place: c.Order.Issuer}
		return string(id), fmt.Sprintf("%d letters", len(c.Letters)), b.add(m, addressing{})
	})
}

// Correspondents is the address book of the actor's office.
func (a *App) Correspondents(ctx context.Context, who Actor) (list []store.Correspondent, err error) {
	if err := a.mayKeepBook(who); err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Correspondents(who.Office.Territory)
		return err
	})
	return list, err
}

func (a *App) mayKeepBook(who Actor) error {
	if who.Member.ID != 0 || who.Office.Territory == "" {
		return denied("Le carnet d’adresses est celui d’un service.", "The address book is an office's.")
	}
	return nil
}

// PutCorrespondent adds somebody to the book of the actor's office, or changes who
// has that number.
func (a *App) PutCorrespondent(ctx context.Context, who Actor, c store.Correspondent) error {
	if err := a.mayKeepBook(who); err != nil {
		return err
	}
	c.Territory = who.Office.Territory
	if err := checkCorrespondent(&c); err != nil {
		return err
	}
	verb := "letter.change"
	if c.ID == 0 {
		verb = "letter.add"
	}
	return a.do(ctx, who, act{verb, logAt(c.Territory), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if c.ID != 0 {
			return fmt.Sprintf("correspondent %d", c.ID), "", tx.ChangeCorrespondent(c)
		}
		book, err := tx.Correspondents(c.Territory)
		if err == nil && len(book) >= maxCorrespondents {
			err = fault.New(fault.TooMany, "Le carnet est plein.", "The book is full.")
		}
		if err != nil {
			return "", "", err
		}
		c.ID = store.NewID(now)
		return fmt.Sprintf("correspondent %d", c.ID), "", tx.AddCorrespondent(c)
	})
}

// RemoveCorrespondent takes somebody out of the book of the actor's office.
func (a *App) RemoveCorrespondent(ctx context.Context, who Actor, id int64) error {
	if err := a.mayKeepBook(who); err != nil {
		return err
	}
	return a.do(ctx, who, act{"letter.remove", logAt(who.Office.Territory), gate.Announce}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return fmt.Sprintf("correspondent %d", id), "", tx.RemoveCorrespondent(who.Office.Territory, id)
	})
}

// checkCorrespondent cleans what was typed, and refuses what makes no letter.
func checkCorrespondent(c *store.Correspondent) error {
	c.Name, c.Email = plainLine(message.Clean(c.Name)), strings.TrimSpace(c.Email)
	var lines []string
	for line := range strings.Lines(message.Clean(c.Postal)) {
		if line = plainLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	c.Postal = strings.Join(lines, "\n")
	switch {
	case c.Name == "" || utf8.RuneCountInString(c.Name) > maxName:
		return invalid("Écrivez le nom, tel que les ordres le donnent, en 120 caractères au plus.", "Write the name, as orders give it, in 120 characters at most.")
	case len(lines) > maxPostalLines || utf8.RuneCountInString(c.Postal) > maxPostal:
		return invalid("L’adresse postale a au plus 7 lignes.", "The postal address has at most 7 lines.")
	case c.Email == "" && c.Postal == "":
		return invalid("Donnez une adresse postale ou une adresse de courriel.", "Give a postal address or an e-mail address.")
	case c.Email != "":
		return account.CheckEmail(c.Email)
	}
	return nil
}
