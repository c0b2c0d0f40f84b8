package feed

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// KeepSuperseded is how long a state stays on the host after another has taken
// its place. A timestamp counts for ten minutes, so that nobody who verifies
// begins with an older one; a day leaves room for caches in between that are told
// wrongly, and for the slowest download.
const KeepSuperseded = 24 * time.Hour

// Prune removes what no follower can need: files that only such states name as
// were superseded more than keep ago (0: KeepSuperseded). The newest state, every
// root and the log always stay. What a killed process had begun to write goes too.
// What it leaves undone when it is interrupted, it
// does the next time. It also takes mirrors.
func (r *Repository) Prune(keep time.Duration) (removed int, err error) {
	unlock, err := lock(r.disk.dir)
	if err != nil {
		return 0, err
	}
	defer unlock()
	if err := r.disk.sweep(); err != nil {
		return 0, fmt.Errorf("pruning the feed: %w", err)
	}
	v, err := r.view() // a folder that does not verify is left as it is
	if err != nil {
		return 0, err
	}
	names, err := r.disk.names()
	if err != nil {
		return 0, fmt.Errorf("pruning the feed: %w", err)
	}
	needed := r.needed(v, names, r.now().Add(-orElse(keep, KeepSuperseded)))
	for _, name := range names {
		if needed[name] || !prunable(name) {
			continue
		}
		if err := os.Remove(filepath.Join(r.disk.dir, filepath.FromSlash(name))); err != nil {
			return removed, fmt.Errorf("pruning the feed: %w", err)
		}
		removed++
	}
	return removed, nil
}

// names are all files of the folder, except hidden ones.
func (d disk) names() (list []string, err error) {
	err = fs.WalkDir(os.DirFS(d.dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.HasPrefix(path.Base(name), ".") {
			list = append(list, name)
		}
		return err
	})
	return list, err
}

// The names that may ever go. A root never does: followers climb from the one
// they were given.
var (
	versionedFile = regexp.MustCompile(`^([0-9]+)\.([A-Za-z0-9.]+)\.json$`)
	otherFile     = regexp.MustCompile(`^(pack/[0-9]+\.gz|targets/[0-9a-f]{64}\.[A-Z0-9.-]+\.yaml)$`)
)

func prunable(name string) bool {
	parts := versionedFile.FindStringSubmatch(name)
	return parts != nil && parts[2] != metadata.ROOT || otherFile.MatchString(name)
}

// needed are the files of the newest state, and of each that another replaced
// after since.
func (r *Repository) needed(v *view, names []string, since time.Time) map[string]bool {
	needed := map[string]bool{}
	list, _ := v.targets()
	for _, w := range list {
		needed[contentFile(w.sum, w.name)] = true
	}
	for _, snapshot := range r.recent(v.snap.Version, names, since) {
		r.need(needed, snapshot)
	}
	return needed
}

// recent are the versions of the newest snapshot and of those whose successor was
// written after since; one that is newer than the newest is half of a change that
// a crash cut off, and stays until the next takes its name.
func (r *Repository) recent(newest int64, names []string, since time.Time) []int64 {
	var versions []int64
	for _, name := range names {
		parts := versionedFile.FindStringSubmatch(name)
		if parts == nil || parts[2] != metadata.SNAPSHOT {
			continue
		}
		if n, err := strconv.ParseInt(parts[1], 10, 64); err == nil {
			versions = append(versions, n)
		}
	}
	slices.Sort(versions)
	for i := len(versions) - 1; i > 0 && (versions[i] > newest || r.writtenAfter(versions[i], since)); i-- {
		newest = min(newest, versions[i-1])
	}
	first, _ := slices.BinarySearch(versions, newest)
	return versions[first:]
}

func (r *Repository) writtenAfter(snapshot int64, since time.Time) bool {
	info, err := os.Stat(filepath.Join(r.disk.dir, versioned(snapshot, metadata.SNAPSHOT)))
	return err != nil || info.ModTime().After(since)
}

// need marks a snapshot and all that it names. What of it cannot be read nobody
// could take either.
func (r *Repository) need(needed map[string]bool, snapshot int64) {
	name := versioned(snapshot, metadata.SNAPSHOT)
	needed[name], needed[packFile(snapshot)] = true, true
	data, err := r.disk.read(name)
	if err != nil {
		return
	}
	s, err := metadata.Snapshot().FromBytes(data)
	if err != nil {
		return
	}
	for role, file := range s.Signed.Meta {
		name := versioned(file.Version, strings.TrimSuffix(role, ".json"))
		if needed[name] {
			continue
		}
		needed[name] = true
		r.needTargets(needed, name)
	}
}

func (r *Repository) needTargets(needed map[string]bool, office string) {
	data, err := r.disk.read(office)
	if err != nil {
		return
	}
	m, err := metadata.Targets().FromBytes(data)
	if err != nil {
		return
	}
	for name, t := range m.Signed.Targets {
		needed[contentFile(sumOf(t), name)] = true
	}
}
