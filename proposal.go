package ecluse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How proposals live.
const (
	DefaultSignatures = 2
	proposalLasts     = 24 * time.Hour     // unsigned, and never longer than the order itself
	failedShown       = 7 * 24 * time.Hour // how long one that came to nothing is listed
	proposalsShown    = 50                 // at once
	MaxRefusal        = MaxExemptionReason // characters of the reason of a refusal
)

// A Proposal is one order that waits for signatures, or several that are signed
// together, or what became of them.
type Proposal struct {
	store.Proposal
	Content []*order.Order // what is signed, and issued if it is; never empty
	State   ProposalState
	Needs   int  // signatures, by different people
	Yours   bool // it waits for the reader's own
}

// A ProposalState is where a proposal stands; it is computed from facts and the
// clock.
type ProposalState uint8

// The states of a proposal.
const (
	ProposalWaiting ProposalState = iota
	ProposalIssued
	ProposalRefused
	ProposalWithdrawn
	ProposalExpired
)

// A Signing is how many signatures an order needs, and how many people hold an
// office that may give one.
type Signing struct {
	Needs   int
	Holders int
}

// Signatures is how many different people must sign orders before they are
// issued: one for orders of one school, else what the installation asks. What
// an order replaces or lifts counts as part of it.
func (a *App) Signatures(list ...*order.Order) int {
	together := func(id order.ID) bool {
		return slices.ContainsFunc(list, func(o *order.Order) bool { return o.ID == id })
	}
	for _, o := range list {
		wide := func(id order.ID) bool { return !together(id) && a.refersAbove(id) }
		if above(o.Applies.Territory) || slices.ContainsFunc(o.References, wide) {
			return a.signatures
		}
	}
	return 1
}

// refersAbove reports whether an order is for more than one school; one that is
// not known here may be.
func (a *App) refersAbove(id order.ID) bool {
	set, _ := a.orders.get()
	o, err := set.Order(id)
	return err != nil || above(o.Applies.Territory)
}

// above reports whether a territory is more than one school. A cancel may name
// none: then what it lifts tells.
func above(t school.Territory) bool {
	_, err := school.ParseUAI(strings.TrimPrefix(string(t[len(t.Parent()):]), "/"))
	return t != "" && err != nil
}

// Signing says how orders of one issuer that the actor wants to issue are signed.
func (a *App) Signing(ctx context.Context, list ...*order.Order) (s Signing, err error) {
	s.Needs = a.Signatures(list...)
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		holders, err := holdersOver(tx, list[0].Issuer)
		s.Holders = len(holders)
		return err
	})
	return s, err
}

// holdersOver is everybody who holds an office of a territory or above it, once
// each.
func holdersOver(tx *store.Tx, t school.Territory) ([]account.PersonID, error) {
	offices, err := tx.OfficesOver(t)
	var people []account.PersonID
	for _, o := range offices {
		if !slices.Contains(people, o.Person) {
			people = append(people, o.Person)
		}
	}
	return people, err
}

// mayJudge refuses who has no say in the orders of an issuer: the office itself
// and those above it have.
func (a *App) mayJudge(who Actor, issuer school.Territory) error {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return err
	}
	if !territory.Contains(issuer) {
		return notFound("Cette proposition n’existe pas.", "There is no such proposal.")
	}
	return nil
}

// Proposals lists what waits for signatures in the actor's territory, oldest
// first, then what came to nothing these last days, newest first.
func (a *App) Proposals(ctx context.Context, who Actor) ([]Proposal, error) {
	var found []store.Proposal
	yours := map[int64]bool{}
	now := a.clock.Now()
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if found, err = tx.WaitingProposals(who.Office.Territory, now, proposalsShown); err != nil {
			return err
		}
		for _, p := range found {
			signed, err := tx.Signatures(p.ID)
			if err != nil {
				return err
			}
			yours[p.ID] = !signedBy(signed, who.Person.ID)
		}
		failed, err := tx.FailedProposals(who.Office.Territory, now.Add(-failedShown), now, proposalsShown)
		found = append(found, failed...)
		return err
	})
	var list []Proposal
	for _, p := range found {
		full, unread := a.readProposal(p, now)
		if full.Yours = yours[p.ID]; unread == nil {
			list = append(list, full)
		}
		a.logged("listing what waits for signatures", unread)
	}
	return list, err
}

// ToSign counts what waits for the actor's own signature.
func (a *App) ToSign(ctx context.Context, who Actor) (n int, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.CountToSign(who.Office.Territory, who.Person.ID, a.clock.Now())
		return err
	})
	return n, err
}

// readProposal decodes what is proposed, and refuses a text that is not the one
// that was signed.
func (a *App) readProposal(p store.Proposal, now time.Time) (Proposal, error) {
	var list []*order.Order
	for _, text := range p.Orders {
		o, err := order.Parse(string(text.ID), text.Text)
		if err != nil {
			return Proposal{}, fmt.Errorf("reading proposal %d: %w", p.ID, err)
		}
		if o.ID != text.ID || o.Issuer != p.Issuer {
			return Proposal{}, forged(p)
		}
		list = append(list, o)
	}
	if len(list) == 0 || order.DigestOf(list) != p.Digest {
		return Proposal{}, forged(p)
	}
	return Proposal{Proposal: p, Content: list, State: proposalState(p, now), Needs: a.Signatures(list...)}, nil
}

func forged(p store.Proposal) error {
	return fmt.Errorf("the text of proposal %d is not the one that was signed: propose the order again, and look who can write to the database", p.ID)
}

// proposalState is where a proposal stands at an instant.
func proposalState(p store.Proposal, now time.Time) ProposalState {
	switch {
	case p.End.Outcome == store.OutcomeIssued:
		return ProposalIssued
	case p.End.Outcome == store.OutcomeRefused:
		return ProposalRefused
	case p.End.Outcome == store.OutcomeWithdrawn:
		return ProposalWithdrawn
	case !now.Before(p.Expires):
		return ProposalExpired
	}
	return ProposalWaiting
}

// A Ballot is a proposal with who signed it, as one reader sees it.
type Ballot struct {
	Proposal
	Signatures []store.Signature
	Holders    int  // people who may sign, whoever has
	Mine       bool // the reader proposed it
}

// Ballot is one proposal with its signatures.
func (a *App) Ballot(ctx context.Context, who Actor, id int64) (b Ballot, err error) {
	var holders []account.PersonID
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.Proposal(id)
		if err != nil {
			return err
		}
		if err := a.mayJudge(who, p.Issuer); err != nil {
			return err
		}
		if b.Proposal, err = a.readProposal(p, a.clock.Now()); err != nil {
			return err
		}
		if b.Signatures, err = tx.Signatures(id); err != nil {
			return err
		}
		holders, err = holdersOver(tx, p.Issuer)
		return err
	})
	b.Holders, b.Mine = len(holders), b.Author == who.Person.ID
	b.Yours = b.State == ProposalWaiting && !signedBy(b.Signatures, who.Person.ID)
	return b, err
}

func signedBy(list []store.Signature, p account.PersonID) bool {
	return slices.ContainsFunc(list, func(s store.Signature) bool { return s.Person == p })
}

// PreviewProposal says what proposed orders would do if they were issued now.
func (a *App) PreviewProposal(ctx context.Context, who Actor, id int64) (Ballot, []Preview, error) {
	b, err := a.Ballot(ctx, who, id)
	if err != nil {
		return b, nil, err
	}
	list, err := a.previewAny(ctx, b.Content)
	return b, list, err
}
