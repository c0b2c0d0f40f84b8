package feed

import "github.com/ecluse-ecole/ecluse/internal/order"

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
