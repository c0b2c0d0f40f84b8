package haproxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// lenient reports whether some application would serve messaging under a target
// that reached it, written without a look at the configuration.
func lenient(target string) bool {
	target, _, _ = strings.Cut(target, "?")
	if u, err := url.Parse(target); err == nil && u.Host != "" && strings.Contains(target, "://") {
		target = u.EscapedPath()
	}
	readings := []string{target}
	for range 3 {
		for _, s := range readings {
			decoded, err := url.PathUnescape(s)
			if err == nil {
				readings = append(readings, decoded)
			}
			cut := ""
			for i, part := range strings.Split(strings.ReplaceAll(s, `\`, "/"), "/") {
				part, _, _ = strings.Cut(part, ";")
				if i > 0 {
					cut += "/"
				}
				cut += part
			}
			readings = append(readings, path.Clean("/"+cut), strings.NewReplacer("ſ", "s", "ｍ", "m", "\x00", "").Replace(s))
		}
	}
	for _, s := range readings {
		if strings.HasPrefix(strings.ToLower(path.Clean("/"+s)), "/messagerie") {
			return true
		}
	}
	return false
}

// intact fails if the application was asked for messaging since the last call.
func (g *gate) intact(what string) {
	g.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.seen {
		if lenient(strings.Fields(s)[1]) {
			g.Errorf("%s: the application was asked: %s", what, s)
		}
	}
	g.seen = nil
}

// raw sends bytes as they are and reads whatever comes until the end.
func (g *gate) raw(from net.Addr, text string) string {
	g.Helper()
	c, err := (&net.Dialer{LocalAddr: from}).Dial("tcp", g.address)
	if err != nil {
		g.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(c, text)
	c.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(c) // a reset is an answer too
	return string(answer)
}

// openToAdults is a gate at noon: teachers may write, pupils may nothing.
func openToAdults(t *testing.T) *gate {
	g := newGate(t, wiretest.Noon, wiretest.Letter)
	g.push(config.HAProxy{})
	g.eventually(wiretest.Teacher, 200)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = nil
	return g
}

func TestNoAddressIsSmuggled(t *testing.T) {
	g := openToAdults(t)
	for _, target := range []string{
		"/messagerie", "//messagerie", "///messagerie/", "/./messagerie", "/x/../messagerie", "/x/%2e%2e/messagerie", "/x/.%2E/messagerie",
		"/%6dessagerie", "/%6Dessagerie", "/MESSAGERIE", "/%4DESSAGERIE", "/%2fmessagerie", "/%2Fmessagerie", "/%252fmessagerie",
		"/%256dessagerie", "/%25256dessagerie", "/x/..%2fmessagerie", "/x%2f..%2fmessagerie", "/x/..;/messagerie", "/;a=b/messagerie", "/x;/../messagerie",
		"/messagerie;a=b", `/\messagerie`, `\messagerie`, "/%5cmessagerie", `/x\..\messagerie`, "/x%00/../messagerie", "/%00messagerie", "/messagerie%00",
		"/me\u017f\u017fagerie", "/me%c5%bf%c5%bfagerie", "/%ef%bd%8dessagerie", "/%c0%afmessagerie", "/x?/../messagerie", "/x#/../messagerie",
		"/x%23/../messagerie", "/x%3f/../messagerie", "/%20/../messagerie", "/ messagerie", "/\tmessagerie", "/x/.../messagerie", "/messagerie?x=/agenda", "/messagerie#/agenda",
		"http://" + g.address + "/messagerie", "HTTP://" + g.address + "/messagerie", "http://" + g.address + "//messagerie", "http://other.example/messagerie",
		"http://" + g.address + "@other.example/messagerie", "messagerie", "*", "/agenda/%%2e/messagerie", "/%u006dessagerie", "/%6", "/%zzmessagerie",
	} {
		for _, method := range []string{"GET", "POST", "OPTIONS", "get", "PROPFIND", "CONNECT", "TRACE"} {
			g.raw(nil, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-Ecluse-User: pupil1\r\nConnection: close\r\n\r\n", method, target, g.address))
			g.intact(fmt.Sprintf("%s %q", method, target))
		}
	}
}

// What people have in their other addresses stays open to them.
func TestOtherPagesStayOpen(t *testing.T) {
	g := openToAdults(t)
	for _, target := range []string{"/", "/agenda", "/agenda/", "/notes/2024/4e%20B/", "/casier/compte-rendu%20(1).pdf", "/actualit%C3%A9s/", "/.well-known/acme-challenge/x",
		"/api/v1/@me?next=/messagerie", "/timeline/lastNotifications?type=a&type=b", "/x/.hidden", "/a:b/c~d"} {
		a := g.raw(nil, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: h\r\nX-Ecluse-User: pupil1\r\nConnection: close\r\n\r\n", target))
		if !strings.HasPrefix(a, "HTTP/1.1 200 ") {
			t.Errorf("%s: %q", target, a)
		}
	}
}

func TestNoRequestIsSmuggled(t *testing.T) {
	g := openToAdults(t)
	hidden := "GET /messagerie/stolen HTTP/1.1\r\nHost: h\r\nX-Ecluse-User: pupil1\r\nX-Ignore: x"
	for name, text := range map[string]string{
		"both lengths":        "POST /agenda HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"a length and chunks": "POST /agenda HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\n" + hidden + "\r\n0\r\n\r\n",
		"an odd coding":       "POST /agenda HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\nabc" + hidden,
		"a tab in the coding": "POST /agenda HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\x0bchunked\r\nContent-Length: 3\r\n\r\nabc" + hidden,
		"two codings":         "POST /agenda HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
		"two lengths":         "POST /agenda HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n" + hidden,
		"a signed length":     "POST /agenda HTTP/1.1\r\nHost: h\r\nContent-Length: +0\r\n\r\n" + hidden,
		"a second request":    "GET /agenda HTTP/1.1\r\nHost: h\r\n\r\n" + hidden,
		"an old version":      "GET /agenda HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + hidden,
		"version nine":        "GET /messagerie\r\n\r\n",
		"another protocol":    "GET /agenda HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n" + hidden,
		"a socket that is none": "GET /agenda HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777\r\n" +
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" + hidden,
		"two protocols":      "GET /agenda HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n" + hidden,
		"another method":     "GET /messagerie HTTP/1.1\r\nHost: h\r\nX-HTTP-Method-Override: OPTIONS\r\nX-Ecluse-User: pupil1\r\n\r\n",
		"another address":    "GET /agenda HTTP/1.1\r\nHost: h\r\nX-Original-URL: /messagerie\r\nX-Rewrite-URL: /messagerie\r\nX_Original_URL: /messagerie\r\nConnection: close\r\n\r\n",
		"a folded header":    "GET /messagerie HTTP/1.1\r\nHost: h\r\nX-A: b\r\n X-Ecluse-User: teacher1\r\n\r\n",
		"a space in a name":  "GET /messagerie HTTP/1.1\r\nHost: h\r\nX-Ecluse-User : teacher1\r\n\r\n",
		"a line of its own":  "GET /messagerie HTTP/1.1\nHost: h\nX-Ecluse-User: pupil1\r\rX-Ecluse-User: teacher1\n\n",
		"a header in chunks": "POST /agenda HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Ecluse-User: teacher1\r\n\r\n" + hidden,
	} {
		g.raw(nil, text+"\r\n\r\n")
		if g.reached("Original") || g.reached("Rewrite") || g.reached("H2c") || g.reached("h2c") {
			t.Errorf("%s: the application saw %q", name, g.seen)
		}
		g.intact(name)
	}
}

func TestNobodySpeaksForTheFront(t *testing.T) {
	g := openToAdults(t)
	for _, name := range []string{"X-Ecluse-User", "x-ecluse-user", "X-ECLUSE-USER", "X_Ecluse_User", "X-Ecluse_User", "x_ecluse-user", "X-Ecluse-School", "X-Ecluse-Point"} {
		a := g.askFrom(stranger, "GET", "/messagerie/", name, wiretest.Teacher, "X-Ecluse-Role", "teacher", "X-Forwarded-For", "127.0.0.1")
		g.want(a, 401)
		g.want(g.askFrom(stranger, "GET", "/agenda", name, wiretest.Teacher), 200)
	}
	a := g.askFrom(stranger, "GET", "/messagerie/", "X-Ecluse-School", "0799002F", "X-Ecluse-Role", "teacher")
	g.want(a, 401)
	if g.reached("clus") || g.reached("CLUS") {
		t.Errorf("the application saw a stranger's header: %q", g.seen)
	}
	// A trusted server that lets a client's spelling through beside its own.
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Pupil, "X_Ecluse_User", wiretest.Teacher, "x-ecluse_user", wiretest.Teacher), 403)
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Pupil, "Connection", "X-Ecluse-User"), 403)
	g.intact("a stranger's header")
}

func TestHTTP2(t *testing.T) {
	g := openToAdults(t)
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols}
	defer transport.CloseIdleConnections()
	for _, c := range []struct {
		login, method, path string
		want                int
	}{
		{wiretest.Teacher, "POST", "/messagerie/", 200},
		{wiretest.Pupil, "GET", "/messagerie/", 403},
		{wiretest.Pupil, "GET", "//messagerie/", 403},
		{wiretest.Pupil, "GET", "/x/../messagerie/", 403},
		{wiretest.Pupil, "GET", "/MESSAGERIE", 403},
		{wiretest.Pupil, "GET", "/agenda", 200},
		{"", "GET", "/messagerie/", 401},
	} {
		r := &http.Request{Method: c.method, URL: &url.URL{Scheme: "http", Host: g.address, Path: c.path}, Header: http.Header{}, Host: "ent.example"}
		if c.login != "" {
			r.Header.Set("X-Ecluse-User", c.login)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.ProtoMajor != 2 || resp.StatusCode != c.want {
			t.Errorf("%s %s %s: %s %d, want %d", c.login, c.method, c.path, resp.Proto, resp.StatusCode, c.want)
		}
	}
}

// A refused account does not slow another behind the same address, nor do clients
// that say nothing.
func TestRefusingSlowsNobody(t *testing.T) {
	g := openToAdults(t)
	var slow []net.Conn
	for range 100 {
		c, err := net.Dial("tcp", g.address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET /messagerie HTTP/1.1\r\nHost: h\r\nX-Ecluse-User: ")
		slow = append(slow, c)
	}
	for range 200 {
		if got := g.as(wiretest.Pupil); got != 403 {
			t.Fatal(got)
		}
	}
	began := time.Now()
	if got := g.as(wiretest.Teacher); got != 200 {
		t.Fatal(got)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("the teacher waited %v", took)
	}
	for _, c := range slow {
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, " 408 ") {
			t.Fatalf("a client that says nothing is told %q (%v), want 408 and the end", line, err)
		}
	}
}
