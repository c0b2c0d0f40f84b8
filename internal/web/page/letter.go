package page

import (
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// Copies are the copies of an order as letters, one a page of paper. It posts do:
// "send" to send those that can be by e-mail, "print" to note that they are printed.
type Copies struct {
	Frame
	URL     string
	Back    string // the order's page
	Book    string // the address book
	Title   string
	Off     bool // this installation sends no e-mail
	Problem string
	Printed []time.Time
	Unknown []string // names that the book does not hold
	ToSend  int
	Letters []CopyLetter
}

// A CopyLetter is one, as it stands on paper. Letters are in French whoever reads the
// page: they go to French offices.
type CopyLetter struct {
	Text    CopyText
	Name    string
	Postal  []string
	Email   string
	Sent    time.Time // by e-mail; zero: not
	Missing bool      // the book has nobody of this name
}

// A CopyText is what a letter to those who get a copy says.
type CopyText struct {
	Office   string // who writes
	Date     time.Time
	ID       string
	Title    string
	Basis    string
	Reason   string
	Lifts    string // the title of what it ends; ""
	Exercise bool
	From     time.Time
	Until    time.Time
	Scope    []string
	Rules    []string
	Contact  order.Contact
	Named    string // to whom
}

// Dated is the line over a letter.
func (t CopyText) Dated() string { return "Le " + French.date(t.Date) + nbsp + t.Date.Format("2006") }

// Object is the line that says what a letter is about.
func (t CopyText) Object() string {
	object := "Objet : mesure relative aux messageries scolaires"
	if t.Lifts != "" {
		object = "Objet : levée d'une mesure relative aux messageries scolaires"
	}
	if t.Exercise {
		object += " (EXERCICE)"
	}
	return Typeset(object)
}

// Paragraphs are the body of a letter.
func (t CopyText) Paragraphs() []string {
	var list []string
	add := func(text string) { list = append(list, Typeset(oneLine(text))) }
	add("Madame, Monsieur,")
	if t.Exercise {
		add("Ce courrier fait partie d'un exercice : rien n'est fermé, et aucune suite n'est attendue de vous.")
	}
	day := func(at time.Time) string {
		return "le " + French.Day(at) + nbsp + at.Format("2006") + " à " + French.Clock(at)
	}
	if t.Lifts != "" {
		add("J'ai l'honneur de vous informer que la mesure « " + t.Lifts + " » est levée, par l'ordre n° " + t.ID + ", « " + t.Title + " ». La levée prend effet " + day(t.From) + ".")
	} else {
		add("J'ai l'honneur de vous informer de la mesure suivante, prise par l'ordre n° " + t.ID + " : « " + t.Title + " ».")
	}
	add("Motif : " + t.Reason)
	if t.Basis != "" {
		add("Fondement : " + t.Basis)
	}
	if t.Lifts == "" {
		add("Sont concernés : " + strings.Join(t.Scope, " ; ") + ".")
		end := "Elle vaut jusqu'à nouvel ordre."
		if !t.Until.IsZero() {
			end = "Elle prend fin " + day(t.Until) + "."
		}
		add("La mesure prend effet " + day(t.From) + ". " + end)
		for _, r := range t.Rules {
			add("– " + r)
		}
	}
	ways := []string{t.Contact.Office}
	for _, w := range []string{t.Contact.Phone, t.Contact.Email} {
		if w != "" {
			ways = append(ways, w)
		}
	}
	add("Pour toute question : " + strings.Join(ways, ", ") + ".")
	add("Je vous prie d'agréer, Madame, Monsieur, l'expression de ma considération distinguée.")
	return list
}

// Email is the letter as an e-mail.
func (t CopyText) Email() Wording {
	lines := append([]string{t.Office, t.Dated(), "À l'attention de : " + t.Named, t.Object()}, t.Paragraphs()...)
	lines = append(lines, t.Office)
	return Wording{Subject: Typeset(oneLine(strings.TrimPrefix(t.Object(), "Objet"+nbsp+": ")) + " : " + oneLine(t.Title)), Body: Typeset(strings.Join(lines, "\n\n")) + "\n"}
}

// Book is an office's address book. It posts id, name, postal, email and do: "save"
// or "remove"; id is empty for a new one.
type Book struct {
	Frame
	URL     string
	Entries []BookEntry
	New     BookEntry
}

// A BookEntry is somebody the office writes to.
type BookEntry struct {
	ID     string
	Name   Field
	Postal Field
	Email  Field
	Error  string // about the whole; ""
}

// bad reports whether something in an entry is wrong.
func (e BookEntry) bad() bool {
	return e.Error != "" || e.Name.Error != "" || e.Postal.Error != "" || e.Email.Error != ""
}

// title tells entries apart that share a name.
func (e BookEntry) title() string {
	first, _, _ := strings.Cut(e.Postal.Value, "\n")
	if first == "" {
		first = e.Email.Value
	}
	return e.Name.Value + " · " + first
}

// standing says what became of a letter.
func (p Copies) standing(l CopyLetter) string {
	switch {
	case !l.Sent.IsZero():
		return p.Say("Envoyée à ", "Sent to ") + l.Email + ", " + p.Near(l.Sent)
	case l.Email != "":
		return p.Say("Pas encore envoyée à ", "Not sent yet to ") + l.Email
	}
	return p.Say("Par la poste : le carnet n'a pas de courriel.", "By post: the book has no e-mail.")
}
