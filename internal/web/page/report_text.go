package page

import (
	"strings"
	"time"
)

// Text is the report as a file to keep: Markdown that reads well as it stands. On
// an exercise's every line says so.
func (p Report) Text() string {
	w := &reportText{mark: strings.ToUpper(p.mark())}
	w.line("# ", p.heading()+p.Say(" : ", ": ")+p.Row.Title)
	if p.Row.Exercise {
		w.line("", p.exercise())
	}
	w.line("- ", p.Say("Ordre : ", "Order: ")+p.Row.ID+", "+OrderStateWord(p.Lang, p.Row.State))
	w.line("- ", p.Say("Décidé par : ", "Decided by: ")+p.Row.Issuer)
	w.line("- ", p.Say("Début : ", "Begins: ")+stamp(p.Row.From))
	if p.Row.Until.IsZero() {
		w.line("- ", p.Say("Fin : aucune n'est fixée", "Ends: not set"))
	} else {
		w.line("- ", p.Say("Fin : ", "Ends: ")+stamp(p.Row.Until))
	}
	w.line("- ", p.Say("Pour qui : ", "For whom: ")+strings.Join(p.Scope, ", "))
	w.line("- ", p.Say("Pourquoi : ", "Why: ")+p.Reason)
	for _, r := range p.Rules {
		w.line("- ", r)
	}
	w.line("", p.Say("Rapport pour ", "Report for ")+p.Place+p.Say(", écrit le ", ", written on ")+stamp(p.Now)+". "+p.standing())
	p.figures(w)
	w.line("## ", p.Say("Chronologie", "Chronology"))
	for _, e := range p.Events {
		w.line("- ", stamp(e.At)+p.Say(" : ", ": ")+e.Text)
	}
	w.line("", p.notHere())
	return w.String()
}

// figures are the counts and times as lists.
func (p Report) figures(w *reportText) {
	w.line("## ", p.Say("Établissements", "Schools"))
	w.line("- ", p.Count(p.Schools, "établissement", "établissements", "school", "schools"))
	for _, s := range p.States {
		w.line("- ", s.Word+p.Say(" : ", ": ")+p.Lang.Number(s.Value))
	}
	w.line("## ", p.closedHeading())
	w.line("", p.counted())
	for _, r := range p.People {
		w.line("- ", capital(RolesWord(p.Lang, r.Role))+p.Say(" : ", ": ")+p.Lang.Number(r.All)+
			p.Say(", à certaines heures ", ", at some hours ")+p.Lang.Number(r.Closed)+p.Say(", sans cesse ", ", throughout ")+p.Lang.Number(r.Always))
	}
	w.line("## ", p.Say("Temps", "Times"))
	w.line("", p.measured())
	for _, t := range p.Times {
		line := t.Name + p.Say(" : ", ": ") + p.reached(t)
		if len(t.Took) > 0 {
			line += p.Say(" ; plus court ", "; shortest ") + p.Lang.Lasting(t.Min) + p.Say(", médian ", ", median ") + p.Lang.Lasting(t.Median) +
				p.Say(", 95 % en ", ", 95% within ") + p.Lang.Lasting(t.P95) + p.Say(", plus long ", ", longest ") + p.Lang.Lasting(t.Max)
		}
		w.line("- ", line)
	}
	if p.First != "" && !p.Own {
		w.line("- ", p.Say("Premier : ", "First: ")+p.First)
		w.line("- ", p.Say("Dernier : ", "Last: ")+p.Last)
	}
}

// stamp is an instant in a file, with its offset.
func stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05 -07:00") }

// A reportText is lines of Markdown. What people typed keeps no line of its own
// and makes no markup.
type reportText struct {
	strings.Builder
	mark string
	list bool
}

var unmarked = strings.NewReplacer("\n", " ", "\r", " ", "\\", `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "<", `\<`, "|", `\|`)

func (w *reportText) line(kind, text string) {
	list := kind == "- "
	if w.Len() > 0 && !(list && w.list) {
		w.WriteByte('\n')
	}
	w.list = list
	w.WriteString(kind)
	if w.mark != "" {
		w.WriteString(w.mark + " · ")
	}
	w.WriteString(unmarked.Replace(text))
	w.WriteByte('\n')
}
