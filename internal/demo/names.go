package demo

import (
	"strconv"
	"strings"
)

// A gender chooses among forms of words.
type gender int

const (
	woman gender = iota
	man
)

// First names of children and of adults, by gender.
var (
	children = [2][]string{
		{
			"Emma", "Jade", "Louise", "Alice", "Chloé", "Lina", "Léa", "Mila", "Rose", "Anna", "Inès", "Ambre", "Zoé",
			"Juliette", "Lou", "Manon", "Camille", "Sarah", "Nour", "Éléonore", "Maëlle", "Anaïs", "Clémence", "Yasmine",
			"Apolline", "Margaux", "Salomé", "Aïcha", "Capucine", "Héloïse", "Lou-Ann", "Marie-Lou", "Fatou", "Ælis",
			"Thaïs", "Noémie", "Océane", "Romane", "Élise", "Charlotte", "Mai-Linh", "Kadiatou",
		},
		{
			"Gabriel", "Raphaël", "Léo", "Louis", "Arthur", "Jules", "Adam", "Maël", "Hugo", "Noah", "Liam", "Gabin",
			"Sacha", "Paul", "Nathan", "Aaron", "Mohamed", "Éden", "Tom", "Malo", "Théo", "Naël", "Lucas", "Ethan",
			"Axel", "Timéo", "Mathis", "Rayan", "Côme", "Martin", "Zacharie", "Ibrahim", "Jean-Baptiste", "Evan",
			"Anatole", "Yanis", "Léandre", "Kenzo", "Loïc", "Samuel", "Ousmane", "Gaëtan",
		},
	}
	adults = [2][]string{
		{
			"Nathalie", "Isabelle", "Sylvie", "Céline", "Stéphanie", "Aurélie", "Émilie", "Virginie", "Laëtitia", "Élodie",
			"Delphine", "Audrey", "Sabrina", "Hélène", "Marie-Claude", "Anne-Sophie", "Véronique", "Séverine", "Karine",
			"Fatima", "Samira", "Marion", "Pauline", "Julie", "Claire", "Agnès", "Béatrice", "Khadija", "Maud", "Aïssatou",
			"Françoise", "Ludivine", "Marina", "Noëlle", "Thi Lan", "Mélanie", "Gwenaëlle", "Solène", "Magali", "Estelle",
		},
		{
			"Nicolas", "Sébastien", "Christophe", "David", "Frédéric", "Stéphane", "Julien", "Jérôme", "Olivier", "Laurent",
			"Cédric", "Vincent", "Guillaume", "Arnaud", "Grégory", "Benoît", "Jean-Luc", "Karim", "Mickaël", "Thierry",
			"François", "Mathieu", "Fabrice", "Yann", "Ludovic", "Rachid", "Anthony", "Philippe", "Régis", "Loïc",
			"Emmanuel", "Hervé", "Pierre-Yves", "Mamadou", "Sylvain", "Damien", "Romuald", "Xavier", "Aurélien", "Tanguy",
		},
	}
)

// Syllables of family names. They sound like the region's and are nobody's on
// purpose.
var (
	beginnings = []string{
		"Bran", "Cour", "Gal", "Mor", "Ver", "Roch", "Dal", "Fon", "Lam", "Tri", "Quer", "Bel", "Char", "Pin", "Sau",
		"Vil", "Gré", "Tour", "Mé", "Bau", "Cha", "Drou", "Fé", "Gui", "Jau", "Nor", "Ram", "Souch", "Thé", "Val",
	}
	endings = []string{
		"dereau", "teneau", "villeau", "gnault", "nelier", "daillé", "moreuil", "lezac", "quinaud", "vandier", "beraud",
		"geonnet", "raudeau", "thomier", "zilleau", "pardin", "sonneau", "bretier", "lignon", "feuillard",
	}
	particles = []string{"de La ", "Le ", "d'Or", "L'Es"}
	fromAfar  = []string{
		"Benzarif", "El Hadraoui", "Diaramé", "Touréba", "Kowalczenko", "Da Silvares", "Tran Vandoc", "O'Brannagh",
		"N'Guettan", "van der Holten", "Yildirgan", "Raharivolo", "Fernándoz", "Ben Salwane", "Müllbrecht", "Adjovikan",
	}
)

// family invents a family name.
func (b *builder) family() string {
	switch n := b.rng.IntN(100); {
	case n < 9:
		return pick(b, fromAfar)
	case n < 13:
		return b.particled()
	case n < 19:
		return b.plainFamily() + "-" + b.plainFamily()
	}
	return b.plainFamily()
}

// particled is a name such as "Le Morquinaud" or "d'Ormorquinaud": what follows a
// space begins with a capital.
func (b *builder) particled() string {
	particle, name := pick(b, particles), b.plainFamily()
	if strings.HasSuffix(particle, " ") {
		return particle + name
	}
	return particle + strings.ToLower(name)
}

func (b *builder) plainFamily() string { return pick(b, beginnings) + pick(b, endings) }

// gender is drawn evenly.
func (b *builder) gender() gender { return gender(b.rng.IntN(2)) }

var ascii = strings.NewReplacer("à", "a", "á", "a", "â", "a", "ä", "a", "æ", "ae", "ç", "c", "é", "e", "è", "e", "ê", "e",
	"ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u", "'", "", " ", "")

// login is first.last without accents, with a number for who comes second.
func (b *builder) login(first, last string) string {
	name := ascii.Replace(strings.ToLower(first)) + "." + ascii.Replace(strings.ToLower(last))
	b.logins[name]++
	if n := b.logins[name]; n > 1 {
		return name + strconv.Itoa(n)
	}
	return name
}
