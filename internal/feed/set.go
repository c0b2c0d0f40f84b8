package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Set is what the feed says at one version: the orders, who signed, and what
// was left out and why. It must not be changed.
type Set struct {
	Version int64     // of the snapshot; it grows with every change of the orders
	Signed  time.Time // when this was last said to be so
	Expires time.Time // until when that counts
	Orders  []*order.Order
	Offices []Office
	Void    []Void
	Log     Head // zero where the follower has no key for the log

	parsed map[string]*order.Order // by the hash of the file
}

// An Office is one territory that signs its own orders.
type Office struct {
	Territory school.Territory
	Version   int64
	Expires   time.Time
	Overdue   bool // its signature has expired; its orders stay in force
	Keys      []string
	Threshold int
	Orders    int
}

// A Void is something that an office signed and that does not count.
type Void struct {
	Office school.Territory
	What   string // an order's name, or a delegation's
	Err    error
}

// String is the sentence for the log.
func (v Void) String() string { return fmt.Sprintf("%s signed %s: %v", v.Office, v.What, v.Err) }

// contents are the orders' files by their hash.
type contents map[string][]byte

// A wanted is one target of one office.
type wanted struct {
	office *office
	name   string
	sum    string
	length int64
}

// targets lists what the offices sign, in a fixed order, without what cannot
// count.
func (v *view) targets() (list []wanted, void []Void) {
	seen := map[string]bool{}
	for _, o := range v.offices {
		for _, name := range sortedNames(o.meta.Signed.Targets) {
			t := o.meta.Signed.Targets[name]
			err := inScope(o.territory, name, t)
			if err == nil && seen[name] {
				err = errors.New("an office above signed an order of this name: that one counts")
			}
			if err != nil {
				void = append(void, Void{o.territory, name, err})
				continue
			}
			seen[name] = true
			list = append(list, wanted{o, name, sumOf(t), t.Length})
		}
	}
	return list, void
}

func sortedNames(targets map[string]*metadata.TargetFiles) []string {
	names := make([]string, 0, len(targets))
	for name := range targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// inScope reports why an office's key cannot sign a target of this name.
func inScope(office school.Territory, name string, t *metadata.TargetFiles) error {
	id, err := idOf(name)
	switch {
	case err != nil:
		return err
	case !office.Contains(id.Issuer()):
		return fmt.Errorf("it is not inside %s: a key signs only inside its own territory", office)
	case sumOf(t) == "":
		return fmt.Errorf("its length or its SHA-256 is not given, or it is longer than %d bytes", maxOrder)
	}
	return nil
}

// gather fetches the files that are not held yet. Who lacks many takes the pack.
func gather(ctx context.Context, from source, v *view, held contents) (contents, error) {
	list, _ := v.targets()
	all, lacking := contents{}, []wanted{}
	for _, w := range list {
		if data, found := held[w.sum]; found {
			all[w.sum] = data
		} else {
			lacking = append(lacking, w)
		}
	}
	if len(lacking) > packFrom {
		unpack(ctx, from, v.snap.Version, lacking, all)
	}
	for _, w := range lacking {
		if all[w.sum] != nil {
			continue
		}
		data, err := from.get(ctx, contentFile(w.sum, w.name), w.length)
		if missing(err) {
			err = refuse(Damaged, err)
		}
		if err != nil {
			return nil, err
		}
		if int64(len(data)) != w.length || hashOf(data) != w.sum {
			return nil, refuse(Damaged, fmt.Errorf("the order %s is not the file that %s signed", w.name, w.office.territory))
		}
		all[w.sum] = data
	}
	return all, nil
}

// assemble reads the orders of a view. An order that cannot count is left out and
// said; it never keeps the others from applying. What the set before had parsed
// is not parsed again.
func assemble(v *view, files contents, log *ledger, head Head, before *Set) *Set {
	list, void := v.targets()
	s := &Set{parsed: map[string]*order.Order{}, Version: v.snap.Version, Signed: v.stamp.signed, Expires: v.stamp.expires, Log: head,
		Void: slices.Concat(v.void, void)}
	count := map[school.Territory]int{}
	for _, w := range list {
		o, err := before.order(w, files[w.sum])
		if err == nil {
			err = w.fits(o, log)
		}
		if err != nil {
			s.Void = append(s.Void, Void{w.office.territory, w.name, err})
			continue
		}
		s.parsed[w.sum] = o
		s.Orders = append(s.Orders, o)
		count[w.office.territory]++
	}
	s.Void = append(s.Void, v.withdrawn(list, log)...)
	for _, o := range v.offices {
		s.Offices = append(s.Offices, Office{o.territory, o.meta.Signed.Version, o.meta.Signed.Expires, o.overdue,
			o.keys, o.role.Threshold, count[o.territory]})
	}
	return s
}

// order parses a target, unless this set has.
func (s *Set) order(w wanted, data []byte) (*order.Order, error) {
	if s != nil && s.parsed[w.sum] != nil {
		return s.parsed[w.sum], nil
	}
	return order.Parse(w.name, data)
}

// fits holds an order against its name, its office and the log.
func (w wanted) fits(o *order.Order, log *ledger) error {
	switch {
	case TargetName(o.ID) != w.name:
		return fmt.Errorf("the file says that it is %s", o.ID)
	case !w.office.territory.Contains(o.Issuer):
		return fmt.Errorf("its issuer %s is not inside %s", o.Issuer, w.office.territory)
	case log != nil && log.first[w.name] != "" && log.first[w.name] != w.sum:
		return errors.New("the log holds an earlier order of this name with another content: an order is never changed")
	}
	return nil
}

// unlogged names the first order that the log does not hold at all.
func (v *view) unlogged(log *ledger) error {
	list, _ := v.targets()
	for _, w := range list {
		if log.first[w.name] == "" {
			return refuse(SplitView, fmt.Errorf("the order %s is not in the log: nobody else may have seen it", w.name))
		}
	}
	return nil
}

// withdrawn lists orders that the log holds and their office no longer signs: an
// order is lifted by another one, never by taking it away.
func (v *view) withdrawn(list []wanted, log *ledger) []Void {
	if log == nil {
		return nil
	}
	there := map[string]bool{}
	for _, w := range list {
		there[w.name] = true
	}
	var void []Void
	for name := range log.first {
		id, err := idOf(name)
		if err != nil || there[name] || !v.wants(id.Issuer()) {
			continue
		}
		if o := v.signerOf(id.Issuer()); o != nil {
			void = append(void, Void{o.territory, name, errors.New("it was published, and is no longer signed: an order is lifted by another order, never taken away")})
		}
	}
	slices.SortFunc(void, func(a, b Void) int { return strings.Compare(a.What, b.What) })
	return void
}

// signerOf is the nearest office that holds the territory itself.
func (v *view) signerOf(t school.Territory) *office {
	for ; t != ""; t = t.Parent() {
		if o := v.office(t); o != nil {
			return o
		}
	}
	return nil
}
