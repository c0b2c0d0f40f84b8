package proxy_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// What the routes saw is what the application receives, byte for byte.
func TestTargetArrivesAsItWas(t *testing.T) {
	rec := newRecorder(t)
	f := newFront(t, wiretest.Before, func(o *proxy.Options) { o.Backend.Host = rec.Addr().String() })
	for _, target := range []string{
		"/", "/a", "/a/", "/a?", "/a?b=c", "/a?b=c;d=e", "/a?b=%zz&c", "/a?b=c?d=e", "/a?%00", "/a%20b", "/%7ea", "/%41", "/a%2fb", "/a%2Fb",
		"/a%252fb", "//a", "//a/b?c", "///", "/a//b", "/a/../b", "/a/./b", "/a;b=c", "/a|b", "/a\"b", "/{a}", "/a^b`", "/a\\b", "/é", "/\xff", "/a%0ab",
		"/a:b@c", "/!$&'()*+,;=:@", "/a?é|^\"<>", "/m/inbox%2f..", "/" + strings.Repeat("a", 5000),
	} {
		for _, method := range []string{"GET", "POST"} { // two ways to the application
			request := method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + who + ": " + wiretest.Teacher + "\r\nConnection: close\r\n"
			if method == "POST" {
				request += "Content-Length: 2\r\n\r\na\n"
			} else {
				request += "\r\n"
			}
			out := f.raw("127.0.0.1", request)
			got := rec.seen()
			refused := strings.HasPrefix(out, "HTTP/1.1 400 ") && len(got) == 0
			if want := method + " " + target + " HTTP/1.1"; !refused && (len(got) != 1 || got[0] != want) {
				t.Errorf("%.60q arrived as %.60q; the client got %.60q", want, got, out)
			}
			if refused {
				t.Logf("%.60q is refused", target)
			}
		}
	}
}

// Only a server in front says who is asking, and from where.
func TestNobodySpeaksForAnother(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	ours := client(t, stranger)
	r := f.request(wiretest.Teacher, "GET", "/m/inbox", "")
	if res := f.do(ours, r); res.StatusCode != http.StatusForbidden {
		t.Errorf("a client that calls itself a teacher: %s", res.Status)
	}
	claims := http.Header{
		who: {wiretest.Teacher}, "X_Remote_User": {wiretest.Teacher}, "X-Ecluse-User": {wiretest.Teacher}, "X-Ecluse-Point": {"token"},
		"X-Forwarded-For": {"10.0.0.1"}, "X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Uri": {"/m/inbox"},
		"Forwarded": {"for=10.0.0.1"}, "X-Real-Ip": {"10.0.0.1"}, "X-Original-Url": {"/m/inbox"}, "X-Rewrite-Url": {"/m/inbox"},
		"X-Original-Uri": {"/m/inbox"}, "X-Original-Method": {"POST"}, "Proxy": {"http://evil.example"}, "X-Http-Host-Override": {"evil.example"},
	}
	r = f.request("", "GET", "/lessons", "")
	r.Header = claims.Clone()
	if res := f.do(ours, r); res.StatusCode != http.StatusOK {
		t.Fatalf("an open page: %s", res.Status)
	}
	got := f.app.received()
	for name := range claims {
		switch values := got.Header[name]; name {
		case "X-Forwarded-For":
			if !slices.Equal(values, []string{stranger}) {
				t.Errorf("%s: %v", name, values)
			}
		case "X-Forwarded-Host", "X-Forwarded-Proto":
			if want := map[string]string{"X-Forwarded-Host": f.address, "X-Forwarded-Proto": "http"}[name]; !slices.Equal(values, []string{want}) {
				t.Errorf("%s: %v", name, values)
			}
		default:
			if values != nil {
				t.Errorf("%s reached the application: %v", name, values)
			}
		}
	}
	r = f.request(wiretest.Teacher, "GET", "/m/inbox", "")
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("X-Ecluse-User", wiretest.Head)
	if res := f.do(client(t, "127.0.0.1"), r); res.StatusCode != http.StatusOK {
		t.Fatalf("from the server in front: %s", res.Status)
	}
	got = f.app.received()
	if got.Header.Get(who) != wiretest.Teacher || got.Header.Get("X-Forwarded-For") != "192.0.2.7, 127.0.0.1" ||
		got.Header.Get("X-Forwarded-Proto") != "https" || got.Header.Get("X-Ecluse-User") != "" {
		t.Errorf("from the server in front: %v", got.Header)
	}
}

func TestForgedNames(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	for name, head := range map[string]string{
		"twice":        who + ": " + wiretest.Pupil + "\r\n" + who + ": " + wiretest.Teacher + "\r\n",
		"two in one":   who + ": " + wiretest.Pupil + ", " + wiretest.Teacher + "\r\n",
		"underscore":   strings.ReplaceAll(who, "-", "_") + ": " + wiretest.Teacher + "\r\n",
		"in Trailer":   "Trailer: " + who + "\r\n",
		"small letter": strings.ToLower(who) + ": " + wiretest.Pupil + "\r\n",
		"self-test":    who + ": ecluse:self-test\r\n",
		"empty":        who + ":\r\n",
	} {
		out := f.raw("127.0.0.1", "GET /m/inbox HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+head+"\r\n")
		if !strings.HasPrefix(out, "HTTP/1.1 401 ") && !strings.HasPrefix(out, "HTTP/1.1 403 ") && !strings.HasPrefix(out, "HTTP/1.1 503 ") {
			t.Errorf("%s: %.60q", name, out)
		}
	}
	if n := f.app.asked.Load(); n != 0 {
		t.Errorf("%d requests reached the application", n)
	}
}

// Where only reading is left, a method that asks to be taken for another sends.
func TestMethodOverride(t *testing.T) {
	f := newFront(t, wiretest.Before, nil)
	f.Issue(readOnly)
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusOK {
		t.Fatalf("reading: %s", res.Status)
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		r := f.request(wiretest.Teacher, "GET", "/m/inbox", "")
		r.Header.Set(name, "POST")
		if res := f.do(client(t, "127.0.0.1"), r); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "get", "PURGE"} {
		out := f.raw("127.0.0.1", method+" /m/inbox HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+who+": "+wiretest.Teacher+"\r\n\r\n")
		if !strings.HasPrefix(out, "HTTP/1.1 403 ") {
			t.Errorf("%s: %.60q", method, out)
		}
	}
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox?_method=delete", ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("_method: %s", res.Status)
	}
}
