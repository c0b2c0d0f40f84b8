package ecluse_test

import (
	"database/sql"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/push/pushtest"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// A pushWorld is a world whose people's browsers listen at a push service.
type pushWorld struct {
	*world
	service *pushtest.Service
}

func newPushWorld(t *testing.T, db, at string) pushWorld {
	t.Helper()
	w := pushWorld{newWorld(t, db, at), pushtest.New(t)}
	w.push = push.NewClient(push.Options{
		Services: []string{w.service.Host()}, Contact: "mailto:aide@college.example", Roots: w.service.Roots(), Dial: (&net.Dialer{}).DialContext,
	})
	w.must(w.App.Close())
	w.open()
	return w
}

// visit is who is inside.
func (w pushWorld) visit(x ecluse.Welcome) ecluse.Actor {
	w.Helper()
	return must(w.Visit(w.ctx, x.From(atHome))).Alone()
}

// listens turns notices on in the browser of a session.
func (w pushWorld) listens(x ecluse.Welcome) pushtest.Browser {
	w.Helper()
	b := w.service.Browser()
	w.must(w.StartPush(w.ctx, w.visit(x), b.Subscription))
	return b
}

// titles is what a browser was told, after everything that is due has left.
func (w pushWorld) titles(b pushtest.Browser) (list []string) {
	w.Helper()
	w.must(w.SendPush(w.ctx))
	for _, taken := range w.service.To(b) {
		var text struct{ Title, Body, Tag string }
		w.must(json.Unmarshal([]byte(taken.Text), &text))
		if text.Tag == "" || text.Tag != taken.Header.Get("Topic") || strings.Contains(text.Body, "nadia") {
			w.Errorf("told %+v", text)
		}
		list = append(list, text.Title)
	}
	return list
}

func (w pushWorld) told(b pushtest.Browser, want ...string) {
	w.Helper()
	if got := w.titles(b); !slices.Equal(got, want) {
		w.Errorf("told %q, want %q", got, want)
	}
}

// TestABrowserIsToldOfANewDevice: the known one, not the new one; the new one cannot
// have itself told. "It was not me" is the last that is told, and ends all of it.
func TestABrowserIsToldOfANewDevice(t *testing.T) { storetest.EachDatabase(t, testPushed) }

func testPushed(t *testing.T, db string) {
	w := newPushWorld(t, db, "2024-03-29T10:00:00")
	home := w.enter("nadia", "home")
	if p := must(w.PushState(w.ctx, w.visit(home))); !p.Offered || p.On || p.Key == "" {
		t.Fatalf("at home: %+v", p)
	}
	b := w.listens(home)
	if p := must(w.PushState(w.ctx, w.visit(home))); !p.On {
		t.Error("it is not on")
	}
	w.told(b)
	stranger := w.enter("nadia", "another")
	w.told(b, "Un nouvel appareil s’est connecté à votre compte")
	if p := must(w.PushState(w.ctx, w.visit(stranger))); p.Offered {
		t.Error("the new device is offered to be told")
	}
	if err := w.StartPush(w.ctx, w.visit(stranger), w.service.Browser().Subscription); !fault.Is(err, fault.Denied) {
		t.Errorf("the new device is told: %v", err)
	}
	w.must(w.NotMe(w.ctx, w.visit(home), must(w.Asked(w.ctx, w.visit(home)))[0].Browser))
	w.told(b, "Un nouvel appareil s’est connecté à votre compte", "Votre compte est bloqué")
	w.giveBack(4)
	w.must(w.Freeze(w.ctx, w.as(head), 4, ""))
	w.told(b, "Un nouvel appareil s’est connecté à votre compte", "Votre compte est bloqué")
}

// TestABrowserIsToldOfChanges: by whoever acts elsewhere, once each; what ends the
// session of a browser is the last that it is told.
func TestABrowserIsToldOfChanges(t *testing.T) {
	w := newPushWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	home, phone := w.enter("nadia", "home"), w.enter("nadia", "phone")
	w.must(w.ConfirmDevice(w.ctx, w.visit(home), must(w.Asked(w.ctx, w.visit(home)))[0].Browser))
	here, there := w.listens(home), w.listens(phone)
	w.must(w.ChangePassword(w.ctx, w.visit(home), password, "un tout autre mot de passe"))
	w.told(there, "Le mot de passe de votre compte a changé")
	w.told(here)
	w.addPhone(w.visit(home))
	w.told(there, "Le mot de passe de votre compte a changé") // its session has ended
	w.must(w.ClearFactors(w.ctx, w.as(head), 4, account.LostPhone))
	w.told(here, "Votre établissement a retiré les preuves de votre compte")

	home = must(w.SignIn(w.ctx, ecluse.SignIn{Login: "pupil.b", Password: password, Device: "home", Address: atHome}))
	b := w.listens(home)
	must(w.renew("pupil.b", w.slipFor(pupilB, true).Code, "encore un autre mot de passe"))
	w.told(b, "Le mot de passe de votre compte a changé")
}

// TestSigningOutEndsNotices: and turning them off does.
func TestSigningOutEndsNotices(t *testing.T) {
	w := newPushWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	home := w.enter("nadia", "home")
	b := w.listens(home)
	w.must(w.StopPush(w.ctx, w.visit(home)))
	w.enter("nadia", "another")
	w.told(b)
	b = w.listens(home)
	w.must(w.SignOut(w.ctx, w.visit(home)))
	w.enter("nadia", "a third")
	w.told(b)
}

// TestWhatAPushServiceSays: a browser that is gone is forgotten, trouble is tried
// again later, and nothing is tried for ever.
func TestWhatAPushServiceSays(t *testing.T) {
	w := newPushWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	home := w.enter("nadia", "home")
	w.listens(home)
	ask := func(want int) {
		t.Helper()
		before := w.service.Asked()
		w.must(w.SendPush(w.ctx))
		if got := w.service.Asked() - before; got != want {
			t.Errorf("asked %d times, want %d", got, want)
		}
	}
	w.service.Answer(http.StatusServiceUnavailable, "")
	w.enter("nadia", "another")
	ask(1)
	ask(0)
	w.wait(time.Minute)
	w.service.Answer(http.StatusTooManyRequests, "3000")
	ask(1)
	w.wait(49 * time.Minute)
	ask(0)
	w.wait(2 * time.Minute)
	w.service.Answer(http.StatusGone, "")
	ask(1)
	if p := must(w.PushState(w.ctx, w.visit(home))); p.On {
		t.Error("a browser that is gone is still told")
	}
	w.enter("nadia", "a third")
	ask(0)

	w.wait(25 * time.Hour) // more devices are told of tomorrow
	w.listens(w.enter("nadia", "home"))
	w.service.Answer(http.StatusServiceUnavailable, "")
	w.enter("nadia", "a fourth")
	ask(1)
	w.wait(25 * time.Hour)
	ask(1)
	w.wait(25 * time.Hour)
	ask(0)
}

// TestANoticeSurvivesItsSender: one that was leased by a process which died is sent by
// another once the lease is over, and by one alone.
func TestANoticeSurvivesItsSender(t *testing.T) { storetest.EachDatabase(t, testPushLease) }

func testPushLease(t *testing.T, db string) {
	w := newPushWorld(t, db, "2024-03-29T10:00:00")
	b := w.listens(w.enter("nadia", "home"))
	w.enter("nadia", "another")
	w.inStore(func(tx *store.Tx) error { // and dies
		leased, err := tx.LeaseNotices(w.Now(), w.Now().Add(2*time.Minute), 8)
		if len(leased) != 1 {
			t.Errorf("%d were queued", len(leased))
		}
		return err
	})
	w.told(b)
	w.wait(2 * time.Minute)
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock, Seal: make([]byte, account.SealKey), Push: w.push}))
	defer other.Close()
	done := make(chan error)
	go func() { done <- other.SendPush(w.ctx) }()
	w.must(w.SendPush(w.ctx))
	w.must(<-done)
	w.told(b, "Un nouvel appareil s’est connecté à votre compte")
	w.wait(time.Hour)
	w.told(b, "Un nouvel appareil s’est connecté à votre compte")
}

// TestWhoListensIsSealed: whoever has the database alone cannot write to browsers, nor
// as this installation; nothing is kept where it is not turned on.
func TestWhoListensIsSealed(t *testing.T) {
	w := newPushWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	home := w.enter("nadia", "home")
	w.listens(home)
	w.must(w.App.Close())
	db := must(sql.Open("sqlite", w.db))
	defer db.Close()
	var found int
	w.must(db.QueryRow(`SELECT (SELECT count(*) FROM push_subscription WHERE instr(sealed, 'https') > 0) + (SELECT count(*) FROM push_key WHERE length(sealed) < 40)`).Scan(&found))
	if found != 0 {
		t.Error("something stands there in the clear")
	}
	w.push = nil
	w.open()
	if p := must(w.PushState(w.ctx, w.visit(home))); p.Offered {
		t.Errorf("offered where it is not turned on: %+v", p)
	}
	if err := w.StartPush(w.ctx, w.visit(home), w.service.Browser().Subscription); !fault.Is(err, fault.Unavailable) {
		t.Errorf("turned on where it is not: %v", err)
	}
}

// TestASubscriptionMustBeOne: another service, or keys that are none, are refused
// with a sentence.
func TestASubscriptionMustBeOne(t *testing.T) {
	w := newPushWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	who := w.visit(w.enter("nadia", "home"))
	good := w.service.Browser().Subscription
	for what, s := range map[string]push.Subscription{
		"another service": {Endpoint: "https://169.254.169.254/latest", Public: good.Public, Auth: good.Auth}, "no keys": {Endpoint: good.Endpoint},
	} {
		if err := w.StartPush(w.ctx, who, s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
