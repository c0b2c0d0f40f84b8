package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// care is the pages of who takes care of accounts, and of who owns one.
func (g gallery) care() []Sample {
	roles := g.choices("", [2]string{"", g.Say("Tous", "All")}, [2]string{"pupil", g.Say("élève", "pupil")}, [2]string{"teacher", g.Say("enseignant", "teacher")})
	rows := []page.PeopleRow{
		{URL: "/at/42/people/31", Name: "Lou Carrel", Role: g.Say("élève", "pupil"), Classes: "4e B", State: g.Say("bloqué", "frozen"), Frozen: true},
		{URL: "/at/42/people/32", Name: "Malik Sorel", Role: g.Say("enseignant", "teacher"), Classes: "4e B, 6e A", State: g.Say("actif", "active")},
		{URL: "/at/42/people/33", Name: "Hana Brisset", Role: g.Say("enseignante", "teacher"), State: g.Say("jamais activé", "never activated")},
	}
	people := page.People{Frame: g.head("Personnes", "People", page.PeoplePart), Roles: roles, Rows: rows, Asked: true, More: true,
		Classes: g.choices("1", [2]string{"", g.Say("toutes", "all")}, [2]string{"1", "4e B"})}
	urgent := people
	urgent.Rows, urgent.Urgent, urgent.More = rows[:1], true, false
	calm := urgent
	calm.Rows = nil
	none := page.People{Frame: g.authority("Personnes", "People", page.PeoplePart), Roles: roles, School: "0799001E", Query: "zz", Asked: true}
	end := page.EndSessions{Frame: g.head("Fermer des connexions", "End sessions", page.SessionsPart), Roles: roles,
		Classes: g.choices("1", [2]string{"", g.Say("Toutes", "All")}, [2]string{"1", "4e B"}), People: 28, Held: 41}
	device := page.Alteration{Field: "device", ID: "0a", What: account.NewDevice.Words(g.Lang == page.English), Device: page.Device(g.Lang, "Firefox Android"), Where: page.Where(g.Lang, "", "198.51.100.7"), At: at(2, 14, 2), Mine: true}
	asked := page.People{Frame: people.Frame, Roles: roles}
	asked.Questions = []page.Alteration{device}
	letter := page.NotMe{Frame: g.bare("Protéger mon compte", "Protect my account", page.NotMeURL), Ticket: "t", Asked: device}
	done := letter
	done.Done = true
	old := page.NotMe{Frame: letter.Frame, Old: g.Say("Ce lien a déjà servi, ou il date de plus de sept jours.", "This link was used already, or is more than seven days old.")}
	travel := g.person(rows[1], false)
	travel.Problem = g.Say("La fin du voyage vient avant son début : corrigez l'une des deux dates.", "The journey ends before it begins: correct one of the two dates.")
	travel.Travels.From, travel.Travels.To, travel.Travels.Countries = "2024-04-09", "2024-04-02", page.CountryChoices(g.Lang, "MA")
	return []Sample{{"person-travel", travel}, {"people", people}, {"people-none", none}, {"people-urgent", urgent}, {"people-calm", calm}, {"person", g.person(rows[1], false)}, {"person-frozen", g.person(rows[0], true)}, {"person-kept", g.givenBack(rows[0])},
		{"sessions", end}, {"device-asked", asked}, {"not-me", letter}, {"not-me-done", done}, {"not-me-old", old}}
}

// person is one account, half-way through being given back where it is frozen.
func (g gallery) person(row page.PeopleRow, frozen bool) page.Care {
	p := page.Care{
		Frame: g.head(row.Name, row.Name, page.PeoplePart+"/31"), Form: row.URL, Name: row.Name, Places: []page.PeopleRow{row},
		Freezing: page.Freezing{Since: at(1, 23, 12), Left: 3, Reached: 212, Waiting: 1}, Travels: page.Travels{Countries: page.CountryChoices(g.Lang, "")},
	}
	p.Second, p.Card, p.Losses = true, true, page.LossChoices(g.Lang)
	if !frozen {
		p.Travels.List = []page.Travel{{ID: "8", Country: page.CountryName(g.Lang, "BE"), From: at(1, 0, 0), To: at(9, 23, 59), Begun: true}, {ID: "9", Country: page.CountryName(g.Lang, "MA"), From: at(20, 0, 0), To: at(27, 23, 59)}}
		p.Sessions = []page.SessionRow{{Device: page.Device(g.Lang, "Firefox Windows"), Address: page.Where(g.Lang, "FR", "192.0.2.7"), Seen: at(2, 15, 10), Since: at(2, 8, 0).Add(-24 * time.Hour)}}
		return p
	}
	p.Frozen, p.At, p.Why = true, at(2, 7, 40), page.FreezeWord(g.Lang, account.FrozenByOwner)
	p.Note = g.Say("Message signalé par deux parents à 23 h 12.", "Message reported by two parents at 11:12 pm.")
	p.Steps = page.CareSteps(g.Lang, []account.GiveBackStep{account.StepSpoken, account.StepDevice})
	p.Kept = []page.KeptEvidence{{
		ID: "1", Place: "Collège de la Boutonne", Frozen: p.At, Since: p.Since, Messages: 4, SignIns: 7, Mine: true,
		Seal: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}}
	return p
}

// givenBack is an account that was given back, and whose evidence is still kept: the
// school's, and another's that only its head fetches.
func (g gallery) givenBack(row page.PeopleRow) page.Care {
	p := g.person(row, true)
	k := p.Kept[0]
	row.State, row.Frozen = g.Say("nouveau mot de passe demandé", "new password asked"), false
	p.Frozen, p.Places, p.Waiting = false, []page.PeopleRow{row}, 0
	k.Until, k.Fetched = at(2, 9, 0).AddDate(0, 6, 0), []page.EvidenceFetch{{At: at(2, 8, 12), Name: "Hana Brisset"}}
	other := k
	other.Place, other.Mine, other.Fetched = "École des Saules", false, nil
	p.Kept = []page.KeptEvidence{k, other}
	return p
}
