package school

import "fmt"

// A UAI is the national code of a school: seven digits and a check letter
// ("unité administrative immatriculée"). Only ParseUAI makes a valid one.
type UAI string

const uaiLetters = "ABCDEFGHJKLMNPRSTUVWXYZ"

// ParseUAI reads a school code and verifies its check letter, which is the
// number modulo 23 in the alphabet without I, O and Q.
func ParseUAI(s string) (UAI, error) {
	if len(s) != 8 {
		return "", fmt.Errorf("%q is not a school code (UAI): want seven digits and a letter", s)
	}
	n := 0
	for i := range 7 {
		if s[i] < '0' || s[i] > '9' {
			return "", fmt.Errorf("%q is not a school code (UAI): character %d is not a digit", s, i+1)
		}
		n = n*10 + int(s[i]-'0')
	}
	if want := uaiLetters[n%23]; s[7] != want || n == 0 {
		return "", fmt.Errorf("%q is not a school code (UAI): the check letter of %s is %c", s, s[:7], want)
	}
	return UAI(s), nil
}

// Department is the three-character code that the first digits stand for, such
// as "079" or "971"; Corsica's 620 and 720 are kept as they are written.
func (u UAI) Department() string { return string(u[:3]) }
