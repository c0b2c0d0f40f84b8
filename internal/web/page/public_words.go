package page

import "github.com/ecluse-ecole/ecluse/internal/order"

// contacts are those to call about the decisions, each number once.
func (p Public) contacts() []order.Contact {
	return p.distinct(func(c order.Contact) string { return c.Phone })
}

// emails are those to write to, each address once.
func (p Public) emails() []order.Contact {
	return p.distinct(func(c order.Contact) string { return c.Email })
}

func (p Public) distinct(of func(order.Contact) string) []order.Contact {
	var out []order.Contact
	seen := map[string]bool{"": true}
	for _, list := range [][]PublicOrder{p.InForce, p.Announced} {
		for _, o := range list {
			if key := of(o.Contact); !seen[key] {
				seen[key] = true
				out = append(out, o.Contact)
			}
		}
	}
	return out
}

// heading is what the list is about.
func (p PublicList) heading() string {
	if p.Missing != "" {
		return p.Say("Cet établissement n'est pas connu ici", "This school is not known here")
	}
	return p.Say("Pages des établissements", "Pages of the schools")
}

// PublicWord is a school's state in few words, for a list.
func PublicWord(l Lang, k StateKind) string {
	switch k {
	case Open:
		return l.Say("ouverte à tous", "open to all")
	case Closed:
		return l.Say("fermée à tous", "closed to all")
	case Unknown:
		return l.Say("fermée dans le doute", "closed in doubt")
	default:
		return l.Say("limitée", "limited")
	}
}

// ServiceWord is a kind of messaging: "la messagerie".
func ServiceWord(l Lang, s order.Service) string {
	return [...]string{
		order.Messaging: l.Say("messagerie", "messaging"),
		order.Mail:      l.Say("courrier électronique", "e-mail"),
		order.Chat:      l.Say("messagerie instantanée", "chat"),
	}[s]
}

// ServicesWord joins kinds of messaging.
func ServicesWord(l Lang, services []order.Service) string {
	var words []string
	for _, s := range services {
		words = append(words, ServiceWord(l, s))
	}
	return capital(l.and(words))
}
