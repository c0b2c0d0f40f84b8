package feed

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ecluse-ecole/ecluse/internal/journal"
)

// A ledger is the transparency log: every order that was ever accepted, one line
// each, in the order of acceptance. The lines are the leaves of a Merkle tree
// (RFC 6962) whose head is signed as a note (C2SP tlog-checkpoint). A follower
// keeps all lines: at some hundred bytes an order it computes every proof itself,
// and the host serves two plain files.
type ledger struct {
	lines    []byte
	size     int64
	frontier journal.Frontier
	first    map[string]string // by target: the hash that was accepted first
	note     []byte            // the newest checkpoint
}

func newLedger() *ledger { return &ledger{first: map[string]string{}} }

// clone is a copy that can grow without changing this one.
func (g *ledger) clone() (*ledger, error) {
	c := newLedger()
	c.note = g.note
	return c, c.add(g.lines)
}

func ledgerLine(target, sum string) string { return target + " " + sum + "\n" }

// add appends whole lines.
func (g *ledger) add(lines []byte) error {
	for line := range bytes.Lines(lines) {
		target, sum, found := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		if _, err := idOf(target); err != nil || !found || len(sum) != 64 || line[len(line)-1] != '\n' {
			return refuse(SplitView, fmt.Errorf("entry %d of the log is no order and its hash", g.size))
		}
		g.frontier.Add(tlog.RecordHash(line))
		g.lines = append(g.lines, line...)
		g.size++
		if g.first[target] == "" {
			g.first[target] = sum
		}
	}
	return nil
}

// A Head is the signed state of the log: how many orders it holds, and the root
// of the tree over them.
type Head struct {
	Origin string // the log's name
	Size   int64
	Root   tlog.Hash
}

func (g *ledger) head(origin string) Head { return Head{origin, g.size, g.frontier.Root()} }

// rootAt is the root of the tree when the log had so many lines.
func (g *ledger) rootAt(size int64) (tlog.Hash, error) {
	if size > g.size {
		return tlog.Hash{}, fmt.Errorf("the log has %d entries, not %d", g.size, size)
	}
	var f journal.Frontier
	for line := range bytes.Lines(g.lines) {
		if f.Size() == size {
			break
		}
		f.Add(tlog.RecordHash(line))
	}
	return f.Root(), nil
}

// text is the signed text of a checkpoint.
func (h Head) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", h.Origin, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
}

func parseHead(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return Head{}, errors.New("a checkpoint has three lines: the log's name, its size, its root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Head{}, fmt.Errorf("%q is no size of a log", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Head{}, fmt.Errorf("%q is no root of a log", lines[2])
	}
	return Head{lines[0], size, tlog.Hash(root)}, nil
}

// A Trust says whose checkpoints a follower accepts: the log's own, cosigned by
// enough of the witnesses.
type Trust struct {
	Log       string   // the log's verifier key, "name+hash+key"; its name is the log's origin
	Witnesses []string // verifier keys of those who may cosign
	Need      int      // how many of them must
}

// check reports a verifier key that cannot be read, and a threshold that cannot
// be met.
func (t Trust) check() error {
	if _, _, err := t.verifiers(); err != nil {
		return err
	}
	different := slices.Compact(slices.Sorted(slices.Values(t.Witnesses)))
	if t.Need > len(different) {
		return fmt.Errorf("%d witnesses must cosign and %d are known: name as many", t.Need, len(different))
	}
	return nil
}

// verifiers are the log's and the witnesses' keys.
func (t Trust) verifiers() (log note.Verifier, witnesses []note.Verifier, err error) {
	if log, err = note.NewVerifier(t.Log); err != nil {
		return nil, nil, fmt.Errorf("reading the log's key %q: %w", t.Log, err)
	}
	for _, text := range t.Witnesses {
		w, err := parseWitness(text)
		if err != nil {
			return nil, nil, err
		}
		witnesses = append(witnesses, w)
	}
	return log, witnesses, nil
}

// open verifies a checkpoint's signatures.
func (t Trust) open(checkpoint []byte) (Head, error) {
	log, witnesses, err := t.verifiers()
	if err != nil {
		return Head{}, err
	}
	n, err := note.Open(checkpoint, note.VerifierList(append(witnesses, log)...))
	if err != nil {
		return Head{}, refuse(Forged, fmt.Errorf("the log's checkpoint: %w", err))
	}
	byLog := slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == log.Name() && s.Hash == log.KeyHash() })
	if !byLog {
		return Head{}, refuse(Forged, errors.New("the log's checkpoint is not signed by the log"))
	}
	if cosigned := len(n.Sigs) - 1; cosigned < t.Need {
		return Head{}, refuse(Forged, fmt.Errorf("the log's checkpoint is cosigned by %d witnesses, and needs %d: they may not have seen it yet", cosigned, t.Need))
	}
	h, err := parseHead(n.Text)
	if err != nil || h.Origin != log.Name() {
		return Head{}, refuse(Forged, fmt.Errorf("the checkpoint of %q is not one of %q: %w", h.Origin, log.Name(), err))
	}
	return h, nil
}

// advance is the ledger grown to a new checkpoint. It fails if the log is not the
// one before with lines added.
func (g *ledger) advance(t Trust, checkpoint, added []byte) (*ledger, error) {
	h, err := t.open(checkpoint)
	if err != nil {
		return nil, err
	}
	if h.Size < g.size {
		return nil, refuse(Rollback, fmt.Errorf("the log shrinks from %d to %d entries", g.size, h.Size))
	}
	grown, err := g.clone()
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(added) {
		if grown.size == h.Size {
			break // entries that a later checkpoint will cover
		}
		if err := grown.add(line); err != nil {
			return nil, err
		}
	}
	if grown.size < h.Size {
		return nil, refuse(Damaged, fmt.Errorf("the log ends after %d of %d entries", grown.size, h.Size))
	}
	if grown.frontier.Root() != h.Root {
		return nil, refuse(SplitView, fmt.Errorf("the log's checkpoint over %d entries is not one over the entries that were published before", h.Size))
	}
	grown.note = checkpoint
	return grown, nil
}

const algEd25519 = 1 // golang.org/x/mod/sumdb/note, the algorithm of its keys

// A scribe signs notes with a key that may stay in its token.
type scribe struct {
	name string
	key  crypto.Signer
}

func (s scribe) Name() string { return s.name }

// KeyHash is the first four bytes of SHA-256(name, line end, algorithm, key).
func (s scribe) KeyHash() uint32 {
	public, _ := s.key.Public().(ed25519.PublicKey)
	return keyHash(s.name, algEd25519, public)
}

// Sign signs the text of a note.
func (s scribe) Sign(msg []byte) ([]byte, error) { return s.key.Sign(rand.Reader, msg, crypto.Hash(0)) }

// LogKey is the verifier key of a log or a witness, for Trust: "name+hash+key".
// The key is Ed25519.
func LogKey(name string, public crypto.PublicKey) (string, error) {
	key, ok := public.(ed25519.PublicKey)
	if !ok {
		return "", errors.New("the log's key is not Ed25519, as its checkpoints need")
	}
	return note.NewEd25519VerifierKey(name, key)
}

// checkpoint signs the ledger's head.
func (g *ledger) checkpoint(s scribe) ([]byte, error) {
	data, err := note.Sign(&note.Note{Text: g.head(s.name).text()}, s)
	if err != nil {
		return nil, fmt.Errorf("signing the log's checkpoint: %w", err)
	}
	return data, nil
}

// signed reports whether the checkpoint speaks of just these lines. A crash
// between the two files leaves lines without one.
func (g *ledger) signed() bool {
	text, _, _ := bytes.Cut(g.note, []byte("\n\n"))
	h, err := parseHead(string(text) + "\n")
	return err == nil && h.Size == g.size && h.Root == g.frontier.Root()
}
