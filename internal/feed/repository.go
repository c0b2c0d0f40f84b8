package feed

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Host is what a repository's host brings to it. Zero fields take their
// defaults; a key that is not at hand makes only what needs it fail.
type Host struct {
	Ring      Ring
	Log       crypto.Signer // signs the log's checkpoints; Ed25519
	LogName   string        // the log's origin, such as "orders.example/log"; "ecluse" if empty
	Lifetimes Lifetimes
	Now       func() time.Time
}

// A Repository is the producer's side: a folder of static files that followers
// may read at any moment. Every change is verified as a follower would before
// anything is written, and written from the bottom up, the timestamp last: who
// reads meanwhile, or after a crash, finds the state before. Two processes on
// one machine may use one folder.
type Repository struct {
	disk disk
	host Host
}

// A Founding says who may sign at first. Root keys are to be kept offline, and
// their threshold should let one of them be lost.
type Founding struct {
	Root      Role
	Targets   Role // the ministry's own orders
	Snapshot  Role
	Timestamp Role
}

// Init founds a repository in an empty folder. The ring holds enough of all keys,
// the root's among them: this is the one ceremony where they are together.
func Init(dir string, f Founding, h Host) (*Repository, error) {
	r := &Repository{disk: newDisk(dir), host: h}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("founding the feed: %w", err)
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if r.disk.has(timestampFile) {
		return nil, fmt.Errorf("founding the feed: %s holds one already", dir)
	}
	root := metadata.Root(r.until(r.lifetimes().Root))
	for name, role := range map[string]Role{metadata.ROOT: f.Root, metadata.TARGETS: f.Targets,
		metadata.SNAPSHOT: f.Snapshot, metadata.TIMESTAMP: f.Timestamp} {
		if err := setRole(&root.Signed, name, role); err != nil {
			return nil, fmt.Errorf("founding the feed, %s: %w", name, err)
		}
	}
	rootData, err := signFully(root, h.Ring, "the root", root.Signed.Roles[metadata.ROOT].KeyIDs, root.Signed.Roles[metadata.ROOT].Threshold)
	if err != nil {
		return nil, err
	}
	top, err := r.firstTop(root)
	if err != nil {
		return nil, err
	}
	e := &edition{root: root, offices: map[string][]byte{metadata.TARGETS: top}, ledger: newLedger()}
	e.add(versioned(1, metadata.ROOT), rootData)
	return r, r.issue(e)
}

func (r *Repository) firstTop(root *metadata.Metadata[metadata.RootType]) ([]byte, error) {
	top := metadata.Targets(r.until(r.lifetimes().Office))
	role := root.Signed.Roles[metadata.TARGETS]
	return signFully(top, r.host.Ring, "the first orders' file", role.KeyIDs, role.Threshold)
}

// setRole replaces the keys of one of the root's roles, and drops those that no
// role uses any more.
func setRole(root *metadata.RootType, name string, role Role) error {
	keys, ids, threshold, err := role.terms()
	if err != nil {
		return err
	}
	for id, key := range keys {
		root.Keys[id] = key
	}
	root.Roles[name] = &metadata.Role{KeyIDs: ids, Threshold: threshold}
	used := map[string]bool{}
	for _, role := range root.Roles {
		for _, id := range role.KeyIDs {
			used[id] = true
		}
	}
	for id := range root.Keys {
		if !used[id] {
			delete(root.Keys, id)
		}
	}
	return nil
}

// Open opens a repository that was founded, or a mirror of one.
func Open(dir string, h Host) (*Repository, error) {
	r := &Repository{disk: newDisk(dir), host: h}
	if !r.disk.has(timestampFile) {
		return nil, fmt.Errorf("opening the feed: %s holds none: found it with Init, or mirror one", dir)
	}
	return r, nil
}

func (r *Repository) lifetimes() Lifetimes { return r.host.Lifetimes.orDefault() }

func (r *Repository) now() time.Time {
	if r.host.Now == nil {
		return time.Now().UTC().Truncate(time.Second)
	}
	return r.host.Now().UTC().Truncate(time.Second)
}

func (r *Repository) until(d time.Duration) time.Time { return r.now().Add(d) }

// view verifies what the folder holds, as of when it was signed.
func (r *Repository) view() (*view, error) {
	from, ctx := folder(r.disk.dir), context.Background()
	roots, err := from.roots()
	if err != nil {
		return nil, fmt.Errorf("reading the feed: %w", err)
	}
	stampData, err := r.disk.read(timestampFile)
	if err != nil {
		return nil, fmt.Errorf("reading the feed: %w", err)
	}
	return asSigned(ctx, from, roots, stampData)
}

// asSigned verifies a state as of the moment of its signature: what has expired
// since is not held against it.
func asSigned(ctx context.Context, from source, roots [][]byte, stampData []byte) (*view, error) {
	s := peek(stampData)
	if s == nil {
		return nil, refuse(Forged, errors.New("timestamp.json is not one of this feed"))
	}
	v := &verifier{from: from, now: s.signed}
	return v.verify(ctx, roots, stampData)
}

// ledger reads the log; the folder is the host's own, but a torn file is found.
func (r *Repository) ledger() (*ledger, error) {
	g := newLedger()
	lines, err := r.disk.read(entriesFile)
	if err != nil && !missing(err) {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	if err := g.add(lines); err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	if g.note, err = r.disk.read(checkpointFile); err != nil && !missing(err) {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	return g, nil
}

// Timestamp signs the present state anew, every minute: without it followers
// would take the feed for silenced when the last signature expires. It renews
// the snapshot too when half its life is over.
func (r *Repository) Timestamp() error {
	return r.change(func(v *view, e *edition) error { return nil })
}

// Publish signs orders by the nearest office whose keys are in the ring.
func (r *Repository) Publish(orders ...*order.Order) error {
	return r.change(func(v *view, e *edition) error {
		byOffice := map[school.Territory]Change{}
		for _, o := range orders {
			t, err := r.signer(v, o.Issuer)
			if err != nil {
				return fmt.Errorf("publishing %s: %w", o.ID, err)
			}
			c := byOffice[t]
			c.Publish = append(c.Publish, o)
			byOffice[t] = c
		}
		for t, c := range byOffice {
			if err := r.apply(v, e, t, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// signer is the nearest office at or above a territory that the ring can sign
// for.
func (r *Repository) signer(v *view, t school.Territory) (school.Territory, error) {
	for at := t; at != ""; at = at.Parent() {
		if o := v.delegated(at); o != nil && r.holds(o) {
			return at, nil
		}
	}
	return "", fmt.Errorf("the keys of %s or of an office above are not at hand: add them to the ring, or draft a submission for who holds them", t)
}

// delegated is the office that has keys for just this territory, whether it has
// signed anything yet or not.
func (v *view) delegated(t school.Territory) *office {
	for _, o := range v.vacant {
		if o.territory == t {
			return o
		}
	}
	return v.office(t)
}

// holds reports whether the ring can sign for an office.
func (r *Repository) holds(o *office) bool { return r.count(o.keys) >= max(1, o.role.Threshold) }

// count is how many of these keys are in the ring.
func (r *Repository) count(keys []string) (n int) {
	for _, k := range r.host.Ring {
		if _, id, err := identify(k.Public()); err == nil && contains(keys, id) {
			n++
		}
	}
	return n
}

func contains(ids []string, id string) bool {
	for _, known := range ids {
		if known == id {
			return true
		}
	}
	return false
}

// apply drafts, signs and adopts one office's change on the spot.
func (r *Repository) apply(v *view, e *edition, t school.Territory, c Change) error {
	s, err := r.draft(v, t, c)
	if err != nil {
		return err
	}
	if err := s.Sign(r.host.Ring); err != nil {
		return err
	}
	return r.adopt(v, e, s)
}

// A Delegation gives a territory its own keys.
type Delegation struct {
	Territory school.Territory
	Role      Role
}

// Delegate lets others sign for their territories. The nearest office above signs
// that, with keys of the ring. A territory that has keys already gets these
// instead: what its old keys signed must then be signed anew (see RotateKey).
func (r *Repository) Delegate(list ...Delegation) error {
	return r.change(func(v *view, e *edition) error {
		return r.delegate(v, e, Change{Delegate: list})
	})
}

func (r *Repository) delegate(v *view, e *edition, c Change) error {
	byOffice := map[school.Territory]Change{}
	for _, d := range c.Delegate {
		t, err := r.delegator(v, d.Territory)
		if err != nil {
			return err
		}
		part := byOffice[t]
		part.Delegate = append(part.Delegate, d)
		byOffice[t] = part
	}
	for t, part := range byOffice {
		if err := r.apply(v, e, t, part); err != nil {
			return err
		}
	}
	return nil
}

// delegator is the office that delegates a territory, or that can.
func (r *Repository) delegator(v *view, t school.Territory) (school.Territory, error) {
	if t == Top || !Top.Contains(t) {
		return "", fmt.Errorf("delegating %s: name a territory below FR; the keys of FR are the root's to change", t)
	}
	for _, o := range v.offices {
		if names(&o.meta.Signed, roleOf(t)) {
			return o.territory, nil
		}
	}
	return r.signer(v, t.Parent())
}

// Revoke takes a territory's keys away. Its orders end with that, and followers
// report them: publish what must stay closed from the office above first.
func (r *Repository) Revoke(t school.Territory) error {
	return r.change(func(v *view, e *edition) error {
		from, err := r.delegator(v, t)
		if err != nil {
			return err
		}
		return r.apply(v, e, from, Change{Revoke: []school.Territory{t}})
	})
}

// RotateKey replaces an office's keys and signs its file anew with the new ones,
// in one step: the ring holds the delegator's keys and the new ones. Where the
// new keys are elsewhere, Draft both sides and Adopt them together.
func (r *Repository) RotateKey(t school.Territory, role Role) error {
	return r.change(func(v *view, e *edition) error {
		if err := r.delegate(v, e, Change{Delegate: []Delegation{{t, role}}}); err != nil {
			return err
		}
		if v.office(t) == nil {
			return nil // it has published nothing yet
		}
		return r.apply(v, e, t, Change{})
	})
}

// AddCosignature adds what a Witness cosigned to the log's newest checkpoint. Only
// valid signatures of these witnesses are taken (see WitnessKey), and one of each:
// everybody can read them, so that whoever sends them again changes nothing. A
// stranger keeps nobody from the folder: it is locked for what is to be written.
func (r *Repository) AddCosignature(cosigned []byte, witnesses ...string) error {
	if _, grows, err := r.cosigned(cosigned, witnesses); err != nil || !grows {
		return err
	}
	unlock, err := lock(r.disk.dir)
	if err != nil {
		return err
	}
	defer unlock()
	merged, grows, err := r.cosigned(cosigned, witnesses)
	if err != nil || !grows {
		return err
	}
	return r.disk.write(checkpointFile, merged)
}

// cosigned is the newest checkpoint with what is offered below it, and whether that
// is more than stands there.
func (r *Repository) cosigned(offered []byte, witnesses []string) (merged []byte, grows bool, err error) {
	old, err := r.disk.read(checkpointFile)
	if err != nil {
		return nil, false, fmt.Errorf("reading the log: %w", err)
	}
	merged, err = merge(old, offered, witnesses)
	return merged, len(merged) > len(old), err
}
