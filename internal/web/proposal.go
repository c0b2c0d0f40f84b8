package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// signing is how orders are signed that need more than the reader, or nil.
func (c *call) signing(problem string, list ...*order.Order) (*page.Signing, error) {
	s, err := c.app.Signing(c.r.Context(), list...)
	if err != nil || s.Needs < 2 {
		return nil, err
	}
	return &page.Signing{Needs: s.Needs, Holders: s.Holders, Problem: problem}, nil
}

// propose signs a previewed order first and leaves it to others.
func (c *call) propose(o *order.Order, doubts []order.Warning) error {
	id, err := c.app.ProposeOrder(c.r.Context(), c.who, o)
	switch {
	case err == nil:
		return c.redirect(c.proposalURL(id) + "?done=proposed")
	case fault.Is(err, fault.Unproved):
		return err // the form comes back after the proof
	case fault.Is(err, fault.Invalid):
		return c.showPreview(statuses[fault.KindOf(err)], o, doubts, c.trouble(err))
	}
	c.logAccident(err)
	return c.editOrder(statuses[fault.KindOf(err)], o, c.trouble(err))
}

func (c *call) proposalURL(id int64) string {
	return page.Frame{Base: c.base()}.URL(page.ProposalsPart, strconv.FormatInt(id, 10))
}

// proposals are those that an office sees on its page of orders.
func (c *call) proposals() ([]page.ProposalRow, error) {
	if c.who.Member.ID != 0 {
		return nil, nil
	}
	list, err := c.app.Proposals(c.r.Context(), c.who)
	var rows []page.ProposalRow
	for _, p := range list {
		rows = append(rows, c.proposalRow(p))
	}
	return rows, err
}

// proposalStates are the application's as the page names them.
var proposalStates = map[ecluse.ProposalState]page.ProposalState{
	ecluse.ProposalWaiting: page.ProposalWaiting, ecluse.ProposalIssued: page.ProposalIssued, ecluse.ProposalRefused: page.ProposalRefused,
	ecluse.ProposalWithdrawn: page.ProposalWithdrawn, ecluse.ProposalExpired: page.ProposalExpired,
}

// proposalRow shows a proposal of several by the first that has rules.
func (c *call) proposalRow(p ecluse.Proposal) page.ProposalRow {
	o, last := p.Content[0], p.Content[len(p.Content)-1]
	if o.Type == order.Cancel && len(p.Content) > 1 {
		o = p.Content[1]
	}
	return page.ProposalRow{
		URL: c.proposalURL(p.ID), ID: string(o.ID), Orders: len(p.Content), Title: o.Title, Issuer: c.app.Decider(o), Author: p.Name,
		Exercise: o.Status == order.Exercise, State: proposalStates[p.State], From: c.wall(o.From), Until: c.wall(last.Until),
		Proposed: c.in(p.Proposed), Expires: c.in(p.Expires), Signed: p.Proposal.Signed, Needs: p.Needs, Reason: p.End.Reason, Yours: p.Yours,
		Schools: p.Schools, People: p.People,
	}
}

// wall is a reading of the clock of the place; that of no order is zero.
func (c *call) wall(w order.Wall) time.Time {
	zone, err := hours.LoadZone(c.zoneName())
	if err != nil || w.IsZero() {
		return time.Time{}
	}
	return time.Unix(w.Instant(zone), 0).In(c.loc)
}

// proposal shows one with all that its author saw before signing, as it stands
// now.
func (c *call) proposal() error { return c.showProposal(ok, page.ProposalForm{}, "") }

func (c *call) showProposal(status int, typed page.ProposalForm, problem string) error {
	b, err := c.app.Ballot(c.r.Context(), c.who, c.proposalID())
	if err != nil {
		return err
	}
	view := page.Proposal{Problem: problem}
	if view.Frame, err = c.stayingFrame(c.lang.Say("Un ordre à signer", "An order to sign")); err != nil {
		return err
	}
	if view.Stages, err = c.ballotStages(b, &view); err != nil {
		return err
	}
	for i := range view.Stages {
		view.Stages[i].Frame = view.Frame
	}
	c.fillProposal(&view, b)
	if b.Yours {
		view.Form = &typed
	}
	return c.show(status, view)
}

// ballotStages are the proposed orders and, while they wait, what they would do if
// they were issued now. What fits the present orders no more can still be refused.
func (c *call) ballotStages(b ecluse.Ballot, view *page.Proposal) ([]page.OrderPreview, error) {
	if b.State == ecluse.ProposalWaiting {
		_, previews, err := c.app.PreviewProposal(c.r.Context(), c.who, b.ID)
		switch {
		case err == nil:
			stages, err := c.previewedAll(previews)
			view.Blocked = slices.ContainsFunc(previews, ecluse.Preview.Refused)
			return stages, err
		case !isOrderFault(err):
			return nil, err
		}
		view.Problem, view.Blocked = c.trouble(err), true
	}
	var stages []page.OrderPreview
	for _, o := range b.Content {
		row := page.OrderRow{ID: string(o.ID), Title: o.Title, From: c.wall(o.From), Until: c.wall(o.Until)}
		stages = append(stages, page.OrderPreview{Row: row, Rules: c.ruleSentences(o), Why: o.Reason, Source: string(o.Encode())})
	}
	return stages, nil
}

// previewedAll is what a preview shows of several orders.
func (c *call) previewedAll(previews []ecluse.Preview) (stages []page.OrderPreview, err error) {
	for i, p := range previews {
		_, doubts, err := order.Check("", p.Order.Encode())
		if err != nil {
			return nil, err
		}
		stage := c.previewed(p, doubts)
		stage.Week.Key = "-" + strconv.Itoa(i+1)
		stages = append(stages, stage)
	}
	return stages, nil
}

// fillProposal adds who proposed and signed, and what became of it.
func (c *call) fillProposal(view *page.Proposal, b ecluse.Ballot) {
	view.Facts, view.Holders = c.proposalRow(b.Proposal), b.Holders
	for _, s := range b.Signatures {
		view.Signed = append(view.Signed, page.SignatureRow{Name: s.Name, Office: c.app.TerritoryName(s.Territory), At: c.in(s.At)})
	}
	view.Mine = b.Mine && b.State == ecluse.ProposalWaiting
	switch b.State {
	case ecluse.ProposalWaiting:
	case ecluse.ProposalIssued:
		view.Issued = page.Frame{Base: c.base()}.URL(page.OrdersPart, string(b.Orders[len(b.Orders)-1].ID))
	default:
		view.Again = b.Issuer == school.Territory(c.who.Office.Territory)
	}
}

func (c *call) proposalID() int64 { return int64(number(c.r.PathValue("id"))) }

// judge signs, refuses or withdraws the proposal of the page.
func (c *call) judge() error {
	typed := page.ProposalForm{Reason: page.Field{Value: c.r.FormValue("reason")}}
	id := c.proposalID()
	var done string
	var err error
	switch c.r.FormValue("do") {
	case "sign":
		done, err = c.sign(id)
	case "refuse":
		if typed.Reason.Error = c.sentence(ecluse.CheckExemptionReason(typed.Reason.Value)); typed.Reason.Error != "" {
			return c.showProposal(statuses[fault.Invalid], typed, "")
		}
		done, err = c.proposalURL(id)+"?done=denied", c.app.RefuseProposal(c.r.Context(), c.who, id, typed.Reason.Value)
	case "withdraw":
		done, err = c.proposalURL(id)+"?done=withdrawn", c.app.WithdrawProposal(c.r.Context(), c.who, id)
	default:
		return c.nothing()
	}
	switch {
	case err == nil:
		return c.redirect(done)
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict), fault.Is(err, fault.Denied):
		return c.showProposal(statuses[fault.KindOf(err)], typed, c.trouble(err))
	}
	return err
}

// sign signs, and says where to go on: to the orders once it is issued.
func (c *call) sign(id int64) (string, error) {
	issued, err := c.app.SignProposal(c.r.Context(), c.who, id)
	if issued {
		return c.base() + page.OrdersPart + "?done=issued", err
	}
	return c.proposalURL(id) + "?done=signed", err
}
