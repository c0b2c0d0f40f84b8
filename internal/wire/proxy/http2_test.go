package proxy_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// newTLS is a front that speaks TLS, and with it HTTP/2, with a client for it.
func newTLS(t *testing.T, at string, set func(*proxy.Options)) (*front, *http.Client) {
	t.Helper()
	f := newFront(t, at, set)
	s := httptest.NewUnstartedServer(nil)
	s.Config = f.Server()
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	f.url, f.address = s.URL, s.Listener.Addr().String()
	c := s.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return f, c
}

func TestHTTP2(t *testing.T) {
	f, c := newTLS(t, wiretest.Noon, nil)
	res := f.do(c, f.request(wiretest.Teacher, "POST", "/m/send?a=b", "Bonjour"))
	if got := f.app.received(); res.ProtoMajor != 2 || res.StatusCode != http.StatusOK || got.Target != "/m/send?a=b" || got.Body != "Bonjour" || got.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("%s %s arrived as %+v", res.Proto, res.Status, got)
	}
	if res := f.do(c, f.request(wiretest.Pupil, "POST", "/m/send", "Bonjour")); res.StatusCode != http.StatusForbidden {
		t.Errorf("a pupil: %s", res.Status)
	}
	stream := f.do(c, f.request(wiretest.Teacher, "GET", "/m/stream", ""))
	lines := bufio.NewReader(stream.Body)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	part := f.do(c, f.request(wiretest.Teacher, "GET", "/m/part", ""))
	answered := make(chan *http.Response, 1)
	go func() {
		res, err := c.Do(f.request(wiretest.Teacher, "GET", "/m/poll", ""))
		if err != nil {
			t.Error(err)
		}
		answered <- res
	}()
	lessons := f.do(c, f.request("", "GET", "/lessons", ""))
	wiretest.Eventually(t, "two wait", func() bool { return f.app.polling.Load() == 2 })
	f.At(closing)
	if _, err := io.ReadAll(lines); err != nil {
		t.Errorf("the event stream was broken off: %v", err)
	}
	if rest, err := io.ReadAll(part.Body); err == nil {
		t.Errorf("half an answer ended as if it were whole: %q", rest)
	}
	if res := <-answered; res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("the long poll: %+v", res)
	}
	if _, err := io.ReadAll(lessons.Body); err != nil {
		t.Errorf("what is no messaging, on the same connection: %v", err)
	}
	wiretest.Eventually(t, "nothing is left", func() bool { return f.Live() == 0 })
}

// A stream of HTTP/2 that says nothing for long is not slow, one that nobody
// takes from is.
func TestHTTP2Slow(t *testing.T) {
	f, c := newTLS(t, wiretest.Noon, func(o *proxy.Options) { o.Limits.Slow = 200 * time.Millisecond })
	part := f.do(c, f.request(wiretest.Teacher, "GET", "/m/part", ""))
	wiretest.Eventually(t, "one waits", func() bool { return f.app.polling.Load() == 1 })
	f.do(c, f.request(wiretest.Teacher, "GET", "/m/large", "")) // its body is never read
	wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() == 1 })
	close(f.app.release)
	if said, err := io.ReadAll(part.Body); err != nil || string(said) != `{"part":news` {
		t.Errorf("the quiet one: %q %v", said, err)
	}
}

// A frame of HTTP/2 (RFC 9113, section 4.1).
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// fields are a head's, without any compression (RFC 7541, section 6.2.2).
func fields(list ...[2]string) (b []byte) {
	for _, f := range list {
		b = append(b, 0, byte(len(f[0])))
		b = append(b, f[0]...)
		b = append(b, byte(len(f[1])))
		b = append(b, f[1]...)
	}
	return b
}

// What HTTP/2 can carry and HTTP/1.1 cannot must not turn into something else on
// the way to the application.
func TestHTTP2IsNotSmuggledFrom(t *testing.T) {
	rec := newRecorder(t)
	f, _ := newTLS(t, wiretest.Noon, func(o *proxy.Options) { o.Backend.Host = rec.Addr().String() })
	const path, method, authority = ":path", ":method", ":authority"
	plain := [][2]string{{method, "GET"}, {":scheme", "https"}, {authority, "x"}, {path, "/a"}}
	with := func(replace ...[2]string) [][2]string {
		list := append([][2]string(nil), plain...)
		for _, r := range replace {
			found := false
			for i := range list {
				if list[i][0] == r[0] {
					list[i], found = r, true
				}
			}
			if !found {
				list = append(list, r)
			}
		}
		return append(list, [2]string{strings.ToLower(who), wiretest.Pupil})
	}
	cases := map[string][][2]string{
		"a request line in the path":  with([2]string{path, "/a HTTP/1.1\r\nHost: x\r\n\r\nGET /m/secret"}),
		"a space in the path":         with([2]string{path, "/a /m/secret"}),
		"a fragment in the path":      with([2]string{path, "/m/secret#a"}),
		"an absolute path":            with([2]string{path, "https://x/m/secret"}),
		"a path without a slash":      with([2]string{path, "m/secret"}),
		"an empty path":               with([2]string{path, ""}),
		"the asterisk":                with([2]string{path, "*"}),
		"slashes":                     with([2]string{path, "//m/secret"}),
		"dots":                        with([2]string{path, "/a/../m/secret"}),
		"a request line in a method":  with([2]string{method, "GET /m/secret HTTP/1.1\r\nX: "}),
		"a space in a method":         with([2]string{method, "GET /m/secret"}),
		"another host beside":         with([2]string{"host", "y"}),
		"a path in the authority":     with([2]string{authority, "x/m/secret"}),
		"a line in the authority":     with([2]string{authority, "x\r\nX: y"}),
		"somebody in the authority":   with([2]string{authority, "teacher@x"}),
		"a line in a value":           with([2]string{"x-a", "b\r\n\r\nGET /m/secret HTTP/1.1"}),
		"a line in a name":            with([2]string{"x-a: b\r\nX-B", "c"}),
		"a colon in a name":           with([2]string{"x-a: b", "c"}),
		"large letters in a name":     with([2]string{"X-A", "b"}),
		"chunked":                     with([2]string{"transfer-encoding", "chunked"}),
		"Connection":                  with([2]string{"connection", who}),
		"an upgrade":                  with([2]string{"upgrade", "websocket"}),
		"a length that is none":       with([2]string{method, "POST"}, [2]string{"content-length", "38x"}),
		"a length of what never came": with([2]string{method, "POST"}, [2]string{"content-length", "38"}),
		"two paths":                   append([][2]string{{path, "/m/secret"}}, with()...),
		"CONNECT":                     {{method, "CONNECT"}, {authority, "x:80"}},
		"a web socket in HTTP/2":      with([2]string{method, "CONNECT"}, [2]string{":protocol", "websocket"}, [2]string{path, "/m/secret"}),
		"what is well":                with(),
	}
	for name, head := range cases {
		c, err := tls.Dial("tcp", f.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(2 * time.Second))
		io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
		c.Write(frame(4, 0, 0, nil))                // SETTINGS
		c.Write(frame(1, 4|1, 1, fields(head...)))  // HEADERS, ends both
		c.Write(frame(6, 0, 0, []byte("answer!!"))) // PING
		answered := answers(c)
		c.Close()
		for _, line := range rec.seen() {
			if line != "GET /a HTTP/1.1" && line != "POST /a HTTP/1.1" {
				t.Errorf("%s: the application received %q", name, line)
			}
		}
		if name == "what is well" && !answered {
			t.Error("a request that is well has no answer: this test shows nothing")
		}
	}
}

// answers reads until the stream has an answer or an end.
func answers(c io.Reader) bool {
	for {
		var head [9]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return false
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(c, payload); err != nil {
			return false
		}
		switch head[3] {
		case 1: // HEADERS
			return payload[0] == 0x88 // :status 200
		case 3, 7: // RST_STREAM, GOAWAY
			return false
		}
	}
}
