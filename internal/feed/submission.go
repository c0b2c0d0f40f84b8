package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Change is what an office adds to its file.
type Change struct {
	Publish  []*order.Order
	Delegate []Delegation
	Revoke   []school.Territory
}

// A Submission is the next version of an office's file with its new orders. The
// office drafts it over a mirror of the feed, signs it with keys that never leave
// the office, one signer after the other where several must, and hands it to the
// feed's host, which adopts it. The host cannot change it, and nobody else could
// have signed it.
type Submission struct {
	Office   school.Territory  `json:"office"`
	Metadata json.RawMessage   `json:"metadata"`
	Orders   map[string][]byte `json:"orders"` // by target name
}

const maxSubmission = 32 << 20

// ReadSubmission reads what Encode wrote.
func ReadSubmission(r io.Reader) (*Submission, error) {
	data, err := readUpTo(r, maxSubmission)
	if err != nil {
		return nil, fmt.Errorf("reading a submission: %w", err)
	}
	var s Submission
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("reading a submission: %w", err)
	}
	return &s, nil
}

// Encode is the submission as a file.
func (s *Submission) Encode() ([]byte, error) { return json.Marshal(s) }

// Sign adds the ring's signatures. Keys that are not the office's sign nothing
// that counts; Adopt says how many are lacking.
func (s *Submission) Sign(ring Ring) error {
	m, err := metadata.Targets().FromBytes(s.Metadata)
	if err != nil {
		return fmt.Errorf("reading the submission of %s: %w", s.Office, err)
	}
	var ids []string
	for _, k := range ring {
		id, err := KeyID(k.Public())
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	if _, err := sign(m, ring, ids); err != nil {
		return err
	}
	s.Metadata, err = m.ToBytes(false)
	return err
}

// Draft is an office's next file, unsigned. The folder may be a mirror.
func (r *Repository) Draft(t school.Territory, c Change) (*Submission, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	return r.draft(v, t, c)
}

func (r *Repository) draft(v *view, t school.Territory, c Change) (*Submission, error) {
	m := metadata.Targets(r.until(r.lifetimes().Office))
	if o := v.office(t); o != nil {
		old, err := metadata.Targets().FromBytes(o.data)
		if err != nil {
			return nil, err
		}
		old.Signed.Version, old.Signed.Expires = old.Signed.Version+1, m.Signed.Expires
		m = old
	}
	m.ClearSignatures()
	s := &Submission{Office: t, Orders: map[string][]byte{}}
	for _, o := range c.Publish {
		if err := s.publish(&m.Signed, o); err != nil {
			return nil, err
		}
	}
	for _, d := range c.Delegate {
		if err := setDelegation(&m.Signed, t, d); err != nil {
			return nil, err
		}
	}
	for _, gone := range c.Revoke {
		dropDelegation(&m.Signed, gone)
	}
	var err error
	s.Metadata, err = m.ToBytes(false)
	return s, err
}

// publish adds an order to the office's file.
func (s *Submission) publish(m *metadata.TargetsType, o *order.Order) error {
	name, data := TargetName(o.ID), o.Encode()
	if !s.Office.Contains(o.Issuer) {
		return fmt.Errorf("publishing %s: its issuer is not inside %s", o.ID, s.Office)
	}
	t, err := metadata.TargetFile().FromBytes(name, data, "sha256")
	if err != nil {
		return err
	}
	if old := m.Targets[name]; old != nil && !old.Equal(*t) {
		return fmt.Errorf("publishing %s: another order of this name is published: an order is never changed, give it a new number", o.ID)
	}
	m.Targets[name], s.Orders[name] = t, data
	return nil
}

func setDelegation(m *metadata.TargetsType, from school.Territory, d Delegation) error {
	keys, ids, threshold, err := d.Role.terms()
	if err != nil {
		return fmt.Errorf("delegating %s: %w", d.Territory, err)
	}
	role := metadata.DelegatedRole{Name: roleOf(d.Territory), KeyIDs: ids, Threshold: threshold, Paths: []string{patternOf(d.Territory)}}
	if _, err := delegated(from, role); err != nil {
		return fmt.Errorf("delegating %s: %w", d.Territory, err)
	}
	dropDelegation(m, d.Territory)
	if m.Delegations == nil {
		m.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{}}
	}
	for id, key := range keys {
		m.Delegations.Keys[id] = key
	}
	m.Delegations.Roles = append(m.Delegations.Roles, role)
	return nil
}

func dropDelegation(m *metadata.TargetsType, t school.Territory) {
	if m.Delegations == nil {
		return
	}
	m.Delegations.Roles = slices.DeleteFunc(m.Delegations.Roles, func(d metadata.DelegatedRole) bool { return d.Name == roleOf(t) })
	for id := range m.Delegations.Keys {
		used := slices.ContainsFunc(m.Delegations.Roles, func(d metadata.DelegatedRole) bool { return contains(d.KeyIDs, id) })
		if !used {
			delete(m.Delegations.Keys, id)
		}
	}
	if len(m.Delegations.Roles) == 0 {
		m.Delegations = nil
	}
}

// Adopt publishes what offices signed, all of it or nothing.
func (r *Repository) Adopt(list ...*Submission) error {
	return r.change(func(v *view, e *edition) error {
		for _, s := range list {
			if err := r.adopt(v, e, s); err != nil {
				return fmt.Errorf("adopting the submission of %s: %w", s.Office, err)
			}
		}
		return nil
	})
}

// adopt takes one submission into the edition. Signatures are verified by the
// rehearsal, against the delegation as it will be.
func (r *Repository) adopt(v *view, e *edition, s *Submission) error {
	role := roleOf(s.Office)
	m, err := metadata.Targets().FromBytes(s.Metadata)
	if err != nil {
		return judge("the submission", err)
	}
	old := v.office(s.Office)
	if err := succeeds(old, &m.Signed); err != nil {
		return err
	}
	if _, err := r.standing(v, e, s.Office); err != nil {
		return err
	}
	if err := r.delegatesRightly(s.Office, &m.Signed); err != nil {
		return err
	}
	for _, name := range sortedNames(m.Signed.Targets) {
		t := m.Signed.Targets[name]
		if err := inScope(s.Office, name, t); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if old != nil && old.meta.Signed.Targets[name] != nil {
			continue
		}
		if err := e.accept(s, name, t); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	e.offices[role] = s.Metadata
	return nil
}

// standing finds the delegation that lets an office sign, in the edition or in
// the view.
func (r *Repository) standing(v *view, e *edition, t school.Territory) (bool, error) {
	if t == Top {
		return true, nil
	}
	for _, data := range e.offices {
		m, err := metadata.Targets().FromBytes(data)
		if err == nil && names(&m.Signed, roleOf(t)) {
			return true, nil
		}
	}
	for _, o := range v.offices {
		if names(&o.meta.Signed, roleOf(t)) {
			return true, nil
		}
	}
	return false, fmt.Errorf("%s has no keys of its own: the office above delegates first", t)
}

func names(m *metadata.TargetsType, role string) bool {
	return m.Delegations != nil && slices.ContainsFunc(m.Delegations.Roles, func(d metadata.DelegatedRole) bool { return d.Name == role })
}

func (r *Repository) delegatesRightly(t school.Territory, m *metadata.TargetsType) error {
	if m.Delegations == nil {
		return nil
	}
	for _, d := range m.Delegations.Roles {
		if _, err := delegated(t, d); err != nil {
			return err
		}
	}
	return nil
}

// succeeds reports why a file cannot follow the office's last one.
func succeeds(old *office, m *metadata.TargetsType) error {
	if old == nil {
		return nil
	}
	if m.Version <= old.meta.Signed.Version {
		return refuse(Rollback, fmt.Errorf("version %d follows version %d: draft it anew over the present state", m.Version, old.meta.Signed.Version))
	}
	for name, t := range old.meta.Signed.Targets {
		if fresh := m.Targets[name]; fresh == nil || !fresh.Equal(*t) {
			return fmt.Errorf("%s is published and missing or changed here: an order is lifted by another order, never changed", name)
		}
	}
	return nil
}

// accept takes one new order: its file, and its line in the log.
func (e *edition) accept(s *Submission, name string, t *metadata.TargetFiles) error {
	data, sum := s.Orders[name], sumOf(t)
	if int64(len(data)) != t.Length || hashOf(data) != sum {
		return refuse(Damaged, errors.New("the order's file is not the one that was signed"))
	}
	o, err := order.Parse(name, data)
	if err != nil {
		return err
	}
	if err := (wanted{&office{territory: s.Office}, name, sum, t.Length}).fits(o, e.ledger); err != nil {
		return err
	}
	e.add(contentFile(sum, name), data)
	if e.ledger.first[name] == sum {
		return nil // a crash came between the log and the timestamp
	}
	return e.ledger.add([]byte(ledgerLine(name, sum)))
}
