package ecluse

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ReadLogins reads the list of a campaign: logins between spaces, commas, semicolons
// or lines. What is no list of logins is refused with its line, and a list without
// any too: a campaign without a list is for everybody.
func ReadLogins(r io.Reader) (list []string, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimPrefix(lines.Text(), "\uFEFF")
		if !utf8.ValidString(line) {
			return nil, badList(n, "n’est pas du texte en UTF-8. Enregistrez la liste en texte UTF-8.", "is not UTF-8 text. Save the list as UTF-8 text.")
		}
		for _, login := range strings.FieldsFunc(line, betweenLogins) {
			switch {
			case len(login) > longestLogin:
				return nil, badList(n, "est trop longue pour un identifiant. Écrivez un identifiant par ligne.", "is too long for a login. Write one login a line.")
			case strings.ContainsFunc(login, unicode.IsControl):
				return nil, badList(n, "n’est pas du texte. Enregistrez la liste en texte, un identifiant par ligne.", "is not text. Save the list as text, one login a line.")
			case len(list) == mostListed:
				return nil, invalid(fmt.Sprintf("Une liste a au plus %d identifiants\u00a0: faites-en plusieurs.", mostListed), fmt.Sprintf("A list has at most %d logins: make several of it.", mostListed))
			}
			list = append(list, login)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, invalid("Une ligne de la liste est trop longue. Écrivez un identifiant par ligne.", "A line of the list is too long. Write one login a line.")
	}
	if lines.Err() == nil && len(list) == 0 {
		return nil, invalid("La liste est vide.", "The list is empty.")
	}
	return list, lines.Err()
}

// longestLine is how long a line of a list may be: somebody may paste all in one.
const longestLine = 1 << 20

func betweenLogins(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }

func badList(line int, french, english string) error {
	return invalid(fmt.Sprintf("La ligne %d de la liste %s", line, french), fmt.Sprintf("Line %d of the list %s", line, english))
}
