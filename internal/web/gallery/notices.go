package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// shut is a frame at night, after the gate has closed.
func (g gallery) shut(fr, en, part string) page.Frame {
	f := g.frame(fr, en, part)
	f.Now = at(2, 23, 4)
	f.Current = page.NewState(g.Lang, order.Closed, false, at(3, 7, 0), f.Now)
	f.Places[0].State, f.Places[0].Unread = f.Current, 0
	f.Boxes = page.Boxes{}
	f.LiveURL = ""
	f.Refresh = 120
	return f
}

func (g gallery) decider() page.Decider {
	return page.Decider{
		Office: g.Say("Direction des services départementaux de l'éducation nationale", "Departmental office of national education"),
		Title:  g.Say("Fermeture temporaire et partielle des messageries scolaires", "Temporary and partial closure of school messaging"),
		URL:    "/at/42/orders/FR/13/079/2024-0001",
		Exempt: "/at/42/orders/FR/13/079/2024-0001#exemptions",
		Reason: g.Say("Des messages menaçants sont envoyés depuis des comptes volés. La nuit, personne n'est là pour les arrêter.", "Threatening messages are sent from stolen accounts. At night nobody is there to stop them."),
		Contact: order.Contact{Office: g.Say("Services départementaux", "Departmental office"), Phone: "05 36 49 00 00",
			Email: "cabinet@exemple.invalid"},
	}
}

func (g gallery) notice() page.Notice {
	return page.Notice{
		Frame:    g.shut("Messagerie fermée", "Messaging closed", page.NoticePart),
		Deciders: []page.Decider{g.decider()},
		Since:    at(2, 23, 0),
		Until:    at(3, 7, 0),
		For:      g.Say("tous les adultes : responsables, enseignants, personnels", "all adults: guardians, teachers, staff"),
		Steps:    page.Steps(g.Lang, gate.PasswordSince|gate.KnownDevice),
		Draft:    "/at/42/compose?draft=8",
		School:   "Collège des Tilleuls",
		Phone:    "05 36 49 00 01",
	}
}

// endless is what a pupil sees: closed until further notice.
func (g gallery) endless() page.Notice {
	n := g.notice()
	n.Person = "Lou Carrel"
	n.Current = page.NewState(g.Lang, order.Closed, false, time.Time{}, n.Now)
	n.Places[0].Role = g.Say("élève de 4e B", "pupil of 4e B")
	n.Since, n.Until, n.Draft = at(1, 0, 0).AddDate(0, 0, -3), time.Time{}, ""
	n.For = g.Say("tous les élèves", "all pupils")
	n.Next = page.NextStage{Title: g.stageNames()[2], From: at(stageDays[2], 7, 0)}
	n.Deciders[0].Exempt = ""
	return n
}

func (g gallery) unknown() page.Notice {
	n := g.notice()
	n.Current = page.NewState(g.Lang, order.Closed, true, time.Time{}, n.Now)
	n.Deciders, n.Since, n.Until, n.Draft = nil, time.Time{}, time.Time{}, ""
	return n
}
