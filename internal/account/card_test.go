package account

import (
	"slices"
	"strings"
	"testing"
)

// TestCard: the code that is asked is taken once, as it is typed; no other is.
func TestCard(t *testing.T) {
	codes, secret := NewCard()
	var asked []int
	for range CardCodes {
		n := CardNumber(secret)
		asked = append(asked, n)
		for i, code := range codes {
			if _, ok := SpendCard(secret, code); ok != (i+1 == n) && codes[n-1] != code {
				t.Fatalf("code %d is asked; code %d: %v", n, i+1, ok)
			}
		}
		left, ok := SpendCard(secret, strings.ToLower(" "+codes[n-1]+"-"))
		if !ok {
			t.Fatalf("code %d as typed: refused", n)
		}
		secret = left
	}
	if _, ok := SpendCard(secret, codes[0]); ok || CardNumber(secret) != 0 {
		t.Error("an empty card asks for more")
	}
	if slices.IsSorted(asked) {
		t.Error("the codes are asked one after the other: who glances at a card knows the next one")
	}
	slices.Sort(asked)
	if len(slices.Compact(asked)) != CardCodes {
		t.Error("a code is asked twice")
	}
}
