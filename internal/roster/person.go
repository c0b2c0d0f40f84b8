package roster

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// nobody is the index of a person who cannot be told from others.
const nobody = -1

// person is whom a line is about: added by their first line, recognised by the
// others.
func (p *parser) person(r row) int {
	i := p.account(r)
	if i != nobody {
		p.addAliases(r, i)
		p.addEmail(r, i)
	}
	return i
}

// addEmail gives a person the address of a line.
func (p *parser) addEmail(r row, person int) {
	address, who := r.get("email"), &p.out.People[person]
	switch {
	case address == "":
	case account.CheckEmail(address) != nil:
		p.refuse(r.at, fmt.Sprintf("email %q is not an address: write it as name@example.org, or leave it empty", address))
	case who.Email != "" && who.Email != address:
		p.refuse(r.at, fmt.Sprintf("%s has the email %s on an earlier line: write one", who.Login, who.Email))
	default:
		who.Email = address
	}
}

// addAliases gives a person the other names of a line.
func (p *parser) addAliases(r row, person int) {
	for _, name := range r.list("aliases") {
		name = account.FoldLogin(name)
		if why := unfitLogin(name); why != "" {
			p.refuse(r.at, fmt.Sprintf("alias %q %s", name, why))
			continue
		}
		owner, taken := p.aliases[name]
		switch {
		case !taken && name != p.out.People[person].Login:
			p.aliases[name] = person
			p.out.People[person].Aliases = append(p.out.People[person].Aliases, name)
		case taken && owner != person:
			p.refuse(r.at, fmt.Sprintf("alias %s is that of %s already: a name leads to one person only", name, p.out.People[owner].Login))
		}
	}
}

// namesake refuses aliases that are somebody else's login.
func (p *parser) namesake() {
	for _, who := range p.out.People {
		for _, name := range who.Aliases {
			if other, taken := p.people[name]; taken {
				p.refuse(who.At, fmt.Sprintf("alias %s of %s is the login of another person in %s: a name leads to one person only",
					name, who.Login, p.out.People[other].At))
			}
		}
	}
}

// account is whose line this is.
func (p *parser) account(r row) int {
	who := Person{At: r.at, Login: account.FoldLogin(r.get("login")), First: r.get("first"), Last: r.get("last")}
	if why := unfitLogin(who.Login); why != "" {
		p.refuse(r.at, fmt.Sprintf("login %q %s", r.get("login"), why))
		return nobody
	}
	if i, known := p.people[who.Login]; known {
		p.sameName(who, p.out.People[i])
		return i
	}
	for _, name := range [][2]string{{"first", who.First}, {"last", who.Last}} {
		if why := unfitName(name[1]); why != "" {
			p.refuse(r.at, name[0]+" "+why)
		}
	}
	p.people[who.Login] = len(p.out.People)
	p.out.People = append(p.out.People, who)
	return p.people[who.Login]
}

func (p *parser) sameName(who, known Person) {
	if who.First != known.First || who.Last != known.Last {
		p.refuse(who.At, fmt.Sprintf("login %s is %s %s here and %s %s in %s: write the name alike, or give each person a login",
			who.Login, who.First, who.Last, known.First, known.Last, known.At))
	}
}

// unfitLogin says why a login is none. What a spreadsheet would take for a
// formula is none either: lists of passwords are opened in spreadsheets.
func unfitLogin(s string) string {
	if s == "" {
		return "is empty: give each person one, such as prenom.nom"
	}
	plain := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for i, r := range s {
		if !plain(r) && (i == 0 || !strings.ContainsRune("._-@'", r)) {
			return "is no login: write letters, digits and . _ - @ ' only, beginning with a letter or a digit"
		}
	}
	return ""
}

func unfitName(s string) string {
	if s == "" {
		return "is empty: give the name that others will see"
	}
	if r := []rune(s)[0]; !unicode.IsLetter(r) && r != '\'' && r != '’' {
		return fmt.Sprintf("is %q: a name begins with a letter", s)
	}
	return ""
}
