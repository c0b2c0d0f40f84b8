package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// stolen is what an office and a head see of lists of stolen accounts.
func (g gallery) stolen() []Sample {
	f := g.authority("Comptes volés", "Stolen accounts", page.StolenPart)
	rows := g.stolenRows()
	list := page.StolenList{Frame: f, Row: rows[1], CSV: "/office/3/stolen.csv/1", Counts: []page.StolenCount{
		{School: "Collège des Tilleuls (0799002F)", Role: school.Pupil, Works: 14, Frozen: 9, Old: 31, Never: 2},
		{School: "Collège des Tilleuls (0799002F)", Role: school.Teacher, Works: 2, Frozen: 2, Old: 4},
		{School: "École élémentaire du Port (0799001E)", Role: school.Guardian, Works: 1, Old: 6, Never: 1},
		{Old: 1},
	}}
	stalled, none := list, list
	stalled.Row, stalled.Counts = rows[2], list.Counts[:1]
	none.Row, none.Counts = page.StolenRow{Received: at(2, 9, 30), Lines: 812, LeftOut: 4}, nil
	return []Sample{
		{"stolen-lists", page.StolenLists{Frame: f, Lists: rows, Leaks: page.Leaks{There: true, Count: 1_016_330_412, Built: at(1, 8, 0)}}},
		{"stolen-none", page.StolenLists{Frame: f}},
		{"stolen-unreadable", page.StolenLists{Frame: f, Leaks: page.Leaks{There: true, Trouble: true}}},
		{"stolen-new", page.StolenNew{Frame: f, Most: 8}},
		{"stolen-new-wrong", page.StolenNew{Frame: f, Most: 8, Hosts: page.Field{Value: "ent.example"}, Problem: g.Say("Choisissez le fichier que vous avez reçu.", "Choose the file that you received.")}},
		{"stolen-list", list},
		{"stolen-list-stalled", stalled},
		{"stolen-list-nobody", none},
		{"stolen-school", g.stolenSchool(false)},
		{"stolen-school-none", g.stolenSchool(true)},
	}
}

func (g gallery) stolenRows() []page.StolenRow {
	return []page.StolenRow{
		{URL: "/office/3/stolen/3", Received: at(2, 15, 12), State: page.StolenReading, Lines: 40_000, LeftOut: 12, Accounts: 6, Works: 1, Old: 5},
		{URL: "/office/3/stolen/2", Received: at(2, 9, 30), Lines: 118_204, LeftOut: 390, Untried: 14, Accounts: 62, Works: 17, Old: 42, Never: 3},
		{URL: "/office/3/stolen/1", Received: at(1, 17, 45), State: page.StolenStalled, Lines: 60_000, Accounts: 21, Works: 4, Old: 17},
	}
}

func (g gallery) stolenSchool(none bool) page.StolenSchool {
	p := page.StolenSchool{Frame: g.head("Comptes volés", "Stolen accounts", page.StolenPart), CSV: "/at/42/stolen.csv"}
	if none {
		return p
	}
	p.Frozen = 1
	p.People = []page.StolenPerson{
		{URL: "/at/42/people/31", Name: "Adèle Brunois", Login: "adele.brunois", Role: school.Teacher, At: at(2, 9, 31), Outcome: page.StolenFrozen},
		{URL: "/at/42/people/32", Name: "Timéo Castagnol", Login: "timeo.castagnol", Role: school.Pupil, At: at(2, 9, 31), Outcome: page.StolenBack},
		{URL: "/at/42/people/33", Name: "Sacha Lemerle", Login: "sacha.lemerle", Role: school.Pupil, At: at(2, 9, 32), Outcome: page.StolenOld},
		{URL: "/at/42/people/34", Name: "Noura Vasseur", Login: "noura.vasseur", Role: school.Guardian, At: at(2, 9, 32), Outcome: page.StolenNever},
	}
	return p
}
