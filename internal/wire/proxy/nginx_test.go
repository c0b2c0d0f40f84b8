package proxy_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// behindNginx puts a real nginx in front, with the configuration as it stands in
// integrations/proxy, and returns its address and a client for it.
func (f *front) behindNginx(t *testing.T) (address string, c *http.Client) {
	t.Helper()
	program := wiretest.Need(t, "nginx")
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := httptest.NewTLSServer(nil) // for its certificate
	defer s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	write("users", []byte(wiretest.Teacher+":{PLAIN}pw\n"+wiretest.Pupil+":{PLAIN}pw\n"))
	address = wiretest.FreeAddress(t)
	conf := filepath.Join(dir, "nginx.conf")
	wiretest.Config(t, "../../../integrations/proxy/nginx.conf", conf,
		"user www-data;", "user root;", "/run/nginx/ecluse-proxy.pid", dir+"/pid", "/var/log/nginx/", dir+"/", "/var/lib/nginx/", dir+"/",
		"/etc/nginx/tls/", dir+"/", "/etc/nginx/ecluse-users", dir+"/users", "listen 443", "listen "+address, "127.0.0.1:8070", f.address)
	wiretest.Start(t, address, program, "-c", conf, "-e", dir+"/error.log", "-g",
		"daemon off; ", "-p", dir)
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return address, &http.Client{Transport: tr, Timeout: 20 * time.Second}
}

func TestBehindNginx(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	address, c := f.behindNginx(t)
	ask := func(login, target string, set ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+address+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(login, "pw")
		for i := 0; i < len(set); i += 2 {
			r.Header.Set(set[i], set[i+1])
		}
		return f.do(c, r)
	}
	if res := ask(wiretest.Teacher, "/m/inbox?a=%2f", "X-Forwarded-For", "10.0.0.1"); res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Fatalf("a teacher: %s %s", res.Proto, res.Status)
	}
	got := f.app.received()
	if got.Target != "/m/inbox?a=%2f" || got.Header.Get(who) != wiretest.Teacher || got.Header.Get("X-Forwarded-For") != "127.0.0.1, 127.0.0.1" ||
		got.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("it arrived as %+v", got)
	}
	if res := ask(wiretest.Pupil, "/m/inbox", who, wiretest.Teacher); res.StatusCode != http.StatusForbidden {
		t.Errorf("a pupil who says to be a teacher: %s", res.Status)
	}
	if res := ask(wiretest.Pupil, "/lessons"); res.StatusCode != http.StatusOK {
		t.Errorf("lessons: %s", res.Status)
	}
	if res := ask(wiretest.Teacher, "/_ecluse/self-test"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the self-test: %s", res.Status)
	}

	lines := bufio.NewReader(ask(wiretest.Teacher, "/m/stream").Body)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	r := &http.Request{Header: header}
	r.SetBasicAuth(wiretest.Teacher, "pw")
	one := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // web sockets need HTTP/1.1
	socket, _, err := websocket.Dial(t.Context(), "wss://"+address+"/m/socket", &websocket.DialOptions{HTTPHeader: header, HTTPClient: one})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow()
	began := time.Now()
	f.At(closing)
	if _, _, err := socket.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("the web socket ended with %v", err)
	}
	if rest, err := io.ReadAll(lines); err != nil || !strings.HasSuffix(string(rest), "\n") {
		t.Errorf("the stream ended with %v", err)
	}
	if after := time.Since(began); after > time.Second {
		t.Errorf("both ended after %v", after)
	}
	if res := ask(wiretest.Teacher, "/m/inbox"); res.StatusCode != http.StatusForbidden || res.Header.Get("Retry-After") == "" {
		t.Errorf("afterwards: %s %v", res.Status, res.Header)
	}
}
