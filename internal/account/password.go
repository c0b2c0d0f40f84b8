package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// The cost of one hash: argon2id with 19 MiB, two passes and one lane, the first
// recommendation of the OWASP password storage sheet for that memory.
const (
	hashMemory = 19 * 1024 // KiB
	hashPasses = 2
	hashLanes  = 1
	hashLength = 32
	saltLength = 16
)

// A Hasher computes and verifies password hashes, a bounded number at once:
// memory and processors stay for those who are signed in already.
type Hasher struct {
	queue *queue
	decoy string // verified in place of an unknown account's, to take the same time
}

// NewHasher lets at most n hashes be computed at once.
func NewHasher(n int) *Hasher {
	return &Hasher{queue: newQueue(n), decoy: encodeHash(make([]byte, saltLength), make([]byte, hashLength))}
}

// Hash returns the PHC string of a password with a new salt. It waits for its
// turn as long as ctx allows.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	release, err := h.queue.enter(ctx, Place{Known: true})
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return encodeHash(salt, derive(password, salt)), nil
}

// Verify is VerifyFrom for who is signed in, and for work of the installation's own.
func (h *Hasher) Verify(ctx context.Context, password string, lookup func() (stored string, err error)) (bool, error) {
	return h.VerifyFrom(ctx, Place{Known: true}, password, lookup)
}

// VerifyFrom reports whether the password is that of the stored hash, which is asked
// for when the turn has come: meanwhile others may have tried the same account,
// and an error of lookup refuses this try. An empty hash (no such account, or
// never activated) takes as long as any other and is false.
func (h *Hasher) VerifyFrom(ctx context.Context, from Place, password string, lookup func() (stored string, err error)) (bool, error) {
	release, err := h.queue.enter(ctx, from)
	if err != nil {
		return false, err
	}
	defer release()
	stored, err := lookup()
	if err != nil {
		return false, err
	}
	return h.match(password, stored)
}

// match compares in the same time whether the account is known or not.
func (h *Hasher) match(password, stored string) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.decoy
	}
	salt, want, err := decodeHash(stored)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(derive(password, salt), want) == 1
	return same && known, nil
}

func tooMany(cause error) error {
	return fault.Wrap(cause, fault.Unavailable,
		"Trop de personnes se connectent en même temps. Réessayez dans une minute.",
		"Too many people are signing in at once. Try again in a minute.")
}

// derive computes the key of a password as typed on any keyboard (NFC).
func derive(password string, salt []byte) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, hashPasses, hashMemory, hashLanes, hashLength)
}

func encodeHash(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, hashMemory, hashPasses, hashLanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// decodeHash reads what encodeHash wrote; other parameters are refused until a
// release changes them together with a way to upgrade.
func decodeHash(s string) (salt, key []byte, err error) {
	want := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, hashMemory, hashPasses, hashLanes)
	rest, ok := strings.CutPrefix(s, want)
	saltText, keyText, both := strings.Cut(rest, "$")
	if !ok || !both {
		return nil, nil, fmt.Errorf("a stored password hash does not begin with %q", want)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(saltText); err != nil {
		return nil, nil, fmt.Errorf("reading the salt of a stored password hash: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(keyText); err != nil {
		return nil, nil, fmt.Errorf("reading a stored password hash: %w", err)
	}
	return salt, key, nil
}

// The length of a password, in characters: long enough to do without rules on
// its kinds of characters (CNIL 2022-100 with limited tries), short enough to hash.
const (
	MinPassword = 12
	MaxPassword = 128
)

// CheckPassword refuses a new password that is too short, too long, or made of
// the person's own names.
func CheckPassword(p Person, password string) error {
	n := utf8.RuneCountInString(password)
	if n < MinPassword || n > MaxPassword {
		return fault.New(fault.Invalid,
			fmt.Sprintf("Le mot de passe doit avoir entre %d et %d caractères.", MinPassword, MaxPassword),
			fmt.Sprintf("The password must have between %d and %d characters.", MinPassword, MaxPassword))
	}
	folded := strings.ToLower(password)
	for _, word := range []string{p.Login, p.First, p.Last} {
		if len(word) >= 4 && strings.Contains(folded, strings.ToLower(word)) {
			return fault.New(fault.Invalid,
				"Le mot de passe ne doit contenir ni votre nom ni votre identifiant.",
				"The password must contain neither your name nor your login.")
		}
	}
	return nil
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
