package ecluse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// writeToSigners queues a letter to those who may still sign a proposal: in the act
// that proposes it, so that it leaves if and only if there is something to sign.
func (a *App) writeToSigners(tx *store.Tx, p store.Proposal, list []*order.Order, now time.Time) error {
	if a.mail == nil {
		return nil
	}
	defer a.posted()
	return a.signLetter(newBracket(tx, now), p, list, fmt.Sprintf("sign/%d/1", p.ID))
}

// signLetter queues one letter to the holders who have not signed.
func (a *App) signLetter(b *bracket, p store.Proposal, list []*order.Order, name string) error {
	signed, err := b.tx.Signatures(p.ID)
	if err != nil {
		return err
	}
	holders, err := holdersOver(b.tx, p.Issuer)
	if err != nil {
		return err
	}
	holders = slices.DeleteFunc(holders, func(h account.PersonID) bool { return h == p.Author || signedBy(signed, h) })
	people, err := b.tx.AddresseesOf(holders)
	if err != nil {
		return err
	}
	m := store.Mailing{Name: name, Kind: store.MailSignature, Order: list[0].ID, Place: p.Issuer, ReplyTo: replyTo(list[0])}
	m.French, m.English = a.signText(p, list)
	return b.add(m, addressed(people))
}

// remindSigners writes again to those whose signature is awaited, once half of the
// time is over.
func (a *App) remindSigners(ctx context.Context) error {
	now := a.clock.Now()
	var waiting []store.Proposal
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.WaitingProposals("FR", now, proposalsShown)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading what waits for signatures: %w", err)
	}
	for _, p := range waiting {
		if now.Before(p.Proposed.Add(p.Expires.Sub(p.Proposed) / 2)) {
			continue
		}
		if err := a.remindOfProposal(ctx, p); err != nil && !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("reminding of proposal %d: %w", p.ID, err)
		}
	}
	return nil
}

func (a *App) remindOfProposal(ctx context.Context, p store.Proposal) error {
	name := fmt.Sprintf("sign/%d/2", p.ID)
	var done bool
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		done, err = tx.Mailed(name)
		return err
	})
	if err != nil || done {
		return err
	}
	full, err := a.readProposal(p, a.clock.Now())
	if err != nil {
		return err
	}
	return a.do(ctx, Actor{Part: byReminders}, act{"mail.sign", logAt(p.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		b := newBracket(tx, now)
		err := a.signLetter(b, p, full.Content, name)
		return string(full.Content[0].ID), b.detail(), err
	})
}

// signText asks for a signature.
func (a *App) signText(p store.Proposal, list []*order.Order) (fr, en store.MailText) {
	o := list[0]
	title, until := plainLine(o.Title), p.Expires.In(a.zone("Europe/Paris"))
	where := a.mail.Address + "/for/" + strings.ReplaceAll(string(p.Issuer), "/", "-") + fmt.Sprintf("/proposals/%d", p.ID)
	fr = store.MailText{
		Subject: fmt.Sprintf("À signer : « %s »", title),
		Body: fmt.Sprintf("Bonjour,\n\nUn ordre attend votre signature : « %s » (numéro %s), pour %s. Rien n’est fermé avant la dernière signature.\n\n"+
			"Lisez-le, puis signez ou refusez, avant le %s (heure de Paris) : %s\n"+
			"Si vous agissez pour une autorité de niveau supérieur, connectez-vous et ouvrez « Ordres ».\n\n"+
			"N’ouvrez jamais une page de connexion depuis un courriel dont vous doutez : l’adresse d’Écluse est %s\n\n%s",
			title, o.ID, a.TerritoryName(scopeOf(o)), mailHour(until, true), where, a.mail.Address, questions(o, true)),
	}
	en = store.MailText{
		Subject: fmt.Sprintf("To be signed: “%s”", title),
		Body: fmt.Sprintf("Hello,\n\nAn order awaits your signature: “%s” (number %s), for %s. Nothing closes before the last signature.\n\n"+
			"Read it, then sign or refuse it, before %s (Paris time): %s\n"+
			"If you act for an authority above, sign in and open “Orders”.\n\n"+
			"Never sign in from an e-mail that you doubt: the address of Écluse is %s\n\n%s",
			title, o.ID, a.TerritoryName(scopeOf(o)), mailHour(until, false), where, a.mail.Address, questions(o, false)),
	}
	if more := len(list) - 1; more > 0 {
		fr.Subject, en.Subject = fmt.Sprintf("%s (et %d de plus)", fr.Subject, more), fmt.Sprintf("%s (and %d more)", en.Subject, more)
	}
	return drill(o, frenchText(fr), true), drill(o, en, false)
}

// scopeOf is where an order holds; a cancel that names none counts where its issuer
// has authority.
func scopeOf(o *order.Order) school.Territory {
	if o.Applies.Territory == "" {
		return o.Issuer
	}
	return o.Applies.Territory
}
