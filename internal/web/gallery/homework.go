package gallery

import "github.com/ecluse-ecole/ecluse/internal/web/page"

// products is what a school may use.
func (g gallery) products(chosen string) []page.Choice {
	return g.choices(chosen, [2]string{"pronote", "Pronote"}, [2]string{"ecole-directe", "École Directe"}, [2]string{"ent", g.Say("ENT (fermé par son éditeur)", "ENT (closed by its publisher)")})
}

// newHomework is the page of a head who has not said anything yet.
func (g gallery) newHomework() page.Homework {
	return page.Homework{Frame: g.head("À la main", "By hand", page.AnswersPart), URL: "/at/42/answers", Products: g.products("")}
}

// homework is an order to be applied, half done and refused before, and one to be
// taken back.
func (g gallery) homework() page.Homework {
	p := g.newHomework()
	p.Said, p.Products = true, g.products("pronote")
	steps := []string{
		g.Say("Ouvrez le client avec un compte d'administration.", "Open the client with an administration account."),
		g.Say("Notez les réglages actuels ; vous les remettrez à la levée.", "Write down the present settings; you will put them back when the order is lifted."),
	}
	check := []string{g.Say("Avec un compte d'essai d'élève, écrire n'est plus possible.", "With a pupil's test account, writing is no longer possible.")}
	who := g.Say("Un administrateur de l'établissement, ou la direction.", "An administrator of the school, or the head.")
	half := page.ProcedureForm{Kept: g.Say("Gardé aujourd'hui à 10 h 12, par la direction", "Kept today at 10:12 am, by the head"), Key: "t0-pronote", Product: "pronote", Name: "Pronote", Who: who, By: page.Field{Value: "Odile Marchenoir"},
		Problem: g.Say("Cochez chaque étape quand elle est faite. Si l'une ne peut pas l'être, dites-le en refusant.", "Tick each step once it is done. If one cannot be done, say so by refusing.")}
	half.Ticks(steps, check, map[string]bool{"0": true})
	done := page.ProcedureForm{Key: "t0-ecole-directe", Product: "ecole-directe", Name: "École Directe", Who: who, By: page.Field{Value: "Odile Marchenoir"},
		Done: "École Directe" + g.Say(" : fermé aujourd'hui à 9 h 12, par ", ": closed today at 9:12 am, by ") + "Odile Marchenoir", Picture: "/at/42/answers/1/picture"}
	done.Ticks(steps, check, nil)
	undo := page.ProcedureForm{Key: "t1-pronote", Product: "pronote", Name: "Pronote", Who: who, By: page.Field{Value: "Odile Marchenoir"}, Done: done.Done}
	undo.Ticks(steps[:1], nil, nil)
	p.Tasks = []page.Task{
		{Key: "t0", Order: g.rows()[0], Rules: g.order().Rules, Procedures: []page.ProcedureForm{half, done}, MayRefuse: true,
			Refusal: g.Say("Le serveur est en panne depuis hier.", "The server has been down since yesterday."),
			Refuse:  page.Field{Error: g.Say("Dites pourquoi, en quelques mots.", "Say why, in a few words.")}},
		{Key: "t1", Order: g.rows()[2], Undo: true, Others: true, Procedures: []page.ProcedureForm{undo}},
	}
	return p
}
