package ecluse

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Lack is what an account still needs before it counts as secured.
type Lack uint8

// NeverActivated: it has no password yet, here or at a sign-in service, and nobody
// uses it. OldPassword: older than the date that counts; of one that is a service's
// the latest proof given there anew is looked at. NoSecond: an order asks for a second factor and none
// is set up. RenewalAsked: a new password is asked of it, because a campaign says so
// or the present one is known to strangers. HeldBack: it is frozen.
const (
	NeverActivated Lack = iota
	OldPassword
	NoSecond
	RenewalAsked
	HeldBack
	LackCount = iota
)

// String is the word of addresses and files: "old-password".
func (l Lack) String() string {
	return [LackCount]string{"never-activated", "old-password", "no-second-factor", "renewal-asked", "frozen"}[l]
}

// Lacks is a set of them.
type Lacks uint8

// Has reports whether something is lacking.
func (l Lacks) Has(one Lack) bool { return l&(1<<one) != 0 }

// A Tally counts accounts.
type Tally struct {
	All     int
	Secured int // that lack nothing
	Second  int // that have a second factor, asked for or not
	Lacking [LackCount]int
}

func (t *Tally) add(l Lacks, second bool) {
	t.All++
	if l == 0 {
		t.Secured++
	}
	if second {
		t.Second++
	}
	for lack := range Lack(LackCount) {
		if l.Has(lack) {
			t.Lacking[lack]++
		}
	}
}

// Plus is both counts together.
func (t Tally) Plus(o Tally) Tally {
	t.All, t.Secured, t.Second = t.All+o.All, t.Secured+o.Secured, t.Second+o.Second
	for i, n := range o.Lacking {
		t.Lacking[i] += n
	}
	return t
}

// A Need is what an order asks of accounts, and how many would meet it if it
// counted now.
type Need struct {
	Order  OrderView
	Second bool      // it asks for a second factor
	Since  time.Time // it asks for a password changed since; zero: it does not
	Live   bool      // it looks at the device or the country too, which only a sign-in tells
	Roles  [school.RoleCount]Met
}

// Met is how many accounts of how many meet what is asked.
type Met struct{ Meet, Of int }

// A SecuredSchool is one school of an office: counts, and no names.
type SecuredSchool struct {
	School school.School
	Roles  [school.RoleCount]Tally
}

// Total is everybody of the school.
func (s SecuredSchool) Total() (t Tally) {
	for _, r := range s.Roles {
		t = t.Plus(r)
	}
	return t
}

// A SecuredClass is a class of one's own school: its pupils and their guardians.
type SecuredClass struct {
	Class             message.Class
	Pupils, Guardians Tally
}

// A SecuredPerson is somebody of one's own school.
type SecuredPerson struct {
	account.Membership
	Lacks   Lacks
	Second  bool
	Service string    // the sign-in service whose password the account has; "": its own
	Renewed time.Time // when its owner last proved there anew who they are; zero: never asked
	Classes []string  // a pupil's or teacher's own; a guardian's children's
}

// Secured is how far accounts are secured: of one school with its classes and
// people for its head, of each school with counts alone for an office.
type Secured struct {
	Since    time.Time // the date that counts where no order names one; zero: none
	Asked    bool      // orders name a date everywhere, and the chosen one does not count
	Needs    []Need
	Schools  []SecuredSchool // by name
	Classes  []SecuredClass  // a head's
	People   []SecuredPerson // a head's, by name
	Families []SecuredPerson // a head's: guardians to invite; see families
}

// Total is everybody.
func (s Secured) Total() (t Tally) {
	for _, sc := range s.Schools {
		t = t.Plus(sc.Total())
	}
	return t
}

// Secured tells how far the accounts of the actor's school or territory are
// secured. The date that counts is what orders in force or announced ask for;
// where none does, the one chosen. Names are for the school alone.
func (a *App) Secured(ctx context.Context, who Actor, chosen time.Time) (Secured, error) {
	within, err := a.careOf(who)
	if err != nil {
		return Secured{}, err
	}
	v := &securing{app: a, chosen: chosen, out: Secured{Since: chosen, Asked: true}, needs: map[order.ID]*Need{}}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		for _, sc := range a.gate.Load().Schools() {
			if !within.Contains(sc.Territory()) {
				continue
			}
			if err := v.school(tx, sc, who.Member.ID != 0); err != nil {
				return err
			}
		}
		return nil
	})
	return v.done(), err
}

// SecuredFile is Secured for a file that leaves Écluse: it asks for a fresh proof.
func (a *App) SecuredFile(ctx context.Context, who Actor, chosen time.Time) (Secured, error) {
	if err := a.fresh(who); err != nil {
		return Secured{}, err
	}
	return a.Secured(ctx, who, chosen)
}

// A securing is a Secured in the making.
type securing struct {
	app    *App
	chosen time.Time
	out    Secured
	needs  map[order.ID]*Need
}

// demand is what orders ask of one role's accounts in one school.
type demand struct {
	since  time.Time
	second bool
}

// lacks is what an account needs to meet it.
func (d demand) lacks(s store.Security) (l Lacks) {
	set := func(lack Lack, yes bool) {
		if yes {
			l |= 1 << lack
		}
	}
	used := s.Active || s.Service != ""
	set(NeverActivated, !used)
	set(OldPassword, used && s.Changed.Before(d.since))
	set(NoSecond, d.second && !s.Second)
	set(RenewalAsked, s.Renewal)
	set(HeldBack, s.Frozen)
	return l
}

func securedPerson(l Lacks, s store.Security) SecuredPerson {
	p := SecuredPerson{Lacks: l, Second: s.Second, Service: s.Service}
	if s.Service != "" {
		p.Renewed = s.Changed
	}
	return p
}

// school adds one school, with names for its head.
func (v *securing) school(tx *store.Tx, sc school.School, names bool) error {
	accounts, err := tx.SecurityOf(sc.UAI)
	if err != nil || len(accounts) == 0 && !names {
		return err // nobody is here: another installation answers for the school
	}
	demands := v.demands(sc, accounts)
	row := SecuredSchool{School: sc}
	lacks := make(map[account.MemberID]SecuredPerson, len(accounts))
	for _, s := range accounts {
		l := demands[s.Role].lacks(s)
		row.Roles[s.Role].add(l, s.Second)
		if names {
			lacks[s.Member] = securedPerson(l, s)
		}
	}
	v.out.Schools = append(v.out.Schools, row)
	if !names {
		return nil
	}
	return v.people(tx, sc.UAI, lacks)
}

// demands is what the orders in force or announced ask of each role of a school,
// the strictest of them field by field. It counts who meets each.
func (v *securing) demands(sc school.School, accounts []store.Security) (d [school.RoleCount]demand) {
	snapshot, now := v.app.gate.Load(), v.app.clock.Now().Unix()
	zone, loc := snapshot.Zone(sc.UAI), v.app.zone(sc.Zone)
	for _, s := range snapshot.OrdersFor(sc.UAI, now) {
		if s.State != order.InForce && s.State != order.Announced {
			continue
		}
		for _, rule := range s.Order.Rules {
			if rule.Require.IsZero() {
				continue
			}
			asked := demand{second: rule.Require.SecondFactor}
			if !rule.Require.PasswordSince.IsZero() {
				asked.since = instant(rule.Require.PasswordSince.Instant(zone), loc)
			}
			v.count(s.Order, rule, asked, accounts)
			for _, r := range rule.Roles.Each() {
				d[r].since, d[r].second = later(d[r].since, asked.since), d[r].second || asked.second
			}
		}
	}
	for r := range d {
		if d[r].since.IsZero() {
			d[r].since = v.chosen
			v.out.Asked = false
		}
	}
	return d
}

// count notes how many accounts meet one rule of an order.
func (v *securing) count(o *order.Order, rule order.Rule, asked demand, accounts []store.Security) {
	need := v.needs[o.ID]
	if need == nil {
		view, err := v.app.Order(o.ID, "Europe/Paris")
		if err != nil {
			return // it was replaced while we read
		}
		need = &Need{Order: view}
		v.needs[o.ID] = need
	}
	need.Since, need.Second = later(need.Since, asked.since), need.Second || asked.second
	need.Live = need.Live || rule.Require.KnownDevice || len(rule.Require.Countries) > 0
	for _, s := range accounts {
		if !rule.Roles.Has(s.Role) {
			continue
		}
		need.Roles[s.Role].Of++
		if asked.lacks(s) == 0 {
			need.Roles[s.Role].Meet++
		}
	}
}

// done puts in order what was gathered.
func (v *securing) done() Secured {
	for _, n := range v.needs {
		v.out.Needs = append(v.out.Needs, *n)
	}
	slices.SortFunc(v.out.Needs, func(a, b Need) int {
		return cmp.Or(a.Order.From.Compare(b.Order.From), cmp.Compare(a.Order.ID, b.Order.ID))
	})
	slices.SortFunc(v.out.Schools, func(a, b SecuredSchool) int {
		return cmp.Or(cmp.Compare(a.School.Name, b.School.Name), cmp.Compare(a.School.UAI, b.School.UAI))
	})
	if len(v.out.Schools) == 0 {
		v.out.Asked = false
	}
	return v.out
}
