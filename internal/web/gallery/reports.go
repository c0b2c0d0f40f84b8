package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// reports is what an order did, for the office; what an exercise showed; and what
// a head reads while an order still holds.
func (g gallery) reports() []Sample {
	rehearsal := g.report(g.authority("Rapport", "Report", page.ReportsPart))
	rehearsal.Row.Title, rehearsal.Row.Exercise = g.Say("Essai d'alerte du printemps", "Spring alert trial"), true
	return []Sample{
		{"report", g.report(g.authority("Rapport", "Report", page.ReportsPart))},
		{"report-exercise", rehearsal},
		{"report-head", g.ownReport()},
	}
}

func (g gallery) report(f page.Frame) page.Report {
	said := g.order()
	row := g.rows()[0]
	row.State, row.Until, row.Summary, row.Late = page.Lifted, at(2, 8, 0), "", 0
	p := page.Report{
		Frame: f, Row: row, Place: "Deux-Sèvres", Over: true, Rules: said.Rules, Scope: said.Scope, Reason: said.Reason, Contact: said.Contact,
		Schools: 331, Counted: page.ServiceWord(g.Lang, order.Messaging), JSON: "?file=json", CSV: "?file=csv", Markdown: "?file=md",
		States: []page.ReportSum{{Word: page.AnswerStateWord(g.Lang, page.AnswerApplied), Value: 214}, {Word: page.AnswerStateWord(g.Lang, page.AnswerAttested), Value: 96},
			{Word: page.AnswerStateWord(g.Lang, page.AnswerOverdue), Value: 18}, {Word: page.AnswerStateWord(g.Lang, page.AnswerRefused), Value: 3}},
		People: []page.ReportPeople{{Role: school.Pupil, All: 31204, Closed: 31204, Always: 31204}, {Role: school.Guardian, All: 48811, Closed: 48811},
			{Role: school.Teacher, All: 1904, Closed: 1904}, {Role: school.Staff, All: 420, Closed: 420}, {Role: school.Head, All: 331, Closed: 331}},
		Times: []page.ReportTimes{g.took(g.Say("Appliqué par tous les serveurs", "Applied by all servers"), 331, 30*time.Second),
			g.took(g.Say("Et fait à la main, là où il le faut", "And done by hand, where needed"), 310, 2*time.Hour)},
		First: g.Say("École du Port, le vendredi 29 mars à 0 h 00, en 0,4 s", "École du Port, on Friday 29 March at midnight, after 0.4 s"),
		Last:  g.Say("École du Moulin, le vendredi 29 mars à 0 h 00, en 31 s", "École du Moulin, on Friday 29 March at midnight, after 31 s"),
	}
	p.Events = g.story()
	return p
}

// took is a plausible curve: most schools early, a few late.
func (g gallery) took(name string, n int, most time.Duration) page.ReportTimes {
	t := page.ReportTimes{Name: name}
	for i := range n {
		share := float64(i+1) / float64(n)
		t.Took = append(t.Took, time.Duration(share*share*share*float64(most))+400*time.Millisecond)
	}
	t.Min, t.Median, t.P95, t.Max = t.Took[0], t.Took[n/2], t.Took[n*95/100], t.Took[n-1]
	return t
}

func (g gallery) story() []page.ReportEvent {
	day := func(hour, minute, second int) time.Time {
		return at(1, hour, minute).AddDate(0, 0, -3).Add(time.Duration(second) * time.Second)
	}
	return []page.ReportEvent{
		{At: day(-2, 12, 8), Text: g.Say("Proposé à la signature, par personne 20 pour Deux-Sèvres.", "Proposed for signature, by person 20 for Deux-Sèvres.")},
		{At: day(-2, 31, 40), Text: g.Say("Signé, par personne 21 pour Deux-Sèvres.", "Signed, by person 21 for Deux-Sèvres.")},
		{At: day(-2, 31, 40), Text: g.Say("Émis, par personne 21 pour Deux-Sèvres.", "Issued, by person 21 for Deux-Sèvres.")},
		{At: day(-2, 31, 42), Text: g.Say("Reçu par le serveur ent-proxy/front-1.", "Received by the server ent-proxy/front-1.")},
		{At: day(0, 0, 0), Text: g.Say("Début : 331 établissements.", "Begins: 331 schools.")},
		{At: day(0, 0, 31), Text: g.Say("Appliqué : École du Moulin (0790905E).", "Applied: École du Moulin (0790905E).")},
		{At: day(4, 0, 0), Text: g.Say("Pas de réponse complète dans le délai de 4 h 00 min : 21 établissements.", "No complete answer within 4 h 00 min: 21 schools.")},
		{At: day(9, 20, 11), Text: g.Say("Dérogation accordée (1796, personnel enseignant) : Lycée des Rives (0790904D), par personne 20 pour Deux-Sèvres.", "Exemption granted (1796, teacher): Lycée des Rives (0790904D), by person 20 for Deux-Sèvres.")},
	}
}

// ownReport is one school's, of an order that still holds and that all applied at
// once.
func (g gallery) ownReport() page.Report {
	p := g.report(g.head("Rapport", "Report", page.ReportsPart))
	p.Own, p.Over, p.Place, p.Schools = true, false, "Collège des Tilleuls", 1
	p.Row.State, p.Row.Until = page.InForce, time.Time{}
	p.States = []page.ReportSum{{Word: page.AnswerStateWord(g.Lang, page.AnswerReceived), Value: 1}}
	p.Times = []page.ReportTimes{{Name: p.Times[0].Name, Took: []time.Duration{0}}, {Name: p.Times[1].Name}}
	return p
}
