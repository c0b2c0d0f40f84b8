package feed

import (
	"fmt"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A view is one verified state of the whole feed: everything in it hangs
// together, down from the root. It is immutable.
type view struct {
	roots     [][]byte // from the first trusted one on, each signed by the one before
	root      *metadata.Metadata[metadata.RootType]
	stampData []byte
	stamp     *stamp
	snapData  []byte
	snap      *metadata.SnapshotType
	offices   []*office // from the top down; those above before those below
	vacant    []*office // delegated, with nothing signed yet
	void      []Void    // delegations that do not count, and why
	within    []school.Territory
}

// wants reports whether an office bears on the territories that are followed:
// it is one of them, or above or below one.
func (v *view) wants(t school.Territory) bool {
	return len(v.within) == 0 || slices.ContainsFunc(v.within, func(w school.Territory) bool {
		return w.Contains(t) || t.Contains(w)
	})
}

// An office is one territory's file: what it orders and whom it delegates to.
type office struct {
	territory school.Territory
	above     string // the role that delegates to it; "root" for FR
	data      []byte
	meta      *metadata.Metadata[metadata.TargetsType]
	role      Role // without keys: only the threshold
	keys      []string
	overdue   bool
}

func (v *view) office(t school.Territory) *office {
	for _, o := range v.offices {
		if o.territory == t {
			return o
		}
	}
	return nil
}

// A stamp is the signed part of timestamp.json as the feed's profile has it.
type stamp struct {
	version  int64
	signed   time.Time // when it was signed
	expires  time.Time
	root     int64 // the newest root, so that nobody need ask for the next one
	snapshot metadata.MetaFiles
}

const (
	signedField = "x-ecluse-signed"
	rootField   = "x-ecluse-root"
)

// stampOf reads the profile's fields; they stand inside what is signed.
func stampOf(t *metadata.TimestampType) (*stamp, error) {
	s := &stamp{version: t.Version, expires: t.Expires}
	signed, _ := t.UnrecognizedFields[signedField].(string)
	var err error
	if s.signed, err = time.Parse(time.RFC3339, signed); err != nil {
		return nil, refuse(Forged, fmt.Errorf("timestamp.json does not say when it was signed (%s)", signedField))
	}
	if root, ok := t.UnrecognizedFields[rootField].(float64); ok {
		s.root = int64(root)
	}
	meta := t.Meta["snapshot.json"]
	if meta == nil || len(meta.Hashes) == 0 || meta.Length <= 0 {
		return nil, refuse(Forged, fmt.Errorf("timestamp.json does not name the snapshot with its length and hash"))
	}
	s.snapshot = *meta
	return s, nil
}

// peek reads a timestamp that nobody has verified; nothing may rest on it but
// the question whether there is a new root.
func peek(data []byte) *stamp {
	m, err := metadata.Timestamp().FromBytes(data)
	if err != nil {
		return nil
	}
	s, err := stampOf(&m.Signed)
	if err != nil {
		return nil
	}
	return s
}

// Bounds on how fast versions grow. The host signs once a minute and at every
// change; one a second is more than it will ever need, and the slack covers
// repairs. An office signs when it publishes.
const (
	stampSlack  = 1000
	officeSlack = 100_000
)

// leap refuses versions that grew faster than the signed time allows.
func leap(what string, from, to int64, passed time.Duration, slack int64) error {
	if most := slack + max(0, int64(passed/time.Second)); to-from > most {
		return refuse(Jumped, fmt.Errorf("%s goes from version %d to %d, and may grow by %d", what, from, to, most))
	}
	return nil
}
