package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

const source = `order: FR/13/079/2024-0001
issuer: FR/13/079
status: actual
type: issue
title: Fermeture temporaire et partielle des messageries scolaires
applies: {territory: FR/13/079, degrees: [first]}
from: 2024-03-29T00:00
until: null
rules:
  - {roles: [pupil], hours: "off"}
  - {roles: [adults], hours: "07:00-23:00"}
`

func (g gallery) rows() []page.OrderRow {
	return []page.OrderRow{
		{ID: "FR/13/079/2024-0001", URL: "/at/42/orders/FR/13/079/2024-0001", Title: g.decider().Title, Issuer: g.decider().Office, State: page.InForce, Late: 12, From: at(1, 0, 0).AddDate(0, 0, -3),
			Summary: g.Say("Fermé aux élèves. Ouvert aux adultes tous les jours de 7 h à 23 h.", "Closed for pupils. Open for adults every day from 7 am to 11 pm.")},
		{ID: "FR/13/079/0790901A/2024-0002", URL: "/at/42/orders/2", Title: g.Say("Horaires du collège", "Hours of the collège"), Issuer: "Collège des Tilleuls", State: page.Announced, From: at(8, 0, 0), Until: at(19, 18, 0),
			Summary: g.Say("Ouvert aux adultes du lundi au vendredi de 7 h à 19 h, sauf jours fériés.", "Open for adults Monday to Friday from 7 am to 7 pm, except public holidays.")},
		{ID: "FR/13/2024-0007", URL: "/at/42/orders/3", Title: g.Say("Exercice d'alerte du printemps", "Spring alert exercise"), Issuer: g.Say("Rectorat", "Rectorate"), State: page.Expired, Exercise: true, From: at(1, 8, 0), Until: at(1, 12, 0)},
	}
}

func (g gallery) week() page.Week {
	w := page.Week{School: "Collège des Tilleuls", Monday: at(1, 0, 0), Previous: "/at/42/orders?week=2024-03-25", Next: "/at/42/orders?week=2024-04-08"}
	for r := range school.Role(school.RoleCount) {
		band := page.Band{Role: r}
		for day := range band.Days {
			band.Days[day] = g.day(r, day)
		}
		w.Bands = append(w.Bands, band)
	}
	return w
}

// day is one role's day: pupils closed, adults from 7 to 23, the staff of the
// second degree on working days until 19.
func (g gallery) day(r school.Role, day int) []page.Span {
	const hour = 3600
	first, second := []string{g.decider().Title}, []string{g.decider().Title, g.Say("Horaires du collège", "Hours of the collège")}
	whole := func(a order.Access, names []string) []page.Span {
		return []page.Span{{From: 0, To: 24 * hour, Access: a, Orders: names}}
	}
	switch {
	case r == school.Pupil:
		return whole(order.Closed, first)
	case r == school.Head:
		return whole(order.Write, nil)
	case day > 4 || day == 0:
		return whole(order.Closed, second)
	default:
		return []page.Span{{From: 0, To: 7 * hour, Orders: first}, {From: 7 * hour, To: 19 * hour, Access: order.Write}, {From: 19 * hour, To: 23 * hour, Access: order.Read, Orders: second[1:]}, {From: 23 * hour, To: 24 * hour, Orders: second}}
	}
}

func (g gallery) orders() []Sample {
	orders := page.Orders{Frame: g.frame("Horaires et ordres", "Hours and orders", page.OrdersPart), Week: g.week(), Rows: g.rows()}
	asked, answers := g.order(), g.order()
	asked.Exemptions = g.asking()
	answers.Frame, answers.Exemptions = g.authority("Un ordre", "An order", page.OrdersPart+"/FR/13/079/2024-0001"), g.answering()
	matrix := page.Matrix{Frame: g.head("Qui écrit à qui", "Who writes to whom", page.MatrixPart), Reach: message.DefaultMatrix()}
	news := page.Announcements{Frame: g.head("Annonces", "Announcements", page.AnnouncementsPart), Items: []page.Announcement{g.announcement()},
		Form: &page.AnnouncementForm{Title: page.Field{Error: g.Say("Écrivez un titre.", "Write a title.")}, Scopes: []page.Choice{{Value: "school", Label: "Collège des Tilleuls", Chosen: true}}}}
	alerts := page.Alerts{Frame: g.head("Alertes", "Alerts", page.AlertsPart), Items: []page.Alert{{
		From: "Lou Carrel", Role: g.Say("élève", "pupil"), At: at(2, 7, 50),
		Body: g.Say("Quelqu'un écrit à ma place depuis hier soir.", "Someone has been writing as me since last night."),
	}}}
	return []Sample{{"orders", orders}, {"order", g.order()}, {"order-exemption", asked}, {"order-exemptions", answers}, {"order-new", g.newOrder()}, {"order-preview", g.preview()},
		{"orders-to-sign", g.toSign()}, {"order-propose", g.propose()}, {"proposal", g.proposal()}, {"proposal-own", g.ownProposal()}, {"proposal-refused", g.refusedProposal()},
		{"matrix", matrix}, {"announcements", news}, {"alerts", alerts}}
}

func (g gallery) order() page.Order {
	return page.Order{Frame: g.head("Un ordre", "An order", page.OrdersPart+"/FR/13/079/2024-0001"), Row: g.rows()[0],
		Basis:  g.Say("Décision de la ministre chargée de l'éducation nationale, 28 mars 2024", "Decision of the minister of national education, 28 March 2024"),
		Reason: g.decider().Reason, Contact: g.decider().Contact, Copies: []string{"Préfecture des Deux-Sèvres", "Mairies"},
		Scope:  []string{g.Say("Toutes les écoles des Deux-Sèvres", "All primary schools of Deux-Sèvres")},
		Rules:  []string{g.Say("Élèves : fermé à toute heure.", "Pupils: closed at all hours."), g.Say("Adultes : ouvert tous les jours de 7 h à 23 h, fermé en dehors.", "Adults: open every day from 7 am to 11 pm, closed outside.")},
		Review: at(15, 0, 0), References: g.rows()[2:], Source: source, Modify: "/at/42/orders/new?update=1", Lift: "/at/42/orders/new?lift=1"}
}

func (g gallery) choices(chosen string, pairs ...[2]string) []page.Choice {
	var list []page.Choice
	for _, p := range pairs {
		list = append(list, page.Choice{Value: p[0], Label: p[1], Chosen: p[0] == chosen})
	}
	return list
}

func (g gallery) accesses(chosen order.Access) []page.Choice {
	var list []page.Choice
	for a := order.Closed; a <= order.Write; a++ {
		list = append(list, page.Choice{Value: page.AccessWord(page.English, a), Label: page.AccessWord(g.Lang, a), Chosen: a == chosen})
	}
	return list
}

func (g gallery) roles(chosen school.Roles) []page.Choice {
	var list []page.Choice
	for r := range school.Role(school.RoleCount) {
		list = append(list, page.Choice{Value: r.String(), Label: page.RolesWord(g.Lang, r), Chosen: chosen.Has(r)})
	}
	return list
}

func (g gallery) newOrder() page.NewOrder {
	rules := []page.RuleForm{
		{Roles: g.roles(school.RolesOf(school.Pupil)), Hours: page.Field{Value: "off"}, Reading: g.Say("jamais", "never"), Inside: g.accesses(order.Write), Outside: g.accesses(order.Closed)},
		{Roles: g.roles(school.Adults), Hours: page.Field{Value: "7h-19h", Error: g.Say("Caractère 1 : « 7h » n'est pas une heure. Écrivez 07:00-19:00.", "Character 1: \"7h\" is not a time. Write 07:00-19:00.")}, Inside: g.accesses(order.Write), Outside: g.accesses(order.Closed)},
		{Roles: g.roles(0), Inside: g.accesses(order.Write), Outside: g.accesses(order.Closed)},
	}
	return page.NewOrder{Frame: g.authority("Nouvel ordre", "New order", page.NewOrderPart), Issuer: g.decider().Office, Rules: rules, Paste: &page.Field{},
		Problem: g.Say("L'ordre n'est pas complet. Corrigez ce qui est marqué.", "The order is not complete. Correct what is marked."),
		About:   page.OrderAbout{Title: page.Field{Value: g.decider().Title}, Reason: page.Field{Error: g.Say("Dites pourquoi en une phrase.", "Say why in one sentence.")}, References: g.choices("", [2]string{"a", g.rows()[0].Title})},
		Scope: page.OrderScope{Territories: g.choices("FR/13/079", [2]string{"FR/13/079", "Deux-Sèvres"}, [2]string{"FR/13/079/C01", g.Say("Circonscription de Niort", "Constituency of Niort")}),
			Degrees: g.choices("first", [2]string{"first", page.DegreeWord(g.Lang, school.First)}, [2]string{"second", page.DegreeWord(g.Lang, school.Second)}),
			Sectors: g.choices("public", [2]string{"public", page.SectorWord(g.Lang, school.Public)}, [2]string{"private", page.SectorWord(g.Lang, school.Private)})},
		Times:   page.OrderTimes{From: page.Field{Value: "2024-04-03T00:00"}, Review: page.Field{Value: "2024-04-15"}},
		Contact: page.OrderContact{Office: page.Field{Value: g.decider().Contact.Office}, Phone: page.Field{Value: "05 36 49 00 00"}}}
}

func (g gallery) preview() page.OrderPreview {
	row := g.rows()[0]
	row.State = page.Announced
	return page.OrderPreview{Frame: g.authority("Avant de signer", "Before you sign", page.NewOrderPart), Row: row, Schools: 331, Unserved: 412, Week: g.week(), Source: source,
		People: []page.RoleSum{{Role: school.Pupil, All: 31204, Closed: 31204, Always: 31204}, {Role: school.Guardian, All: 48811, Closed: 48811}, {Role: school.Teacher, All: 1904, Closed: 1904}},
		Findings: []page.Finding{
			{Kind: page.Looser, Text: g.Say("Les élèves restent fermés par l'ordre du rectorat.", "Pupils stay closed by the rectorate's order."), Reason: "FR/13/2024-0003"},
			{Kind: page.Contradicts, Text: g.Say("Le rectorat ferme à 22 h 00, cet ordre dit 23 h 00.", "The rectorate closes at 10:00 pm, this order says 11:00 pm.")},
			{Kind: page.Warning, Text: g.Say("Aucune date de fin : pensez à une date de rappel.", "No end date: think of a reminder.")},
			{Kind: page.Note, Text: g.Say("La première fermeture tombe ce soir.", "The first closing falls tonight.")},
		}}
}

func (g gallery) office() []Sample {
	names := []string{"Collège des Tilleuls", "École élémentaire du Port", "École maternelle des Peupliers", "Lycée des Rives", "École primaire du Moulin"}
	codes := []string{"0790901A", "0790902B", "0790903C", "0790904D", "0790905E"}
	desk := page.Desk{Frame: g.authority("Établissements", "Schools", page.DeskPart), Territory: "Deux-Sèvres", Export: "/office/3/desk.csv", More: "/office/3/desk?after=5", Orders: g.rows(),
		Filter: page.DeskFilter{Degrees: g.choices("", [2]string{"", g.Say("tous", "all")}, [2]string{"first", page.DegreeWord(g.Lang, school.First)}, [2]string{"second", page.DegreeWord(g.Lang, school.Second)}),
			States: g.choices("", [2]string{"", g.Say("tous", "all")}, [2]string{"closed", g.Say("fermé", "closed")})},
		Sums: []page.Sum{{Value: 395, Label: g.Say("établissements", "schools")}, {Value: 331, Label: g.Say("fermés aux élèves", "closed for pupils"), URL: "/office/3/desk?state=closed"}, {Value: 82140, Label: g.Say("personnes", "people")}}}
	for i, name := range names {
		row := page.DeskRow{UAI: codes[i], Name: name, URL: "/office/3/orders?school=" + codes[i], Degree: school.First, Orders: 1, Next: at(2, 23, 0)}
		row.States = [school.RoleCount]page.StateKind{page.Closed, page.Open, page.Open, page.Soon, page.Read}
		if i == 3 {
			row.States, row.Next, row.Orders, row.Degree = [school.RoleCount]page.StateKind{page.Unknown, page.Unknown, page.Reply, page.Open, page.Open}, time.Time{}, 0, school.Second
		}
		desk.Rows = append(desk.Rows, row)
	}
	return []Sample{{"desk", desk}, {"points", g.points()}, {"points-none", page.Points{Frame: g.authority("Le sas", "The gate", page.PointsPart), Services: g.services()}}}
}

// services is the choice of the gate's page.
func (g gallery) services() []page.Choice {
	return g.choices("messaging", [2]string{"messaging", g.Say("messagerie", "messaging")}, [2]string{"mail", g.Say("courrier électronique", "e-mail")})
}

// points is the gate with a server in each state.
func (g gallery) points() page.Points {
	return page.Points{Frame: g.authority("Le sas", "The gate", page.PointsPart), Services: g.services(), Login: page.Field{Value: "malik.sorel"}, Well: 1,
		Verdict: &page.Verdict{Kind: page.Closed, Text: g.Say("La messagerie est fermée pour les enseignants jusqu'à demain à 7 h 00, heure de l'établissement. Décision : Cabinet du DASEN (ordre FR/13/079/2024-0002).",
			"Messaging is closed for teachers until tomorrow at 07:00, school time. Decided by: Cabinet du DASEN (order FR/13/079/2024-0002).")},
		Followers: []page.FollowerRow{
			{Name: "ent-79", Within: []string{"Deux-Sèvres"}, Heard: at(1, 18, 52), Version: 1204},
			{Name: "ent-17", Within: []string{"Charente-Maritime", "Vienne"}, Heard: at(1, 9, 4), Silent: true, Version: 1187, LeftOut: "2 schools that are not known here, such as 0170001A"},
			{Name: "lycees", Within: []string{"Académie de Poitiers"}, Silent: true},
		},
		Points: []page.PointRow{
			{Name: "ent-nginx", Kind: g.Say("pages d'un espace numérique", "pages of an online space"), Software: "nginx", State: page.PointWell, Asked: at(2, 22, 57), Current: true, Tested: at(2, 22, 57), Refused: true},
			{Name: "ent-proxy", Kind: g.Say("pages d'un espace numérique", "pages of an online space"), Software: "proxy ecluse 0.1", Instance: "front-1", State: page.PointLate, Asked: at(2, 22, 57), Offset: g.Say("en avance de 4,0 s", "4.0 s fast"), Live: 1204, Tested: at(2, 22, 50), Refused: true},
			{Name: "courrier", Kind: g.Say("courrier électronique", "e-mail"), Software: "postfix", State: page.PointSilent, Asked: at(2, 18, 2), Current: true},
			{Name: "tchat", Kind: g.Say("messagerie instantanée", "chat"), Software: "prosody", State: page.PointNever},
			{Name: "forum", Kind: g.Say("pages d'un espace numérique", "pages of an online space"), Software: "caddy", State: page.PointLeaks, Asked: at(2, 22, 57), Current: true, Tested: at(2, 22, 57)},
		}}
}
