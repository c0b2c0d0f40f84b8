package account

import (
	"testing"
	"time"
)

// TestChallenger: a challenge is taken from whom it was made for, as it was made,
// under the same key; no two are the same.
func TestChallenger(t *testing.T) {
	key, mine, other := make([]byte, ChallengerKey), [32]byte{1}, [32]byte{2}
	c := NewChallenger(key)
	asked := c.Ask(mine, noon)
	if until, ok := NewChallenger(key).Asked(asked, mine); !ok || !until.Equal(noon.Add(ChallengeLasts)) {
		t.Errorf("on another node: %v, %v", until, ok)
	}
	if string(c.Ask(mine, noon)) == string(asked) {
		t.Error("two challenges are the same")
	}
	refused := func(what string, c *Challenger, asked []byte, holder [32]byte) {
		t.Helper()
		if until, ok := c.Asked(asked, holder); ok {
			t.Errorf("%s waits until %v", what, until)
		}
	}
	refused("another browser's", c, asked, other)
	refused("another key's", NewChallenger([]byte("another")), asked, mine)
	refused("an empty one", c, nil, mine)
	refused("a short one", c, asked[1:], mine)
	refused("a long one", c, append([]byte{0}, asked...), mine)
	for i := range asked {
		changed := append([]byte{}, asked...)
		changed[i] ^= 1
		refused("a changed one", c, changed, mine)
	}
	if until, _ := c.Asked(c.Ask(mine, time.Time{}), mine); until.After(noon) {
		t.Errorf("one from long ago waits until %v", until)
	}
}
