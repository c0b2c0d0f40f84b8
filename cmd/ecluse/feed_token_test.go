package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// TestKeysOnAToken: FR.token stands where FR.pem would, in every command.
func TestKeysOnAToken(t *testing.T) {
	wiretest.Need(t, "pkcs11-tool")
	wiretest.Need(t, "softhsm2-util")
	const module = "/usr/lib/softhsm/libsofthsm2.so"
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{"tokens", "keys"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put("conf", "directories.tokendir = "+filepath.Join(dir, "tokens")+"\nobjectstore.backend = file\n")
	t.Setenv("SOFTHSM2_CONF", filepath.Join(dir, "conf"))
	t.Setenv("FR_PIN", "1234")
	for _, args := range [][]string{
		{"softhsm2-util", "--init-token", "--free", "--label", "ecole", "--so-pin", "4321", "--pin", "1234"},
		{"pkcs11-tool", "--module", module, "--token-label", "ecole", "--login", "--pin", "env:FR_PIN", "--keypairgen", "--key-type", "EC:prime256v1", "--id", "01"},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	put("keys/FR.token", "module: "+module+"\ntoken: ecole\nid: \"01\"\npin: FR_PIN\n")
	keys, place := filepath.Join(dir, "keys"), filepath.Join(dir, "feed")
	put("keys/FR.pub", line(t, "feed", "key", filepath.Join(keys, "FR.token")))
	line(t, "feed", "init", place, "--keys", keys)
	put("order.yaml", closing("FR/2024-0001", time.Now()))
	line(t, "feed", "publish", place, filepath.Join(dir, "order.yaml"), "--keys", keys)
	if said := line(t, "feed", "check", place); !strings.Contains(said, "FR/2024-0001") {
		t.Errorf("the feed holds %s", said)
	}
	if _, err := os.Stat(filepath.Join(keys, "FR.pem")); err == nil {
		t.Error("a key was made beside the one on the token")
	}

	t.Setenv("FR_PIN", "9999")
	put("next.yaml", closing("FR/2024-0002", time.Now()))
	status, _, said := ecluseLine("feed", "publish", place, filepath.Join(dir, "next.yaml"), "--keys", keys)
	if status != 1 || !strings.Contains(said, "calls the PIN wrong") {
		t.Errorf("with a wrong PIN: %d %s", status, said)
	}
	line(t, "feed", "sign", place, "--keys", keys) // other keys do that
	line(t, "feed", "key", filepath.Join(keys, "FR.pem"))
	if status, _, said := ecluseLine("feed", "sign", place, "--keys", keys); status != 1 || !strings.Contains(said, "both FR.pem and FR.token") {
		t.Errorf("with two keys of one name: %d %s", status, said)
	}
}
