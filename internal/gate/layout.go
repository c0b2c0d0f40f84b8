package gate

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// cell is the position of the cell for these orders on the school's clock and
// holidays. Schools whose rules came out the same share one, so that what a
// country asks fits into a processor's nearest memory.
func (c *compiler) cell(sc school.School, over []uint32) uint32 {
	zone, err := c.cache.zone(sc.Zone)
	if err != nil {
		c.once("zone "+sc.Zone, fmt.Errorf("school %s is closed until its time zone is right: %w", sc.UAI, err))
		return unknownCell
	}
	var all []ruleFor
	for _, at := range over {
		all = c.compileOrder(all, at, sc, zone)
	}
	if len(all) > math.MaxUint16 {
		c.once("rules "+string(sc.UAI), fmt.Errorf("school %s is closed: %d rules apply to it, at most %d can be decided; lift what has served", sc.UAI, len(all), math.MaxUint16))
		return unknownCell
	}
	key := cellKey(sc.Zone, over, all)
	if at, found := c.cells[key]; found {
		return at
	}
	at := uint32(len(c.out.cells))
	c.cells[key] = at
	c.out.cells = append(c.out.cells, c.fill(all))
	c.out.places = append(c.out.places, place{zone, over})
	return at
}

// cellKey says what makes two cells the same.
func cellKey(zone string, over []uint32, all []ruleFor) string {
	key := make([]byte, 0, 64)
	for _, at := range over {
		key = binary.LittleEndian.AppendUint32(key, at)
	}
	for i := range all {
		key = binary.LittleEndian.AppendUint32(key, all[i].number)
	}
	return string(append(key, zone...))
}

// A ruleFor is a compiled rule and whom it is for.
type ruleFor struct {
	number uint32 // in compiler.rules
	until  int64
	roles  school.Roles
	scope  *order.Scope
	locks  locking
}

// A locking says how likely a rule closes: a decision is done with the first
// rule that does, so the likely ones stand in front.
type locking uint8

const (
	always locking = iota
	sometimes
	seldom // only when something is not known, or never
)

func (u *rule) locks() locking {
	switch {
	case u.rungs[hours.Closed] != shut:
		return seldom
	case u.schedule == nil:
		return sometimes
	}
	if state, next := u.schedule.At(max(u.from, 0)); state == hours.Closed && next == never {
		return always
	}
	return sometimes
}

// fill lays the rules of a cell out by service and role, latest end first.
func (c *compiler) fill(all []ruleFor) cell {
	slices.SortStableFunc(all, func(a, b ruleFor) int {
		return cmp.Or(cmp.Compare(b.until, a.until), cmp.Compare(a.locks, b.locks))
	})
	var out cell
	for service := range order.Service(order.ServiceCount) {
		if service > 0 && !servicesDiffer(all) {
			out[service] = out[0]
			continue
		}
		for role := range school.Role(school.RoleCount) {
			out[service][role] = c.layOut(all, service, role)
		}
	}
	return out
}

// servicesDiffer reports whether any rule binds some services only.
func servicesDiffer(all []ruleFor) bool {
	return slices.ContainsFunc(all, func(f ruleFor) bool { return len(f.scope.Services) != 0 })
}

// layOut places the rules for one service and role. Cells with the same list,
// which are most, share it: what is asked often stays close to the processor.
func (c *compiler) layOut(all []ruleFor, service order.Service, role school.Role) span {
	c.key = c.key[:0]
	for i := range all {
		if all[i].roles.Has(role) && all[i].scope.Serves(service) {
			c.key = binary.LittleEndian.AppendUint32(c.key, all[i].number)
		}
	}
	if known, found := c.lists[string(c.key)]; found {
		return known
	}
	at := span{start: uint32(len(c.out.rules)), count: uint16(len(c.key) / 4), plain: true}
	for i := 0; i < len(c.key); i += 4 {
		r := c.rules[binary.LittleEndian.Uint32(c.key[i:])]
		at.plain = at.plain && r.plain
		c.out.rules = append(c.out.rules, r)
	}
	c.lists[string(c.key)] = at
	return at
}

// compileOrder appends the rules of one order.
func (c *compiler) compileOrder(all []ruleFor, at uint32, sc school.School, zone *hours.Zone) []ruleFor {
	o := c.out.orders[at]
	for i := range o.Rules {
		key := ruleKey{order: at, rule: uint32(i), zone: sc.Zone, holidays: c.holidays(sc.Calendar, c.orders[at].rules[i])}
		number := c.compileRule(key, zone, sc.Calendar)
		all = append(all, ruleFor{
			number: number, until: c.rules[number].until, locks: c.locks[number],
			roles: o.Rules[i].Roles, scope: &o.Applies,
		})
	}
	return all
}

// A ruleKey says what a compiled rule follows from.
type ruleKey struct {
	order, rule uint32
	zone        string
	holidays    holidays
}

// holidays are the numbers under which the cache knows the holidays that hours
// mention; 0 for what they do not mention, and for a calendar that is missing.
type holidays struct{ public, school int32 }

// holidays looks up what a rule depends on, if anything. A calendar that is
// missing knows nothing, so hours that ask it are unknown.
func (c *compiler) holidays(code string, r preparedRule) holidays {
	if !r.public && !r.school {
		return holidays{}
	}
	known, err := c.cache.calendar(code, c.src.Calendar)
	if err != nil {
		c.once("calendar "+code, fmt.Errorf("calendar %q is missing, so hours that mention holidays are closed there: %w", code, err))
	}
	out := known.numbers
	if !r.public {
		out.public = 0
	}
	if !r.school {
		out.school = 0
	}
	return out
}

// compileRule compiles a rule once for all schools on one clock.
func (c *compiler) compileRule(key ruleKey, zone *hours.Zone, calendar string) uint32 {
	if number, found := c.numbers[key]; found {
		return number
	}
	o := c.out.orders[key.order]
	written := &o.Rules[key.rule]
	from, until := lifetime(c.src.Orders, o.ID, zone)
	limits := limitsOf(written.Limits)
	number := uint32(len(c.rules))
	c.numbers[key] = number
	made := rule{
		schedule: c.schedule(written.Hours, scheduleKey{c.orders[key.order].rules[key.rule].text, key.zone, key.holidays}, zone, calendar),
		from:     from, until: until,
		require: requirementOf(written.Require, zone),
		limits:  limits,
		order:   key.order,
		rungs:   rungsOf(written), otherwise: rungOf(written.Otherwise),
		with: written.With, plain: limits == NoLimits && written.Require.IsZero(),
	}
	c.rules, c.locks = append(c.rules, made), append(c.locks, made.locks())
	return number
}

// schedule compiles hours once for all schools on the same clock and holidays.
func (c *compiler) schedule(h *hours.Hours, key scheduleKey, zone *hours.Zone, calendar string) *hours.Schedule {
	if h == nil {
		return nil
	}
	if known, found := c.cache.schedules[key]; found {
		return known
	}
	s := h.Compile(zone, c.cache.calendars[calendar].days, c.cache.from, c.cache.to)
	c.cache.schedules[key] = s
	return s
}
