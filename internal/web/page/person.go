package page

import "time"

// SignIn asks who is there. It posts login, password and next to SignInURL.
type SignIn struct {
	Frame
	Login    Field
	Password Field
	Problem  string   // one sentence about the whole try; never which half was wrong
	Next     string   // where to go afterwards, a path of ours
	Kept     []Choice // Label and Value of hidden fields: the text of a form that came without a session
	Passkeys bool     // they can be used here
	Services []ServiceLink
	Accounts []DemoAccount
	Secret   string // the password of every demo account
}

// A DemoAccount is offered on the sign-in page of the demo, one button each.
type DemoAccount struct {
	Login string
	Name  string
	What  string // "responsable de deux élèves"
}

// Home lists the places of a person, one line of state each.
type Home struct {
	Frame
	Again time.Duration // after which the list is worth another look
}

// Account is one person's own security: no order closes it. What a victim looks for
// comes first.
type Account struct {
	Frame
	Sessions   []SessionRow  // the one that shows this page first
	Altered    []Alteration  // what changed these days, whoever did it
	Changed    time.Time     // when the password was last changed; zero: never
	NoPassword bool          // here: it is that of one of the Services
	Services   []ServiceLink // where it is changed; without an address where nobody told us
	Mail       MailForm
	Factors    []FactorRow
	Push       PushSwitch
}

// A PushSwitch turns notices to this browser on (do=on with endpoint, p256dh and
// auth, as the browser tells them) and off (do=off), at PushURL. Without a Key they
// are not offered here.
type PushSwitch struct {
	On      bool
	Key     string // for which the browser subscribes
	Problem string
}

// Password changes one's own. It posts current, new and again to PasswordURL.
type Password struct {
	Frame
	Present Field // Value is never shown
	New     Field
	Again   Field
	Factors []FactorRow
}

// leastCharacters says how long a password must be, here.
func (p Password) leastCharacters() string {
	if (Factors{Rows: p.Factors}).backed() {
		return p.Say("Au moins 8 caractères, puisqu’une deuxième preuve est demandée aussi.", "At least 8 characters, since a second proof is asked as well.")
	}
	return p.Say("Au moins 12 caractères.", "At least 12 characters.")
}

// sessionsShown is how many sessions are listed before the others fold.
const sessionsShown = 4

// A SessionRow is one sign-in that still holds.
type SessionRow struct {
	ID      string // what the form posts as end
	Device  string // "Firefox sur Android"
	Address string
	Since   time.Time
	Seen    time.Time
	Current bool // the one that shows this page
}

// Goodbye confirms that nobody is signed in on this device any more.
type Goodbye struct {
	Frame
	Service ServiceLink // that may still know who it was; zero: none
}

// A FailureKind chooses the words of a page that says no.
type FailureKind uint8

// NotFound: nothing there, or not for this person. Denied: not theirs to do.
// Trouble: an accident of ours. NoRoom: the server has no room left. TooMany: too
// often in too short a time. Stolen: someone else used the account.
// SessionEnded: they must sign in again. Refused: what was asked cannot be done
// as it stands, and Detail says why.
const (
	NotFound FailureKind = iota
	Denied
	Trouble
	NoRoom
	TooMany
	Stolen
	SessionEnded
	Refused
)

// Failure says what happened and what to do next, without numbers or blame.
type Failure struct {
	Frame
	Kind      FailureKind
	Detail    string // one sentence of the fault itself; may be empty
	Reference string // what to quote when asking for help; may be empty
}
