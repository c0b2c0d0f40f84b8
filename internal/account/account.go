// Package account holds people as Écluse knows them: who they are, what they are
// in which school, how they prove it, and how their sessions and tries to sign
// in are judged. It is pure: what is stored and asked of the network is handed in.
//
// A person has one account and as many memberships as they have places: a
// teacher in two schools, a guardian with children in two. Everything is sent as
// a membership and delivered to one, so that each place's rules hold there.
package account

import (
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A PersonID names an account.
type PersonID int64

// MemberID is school.MemberID, by the name under which people's things use it.
type MemberID = school.MemberID

// A Person is one account.
type Person struct {
	ID       PersonID
	Login    string // folded by FoldLogin
	First    string
	Last     string
	Language string // "fr" or "en"; "" until chosen, and then the browser's own
}

// Name is the person's name as shown to others.
func (p Person) Name() string { return p.First + " " + p.Last }

// Number is how the journal and logs name the person.
func (p Person) Number() string { return "person " + strconv.FormatInt(int64(p.ID), 10) }

// A Membership is one person in one school in one role.
type Membership struct {
	School   school.UAI
	ID       MemberID
	Person   PersonID
	Role     school.Role
	Function string // "professeure de mathématiques"; free text, may be empty
	Name     string // the person's name, kept beside for lists
}

// An Office is a person's place in an authority: who may issue orders for a
// territory. A head's office is the school itself, from the membership.
type Office struct {
	Person    PersonID
	Territory school.Territory
	Title     string // "Inspection de l'éducation nationale, circonscription …"
}

// A Credential is the stored proof of a password.
type Credential struct {
	Person  PersonID
	Hash    string // see Hash; "" without a password here
	Changed time.Time
	Service string // the sign-in service by which its owner last came in; "": none
	Beside  bool   // it is long enough only beside a second proof
}

// Elsewhere reports whether the password of the account is a sign-in service's, and
// the only one. Changed is then when its owner last proved there anew who they are:
// whether the password changed, the service alone knows.
func (c Credential) Elsewhere() bool { return c.Hash == "" && c.Service != "" }

// A Try is one attempt to sign in, kept to judge the next ones: a failure for
// TryWindow, a success for as long as it makes a device and an address known.
type Try struct {
	Login   string   // folded by FoldLogin
	Address string   // folded by FoldAddress
	Device  [32]byte // digest of the browser's long-lived device token; zero: none
	At      time.Time
	OK      bool
}
