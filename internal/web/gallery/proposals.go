package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// proposalRow is an order that waits for the reader's signature.
func (g gallery) proposalRow() page.ProposalRow {
	return page.ProposalRow{URL: "/office/3/proposals/7", ID: "FR/13/079/2024-0001", Title: g.decider().Title, Issuer: g.decider().Office, Author: "Malik Sorel",
		From: at(3, 0, 0), Proposed: at(2, 14, 50), Expires: at(3, 14, 50), Signed: 1, Needs: 2, Yours: true, Schools: 331, People: 81919}
}

// toSign is the page of orders of who has to sign one.
func (g gallery) toSign() page.Orders {
	mine, refused := g.proposalRow(), g.refusedRow()
	mine.Yours, mine.Exercise, mine.Title = false, true, g.Say("Exercice d'alerte du printemps", "Spring alert exercise")
	f := g.authority("Ordres", "Orders", page.OrdersPart)
	f.ToSign = 1
	return page.Orders{Frame: f, Rows: g.rows(), Issue: true, Proposals: []page.ProposalRow{g.proposalRow(), mine, refused}}
}

func (g gallery) refusedRow() page.ProposalRow {
	r := g.proposalRow()
	r.State, r.Yours = page.ProposalRefused, false
	r.Reason = g.Say("Les collèges ne sont pas concernés. Proposez-le pour les écoles seulement.", "The collèges are not concerned. Propose it for primary schools only.")
	return r
}

// propose is the last step of who is alone in their office.
func (g gallery) propose() page.OrderPreview {
	p := g.preview()
	p.Findings = p.Findings[2:]
	p.Signing = &page.Signing{Needs: 2, Holders: 1, Problem: g.Say("Le mot de passe actuel ne correspond pas.", "The present password does not match.")}
	return p
}

func (g gallery) proposal() page.Proposal {
	stage := g.preview()
	stage.Rules, stage.Why = g.order().Rules, g.decider().Reason
	p := page.Proposal{Stages: []page.OrderPreview{stage}, Facts: g.proposalRow(), Holders: 3,
		Signed: []page.SignatureRow{{Name: "Malik Sorel", Office: "Deux-Sèvres", At: at(2, 14, 50)}},
		Form:   &page.ProposalForm{Reason: page.Field{Error: g.Say("Dites pourquoi, en quelques mots.", "Say why, in a few words.")}}}
	p.Frame = g.authority("Un ordre à signer", "An order to sign", page.ProposalsPart+"/7")
	p.Stages[0].Frame = p.Frame
	p.Stages[0].People = []page.RoleSum{{Role: school.Pupil, All: 31204, Closed: 31204, Always: 31204}}
	return p
}

// ownProposal is what its author sees, alone in the office.
func (g gallery) ownProposal() page.Proposal {
	p := g.proposal()
	p.Facts.Yours, p.Form, p.Mine, p.Holders, p.Stages[0].Findings = false, nil, true, 1, nil
	p.Frame.Flash = g.Say("L'ordre est proposé, avec votre signature.", "The order is proposed, with your signature.")
	return p
}

func (g gallery) refusedProposal() page.Proposal {
	p := g.ownProposal()
	p.Facts, p.Mine, p.Again, p.Frame.Flash = g.refusedRow(), false, true, ""
	p.Problem = g.Say("Cette proposition n'attend plus de signature.", "This proposal waits for no signature any more.")
	return p
}
