package ecluse_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// Work is what a refusal costs, by which accounts could be told apart: the words, the
// statements and how many passwords were verified.
type work struct {
	kind       fault.Kind
	said       string
	statements []string
	verified   int64
}

// workOf is what f costs.
func (w *world) workOf(f func(ctx context.Context) error) work {
	w.Helper()
	var done work
	var one sync.Mutex
	before := w.Verified()
	err := f(store.Watched(w.ctx, func(statement string) {
		one.Lock()
		defer one.Unlock()
		done.statements = append(done.statements, statement)
	}))
	if err == nil {
		w.Fatal("it was not refused")
	}
	done.kind, done.said = fault.KindOf(err), err.Error()
	done.verified = w.Verified() - before
	return done
}

// TestAccountsCannotBeTold: a wrong password, or a wrong slip, gets the same words
// after the same work, whether somebody has the login or not and whatever became of
// the account, far from its owner's places and in the middle of them.
func TestAccountsCannotBeTold(t *testing.T) { storetest.EachDatabase(t, testAccountsCannotBeTold) }

func testAccountsCannotBeTold(t *testing.T, db string) {
	f := newFederated(t, db)
	w := f.world
	w.must(w.Import(w.ctx, ecluse.Roster{People: []account.Person{
		{ID: 50, Login: "never.here", First: "P", Last: "Q", Language: "fr"},
		{ID: 51, Login: "elsewhere", First: "P", Last: "Q", Language: "fr"},
	}}))
	w.must(w.Met(w.ctx, account.Try{Login: "elsewhere", Address: atHome, Device: [32]byte{5}, At: w.Now(), OK: true}))
	for range 3 {
		w.enter("nadia", "")
	}
	w.slipFor(pupilA, false)
	code := w.slipFor(pupilB, false).Code
	w.must(w.Freeze(w.ctx, w.as(head), 5, ""))
	logins := []string{"nobody", "nadia", "karim", "pupil.a", "never.here", "elsewhere", "staff"}
	for _, address := range []string{"192.0.99.9", abroad} { // in everybody's network, and where none of them was
		same(w, logins, func(ctx context.Context, login string) error {
			_, err := w.SignIn(ctx, ecluse.SignIn{Login: login, Password: "a wrong password", Address: address})
			return err
		})
		same(w, logins, func(ctx context.Context, login string) error {
			_, err := w.Renew(ctx, ecluse.Renewing{From: ecluse.Caller{Address: address}, Login: login, Code: code, Password: newPassword})
			return err
		})
	}
}

// same holds what is done for each login against what is done for the first.
func same(w *world, logins []string, f func(ctx context.Context, login string) error) {
	w.Helper()
	var first work
	for i, login := range logins {
		got := w.workOf(func(ctx context.Context) error { return f(ctx, login) })
		if i == 0 {
			first = got
		}
		if got.kind != first.kind || got.said != first.said || got.verified != first.verified || !slices.Equal(got.statements, first.statements) {
			w.Errorf("%s: %+v, which tells it from %s: %+v", login, got, logins[0], first)
		}
	}
	if len(first.statements) == 0 {
		w.Error("no statement was seen")
	}
}
