package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

func (g gallery) audiences(later string) []page.Audience {
	return []page.Audience{
		{Label: g.Say("Classes", "Classes"), Options: []page.Recipient{
			{Value: "c4:guardian", Name: g.Say("Responsables de la 4e B", "Guardians of 4e B"), Detail: g.Say("28 personnes", "28 people"), Count: 28, Later: later, Chosen: true},
			{Value: "c4:pupil", Name: g.Say("Élèves de la 4e B", "Pupils of 4e B"), Detail: g.Say("26 personnes", "26 people"), Count: 26, Later: later},
			{Value: "c6:guardian", Name: g.Say("Responsables de la 6e A", "Guardians of 6e A"), Detail: g.Say("31 personnes", "31 people"), Count: 31, Later: later},
		}},
		{Label: g.Say("Enseignants", "Teachers"), Options: []page.Recipient{
			{Value: "m11", Name: "Hana Brisset", Detail: g.Say("français, 6e A", "French, 6e A"), Chosen: true},
			{Value: "m12", Name: "Élie Vasseur-Roy", Detail: g.Say("histoire, 4e B", "history, 4e B")},
			{Value: "m13", Name: "Noé Tancrède", Detail: g.Say("anglais, 4e B et 6e A", "English, 4e B and 6e A")},
		}},
		{Label: g.Say("Direction et personnels", "Head and staff"), Options: []page.Recipient{
			{Value: "m2", Name: "Odile Marchenoir", Detail: g.Say("principale", "head")},
			{Value: "m3", Name: g.Say("Vie scolaire", "School life office"), Detail: g.Say("personnel", "staff")},
		}},
	}
}

func (g gallery) writing() []Sample {
	base := page.Compose{Frame: g.teacher("Nouveau message", "New message", page.ComposePart), Groups: g.audiences(""), Max: 60,
		Limits: []string{g.Say("60 personnes au plus par message.", "At most 60 people per message.")}}
	base.Draft, base.Version, base.Saved = 7, 2, at(2, 15, 12)
	base.Subject.Value = g.Say("Sortie de jeudi", "Thursday's outing")
	base.Body.Value = g.Say("Bonjour,\n\nle départ est avancé.", "Hello,\n\nwe leave earlier.")

	later := base
	later.Groups = g.audiences(g.Say("demain à 7 h 00", "tomorrow at 7:00 am"))
	later.Button = g.Say("Programmer pour demain 7 h 00", "Schedule for tomorrow 7:00 am")
	later.Later = g.Say("Les responsables recevront ce message demain à 7 h 00.", "Guardians will get this message tomorrow at 7:00 am.")

	wrong := base
	wrong.Groups = nil
	wrong.Find = "zzz"
	wrong.Problem = g.Say("Le message n'est pas parti. Corrigez ce qui est marqué.", "The message has not left. Correct what is marked.")
	wrong.To.Error = g.Say("Choisissez au moins une personne.", "Choose at least one person.")
	wrong.Subject.Error = g.Say("Écrivez un objet.", "Write a subject.")

	return []Sample{{"compose", base}, {"compose-later", later}, {"compose-wrong", wrong}}
}

func (g gallery) closed() []Sample {
	help := page.Help{Frame: g.shut("Aide", "Help", page.HelpPart), School: "Collège des Tilleuls", Reader: g.Say("la conseillère principale d'éducation", "the pastoral care officer"),
		Phones: []page.Phone{{Number: "05 36 49 00 01", Label: "Collège des Tilleuls", When: g.Say("de 7 h 30 à 18 h 00", "from 7:30 am to 6:00 pm")}}}
	sent := help
	sent.Sent = now
	country := g.notice()
	country.Steps = page.StepsFrom(g.Lang, gate.FromCountry, page.CameFrom{Doubt: true, Second: true, Next: "/at/42/inbox"})
	samples := []Sample{{"notice", g.notice()}, {"notice-country", country}, {"notice-endless", g.endless()}, {"notice-unknown", g.unknown()}, {"help", help}, {"help-sent", sent}}
	kinds := map[string]page.FailureKind{"not-found": page.NotFound, "denied": page.Denied, "trouble": page.Trouble, "no-room": page.NoRoom, "too-many": page.TooMany, "stolen": page.Stolen, "session-ended": page.SessionEnded}
	for _, name := range []string{"not-found", "denied", "trouble", "no-room", "too-many", "stolen", "session-ended"} {
		samples = append(samples, Sample{"failure-" + name, page.Failure{Frame: g.bare("Écluse", "Écluse", "/nowhere"), Kind: kinds[name], Reference: "7F3K"}})
	}
	return samples
}
