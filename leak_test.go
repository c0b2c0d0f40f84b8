package ecluse_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/leak"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// know reopens the world with a list of leaked passwords.
func (w *world) know(passwords ...string) {
	w.Helper()
	dir := w.TempDir()
	list, file := filepath.Join(dir, "list"), filepath.Join(dir, "leaked")
	w.must(os.WriteFile(list, []byte(strings.Join(passwords, "\n")), 0o600))
	must(leak.Build(w.ctx, file, []string{list}, leak.Options{Plain: true}))
	w.leaked = must(leak.Open(file))
	w.Cleanup(func() { w.leaked.Close() })
	w.must(w.App.Close())
	w.open()
}

// TestALeakedPasswordIsRenewed: who signs in with a password that thieves know must
// renew it, and what was opened with it ends; nobody learns by guessing that a
// password is leaked; it is taken as no new password.
func TestALeakedPasswordIsRenewed(t *testing.T) { storetest.EachDatabase(t, testLeaked) }

func testLeaked(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	before := w.enter("nadia", "")
	nadia := must(w.Visit(w.ctx, before.From(atHome)))
	if _, there := w.LeakList(); there {
		t.Error("a list is there before any was installed")
	}
	w.know(password, "un autre mot de passe")
	if list, there := w.LeakList(); !there || list.Count != 2 || list.Trouble {
		t.Errorf("the list is %+v, %v", list, there)
	}

	_, err := w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: "un autre mot de passe", Address: atHome})
	if !fault.Is(err, fault.SignedOut) {
		t.Errorf("a wrong password that is leaked: %v", err)
	}
	must(w.Visit(w.ctx, before.From(atHome))) // a guess ends nothing

	if got := w.enter("nadia", before.Device); got.Stage != account.StageRenewal {
		t.Errorf("with a leaked password the stage is %d", got.Stage)
	}
	if _, err := w.Visit(w.ctx, before.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("what was opened with it goes on: %v", err)
	}
	again := w.enter("nadia", before.Device)
	if again.Stage != account.StageRenewal {
		t.Errorf("the second time the stage is %d", again.Stage)
	}
	if n := w.journaled("password.leaked"); n != 1 {
		t.Errorf("journaled %d times, want once", n)
	}

	err = w.ChangePassword(w.ctx, nadia.Alone(), password, "un autre mot de passe")
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "stolen passwords") {
		t.Errorf("a leaked password as the new one: %v", err)
	}
	if _, err := w.Hash(w.ctx, "un autre mot de passe"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a leaked password imported: %v", err)
	}
	must(w.Hash(w.ctx, "une marmotte sous la neige"))
}

// journaled counts the newest entries of the installation's log with a verb.
func (w *world) journaled(verb string) (n int) {
	w.Helper()
	for _, e := range must(w.Journaled(w.ctx, journal.Installation)) {
		if e.Verb == verb {
			n++
		}
	}
	return n
}
