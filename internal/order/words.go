package order

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The words of the file form, in the order of the values they stand for.
var (
	statusWords  = []string{"actual", "exercise"}
	typeWords    = []string{"issue", "update", "cancel"}
	serviceWords = []string{"messaging", "mail", "chat"}
	accessWords  = []string{"closed", "read", "reply", "write"}
	stateWords   = []string{"announced", "in force", "expired", "lifted", "replaced"}
	degreeWords  = []string{school.First.String(), school.Second.String()}
	sectorWords  = []string{school.Public.String(), school.Private.String()}
)

// String is the word of the file form.
func (s Status) String() string { return word(statusWords, int(s)) }

// String is the word of the file form.
func (t Type) String() string { return word(typeWords, int(t)) }

// String is the word of the file form.
func (s Service) String() string { return word(serviceWords, int(s)) }

// String is the word of the file form.
func (a Access) String() string { return word(accessWords, int(a)) }

// String is the English word, such as "in force".
func (s State) String() string { return word(stateWords, int(s)) }

// ParseAccess reads "closed", "read", "reply" or "write".
func ParseAccess(s string) (Access, error) {
	return parseWord[Access](s, accessWords, term("an access"))
}

// ParseService reads "messaging", "mail" or "chat".
func ParseService(s string) (Service, error) {
	return parseWord[Service](s, serviceWords, term("a service"))
}

func word(words []string, i int) string {
	if i >= len(words) {
		return fmt.Sprintf("(%d)", i)
	}
	return words[i]
}

func parseWord[T ~uint8](s string, words []string, what speaker) (T, error) {
	i := slices.Index(words, s)
	if i < 0 {
		return 0, tell("%q is not %s: write one of %s", shorten(s), what, strings.Join(words, ", "))
	}
	return T(i), nil
}
