package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// boards are what became of an order, while it is awaited and as an exercise.
func (g gallery) boards() []Sample {
	exercise := g.board()
	exercise.Order = g.rows()[2]
	exercise.Rows, exercise.Set, exercise.More, exercise.Mail = nil, false, "", page.BoardMail{Off: true}
	return []Sample{{"board", g.board()}, {"board-exercise", exercise}, {"homework", g.homework()}, {"homework-new", g.newHomework()}}
}

func (g gallery) board() page.Board {
	const here = "/office/3/board/FR/13/079/2024-0001"
	p := page.Board{
		Frame: g.authority("Réponses", "Answers", page.BoardPart+"/FR/13/079/2024-0001"), URL: here,
		Order: g.rows()[0], Issued: at(1, 18, 42), Export: here + ".csv", More: here + "?from=500", Set: true, Mail: g.boardMail(),
		Delay: page.Field{Value: "0,1", Error: g.Say("Choisissez un délai entre un quart d'heure et 30 jours.", "Choose a time between a quarter of an hour and 30 days.")},
		Sums: []page.Sum{
			{Value: 395, Label: g.Say("établissements", "schools"), URL: here}, {Value: 331, Label: g.Say("où tout est fait", "where all is done"), URL: here + "?state=complete"},
			{Value: 12, Label: g.Say("en retard", "late"), URL: here + "?state=overdue"}, {Value: 1, Label: g.Say("qui refusent", "that refuse"), URL: here + "?state=refused"},
			{Value: 1, Label: g.Say("dont l'installation se tait", "whose installation is silent"), URL: here + "?state=silent"},
		},
		Paces: []page.PaceRow{
			{Label: g.Say("Appliqué par Écluse et les serveurs qui l'interrogent", "Applied by Écluse and the servers that ask it"), Schools: 394, Of: 395, Median: g.Lasting(2e8), Most: g.Lasting(21e8), Last: g.Lasting(34e8)},
			{Label: g.Say("Et fait à la main, là où il le faut", "And done by hand, where that is needed"), Schools: 331, Of: 395, Median: g.Lasting(52 * 60e9), Most: g.Lasting(215 * 60e9), Last: g.Lasting(60 * 3600e9)},
		},
		Filter: page.BoardFilter{
			Degrees: g.choices("", [2]string{"", g.Say("tous", "all")}, [2]string{"first", page.DegreeWord(g.Lang, school.First)}),
			States:  g.choices("", [2]string{"", g.Say("toutes", "all")}, [2]string{"overdue", page.AnswerStateWord(g.Lang, page.AnswerOverdue)}),
			Places:  g.choices("", [2]string{"", g.Say("tous", "all")}, [2]string{"FR/13/079/C01", g.Say("Circonscription de Niort", "Constituency of Niort")}),
		},
	}
	p.Curve.Of = 395
	for i := range 394 {
		p.Curve.Applied = append(p.Curve.Applied, time.Duration(i*i)*22*time.Microsecond)
	}
	for i := range 331 {
		p.Curve.Done = append(p.Curve.Done, time.Duration(i*i)*1500*time.Millisecond/10)
	}
	p.Tree = page.Branch{Name: "Deux-Sèvres", URL: here, Counts: [page.AnswerStateCount]int{1, 51, 200, 131, 1, 11}, Below: []page.Branch{
		{Name: g.Say("Circonscription de Niort", "Constituency of Niort"), URL: here + "?in=C01", Counts: [page.AnswerStateCount]int{0, 21, 120, 0, 1, 1}},
		{Name: g.Say("Circonscription du Marais", "Constituency of the Marais"), URL: here + "?in=C02", Counts: [page.AnswerStateCount]int{1, 30, 80, 131, 0, 10}},
	}}
	names := []string{"Collège des Tilleuls", "École élémentaire du Port", "École maternelle des Peupliers", "Lycée des Rives", "École primaire du Moulin", "Collège des Ormes"}
	codes := []string{"0790901A", "0790902B", "0790903C", "0790904D", "0790905E", "0790906F"}
	for s := range page.AnswerState(page.AnswerStateCount) {
		row := page.BoardRow{UAI: codes[s], Name: names[s], State: s}
		switch s {
		case page.AnswerExpected:
			row.Host, row.Silent = g.Say("ent-17 se tait depuis aujourd'hui à 9 h 04 : ce qui est affiché date de là.", "ent-17 has been silent since today at 9:04 am: what is shown is from then."), true
		case page.AnswerReceived:
			row.Applied, row.Missing, row.Unsaid = g.Lasting(2e8), []string{"Pronote", g.Say("serveur ent/front-1", "server ent/front-1")}, true
		case page.AnswerApplied:
			row.Applied, row.Done = g.Lasting(2e8), g.Lasting(2e8)
			row.Host = g.Say("Réponses par ent-79, aujourd'hui à 18 h 52.", "Answers through ent-79, today at 6:52 pm.")
		case page.AnswerAttested:
			row.Applied, row.Done, row.Picture = g.Lasting(2e8), g.Lasting(72*60e9), []string{"/office/3/answers/1/picture"}
			row.Answers = []string{"Pronote" + g.Say(" : fermé aujourd'hui à 9 h 12, par ", ": closed today at 9:12 am, by ") + "Odile Marchenoir"}
		case page.AnswerRefused:
			row.Reason = g.Say("Le serveur est en panne depuis hier, le prestataire est prévenu.", "The server has been down since yesterday; its host knows.")
		case page.AnswerOverdue:
			row.Applied, row.Missing = g.Lasting(34e8), []string{"École Directe"}
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}
