package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Compile makes the table that decides. The snapshot is usable whatever the
// error says: what could not be compiled is Closed and Unknown in it, void
// exemptions are left out, and the error lists each with its remedy.
func Compile(src Source) (*Snapshot, error) {
	c := newCompiler(src)
	c.cache.mu.Lock()
	defer c.cache.mu.Unlock()
	c.cache.window(src.From, src.To)

	if src.Orders == nil {
		c.fault("the orders are not known: every school is closed until they are")
	}
	c.collectOrders()
	for i, sc := range src.Schools {
		c.enter(uint32(i), sc)
	}
	c.collectExemptions()
	return c.out, errors.Join(c.faults...)
}

// A compiler is what Compile needs on the way.
type compiler struct {
	src    Source
	cache  *Cache
	out    *Snapshot
	faults []error

	orders  []prepared
	byPlace map[school.Territory][]uint32 // orders by the territory they apply to
	special map[school.UAI]bool           // schools that an order names: not like their neighbours
	kinds   map[kind]uint32               // cells of schools that no order names
	cells   map[string]uint32             // cells by clock, orders and rules
	rules   []rule                        // each compiled once; Snapshot.rules has them list by list
	locks   []locking                     // beside rules
	numbers map[ruleKey]uint32            // positions in rules
	lists   map[string]span               // lists by the numbers of their rules
	key     []byte                        // room for such a key
	broken  map[string]bool               // zones and calendars already complained of
}

// prepared is what is worked out once an order.
type prepared struct {
	rules []preparedRule
}

type preparedRule struct {
	text           string // the canonical hours; empty for none
	public, school bool   // whether they mention these holidays
}

// A kind is what schools must share to be under the same rules, unless an order
// names one of them.
type kind struct {
	parent         school.Territory
	zone, calendar string
	degree         school.Degree
	sector         school.Sector
}

func newCompiler(src Source) *compiler {
	c := &compiler{
		src: src, cache: src.Cache,
		out: &Snapshot{
			version: src.Version, schools: src.Schools, set: src.Orders,
			index:  newIndex(len(src.Schools)),
			cells:  make([]cell, 1), // the unknown cell
			places: make([]place, 1),
		},
		byPlace: map[school.Territory][]uint32{}, special: map[school.UAI]bool{},
		kinds: map[kind]uint32{}, cells: map[string]uint32{}, broken: map[string]bool{},
		numbers: map[ruleKey]uint32{}, lists: map[string]span{},
	}
	if c.cache == nil {
		c.cache = NewCache()
	}
	return c
}

// fault records one thing that could not be compiled.
func (c *compiler) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

// collectOrders takes the orders that bind.
func (c *compiler) collectOrders() {
	if c.src.Orders == nil {
		return
	}
	for _, o := range c.src.Orders.Orders() {
		if !c.src.binds(o) {
			continue
		}
		at := uint32(len(c.orders))
		c.orders = append(c.orders, prepare(o))
		c.out.orders = append(c.out.orders, o)
		c.byPlace[o.Applies.Territory] = append(c.byPlace[o.Applies.Territory], at)
		c.name(o.Applies)
	}
}

// name notes the schools that an order's scope may single out.
func (c *compiler) name(scope order.Scope) {
	c.special[lastPart(scope.Territory)] = true
	for _, e := range scope.Except {
		c.special[e.School] = true
	}
}

// lastPart is a territory's own part of its path, which is a school's code if
// it is a school.
func lastPart(t school.Territory) school.UAI {
	return school.UAI(strings.TrimPrefix(string(t[len(t.Parent()):]), "/"))
}

func prepare(o *order.Order) prepared {
	var p prepared
	for i := range o.Rules {
		var r preparedRule
		if h := o.Rules[i].Hours; h != nil {
			r.text = h.String()
			r.public, r.school = h.Uses()
		}
		p.rules = append(p.rules, r)
	}
	return p
}

// enter gives a school its cell. Two schools of one code, unless they are the
// same, are an error that cannot be decided between.
func (c *compiler) enter(position uint32, sc school.School) {
	number, ok := numberOf(sc.UAI)
	if !ok {
		c.fault("%q is not a school code (UAI), so nothing can be decided for it: correct the code", sc.UAI)
		return
	}
	x := &c.out.index
	at, found := x.probe(number)
	switch {
	case at < 0:
		c.fault("school %s finds no room in the table, and is closed: report this with the list of schools", sc.UAI)
	case !found:
		x.put(at, number, c.cellFor(sc), position)
	case c.src.Schools[x.schools[at]] != sc:
		x.put(at, number, unknownCell, x.schools[at])
		c.fault("school %s is given twice and differently: it is closed until one of them is removed", sc.UAI)
	}
}

// cellFor finds the cell of a school, or makes it.
func (c *compiler) cellFor(sc school.School) uint32 {
	if c.src.Orders == nil {
		return unknownCell
	}
	if c.special[sc.UAI] {
		return c.cell(sc, c.ordersOver(sc))
	}
	k := kind{sc.Parent, sc.Zone, sc.Calendar, sc.Degree, sc.Sector}
	at, found := c.kinds[k]
	if !found {
		at = c.cell(sc, c.ordersOver(sc))
		c.kinds[k] = at
	}
	return at
}

// ordersOver walks from the school up to the root and collects the orders that
// hold it, in the order of the set.
func (c *compiler) ordersOver(sc school.School) []uint32 {
	var over []uint32
	for t := sc.Territory(); t != ""; t = t.Parent() {
		for _, at := range c.byPlace[t] {
			if c.out.orders[at].Applies.Holds(sc) {
				over = append(over, at)
			}
		}
	}
	slices.Sort(over)
	return over
}

// once records a fault the first time that this name causes it.
func (c *compiler) once(name string, err error) {
	if !c.broken[name] {
		c.broken[name] = true
		c.faults = append(c.faults, err)
	}
}

// collectExemptions keeps the exemptions that stand, by member.
func (c *compiler) collectExemptions() {
	if c.src.Orders == nil {
		return
	}
	for _, e := range c.src.Exemptions {
		o, err := c.src.Orders.Order(e.Order)
		if err == nil {
			err = e.Check(o)
		}
		if err != nil {
			c.faults = append(c.faults, fmt.Errorf("exemption %d is left out: %w", e.ID, err))
			continue
		}
		if c.out.exemptions == nil {
			c.out.exemptions = map[int64][]Exemption{}
		}
		c.out.exemptions[e.Member] = append(c.out.exemptions[e.Member], e)
	}
}
