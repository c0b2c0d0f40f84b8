package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// renewing is the pages of slips and campaigns.
func (g gallery) renewing() []Sample {
	scanned := page.Renew{Frame: g.bare("Nouveau mot de passe", "New password", page.RenewURL), Login: page.Field{Value: "lou.carrel"}, Code: page.Field{Value: "K7QM-2XFA-9RTC"}}
	wrong := page.Renew{Frame: scanned.Frame, Name: "Lou Carrel", Code: page.Field{Value: "K7QM-2XFA-9RTD"},
		Problem: g.Say("Ce code n'est pas celui d'un billet : il a 12 lettres ou chiffres, sans 0, 1, I, L ni O. Relisez-le sur le papier.", "This is not the code of a slip: it has 12 letters or digits, never 0, 1, I, L or O. Read it again on the paper.")}
	wrong.New.Error = g.Say("Les deux saisies diffèrent : tapez deux fois le même mot de passe.", "The two differ: type the same password twice.")
	proved := page.Renew{Frame: scanned.Frame, Name: "Inès Carrel", Proved: true}
	taught := wrong
	taught.Problem, taught.New.Error, taught.Vouched = "", "", true
	none := g.slips()
	none.Rows, none.More = nil, 0
	families := g.slips()
	families.Families, families.Rows, families.More, families.Total = true, families.Rows[4:], 0, 1
	return append([]Sample{{"renew-slip", scanned}, {"renew-wrong", wrong}, {"renew-proved", proved}, {"slips", g.slips()}, {"slips-none", none}, {"slips-families", families}, {"renew-vouched", taught}}, append(g.onPaper(), g.campaigns()...)...)
}

// onPaper is the pages of cards, and of a teacher's word.
func (g gallery) onPaper() []Sample {
	pupil := page.RoleWord(g.Lang, school.Pupil)
	cards := page.Cards{
		Frame: g.head("Cartes de codes", "Code cards", page.CardsPart), School: "Collège des Tilleuls", Self: "/at/42/cards", More: 3, All: true,
		Classes: []page.Choice{{Label: g.Say("toutes", "all")}, {Value: "1", Label: "4e B", Chosen: true}},
		Roles:   []page.Choice{{Label: g.Say("tous", "all"), Chosen: true}, {Value: "pupil", Label: g.Say("élèves", "pupils")}},
		Rows: []page.CardRow{
			{Member: 1, Name: "Lou Carrel", Class: "4e B", Role: pupil, Login: "lou.carrel"},
			{Member: 2, Name: "Naïm Delorge", Class: "4e B", Role: pupil, Login: "naim.delorge", Has: true, Left: 14},
			{Member: 3, Name: "Zoé Estève", Class: "4e B", Role: pupil, Login: "zoe.esteve", Has: true},
		},
	}
	none := cards
	none.Rows, none.More = nil, 0
	none.Problem = g.Say("Il n’y a rien à imprimer pour ce choix.", "There is nothing to print for this choice.")
	vouch := page.Vouch{
		Frame: g.head("Se porter garant", "Vouch", page.VouchPart), Self: "/at/42/vouch",
		Classes: g.choices("", [2]string{"", g.Say("toutes", "all")}, [2]string{"4e B", "4e B"}, [2]string{"6e A", "6e A"}),
		Rows: []page.VouchRow{{Member: 1, Name: "Lou Carrel", Class: "4e B"},
			{Member: 2, Name: "Naïm Delorge", Class: "4e B", Last: g.Say("Malik Sorel s’en est porté garant hier à 8\u00a0h\u00a005", "Malik Sorel vouched for them yesterday at 08:05")}},
	}
	shown := vouch
	shown.For, shown.Code, shown.Until = "Lou Carrel", "402 917", g.Clock(at(2, 8, 15))
	empty := vouch
	empty.Rows = nil
	return []Sample{{"cards", cards}, {"cards-none", none}, {"vouch", vouch}, {"vouch-code", shown}, {"vouch-none", empty}}
}

func (g gallery) slips() page.Slips {
	renew := g.Say("mot de passe à renouveler", "password to renew")
	pupil := page.RoleWord(g.Lang, school.Pupil)
	return page.Slips{
		Frame: g.head("Billets", "Slips", page.SlipsPart), School: "Collège des Tilleuls", Self: "/at/42/slips", Days: page.Field{Value: "14"}, More: 3, Total: 7,
		Classes: []page.Choice{{Label: g.Say("toutes", "all")}, {Value: "1", Label: "4e B", Chosen: true}},
		Roles:   []page.Choice{{Label: g.Say("tous", "all"), Chosen: true}, {Value: "pupil", Label: g.Say("élèves", "pupils")}},
		Rows: []page.SlipRow{
			{Member: 1, Name: "Lou Carrel", Class: "4e B", Role: pupil, Login: "lou.carrel", Why: renew},
			{Member: 2, Slip: 12, Name: "Naïm Delorge", Class: "4e B", Role: pupil, Login: "naim.delorge", Why: renew, State: account.SlipPrinted, At: at(16, 23, 59)},
			{Member: 3, Slip: 13, Name: "Zoé Estève", Class: "4e B", Role: pupil, Login: "zoe.esteve", State: account.SlipUsed, At: at(2, 14, 10)},
			{Member: 4, Slip: 14, Name: "Odran Fabre", Class: "4e B", Role: pupil, Login: "odran.fabre", Why: renew, State: account.SlipCancelled, At: at(2, 11, 0)},
			{Member: 5, Slip: 15, Name: "Inès Carrel", Role: page.RoleWord(g.Lang, school.Guardian), Login: "ines.carrel",
				Why: g.Say("compte jamais activé", "account never activated"), State: account.SlipExpired, At: at(1, 23, 59)},
			{Member: 6, Name: "Paul Sorbier", Role: page.RoleWord(g.Lang, school.Teacher), Login: "paul.sorbier", Why: g.Say("se connecte par Portail des agents", "signs in by Agents’ portal")},
		},
	}
}

func (g gallery) campaigns() []Sample {
	row := page.CampaignRow{URL: "/at/42/campaigns/9", Title: g.Say("Campagne du mardi 2 avril, Collège des Tilleuls", "Campaign of Tuesday 2 April, Collège des Tilleuls"),
		Started: at(2, 9, 0), Asked: 612, Waiting: 318, State: page.CampaignAsked}
	stopped := row
	stopped.State = page.CampaignStopped
	all := page.Campaigns{Frame: g.head("Mots de passe", "Passwords", page.CampaignsPart), Rows: []page.CampaignRow{row, stopped},
		Roles: page.CampaignRoles(g.Lang, school.Everyone), Classes: []page.Choice{{Label: g.Say("toutes", "all")}, {Value: "1", Label: "4e B"}}, Since: page.Field{Value: "2024-03-20"}}
	planned := page.Campaigns{Frame: g.authority("Mots de passe", "Passwords", page.CampaignsPart), Roles: all.Roles, Since: all.Since}
	planned.Plan = &page.CampaignPlan{Asked: 61_204, Elsewhere: 1_312, More: 328, Unknown: []string{"j.martn"},
		Roles: []page.CampaignSum{{Label: g.Say("élèves", "pupils"), Asked: 52_100, Never: 9_120, Changed: 640, Before: 12}, {Label: g.Say("direction", "heads"), Asked: 330, Above: 2}},
		Schools: []page.CampaignSum{{Label: "Collège des Tilleuls", Asked: 612, Never: 40, Changed: 12, Before: 3, Above: 1, Elsewhere: 58},
			{Label: "École élémentaire du Port", Asked: 148, Never: 12}},
		Fields: []page.Choice{{Label: "role", Value: "pupil"}, {Label: "since", Value: "2024-03-20"}}}
	one := page.Campaign{Frame: g.head("Campagne", "Campaign", page.CampaignsPart+"/9"), Row: row, Since: at(1, 0, 0), Ours: true, Mails: true,
		Others: page.CampaignSum{Label: "Collège des Tilleuls", Asked: 612, Never: 40, Changed: 12, Before: 3, Above: 1, Elsewhere: 58},
		Classes: []page.CampaignPlace{{Label: "4e B", Role: g.Say("élèves", "pupils"), Slips: "/at/42/slips?class=1&role=pupil", Asked: 27, Waiting: 9},
			{Label: g.Say("Sans classe", "No class"), Role: g.Say("enseignants", "teachers"), Slips: "/at/42/slips?role=teacher", Asked: 41, Waiting: 2}}}
	above := page.Campaign{Frame: g.authority("Campagne", "Campaign", page.CampaignsPart+"/9"), Row: row, Since: one.Since, Others: one.Others,
		Schools: []page.CampaignPlace{{Label: "Collège des Tilleuls", Slips: "/office/3/slips?school=0790001X", Asked: 612, Waiting: 318}}}
	above.Row.State = page.CampaignAsking
	return []Sample{{"campaigns", all}, {"campaigns-plan", planned}, {"campaign-classes", one}, {"campaign-schools", above}}
}
