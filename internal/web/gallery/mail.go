package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

const (
	closedAccess = order.Closed
	readAccess   = order.Read
	writeAccess  = order.Write
)

func (g gallery) entrance() []Sample {
	signIn := page.SignIn{Frame: g.bare("Se connecter", "Sign in", page.SignInURL)}
	failed := signIn
	failed.Login.Value = "ines.carrel"
	failed.Problem = g.Say("Cet identifiant et ce mot de passe ne vont pas ensemble.", "This user name and this password do not go together.")
	failed.Password.Error = g.Say("Retapez le mot de passe.", "Type the password again.")
	demo := signIn
	demo.Speed, demo.Secret = 60, "quai-brume-anneau"
	demo.Accounts = []page.DemoAccount{
		{Login: "ines.carrel", Name: "Inès Carrel", What: g.Say("responsable, deux enfants", "guardian, two children")},
		{Login: "malik.sorel", Name: "Malik Sorel", What: g.Say("enseignant, deux établissements", "teacher, two schools")},
		{Login: "odile.marchenoir", Name: "Odile Marchenoir", What: g.Say("principale du collège", "head of the collège")},
		{Login: "remi.aldebert", Name: "Rémi Aldebert", What: g.Say("services départementaux", "departmental office")},
	}
	home := page.Home{Frame: g.teacher("Vos établissements", "Your schools", ""), Again: time.Hour}
	home.Base, home.Current, home.Path = "", page.State{}, page.HomeURL
	return []Sample{{"sign-in", signIn}, {"sign-in-failed", failed}, {"sign-in-demo", demo}, {"home", home}, {"goodbye", page.Goodbye{Frame: g.bare("Au revoir", "Goodbye", page.GoodbyeURL)}}}
}

func (g gallery) list() page.List {
	return page.List{Older: "/at/42/inbox?before=12", Rows: []page.Row{
		{URL: "/at/42/thread/31", Who: "Malik Sorel", Role: g.Say("mathématiques, 4e B", "mathematics, 4e B"), Unread: true, At: at(2, 18, 42),
			Subject: g.Say("Sortie de jeudi : horaires", "Thursday's outing: times"),
			Preview: g.Say("Bonjour, le départ est avancé à 8 h 10 devant le portail. Merci de prévoir un pique-nique.", "Hello, we now leave at 8:10 from the gate. Please pack a lunch.")},
		{URL: "/at/42/thread/30", Who: "Vie scolaire", Role: g.Say("personnel", "staff"), Unread: true, At: at(2, 16, 5),
			Subject: g.Say("Absence de Lou en étude", "Lou was absent from study hall"),
			Preview: g.Say("Lou n'était pas en étude de 15 h à 16 h. Pouvez-vous nous dire pourquoi ?", "Lou was not in study hall from 3 to 4 pm. Could you tell us why?")},
		{URL: "/at/42/thread/28", Who: "Odile Marchenoir", Role: g.Say("direction", "head"), Unread: true, At: at(1, 11, 0),
			Subject: g.Say("Réunion d'information sur la sécurité numérique", "Information meeting on digital safety"),
			Preview: g.Say("La réunion aura lieu en salle polyvalente. Les questions peuvent être envoyées à l'avance.", "The meeting takes place in the main hall. You may send questions beforehand.")},
		{URL: "/at/42/thread/22", Who: "Hana Brisset", Role: g.Say("français, 6e A", "French, 6e A"), At: at(1, 8, 30),
			Subject: g.Say("Livre à rapporter", "Book to return"), Preview: g.Say("Merci de rapporter le livre avant vendredi.", "Please return the book before Friday.")},
		{URL: "/at/42/thread/19", Who: "Infirmerie", Role: g.Say("personnel", "staff"), At: at(1, 7, 55).AddDate(0, 0, -4),
			Subject: g.Say("Fiche d'urgence", "Emergency card"), Preview: g.Say("La fiche est complète, merci.", "The card is complete, thank you.")},
	}}
}

func (g gallery) announcement() page.Announcement {
	return page.Announcement{Title: g.Say("Sécurité numérique : ce qui change", "Digital safety: what changes"),
		By: g.Say("Direction des services départementaux", "Departmental office"), For: g.Say("tous les établissements des Deux-Sèvres", "all schools of Deux-Sèvres"), At: at(1, 18, 0),
		Body: g.Say("Des comptes volés servent à envoyer des menaces. La messagerie ferme la nuit. Ne donnez jamais votre mot de passe.\n\nEn savoir plus : https://exemple.invalid/securite", "Stolen accounts are used to send threats. Messaging closes at night. Never give your password to anyone.\n\nRead more: https://example.invalid/safety")}
}

func (g gallery) mail() []Sample {
	inbox := page.Inbox{Frame: g.frame("Messages", "Messages", page.InboxPart), List: g.list(), News: []page.Announcement{g.announcement()}}
	empty := page.Inbox{Frame: g.teacher("Messages", "Messages", page.InboxPart)}
	sent := page.Sent{Frame: g.teacher("Messages envoyés", "Sent messages", page.SentPart), List: page.List{Rows: []page.Row{
		{URL: "/at/42/thread/31", Who: g.Say("Responsables de la 4e B", "Guardians of 4e B"), Subject: g.Say("Sortie de jeudi : horaires", "Thursday's outing: times"), Preview: g.Say("Bonjour, le départ est avancé.", "Hello, we leave earlier."), At: at(2, 7, 0), Seen: page.Seen{Read: 12, Total: 28}},
		{URL: "/at/42/thread/27", Who: "Inès Carrel", Role: g.Say("responsable", "guardian"), Subject: g.Say("Rendez-vous", "Appointment"), Preview: g.Say("Entendu pour lundi.", "Monday it is."), At: at(1, 12, 0), Seen: page.Seen{Read: 1, Total: 1}},
	}}}
	waiting := page.Waiting{Frame: g.frame("Messages en attente", "Waiting messages", page.WaitingPart), Rows: []page.WaitingRow{
		{ID: 33, To: "Malik Sorel", Subject: g.Say("Sortie de jeudi", "Thursday's outing"), Preview: g.Say("Lou viendra avec son pique-nique.", "Lou will bring a packed lunch."), Written: at(2, 21, 14), Leaves: at(3, 7, 0)},
		{ID: 34, To: "Vie scolaire", Subject: "", Preview: g.Say("Lou était chez l'infirmière.", "Lou was with the nurse."), Written: at(2, 21, 20)},
	}}
	drafts := page.Drafts{Frame: g.frame("Brouillons", "Drafts", page.DraftsPart), Rows: []page.DraftRow{
		{ID: 8, URL: "/at/42/compose?draft=8", To: "Vie scolaire", Subject: g.Say("Absence de mardi", "Tuesday's absence"), Preview: g.Say("Bonjour, Lou avait rendez-vous", "Hello, Lou had an appointment"), Saved: at(2, 18, 52)},
		{ID: 9, URL: "/at/42/compose?draft=9", Preview: "…", Saved: at(1, 9, 0)},
	}}
	return append([]Sample{{"inbox", inbox}, {"inbox-empty", empty}, {"sent", sent}, {"waiting", waiting}, {"drafts", drafts}}, g.threads()...)
}

func (g gallery) threads() []Sample {
	list := g.list()
	list.Rows[0].Selected, list.Rows[0].Unread = true, false
	letters := []page.Letter{
		{ID: 31, From: "Malik Sorel", Role: g.Say("mathématiques, 4e B", "mathematics, 4e B"), To: g.Say("Responsables de la 4e B (28)", "Guardians of 4e B (28)"), Written: at(1, 21, 14), Left: at(2, 7, 0), Unread: true,
			Body: g.Say("Bonjour,\n\nle départ est avancé à 8 h 10 devant le portail. Merci de prévoir un pique-nique et des chaussures de marche.\n\nLe plan : https://exemple.invalid/plan.\n\nBien à vous", "Hello,\n\nwe now leave at 8:10 from the gate. Please pack a lunch and walking shoes.\n\nThe map: https://example.invalid/map.\n\nKind regards")},
		{ID: 32, From: "Inès Carrel", Role: g.Say("responsable", "guardian"), To: "Malik Sorel", Written: at(2, 19, 2), Left: at(2, 19, 2), Mine: true, Seen: page.Seen{Read: 1, Total: 1}, Body: g.Say("Merci, c'est noté.", "Thank you, noted.")},
		{ID: 33, From: "Inès Carrel", Role: g.Say("responsable", "guardian"), To: "Malik Sorel", Written: at(2, 22, 50), Leaves: at(3, 7, 0), Mine: true, Body: g.Say("Lou viendra avec son pique-nique.", "Lou will bring a packed lunch.")},
	}
	answered := page.Thread{Frame: g.frame("Sortie de jeudi", "Thursday's outing", "/thread/31"), List: list, ID: 31, Subject: g.Say("Sortie de jeudi : horaires", "Thursday's outing: times"), Letters: letters,
		Answer: &page.Answer{To: "Malik Sorel", Writing: page.Writing{Draft: 12, Version: 3, Saved: at(2, 22, 52), Body: page.Field{Value: g.Say("Bonjour, je confirme", "Hello, I confirm")}}}}
	readOnly := answered
	readOnly.Answer, readOnly.List = nil, page.List{}
	readOnly.Current = page.NewState(g.Lang, readAccess, false, at(3, 7, 0), now)
	readOnly.NoReply = g.Say("Vous pourrez répondre demain à 7 h 00.", "You can reply tomorrow at 7:00 am.")
	return []Sample{{"thread", answered}, {"thread-read-only", readOnly}}
}
