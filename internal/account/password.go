package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

const (
	hashLanes  = 1 // as many processors as the queue counts for one turn
	hashLength = 32
	saltLength = 16
)

// A Cost is what one hash takes. The zero value is DefaultCost.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
}

// DefaultCost is argon2id with 19 MiB, two passes and one lane, the first
// recommendation of the OWASP password storage sheet for that memory.
func DefaultCost() Cost { return Cost{Memory: 19 * 1024, Passes: 2} }

// maxCost is the most that a stored hash may ask for, so that no import makes one
// sign-in eat the machine.
func maxCost() Cost { return Cost{Memory: 256 * 1024, Passes: 10} }

// below compares the work, memory times passes: by it OWASP's recommendations are
// alike.
func (c Cost) below(d Cost) bool {
	return uint64(c.Memory)*uint64(c.Passes) < uint64(d.Memory)*uint64(d.Passes)
}

// A Hasher computes and verifies password hashes, a bounded number at once:
// memory and processors stay for those who are signed in already.
//
// A stored hash is verified at the cost that it was made at. An account that
// nobody has, or that was never activated, is verified at the Hasher's own: where
// the cost was raised, accounts differ from it in time until they have signed in
// once more (see Renew).
type Hasher struct {
	queue    *queue
	verified atomic.Int64 // passwords verified so far
	cost     Cost
	decoy    string // verified in place of an unknown account's, to take the same time
}

// NewHasher lets at most n hashes be computed at once, new ones at a cost.
func NewHasher(n int, cost Cost) *Hasher {
	if cost == (Cost{}) {
		cost = DefaultCost()
	}
	decoy := phc{cost, make([]byte, saltLength), make([]byte, hashLength)}
	return &Hasher{queue: newQueue(n), cost: cost, decoy: decoy.String()}
}

// Hash returns the PHC string of a password with a new salt. It waits for its
// turn as long as ctx allows.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	release, err := h.queue.enter(ctx, Place{Rank: OnDevice})
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return phc{h.cost, salt, derive(password, salt, h.cost, hashLength)}.String(), nil
}

// Renew is the hash that takes the place of a stored one, whose password has just
// been verified; empty where that one's cost is not below the Hasher's, and where
// there is no turn for it: the next time will do.
func (h *Hasher) Renew(ctx context.Context, password, stored string) string {
	if old, err := parsePHC(stored); err != nil || !old.cost.below(h.cost) {
		return ""
	}
	renewed, _ := h.Hash(ctx, password)
	return renewed
}

// Verify reports whether the password is that of a stored hash. It is for who is
// signed in, and for work of the installation's own.
func (h *Hasher) Verify(ctx context.Context, password, stored string) (bool, error) {
	release, err := h.queue.enter(ctx, Place{Rank: OnDevice})
	if err != nil {
		return false, err
	}
	defer release()
	return h.match(password, stored)
}

// Turn waits for what is as long as a password to be verified: until release, one
// fewer is. It keeps strangers from asking the database more than it can answer.
func (h *Hasher) Turn(ctx context.Context, at Place) (release func(), err error) {
	return h.queue.enter(ctx, at)
}

// A Guess is a password to verify, and what is done in its turn.
type Guess struct {
	From     Place
	Password string
	Stored   func() (hash string, err error) // the hash, or why this try is refused: meanwhile others may have tried the same account
	Wrong    func() error                    // puts a wrong one on record, before the next one's turn
}

// VerifyGuess is nil where the password is that of the stored hash, and otherwise
// what Stored or Wrong says. An empty hash (no such account, or never activated)
// takes as long as any other and is wrong.
func (h *Hasher) VerifyGuess(ctx context.Context, g Guess) error {
	release, err := h.queue.enter(ctx, g.From)
	if err != nil {
		return err
	}
	defer release()
	stored, err := g.Stored()
	if err != nil {
		return err
	}
	if same, err := h.match(g.Password, stored); same || err != nil {
		return err
	}
	return g.Wrong()
}

// Verified is how many passwords were verified so far.
func (h *Hasher) Verified() int64 { return h.verified.Load() }

// match compares in the same time whether the account is known or not.
func (h *Hasher) match(password, stored string) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.decoy
	}
	want, err := parsePHC(stored)
	if err != nil {
		return false, err
	}
	h.verified.Add(1)
	key := derive(password, want.salt, want.cost, len(want.key))
	same := subtle.ConstantTimeCompare(key, want.key) == 1
	return same && known, nil
}

// ErrShed is why somebody was sent away at once: their line is full.
var ErrShed = errors.New("the line of those who sign in is full")

func tooMany(cause error) error {
	return fault.Wrap(cause, fault.Unavailable,
		"Trop de personnes se connectent en même temps. Réessayez dans une minute.",
		"Too many people are signing in at once. Try again in a minute.")
}

// derive computes the key of a password as typed on any keyboard (NFC).
func derive(password string, salt []byte, cost Cost, length int) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, cost.Passes, cost.Memory, hashLanes, uint32(length))
}

// FoldLogin brings a login as typed to the form it is stored in.
func FoldLogin(s string) string {
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
}

// NewToken makes a secret for a browser to keep, and the digest to store.
func NewToken() (token string, digest [32]byte) {
	raw := make([]byte, 32)
	rand.Read(raw)
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, sha256.Sum256([]byte(token))
}

// DigestOf is the digest of a token that a browser presents.
func DigestOf(token string) [32]byte { return sha256.Sum256([]byte(token)) }
