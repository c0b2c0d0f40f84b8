package account

import "time"

// A Session is one sign-in that still holds. The token itself is known to the
// browser alone; Digest is its SHA-256.
type Session struct {
	Digest  [32]byte
	Person  PersonID
	Created time.Time
	Seen    time.Time
	Expires time.Time
	Device  string // the browser's own description, cut to 200 bytes
	Address string
	Country string // of the address, ISO 3166-1; "" where it is not known

	Stage   Stage
	Factors Factors   // what was proved
	Proved  time.Time // when the latest proof was given
	Browser [32]byte  // digest of the device token of the browser that signed in; zero: not known
	Network string    // the latest network from which it was proved; see FoldNetwork

	Service Service // that vouched for the person; zero: none did
}

// A Service is how a session hangs on a sign-in service such as ÉduConnect. What
// the service calls things is kept as digests, by which it can end the session.
type Service struct {
	Name    string   // as the configuration names it
	Session [32]byte // digest of what it calls its own session
	Subject [32]byte // digest of what it calls the person
}

// A Stage is how far a sign-in has come. Only a whole one opens anything but the
// pages that lead on.
type Stage uint8

// The stages of a sign-in.
const (
	StageWhole    Stage = iota // all that is asked was proved
	StageSecond                // the password was right; the second factor is still to come
	StageRenewal               // the password must be renewed, with a proof that a thief lacks
	StageMoved                 // never stored: whole, but asked for from elsewhere; to be proved anew
	StageStranger              // the password was right, amid an attack and where its owner has never been: more is asked
)

// Factors are ways of proving who one is.
type Factors int64

// The single factors. Their numbers are stored.
const (
	ByPassword      Factors = 1 << iota
	ByCode                  // of an application on a device of one's own (RFC 6238)
	ByPasskey               // WebAuthn, with the device's own check of its owner
	ByRecovery              // a recovery code, which counts once
	ByCard                  // a code of a printed card
	BySlip                  // a printed slip, handed over in person, which counts once
	ByWitness               // somebody of the school said in person: this is who it is
	ByService               // a sign-in service such as ÉduConnect
	ByServiceSecond         // a sign-in service that asked for a second factor itself
	ByMail                  // a code sent to the owner's address; no second factor, since a thief often has both
)

// secondFactors are those that a thief of the password lacks.
const secondFactors = ByCode | ByPasskey | ByRecovery | ByCard | BySlip | ByWitness | ByServiceSecond

// Has reports whether all of these were proved.
func (f Factors) Has(all Factors) bool { return f&all == all }

// Second reports whether something beside the password was proved.
func (f Factors) Second() bool { return f&secondFactors != 0 }

// BesideSlip reports whether something was proved that stands for a second factor
// which is set up. A slip stands for the password alone: it may lie in a bin.
func (f Factors) BesideSlip() bool { return f&(secondFactors&^BySlip) != 0 }

// Beyond reports whether something was proved that the password does not give.
func (f Factors) Beyond() bool { return f.Second() || f.Has(ByMail) }

// A Factor is something beside the password by which a person proves who they are.
type Factor struct {
	ID     int64
	Person PersonID
	Kind   Factors // a single one
	Name   string  // what its owner calls it
	Secret []byte  // what it is verified with; of codes to keep, a digest
	Added  time.Time
	Used   time.Time // zero: never
	Mark   int64     // the latest counter that was used: nothing counts twice
}

// Left is how many codes are left of a set; 0 of what has no end.
func (f Factor) Left() int {
	switch f.Kind {
	case ByRecovery:
		return RecoveryCodes - int(f.Mark)
	case ByCard:
		return CardCodes - int(f.Mark)
	}
	return 0
}

// A Freeze keeps everybody out of an account, its owner too, until the school
// gives it back.
type Freeze struct {
	Person PersonID
	At     time.Time
	Since  time.Time // what the account sent from then on is evidence
	By     string    // as the journal names actors
	Why    FreezeReason
	Note   string // for the school
}

// A FreezeReason is why an account was frozen. The numbers are stored.
type FreezeReason uint8

// The reasons: the school or an authority saw something, the owner said "it was
// not me", the password stands in a list of stolen ones.
const (
	FrozenBySchool FreezeReason = iota
	FrozenByOwner
	FrozenByLeak
)

// A Renewal asks for a new password, with a proof that a thief of the old one lacks.
type Renewal struct {
	Person PersonID
	Since  time.Time
	Why    RenewalReason
}

// A RenewalReason is why a password has to be renewed. The numbers are stored.
type RenewalReason uint8

// The reasons: a campaign, a password that stands in a list of leaked ones, an
// account that was frozen and given back, second proofs that were lost.
const (
	RenewCampaign RenewalReason = iota
	RenewLeaked
	RenewGivenBack
	RenewCleared
)

// FoldNetwork is the network by which a move of a session is noticed: about what
// one operator gives out to a region, so that a phone that changes its address
// while it travels is not asked again and again. It takes addresses as they are and
// as FoldAddress folds them. What is no address stays.
func FoldNetwork(address string) string {
	a, ok := parseFolded(address)
	if !ok {
		return address
	}
	bits := 32
	if a.Is4() {
		bits = 16
	}
	network, _ := a.Prefix(bits) // both lengths always fit
	return network.String()
}

// A GiveBackStep is one thing done, or decided, before a frozen account is given
// back. The numbers are stored.
type GiveBackStep uint8

// The steps, in the order in which they are best done.
const (
	StepSpoken   GiveBackStep = iota // with the owner, who knows what happened
	StepDevice                       // theirs is cleaned, or they take another one
	StepMessages                     // what was sent is recalled, or kept
	StepPassword                     // a new one, by a slip in hand
	StepFactor                       // a second factor was offered
	GiveBackSteps
)

// EvidenceBefore is how long before a freeze what an account sent is taken for
// evidence, where nothing else tells since when.
const EvidenceBefore = 7 * 24 * time.Hour

// Evidence is since when what the account sent is evidence.
func (f Freeze) Evidence() time.Time {
	if f.Since.IsZero() {
		return f.At.Add(-EvidenceBefore)
	}
	return f.Since
}
