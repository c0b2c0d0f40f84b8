package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// request is one as who asked reads it.
func (g gallery) request(id int64, state page.ExemptionState) page.ExemptionRow {
	return page.ExemptionRow{ID: id, State: state, From: at(2, 20, 0), Until: at(5, 18, 0), Access: order.Reply,
		Reason: g.Say("Je suis en voyage scolaire avec la 4e B. Les familles m'écrivent le soir.", "I am on a school trip with 4e B. Families write to me in the evening.")}
}

// asking is what a teacher sees who asks again after a refusal.
func (g gallery) asking() page.Exemptions {
	refused, granted, over := g.request(3, page.ExemptionRefused), g.request(2, page.ExemptionGranted), g.request(1, page.ExemptionUnanswered)
	refused.Answer = g.Say("Les familles appellent le collège, qui vous joint.", "Families call the collège, which reaches you.")
	refused.By, granted.By = g.decider().Office, g.decider().Office
	return page.Exemptions{URL: "/at/42/orders/FR/13/079/2024-0001", Reader: g.decider().Office, Own: []page.ExemptionRow{refused, granted, over},
		Form: &page.ExemptionForm{Until: page.Field{Value: "2024-06-30T18:00", Error: g.Say("Une dérogation dure au plus 31 jours. Choisissez une date plus proche.", "An exemption lasts at most 31 days. Choose an earlier date.")},
			Reason: page.Field{Value: refused.Reason}}}
}

// answering is what the office sees that may grant.
func (g gallery) answering() page.Exemptions {
	e := page.Exemptions{URL: "/office/3/orders/FR/13/079/2024-0001", Reader: g.decider().Office, Grants: true, More: 2,
		Problem: g.Say("Quelqu'un a déjà répondu à cette demande.", "Somebody has answered this request already.")}
	for i, name := range []string{"Malik Sorel", "Odile Marchenoir", "Rémi Aldebert", "Inès Carrel"} {
		r := g.request(int64(i+1), page.ExemptionWaiting)
		r.Who = page.ExemptionAsker{Name: name, Role: g.Say("personnel enseignant", "teacher"), School: "Collège des Tilleuls"}
		r.Form = &page.AnswerForm{Access: g.accesses(order.Write)[1:]}
		e.Asked = append(e.Asked, r)
	}
	e.Asked[1].Form.Refusal.Error = g.Say("Dites pourquoi, en quelques mots.", "Say why, in a few words.")
	e.Asked[2].Mine, e.Asked[2].Form = true, nil
	e.Asked[3].State, e.Asked[3].Form, e.Asked[3].By = page.ExemptionOver, nil, "Deux-Sèvres"
	return e
}
