package ecluse

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// digestNames is how many schools a digest names; the board has them all.
const digestNames = 100

// drill marks an exercise in a subject.
func drill(o *order.Order, text store.MailText, french bool) store.MailText {
	if o.Status != order.Exercise {
		return text
	}
	if french {
		return store.MailText{Subject: "[Exercice] " + text.Subject, Body: "CECI EST UN EXERCICE : rien n’est fermé, ne changez rien.\n\n" + text.Body}
	}
	return store.MailText{Subject: "[Exercise] " + text.Subject, Body: "THIS IS AN EXERCISE: nothing is closed, change nothing.\n\n" + text.Body}
}

// reminderText asks a school for what is awaited of it.
func (a *App) reminderText(o *order.Order, r BoardRow) (fr, en store.MailText) {
	title, how := plainLine(o.Title), a.how(r)
	fr.Subject = fmt.Sprintf("À faire dans votre établissement : « %s »", title)
	fr.Body = fmt.Sprintf("Bonjour,\n\nUn ordre a été donné par %s : « %s » (numéro %s).\n"+
		"Dans votre établissement, %s (%s), il reste à faire :\n\n%s\n"+
		"%s\n"+
		"Si c’est impossible, dites-le au même endroit, avec le motif. Ce n’est pas une faute : l’autorité saura où aider.\n\n%s",
		plainLine(a.Decider(o)), title, o.ID, plainLine(r.School.Name), r.School.UAI, a.awaited(r, true), how[0], questions(o, true))
	en.Subject = fmt.Sprintf("To be done in your school: “%s”", title)
	en.Body = fmt.Sprintf("Hello,\n\nAn order was given by %s: “%s” (number %s).\n"+
		"In your school, %s (%s), this remains to be done:\n\n%s\n"+
		"%s\n"+
		"If it cannot be done, say so there, with the reason. That is no fault: the authority will know where to help.\n\n%s",
		plainLine(a.Decider(o)), title, o.ID, plainLine(r.School.Name), r.School.UAI, a.awaited(r, false), how[1], questions(o, false))
	return drill(o, frenchText(fr), true), drill(o, en, false)
}

// how is where a school answers, in French and in English: here, at its own
// installation, or, where it has none, by a letter back.
func (a *App) how(r BoardRow) [2]string {
	switch {
	case r.Host != "":
		return [2]string{"Connectez-vous à l’Écluse de votre établissement, puis ouvrez « À la main ».", "Sign in to your school’s own Écluse, then open “By hand”."}
	case r.Nobody:
		return [2]string{"Répondez à ce courriel pour dire où vous en êtes.", "Answer this e-mail to say where you stand."}
	}
	return [2]string{"Connectez-vous, puis ouvrez « À la main » : " + a.mail.Address + "/", "Sign in, then open “By hand”: " + a.mail.Address + "/"}
}

// awaited lists what a school has not done, one line each.
func (a *App) awaited(r BoardRow, french bool) string {
	var b strings.Builder
	for _, id := range r.Products {
		name := a.procedures.Name(id)
		if french {
			fmt.Fprintf(&b, "- %s : suivre les étapes, puis l’attester ;\n", plainLine(name.French))
		} else {
			fmt.Fprintf(&b, "- %s: go through the steps, then attest it;\n", plainLine(name.English))
		}
	}
	for _, p := range r.Points {
		if french {
			fmt.Fprintf(&b, "- serveur %s : il n’a pas confirmé ; prévenez la personne qui s’en occupe ;\n", plainLine(p))
		} else {
			fmt.Fprintf(&b, "- server %s: it has not confirmed; tell whoever runs it;\n", plainLine(p))
		}
	}
	if b.Len() == 0 {
		if french {
			return "- appliquer l’ordre, et le dire.\n"
		}
		return "- apply the order, and say so.\n"
	}
	return b.String()
}

// questions says whom to ask, and who is writing.
func questions(o *order.Order, french bool) string {
	ways := []string{plainLine(o.Contact.Office)}
	for _, w := range []string{o.Contact.Phone, o.Contact.Email} {
		if w != "" {
			ways = append(ways, plainLine(w))
		}
	}
	if french {
		return "Vos questions : " + strings.Join(ways, ", ") + ".\n\nÉcluse envoie ce message pour cette autorité."
	}
	return "Your questions: " + strings.Join(ways, ", ") + ".\n\nÉcluse sends this message for this authority."
}

// digestText tells a level of its late schools.
func (a *App) digestText(o *order.Order, at school.Territory, rows []BoardRow) (fr, en store.MailText) {
	title := plainLine(o.Title)
	board := fmt.Sprintf("%s/for/%s/board/%s?state=overdue", a.mail.Address, strings.ReplaceAll(string(at), "/", "-"), o.ID)
	names := schoolNames(rows)
	fr.Subject = fmt.Sprintf("%d en retard : « %s »", len(rows), title)
	fr.Body = fmt.Sprintf("Bonjour,\n\nL’ordre « %s » (numéro %s), donné par %s, attend encore une réponse de %d de vos établissements. "+
		"Chacun a reçu une relance par courriel ; un appel les aidera mieux qu’un autre courriel.\n\n%s\n"+
		"Ce qui manque à chacun, à jour : %s\n\n%s", title, o.ID, plainLine(a.Decider(o)), len(rows), names, board, questions(o, true))
	en.Subject = fmt.Sprintf("%d late: “%s”", len(rows), title)
	en.Body = fmt.Sprintf("Hello,\n\nThe order “%s” (number %s), given by %s, still awaits an answer from %d of your schools. "+
		"Each was reminded by e-mail; a call will help them more than another one.\n\n%s\n"+
		"What is missing at each, up to date: %s\n\n%s", title, o.ID, plainLine(a.Decider(o)), len(rows), names, board, questions(o, false))
	return drill(o, frenchText(fr), true), drill(o, en, false)
}

// schoolNames lists schools, one line each, by name.
func schoolNames(rows []BoardRow) string {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(x, y BoardRow) int {
		return strings.Compare(x.School.Name+string(x.School.UAI), y.School.Name+string(y.School.UAI))
	})
	var b strings.Builder
	for i, r := range rows {
		if i == digestNames {
			fmt.Fprintf(&b, "- … + %d\n", len(rows)-i)
			break
		}
		fmt.Fprintf(&b, "- %s (%s)\n", plainLine(r.School.Name), r.School.UAI)
	}
	return b.String()
}

// plainLine keeps what somebody typed from making lines of its own.
func plainLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// typeset puts the no-break spaces of French into a letter.
var typeset = strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " !", "\u00a0!", " ?", "\u00a0?", "« ", "«\u00a0", " »", "\u00a0»")

func frenchText(t store.MailText) store.MailText {
	return store.MailText{Subject: typeset.Replace(t.Subject), Body: typeset.Replace(t.Body)}
}

// mailHour is an instant in a letter.
func mailHour(t time.Time, french bool) string {
	if french {
		return t.Format("02/01/2006 à 15:04")
	}
	return t.Format("2 January 2006 at 15:04")
}
