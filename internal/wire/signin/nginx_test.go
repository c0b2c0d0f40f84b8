package signin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire/forward"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// certificate writes a certificate for ent.example and its key into a folder.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"ent.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A fronted site is Écluse and a workspace behind nginx, as integrations/cas tells.
type fronted struct {
	*wiretest.World
	cas  *casServer
	gate *httptest.Server
	to   *http.Transport // leads ent.example to nginx
}

const site = "https://ent.example"

func newFronted(t *testing.T) *fronted {
	nginx, dir, listen := wiretest.Need(t, "nginx"), t.TempDir(), wiretest.FreeAddress(t)
	f := &fronted{World: wiretest.New(t, wiretest.Noon, wiretest.Letter), cas: newCAS(t, wiretest.Teacher)}
	f.to = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "ent.example:443" {
			address = listen
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(f.to.CloseIdleConnections)
	f.cas.client.Transport = f.to
	f.serve(dir)
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "workspace %s", r.RequestURI) }))
	t.Cleanup(workspace.Close)

	certificate(t, dir)
	user := "worker_processes 1;"
	if os.Getuid() == 0 {
		user += " user root;" // the folders are the tests' own
	}
	conf := filepath.Join(dir, "nginx.conf")
	wiretest.Config(t, "../../../integrations/cas/nginx.conf", conf,
		"/run/nginx/", dir+"/", "/var/log/nginx/error.log", "stderr", "/var/log/nginx/", dir+"/", "/var/lib/nginx/", dir+"/", "/etc/nginx/tls/", dir+"/",
		"listen 443 ", "listen "+listen+" ", "127.0.0.1:8080", f.gate.Listener.Addr().String(), "127.0.0.1:8090", workspace.Listener.Addr().String(), "user www-data;", user)
	wiretest.Start(t, listen, nginx, "-c", conf, "-p", dir, "-g", "daemon off;")
	return f
}

// serve runs Écluse on its published configuration.
func (f *fronted) serve(dir string) {
	f.Helper()
	must := func(err error) {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "cookie.key"), []byte("0123456789abcdef0123456789abcdef0123456789abcdef"), 0o600))
	file := filepath.Join(dir, "ecluse.yaml")
	wiretest.Config(f.T, "../../../integrations/cas/ecluse.yaml", file, "https://cas.ent.example/cas", f.cas.URL)
	c, err := config.Load(file)
	must(err)
	who, err := identity.New(c.Gate.Identity, f.Desk.Trusts)
	must(err)
	side, err := signin.New(f.Desk, who, c.Gate, nil, f.Log)
	must(err)
	table, err := route.Compile(c.Gate.Routes, c.Gate.Unmatched)
	must(err)
	mux := http.NewServeMux()
	side.Routes(mux)
	f.gate = httptest.NewServer(forward.New(f.Desk, who, table, nil, time.Minute).Wrap(mux))
	f.Cleanup(f.gate.Close)
}

// visitor is a browser that nginx is ent.example for.
func (f *fronted) visitor(accept string) *visitor {
	v := newVisitor(f.T)
	v.Transport, v.accept = f.to, accept
	return v
}

// TestNginxWithCAS: the published configurations of nginx and Écluse together,
// from the first page through CAS to the closing, the reopening and the logout.
func TestNginxWithCAS(t *testing.T) {
	f := newFronted(t)
	v := f.visitor("text/html")
	v.sees(site+"/cahier", 200, "workspace /cahier") // the other pages are open
	if len(f.cas.tickets)+len(f.cas.services) > 0 {
		t.Error("an open page led to CAS")
	}
	const page = "/messagerie/lire?page=2&tri=date%20desc"
	v.sees(site+page, 200, "workspace "+page)
	v.sees(site+"/messagerie/", 200, "workspace /messagerie/")

	f.At("2024-04-02T19:00")
	v.sees(site+"/messagerie/", 403, "fermée")
	v.sees(site+"/cahier", 200, "workspace")
	f.At("2024-04-03T07:00")
	v.sees(site+"/messagerie/", 200, "workspace")
	f.cas.logout()
	if status, _ := v.steps().get(site + "/messagerie/"); status != http.StatusSeeOther {
		t.Errorf("after the logout: %d", status)
	}
	f.cas.user = wiretest.Pupil
	v.sees(site+"/messagerie/", 403, "fermée")

	f.gate.CloseClientConnections()
	f.gate.Close()
	v.sees(site+"/messagerie/", 503, "fermée")
	v.sees(site+"/gate/sign-in?to=/", 502, "")
}

// TestNginxWithCASForStrangers: a program without a cookie is told so, what a
// client makes up opens nothing, and nginx passes on what is for everybody alone.
func TestNginxWithCASForStrangers(t *testing.T) {
	f := newFronted(t)
	program := f.visitor("application/json")
	program.sees(site+"/messagerie/", 401, "expir")
	for _, path := range []string{"/gate/cas/access?username=teacher1", "/gate/claims?login=teacher1", "/gate/forward/nginx", "/gate/", "/gate/cas/%61ccess?username=teacher1"} {
		program.sees(site+path, 404, "")
	}
	for _, header := range []string{"X-Ecluse-User: teacher1", "Cookie: __Host-ecluse=1.dGVhY2hlcjE.9999999999..AAAA", "X-Ecluse-Point: x"} {
		name, value, _ := strings.Cut(header, ": ")
		program.header = [2]string{name, value}
		if status, body := program.steps().get(site + "/messagerie/"); status == 200 || strings.Contains(body, "workspace") {
			t.Errorf("with %s: %d %s", header, status, body)
		}
	}
}
