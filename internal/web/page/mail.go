package page

import (
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A BoardMail is what was sent about an order, on its board.
type BoardMail struct {
	Off    bool   // this installation sends no e-mail
	Remind string // POST asks every school that has not done everything; "" where nobody has to
	Wait   string // why that cannot be asked for now; ""
	Rounds []MailRound
}

// A MailRound is what was sent at once.
type MailRound struct {
	At      time.Time
	What    string // "Relance à 12 établissements"
	Counts  string // "24 adresses, 24 remises"
	Trouble string // what the relay says against some of them; ""
}

// A MailForm is a person's own address, on the page of their account.
type MailForm struct {
	Off     bool // this installation sends no e-mail
	Address Field
}

// A Tell offers to write to the people of schools about an order. It posts role
// (several) and do: "look" to count and read again, "send" to send.
type Tell struct {
	Frame
	URL      string
	Back     string // the order's page
	Title    string
	Off      bool
	Roles    []Choice
	Problem  string // why nothing can be sent; ""
	With     int    // people who would get it
	Without  int    // and who have no address
	Rows     []TellRow
	More     int // schools that are not listed
	Text     Wording
	English  Wording
	Sample   string // whose letter is shown
	Sendable bool
}

// A TellRow is one school.
type TellRow struct {
	Name          string
	With, Without int
	Sent          string // "responsables": who had a letter; ""
}

// A Wording is a letter as it is sent.
type Wording struct{ Subject, Body string }

// A TellText is what a letter to the people of a school says.
type TellText struct {
	Lang     Lang
	School   string
	Phone    string
	Decider  string
	Title    string
	Reason   string
	Lifts    bool // ends what was decided before
	From     time.Time
	Until    time.Time // zero: until further notice
	Rules    []string
	Contact  order.Contact
	Public   string // address of the school's public page
	Settings string // where a reader takes their address away
}

// Letter words it.
func (t TellText) Letter() Wording {
	say := t.Lang.Say
	l := Wording{Subject: t.School + say(" : ", ": ") + t.Title}
	var b strings.Builder
	line := func(text string) { b.WriteString(oneLine(text) + "\n") }
	gap := func() { b.WriteString("\n") }
	line(say("Bonjour,", "Hello,"))
	gap()
	line(t.Decider + say(" a pris une décision sur la messagerie de l'établissement ", " has taken a decision about messaging in the school ") + t.School + ".")
	gap()
	line(say("Décision : ", "Decision: ") + t.Title)
	line(say("Pourquoi : ", "Why: ") + t.Reason)
	t.span(line)
	gap()
	if !t.Lifts {
		line(say("Ce qui est possible, pour qui :", "What is possible, for whom:"))
		for _, r := range t.Rules {
			line("- " + r)
		}
		gap()
		line(say("La messagerie n'est pas en panne, et ce que vous avez écrit n'est pas perdu. L'aide, les annonces et votre compte restent ouverts.",
			"Messaging is not broken, and what you have written is not lost. Help, announcements and your account stay open."))
		gap()
	}
	t.whom(line)
	gap()
	line(say("La page de l'établissement, à jour : ", "The school's page, up to date: ") + t.Public)
	gap()
	line(say("Vous recevez ce message parce que votre adresse est dans votre compte. Pour la changer ou l'enlever : ",
		"You get this message because your address is in your account. To change it or take it away: ") + t.Settings)
	l.Body = b.String()
	return l
}

// span is from when until when.
func (t TellText) span(line func(string)) {
	say := t.Lang.Say
	at := func(i time.Time) string { return t.Lang.Moment(i) + " " + i.Format("(02/01/2006)") }
	line(say("À partir du ", "From ") + at(t.From))
	switch {
	case t.Lifts:
	case t.Until.IsZero():
		line(say("Jusqu'à nouvel ordre", "Until further notice"))
	default:
		line(say("Jusqu'au ", "Until ") + at(t.Until))
	}
}

// whom is whom to call.
func (t TellText) whom(line func(string)) {
	say := t.Lang.Say
	if t.Phone != "" {
		line(say("Pour joindre l'établissement : ", "To reach the school: ") + t.Phone)
	}
	ways := []string{t.Contact.Office}
	for _, w := range []string{t.Contact.Phone, t.Contact.Email} {
		if w != "" {
			ways = append(ways, w)
		}
	}
	line(say("Vos questions sur la décision : ", "Your questions about the decision: ") + strings.Join(ways, ", "))
	line(say("En cas de danger : le 17. Pour un enfant en danger : le 119. Violences numériques : le 3018.",
		"In danger: 17. For a child in danger: 119. Violence online: 3018."))
	line(say("Si votre compte a servi à d'autres sans vous, vous êtes victime d'un vol : dites-le à l'établissement, il vous aidera.",
		"If others used your account without you, you are the victim of a theft: tell the school, which will help you."))
}

// oneLine keeps what somebody typed from making lines of its own.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// reach says how many people a letter reaches, and how many it does not.
func (p Tell) reach() string {
	text := p.Count(p.With, "personne recevra le message", "personnes recevront le message", "person will get the message", "people will get the message")
	if p.Without > 0 {
		text += p.Say(" ; ", "; ") + p.Count(p.Without, "personne n'a pas d'adresse et ne sera pas prévenue",
			"personnes n'ont pas d'adresse et ne seront pas prévenues", "person has no address and will not be told", "people have no address and will not be told")
	}
	return text + "."
}
