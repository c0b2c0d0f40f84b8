package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"math/big"
)

// A card is a sheet of numbered codes for whoever has no telephone, handed over in
// person. The codes are asked by number, in an order drawn with the card: who has
// glanced at one cannot tell when it will be asked. Each counts once. Its six letters
// (29 bits) are no secret of their own: they stand beside a password, tries are
// slowed (WaitCode), and the same code is asked again until it is given.
const (
	CardCodes  = 30 // on a card
	CardFew    = 5  // that many left, it is time for another card
	cardLength = 6
	cardEntry  = 1 + sha256.Size // a code's number, and its digest
)

// NewCard draws a card: the codes as printed, and what they are verified with, in
// the order in which they will be asked.
func NewCard() (codes []string, secret []byte) {
	entries := make([][]byte, CardCodes)
	for i := range entries {
		code := make([]byte, cardLength)
		for j := range code {
			code[j] = slipLetters[drawn(len(slipLetters))]
		}
		codes = append(codes, string(code[:cardLength/2])+" "+string(code[cardLength/2:]))
		entries[i] = append([]byte{byte(i + 1)}, cardDigest(i+1, string(code))...)
	}
	for left := len(entries); left > 0; left-- {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(left))) // never fails (crypto/rand)
		secret = append(secret, entries[n.Int64()]...)
		entries[n.Int64()] = entries[left-1]
	}
	return codes, secret
}

// CardNumber is the number of the code that is asked next; 0 where none is left.
func CardNumber(secret []byte) int {
	if len(secret) < cardEntry {
		return 0
	}
	return int(secret[0])
}

// SpendCard takes the code that is asked: what is left of the card.
func SpendCard(secret []byte, code string) (left []byte, ok bool) {
	number := CardNumber(secret)
	if number == 0 || subtle.ConstantTimeCompare(secret[1:cardEntry], cardDigest(number, foldCardCode(code))) != 1 {
		return nil, false
	}
	return secret[cardEntry:], true
}

// foldCardCode reads a code as typed: cards bear neither S nor Z, beside 5 and 2.
func foldCardCode(typed string) string {
	code := []byte(FoldCode(typed))
	for i, c := range code {
		switch c {
		case 'S':
			code[i] = '5'
		case 'Z':
			code[i] = '2'
		}
	}
	return string(code)
}

func cardDigest(number int, code string) []byte {
	sum := sha256.Sum256(append([]byte{byte(number)}, code...))
	return sum[:]
}
