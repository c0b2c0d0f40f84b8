package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/web"
	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
)

// TestTheBackKeyShowsNothingPrivate: after signing out at a shared computer, whoever
// goes back is asked to sign in, in a real browser with its store of pages gone by.
func TestTheBackKeyShowsNothingPrivate(t *testing.T) {
	tab := browsertest.New(t)
	w := newWorld(t, "2024-03-29T10:00:00")
	server := httptest.NewServer(web.New(w.app, web.Options{}))
	t.Cleanup(server.Close)
	tab.Open(server.URL + "/sign-in?next=/account/factors")
	browsertest.Eval[bool](tab, `document.querySelector("#login").value = "nadia", document.querySelector("#password").value = "`+secret+`", true`)
	browsertest.Eval[bool](tab, `document.querySelector("form.stack button").click(), true`)
	tab.Until(`location.pathname === "/account/factors" && !!document.querySelector("form[action='/sign-out'] button")`)
	browsertest.Eval[bool](tab, `document.querySelector("a[href='/account']").click(), true`)
	tab.Until(`location.pathname === "/account" && document.readyState === "complete"`)
	browsertest.Eval[bool](tab, `setTimeout(() => history.back()), true`) // one's own page, still one's own
	tab.Until(`location.pathname === "/account/factors" && document.readyState === "complete" && !document.body.hidden`)
	browsertest.Eval[bool](tab, `document.querySelector("form[action='/sign-out'] button").click(), true`)
	tab.Until(`location.pathname === "/goodbye"`)
	browsertest.Eval[bool](tab, `setTimeout(() => history.back()), true`)
	tab.Until(`location.pathname !== "/goodbye" && document.readyState === "complete"`)
	if private := browsertest.Eval[bool](tab, `!!document.querySelector("form[action='/sign-out']") && !document.body.hidden`); private {
		t.Errorf("the Back key shows %s", browsertest.Eval[string](tab, `location.pathname + " " + document.body.innerText`))
	}
	tab.Until(`location.pathname === "/sign-in"`)
}
