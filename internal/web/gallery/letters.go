package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// letters are the pages of what leaves by e-mail and on paper.
func (g gallery) letters() []Sample {
	off := g.tell()
	off.Off, off.Sendable, off.Rows, off.Without = true, false, nil, 0
	over := g.tell()
	over.With, over.Without, over.Problem = 0, 0, g.Say("Personne n'est à prévenir : ces personnes ont déjà reçu le message, ou n'ont pas d'adresse.", "There is nobody to tell: these people have had the message, or have no address.")
	bare := g.copies()
	bare.Letters, bare.Unknown, bare.Printed, bare.Off = nil, nil, nil, true
	lift := g.copies()
	lift.Letters = lift.Letters[:1]
	lift.Letters[0].Text.Lifts, lift.Letters[0].Text.Exercise = lift.Letters[0].Text.Title, true
	return []Sample{
		{"tell", g.tell()}, {"tell-off", off}, {"tell-over", over}, {"copies", g.copies()}, {"copies-none", bare}, {"copies-lift", lift}, {"book", g.book()},
	}
}

func (g gallery) tell() page.Tell {
	const part = page.TellPart + "/FR/13/079/2024-0001"
	p := page.Tell{
		Frame: g.authority("Prévenir par courriel", "Tell people by e-mail", part), URL: "/office/3" + part, Back: "/office/3/orders/FR/13/079/2024-0001",
		Title: g.rows()[0].Title, With: 9412, Without: 731, Sample: "École élémentaire du Port", Sendable: true,
		Rows: []page.TellRow{
			{Name: "École élémentaire du Port", With: 214, Without: 12},
			{Name: "École maternelle des Peupliers", Sent: page.RolesWord(g.Lang, school.Guardian)},
		}, More: 129,
	}
	for _, r := range []school.Role{school.Guardian, school.Teacher, school.Staff, school.Head, school.Pupil} {
		p.Roles = append(p.Roles, page.Choice{Value: r.String(), Label: page.RolesWord(g.Lang, r), Chosen: r == school.Guardian})
	}
	text := page.TellText{
		Lang: page.French, School: p.Sample, Phone: "05 36 49 10 00", Decider: g.rows()[0].Issuer, Title: p.Title, Reason: g.decider().Reason,
		From: at(2, 7, 0), Until: at(8, 7, 0), Contact: g.decider().Contact, Public: "https://ecluse.example/ecole/0790902B", Settings: "https://ecluse.example/account",
		Rules: []string{"Élèves : fermée à toute heure.", "Adultes : ouverte de 7 h à 23 h, sinon fermée."},
	}
	p.Text = text.Letter()
	text.Lang, text.Rules = page.English, []string{"Pupils: closed at all hours.", "Adults: open from 7:00 am to 11:00 pm, otherwise closed."}
	p.English = text.Letter()
	return p
}

func (g gallery) copies() page.Copies {
	const part = page.CopiesPart + "/FR/13/079/2024-0001"
	text := page.CopyText{
		Office: "Cabinet de la directrice académique (Deux-Sèvres)", Date: at(2, 15, 20), ID: "FR/13/079/2024-0001", Title: g.rows()[0].Title,
		Basis: "Code de l’éducation, article L. 222-1", Reason: "Des messages menaçants partis de comptes volés circulent.", From: at(2, 19, 0), Until: at(8, 7, 0),
		Scope: []string{"Deux-Sèvres", "premier degré"}, Contact: g.decider().Contact, Named: "Mairies",
		Rules: []string{"Élèves : aucun accès.", "Adultes : ouverte de 7 h à 23 h."},
	}
	return page.Copies{
		Frame: g.authority("Copies", "Copies", part), URL: "/office/3" + part, Back: "/office/3/orders/FR/13/079/2024-0001", Book: "/office/3/book",
		Title: text.Title, Unknown: []string{"Conseil départemental"}, ToSend: 1,
		Letters: []page.CopyLetter{
			{Text: text, Name: "Mairies", Postal: []string{"Mairie du Port", "1 place du Marché", "79000 LE PORT"}, Email: "mairie@le-port.example", Sent: at(2, 15, 10)},
			{Text: text, Name: "Mairies", Email: "mairie@les-peupliers.example"},
			{Text: text, Name: "Conseil départemental", Missing: true},
		},
	}
}

func (g gallery) book() page.Book {
	return page.Book{
		Frame: g.authority("Carnet d'adresses", "Address book", page.BookPart), URL: "/office/3/book",
		New: page.BookEntry{Name: page.Field{Value: "Préfecture"}, Error: g.Say("Donnez une adresse postale ou une adresse de courriel.", "Give a postal address or an e-mail address.")},
		Entries: []page.BookEntry{
			{ID: "7", Name: page.Field{Value: "Mairies"}, Postal: page.Field{Value: "Mairie du Port\n1 place du Marché\n79000 LE PORT"}, Email: page.Field{Value: "mairie@le-port.example"}},
			{ID: "8", Name: page.Field{Value: "Mairies"}, Email: page.Field{Value: "mairie@les-peupliers.example"}},
		},
	}
}

// boardMail is what was sent about an order.
func (g gallery) boardMail() page.BoardMail {
	return page.BoardMail{Remind: "/office/3/remind/FR/13/079/2024-0001", Rounds: []page.MailRound{
		{At: at(2, 14, 2), What: g.Say("Relance demandée, 12 établissements", "Reminder asked for, 12 schools"), Counts: g.Say("21 adresses, 19 remises au relais, 2 en attente", "21 addresses, 19 taken by the relay, 2 waiting"), Trouble: "451 4.7.1 try again later"},
		{At: at(2, 11, 40), What: g.Say("Relance automatique, 14 établissements", "Automatic reminder, 14 schools"), Counts: g.Say("26 adresses, 26 remises au relais", "26 addresses, 26 taken by the relay")},
	}}
}
