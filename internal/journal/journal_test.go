package journal_test

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/internal/journal"
)

// A shelf keeps one log in memory, as a store would.
type shelf struct {
	frontier journal.Frontier
	head     journal.Head
	entries  []journal.Entry
	nodes    []journal.Node
}

func (s *shelf) add(e journal.Entry) {
	e.Log, e.Seq = "0790001A", s.frontier.Size()
	for _, h := range s.frontier.Add(e.Hash()) {
		s.nodes = append(s.nodes, journal.Node{Index: int64(len(s.nodes)), Hash: h})
	}
	s.entries = append(s.entries, e)
	s.head = journal.Head{Log: e.Log, Size: s.frontier.Size(), Root: s.frontier.Root()}
}

// filled is a log of n entries.
func filled(n int) *shelf {
	s := &shelf{head: journal.Head{Log: "0790001A", Root: new(journal.Frontier).Root()}}
	for i := range n {
		s.add(journal.Entry{
			At: time.UnixMilli(int64(1_700_000_000_000 + i)), Actor: "p1", Verb: "message.send", Subject: "message", Detail: strings.Repeat("x", i),
		})
	}
	return s
}

func (s *shelf) verify(checkpoints ...journal.Head) error {
	return journal.Verify(journal.Stored{Head: s.head, Entries: walk(s.entries), Nodes: walk(s.nodes)}, checkpoints...)
}

func walk[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// ReadHashes lets tlog read the shelf.
func (s *shelf) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = s.nodes[x].Hash
	}
	return out, nil
}

// TestFrontierIsTlog holds our appending against tlog's at every size.
func TestFrontierIsTlog(t *testing.T) {
	s := filled(0)
	for n := range int64(200) {
		e := journal.Entry{Log: "0790001A", Seq: n, Verb: "v"}
		want, err := tlog.StoredHashes(n, e.Canonical(), s)
		if err != nil {
			t.Fatal(err)
		}
		before := len(s.nodes)
		s.add(e)
		for i, h := range want {
			if s.nodes[before+i].Hash != h {
				t.Fatalf("entry %d: stored hash %d is not tlog's", n, i)
			}
		}
		if root, err := tlog.TreeHash(n+1, s); err != nil || root != s.head.Root {
			t.Fatalf("size %d: the root is not tlog's (%v)", n+1, err)
		}
		again, err := journal.ParseFrontier(n+1, s.frontier.Bytes())
		if err != nil || again.Root() != s.head.Root {
			t.Fatalf("size %d: the kept frontier is another (%v)", n+1, err)
		}
	}
	if _, err := journal.ParseFrontier(3, make([]byte, 32)); err == nil {
		t.Fatal("a frontier with a peak too few was read")
	}
}

// TestVerify is what happens to a log of 13 entries, and what is found.
func TestVerify(t *testing.T) {
	type damage func(*shelf)
	entry := func(i int, change func(*journal.Entry)) damage {
		return func(s *shelf) { change(&s.entries[i]) }
	}
	node := func(i int) damage { return func(s *shelf) { s.nodes[i].Hash[0]++ } }
	leaf := func(n int64) int { return int(tlog.StoredHashIndex(0, n)) }

	for name, c := range map[string]struct {
		do    damage
		seq   int64
		wrong journal.Wrong
	}{
		"actor":          {entry(3, func(e *journal.Entry) { e.Actor = "p2" }), 3, journal.Changed},
		"verb":           {entry(0, func(e *journal.Entry) { e.Verb = "order.issue" }), 0, journal.Changed},
		"subject":        {entry(12, func(e *journal.Entry) { e.Subject = "" }), 12, journal.Changed},
		"detail":         {entry(5, func(e *journal.Entry) { e.Detail += "!" }), 5, journal.Changed},
		"instant":        {entry(5, func(e *journal.Entry) { e.At = e.At.Add(time.Millisecond) }), 5, journal.Changed},
		"log":            {entry(5, func(e *journal.Entry) { e.Log = "0790002B" }), 5, journal.Changed},
		"two entries":    {func(s *shelf) { s.entries[9].Verb, s.entries[4].Verb = "a", "b" }, 4, journal.Changed},
		"entry deleted":  {func(s *shelf) { s.entries = slices.Delete(s.entries, 6, 7) }, 6, journal.Missing},
		"first deleted":  {func(s *shelf) { s.entries = s.entries[1:] }, 0, journal.Missing},
		"last deleted":   {func(s *shelf) { s.entries = s.entries[:12] }, 12, journal.Missing},
		"entry added":    {func(s *shelf) { s.entries = append(s.entries, journal.Entry{Log: "0790001A", Seq: 13}) }, 13, journal.Added},
		"seq below zero": {func(s *shelf) { s.entries = slices.Insert(s.entries, 0, journal.Entry{Seq: -1}) }, 0, journal.OutOfOrder},
		"swapped":        {func(s *shelf) { a, b := &s.entries[2], &s.entries[8]; *a, *b = *b, *a; a.Seq, b.Seq = 2, 8 }, 2, journal.OutOfOrder},
		"renumbered": {func(s *shelf) {
			s.entries = slices.Delete(s.entries, 6, 7)
			s.renumber()
			s.entries = append(s.entries, journal.Entry{Seq: 12})
		}, 6, journal.Changed},
		"leaf hash":       {node(leaf(7)), 7, journal.HashChanged},
		"last leaf hash":  {node(leaf(12)), 12, journal.HashChanged},
		"inner hash":      {node(leaf(7) + 2), 7, journal.HashChanged},
		"hash deleted":    {func(s *shelf) { s.nodes = slices.Delete(s.nodes, leaf(4), leaf(4)+1) }, 4, journal.HashChanged},
		"hash added":      {func(s *shelf) { s.nodes = append(s.nodes, journal.Node{Index: 99}) }, 12, journal.HashChanged},
		"all hashes gone": {func(s *shelf) { s.nodes = nil }, 0, journal.HashChanged},
		"entry with its leaf hash": {func(s *shelf) {
			s.entries[5].Verb = "x"
			s.nodes[leaf(5)].Hash = s.entries[5].Hash()
		}, 5, journal.Changed},
		"root":                   {func(s *shelf) { s.head.Root[0]++ }, 12, journal.HeadChanged},
		"head set back":          {func(s *shelf) { s.head = filled(9).head }, 9, journal.Added},
		"head set ahead":         {func(s *shelf) { s.head.Size++ }, 13, journal.Missing},
		"entries and all hashes": {func(s *shelf) { root := s.head.Root; s.rewrite(3); s.head.Root = root }, 12, journal.HeadChanged},
	} {
		t.Run(name, func(t *testing.T) {
			s := filled(13)
			c.do(s)
			wants(t, s.verify(), c.seq, c.wrong)
		})
	}
}

// wants checks the problem that was found.
func wants(t *testing.T, err error, seq int64, wrong journal.Wrong) {
	t.Helper()
	p, ok := errors.AsType[*journal.Problem](err)
	if !ok || p.Log != "0790001A" || p.Seq != seq || p.Wrong != wrong {
		t.Fatalf("got %v, want entry %d: %s", err, seq, wrong)
	}
}

func (s *shelf) renumber() {
	for i := range s.entries {
		s.entries[i].Seq = int64(i)
	}
}

// rewrite changes an entry and everything that follows from it.
func (s *shelf) rewrite(n int) {
	old := s.entries
	*s = shelf{}
	for i, e := range old {
		if i == n {
			e.Detail = "rewritten"
		}
		s.add(e)
	}
}

// TestCheckpoint is what only a checkpoint shows.
func TestCheckpoint(t *testing.T) {
	checkpoint := filled(9).head
	if err := filled(13).verify(checkpoint, filled(13).head, filled(0).head, journal.Head{Log: "other", Size: 99}); err != nil {
		t.Fatalf("a log that only grew: %v", err)
	}
	rewritten := filled(13)
	rewritten.rewrite(3)
	if err := rewritten.verify(); err != nil {
		t.Fatalf("a log rewritten with all its hashes agrees with itself, but: %v", err)
	}
	wants(t, rewritten.verify(checkpoint), 8, journal.Rewritten)
	wants(t, filled(7).verify(checkpoint), 7, journal.Shortened)
	wants(t, filled(0).verify(checkpoint), 0, journal.Shortened)
}

func TestCheckpointFile(t *testing.T) {
	heads := []journal.Head{filled(9).head, {Log: "FR/13/079", Size: 2, Root: filled(2).head.Root}}
	var b bytes.Buffer
	if err := journal.WriteCheckpoint(&b, heads); err != nil {
		t.Fatal(err)
	}
	got, err := journal.ReadCheckpoint(strings.NewReader(b.String() + "\n" + b.String()))
	if err != nil || !slices.Equal(got, append(heads, heads...)) {
		t.Fatalf("got %v, %v", got, err)
	}
	for _, bad := range []string{"hello", b.String() + "a b", b.String() + "a -1 AAAA", b.String() + "a 1 AAAA"} {
		if _, err := journal.ReadCheckpoint(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read as a checkpoint", bad)
		}
	}
}

// TestAnyChangeIsFound changes one random byte of one random field or hash.
func TestAnyChangeIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := filled(rapid.IntRange(1, 70).Draw(t, "size"))
		if err := s.verify(); err != nil {
			t.Fatalf("untouched: %v", err)
		}
		if rapid.Bool().Draw(t, "a hash") {
			n := rapid.IntRange(0, len(s.nodes)-1).Draw(t, "node")
			s.nodes[n].Hash[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1
		} else {
			n := rapid.IntRange(0, len(s.entries)-1).Draw(t, "entry")
			e := &s.entries[n]
			field := rapid.SampledFrom([]*string{&e.Actor, &e.Verb, &e.Subject, &e.Detail}).Draw(t, "field")
			*field = "1:" + *field
		}
		if s.verify() == nil {
			t.Fatal("the change was not found")
		}
	})
}

// TestCanonicalIsInjective moves bytes from one field to the next.
func TestCanonicalIsInjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.StringN(0, 20, -1).Draw(t, "text")
		i, j := rapid.IntRange(0, len(all)).Draw(t, "i"), rapid.IntRange(0, len(all)).Draw(t, "j")
		a := journal.Entry{Actor: all[:i], Verb: all[i:]}
		b := journal.Entry{Actor: all[:j], Verb: all[j:]}
		if (i == j) != bytes.Equal(a.Canonical(), b.Canonical()) {
			t.Fatalf("%q and %q", a.Canonical(), b.Canonical())
		}
	})
}
