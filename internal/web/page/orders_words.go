package page

// heading is what the page lists: hours for those they bind, orders for those
// who issue them.
func (p Orders) heading() string {
	if p.Duty == Authority {
		return p.Say("Ordres du territoire", "Orders of the territory")
	}
	return p.Say("Horaires et ordres", "Hours and orders")
}

// orderClass is the look of a state; its word stands beside.
func orderClass(s OrderState) string {
	return [...]string{Announced: "announced", InForce: "in-force", Expired: "past", Lifted: "past", Replaced: "past", Unsigned: "announced"}[s]
}

// title names how grave a finding is.
func (f Finding) title(l Lang) string {
	switch f.Kind {
	case Contradicts:
		return l.Say("Contredit un autre ordre", "Contradicts another order")
	case Looser:
		return l.Say("Plus large qu'un autre ordre : sans effet", "Looser than another order: no effect")
	case Warning:
		return l.Say("À vérifier", "To check")
	default:
		return l.Say("À savoir", "Worth knowing")
	}
}

// class is the look of a finding.
func (f Finding) class() string {
	return [...]string{Note: "note", Warning: "warning", Looser: "looser", Contradicts: "contradicts"}[f.Kind]
}

// hoursExamples are strings that a form offers to copy, with what they mean.
func hoursExamples(l Lang) [][2]string {
	return [][2]string{
		{"07:00-23:00", l.Say("tous les jours de 7 h à 23 h", "every day from 7 am to 11 pm")},
		{"Mo-Fr 07:00-19:00; PH off", l.Say("du lundi au vendredi de 7 h à 19 h, sauf jours fériés", "Monday to Friday from 7 am to 7 pm, except public holidays")},
		{"24/7", l.Say("toujours", "always")},
		{"off", l.Say("jamais", "never")},
	}
}
