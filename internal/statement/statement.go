// Package statement is what one installation says about its schools to the one
// above it: which orders they hold since when, what their heads answered, and
// which products they use. It is whole each time, so that a statement that was
// lost, doubled or overtaken does no harm: the next one says everything again.
//
// A statement travels as a head and a body. The head is a note signed with the
// installation's key (golang.org/x/mod/sumdb/note, as the log's checkpoints are);
// it holds the length and the SHA-256 of the body, which is the gzip of JSON.
// Nothing of the body is unpacked before the signature and the hash are right, so
// that a stranger's statement costs a hash at most.
//
// What is read is strict: an unknown key, a code that cannot be one, a school
// named twice for one order, or an instant after the statement's own refuses the
// whole. Whether the sender may speak of a school, and whether an order is the one
// that is meant, is for the taker to judge: package ecluse.
//
// Statements are in the order of At, which grows in milliseconds: that is their
// sequence. A statement never holds a picture, an account or its number.
package statement

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Statement is what an installation says, and what those below it have said to it.
type Statement struct {
	From    string    `json:"from"`    // the name of its key
	At      time.Time `json:"at"`      // later than that of the one before
	Version int64     `json:"version"` // of the feed that it holds; 0: it follows none
	Orders  []Order   `json:"orders"`
	Uses    []Use     `json:"uses"`
}

// An Order is what became of one order.
type Order struct {
	ID      order.ID `json:"id"`
	Digest  string   `json:"digest"`
	Groups  []Group  `json:"groups"`
	Answers []Answer `json:"answers"` // as they came
}

// A Group is schools that hold an order since the same instants.
type Group struct {
	Received time.Time    `json:"received"`      // by the installation that answers for them
	Held     time.Time    `json:"held,omitzero"` // by all that asks it about them; zero: something is awaited
	Schools  []school.UAI `json:"schools"`
}

// An Answer is what a head said about an order and a product.
type Answer struct {
	School  school.UAI `json:"school"`
	Product string     `json:"product"` // of the catalogue of procedures; "" in a refusal
	Kind    Kind       `json:"kind"`
	At      time.Time  `json:"at"`
	By      string     `json:"by"`               // who did it, as it was typed
	Reason  string     `json:"reason,omitempty"` // why not, in a refusal
}

// A Kind is what an answer says.
type Kind string

// Attested: it was applied by hand. Undone: and taken back when the order ended.
// Refused: it will not be, and why.
const (
	Attested Kind = "attested"
	Undone   Kind = "undone"
	Refused  Kind = "refused"
)

// A Use is schools that have said that they use the same products beside Écluse.
type Use struct {
	Products []string     `json:"products"` // none is an answer too
	Schools  []school.UAI `json:"schools"`
}

// Bounds of a statement, packed and unpacked: some 10,000 schools with 20 orders.
const (
	MaxPacked = 2 << 20
	MaxSize   = 8 << 20
)

// Bounds of what stands in it.
const (
	maxProduct = 100
	maxText    = 8 << 10
)

// check refuses what cannot be meant.
func (s Statement) check() error {
	if s.At.IsZero() || s.Version < 0 {
		return errors.New("it lacks its instant, or its version is below zero")
	}
	seen := map[order.ID]bool{}
	for _, o := range s.Orders {
		if _, err := order.ParseID(string(o.ID)); err != nil {
			return err
		}
		if seen[o.ID] {
			return fmt.Errorf("order %s stands twice", o.ID)
		}
		seen[o.ID] = true
		if err := o.check(s.At); err != nil {
			return fmt.Errorf("order %s: %w", o.ID, err)
		}
	}
	return checkUses(s.Uses)
}

func (o Order) check(now time.Time) error {
	once, instants := map[school.UAI]bool{}, map[[2]int64]bool{}
	for _, g := range o.Groups {
		at := [2]int64{g.Received.UnixMilli(), g.Held.UnixMilli()}
		if instants[at] {
			return errors.New("two groups of schools have the same instants")
		}
		instants[at] = true
		if g.Received.IsZero() || g.Received.After(now) || g.Held.After(now) || !g.Held.IsZero() && g.Held.Before(g.Received) {
			return fmt.Errorf("schools received it at %s and held it at %s: neither may be after the statement, nor the second before the first", stamp(g.Received), stamp(g.Held))
		}
		if err := checkSchools(g.Schools, once); err != nil {
			return err
		}
	}
	for _, a := range o.Answers {
		if err := a.check(now); err != nil {
			return err
		}
	}
	return nil
}

func (a Answer) check(now time.Time) error {
	if _, err := school.ParseUAI(string(a.School)); err != nil {
		return err
	}
	switch {
	case a.Kind != Attested && a.Kind != Undone && a.Kind != Refused:
		return fmt.Errorf("school %s: %q is no kind of answer", a.School, a.Kind)
	case (a.Kind == Refused) != (a.Reason != ""):
		return fmt.Errorf("school %s: a refusal has a reason, and nothing else has one", a.School)
	case (a.Kind == Refused) != (a.Product == ""):
		return fmt.Errorf("school %s: a refusal is about no product, and all else is about one", a.School)
	case a.At.IsZero() || a.At.After(now):
		return fmt.Errorf("school %s: it answered at %s, which is after the statement, or never", a.School, stamp(a.At))
	case !plain(a.Product, maxProduct) || !plain(a.By, maxText) || !plain(a.Reason, maxText):
		return fmt.Errorf("school %s: an answer holds a text that is too long or cannot be read", a.School)
	}
	return nil
}

func checkUses(uses []Use) error {
	once, lists := map[school.UAI]bool{}, map[string]bool{}
	for _, u := range uses {
		list := strings.Join(u.Products, " ")
		if lists[list] {
			return fmt.Errorf("two groups of schools use the same products, %q", list)
		}
		lists[list] = true
		for _, p := range u.Products {
			if p == "" || strings.ContainsAny(p, " \t\n") || !plain(p, maxProduct) {
				return fmt.Errorf("%q is no product", p)
			}
		}
		if err := checkSchools(u.Schools, once); err != nil {
			return err
		}
	}
	return nil
}

func checkSchools(list []school.UAI, once map[school.UAI]bool) error {
	for _, uai := range list {
		if _, err := school.ParseUAI(string(uai)); err != nil {
			return err
		}
		if once[uai] {
			return fmt.Errorf("school %s stands twice", uai)
		}
		once[uai] = true
	}
	return nil
}

// plain reports whether a database can keep a text of at most so many bytes. JSON
// has made it UTF-8.
func plain(s string, most int) bool { return len(s) <= most && strings.IndexByte(s, 0) < 0 }

func stamp(t time.Time) string {
	if t.IsZero() {
		return "no instant"
	}
	return t.Format(time.RFC3339)
}

// A Follower is an installation whose statements are taken.
type Follower struct {
	Name    string             // as people call it, such as "dsden-79"
	Key     string             // its verifier key, "name+hash+key"
	Within  []school.Territory // whose schools it may speak of
	Created time.Time
}

// Check refuses a follower that cannot be told from others, has no key or speaks
// of no territory.
func (f Follower) Check() error {
	if f.Name == "" || len(f.Name) > 60 || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		return fmt.Errorf("%q is no name for a follower: write small letters, digits, - and . only, at most 60", f.Name)
	}
	if _, err := note.NewVerifier(f.Key); err != nil {
		return fmt.Errorf("%q is no verifier key: it is the line that \"ecluse follower key\" prints, such as host.example+1a2b3c4d+…", f.Key)
	}
	if len(f.Within) == 0 {
		return fmt.Errorf("follower %s speaks of no territory: name one or more, such as FR/13/079", f.Name)
	}
	for _, t := range f.Within {
		if _, err := school.ParseTerritory(string(t)); err != nil {
			return err
		}
	}
	return nil
}

// Covers reports whether a follower may speak of a place, and how closely: a
// larger number is closer.
func (f Follower) Covers(place school.Territory) (closely int) {
	for _, t := range f.Within {
		if t.Contains(place) {
			closely = max(closely, len(t))
		}
	}
	return closely
}
