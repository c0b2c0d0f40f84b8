package account

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// Recovery codes stand in for a lost telephone. Each has 80 bits, so that its
// digest tells nothing (SHA-256 is enough: there is nothing to guess), and counts
// once; a new set takes the place of the old one.
const (
	RecoveryCodes = 10 // in a set
	recoveryBytes = 10
)

// NewRecovery makes a set: the codes to be shown once, and what they are verified
// with.
func NewRecovery() (codes []string, digests []byte) {
	for range RecoveryCodes {
		raw := make([]byte, recoveryBytes)
		rand.Read(raw)
		code := letters.EncodeToString(raw)
		codes = append(codes, grouped(code))
		digests = append(digests, digestOfCode(code)...)
	}
	return codes, digests
}

// letters writes codes that people copy: neither 0 nor 1 is among its signs, so
// that O and I are read as they are.
var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

// FoldLetters is such a code as it was typed.
func FoldLetters(s string) string {
	return strings.NewReplacer("0", "O", "1", "I").Replace(FoldCode(s))
}

func digestOfCode(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return sum[:]
}

// SpendRecovery takes a code out of a set: what is left of its digests.
func SpendRecovery(digests []byte, code string) (left []byte, ok bool) {
	want := digestOfCode(FoldLetters(code))
	for i := 0; i+len(want) <= len(digests); i += len(want) {
		if bytes.Equal(digests[i:i+len(want)], want) { // of digests of random codes, time tells nothing
			return append(bytes.Clone(digests[:i]), digests[i+len(want):]...), true
		}
	}
	return nil, false
}
