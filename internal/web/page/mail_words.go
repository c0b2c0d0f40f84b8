package page

import "time"

// news is "3 nouveaux messages".
func news(f Frame, n int) string {
	if n > 99 {
		return f.Say("Plus de 99 nouveaux messages", "More than 99 new messages")
	}
	return f.Count(n, "nouveau message", "nouveaux messages", "new message", "new messages")
}

// words say how many have read: "lu par 12 personnes sur 28".
func (s Seen) words(f Frame) string {
	switch {
	case s.Total == 1 && s.Read == 1:
		return f.Say("lu", "read")
	case s.Read == 0:
		return f.Say("pas encore lu", "not read yet")
	case f.Lang == English:
		return f.Lang.Number(s.Read) + " of " + f.Count(s.Total, "", "", "person has read it", "people have read it")
	default:
		return "lu par " + f.Count(s.Read, "personne", "personnes", "", "") + " sur " + f.Lang.Number(s.Total)
	}
}

// receipt says when a letter was written and received: both hours when they
// differ, for a message that waited.
func receipt(f Frame, l Letter) string {
	written := f.Say("écrit ", "written ") + f.Near(l.Written)
	switch {
	case l.Waits() && l.Leaves.IsZero():
		return written + f.Say(", partira à la réouverture", ", leaves at reopening")
	case l.Waits():
		return written + f.Say(", partira ", ", leaves ") + f.Near(l.Leaves)
	case !l.crossed():
		return f.Near(l.Left)
	default:
		return written + f.Say(", reçu ", ", received ") + nearHour(f, l.Written, l.Left)
	}
}

// nearHour leaves the day out when it is the one just named.
func nearHour(f Frame, named, t time.Time) string {
	if dayNumber(named) == dayNumber(t) {
		return f.Say("à ", "at ") + f.Clock(t)
	}
	return f.Near(t)
}

// subjectOr names what has no subject yet.
func subjectOr(f Frame, subject string) string {
	if subject == "" {
		return f.Say("Sans objet", "No subject")
	}
	return subject
}

// selected is aria-current for the open row of a list.
func selected(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

// heading says the verdict first: closed, and until when.
func (p Notice) heading() string {
	if p.unknown() {
		return p.Say("La messagerie est fermée pour le moment.", "Messaging is closed for now.")
	}
	return p.Say("La messagerie est fermée ", "Messaging is closed ") + p.Frame.Until(p.Until) + "."
}

// numbers are whom to call: those of the whole country first.
func (p Help) numbers() []Phone {
	list := []Phone{
		{Number: "17", Label: p.Say("Police ou gendarmerie", "Police"), When: p.Say("danger immédiat, menace, à toute heure", "immediate danger, threat, at any hour")},
		{Number: "119", Label: p.Say("Enfance en danger", "Children in danger"), When: p.Say("à toute heure, gratuit, n'apparaît pas sur la facture", "at any hour, free, not shown on the bill")},
		{Number: "3018", Label: p.Say("Harcèlement, violences en ligne", "Bullying, violence online"), When: p.Say("tous les jours, gratuit, anonyme", "every day, free, anonymous")},
	}
	return append(list, p.Phones...)
}
