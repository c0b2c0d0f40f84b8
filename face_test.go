package ecluse_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestFaces: where somebody stands in the lines is known to the node on which they
// sign in, to the others soon, and to one that starts anew.
func TestFaces(t *testing.T) { storetest.EachDatabase(t, testFaces) }

func testFaces(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock}))
	defer other.Close()
	ranks := func(what string, a *ecluse.App, device string, want ...account.Rank) {
		t.Helper()
		for i, in := range []ecluse.SignIn{
			{Login: "nadia", Device: device, Address: abroad}, {Login: "nadia", Address: "192.0.44.4"},
			{Login: "karim", Address: atHome}, {Login: "karim", Address: abroad},
		} {
			if got := a.Rank(in); got != want[i] {
				t.Errorf("%s: try %d has rank %d, want %d", what, i, got, want[i])
			}
		}
	}
	own := w.enter("nadia", "")
	for _, login := range []string{"a", "b", "c"} {
		if err := w.try(ecluse.SignIn{Login: login, Password: "a guess", Address: abroad}); !fault.Is(err, fault.SignedOut) {
			t.Fatal(err)
		}
	}
	seen := []account.Rank{account.OnDevice, account.AtHome, account.Elsewhere, account.Suspect}
	ranks("here", w.App, own.Device, seen...)
	ranks("another node, before", other, own.Device, account.Elsewhere, account.Elsewhere, account.Elsewhere, account.Elsewhere)
	w.must(other.Meet(w.ctx, w.Now()))
	ranks("another node", other, own.Device, account.OnDevice, account.AtHome, account.Elsewhere, account.Elsewhere)
	w.must(other.MeetAll(w.ctx))
	ranks("a node that starts", other, own.Device, seen...)
}
