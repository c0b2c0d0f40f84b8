package gate

import (
	"fmt"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An Exemption lifts the effect of one order on one membership, for a stated
// time and reason: what that order leaves to the member is at least Access. Its
// limits stay, and so does every other order.
type Exemption struct {
	ID        int64
	Order     order.ID
	School    school.UAI
	Member    int64 // the membership
	Person    int64 // whose membership it is
	From      int64 // Unix seconds
	Until     int64 // required: an exemption ends
	Access    order.Access
	AskedBy   int64            // a person
	GrantedBy int64            // another person
	Authority school.Territory // the office in whose name it was granted
	Reason    string
}

// Check says what makes an exemption void, given the order it names: only the
// order's issuer or a level above it grants one, nobody to himself, and never
// without a reason and an end.
func (e Exemption) Check(o *order.Order) error {
	switch {
	case o.ID != e.Order:
		return fmt.Errorf("exemption %d is from order %s, not %s: name the order it lifts", e.ID, e.Order, o.ID)
	case !e.Authority.Contains(o.Issuer):
		return fmt.Errorf("exemption %d is granted by %s: only %s, which issued %s, or a level above it may grant it", e.ID, e.Authority, o.Issuer, o.ID)
	case e.GrantedBy == e.AskedBy, e.GrantedBy == e.Person:
		return fmt.Errorf("exemption %d is granted by who asks for it or profits from it: another person must grant it", e.ID)
	case strings.TrimSpace(e.Reason) == "":
		return fmt.Errorf("exemption %d has no reason: say why it is needed", e.ID)
	case e.Until <= e.From || e.Until >= never:
		return fmt.Errorf("exemption %d has no end after its beginning: give both instants", e.ID)
	case e.Member == 0 || e.Person == 0 || e.AskedBy == 0 || e.GrantedBy == 0:
		return fmt.Errorf("exemption %d does not say for whom, who asked or who granted it: name all three", e.ID)
	}
	return nil
}

// lifts reports whether the exemption is from this order, and in time.
func (e *Exemption) lifts(id order.ID, at int64) bool {
	return e.Order == id && e.From <= at && at < e.Until
}

// exemptionsOf lists the exemptions a membership has, had or will have in the
// school; nil if none.
func (s *Snapshot) exemptionsOf(r *Request) []Exemption {
	if s == nil {
		return nil
	}
	var here []Exemption
	for _, e := range s.exemptions[r.Member] { // nobody is member 0
		if e.School == r.School {
			here = append(here, e)
		}
	}
	return here
}
