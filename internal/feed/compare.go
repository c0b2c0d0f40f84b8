package feed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Divergence is the proof that a log told two stories: two checkpoints that its
// key signed, and that no one log can both have had.
type Divergence struct {
	Ours, Theirs []byte
}

// Error says so; the checkpoints are for who asks the log's keeper.
func (d *Divergence) Error() string {
	return "the log told two stories: its key signed two checkpoints of which neither continues the other"
}

// A testimony is a checkpoint that somebody was given, and the lines below it
// where they are at hand.
type testimony struct {
	place string
	note  []byte
	lines []byte
	head  Head
}

// CompareLogs holds what two were told of one log against each other: each is the
// address of a feed, the folder of a feed, a mirror or a follower, or the file of
// a checkpoint. It gives how many orders they agree on; an error of cause
// SplitView holds a *Divergence. The longer log must not be a mere checkpoint,
// unless both are of one length.
func CompareLogs(ctx context.Context, t Trust, o Options, one, other string) (int64, error) {
	a, err := testify(ctx, t, o.orDefault(), one)
	if err != nil {
		return 0, err
	}
	b, err := testify(ctx, t, o.orDefault(), other)
	if err != nil {
		return 0, err
	}
	if a.head.Size > b.head.Size {
		a, b = b, a
	}
	root := b.head.Root
	if a.head.Size < b.head.Size {
		if b.lines == nil {
			return 0, fmt.Errorf("%s is a checkpoint over %d orders and %s one over %d: of the longer one the lines are needed; name the folder or the address that it is from",
				b.place, b.head.Size, a.place, a.head.Size)
		}
		g, err := newLedger().advance(t, b.note, b.lines)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", b.place, err)
		}
		if root, err = g.rootAt(a.head.Size); err != nil {
			return 0, err
		}
	}
	if root != a.head.Root {
		return 0, refuse(SplitView, &Divergence{Ours: a.note, Theirs: b.note})
	}
	return a.head.Size, nil
}

// testify reads one side.
func testify(ctx context.Context, t Trust, o Options, place string) (*testimony, error) {
	s := &testimony{place: place}
	from, err := logSource(place, o)
	if err != nil {
		return nil, err
	}
	if from == nil {
		if s.note, err = os.ReadFile(place); err != nil {
			return nil, fmt.Errorf("reading a checkpoint: %w", err)
		}
	} else {
		// The checkpoint first: there may be more lines by then, never fewer.
		if s.note, err = from.get(ctx, checkpointFile, maxCheckpoint); err == nil {
			s.lines, err = from.get(ctx, entriesFile, maxEntries)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the log of %s: %w", place, err)
		}
	}
	if s.head, err = t.open(s.note); err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return s, nil
}

// logSource is where a place's log is read; nil for a file.
func logSource(place string, o Options) (source, error) {
	if strings.Contains(place, "://") {
		return newSource(place, o.Client, o.Patience)
	}
	info, err := os.Stat(place)
	if err != nil {
		return nil, fmt.Errorf("there is no %s: name a feed's address, a folder, or the file of a checkpoint", place)
	}
	if !info.IsDir() {
		return nil, nil
	}
	if _, err := os.Stat(filepath.Join(place, manifestFile)); err != nil {
		return folder(place), nil
	}
	k := newKept(place)
	m, err := k.manifest()
	return keptSource{k, m}, err
}
