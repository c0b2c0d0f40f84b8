package forward_test

import (
	"crypto/sha1"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"golang.org/x/crypto/bcrypt"
)

const integrations = "../../../integrations/"

// startNginx runs nginx with its own folder.
func startNginx(t *testing.T, front, gate, workspace string) *wiretest.Server {
	t.Helper()
	program, dir := wiretest.Need(t, "nginx"), t.TempDir()
	certificate(t, dir)
	sum := sha1.Sum([]byte(secret)) // a form of passwords that nginx reads fast
	users(t, filepath.Join(dir, "users"), "%s:{SHA}"+base64.StdEncoding.EncodeToString(sum[:]))
	config := filepath.Join(dir, "nginx.conf")
	wiretest.Config(t, integrations+"nginx/ecluse.conf", config,
		"/run/nginx/", dir+"/", "/var/log/nginx/error.log", "stderr", "/var/log/nginx/", dir+"/", "/var/lib/nginx/", dir+"/", "/etc/nginx/tls/", dir+"/",
		"/etc/nginx/ecluse-users", filepath.Join(dir, "users"), "listen 443 ", "listen "+front+" ",
		"127.0.0.1:8080", gate, "127.0.0.1:8090", workspace, "user www-data;", "worker_processes 1;"+asRoot())
	return wiretest.Start(t, front, program, "-c", config, "-p", dir, "-g", "daemon off;")
}

// asRoot keeps nginx's workers the tests' own user: the folders are theirs.
func asRoot() string {
	if os.Getuid() == 0 {
		return " user root;"
	}
	return ""
}

// startCaddy runs Caddy with its own folder.
func startCaddy(t *testing.T, front, gate, workspace string) *wiretest.Server {
	t.Helper()
	program, dir := wiretest.Need(t, "caddy"), t.TempDir()
	certificate(t, dir)
	hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users(t, filepath.Join(dir, "users"), "%s "+base64.StdEncoding.EncodeToString(hash))
	config := filepath.Join(dir, "Caddyfile")
	wiretest.Config(t, integrations+"caddy/Caddyfile", config,
		"\tadmin off\n", "\tadmin off\n\thttp_port "+port(wiretest.FreeAddress(t))+"\n",
		"/etc/caddy/tls/", dir+"/", "/etc/caddy/ecluse-users", filepath.Join(dir, "users"),
		"https://ent.example:443 {", "https://ent.example:"+port(front)+" {\n\tbind 127.0.0.1",
		"127.0.0.1:8080", gate, "127.0.0.1:8090", workspace)
	t.Setenv("XDG_DATA_HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", dir)
	return wiretest.Start(t, front, program, "run", "--config", config, "--adapter", "caddyfile")
}
