package feed

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// An edition is the next state of a repository while it is being made.
type edition struct {
	root    *metadata.Metadata[metadata.RootType]
	old     *view             // nil at the founding
	offices map[string][]byte // files that change, by role
	files   []file            // what else is written, in this order
	ledger  *ledger
}

type file struct {
	name string
	data []byte
}

func (e *edition) add(name string, data []byte) { e.files = append(e.files, file{name, data}) }

// change makes the next edition from the present one, alone.
func (r *Repository) change(make func(v *view, e *edition) error) error {
	unlock, err := lock(r.disk.dir)
	if err != nil {
		return err
	}
	defer unlock()
	v, err := r.view()
	if err != nil {
		return err
	}
	g, err := r.ledger()
	if err != nil {
		return err
	}
	e := &edition{root: v.root, old: v, offices: map[string][]byte{}, ledger: g}
	if err := make(v, e); err != nil {
		return err
	}
	return r.issue(e)
}

// issue signs snapshot and timestamp over an edition, verifies the whole as a
// follower would, and writes it, the timestamp last.
func (r *Repository) issue(e *edition) error {
	log, err := r.logFiles(e)
	if err != nil {
		return err
	}
	snapshot, snapData, err := r.snapshot(e)
	if err != nil {
		return err
	}
	for _, role := range slices.Sorted(maps.Keys(e.offices)) {
		e.add(versioned(snapshot.Signed.Meta[role+".json"].Version, role), e.offices[role])
	}
	stampData, err := r.timestamp(e, snapshot, snapData)
	if err != nil {
		return err
	}
	e.add(versioned(snapshot.Signed.Version, metadata.SNAPSHOT), snapData)
	v, err := r.rehearse(e, stampData)
	if err != nil {
		return fmt.Errorf("nothing was published, because followers would refuse it: %w", err)
	}
	if err := r.pack(e, v); err != nil {
		return err
	}
	e.files = append(e.files, log...)
	e.add(timestampFile, stampData)
	for _, f := range e.files {
		if err := r.disk.write(f.name, f.data); err != nil {
			return err
		}
	}
	return nil
}

// logFiles are the log's, with a new checkpoint if it has grown.
func (r *Repository) logFiles(e *edition) ([]file, error) {
	switch {
	case e.ledger.signed():
		return nil, nil
	case r.host.Log == nil && len(e.ledger.note) > 0:
		return nil, errors.New("the key of the log is not at hand: no order is published without its line in the log")
	case r.host.Log == nil:
		return []file{{entriesFile, e.ledger.lines}}, nil
	}
	checkpoint, err := e.ledger.checkpoint(scribe{orElse(r.host.LogName, "ecluse"), r.host.Log})
	return []file{{entriesFile, e.ledger.lines}, {checkpointFile, checkpoint}}, err
}

// snapshot is the old one unless something changed or half its life is over.
func (r *Repository) snapshot(e *edition) (*metadata.Metadata[metadata.SnapshotType], []byte, error) {
	role := e.root.Signed.Roles[metadata.SNAPSHOT]
	s := metadata.Snapshot(r.until(r.lifetimes().Snapshot))
	if e.old != nil {
		old, err := metadata.Snapshot().FromBytes(e.old.snapData)
		if err != nil {
			return nil, nil, err
		}
		half := old.Signed.Expires.Sub(r.now()) > r.lifetimes().Snapshot/2
		if len(e.offices) == 0 && half && e.root.VerifyDelegate(metadata.SNAPSHOT, old) == nil {
			return old, e.old.snapData, nil
		}
		s.Signed.Version, s.Signed.Meta = old.Signed.Version+1, old.Signed.Meta
	}
	for name, data := range e.offices {
		m, err := metadata.Targets().FromBytes(data)
		if err != nil {
			return nil, nil, err
		}
		if s.Signed.Meta[name+".json"], err = described(data, m.Signed.Version); err != nil {
			return nil, nil, err
		}
	}
	data, err := signFully(s, r.host.Ring, "the snapshot", role.KeyIDs, role.Threshold)
	return s, data, err
}

// described names a file with its version, length and hash.
func described(data []byte, version int64) (*metadata.MetaFiles, error) {
	t, err := metadata.TargetFile().FromBytes("", data, "sha256")
	if err != nil {
		return nil, err
	}
	m := metadata.MetaFile(version)
	m.Length, m.Hashes = t.Length, t.Hashes
	return m, nil
}

func (r *Repository) timestamp(e *edition, snapshot *metadata.Metadata[metadata.SnapshotType], snapData []byte) ([]byte, error) {
	role := e.root.Signed.Roles[metadata.TIMESTAMP]
	t := metadata.Timestamp(r.until(r.lifetimes().Timestamp))
	if e.old != nil {
		t.Signed.Version = e.old.stamp.version + 1
	}
	var err error
	if t.Signed.Meta["snapshot.json"], err = described(snapData, snapshot.Signed.Version); err != nil {
		return nil, err
	}
	t.Signed.UnrecognizedFields = map[string]any{
		signedField: r.now().Format(time.RFC3339),
		rootField:   e.root.Signed.Version,
	}
	return signFully(t, r.host.Ring, "the timestamp", role.KeyIDs, role.Threshold)
}

// rehearse verifies the edition before it is written.
func (r *Repository) rehearse(e *edition, stampData []byte) (*view, error) {
	over := &overlay{folder: folder(r.disk.dir), files: map[string][]byte{}}
	for _, f := range e.files {
		over.files[f.name] = f.data
	}
	ctx := context.Background()
	roots := [][]byte{e.files[0].data} // at the founding
	if e.old != nil {
		roots = e.old.roots
	}
	roots, err := climb(ctx, over, roots)
	if err != nil {
		return nil, err
	}
	v := &verifier{from: over, base: e.old, now: r.now()}
	return v.verify(ctx, roots, stampData)
}

// overlay is the folder as it will be.
type overlay struct {
	folder
	files map[string][]byte
}

func (o *overlay) get(ctx context.Context, name string, limit int64) ([]byte, error) {
	if data, found := o.files[name]; found {
		return data, nil
	}
	return o.folder.get(ctx, name, limit)
}

// pack writes all orders in one file when they have changed.
func (r *Repository) pack(e *edition, v *view) error {
	if e.old != nil && e.old.snap.Version == v.snap.Version {
		return nil
	}
	over := &overlay{folder: folder(r.disk.dir), files: map[string][]byte{}}
	for _, f := range e.files {
		over.files[f.name] = f.data
	}
	files, err := gather(context.Background(), over, v, nil)
	if err != nil {
		return err
	}
	data, err := packed(files)
	if err != nil {
		return err
	}
	e.add(packFile(v.snap.Version), data)
	return nil
}
