package journal

import (
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// A Node is one stored hash of a log's tree, at its tlog.StoredHashIndex.
type Node struct {
	Index int64
	Hash  tlog.Hash
}

// Stored is what a store holds of one log. Both sequences come in ascending
// order and may be walked more than once; they end at the first error.
type Stored struct {
	Head    Head
	Entries iter.Seq2[Entry, error]
	Nodes   iter.Seq2[Node, error]
}

// A Wrong says in which way a log is not as it was written.
type Wrong string

// What Verify finds. Rewritten and Shortened are told by a checkpoint alone.
const (
	Changed     Wrong = "was changed after it was written"
	Missing     Wrong = "is missing"
	Added       Wrong = "was added behind the end of the log"
	OutOfOrder  Wrong = "does not stand where it was written"
	HashChanged Wrong = "is as it was written, but its stored hash was changed or removed"
	HeadChanged Wrong = "or its head was rewritten: entries and hashes agree with each other, and not with the head"
	Rewritten   Wrong = "or an earlier one was rewritten since the checkpoint"
	Shortened   Wrong = "was removed from the end since the checkpoint"
)

// A Problem is the first entry of a log that is not as it was written.
type Problem struct {
	Log   Log   `json:"log"`
	Seq   int64 `json:"seq"` // from 0; -1 when the log was empty
	Wrong Wrong `json:"wrong"`
}

// Error names the log, the entry and what is wrong.
func (p *Problem) Error() string {
	return fmt.Sprintf("journal %s: entry %d %s; compare it with a backup", p.Log, p.Seq, p.Wrong)
}

// Verify reads a whole log and returns a *Problem that names its first bad
// entry, an error of reading, or nil.
//
// It holds entries, stored hashes and head against each other, so whoever
// changes one without all the others is found. Who rewrites all of them, or
// removes the newest entries with their hashes and sets the head back, leaves a
// log that agrees with itself: only a checkpoint kept outside the database shows
// that. Checkpoints of other logs are ignored.
func Verify(s Stored, checkpoints ...Head) error {
	v := verifier{stored: s, checkpoints: checkpoints, badEntry: -1, badNode: -1, displaced: map[int64]bool{}}
	if err := v.walk(); err != nil {
		return err
	}
	if err := v.judge(); err != nil {
		return err
	}
	return v.shortened()
}

// A verifier grows two trees side by side: one of the entries as they are, one
// of the leaf hashes as they are stored. Which of them agrees with the head
// tells who was tampered with, once the first difference is known.
type verifier struct {
	stored      Stored
	checkpoints []Head

	real, kept Frontier
	badEntry   int64          // the first entry that is not its stored leaf
	badLeaf    tlog.Hash      // that leaf
	displaced  map[int64]bool // every such entry
	badNode    int64          // the last entry below the first wrong stored hash
	pending    *Node          // read, and behind what was asked for
}

func (v *verifier) walk() error {
	nextEntry, stopEntries := iter.Pull2(v.stored.Entries)
	defer stopEntries()
	nextNode, stopNodes := iter.Pull2(v.stored.Nodes)
	defer stopNodes()

	for n := range v.stored.Head.Size {
		e, err, ok := nextEntry()
		switch {
		case err != nil:
			return err
		case !ok || e.Seq > n:
			return v.first(n, Missing)
		case e.Seq < n:
			return v.first(n, OutOfOrder)
		}
		if err := v.compare(n, e.Hash(), nextNode); err != nil {
			return err
		}
		if err := v.reached(n + 1); err != nil {
			return err
		}
	}
	return v.beyond(nextEntry, nextNode)
}

// compare adds one entry to both trees and notes the first differences.
func (v *verifier) compare(n int64, h tlog.Hash, next func() (Node, error, bool)) error {
	v.real.Add(h)
	index := tlog.StoredHashIndex(0, n)
	leaf, ok, err := v.node(index, next)
	if err != nil {
		return err
	}
	if !ok {
		leaf = h
		v.noteNode(n)
	}
	if leaf != h {
		v.noteEntry(n, leaf)
	}
	for i, want := range v.kept.Add(leaf)[1:] {
		got, ok, err := v.node(index+1+int64(i), next)
		if err != nil {
			return err
		}
		if !ok || got != want {
			v.noteNode(n)
		}
	}
	return nil
}

func (v *verifier) noteEntry(n int64, leaf tlog.Hash) {
	v.displaced[n] = true
	if v.badEntry < 0 {
		v.badEntry, v.badLeaf = n, leaf
	}
}

func (v *verifier) noteNode(n int64) {
	if v.badNode < 0 {
		v.badNode = n
	}
}

// node is the stored hash at index; false when it is not there.
func (v *verifier) node(index int64, next func() (Node, error, bool)) (tlog.Hash, bool, error) {
	if v.pending == nil {
		n, err, ok := next()
		if err != nil || !ok {
			return tlog.Hash{}, false, err
		}
		v.pending = &n
	}
	if v.pending.Index != index {
		return tlog.Hash{}, false, nil
	}
	h := v.pending.Hash
	v.pending = nil
	return h, true, nil
}

// beyond looks for entries and hashes behind the last that the head counts.
func (v *verifier) beyond(nextEntry func() (Entry, error, bool), nextNode func() (Node, error, bool)) error {
	e, err, ok := nextEntry()
	if err != nil {
		return err
	}
	if ok {
		return v.first(e.Seq, Added)
	}
	if _, err, ok := nextNode(); err != nil {
		return err
	} else if ok || v.pending != nil {
		v.noteNode(v.stored.Head.Size - 1)
	}
	return nil
}

// judge names the culprit when the walk met every entry.
func (v *verifier) judge() error {
	head := v.stored.Head
	switch {
	case v.real.Root() == head.Root && v.badEntry >= 0:
		return v.problem(v.badEntry, HashChanged)
	case v.real.Root() == head.Root && v.badNode >= 0:
		return v.problem(v.badNode, HashChanged)
	case v.real.Root() == head.Root:
		return nil
	case v.badEntry >= 0:
		return v.changed()
	case v.badNode >= 0:
		return v.problem(v.badNode, Changed) // with its own hash, not with those above
	default:
		return v.problem(head.Size-1, HeadChanged)
	}
}

// changed tells an entry that was altered from one that changed its place: then
// the right one stands where it does not belong either.
func (v *verifier) changed() error {
	for e, err := range v.stored.Entries {
		if err != nil {
			return err
		}
		if !v.displaced[e.Seq] {
			continue
		}
		e.Seq = v.badEntry
		if e.Hash() == v.badLeaf {
			return v.problem(v.badEntry, OutOfOrder)
		}
	}
	return v.problem(v.badEntry, Changed)
}

// first reports the entry at hand unless an earlier one was already bad.
func (v *verifier) first(n int64, w Wrong) error {
	if v.badEntry >= 0 && v.badEntry < n {
		return v.changed()
	}
	return v.problem(n, w)
}

// reached holds the log's first size entries against the checkpoints of that size.
func (v *verifier) reached(size int64) error {
	for _, c := range v.checkpoints {
		if c.Log == v.stored.Head.Log && c.Size == size && c.Root != v.real.Root() {
			return v.first(size-1, Rewritten)
		}
	}
	return nil
}

// shortened looks for a checkpoint that knew more entries than there are.
func (v *verifier) shortened() error {
	head := v.stored.Head
	for _, c := range v.checkpoints {
		if c.Log == head.Log && c.Size > head.Size {
			return v.problem(head.Size, Shortened)
		}
	}
	return nil
}

func (v *verifier) problem(n int64, w Wrong) error {
	return &Problem{Log: v.stored.Head.Log, Seq: n, Wrong: w}
}
