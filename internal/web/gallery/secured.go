package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// secured is the securing board of a head and of an office.
func (g gallery) secured() []Sample {
	own := g.ownSecured()
	none := page.Secured{Frame: own.Frame, Own: true, Total: page.SecuredRow{}, Filter: own.Filter, Export: own.Export, Asked: true}
	office := page.Secured{
		Frame: g.authority("Comptes sécurisés", "Secured accounts", page.SecuredPart), Needs: own.Needs[:1], Asked: true, Export: "/office/3/secured.csv",
		Total: page.SecuredRow{All: 98_412, Ready: 61_030, Second: 4_120, Lacking: [page.SecuredLackCount]int{12_201, 22_870, 310, 1_950, 51}},
		Roles: g.securedRoles(),
		Rows: []page.SecuredRow{
			{Label: "Collège des Tilleuls", Code: "0790901A", All: 1_204, Ready: 640, Second: 61, Lacking: [page.SecuredLackCount]int{212, 330, 4, 18, 2}},
			{Label: "École élémentaire du Port", Code: "0790902B", All: 301, Ready: 301, Second: 12},
		},
	}
	office.Countries = page.Countries{Open: page.CountryNames(g.Lang, school.French()), Databases: []page.CountryDatabase{
		{File: "one-country.mmdb", Built: at(1, 0, 0)}, {File: "two-country.mmdb", Built: at(1, 0, 0).AddDate(0, -4, 0), Old: true}, {File: "three.mmdb", Trouble: true}}}
	wrong := office
	wrong.Countries = page.Countries{Missing: true}
	wrong.Asked, wrong.Since = false, page.Field{Value: "hier", Error: g.Say("Écrivez la date comme 2024-03-28.", "Write the date as 2024-03-28.")}
	return []Sample{{"secured", own}, {"secured-none", none}, {"secured-office", office}, {"secured-office-wrong", wrong}}
}

func (g gallery) securedRoles() (rows []page.SecuredRow) {
	for r := range school.Role(school.RoleCount) {
		n := 480 / (1 + int(r))
		rows = append(rows, page.SecuredRow{
			Label: page.RolesWord(g.Lang, r), URL: "/at/7/secured?role=" + r.String(), All: n, Ready: n - n/2, Second: n / 9,
			Lacking: [page.SecuredLackCount]int{n / 10, n / 3, n / 50, n / 20, n / 100},
		})
	}
	return rows
}

func (g gallery) ownSecured() page.Secured {
	f := g.head("Comptes sécurisés", "Secured accounts", page.SecuredPart)
	f.Duty = page.HeadOfSchool
	p := page.Secured{
		Frame: f, Own: true, Export: "/at/42/secured.csv", Since: page.Field{Value: "2024-03-28"}, Roles: g.securedRoles(),
		Total: page.SecuredRow{All: 1_204, Ready: 640, Second: 61, Lacking: [page.SecuredLackCount]int{212, 330, 4, 18, 2}},
		Needs: []page.SecuredNeed{
			{Title: g.Say("Réouverture aux élèves", "Reopening to pupils"), URL: "/at/42/orders/FR/13/079/2024-0009", Live: true,
				Asks:  g.Say("Il demande : un mot de passe choisi depuis le jeudi 28 mars à 0 h ; un appareil connu ou un pays.", "It asks for: a password chosen since Thursday 28 March at 0:00; a known device or a country."),
				Roles: []page.SecuredMet{{Role: school.Pupil, Meet: 212, Of: 480}}},
			{Title: g.Say("Réouverture aux adultes", "Reopening to adults"), URL: "/at/42/orders/FR/13/079/2024-0008", Begun: true,
				Asks:  g.Say("Il demande : une deuxième preuve.", "It asks for: a second proof."),
				Roles: []page.SecuredMet{{Role: school.Teacher, Meet: 31, Of: 42}, {Role: school.Head, Meet: 1, Of: 1}}},
		},
		Rows: []page.SecuredRow{
			{Label: g.Say("4e B, élèves", "4e B, pupils"), URL: "/at/42/secured?class=4e+B", All: 27, Ready: 12, Second: 1, Lacking: [page.SecuredLackCount]int{2, 12, 0, 1, 1}},
			{Label: g.Say("4e B, responsables", "4e B, guardians"), All: 44, Ready: 30, Second: 6, Lacking: [page.SecuredLackCount]int{9, 5}},
		},
		Slips:    "/at/42/slips?families=1",
		Families: []page.SecuredFamily{{Names: []string{"Maëlle Roussin"}}, {Class: "4e B", Names: []string{"Idris Belloc", "Solène Fabry"}}},
		Found:    204, More: "/at/42/secured?from=100#people-title",
		Filter: page.SecuredFilter{
			Roles:   g.choices("", [2]string{"", g.Say("tous", "all")}, [2]string{"pupil", page.RolesWord(g.Lang, school.Pupil)}),
			Classes: g.choices("", [2]string{"", g.Say("toutes", "all")}, [2]string{"4e B", "4e B"}),
			Lacks:   g.choices("any", [2]string{"", g.Say("tous", "all")}, [2]string{"any", g.Say("quelque chose", "something")}),
		},
	}
	for i, name := range []string{"Anouk Delmas", "Basile Garrec", "Chiara Lemoine", "Darius Petitjean", "Elina Vasseur"} {
		p.People = append(p.People, page.SecuredPerson{Name: name, Role: school.Pupil, Classes: []string{"4e B"}, Lacks: []page.SecuredLack{page.SecuredLack(i)}})
	}
	p.People = append(p.People, page.SecuredPerson{Name: "Gaspard Noury", Role: school.Teacher, Service: g.Say("Portail des agents", "Agents’ portal"), Renewed: true},
		page.SecuredPerson{Name: "Hanaé Pruvost", Role: school.Guardian, Service: "ÉduConnect", Lacks: []page.SecuredLack{page.LackRenewal}})
	p.People = append(p.People, page.SecuredPerson{Name: "Fanny Hamelin", Role: school.Teacher, Second: true})
	return p
}
