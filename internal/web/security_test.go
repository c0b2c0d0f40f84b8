package web_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/web"
)

func TestAFormOfAnotherSiteDoesNothing(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.as(nadia)
	for _, r := range routes {
		if r.method() != http.MethodPost || r.closing == office {
			continue
		}
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://ailleurs.example"} {
			request := p.request(http.MethodPost, strings.Replace(r.try, "THREAD", "1", 1), strings.NewReader("body=x&subject=x&to="+to(staffAt)))
			request.Header.Del("Sec-Fetch-Site")
			request.Header.Set(name, value)
			p.ask(request).is(http.StatusForbidden).says("autre site")
		}
	}
	p.get("./inbox").is(200) // still signed in
	if w.as(staff).received() != 0 {
		t.Error("a message was sent from another site")
	}
}

func TestCookies(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := newWorldWith(t, web.Options{Secure: secure}, "2024-03-29T10:00:00")
		a := w.stranger().post("/sign-in", "login", nadia, "password", secret).is(http.StatusSeeOther)
		cookies := (&http.Response{Header: a.header}).Cookies()
		if len(cookies) != 2 {
			t.Fatalf("%d cookies", len(cookies))
		}
		for _, c := range cookies {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != secure ||
				strings.HasPrefix(c.Name, "__Host-") != secure {
				t.Errorf("secure %v: %s", secure, c)
			}
		}
		if cookies[0].MaxAge != 0 {
			t.Error("the session outlives the browser")
		}
		if got := a.header.Get("Strict-Transport-Security") != ""; got != secure {
			t.Errorf("secure %v: transport security %v", secure, got)
		}
	}
}

func TestSigningInAndOut(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.stranger()
	unknown := p.post("/sign-in", "login", "nobody", "password", secret).is(http.StatusUnauthorized)
	wrong := p.post("/sign-in", "login", nadia, "password", "wrong").is(http.StatusUnauthorized)
	if strings.ReplaceAll(unknown.body, "nobody", nadia) != wrong.body {
		t.Error("an unknown account and a wrong password are told apart")
	}
	wrong.says(`value="nadia"`).saysNot("wrong")
	p.post("/sign-in", "login", "", "password", secret).is(422).says("Écrivez votre identifiant.")
	in := p.post("/sign-in", "login", " Nadia ", "password", secret, "next", "/at/3/sent").is(http.StatusSeeOther)
	if got := in.header.Get("Location"); got != "/at/3/sent" {
		t.Errorf("led to %q", got)
	}
	p.get("/sign-in?next=/at/3/drafts").is(http.StatusSeeOther)
	p.get("/").is(http.StatusSeeOther) // one place: straight there
	p.get("/at/3").is(http.StatusTemporaryRedirect)
	p.follow(p.post("/sign-out")).says("Vous êtes déconnecté.")
	p.get("/at/3/inbox").is(http.StatusSeeOther)

	for range 6 {
		wrong = w.stranger().post("/sign-in", "login", staff, "password", "a guess")
	}
	wrong.is(http.StatusTooManyRequests).says("Attendez")
}

func TestPasswordsAndSessions(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", secondLetter) // closed: one's own security is not
	here, there := w.as(nadia), w.as(nadia)
	change := func(current, next, again string) answer {
		return here.post("/account/password", "current", current, "new", next, "again", again)
	}
	change("wrong", "un tout autre mot de passe", "un tout autre mot de passe").is(422).says(`id="current-error"`)
	change(secret, "court", "court").is(422).says(`id="new-error"`)
	change(secret, "un tout autre mot de passe", "un autre").is(422).says(`id="again-error"`)
	here.follow(change(secret, "un tout autre mot de passe", "un tout autre mot de passe")).says("Votre mot de passe est changé.")
	here.get("/account").is(200)
	there.get("/account").is(http.StatusSeeOther)

	there = w.stranger()
	there.post("/sign-in", "login", nadia, "password", "un tout autre mot de passe").is(http.StatusSeeOther)
	here.follow(here.post("/account/sessions", "end", "others")).says("Les connexions sont fermées.")
	there.get("/account").is(http.StatusSeeOther)
	w.as(karim).post("/account/sessions", "end", "0000")
	here.get("/account").is(200)
}

// elsewhere are addresses that lead off this site.
var elsewhere = []string{
	"https://ailleurs.example/", "//ailleurs.example", `/\ailleurs.example`, `\\ailleurs.example`, "/\t/ailleurs.example",
	"javascript:alert(1)", "ailleurs.example", "http:ailleurs.example", "/%0d%0aSet-Cookie:x", "/.//ailleurs.example", "///ailleurs.example",
}

func TestNothingLeadsElsewhere(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	in := w.as(nadia)
	for _, to := range elsewhere {
		for name, a := range map[string]answer{
			"after signing in": w.stranger().post("/sign-in", "login", nadia, "password", secret, "next", to),
			"signed in":        in.get("/sign-in?next=" + url.QueryEscape(to)),
			"the language":     in.post("/language", "lang", "fr", "back", to),
		} {
			got := a.header.Get("Location")
			u, err := url.Parse(got)
			if a.status != http.StatusSeeOther || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") ||
				strings.ContainsAny(got, "\\\r\n\t") {
				t.Errorf("%s with %q leads to %q (%d)", name, to, got, a.status)
			}
		}
	}
	if a := in.get("//ailleurs.example/inbox"); strings.HasPrefix(a.header.Get("Location"), "//") {
		t.Errorf("a path with two slashes leads to %q", a.header.Get("Location"))
	}
}

func TestTextIsNeverMarkup(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)> javascript:alert(1) http://x.example/"onmouseover="alert(1)`
	w := newWorld(t, "2024-03-29T10:00:00")
	h, n := w.as(head), w.as(nadia)
	h.send(evil, evil, to(nadiaAt), to(staffAt)).is(http.StatusSeeOther)
	h.post("./announcements", "title", evil, "body", evil).is(http.StatusSeeOther)
	h.send(evil, "", "m1"+evil).is(422)
	thread := n.get("./inbox").thread()
	escaped := url.QueryEscape(evil)
	for _, a := range []answer{
		n.get("./inbox"), n.get("./thread/" + thread), n.get("./announcements"), h.get("./sent"), h.get("./drafts"), h.get("./compose"),
		n.get("./compose?q=" + escaped), n.get("/" + url.PathEscape(evil)), n.get("./inbox?done=" + escaped + "&before=" + escaped),
		w.stranger().get("/sign-in?next=" + escaped), w.stranger().post("/sign-in", "login", evil, "next", evil),
		w.as(dsden).get("./desk?name=" + escaped), n.get("./orders/" + url.PathEscape(evil)), n.get("./orders?week=" + escaped),
		w.as(dsden).post("./orders/new", "do", "read", "yaml", evil), w.as(dsden).post("./orders/new", "title", evil, "rule-0-hours", evil, "copies", evil),
	} {
		a.saysNot("<script>alert", "<img src=x", `"onmouseover`, someName)
	}
	n.get("./thread/" + thread).says(html.EscapeString("<script>alert(1)</script>"))
}

func TestOddRequests(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.as(nadia)
	for path, want := range map[string]int{
		"./thread/99999999999999999999": 404, "./thread/-1": 404, "./thread/x": 404, "./thread/0": 404, "./inbox?before=-1": 200,
		"./inbox?before=99999999999999999999": 200, "./orders/nothing": 404, "./orders?week=9999-99-99": 200, "./orders?week=0001-01-01": 200,
		"./compose?draft=12345": 200, "./draft": 404, "./waiting/1/change": 404, "/at/3/inbox/": 404, "/static/": 404, "/static/../web.go": 307,
	} {
		if a := p.get(path); a.status != want {
			t.Errorf("%s: %d %s; want %d", path, a.status, a.heading(), want)
		}
	}
	large := p.request(http.MethodPost, "./compose", strings.NewReader("body="+strings.Repeat("x", 600<<10)))
	p.ask(large).is(http.StatusRequestEntityTooLarge).says("trop long")
	p.ask(p.request(http.MethodPost, "./compose", strings.NewReader("body=%zz"))).is(422).says("abîmé")
	head := p.request(http.MethodHead, "./live", nil)
	p.ask(head).is(200)
	put := p.request(http.MethodPut, "./inbox", nil)
	p.ask(put).is(404)
	p.post("./thread/1", "body", "x").is(404)
	for _, odd := range []string{"", "zz", "00", strings.Repeat("0", 62), strings.Repeat("0", 66), strings.Repeat("0", 4000)} {
		p.post("/account/devices", "device", odd, "do", "mine").is(404)
	}
	p.post("./compose", "body", "x", "subject", "x", "to", to(staffAt)).is(http.StatusSeeOther) // without a number
	w.stranger().get("/livez").is(200).says("ok")
	w.stranger().get("/readyz").is(200).says("ok")
	w.clock.Set(paris("2024-03-29T09:00:00"))
	w.stranger().get("/readyz").is(http.StatusServiceUnavailable)
	p.get("./inbox").is(http.StatusForbidden) // closed in doubt
}

func TestLanguages(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	r := w.stranger().request(http.MethodGet, "/sign-in", nil)
	r.Header.Set("Accept-Language", "en-GB,en;q=0.8,fr;q=0.5")
	w.stranger().ask(r).says(`<html lang="en">`, "Sign in")
	p := w.as(nadia)
	p.follow(p.post("/language", "lang", "en", "back", "/at/3/inbox?before=7")).says(`<html lang="en">`, `value="/at/3/inbox?before=7"`)
	w.as(nadia).get("./inbox").says(`<html lang="en">`) // kept with the account
	p.get("./inbox?done=sent").says("Your message has left.", `name="back" value="/at/3/inbox"`)
}
