package web

import (
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// copies shows the letters to those who get a copy of an order.
func (c *call) copies() error { return c.showCopies(ok, "") }

func (c *call) showCopies(status int, problem string) error {
	o, err := c.app.Copies(c.r.Context(), c.who, c.orderID())
	if err != nil {
		return err
	}
	p := page.Copies{
		URL: c.boardURL(page.CopiesPart), Back: c.boardURL(page.OrdersPart), Book: c.base() + page.BookPart, Title: c.marked(o.Order.Order),
		Off: !c.app.Mails(), Problem: problem, ToSend: o.ToSend,
	}
	for _, at := range o.Printed {
		p.Printed = append(p.Printed, c.in(at))
	}
	for _, l := range o.Letters {
		p.Letters = append(p.Letters, c.copyLetter(o, l))
		if l.To.ID == 0 {
			p.Unknown = append(p.Unknown, l.Named)
		}
	}
	if p.Frame, err = c.frame(c.lang.Say("Copies", "Copies")); err != nil {
		return err
	}
	return c.show(status, p)
}

func (c *call) copyLetter(o ecluse.OrderCopies, l ecluse.Copy) page.CopyLetter {
	out := page.CopyLetter{Text: c.copyText(o, l), Name: l.Named, Email: l.To.Email, Sent: c.in(l.Sent), Missing: l.To.ID == 0}
	if l.To.Postal != "" {
		out.Postal = strings.Split(l.To.Postal, "\n")
	}
	return out
}

// copyText is what a letter says, in French whoever reads the page.
func (c *call) copyText(o ecluse.OrderCopies, l ecluse.Copy) page.CopyText {
	v := o.Order
	t := page.CopyText{
		Office: c.app.Decider(v.Order), Date: c.app.Now().In(c.loc), ID: string(v.ID), Title: v.Title, Basis: v.Basis, Reason: v.Reason,
		Exercise: v.Status == order.Exercise, From: v.From, Until: v.Until, Contact: v.Contact, Named: l.Named,
	}
	if o.Lifts != nil && v.Type == order.Cancel {
		t.Lifts = o.Lifts.Title
	}
	french := *c
	french.lang = page.French
	t.Scope = french.scopeSentences(v.Applies)
	for _, r := range v.Rules {
		t.Rules = append(t.Rules, page.RuleSentence(page.French, r))
	}
	return t
}

// doCopies sends the letters, or notes that they were printed.
func (c *call) doCopies() error {
	done, err := "printed", error(nil)
	if c.r.FormValue("do") == "send" {
		var o ecluse.OrderCopies
		if o, err = c.app.Copies(c.r.Context(), c.who, c.orderID()); err != nil {
			return err
		}
		done = "copied"
		_, err = c.app.SendCopies(c.r.Context(), c.who, c.orderID(), func(l ecluse.Copy) store.MailText { return store.MailText(c.copyText(o, l).Email()) })
	} else {
		err = c.app.PrintCopies(c.r.Context(), c.who, c.orderID())
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		return c.showCopies(statuses[fault.KindOf(err)], c.sentence(err))
	}
	if err != nil {
		return err
	}
	return c.redirect(c.boardURL(page.CopiesPart) + "?done=" + done)
}

// book is the office's address book.
func (c *call) book() error { return c.showBook(ok, page.BookEntry{}) }

// showBook shows the book with what was typed and is wrong.
func (c *call) showBook(status int, typed page.BookEntry) error {
	list, err := c.app.Correspondents(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p := page.Book{URL: c.base() + page.BookPart}
	if typed.ID == "" {
		p.New = typed
	}
	for _, one := range list {
		e := page.BookEntry{ID: strconv.FormatInt(one.ID, 10), Name: page.Field{Value: one.Name}, Postal: page.Field{Value: one.Postal}, Email: page.Field{Value: one.Email}}
		if e.ID == typed.ID {
			e = typed
		}
		p.Entries = append(p.Entries, e)
	}
	if p.Frame, err = c.frame(c.lang.Say("Carnet d’adresses", "Address book")); err != nil {
		return err
	}
	return c.show(status, p)
}

// keepBook changes the office's address book.
func (c *call) keepBook() error {
	id := int64(number(c.r.FormValue("id")))
	if c.r.FormValue("do") == "remove" {
		if err := c.app.RemoveCorrespondent(c.r.Context(), c.who, id); err != nil {
			return err
		}
		return c.redirect(c.base() + page.BookPart + "?done=book")
	}
	one := store.Correspondent{ID: id, Name: c.r.FormValue("name"), Postal: c.r.FormValue("postal"), Email: c.r.FormValue("email")}
	err := c.app.PutCorrespondent(c.r.Context(), c.who, one)
	if fault.Is(err, fault.Invalid) {
		typed := page.BookEntry{Name: page.Field{Value: one.Name}, Postal: page.Field{Value: one.Postal}, Email: page.Field{Value: one.Email}, Error: c.sentence(err)}
		if id != 0 {
			typed.ID = strconv.FormatInt(id, 10)
		}
		return c.showBook(statuses[fault.Invalid], typed)
	}
	if err != nil {
		return err
	}
	return c.redirect(c.base() + page.BookPart + "?done=book")
}
