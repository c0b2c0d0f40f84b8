package page

import "time"

// People is where who takes care of accounts finds one: name, role, class and the
// state of the account, and nothing else.
type People struct {
	Frame
	Query   string
	School  string // code; an office names one, a head has theirs
	Roles   []Choice
	Classes []Choice // of a head's school
	Urgent  bool     // nothing was asked: the rows are those who are frozen
	Rows    []PeopleRow
	More    bool // narrow it: not all are shown
	Asked   bool // something was looked for
	Problem string
}

// A PeopleRow is one person in one school.
type PeopleRow struct {
	URL     string
	Name    string
	Role    string
	Classes string
	State   string
	Frozen  bool
}

// who is the role of a person, and their classes where they have any.
func (r PeopleRow) who() string {
	if r.Classes == "" {
		return r.Role
	}
	return r.Role + " · " + r.Classes
}

// Care is one account, for who takes care of it. It posts to its own address: do is
// freeze (with note), end, card, clear (with why), step (with step) or back.
type Care struct {
	Frame
	Form     string // its own address
	Slip     string // the address where a slip is printed for the person; "" for an office
	Name     string
	Places   []PeopleRow
	Sessions []SessionRow
	Second   bool
	Card     bool     // has a card of codes
	Losses   []Choice // why second proofs are taken away
	Freezing
	Kept    []KeptEvidence
	Travels Travels
	Problem string
}

// A Freezing is what a person's page says while the account is frozen.
type Freezing struct {
	Frozen  bool
	At      time.Time // when it was frozen
	Why     string
	Note    string
	Since   time.Time // since when what it sent is counted
	Left    int
	Reached int
	Waiting int
	Steps   []CareStep
}

// KeptEvidence is one file for a complaint. The page posts evidence with its ID, and
// do fetch or release.
type KeptEvidence struct {
	ID       string
	Place    string
	Frozen   time.Time
	Since    time.Time // what was sent from then on is in it
	Messages int
	SignIns  int
	Until    time.Time // zero: as long as the account is frozen
	Seal     string
	Mine     bool // the reader may fetch it
	Fetched  []EvidenceFetch
}

// An EvidenceFetch is somebody who fetched a file.
type EvidenceFetch struct {
	At   time.Time
	Name string
}

// A CareStep is one step before an account is given back.
type CareStep struct {
	ID   string
	Text string
	Done bool
}

// ready reports whether the account can be given back.
func (p Care) ready() bool {
	for _, s := range p.Steps {
		if !s.Done {
			return false
		}
	}
	return true
}

// EndSessions ends many sessions at once. It is asked with school, role and class,
// and posts the same with do=end.
type EndSessions struct {
	Frame
	School  string
	Office  bool
	Roles   []Choice
	Classes []Choice
	People  int
	Held    int // sessions that hold
	Problem string
}

// chosen is the value of the choice that is made; "" when none is.
func chosen(list []Choice) string {
	for _, c := range list {
		if c.Chosen {
			return c.Value
		}
	}
	return ""
}
