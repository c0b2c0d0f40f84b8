package feed

import "github.com/ecluse-ecole/ecluse/internal/order"

// Missing are those of the orders that the folder does not hold and that keys of
// the ring may sign: what is left to Publish.
func (r *Repository) Missing(orders []*order.Order) ([]*order.Order, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, o := range v.offices {
		for name := range o.meta.Signed.Targets {
			held[name] = true
		}
	}
	var missing []*order.Order
	for _, o := range orders {
		if held[TargetName(o.ID)] {
			continue
		}
		if _, err := r.signer(v, o.Issuer); err == nil {
			missing = append(missing, o)
		}
	}
	return missing, nil
}
