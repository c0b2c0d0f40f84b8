package feed

import (
	"fmt"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// A RootChange replaces the keys of the roles that are not nil.
type RootChange struct {
	Root, Targets, Snapshot, Timestamp *Role
}

// DraftRoot is the next root, unsigned, as a file that travels to each keeper of
// a root key. Without any change it renews the root's life.
func (r *Repository) DraftRoot(c RootChange) ([]byte, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	root, err := metadata.Root().FromBytes(v.roots[len(v.roots)-1])
	if err != nil {
		return nil, err
	}
	root.Signed.Version++
	root.Signed.Expires = r.until(r.lifetimes().Root)
	for name, role := range map[string]*Role{metadata.ROOT: c.Root, metadata.TARGETS: c.Targets,
		metadata.SNAPSHOT: c.Snapshot, metadata.TIMESTAMP: c.Timestamp} {
		if role == nil {
			continue
		}
		if err := setRole(&root.Signed, name, *role); err != nil {
			return nil, fmt.Errorf("changing the keys of %s: %w", name, err)
		}
	}
	root.ClearSignatures()
	return root.ToBytes(false)
}

// SignRoot adds the ring's signatures to a drafted root.
func SignRoot(draft []byte, ring Ring) ([]byte, error) {
	root, err := metadata.Root().FromBytes(draft)
	if err != nil {
		return nil, fmt.Errorf("reading the drafted root: %w", err)
	}
	var ids []string
	for _, k := range ring {
		id, err := KeyID(k.Public())
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if _, err := sign(root, ring, ids); err != nil {
		return nil, err
	}
	return root.ToBytes(false)
}

// AdoptRoot publishes a root that enough keepers have signed, old ones and new
// ones, and signs anew with the ring whatever the old keys had signed.
func (r *Repository) AdoptRoot(signed []byte) error {
	return r.change(func(v *view, e *edition) error {
		root, err := metadata.Root().FromBytes(signed)
		if err != nil {
			return judge("the new root", err)
		}
		if root.Signed.Version != v.root.Signed.Version+1 {
			return refuse(Rollback, fmt.Errorf("root %d does not follow root %d", root.Signed.Version, v.root.Signed.Version))
		}
		e.root = root
		e.add(versioned(root.Signed.Version, metadata.ROOT), signed)
		return r.renewTop(v, e)
	})
}

// renewTop signs the ministry's file anew if its keys have changed.
func (r *Repository) renewTop(v *view, e *edition) error {
	top := v.office(Top)
	if e.root.VerifyDelegate(metadata.TARGETS, top.meta) == nil {
		return nil
	}
	s, err := r.draft(v, Top, Change{})
	if err != nil {
		return err
	}
	m, err := metadata.Targets().FromBytes(s.Metadata)
	if err != nil {
		return err
	}
	role := e.root.Signed.Roles[metadata.TARGETS]
	e.offices[metadata.TARGETS], err = signFully(m, r.host.Ring, "the ministry's file", role.KeyIDs, role.Threshold)
	return err
}

// RotateRoot drafts, signs and adopts a new root where all keys are at hand.
func (r *Repository) RotateRoot(c RootChange) error {
	draft, err := r.DraftRoot(c)
	if err != nil {
		return err
	}
	signed, err := SignRoot(draft, r.host.Ring)
	if err != nil {
		return err
	}
	return r.AdoptRoot(signed)
}
