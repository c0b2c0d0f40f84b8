package account

import "time"

// An Alteration is something that changed about how an account is protected. Its
// owner is told, and asked whether it was them, for as long as its ticket lasts: a
// thief who is in must not change the locks unseen.
type Alteration struct {
	ID      int64 // 0: a new device, which its own row tells of
	Person  PersonID
	Kind    AlterationKind
	At      time.Time
	Browser [32]byte // digest of the token that marks the device that did it; zero: none of theirs
	Name    string   // the browser's own description; of VouchedFor, who vouched
	Address string
	Country string
	Ticket  string // what the link of the letter about it is verified with; "" none, or used
	Settled bool   // the owner has answered
}

// An AlterationKind is what changed.
type AlterationKind uint8

// The kinds.
const (
	NewDevice       AlterationKind = iota // signed in for the first time
	PasswordChanged                       // or set anew, whatever proved it
	EmailChanged                          // the address that letters go to
	ProofAdded
	ProofRemoved
	RecoveryMade  // a new set of recovery codes: the old ones count no more
	ProofsCleared // all of them, by the school
	CardGiven     // printed by the school, in place of the one before
	CardCancelled // by the school: it was lost
	VouchedFor    // a teacher's word stood for a proof
	AccountFrozen // everybody is kept out: told, and nothing is asked
	CodesGuessed  // nothing changed, and somebody who has the password tries to get in
)

// alterationWords are short sentences in French and English.
var alterationWords = [...][2]string{
	NewDevice:       {"Un nouvel appareil s’est connecté à votre compte", "A new device signed in to your account"},
	PasswordChanged: {"Le mot de passe de votre compte a changé", "The password of your account has changed"},
	EmailChanged:    {"L’adresse de courriel de votre compte a changé", "The e-mail address of your account has changed"},
	ProofAdded:      {"Une preuve a été ajoutée à votre compte", "A proof was added to your account"},
	ProofRemoved:    {"Une preuve a été retirée de votre compte", "A proof was removed from your account"},
	RecoveryMade:    {"De nouveaux codes de secours remplacent ceux de votre compte", "New recovery codes replace those of your account"},
	CardGiven:       {"Votre établissement a imprimé une carte de codes pour votre compte", "Your school printed a code card for your account"},
	CardCancelled:   {"Votre établissement a annulé la carte de codes de votre compte", "Your school cancelled the code card of your account"},
	VouchedFor:      {"En classe, quelqu’un de votre établissement a confirmé que c’était vous", "In class, somebody of your school confirmed that it was you"},
	CodesGuessed:    {"Quelqu’un qui a votre mot de passe essaie de deviner vos codes", "Somebody who has your password is trying to guess your codes"},
	AccountFrozen:   {"Votre compte est bloqué", "Your account is frozen"},
	ProofsCleared:   {"Votre établissement a retiré les preuves de votre compte", "Your school removed the proofs of your account"},
}

// Words says what changed, without a full stop.
func (k AlterationKind) Words(english bool) string {
	if int(k) >= len(alterationWords) {
		k = PasswordChanged
	}
	if english {
		return alterationWords[k][1]
	}
	return alterationWords[k][0]
}

// Words says what changed, and who vouched, without a full stop.
func (c Alteration) Words(english bool) string {
	switch {
	case c.Kind != VouchedFor || c.Name == "":
		return c.Kind.Words(english)
	case english:
		return "In class, " + c.Name + " confirmed that it was you"
	}
	return "En classe, " + c.Name + " a confirmé que c’était vous"
}

// Device is the browser's own description of what did it; "" where none of the
// owner's did.
func (c Alteration) Device() string {
	if c.Kind == VouchedFor {
		return ""
	}
	return c.Name
}

// Alteration is what a new device is to its owner.
func (d Device) Alteration() Alteration {
	return Alteration{Person: d.Person, Kind: NewDevice, At: d.First, Browser: d.Browser, Name: d.Name, Address: d.Address, Country: d.Country, Ticket: d.Ticket}
}
