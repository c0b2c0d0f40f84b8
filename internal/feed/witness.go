package feed

import (
	"context"
	"crypto"
	"errors"
	"fmt"
)

// lastFile is where a witness keeps the checkpoint that it cosigned last.
const lastFile = "cosigned"

// A Witness is a second body, such as a court or an academy, that follows a feed
// and cosigns its log. It signs nothing that does not continue what it signed
// before, whatever became of its folder in between: the last checkpoint is
// durable before its signature leaves.
type Witness struct {
	follower *Follower
	name     string
	key      crypto.Signer
	disk     disk
}

// NewWitness opens a witness. Its options hold the log's key; the witnesses of
// others do not count for it.
func NewWitness(o Options, name string, key crypto.Signer) (*Witness, error) {
	if _, err := WitnessKey(name, key.Public()); err != nil {
		return nil, err
	}
	if o.Log == nil {
		return nil, errors.New("a witness reads the log: give the log's key")
	}
	o.Log = &Trust{Log: o.Log.Log}
	f, err := NewFollower(o)
	if err != nil {
		return nil, err
	}
	return &Witness{follower: f, name: name, key: key, disk: newDisk(o.Dir)}, nil
}

// Cosign looks at the feed, verifies that the log continues the one cosigned
// before, and gives its checkpoint with this witness's line below. An error whose
// cause is SplitView holds both checkpoints: they prove what the log's key did.
func (w *Witness) Cosign(ctx context.Context) ([]byte, error) {
	if _, err := w.follower.Poll(ctx); err != nil {
		return nil, err
	}
	w.follower.mu.Lock()
	g := w.follower.good.ledger
	w.follower.mu.Unlock()
	if err := w.continues(g); err != nil {
		return nil, err
	}
	if err := w.disk.write(lastFile, g.note); err != nil {
		return nil, refuse(Storage, err)
	}
	line, err := cosign(g.note, w.name, w.key, w.follower.time.now())
	if err != nil {
		return nil, err
	}
	return append(append([]byte{}, g.note...), line...), nil
}

// continues holds the log against the checkpoint that was cosigned last.
func (w *Witness) continues(g *ledger) error {
	last, err := w.disk.read(lastFile)
	if missing(err) {
		return nil
	}
	if err != nil {
		return refuse(Storage, err)
	}
	before, err := w.follower.opts.Log.open(last)
	if err != nil {
		return fmt.Errorf("reading what was cosigned last: %w", err)
	}
	if before.Size > g.size {
		return refuse(SplitView, &Divergence{Ours: last, Theirs: g.note})
	}
	root, err := g.rootAt(before.Size)
	if err != nil {
		return err
	}
	if root != before.Root {
		return refuse(SplitView, &Divergence{Ours: last, Theirs: g.note})
	}
	return nil
}
