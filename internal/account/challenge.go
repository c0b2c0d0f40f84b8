package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// A Challenge is a question that waits for its one answer: which key signs this,
// is this the code of that secret, who is it that stands before you.
type Challenge struct {
	Digest  [32]byte // by which the answer finds it
	Kind    Factors  // a single one
	Person  PersonID // whom it is about; 0: whoever answers
	Holder  [32]byte // digest of what the browser holds that was asked
	Data    []byte
	Expires time.Time
}

// ChallengeLasts is how long an answer is waited for.
const ChallengeLasts = 5 * time.Minute

// A Challenger asks whoever comes, whose number nobody bounds, without keeping
// anything: each challenge says until when it waits and is authenticated, for the one
// browser that asked, with a key of the installation (HMAC-SHA-256, RFC 2104). Only
// one that was answered is noted, so that it counts once.
type Challenger struct{ key []byte }

// ChallengerKey is the length of a challenger's key.
const ChallengerKey = 32

// The parts of a challenge: 32 random bytes, as WebAuthn asks for at least 16
// (level 3, 13.4.3), the end in Unix milliseconds, and what authenticates both.
const (
	challengeRandom = 32
	challengeEnds   = challengeRandom + 8
	challengeLength = challengeEnds + sha256.Size
)

// NewChallenger makes a challenger of its key.
func NewChallenger(key []byte) *Challenger { return &Challenger{key} }

// Ask is a challenge for who holds something.
func (c *Challenger) Ask(holder [32]byte, now time.Time) []byte {
	random := make([]byte, challengeRandom, challengeLength)
	rand.Read(random)
	asked := binary.BigEndian.AppendUint64(random, uint64(now.Add(ChallengeLasts).UnixMilli()))
	return append(asked, c.mark(asked, holder)...)
}

// Asked is until when a challenge waits, if it is one that Ask made for the same
// holder.
func (c *Challenger) Asked(challenge []byte, holder [32]byte) (until time.Time, ok bool) {
	if len(challenge) != challengeLength || !hmac.Equal(challenge[challengeEnds:], c.mark(challenge[:challengeEnds], holder)) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(challenge[challengeRandom:]))), true
}

func (c *Challenger) mark(asked []byte, holder [32]byte) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write(holder[:])
	mac.Write(asked)
	return mac.Sum(nil)
}
