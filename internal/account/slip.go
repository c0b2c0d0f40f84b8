package account

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Slip is a piece of paper that the school hands to somebody: the code on it
// sets a new password, once, before it expires. Nobody but its holder ever knows
// the code or the password: the database keeps a digest of the one and a hash of
// the other. Of one person's slips only the latest printed holds.
type Slip struct {
	ID        int64
	Person    PersonID
	School    school.UAI // that printed it
	Member    MemberID   // the person's place there
	Digest    [32]byte   // see SlipDigest
	Printed   time.Time
	Expires   time.Time
	Used      time.Time // zero: not yet
	Cancelled time.Time // zero: no
	Clears    bool      // whoever uses it has lost their second factors, which it removes
}

// A SlipState is what a slip is worth.
type SlipState uint8

// The states: it can be used, it was, it was cancelled, it is too old.
const (
	SlipPrinted SlipState = iota
	SlipUsed
	SlipCancelled
	SlipExpired
)

// State is what the slip is worth at an instant.
func (s Slip) State(now time.Time) SlipState {
	switch {
	case !s.Used.IsZero():
		return SlipUsed
	case !s.Cancelled.IsZero():
		return SlipCancelled
	case !now.Before(s.Expires):
		return SlipExpired
	}
	return SlipPrinted
}

// LastDay is an instant of the last day on which the slip holds: it expires at the
// midnight that ends it.
func (s Slip) LastDay() time.Time { return s.Expires.Add(-time.Minute) }

// How long a slip may hold.
const (
	SlipDays    = 14 // unless the school says otherwise
	MaxSlipDays = 60
)

// slipLetters are those of codes: no 0 and O, no 1, I and L, no S and Z beside 5
// and 2. There are 29, a prime number, so that the last letter, a weighted sum of
// the others, shows any one letter that was misread and any two that were swapped.
const slipLetters = "23456789ABCDEFGHJKMNPQRTUVWXY"

// slipLength is a code's letters: eleven drawn at random, 53 bits, and the sum.
const slipLength = 12

// NewSlipCode draws a code, written as on paper: K7QM-2XFA-9RTC.
func NewSlipCode() string {
	code := make([]byte, slipLength-1, slipLength)
	for i := range code {
		code[i] = slipLetters[drawn(len(slipLetters))]
	}
	code = append(code, slipSum(code))
	return fmt.Sprintf("%s-%s-%s", code[:4], code[4:8], code[8:])
}

// drawn is a random number below n, which is below 256, each as likely.
func drawn(n int) int {
	var b [1]byte
	for {
		rand.Read(b[:])
		if int(b[0]) < 256-256%n {
			return int(b[0]) % n
		}
	}
}

// slipSum is the letter that follows eleven others.
func slipSum(code []byte) byte {
	sum := 0
	for i, c := range code {
		sum += (i + 1) * strings.IndexByte(slipLetters, c)
	}
	return slipLetters[sum%len(slipLetters)]
}

// ParseSlipCode reads a code as typed, whatever its capitals, spaces and dashes,
// and refuses what no slip bears.
func ParseSlipCode(typed string) (string, error) {
	var code []byte
	for _, r := range strings.ToUpper(typed[:min(len(typed), 100)]) {
		switch r {
		case ' ', '-', '\u00a0', '–', '.', '\t':
			continue
		case 'S':
			r = '5'
		case 'Z':
			r = '2'
		}
		if r >= 0x80 || strings.IndexByte(slipLetters, byte(r)) < 0 {
			return "", misread()
		}
		code = append(code, byte(r))
	}
	if len(code) != slipLength || slipSum(code[:slipLength-1]) != code[slipLength-1] {
		return "", misread()
	}
	return string(code), nil
}

func misread() error {
	return fault.New(fault.Invalid,
		"Ce code n’est pas celui d’un billet\u00a0: il a 12 lettres ou chiffres, sans 0, 1, I, L ni O. Relisez-le sur le papier.",
		"This is not the code of a slip: it has 12 letters or digits, never 0, 1, I, L or O. Read it again on the paper.")
}

// slipRounds makes the digest slow enough that 53 bits outlast the slip even for
// whoever has the database, and quick enough to print a thousand.
const slipRounds = 1000

// SlipDigest is what the database keeps of a parsed code. It is another one for
// each slip, so that codes are guessed one slip at a time.
func SlipDigest(id int64, person PersonID, code string) (digest [32]byte, err error) {
	salt := binary.BigEndian.AppendUint64([]byte("ecluse slip"), uint64(id))
	salt = binary.BigEndian.AppendUint64(salt, uint64(person))
	key, err := pbkdf2.Key(sha256.New, code, salt, slipRounds, len(digest))
	if err != nil {
		return digest, fmt.Errorf("computing the digest of a slip: %w", err)
	}
	return [32]byte(key), nil
}

// Bears reports whether a slip bears a parsed code.
func (s Slip) Bears(code string) (bool, error) {
	digest, err := SlipDigest(s.ID, s.Person, code)
	return err == nil && subtle.ConstantTimeCompare(digest[:], s.Digest[:]) == 1, err
}
