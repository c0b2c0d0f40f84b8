package ecluse_test

import (
	"fmt"
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

// TestTwoNodesCountTogether: whoever guesses by turns at two nodes has no more tries
// than at one, for one account and from one address; and what one sees as an attack,
// the other does.
func TestTwoNodesCountTogether(t *testing.T) { storetest.EachDatabase(t, testTwoNodesCount) }

func testTwoNodesCount(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock, Hashing: cheap}))
	defer other.Close()
	nodes := []*ecluse.App{w.App, other}
	answered := func(n int, of func(i int) ecluse.SignIn) (tried int) {
		t.Helper()
		for i := range n {
			switch _, err := nodes[i%2].SignIn(w.ctx, of(i)); {
			case fault.Is(err, fault.SignedOut):
				tried++
			case !fault.Is(err, fault.TooMany):
				t.Fatalf("try %d: %v", i, err)
			}
		}
		return tried
	}
	one := func(int) ecluse.SignIn {
		return ecluse.SignIn{Login: "nadia", Password: "a guess", Address: "198.51.100.7"}
	}
	if got := answered(20, one); got != 5 {
		t.Errorf("%d guesses at one account were answered, want 5", got)
	}
	many := func(i int) ecluse.SignIn {
		return ecluse.SignIn{Login: fmt.Sprint("somebody", i), Password: "a guess", Address: "2001:db8::7"}
	}
	if got := answered(60, many); got != 30 {
		t.Errorf("%d logins were tried from one address, want 30", got)
	}
	mapped := one(0)
	mapped.Address = "::ffff:198.51.100.7"
	if _, err := other.SignIn(w.ctx, mapped); !fault.Is(err, fault.TooMany) {
		t.Errorf("the same address, written as IPv6: %v", err)
	}
	half := many(0)
	half.Address = "2001:db8::ffff:7"
	if _, err := other.SignIn(w.ctx, half); !fault.Is(err, fault.TooMany) {
		t.Errorf("another address of the same network: %v", err)
	}
	spread := func(i int) ecluse.SignIn { // 60 networks of one line to a house
		return ecluse.SignIn{Login: fmt.Sprint("anybody", i), Password: "a guess", Address: fmt.Sprintf("2001:db8:1:%x::1", i)}
	}
	if got := answered(60, spread); got != 60 {
		t.Errorf("%d logins were tried from 60 networks, want 60", got)
	}
	for i, node := range nodes {
		welcome := must(node.SignIn(w.ctx, ecluse.SignIn{Login: "karim", Password: password, Address: abroad}))
		if welcome.Stage != account.StageStranger {
			t.Errorf("node %d: a right password from nowhere reaches stage %d amid an attack", i, welcome.Stage)
		}
	}
}
