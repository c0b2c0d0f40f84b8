package web_test

import (
	"context"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/web"
	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
)

// withAuthenticator plugs a passkey device into a tab, which checks its owner.
func withAuthenticator(tab *browsertest.Tab) {
	tab.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
				HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true, DefaultBackupEligibility: true,
			},
		})
		return err
	}))
}

// TestPasskeysInABrowser makes a passkey, uses it as the second factor, and signs
// in with it alone, under the pages' own policy.
func TestPasskeysInABrowser(t *testing.T) {
	tab := browsertest.New(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://localhost:" + strings.TrimPrefix(listener.Addr().String(), "127.0.0.1:")
	w := newWorldOf(t, web.Options{}, ecluse.Options{Signatures: 1, Address: address}, "2024-03-29T10:00:00")
	server := httptest.NewUnstartedServer(web.New(w.app, web.Options{}))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)

	withAuthenticator(tab)
	signIn := func() {
		tab.Open(address + "/sign-in?next=/account/factors")
		browsertest.Eval[bool](tab, `document.querySelector("#login").value = "nadia", document.querySelector("#password").value = "`+secret+`", true`)
		browsertest.Eval[bool](tab, `document.querySelector("form.stack button").click(), true`)
	}
	press := func(form string) {
		tab.Until(`document.querySelector("` + form + `")?.hidden === false`)
		browsertest.Eval[bool](tab, `document.querySelector("`+form+` button").click(), true`)
	}
	leave := func() {
		browsertest.Eval[bool](tab, `document.querySelector("form[action='/sign-out'] button").click(), true`)
		tab.Until(`location.pathname === "/goodbye"`)
	}
	signIn()
	press("form[data-passkey='/account/factors/passkey']")
	tab.Until(`location.pathname === "/proof" && !!document.querySelector("[name=password]")`) // however lately they signed in
	browsertest.Eval[bool](tab, `document.querySelector("[name=password]").value = "`+secret+`", document.querySelector("[name=password]").form.querySelector("button").click(), true`)
	press("form[data-passkey='/account/factors/passkey']")
	tab.Until(`document.body.innerText.includes("La preuve est ajoutée") || document.body.innerText.includes("proof is added")`)
	leave()

	signIn()
	press("form[data-passkey='/proof/passkey']")
	tab.Until(`location.pathname === "/account/factors" && !!document.querySelector(".card")`)
	leave()

	tab.Open(address + "/sign-in?next=/account/factors")
	press("form[data-passkey='/sign-in/passkey']")
	tab.Until(`location.pathname === "/account/factors" && !!document.querySelector(".card")`)
	w.stranger().get("/sign-in").says("<noscript>", "a besoin de JavaScript")
}
