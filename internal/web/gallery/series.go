package gallery

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// stageNames are five stages as measures were lifted.
func (g gallery) stageNames() [5]string {
	return [5]string{
		g.Say("Réouverture pour les personnels", "Reopening for staff"),
		g.Say("Réouverture pour les responsables légaux", "Reopening for guardians"),
		g.Say("Réouverture pour les élèves dont le mot de passe est renouvelé", "Reopening for pupils with a new password"),
		g.Say("Réponses ouvertes à tous les élèves", "Replies for all pupils"),
		g.Say("Réouverture pour tous", "Reopening for everybody"),
	}
}

// stageDays are the days of April on which they begin.
var stageDays = [5]int{3, 4, 8, 11, 18}

// stageForms are the five as they are first offered.
func (g gallery) stageForms() []page.StageForm {
	roles := [5]school.Roles{
		school.Adults &^ school.RolesOf(school.Guardian), school.RolesOf(school.Guardian), school.RolesOf(school.Pupil), school.RolesOf(school.Pupil), school.Everyone,
	}
	var list []page.StageForm
	for i, name := range g.stageNames() {
		s := page.StageForm{
			Title: page.Field{Value: name}, From: page.Field{Value: fmt.Sprintf("2024-04-%02dT07:00", stageDays[i])}, Roles: g.roles(roles[i]),
			Access: g.accesses(order.Write)[1:], Hours: page.Field{Value: "07:00-23:00"}, Otherwise: g.accesses(order.Closed),
			Reading: g.Say("tous les jours de 7 h à 23 h", "every day from 7 am to 11 pm"),
		}
		if roles[i] == school.RolesOf(school.Pupil) {
			s.Since.Value = "2024-03-29"
		}
		list = append(list, s)
	}
	return list
}

// series is the form as it is first offered, with some fields wrong.
func (g gallery) series() page.Series {
	p := page.Series{Frame: g.authority("Rouvrir par étapes", "Reopen in stages", page.SeriesPart), Of: g.rows()[0], Rules: g.order().Rules, Stages: g.stageForms(),
		Problem: g.Say("Quelques champs sont à revoir.", "Some fields need another look."), Reason: page.Field{Error: g.Say("À remplir.", "Fill this in.")}}
	p.Of.Summary = ""
	p.Stages[1].Error = g.Say("Choisissez pour qui cette étape ouvre.", "Choose for whom this stage opens.")
	p.Stages[2].From.Error = g.Say("Cette étape ne vient pas après celle d'avant. Changez sa date, ou rangez les étapes par date.", "This stage does not come after the one before. Change its date, or put the stages in order of date.")
	p.Stages[3].Hours = page.Field{Value: "le matin", Error: g.Say("Ces horaires ne se lisent pas.", "These hours cannot be read.")}
	p.Stages[3].Reading, p.Stages[4].Skip = "", true
	empty := p.Stages[0]
	empty.Title, empty.From, empty.Hours, empty.Reading, empty.Roles, empty.New = page.Field{}, page.Field{}, page.Field{}, "", g.roles(0), true
	p.Stages = append(p.Stages, empty)
	return p
}

// rest is the form that changes stages that are announced.
func (g gallery) rest() page.Series {
	p := g.series()
	p.Frame = g.authority("Changer les étapes à venir", "Change the stages to come", page.SeriesPart)
	p.Problem, p.Reason, p.Rest, p.Stages = "", page.Field{Value: g.decider().Reason}, 2, nil
	for _, s := range g.stageForms()[3:] {
		p.Stages = append(p.Stages, page.StageForm{Title: s.Title, From: s.From, Keep: source, Kept: g.order().Rules})
	}
	return p
}

// stagePreviews are the five before they are signed.
func (g gallery) stagePreviews(f page.Frame) []page.OrderPreview {
	var list []page.OrderPreview
	for i, name := range g.stageNames() {
		s := page.OrderPreview{Frame: f, Schools: 331, Week: g.week(), Source: source, Rules: g.order().Rules, Why: g.decider().Reason}
		s.Row = page.OrderRow{ID: fmt.Sprintf("FR/13/079/2024-%04d", i+2), Title: name, From: at(stageDays[i], 7, 0)}
		s.Week.Key, s.Week.Previous, s.Week.Next = fmt.Sprintf("-%d", i+1), "", ""
		if i > 0 {
			s.People = []page.RoleSum{{Role: school.Guardian, All: 48811, Opened: 48811}, {Role: school.Pupil, All: 31204, Opened: 31204 * min(1, i/2)}}
		}
		list = append(list, s)
	}
	list[2].Findings = []page.Finding{{Kind: page.Looser, Text: g.Say("Le rectorat ferme à 22 h 00, cet ordre dit 23 h 00.", "The rectorate closes at 10:00 pm, this order says 11:00 pm."), Reason: "FR/13/2024-0003"}}
	return list
}

func (g gallery) seriesPreview() page.SeriesPreview {
	p := page.SeriesPreview{Frame: g.authority("Avant de signer", "Before you sign", page.SeriesPart), Signing: &page.Signing{Needs: 2, Holders: 3},
		Typed: []page.Typed{{Name: "of", Value: "FR/13/079/2024-0001"}, {Name: "reason", Value: g.decider().Reason}}}
	p.Stages = g.stagePreviews(p.Frame)
	return p
}

// seriesProposal is a series as the second person sees it.
func (g gallery) seriesProposal() page.Proposal {
	p := g.proposal()
	p.Facts.Orders, p.Facts.Title, p.Facts.ID = 5, g.stageNames()[0], "FR/13/079/2024-0002"
	p.Stages, p.Form = g.stagePreviews(p.Frame), &page.ProposalForm{}
	return p
}

// ladder is the page of an order in the middle of a reopening.
func (g gallery) ladder() page.Order {
	p := g.order()
	p.Frame = g.authority("Un ordre", "An order", page.OrdersPart+"/FR/13/079/2024-0002")
	row := p.Row
	row.State, row.Until = page.Replaced, at(stageDays[0], 7, 0)
	p.Ladder = page.Ladder{Waiting: 3, Reopen: "/office/3/orders/series?of=1", Stop: "/office/3/orders/new?stop=1", Close: "/office/3/orders/new?close=1", Rungs: []page.Rung{{Row: row}}}
	states := [5]page.OrderState{page.Replaced, page.InForce, page.Announced, page.Announced, page.Announced}
	for i, name := range g.stageNames() {
		rung := page.Rung{Row: page.OrderRow{URL: "/office/3/orders/2", Title: name, State: states[i], From: at(stageDays[i], 7, 0)}, Here: i == 1}
		p.Ladder.Rungs = append(p.Ladder.Rungs, rung)
	}
	p.Row.Title, p.References = g.stageNames()[1], nil
	return p
}

func (g gallery) reopening() []Sample {
	return []Sample{{"series", g.series()}, {"series-rest", g.rest()}, {"series-preview", g.seriesPreview()}, {"proposal-series", g.seriesProposal()}, {"order-ladder", g.ladder()}}
}
