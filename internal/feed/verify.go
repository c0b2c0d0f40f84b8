package feed

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A verifier takes one state of the feed through the client workflow of the TUF
// specification (section 5), with what the package adds to it. It changes
// nothing but itself: whoever asked keeps the last good view if it fails.
type verifier struct {
	from   source
	base   *view              // what was verified last; nil at first
	now    time.Time          // by the machine's clock
	floor  time.Time          // the ratchet; it counts as long as base does
	within []school.Territory // offices wanted: these, those above and those below; empty: all
	bounds bounds

	trusted *trustedmetadata.TrustedMetadata
	next    *view
}

// bounds are what a timestamp may claim. Zero fields bound nothing.
type bounds struct {
	lifetime time.Duration // between signing and expiry
	ahead    time.Duration // of the clock
	late     time.Duration // accepted after the expiry, where the feed is carried by hand
}

// climb follows the chain of roots upward from the newest one known.
func climb(ctx context.Context, from source, roots [][]byte) ([][]byte, error) {
	trusted, err := trustedmetadata.New(roots[len(roots)-1])
	if err != nil {
		return nil, judge("the trusted root", err)
	}
	roots = slices.Clone(roots)
	for range maxRotations {
		name := versioned(trusted.Root.Signed.Version+1, metadata.ROOT)
		data, err := from.get(ctx, name, maxRoot)
		if missing(err) {
			return roots, nil
		}
		if err != nil {
			return nil, err
		}
		if _, err := trusted.UpdateRoot(data); err != nil {
			return nil, judge(name, err)
		}
		roots = append(roots, data)
	}
	return nil, refuse(TooLong, fmt.Errorf("more than %d new roots at once", maxRotations))
}

// verify takes a timestamp and everything below it.
func (v *verifier) verify(ctx context.Context, roots [][]byte, stampData []byte) (*view, error) {
	trusted, err := trustedmetadata.New(roots[len(roots)-1])
	if err != nil {
		return nil, judge("the trusted root", err)
	}
	v.trusted, v.next = trusted, &view{roots: roots, root: trusted.Root, within: v.within}
	trusted.RefTime = v.now.Add(-v.bounds.late)
	if err := v.timestamp(stampData); err != nil {
		return nil, err
	}
	if err := v.snapshot(ctx); err != nil {
		return nil, err
	}
	if err := v.tree(ctx); err != nil {
		return nil, err
	}
	return v.next, nil
}

// timestamp verifies the newest against the last one. What a key signed that the
// root has since replaced does not verify any more, and is forgotten.
func (v *verifier) timestamp(data []byte) error {
	if v.base != nil {
		_, err := v.trusted.UpdateTimestamp(v.base.stampData)
		if err != nil && v.trusted.Timestamp == nil && !errors.Is(err, &metadata.ErrUnsignedMetadata{}) {
			return judge("the last timestamp", err)
		}
		if v.trusted.Timestamp == nil {
			v.base = nil
		} else if floor := v.floor.Add(-v.bounds.late); floor.After(v.trusted.RefTime) {
			v.trusted.RefTime = floor
		}
	}
	fresh, err := v.trusted.UpdateTimestamp(data)
	same := v.base != nil && bytes.Equal(data, v.base.stampData)
	if err != nil && !(same && errors.Is(err, &metadata.ErrEqualVersionNumber{})) {
		return judge(timestampFile, err)
	}
	if same {
		fresh = v.trusted.Timestamp
	}
	s, err := stampOf(&fresh.Signed)
	if err != nil {
		return err
	}
	v.next.stampData, v.next.stamp = data, s
	if later := s.signed.Add(-v.bounds.late); later.After(v.trusted.RefTime) {
		v.trusted.RefTime = later // it is not earlier than this signature
	}
	return v.claims(s)
}

// claims bounds what a stolen timestamp key could claim.
func (v *verifier) claims(s *stamp) error {
	b := v.bounds
	if b.lifetime > 0 && s.expires.Sub(s.signed) > b.lifetime {
		return refuse(Jumped, fmt.Errorf("timestamp.json counts for %s, and may for %s", s.expires.Sub(s.signed), b.lifetime))
	}
	if b.ahead > 0 && s.signed.Sub(v.now) > b.ahead {
		return refuse(Jumped, fmt.Errorf("timestamp.json was signed %s from now", s.signed.Sub(v.now).Round(time.Second)))
	}
	if v.base == nil {
		return nil
	}
	old, passed := v.base.stamp, s.signed.Sub(v.base.stamp.signed)
	if passed < 0 {
		return refuse(Rollback, fmt.Errorf("timestamp.json was signed %s before the last one", -passed))
	}
	return errors.Join(
		leap(timestampFile, old.version, s.version, passed, stampSlack),
		leap("the snapshot", old.snapshot.Version, s.snapshot.Version, passed, stampSlack))
}

func (v *verifier) snapshot(ctx context.Context) error {
	want := v.next.stamp.snapshot
	if v.base != nil {
		// Errors say only that the old one is no longer the right one; as the
		// baseline against rollback it counts if it still verifies.
		if _, err := v.trusted.UpdateSnapshot(v.base.snapData, true); errors.Is(err, &metadata.ErrUnsignedMetadata{}) {
			v.base = nil
		}
	}
	data, err := v.snapshotData(ctx, want)
	if err != nil {
		return err
	}
	if v.trusted.Snapshot == nil || !v.keepsSnapshot(want) {
		if _, err := v.trusted.UpdateSnapshot(data, false); err != nil {
			return judge("the snapshot", err)
		}
	} else if v.trusted.Snapshot.Signed.IsExpired(v.trusted.RefTime) {
		return refuse(Frozen, errors.New("the snapshot has expired"))
	}
	v.next.snapData, v.next.snap = data, &v.trusted.Snapshot.Signed
	return v.grown()
}

// keepsSnapshot reports whether the timestamp names the snapshot that is held.
func (v *verifier) keepsSnapshot(want metadata.MetaFiles) bool {
	return v.base != nil && v.base.snap.Version == want.Version && want.VerifyLengthHashes(v.base.snapData) == nil
}

func (v *verifier) snapshotData(ctx context.Context, want metadata.MetaFiles) ([]byte, error) {
	if v.keepsSnapshot(want) {
		return v.base.snapData, nil
	}
	if want.Length > maxSnapshot {
		return nil, refuse(TooLong, fmt.Errorf("a snapshot of %d bytes", want.Length))
	}
	data, err := v.from.get(ctx, versioned(want.Version, metadata.SNAPSHOT), want.Length)
	if missing(err) {
		return nil, refuse(Damaged, err)
	}
	return data, err
}

// grown bounds the versions of the offices' files.
func (v *verifier) grown() error {
	if v.base == nil {
		return nil
	}
	for name, old := range v.base.snap.Meta {
		if fresh := v.next.snap.Meta[name]; fresh != nil {
			if err := leap(name, old.Version, fresh.Version, 0, officeSlack); err != nil {
				return err
			}
		}
	}
	return nil
}

// tree walks the delegations from the top, level by level. The first that
// delegates a territory counts: nobody below can take it over.
func (v *verifier) tree(ctx context.Context) error {
	top := &office{territory: Top, above: metadata.ROOT}
	if r := v.trusted.Root.Signed.Roles[metadata.TARGETS]; r != nil {
		top.keys, top.role.Threshold = r.KeyIDs, r.Threshold
	}
	queue, seen := []*office{top}, map[string]bool{metadata.TARGETS: true}
	for len(queue) > 0 {
		o := queue[0]
		queue = queue[1:]
		there, err := v.load(ctx, o)
		if err != nil {
			return err
		}
		if !there {
			v.next.vacant = append(v.next.vacant, o)
			continue
		}
		v.next.offices = append(v.next.offices, o)
		if len(v.next.offices) > maxOffices {
			return refuse(TooLong, fmt.Errorf("more than %d offices", maxOffices))
		}
		queue = append(queue, v.below(o, seen)...)
	}
	return nil
}

// below lists the offices that o delegates to.
func (v *verifier) below(o *office, seen map[string]bool) []*office {
	if o.meta.Signed.Delegations == nil {
		return nil
	}
	var list []*office
	for _, d := range o.meta.Signed.Delegations.Roles {
		t, err := delegated(o.territory, d)
		if err == nil && seen[d.Name] {
			err = fmt.Errorf("%s is delegated twice: the first counts", t)
		}
		if err != nil {
			v.next.void = append(v.next.void, Void{Office: o.territory, What: d.Name, Err: err})
			continue
		}
		seen[d.Name] = true
		if v.next.wants(t) {
			list = append(list, &office{territory: t, above: roleOf(o.territory), keys: d.KeyIDs, role: Role{Threshold: d.Threshold}})
		}
	}
	return list
}

// delegated is the territory that a delegation gives away, if it lies inside the
// one of who gives it.
func delegated(from school.Territory, d metadata.DelegatedRole) (school.Territory, error) {
	t, err := territoryOf(d.Name)
	switch {
	case err != nil:
		return "", err
	case t == from || !from.Contains(t):
		return "", fmt.Errorf("%s cannot delegate %s: it does not lie below", from, t)
	case len(d.Paths) != 1 || d.Paths[0] != patternOf(t) || len(d.PathHashPrefixes) > 0:
		return "", fmt.Errorf("the delegation of %s should cover %s and nothing else", t, patternOf(t))
	case d.Threshold < 1 || len(d.KeyIDs) < d.Threshold:
		return "", fmt.Errorf("the delegation of %s names %d keys and wants %d signatures", t, len(d.KeyIDs), d.Threshold)
	}
	return t, nil
}

// load verifies one office's file. An office that has not published yet has
// none; one whose signature has expired counts and is reported.
func (v *verifier) load(ctx context.Context, o *office) (there bool, err error) {
	role := roleOf(o.territory)
	want := v.next.snap.Meta[role+".json"]
	if want == nil && o.territory != Top {
		return false, nil
	}
	if want == nil || len(want.Hashes) == 0 || want.Length <= 0 {
		return false, refuse(Forged, fmt.Errorf("the snapshot does not name %s.json with its length and hash", role))
	}
	if o.data, err = v.officeData(ctx, role, want); err != nil {
		return false, err
	}
	if v.unchanged(o, want) {
		o.meta = v.base.office(o.territory).meta
		o.overdue, v.trusted.Targets[role] = o.meta.Signed.IsExpired(v.trusted.RefTime), o.meta
		return true, nil
	}
	o.meta, err = v.trusted.UpdateDelegatedTargets(o.data, role, o.above)
	if errors.Is(err, &metadata.ErrExpiredMetadata{}) {
		// The last of all checks: everything else about the file was right.
		if o.meta, err = metadata.Targets().FromBytes(o.data); err == nil {
			o.overdue, v.trusted.Targets[role] = true, o.meta
		}
	}
	if err != nil {
		return false, judge(role+".json", err)
	}
	return true, nil
}

// unchanged reports whether an office was verified in the last view, and neither
// its file nor the keys that the office above gives it have changed since: what
// was read and checked once is not at every order of its neighbours. The top is
// always checked, and with it the snapshot over all.
func (v *verifier) unchanged(o *office, want *metadata.MetaFiles) bool {
	if v.base == nil || o.territory == Top {
		return false
	}
	old := v.base.office(o.territory)
	if old == nil || old.above != o.above || old.meta.Signed.Version != want.Version || !bytes.Equal(old.data, o.data) {
		return false
	}
	t, err := territoryOf(o.above)
	if err != nil || old.role.Threshold != o.role.Threshold || !slices.Equal(old.keys, o.keys) {
		return false
	}
	before, now := v.base.office(t), v.next.office(t)
	return before != nil && now != nil && sameKeys(before.meta.Signed.Delegations, now.meta.Signed.Delegations, o.keys)
}

// sameKeys reports whether two offices' delegations mean the same keys by these
// names.
func sameKeys(before, now *metadata.Delegations, ids []string) bool {
	if before == nil || now == nil {
		return false
	}
	for _, id := range ids {
		a, b := before.Keys[id], now.Keys[id]
		if a == nil || b == nil || a.Type != b.Type || a.Scheme != b.Scheme || a.Value.PublicKey != b.Value.PublicKey {
			return false
		}
	}
	return true
}

func (v *verifier) officeData(ctx context.Context, role string, want *metadata.MetaFiles) ([]byte, error) {
	if v.base != nil {
		if t, err := territoryOf(role); err == nil {
			if o := v.base.office(t); o != nil && want.VerifyLengthHashes(o.data) == nil {
				return o.data, nil
			}
		}
	}
	if want.Length > maxOffice {
		return nil, refuse(TooLong, fmt.Errorf("%s.json of %d bytes", role, want.Length))
	}
	data, err := v.from.get(ctx, versioned(want.Version, role), want.Length)
	if missing(err) {
		return nil, refuse(Damaged, err)
	}
	return data, err
}

// sumOf is the SHA-256 of a target as the office's file names it, and "" where it
// names none.
func sumOf(t *metadata.TargetFiles) string {
	if sum := t.Hashes["sha256"]; len(sum) == 32 && t.Length > 0 && t.Length <= maxOrder {
		return hex.EncodeToString(sum)
	}
	return ""
}
