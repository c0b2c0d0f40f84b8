package feed

import (
	"errors"
	"fmt"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// Lacks are those of the orders that the folder does not hold.
func (r *Repository) Lacks(orders []*order.Order) ([]*order.Order, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	return v.lacks(orders), nil
}

// Missing are those of the orders that the folder does not hold and that keys of
// the ring may sign: what is left to Publish.
func (r *Repository) Missing(orders []*order.Order) ([]*order.Order, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	var missing []*order.Order
	for _, o := range v.lacks(orders) {
		if _, err := r.signer(v, o.Issuer); err == nil {
			missing = append(missing, o)
		}
	}
	return missing, nil
}

func (v *view) lacks(orders []*order.Order) []*order.Order {
	held := map[string]bool{}
	for _, o := range v.offices {
		for name := range o.meta.Signed.Targets {
			held[name] = true
		}
	}
	var list []*order.Order
	for _, o := range orders {
		if !held[TargetName(o.ID)] {
			list = append(list, o)
		}
	}
	return list
}

// Able reports which keys are missing in the ring to sign the time.
func (r *Repository) Able() error {
	v, err := r.view()
	if err != nil {
		return err
	}
	for _, name := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT} {
		role := v.root.Signed.Roles[name]
		if n := r.count(role.KeyIDs); n < role.Threshold {
			return fmt.Errorf("signing the %s: %d of %d needed keys are at hand", name, n, role.Threshold)
		}
	}
	return nil
}

// Edition names the feed by a hash of the first root that the folder holds, and
// gives the version of its newest timestamp. It is cheap, and verifies nothing.
func (r *Repository) Edition() (name string, version int64, err error) {
	roots, err := folder(r.disk.dir).roots()
	if err != nil {
		return "", 0, err
	}
	data, err := r.disk.read(timestampFile)
	if err != nil {
		return "", 0, fmt.Errorf("reading the feed: %w", err)
	}
	s := peek(data)
	if s == nil {
		return "", 0, refuse(Forged, errors.New("timestamp.json is not one of this feed"))
	}
	return hashOf(roots[0])[:16], s.version, nil
}
