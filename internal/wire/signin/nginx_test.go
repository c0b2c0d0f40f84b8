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

// TestNginxWithCAS: the published configurations of nginx and Écluse together,
// from the first page through CAS to the closing, the reopening and the logout.
func TestNginxWithCAS(t *testing.T) {
	nginx, dir, listen := wiretest.Need(t, "nginx"), t.TempDir(), wiretest.FreeAddress(t)
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	cas := newCAS(t, wiretest.Teacher)
	to := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "ent.example:443" {
			address = listen
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(to.CloseIdleConnections)
	cas.client.Transport = to

	// Écluse, as integrations/cas/ecluse.yaml says
	if err := os.WriteFile(filepath.Join(dir, "cookie.key"), []byte("0123456789abcdef0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ecluse.yaml")
	wiretest.Config(t, "../../../integrations/cas/ecluse.yaml", file, "https://cas.ent.example/cas", cas.URL)
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	who, err := identity.New(c.Gate.Identity, w.Desk.Trusts)
	if err != nil {
		t.Fatal(err)
	}
	side, err := signin.New(w.Desk, who, c.Gate, nil, w.Log)
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.Compile(c.Gate.Routes, c.Gate.Unmatched)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	side.Routes(mux)
	gate := httptest.NewServer(forward.New(w.Desk, who, table, nil, time.Minute).Wrap(mux))
	defer gate.Close()
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "workspace %s", r.RequestURI) }))
	defer workspace.Close()

	// nginx, as integrations/cas/nginx.conf says
	certificate(t, dir)
	conf := filepath.Join(dir, "nginx.conf")
	user := "worker_processes 1;"
	if os.Getuid() == 0 {
		user += " user root;"
	}
	wiretest.Config(t, "../../../integrations/cas/nginx.conf", conf,
		"/run/nginx/", dir+"/", "/var/log/nginx/error.log", "stderr", "/var/log/nginx/", dir+"/", "/var/lib/nginx/", dir+"/", "/etc/nginx/tls/", dir+"/",
		"listen 443 ", "listen "+listen+" ", "127.0.0.1:8080", gate.Listener.Addr().String(), "127.0.0.1:8090", workspace.Listener.Addr().String(), "user www-data;", user)
	wiretest.Start(t, listen, nginx, "-c", conf, "-p", dir, "-g", "daemon off;")

	v := newVisitor(t)
	v.Transport = to
	v.accept = "text/html"
	const site = "https://ent.example"
	v.sees(site+"/cahier", 200, "workspace /cahier") // the other pages are open
	if len(cas.tickets)+len(cas.services) > 0 {
		t.Error("an open page led to CAS")
	}
	const page = "/messagerie/lire?page=2&tri=date%20desc"
	v.sees(site+page, 200, "workspace "+page)
	v.sees(site+"/messagerie/", 200, "workspace /messagerie/")

	program := newVisitor(t)
	program.Transport = to
	program.sees(site+"/messagerie/", 401, "expir")
	for _, path := range []string{"/gate/cas/access?username=teacher1", "/gate/claims?login=teacher1", "/gate/forward/nginx", "/gate/", "/gate/cas/%61ccess?username=teacher1"} {
		program.sees(site+path, 404, "")
	}

	w.At("2024-04-02T19:00")
	v.sees(site+"/messagerie/", 403, "fermée")
	v.sees(site+"/cahier", 200, "workspace")
	w.At("2024-04-03T07:00")
	v.sees(site+"/messagerie/", 200, "workspace")
	cas.logout()
	if status, _ := v.steps().get(site + "/messagerie/"); status != http.StatusSeeOther {
		t.Errorf("after the logout: %d", status)
	}
	cas.user = wiretest.Pupil
	v.sees(site+"/messagerie/", 403, "fermée")

	forged := &visitor{T: t, Client: http.Client{Transport: to}, accept: "text/html"}
	for _, header := range []string{"X-Ecluse-User: teacher1", "Cookie: __Host-ecluse=1.dGVhY2hlcjE.9999999999..AAAA", "X-Ecluse-Point: x"} {
		name, value, _ := strings.Cut(header, ": ")
		forged.header = [2]string{name, value}
		if status, body := forged.steps().get(site + "/messagerie/"); status == 200 || strings.Contains(body, "workspace") {
			t.Errorf("with %s: %d %s", header, status, body)
		}
	}
	gate.CloseClientConnections()
	gate.Close()
	v.sees(site+"/messagerie/", 503, "fermée")
	v.sees(site+"/gate/sign-in?to=/", 502, "")
}
