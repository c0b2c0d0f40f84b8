package ecluse

import (
	"encoding/hex"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Whoever finds a session open, at a borrowed computer, must not add a proof of
// their own: it would open the account for good. So who adds one proves at that very
// moment who they are, however lately they signed in. The proof is a permit of the
// session for one addition, and begins it within permitFor; a setup that has begun
// lasts as long as its own secret. An addition is itself a proof: recovery codes may
// follow it at once.
const permitFor = 5 * time.Minute

// What a permit is for.
const (
	toAdd     = "add"     // any proof
	toRecover = "recover" // recovery codes alone
)

func permitOf(session [32]byte, what string) [32]byte {
	return account.DigestOf("permit to " + what + " of " + hex.EncodeToString(session[:]))
}

// permit lets a session add a proof.
func permit(tx *store.Tx, person account.PersonID, session [32]byte, what string, now time.Time) error {
	return tx.PutChallenge(account.Challenge{
		Digest: permitOf(session, what), Kind: account.ByPassword, Person: person, Holder: session, Data: []byte{}, Expires: now.Add(permitFor),
	}, now)
}

// mayBegin refuses to begin the setup of a proof without a permit. It is spent by
// the addition alone: whoever begins again need not prove again.
func mayBegin(tx *store.Tx, who Actor, now time.Time) error {
	if who.Session == ([32]byte{}) {
		return nil
	}
	_, err := tx.Challenge(permitOf(who.Session, toAdd), account.ByPassword, now)
	return unprovedIf(err)
}

// spendPermit refuses who has no permit for one of these, and spends it.
func spendPermit(tx *store.Tx, who Actor, now time.Time, whats ...string) (err error) {
	if who.Session == ([32]byte{}) {
		return nil
	}
	for _, what := range whats {
		if _, err = tx.TakeChallenge(permitOf(who.Session, what), account.ByPassword, now); !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return unprovedIf(err)
}

func unprovedIf(err error) error {
	if fault.Is(err, fault.NotFound) {
		return unproved()
	}
	return err
}
