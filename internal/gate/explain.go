package gate

import (
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// An Explanation is a decision with its reasons, for people.
type Explanation struct {
	Decision Decision       // Until is the true next change, see Lasts
	Orders   []*order.Order // those that bind, higher levels first
	Since    int64          // since when the access is what it is; math.MinInt64 if always
	Zone     *hours.Zone    // the school's clock; nil if it is not known
	French   string         // what holds, for whom, until when; who decided; why
	English  string
}

// Explain decides and says why, in whole sentences. It is slower than Decide
// and meant for a page or a refusal, not for every message.
func (s *Snapshot) Explain(r Request) Explanation {
	d := s.Decide(r)
	d.Until = s.Lasts(r)
	e := Explanation{Decision: d, Orders: s.Orders(r, d), Since: s.Since(r), Zone: s.Zone(r.School)}
	e.French = french.tell(&r, &e)
	e.English = english.tell(&r, &e)
	return e
}
