package ecluse_test

import (
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// abroad is where none of the owners has ever been.
const abroad = "203.0.113.7"

// stuff tries n logins once each, from as few addresses as make an attack.
func (w *world) stuff(n int) {
	w.Helper()
	for i := range n {
		in := ecluse.SignIn{Login: fmt.Sprint("somebody ", i), Password: "a stolen password", Address: fmt.Sprintf("198.51.100.%d", i/10)}
		if err := w.try(in); !fault.Is(err, fault.SignedOut) {
			w.Fatalf("try %d: %v", i, err)
		}
	}
}

// stage signs nadia in and tells how far she gets.
func (w *world) stage(login, device, address string) (ecluse.Welcome, account.Stage) {
	w.Helper()
	welcome := must(w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: password, Device: device, Address: address}))
	return welcome, welcome.Stage
}

// TestAmidAnAttack: a right password is enough where its owner has been, in any
// sense, and not elsewhere; half a sign-in makes nothing known; afterwards it is
// enough again.
func TestAmidAnAttack(t *testing.T) { storetest.EachDatabase(t, testAmidAnAttack) }

func testAmidAnAttack(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	own := w.enter("nadia", "")
	w.stuff(49)
	if _, got := w.stage("karim", "", abroad); got != account.StageWhole {
		t.Errorf("before it is an attack: stage %d", got)
	}
	w.stuff(60)
	for what, c := range map[string]struct {
		device, address string
		want            account.Stage
	}{
		"her device, abroad":         {own.Device, "203.1.113.7", account.StageWhole},
		"a new device, at home":      {"", "192.0.44.4", account.StageWhole},
		"a new device, a new place":  {"", abroad, account.StageStranger},
		"a thief's device, at first": {"thief", "203.0.113.9", account.StageStranger},
	} {
		welcome, got := w.stage("nadia", c.device, c.address)
		if got != c.want {
			t.Errorf("%s: stage %d, want %d", what, got, c.want)
		}
		if _, err := w.Visit(w.ctx, welcome.From(c.address)); (err == nil) != (c.want == account.StageWhole) {
			t.Errorf("%s: the session opens: %v", what, err)
		}
	}
	thief, got := w.stage("nadia", "thief", "203.0.113.9")
	if got != account.StageStranger {
		t.Error("half a sign-in made the thief's device known")
	}
	if _, err := w.ProvePassword(w.ctx, thief.From("203.0.113.9"), password); err == nil {
		if _, err := w.Visit(w.ctx, thief.From("203.0.113.9")); err == nil {
			t.Error("the password, once more, opens what asked for more than it")
		}
	}
	thief, _ = w.stage("nadia", "thief", "203.0.113.9")
	if ways := must(w.Ways(w.ctx, must(w.Halfway(w.ctx, thief.Token)))); ways != 0 {
		t.Errorf("ways %b are offered without mail and without a factor", ways)
	}
	w.clock.Set(w.Now().Add(account.AttackWindow + account.AttackStep))
	if _, got := w.stage("nadia", "thief", abroad); got != account.StageWhole {
		t.Errorf("after the attack: stage %d", got)
	}
}

// TestOneAccountUnderAttack: whoever guesses at one account from many addresses
// neither keeps its owner out nor gets in with what they guess.
func TestOneAccountUnderAttack(t *testing.T) {
	storetest.EachDatabase(t, testOneAccountUnderAttack)
}

func testOneAccountUnderAttack(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	own := w.enter("nadia", "")
	for i := range 55 {
		err := w.try(ecluse.SignIn{Login: "nadia", Password: "a guess", Address: fmt.Sprintf("198.51.100.%d", i/5)})
		if !fault.Is(err, fault.SignedOut) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if _, got := w.stage("nadia", own.Device, "203.1.113.7"); got != account.StageWhole {
		t.Errorf("her device: stage %d", got)
	}
	if _, got := w.stage("nadia", "", atHome); got != account.StageWhole {
		t.Errorf("a new device at home: stage %d", got)
	}
	if _, got := w.stage("nadia", "", abroad); got != account.StageStranger {
		t.Errorf("a new device in a new place: stage %d", got)
	}
	if _, got := w.stage("karim", "", abroad); got != account.StageWhole {
		t.Errorf("somebody else: stage %d", got)
	}
}

var mailedCode = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// code is the latest that was mailed to nadia.
func (w mailWorld) code() string {
	w.Helper()
	letters := w.relay.To("nadia@college.example")
	m := mailedCode.FindStringSubmatch(letters[len(letters)-1].Text())
	if m == nil {
		w.Fatalf("no code in %q", letters[len(letters)-1].Text())
	}
	return m[1] + m[2]
}

func TestMailedCode(t *testing.T) { storetest.EachDatabase(t, testMailedCode) }

func testMailedCode(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00")
	w.enter("nadia", "")
	w.stuff(60)
	ask := func() ecluse.Caller {
		t.Helper()
		welcome, stage := w.stage("nadia", "", abroad)
		if stage != account.StageStranger {
			t.Fatalf("stage %d, want that more is asked", stage)
		}
		return welcome.From(abroad)
	}
	refused := func(what string, kind fault.Kind, err error) {
		t.Helper()
		if !fault.Is(err, kind) {
			t.Errorf("%s: %v", what, err)
		}
	}
	prove := func(from ecluse.Caller, code string) error {
		_, err := w.ProveMailedCode(w.ctx, from, code)
		return err
	}
	owner, thief := ask(), ask()
	if ways := must(w.Ways(w.ctx, must(w.Halfway(w.ctx, owner.Token)))); ways != account.ByMail {
		t.Errorf("ways %b, want a code by mail", ways)
	}
	refused("a code that nobody sent", fault.Invalid, prove(owner, "00000000"))
	w.must(w.SendCode(w.ctx, owner))
	code := w.code()
	refused("another session", fault.Invalid, prove(thief, code))
	refused("another browser", fault.Denied, prove(ecluse.Caller{Token: owner.Token, Device: "stolen", Address: abroad}, code))
	refused("at once again", fault.TooMany, w.SendCode(w.ctx, thief))
	w.clock.Set(w.Now().Add(10 * time.Minute))
	refused("ten minutes later", fault.Invalid, prove(owner, code))

	w.must(w.SendCode(w.ctx, owner))
	code = w.code()
	for i := range 5 {
		refused("a wrong code", fault.Invalid, prove(owner, fmt.Sprintf("%08d", i)))
	}
	refused("the right one after five wrong", fault.Invalid, prove(owner, code))

	w.clock.Set(w.Now().Add(time.Minute))
	w.must(w.SendCode(w.ctx, owner))
	code = w.code()
	var passed atomic.Int64
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if welcome, err := w.ProveMailedCode(w.ctx, owner, " "+code[:4]+" "+code[4:]); err == nil && welcome.Stage == account.StageWhole {
				passed.Add(1)
			}
		})
	}
	both.Wait()
	if passed.Load() != 1 {
		t.Errorf("one code, brought twice at once, was taken %d times", passed.Load())
	}
	if _, stage := w.stage("nadia", owner.Device, "192.0.2.200"); stage != account.StageWhole {
		t.Errorf("the device is not known afterwards: stage %d", stage)
	}
	for range 2 {
		welcome, _ := w.stage("nadia", "thief", "203.2.113.7")
		thief = welcome.From("203.2.113.7")
		w.clock.Set(w.Now().Add(time.Minute))
		w.must(w.SendCode(w.ctx, thief))
	}
	w.clock.Set(w.Now().Add(time.Minute))
	refused("a sixth letter in an hour", fault.TooMany, w.SendCode(w.ctx, thief))
	if n := len(w.relay.To("nadia@college.example")); n != 5 {
		t.Errorf("%d letters left, want 5", n)
	}
	w.relay.Stop()
	w.clock.Set(w.Now().Add(time.Hour))
	w.stuff(60)
	welcome, _ := w.stage("nadia", "thief", "203.2.113.7") // half a sign-in has ended since
	thief = welcome.From("203.2.113.7")
	refused("without a relay", fault.Unavailable, w.SendCode(w.ctx, thief))
}

// TestSecondFactorAmidAnAttack: who has one is asked for that.
func TestSecondFactorAmidAnAttack(t *testing.T) {
	w := newMailWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	w.addPhone(w.inside(w.enter("nadia", "")))
	w.stuff(60)
	welcome, stage := w.stage("nadia", "", abroad)
	if stage != account.StageSecond {
		t.Errorf("stage %d, want the second factor", stage)
	}
	if err := w.SendCode(w.ctx, welcome.From(abroad)); !fault.Is(err, fault.Denied) {
		t.Errorf("a letter in place of the second factor: %v", err)
	}
}
