package web_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/push/pushtest"
	"github.com/ecluse-ecole/ecluse/internal/web"
	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
)

// newPushWorld is a world whose browsers may listen at a push service.
func newPushWorld(t *testing.T) (*world, *pushtest.Service) {
	service := pushtest.New(t)
	client := push.NewClient(push.Options{
		Services: []string{service.Host()}, Contact: "mailto:aide@college.example", Roots: service.Roots(), Dial: (&net.Dialer{}).DialContext,
	})
	return newWorldOf(t, web.Options{}, ecluse.Options{Signatures: 1, Push: client}, "2024-03-29T10:00:00"), service
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// TestTheSwitchOfNotices: shown where a browser may be told, off again where it is,
// and refused with the page itself.
func TestTheSwitchOfNotices(t *testing.T) {
	w, service := newPushWorld(t)
	nadia := w.as(nadia)
	page := nadia.get("/account").is(http.StatusOK).says("data-push=", "Avertir cet appareil").saysNot("data-push-off")
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "worker-src 'self'") {
		t.Errorf("the policy is %s", policy)
	}
	if policy := nadia.get("/account/factors").header.Get("Content-Security-Policy"); !strings.Contains(policy, "worker-src 'none'") {
		t.Errorf("another page starts a worker: %s", policy)
	}
	b := service.Browser()
	on := []string{"do", "on", "endpoint", b.Endpoint, "p256dh", encoded(b.Public), "auth", encoded(b.Auth)}
	nadia.post("/account/push", "do", "on", "endpoint", "https://evil.example/", "p256dh", encoded(b.Public), "auth", encoded(b.Auth)).
		is(http.StatusUnprocessableEntity).says("service de notifications")
	nadia.post("/account/push", "do", "on", "endpoint", b.Endpoint, "p256dh", "!", "auth", "").is(http.StatusUnprocessableEntity)
	nadia.post("/account/push", on...).is(http.StatusSeeOther)
	nadia.get("/account").says("Cet appareil est averti", "data-push-off")
	nadia.post("/account/push", "do", "off").is(http.StatusSeeOther)
	nadia.get("/account").says("data-push=")

	quiet := newWorld(t, "2024-03-29T10:00:00").as(pupil)
	quiet.get("/account").saysNot("data-push", "Être averti")
	quiet.post("/account/push", on...).is(http.StatusServiceUnavailable)
}

// TestNoticesInABrowser: a real one registers the worker, tells where it listens, and
// shows what comes. Its maker's service is out of reach here: its part is played by
// ours, and what it took is handed to the worker.
func TestNoticesInABrowser(t *testing.T) {
	tab := browsertest.New(t)
	w, service := newPushWorld(t)
	b := service.Browser()
	tab.Open(w.url + "/sign-in?next=/account")
	browsertest.Eval[bool](tab, `document.querySelector("#login").value = "nadia", document.querySelector("#password").value = "`+secret+`", true`)
	browsertest.Eval[bool](tab, `document.querySelector("form.stack button").click(), true`)
	tab.Until(`document.querySelector("form[data-push]")?.closest("section").hidden === false`)
	tab.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: browser.PermissionSettingGranted, Origin: w.url,
		})
		return err
	}))
	browsertest.Eval[bool](tab, fmt.Sprintf(`PushManager.prototype.getSubscription = async () => null,
		PushManager.prototype.subscribe = async (o) => o.userVisibleOnly && o.applicationServerKey.length === 87 &&
			{ toJSON: () => ({ endpoint: %q, keys: { p256dh: %q, auth: %q } }) }, true`, b.Endpoint, encoded(b.Public), encoded(b.Auth)))
	browsertest.Eval[bool](tab, `document.querySelector("form[data-push] button").click(), true`)
	tab.Until(`location.search === "?done=pushon" && !!document.querySelector("form[data-push-off]")`)
	if scope := browsertest.Eval[string](tab, `navigator.serviceWorker.getRegistration("/static/").then((r) => r.scope)`); scope != w.url+"/static/" {
		t.Errorf("the worker's scope is %s", scope)
	}
	if browsertest.Eval[bool](tab, `!!navigator.serviceWorker.controller`) {
		t.Error("the worker has a page in its hands")
	}

	w.as(nadia) // on another device
	w.must(w.app.SendPush(t.Context()))
	taken := service.To(b)
	if len(taken) != 1 {
		t.Fatalf("%d notices were taken", len(taken))
	}
	const shown = `(async () => {
		for (let i = 0; i < 40; i++) {
			const list = await (await navigator.serviceWorker.getRegistration("/static/")).getNotifications();
			if (list.length) return list.map((n) => n.title + "|" + n.body).join();
			await new Promise((done) => setTimeout(done, 50));
		}
		return "nothing";
	})()`
	got := "nothing"
	worker := workerOf(tab, w.url)
	for range 8 { // one that is not written to disk yet hears nothing
		deliver(tab, w.url, worker, taken[0].Text)
		if got = browsertest.Eval[string](tab, shown); got != "nothing" {
			break
		}
	}
	if !strings.Contains(got, "new device signed in") && !strings.Contains(got, "nouvel appareil") {
		t.Errorf("shown: %q", got)
	}
	browsertest.Eval[bool](tab, `document.querySelector("form[data-push-off] button").click(), true`)
	tab.Until(`location.search === "?done=pushoff" && !!document.querySelector("form[data-push]")`)
}

// workerOf is the browser's name for the worker of a site.
func workerOf(tab *browsertest.Tab, origin string) (id serviceworker.RegistrationID) {
	ids := make(chan serviceworker.RegistrationID, 1)
	tab.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		err := chromedp.Listen(ctx, func(ev any) {
			if e, ok := ev.(*serviceworker.EventWorkerRegistrationUpdated); ok {
				for _, r := range e.Registrations {
					if r.ScopeURL == origin+"/static/" && !r.IsDeleted {
						select {
						case ids <- r.RegistrationID:
						default: // one is enough
						}
					}
				}
			}
		})
		if err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, serviceworker.Enable, cdp.Empty{}); err != nil {
			return err
		}
		select {
		case id = <-ids:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}))
	return id
}

// deliver hands a text to a worker, as the browser does with what its service sent.
func deliver(tab *browsertest.Tab, origin string, worker serviceworker.RegistrationID, text string) {
	tab.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: origin, RegistrationID: worker, Data: text})
		return err
	}))
}
