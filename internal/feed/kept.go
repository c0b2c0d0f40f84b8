package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// kept is the last good set on disk: every file under its hash, and a manifest
// that names them and is replaced as a whole. A crash at any moment leaves the
// set before or the set after.
type kept struct {
	disk  disk
	sound map[string]bool // files that this process has written or read whole
}

func newKept(dir string) kept { return kept{newDisk(dir), map[string]bool{}} }

const manifestFile = "manifest.json"

// A manifest names the files of a good set by their hashes.
type manifest struct {
	Format int                `json:"format"`
	Roots  []string           `json:"roots"`            // the newest chain
	Under  int                `json:"under"`            // how many of them the set was verified with
	Within []school.Territory `json:"within,omitempty"` // the territories followed then
	Files  map[string]string  `json:"files"`            // by their names in the feed
}

func objectFile(sum string) string { return "objects/" + sum[:2] + "/" + sum }

// orders are the files of the orders.
func (g good) orders() []file {
	var list []file
	targets, _ := g.view.targets()
	for _, w := range targets {
		list = append(list, file{contentFile(w.sum, w.name), g.files[w.sum]})
	}
	return list
}

// static are the other files of a good set, all but the timestamp. The orders
// stand in the pack: one file is made durable sooner than a thousand.
func (g good) static() []file {
	list := []file{{packFile(g.view.snap.Version), g.pack}}
	for _, root := range g.view.roots {
		list = append(list, rootFile(root))
	}
	for _, o := range g.view.offices {
		list = append(list, file{versioned(o.meta.Signed.Version, roleOf(o.territory)), o.data})
	}
	list = append(list, file{versioned(g.view.snap.Version, metadata.SNAPSHOT), g.view.snapData})
	if g.ledger != nil {
		list = append(list, file{entriesFile, g.ledger.lines}, file{checkpointFile, g.ledger.note})
	}
	return list
}

// rootFile names a root that was verified before.
func rootFile(data []byte) file {
	var version int64
	if root, err := metadata.Root().FromBytes(data); err == nil {
		version = root.Signed.Version
	}
	return file{versioned(version, metadata.ROOT), data}
}

// save writes what is not there yet, then the manifest, then removes what no
// manifest names any more.
func (k kept) save(g good) error {
	m := manifest{Format: 1, Files: map[string]string{}}
	for _, root := range g.roots {
		sum := hashOf(root)
		m.Roots = append(m.Roots, sum)
		if err := k.put(sum, root); err != nil {
			return err
		}
	}
	if g.view != nil {
		m.Under, m.Within = len(g.view.roots), g.view.within
		for _, f := range append(g.static(), file{timestampFile, g.view.stampData}) {
			m.Files[f.name] = hashOf(f.data)
			if err := k.put(m.Files[f.name], f.data); err != nil {
				return err
			}
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := k.disk.write(manifestFile, data); err != nil {
		return err
	}
	return k.sweep(m)
}

func (k kept) put(sum string, data []byte) error {
	if k.sound[sum] && k.disk.has(objectFile(sum)) {
		return nil
	}
	if _, err := k.object(sum); err == nil {
		return nil
	}
	if err := k.disk.write(objectFile(sum), data); err != nil {
		return err
	}
	k.sound[sum] = true
	return nil
}

// sweep removes what the manifest does not name.
func (k kept) sweep(m manifest) error {
	named := map[string]bool{}
	for _, sum := range m.Roots {
		named[sum] = true
	}
	for _, sum := range m.Files {
		named[sum] = true
	}
	return filepath.WalkDir(filepath.Join(k.disk.dir, "objects"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || named[d.Name()] {
			return err
		}
		return os.Remove(path)
	})
}

// load reads and verifies the kept set; nil if there is none.
func (k kept) load(o Options) (*good, error) {
	m, err := k.manifest()
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, refuse(Storage, err)
	}
	g := &good{}
	for _, sum := range m.Roots {
		root, err := k.object(sum)
		if err != nil {
			return nil, err
		}
		g.roots = append(g.roots, root)
	}
	if err := chained(o.Root, g.roots); err != nil {
		return nil, err
	}
	if m.Under == 0 {
		return nil, nil
	}
	return g, g.restore(keptSource{k, m}, o, m.Under)
}

func (k kept) manifest() (m manifest, err error) {
	data, err := k.disk.read(manifestFile)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil || m.Format != 1 || m.Under > len(m.Roots) {
		return m, fmt.Errorf("reading %s: it is not one of this version", manifestFile)
	}
	return m, nil
}

// chained verifies that each root leads to the next, and that the one given is
// among them or leads to the first.
func chained(trusted []byte, roots [][]byte) error {
	known := slices.ContainsFunc(roots, func(root []byte) bool { return bytes.Equal(root, trusted) })
	if !known {
		return refuse(Forged, errors.New("the kept set was verified from another trusted root than the one configured"))
	}
	files := memory{}
	for _, root := range roots {
		f := rootFile(root)
		files[f.name] = f.data
	}
	climbed, err := climb(context.Background(), files, roots[:1]) // known holds, so there is one
	if err == nil && len(climbed) != len(roots) {
		err = refuse(Damaged, errors.New("the kept roots do not follow each other"))
	}
	return err
}

// restore verifies the set as of when it was signed: a set kept over the holidays
// is stale, not wrong.
func (g *good) restore(from keptSource, o Options, under int) error {
	ctx := context.Background()
	stampData, err := from.get(ctx, timestampFile, maxTimestamp)
	if err != nil {
		return err
	}
	s := peek(stampData)
	if s == nil {
		return refuse(Forged, errors.New("the kept timestamp is not one of this feed"))
	}
	v := &verifier{from: from, now: s.signed, within: from.m.Within}
	if g.view, err = v.verify(ctx, g.roots[:under], stampData); err != nil {
		return err
	}
	if g.pack, err = from.get(ctx, packFile(g.view.snap.Version), maxPack); err != nil {
		return refuse(Storage, err)
	}
	list, _ := g.view.targets()
	held := contents{}
	unpack(ctx, from, g.view.snap.Version, list, held)
	if g.files, err = gather(ctx, from, g.view, held); err != nil {
		return err
	}
	var head Head
	if o.Log != nil {
		if g.ledger, head, err = from.ledger(ctx, *o.Log); err != nil {
			return err
		}
	}
	g.set = assemble(g.view, g.files, g.ledger, head, nil)
	return nil
}

func (k kept) object(sum string) ([]byte, error) {
	if len(sum) != 64 {
		return nil, refuse(Storage, errors.New("the manifest names a file by something that is no hash"))
	}
	data, err := k.disk.read(objectFile(sum))
	if err != nil {
		return nil, refuse(Storage, err)
	}
	if hashOf(data) != sum {
		return nil, refuse(Storage, fmt.Errorf("the kept file %.8s is damaged", sum))
	}
	k.sound[sum] = true
	return data, nil
}

// keptSource gives the files of a manifest by their names in the feed.
type keptSource struct {
	kept kept
	m    manifest
}

func (k keptSource) get(_ context.Context, name string, _ int64) ([]byte, error) {
	sum := k.m.Files[name]
	if sum == "" {
		return nil, fs.ErrNotExist
	}
	return k.kept.object(sum)
}

func (k keptSource) newer(ctx context.Context, name, _ string, limit int64) ([]byte, string, error) {
	data, err := k.get(ctx, name, limit)
	return data, "", err
}

func (k keptSource) tail(ctx context.Context, name string, offset, limit int64) ([]byte, error) {
	data, err := k.get(ctx, name, limit)
	return data[min(offset, int64(len(data))):], err
}

// ledger is the kept log, as far as its checkpoint goes.
func (k keptSource) ledger(ctx context.Context, t Trust) (*ledger, Head, error) {
	checkpoint, err := k.get(ctx, checkpointFile, maxCheckpoint)
	if missing(err) {
		return nil, Head{}, nil // kept before the log's key was configured
	}
	lines, err2 := k.get(ctx, entriesFile, maxEntries)
	if err := errors.Join(err, err2); err != nil {
		return nil, Head{}, err
	}
	g, err := newLedger().advance(t, checkpoint, lines)
	if err != nil {
		return nil, Head{}, err
	}
	head, err := t.open(checkpoint)
	return g, head, err
}

// memory is a source of files at hand.
type memory map[string][]byte

func (m memory) get(_ context.Context, name string, _ int64) ([]byte, error) {
	if data, found := m[name]; found {
		return data, nil
	}
	return nil, fs.ErrNotExist
}

func (m memory) newer(ctx context.Context, name, _ string, limit int64) ([]byte, string, error) {
	data, err := m.get(ctx, name, limit)
	return data, "", err
}

func (m memory) tail(ctx context.Context, name string, offset, limit int64) ([]byte, error) {
	data, err := m.get(ctx, name, limit)
	return data[min(offset, int64(len(data))):], err
}
