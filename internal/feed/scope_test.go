package feed

import (
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

func TestAKeyOutOfScopeSignsNothing(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	f := w.follow()
	foreign := sample(t, "FR/13/2024-0005")
	_, err := w.repo.Draft("FR/14", Change{Publish: []*order.Order{foreign}})
	if err == nil || !strings.Contains(err.Error(), "not inside FR/14") {
		t.Fatalf("drafted: %v", err)
	}
	s := w.smuggle("FR/14", TargetName(foreign.ID), foreign.Encode())
	if err := w.repo.Adopt(s); err == nil || !strings.Contains(err.Error(), "only inside its own territory") {
		t.Fatalf("adopted: %v", err)
	}
	w.force(s)
	w.publish(next)
	w.expect(f, NoCause)
	w.holds(f, held, next)
	if v := f.Set().Void; len(v) != 1 || v[0].Office != "FR/14" {
		t.Errorf("void %v", v)
	}
}

func TestWhatCannotCountIsLeftOut(t *testing.T) {
	for _, c := range []struct{ name, target, text, why string }{
		{"an end before its start", "FR.14.2024-0003.yaml", yamlOf("FR/14/2024-0003", "FR/14", "until: 2024-03-01T00:00\n"), "until"},
		{"another's name", "FR.14.2024-0003.yaml", yamlOf("FR/14/2024-0004", "FR/14", ""), "FR/14/2024-0004"},
		{"another issuer", "FR.14.2024-0003.yaml", yamlOf("FR/13/2024-0003", "FR/13", ""), "FR/13/2024-0003"},
		{"no order", "FR.14.2024-0003.yaml", "hello", ""},
		{"a name that is no order's", "FR.14.readme.txt", "hello", "names no order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(held)
			f := w.follow()
			s := w.smuggle("FR/14", c.target, []byte(c.text))
			if err := w.repo.Adopt(s); err == nil {
				t.Fatal("the host adopted it")
			}
			w.force(s)
			w.expect(f, NoCause)
			w.holds(f, held)
			if v := f.Set().Void; len(v) != 1 || !strings.Contains(v[0].String(), c.why) {
				t.Errorf("void %v", v)
			}
		})
	}
}

func (w *world) smuggle(t school.Territory, target string, data []byte) *Submission {
	w.t.Helper()
	s, err := w.repo.Draft(t, Change{})
	w.do(err)
	m, err := metadata.Targets().FromBytes(s.Metadata)
	w.do(err)
	tf, err := metadata.TargetFile().FromBytes(target, data, "sha256")
	w.do(err)
	m.Signed.Targets[target] = tf
	s.Metadata, err = m.ToBytes(false)
	w.do(err)
	s.Orders[target] = data
	w.do(s.Sign(Ring{w.keys[string(t)]}))
	return s
}

func (w *world) force(s *Submission) {
	w.t.Helper()
	w.do(w.repo.change(func(_ *view, e *edition) error {
		e.offices[roleOf(s.Office)] = s.Metadata
		for name, data := range s.Orders {
			e.add(contentFile(hashOf(data), name), data)
			if id, err := idOf(name); err == nil && s.Office.Contains(id.Issuer()) {
				w.do(e.ledger.add([]byte(ledgerLine(name, hashOf(data)))))
			}
		}
		return nil
	}))
}

func TestADelegationOutOfPlaceIsVoid(t *testing.T) {
	for _, c := range []struct{ role, pattern string }{
		{"FR.13.079", "FR.13.079.*"}, {"FR.13", "FR.13.*"}, {"FR.14.024", "FR.*"}, {"FR.14", "FR.14.*"}, {"targets", "FR.*"}, {"snapshot", "*"},
	} {
		t.Run(c.role+" "+c.pattern, func(t *testing.T) {
			w := newWorld(t)
			w.publish(held)
			f := w.follow()
			thief := newKey(t)
			s, err := w.repo.Draft("FR/14", Change{Delegate: []Delegation{{"FR/14/033", RoleFor(1, thief)}}})
			w.do(err)
			m, err := metadata.Targets().FromBytes(s.Metadata)
			w.do(err)
			m.Signed.Delegations.Roles[0].Name, m.Signed.Delegations.Roles[0].Paths = c.role, []string{c.pattern}
			s.Metadata, err = m.ToBytes(false)
			w.do(err)
			w.do(s.Sign(Ring{w.keys["FR/14"]}))
			if w.repo.Adopt(s) == nil {
				t.Fatal("the host adopted it")
			}
			w.force(s)
			w.expect(f, NoCause)
			w.holds(f, held)
			if v := f.Set().Void; len(v) != 1 {
				t.Errorf("void %v", v)
			}
		})
	}
}

func TestAWithdrawnOrderIsReported(t *testing.T) {
	w := newWorld(t)
	w.publish(held, "FR/13/2024-0001")
	f := w.follow()
	w.do(w.repo.Revoke("FR/13/079"))
	w.expect(f, NoCause)
	w.holds(f, "FR/13/2024-0001")
	if v := f.Set().Void; len(v) != 1 || v[0].What != TargetName(held) {
		t.Errorf("void %v", v)
	}
}

func TestALowerLevelCannotReopen(t *testing.T) {
	w := newWorld(t)
	closing := sample(t, "FR/2024-0001")
	open, err := order.Parse("", []byte(strings.ReplaceAll(yamlOf("FR/13/079/2024-0001", "FR/13/079", ""), `hours: "off"`, `hours: "24/7"`)))
	w.do(err)
	lift, err := order.Parse("", []byte(`order: FR/13/079/2024-0002
issuer: FR/13/079
type: cancel
references: [FR/2024-0001]
title: Réouverture
from: 2024-03-29T00:00
reason: Réouverture
contact: {office: Cabinet, phone: "05 36 49 00 00"}
`))
	w.do(err)
	w.do(w.repo.Publish(closing, open, lift))
	f := w.follow()
	w.holds(f, closing.ID, open.ID, lift.ID)
	set, problems := order.NewSet(f.Set().Orders)
	if _, by, _ := set.End(closing.ID); by != "" || len(problems) != 1 {
		t.Errorf("lifted by %q, %v", by, problems)
	}
}

func TestAnExerciseArrivesAsOne(t *testing.T) {
	w := newWorld(t)
	o, err := order.Parse("", []byte(yamlOf(held, "FR/13/079", "status: exercise\n")))
	w.do(err)
	w.do(w.repo.Publish(o))
	f := w.follow()
	if got := f.Set().Orders; len(got) != 1 || got[0].Status != order.Exercise {
		t.Errorf("orders %v", got)
	}
}

// An office's own key does not take away what it published.
func TestAPublishedOrderIsNeverTakenAway(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	s, err := w.repo.Draft("FR/13/079", Change{})
	w.do(err)
	m, err := metadata.Targets().FromBytes(s.Metadata)
	w.do(err)
	delete(m.Signed.Targets, TargetName(held))
	s.Metadata, err = m.ToBytes(false)
	w.do(err)
	w.do(s.Sign(Ring{w.keys["FR/13/079"]}))
	if err := w.repo.Adopt(s); err == nil || !strings.Contains(err.Error(), "missing or changed") {
		t.Errorf("adopted: %v", err)
	}
	w.holds(w.follow(), held)
}

// TestAFileIsHeldAgainstTheKeysOfToday: an office's file that has not changed does
// not go on counting when the office above gives it other keys, or wants more of
// them to sign.
func TestAFileIsHeldAgainstTheKeysOfToday(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	old, fresh := w.keys["FR/13/079"], newKey(t)
	for name, role := range map[string]Role{"another key": RoleFor(1, fresh), "a second key": RoleFor(2, old, fresh)} {
		if err := w.repo.Delegate(Delegation{"FR/13/079", role}); CauseOf(err) != Forged {
			t.Errorf("%s: %v", name, err)
		}
	}
	view, err := w.repo.view()
	w.do(err)
	before := view.office("FR/13").meta.Signed.Delegations
	now, ids := *before, view.office("FR/13/079").keys
	if !sameKeys(before, &now, ids) {
		t.Error("the same keys are others")
	}
	other := *before.Keys[ids[0]]
	other.Value.PublicKey = strings.Repeat("0", 64)
	now.Keys = map[string]*metadata.Key{ids[0]: &other}
	if sameKeys(before, &now, ids) {
		t.Error("another key by the same name is the same")
	}
}
