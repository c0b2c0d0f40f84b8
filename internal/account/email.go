package account

import (
	"fmt"
	"net/mail"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// longestEmail is what a path of RFC 5321 holds.
const longestEmail = 254

// CheckEmail refuses what is not one bare address in ASCII, such as
// name@school.example: no name beside it, no list, nothing that could become a
// header of its own.
func CheckEmail(address string) error {
	strange := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>()[]\",;:`, r) }
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || strings.ContainsFunc(address, strange) || len(address) > longestEmail {
		shown := []rune(address)
		shown = shown[:min(len(shown), 60)]
		return fault.New(fault.Invalid,
			fmt.Sprintf("«\u00a0%s\u00a0» n’est pas une adresse. Écrivez-la comme nom@exemple.fr.", string(shown)),
			fmt.Sprintf("%q is not an address. Write it as name@example.org.", string(shown)))
	}
	return nil
}
