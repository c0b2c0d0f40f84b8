package ecluse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// ProposeOrder signs an order first, after a fresh proof of who the actor is, and
// leaves it to others to sign. It closes nothing. What was proposed is exactly what
// is issued.
func (a *App) ProposeOrder(ctx context.Context, who Actor, o *order.Order) (id int64, err error) {
	return a.ProposeOrders(ctx, who, []*order.Order{o})
}

// ProposeOrders is ProposeOrder of several that are signed together, and issued
// all or none.
func (a *App) ProposeOrders(ctx context.Context, who Actor, list []*order.Order) (id int64, err error) {
	previews, err := a.PreviewOrders(ctx, who, list)
	switch {
	case err != nil:
		return 0, err
	case slices.ContainsFunc(previews, Preview.Refused):
		return 0, looser()
	case a.Signatures(list...) < 2:
		return 0, invalid("Cet ordre n’a pas besoin d’une autre signature : émettez-le.", "This order needs no other signature: issue it.")
	}
	if err := a.fresh(who); err != nil {
		return 0, err
	}
	p := a.proposal(who, previews)
	err = a.do(ctx, who, act{"order.propose", logAt(p.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.freeNumbers(list); err != nil {
			return "", "", err
		}
		if err := maySignNow(tx, who, p.Issuer); err != nil {
			return "", "", err
		}
		if err := tx.AddProposal(p); err != nil {
			return "", "", numberTaken(err, list[0].ID)
		}
		if err := tx.AddSignature(p.ID, store.Signature{Person: who.Person.ID, Territory: p.Issuer, At: now}); err != nil {
			return "", "", err
		}
		if err := a.writeToSigners(tx, p, list, now); err != nil {
			return "", "", err
		}
		return tellAll(tx, who, "order.propose", p, now)
	})
	if err != nil {
		return 0, err
	}
	return p.ID, a.apply(ctx)
}

// tellAll journals a verb about every order of a proposal, but the first: that
// one is what it returns, for the door to journal.
func tellAll(tx *store.Tx, who Actor, verb string, p store.Proposal, now time.Time) (subject, detail string, err error) {
	for _, o := range p.Orders[1:] {
		err := tx.Append(journal.Entry{Log: logAt(p.Issuer), At: now, Actor: who.String(), Verb: verb, Subject: string(o.ID), Detail: p.Digest})
		if err != nil {
			return "", "", err
		}
	}
	return string(p.Orders[0].ID), p.Digest, nil
}

// proposal is what is kept of orders that were previewed together. Its schools
// and people are those of the order that binds most.
func (a *App) proposal(who Actor, previews []Preview) store.Proposal {
	now := a.clock.Now()
	p := store.Proposal{
		ID: store.NewID(now), Issuer: previews[0].Order.Issuer, Author: who.Person.ID, Proposed: now, Expires: now.Add(proposalLasts),
	}
	var list []*order.Order
	var over time.Time
	for _, preview := range previews {
		o := preview.Order
		list = append(list, o)
		p.Orders = append(p.Orders, store.ProposedOrder{ID: o.ID, Text: o.Encode()})
		people := 0
		for _, n := range preview.People {
			people += n
		}
		p.Schools, p.People = max(p.Schools, len(preview.Schools)), max(p.People, people)
		if end := preview.end(); end.IsZero() {
			over = later(over, p.Expires)
		} else {
			over = later(over, end)
		}
	}
	p.Digest = order.DigestOf(list)
	if over.Before(p.Expires) { // all of them are
		p.Expires = over
	}
	return p
}

// end is when the order ends in the last of its schools; zero: until lifted.
func (p Preview) end() (last time.Time) {
	if p.Order.Until.IsZero() {
		return last
	}
	for _, sc := range p.Schools {
		if zone := p.After.Zone(sc.UAI); zone != nil {
			last = later(last, time.Unix(p.Order.Until.Instant(zone), 0))
		}
	}
	return last
}

// freeNumbers refuses the number of an order that exists.
func (a *App) freeNumbers(list []*order.Order) error {
	set, _ := a.orders.get()
	for _, o := range list {
		if _, err := set.Order(o.ID); err == nil {
			return numberTaken(fault.New(fault.Conflict, "", ""), o.ID)
		}
	}
	return nil
}

// maySignNow refuses who holds no office over the issuer any more, and whose
// session has ended since they proved who they are.
func maySignNow(tx *store.Tx, who Actor, issuer school.Territory) error {
	holders, err := holdersOver(tx, issuer)
	if err != nil {
		return err
	}
	if !slices.Contains(holders, who.Person.ID) {
		return denied("Vous n’avez plus de place dans une autorité qui peut signer cet ordre.", "You no longer have a place in an authority that may sign this order.")
	}
	return stillIn(tx, who)
}

// errMoved says that the orders are not those that a preview was made from.
var errMoved = errors.New("the orders have changed since the preview")

// SignProposal adds the actor's signature, after a fresh proof of who they are. The
// one that makes the number full issues the order in the same act: it is never
// issued without, and never left waiting with. Once it returns issued, every
// decision follows the order.
func (a *App) SignProposal(ctx context.Context, who Actor, id int64) (issued bool, err error) {
	if _, err := a.Ballot(ctx, who, id); err != nil {
		return false, err
	}
	if err := a.fresh(who); err != nil {
		return false, err
	}
	for range 3 {
		issued, err = a.sign(ctx, who, id)
		if !errors.Is(err, errMoved) {
			return issued, err
		}
		if err := a.Reload(ctx); err != nil {
			return false, err
		}
	}
	return false, changing()
}

// sign adds one signature on top of the orders that the snapshot holds.
func (a *App) sign(ctx context.Context, who Actor, id int64) (issued bool, err error) {
	b, previews, err := a.PreviewProposal(ctx, who, id)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(previews, Preview.Refused) {
		return false, looser()
	}
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return false, err
	}
	err = a.do(ctx, who, act{"order.sign", logAt(b.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.signable(tx, who, id, now); err != nil {
			return "", "", err
		}
		if err := tx.AddSignature(id, store.Signature{Person: who.Person.ID, Territory: territory, At: now}); err != nil {
			return "", "", err
		}
		if issued, err = a.issueSigned(tx, who, b.Proposal, now); err != nil {
			return "", "", err
		}
		if err := unmoved(tx, previews, issued); err != nil {
			return "", "", err
		}
		return tellAll(tx, who, "order.sign", b.Proposal.Proposal, now)
	})
	if err != nil || !issued {
		return false, err
	}
	return true, a.apply(ctx)
}

// unmoved refuses a signature when the orders that the transaction sees are not
// those of the preview: one above may forbid what is signed. Issuing is a
// generation of its own, whose counter nobody else moves before the commit.
func unmoved(tx *store.Tx, previews []Preview, issued bool) error {
	generation, err := tx.Generation()
	want := previews[0].version
	if issued {
		want++
	}
	if err == nil && generation != want {
		err = errMoved
	}
	return err
}

// signable refuses who may not sign a proposal now. Others wait from here on.
func (a *App) signable(tx *store.Tx, who Actor, id int64, now time.Time) error {
	p, err := a.judgeable(tx, who, id, now)
	if err != nil {
		return err
	}
	signed, err := tx.Signatures(id)
	if err != nil {
		return err
	}
	if signedBy(signed, who.Person.ID) {
		return denied("Vous avez déjà signé : une autre personne doit le faire.", "You have signed already: another person must.")
	}
	return maySignNow(tx, who, p.Issuer)
}

// judgeable is a proposal that waits, and waits for nobody else until this act
// is done.
func (a *App) judgeable(tx *store.Tx, who Actor, id int64, now time.Time) (store.Proposal, error) {
	if err := tx.LockProposal(id); err != nil {
		return store.Proposal{}, err
	}
	p, err := tx.Proposal(id)
	if err != nil {
		return p, err
	}
	if err := a.mayJudge(who, p.Issuer); err != nil {
		return p, err
	}
	switch proposalState(p, now) {
	case ProposalWaiting:
		return p, nil
	case ProposalExpired:
		err = fault.New(fault.Conflict, "Le délai de signature est passé. Proposez l’ordre de nouveau.", "The time for signing is over. Propose the order again.")
	default:
		err = fault.New(fault.Conflict, "Cette proposition n’attend plus de signature.", "This proposal waits for no signature any more.")
	}
	return p, err
}

// issueSigned issues what is proposed, all of it, if enough people have signed who
// still hold an office that may.
func (a *App) issueSigned(tx *store.Tx, who Actor, p Proposal, now time.Time) (bool, error) {
	signed, err := tx.Signatures(p.ID)
	if err != nil {
		return false, err
	}
	holders, err := holdersOver(tx, p.Issuer)
	if err != nil {
		return false, err
	}
	signed = slices.DeleteFunc(signed, func(s store.Signature) bool { return !slices.Contains(holders, s.Person) })
	if len(signed) < p.Needs {
		return false, nil
	}
	by := signers(signed)
	if err := tx.EndProposal(p.ID, store.ProposalEnd{Outcome: store.OutcomeIssued, At: now, By: who.Person.ID}); err != nil {
		return false, err
	}
	for i, o := range p.Content {
		if err := tx.AddOrder(store.OrderRecord{ID: o.ID, Issuer: p.Issuer, Text: p.Orders[i].Text, Issued: now, By: by}); err != nil {
			return false, numberTaken(err, o.ID)
		}
		if err := tx.Append(issued(who, o, now, " signed by "+by)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// signers names who signed as the journal does: by number.
func signers(list []store.Signature) string {
	var names []string
	for _, s := range list {
		names = append(names, fmt.Sprintf("person %d for %s", s.Person, s.Territory))
	}
	return strings.Join(names, ", ")
}

// RefuseProposal ends a proposal with the reason why, which its author reads. It
// asks for a proof as signing does: whoever stole a session stops no order.
func (a *App) RefuseProposal(ctx context.Context, who Actor, id int64, reason string) error {
	if err := CheckExemptionReason(reason); err != nil {
		return err
	}
	b, err := a.Ballot(ctx, who, id)
	if err != nil {
		return err
	}
	if err := a.fresh(who); err != nil {
		return err
	}
	return a.do(ctx, who, act{"order.refuse", logAt(b.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		p, err := a.judgeable(tx, who, id, now)
		if err != nil {
			return "", "", err
		}
		if err := maySignNow(tx, who, p.Issuer); err != nil {
			return "", "", err
		}
		end := store.ProposalEnd{Outcome: store.OutcomeRefused, At: now, By: who.Person.ID, Reason: strings.TrimSpace(message.Clean(reason))}
		if err := tx.EndProposal(id, end); err != nil {
			return "", "", err
		}
		return tellAll(tx, who, "order.refuse", p, now)
	})
}

// WithdrawProposal ends a proposal of the actor's own.
func (a *App) WithdrawProposal(ctx context.Context, who Actor, id int64) error {
	b, err := a.Ballot(ctx, who, id)
	if err != nil {
		return err
	}
	return a.do(ctx, who, act{"order.withdraw", logAt(b.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		p, err := a.judgeable(tx, who, id, now)
		if err == nil && p.Author != who.Person.ID {
			err = denied("Seule la personne qui a proposé cet ordre peut le retirer. Vous pouvez le refuser.",
				"Only who proposed this order can withdraw it. You can refuse it.")
		}
		if err != nil {
			return "", "", err
		}
		if err := tx.EndProposal(id, store.ProposalEnd{Outcome: store.OutcomeWithdrawn, At: now, By: who.Person.ID}); err != nil {
			return "", "", err
		}
		return tellAll(tx, who, "order.withdraw", p, now)
	})
}
