// Package school holds the words of place and people's parts in it: school
// codes (UAI) with their check letter, the tree of territories, degrees,
// sectors, roles, and what a département tells about a school's clock and
// holidays. It is pure data and rules; nothing here reads a file or the network.
package school

// A School is one établissement as orders and decisions see it.
type School struct {
	UAI      UAI
	Name     string // as shown to people
	Degree   Degree
	Sector   Sector
	Parent   Territory // the node above: a circonscription or a département
	Zone     string    // IANA time zone, from the département unless set
	Calendar string    // holiday calendar code, from the département unless set
}

// Territory is the school's own node in the tree: its parent and its UAI.
func (s School) Territory() Territory { return s.Parent + "/" + Territory(s.UAI) }

// A Degree is one of the two of the French school system.
type Degree uint8

// First is primary (école); Second is secondary (collège, lycée).
const (
	First Degree = iota
	Second
	DegreeCount = iota
)

// String is the word that orders use.
func (d Degree) String() string { return [...]string{"first", "second"}[d] }

// A Sector is public or private.
type Sector uint8

// The two sectors.
const (
	Public Sector = iota
	Private
	SectorCount = iota
)

// String is the word that orders use.
func (s Sector) String() string { return [...]string{"public", "private"}[s] }
