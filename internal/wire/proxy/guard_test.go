package proxy_test

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A recorder is an application that takes whatever it is sent, as leniently as it
// can, and remembers each request line.
type recorder struct {
	net.Listener
	lines chan string
}

func newRecorder(t *testing.T) *recorder {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &recorder{l, make(chan string, 1000)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return r
}

// serve notes every line that looks like the first of a request, wherever it
// stands, so that one hidden in another's body is found too.
func (r *recorder) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if strings.Contains(line, " HTTP/1.") {
			r.lines <- strings.TrimSpace(line)
		}
		if strings.TrimSpace(line) == "" && err == nil {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
		if err != nil {
			return
		}
	}
}

// seen are the request lines so far.
func (r *recorder) seen() (lines []string) {
	for {
		select {
		case line := <-r.lines:
			lines = append(lines, line)
		default:
			return lines
		}
	}
}

// Whatever a pupil for whom messaging is closed writes on the wire, nothing for
// an address of messaging reaches the application.
func TestNothingIsSmuggled(t *testing.T) {
	rec := newRecorder(t)
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Backend.Host = rec.Addr().String() })
	id := who + ": " + wiretest.Pupil + "\r\n"
	hidden := "GET /m/secret HTTP/1.1\r\nHost: x\r\n\r\n"
	var sending sync.WaitGroup
	for name, request := range map[string]string{
		"both lengths":            "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"both, length last":       "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Transfer-Encoding: chunked\r\nContent-Length: 45\r\n\r\n0\r\n\r\n" + hidden,
		"two lengths":             "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Content-Length: 0\r\nContent-Length: 38\r\n\r\n" + hidden,
		"a list of lengths":       "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Content-Length: 0, 38\r\n\r\n" + hidden,
		"a signed length":         "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Content-Length: +0\r\n\r\n" + hidden,
		"a space in the name":     "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Content-Length : 38\r\n\r\n" + hidden,
		"chunked twice":           "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
		"xchunked":                "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Transfer-Encoding: xchunked\r\n\r\n" + hidden,
		"chunked after a tab":     "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + hidden,
		"a folded line":           "POST /a HTTP/1.1\r\nHost: x\r\n" + id + "X-A: b\r\n Content-Length: 38\r\n\r\n" + hidden,
		"a bare CR":               "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "X-A: b\rGET /m/secret HTTP/1.1\r\n\r\n",
		"a NUL":                   "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "X-A: b\x00c\r\n\r\n",
		"two hosts":               "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n" + id + "\r\n",
		"no host":                 "GET /a HTTP/1.1\r\n" + id + "\r\n",
		"a host with a path":      "GET /a HTTP/1.1\r\nHost: x/m/secret\r\n" + id + "\r\n",
		"absolute form":           "GET http://x/m/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"absolute, other host":    "GET http://y/a HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"authority form":          "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n" + id + "\r\n" + hidden,
		"asterisk":                "OPTIONS * HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"no slash":                "GET m/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"a space in the target":   "GET /a /m/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"a fragment":              "GET /m/secret#/a HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"HTTP/0.9":                "GET /m/secret\r\n\r\n",
		"HTTP/2 preface":          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"TRACE":                   "TRACE /a HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"h2c":                     "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" + hidden,
		"two upgrades":            "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n" + hidden,
		"an upgrade with a body":  "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 38\r\n\r\n" + hidden,
		"a socket refused behind": "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n\r\n" + hidden,
		"a long head":             "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "X-A: " + strings.Repeat("a", 64<<10) + "\r\n\r\n" + hidden,
		"one after the other":     "GET /a HTTP/1.1\r\nHost: x\r\n" + id + "\r\n" + strings.Replace(hidden, "\r\n\r\n", "\r\n"+id+"\r\n", 1),
		"Connection names it":     "GET /m/secret HTTP/1.1\r\nHost: x\r\n" + id + "Connection: close, " + who + "\r\n\r\n",
		"slashes":                 "GET //m/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"an escaped slash":        "GET /m%2fsecret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"an escaped letter":       "GET /%6d/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"escaped twice":           "GET /%256d/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"dots":                    "GET /a/../m/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"escaped dots":            "GET /a/%2e%2e/m/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"dots with a parameter":   "GET /a/..;/m/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"a parameter":             "GET /m;a=b/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"large letters":           "GET /M/secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"a backslash":             "GET /m\\secret HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"a broken escape":         "GET /m/%zz HTTP/1.1\r\nHost: x\r\n" + id + "\r\n",
		"another method's name":   "GET /m/secret HTTP/1.1\r\nHost: x\r\n" + id + "X-HTTP-Method-Override: POST\r\n\r\n",
	} {
		sending.Go(func() {
			mine := strings.ReplaceAll(request, "secret", "secret-"+strings.ReplaceAll(name, " ", "-"))
			f.raw("127.0.0.1", mine+"GET /_ecluse/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		})
	}
	sending.Wait()
	passed := 0
	for _, line := range rec.seen() {
		if strings.HasPrefix(line, "GET /a HTTP/1.1") || strings.HasPrefix(line, "POST /a HTTP/1.1") {
			passed++
			continue
		}
		t.Errorf("the application received %q", line)
	}
	if passed == 0 {
		t.Error("nothing reached the application: this test shows nothing")
	}
}

// The body of a refused request that comes late is not taken for a request: on
// the connection of a server in front it could name anybody.
func TestLateBodyIsNoRequest(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	hidden := "GET /m/secret HTTP/1.1\r\nHost: x\r\n" + who + ": " + wiretest.Teacher + "\r\n\r\n"
	for name, first := range map[string]string{
		"closed":       "POST /m/send HTTP/1.1\r\nHost: x\r\n" + who + ": " + wiretest.Pupil + "\r\n",
		"nobody":       "POST /m/send HTTP/1.1\r\nHost: x\r\n",
		"not accepted": "POST /a#b HTTP/1.1\r\nHost: x\r\n",
		"expecting":    "POST /m/send HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n",
	} {
		c := f.connect("127.0.0.1", first+"Content-Length: "+strconv.Itoa(len(hidden))+"\r\n\r\n")
		in := bufio.NewReader(c)
		if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 4") {
			t.Fatalf("%s: %q %v", name, line, err)
		}
		io.WriteString(c, hidden)
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if rest, _ := io.ReadAll(in); strings.Contains(string(rest), "HTTP/1.1 ") {
			t.Errorf("%s: it was answered: %s", name, rest)
		}
	}
	if n := f.app.asked.Load(); n != 0 {
		t.Errorf("%d requests reached the application", n)
	}
}
