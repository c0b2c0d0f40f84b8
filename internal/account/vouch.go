package account

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Vouch is a teacher's word, in person, that a pupil is who they say: a code that
// the teacher shows, and the pupil types after the password, in place of a second
// proof. Of a pupil's vouches only the latest counts, once, and not for long.
type Vouch struct {
	ID       int64
	School   school.UAI
	Member   MemberID // the pupil's place
	Person   PersonID // the pupil
	By       PersonID // the teacher
	ByMember MemberID
	Digest   [32]byte // of the code: it is short, and lives shorter than it takes to matter
	At       time.Time
	Expires  time.Time
	Wrong    int       // how many other codes were tried
	Used     time.Time // zero: not yet
}

// How long a vouch holds, and how many wrong codes end it.
const (
	VouchLasts = 10 * time.Minute
	VouchTries = 5
)

// Holds reports whether a vouch still counts.
func (v Vouch) Holds(now time.Time) bool {
	return v.Used.IsZero() && now.Before(v.Expires) && v.Wrong < VouchTries
}

// NewVouchCode draws six digits.
func NewVouchCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1e6)) // never fails (crypto/rand)
	return fmt.Sprintf("%06d", n)
}

// A Loss is why somebody's second proofs are taken from their account.
type Loss uint8

// The losses.
const (
	LostPhone Loss = iota
	LostKey
	LostCard
	LostOther
	Losses
)

// String is how the journal names a loss.
func (l Loss) String() string {
	return [...]string{"phone lost", "key lost", "card lost", "another reason"}[min(l, LostOther)]
}
