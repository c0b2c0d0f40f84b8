package token_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/token"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const module = "/usr/lib/softhsm/libsofthsm2.so"

// A card is a software token with a P-256 key (01) and an Ed25519 key (02).
type card struct {
	*testing.T
	dir string
}

func newCard(t *testing.T) card {
	t.Helper()
	wiretest.Need(t, "pkcs11-tool")
	wiretest.Need(t, "softhsm2-util")
	c := card{t, t.TempDir()}
	c.do(os.Mkdir(filepath.Join(c.dir, "tokens"), 0o700))
	c.write("conf", "directories.tokendir = "+filepath.Join(c.dir, "tokens")+"\nobjectstore.backend = file\n")
	t.Setenv("SOFTHSM2_CONF", filepath.Join(c.dir, "conf"))
	t.Setenv("CARD_PIN", "1234")
	c.tool("softhsm2-util", "--init-token", "--free", "--label", "ecole", "--so-pin", "4321", "--pin", "1234")
	for id, kind := range map[string]string{"01": "EC:prime256v1", "02": "EC:edwards25519"} {
		c.tool("pkcs11-tool", "--module", module, "--token-label", "ecole", "--login", "--pin", "env:CARD_PIN",
			"--keypairgen", "--key-type", kind, "--id", id, "--label", "key"+id)
	}
	return c
}

func (c card) do(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c card) tool(name string, args ...string) {
	c.Helper()
	if out, err := exec.CommandContext(c.Context(), name, args...).CombinedOutput(); err != nil {
		c.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func (c card) write(name, text string) string {
	c.Helper()
	file := filepath.Join(c.dir, name)
	c.do(os.WriteFile(file, []byte(text), 0o600))
	return file
}

// key is one of the card's, as a file says.
func (c card) key(name, id, more string) (*token.Key, error) {
	c.Helper()
	return token.Read(c.write(name+".token", fmt.Sprintf("module: %s\ntoken: ecole\nid: %q\n%s", module, id, more)))
}

func (c card) mustKey(name, id string) *token.Key {
	c.Helper()
	k, err := c.key(name, id, "pin: CARD_PIN\n")
	c.do(err)
	return k
}

// wants an error with these words.
func (c card) wants(err error, words string) {
	c.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		c.Errorf("%v, want words like %q", err, words)
	}
}

const closure = `order: FR/2024-0001
issuer: FR
type: issue
title: Fermeture
applies: {territory: FR}
from: 2024-03-29T00:00
rules: [{roles: [pupil], hours: "off"}]
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: "01 02 03 04 05"}
`

// found makes a feed whose orders are signed by the card, and whose log is.
func (c card) found(top, log crypto.Signer) (*feed.Repository, string) {
	c.Helper()
	var online crypto.Signer = newSoftKey(c)
	dir := filepath.Join(c.TempDir(), "feed")
	r, err := feed.Init(dir, feed.Founding{
		Root: feed.RoleFor(1, online), Targets: feed.RoleFor(1, top), Snapshot: feed.RoleFor(1, online), Timestamp: feed.RoleFor(1, online),
	}, feed.Host{Ring: feed.Ring{online, top}, Log: log, LogName: "orders.example"})
	c.do(err)
	return r, dir
}

func newSoftKey(c card) crypto.Signer {
	c.Helper()
	k, err := feed.NewKey(filepath.Join(c.TempDir(), "soft.pem"))
	c.do(err)
	return k
}

func TestAFeedSignedByAToken(t *testing.T) {
	c := newCard(t)
	top, log := c.mustKey("FR", "01"), c.mustKey("log", "02")
	r, dir := c.found(top, log)
	o, err := order.Parse("order", []byte(closure))
	c.do(err)
	c.do(r.Publish(o))
	verifier, err := feed.LogKey("orders.example", log.Public())
	c.do(err)
	set, err := feed.Check(dir, &feed.Trust{Log: verifier}, time.Now())
	c.do(err)
	if len(set.Orders) != 1 || set.Log.Size != 1 {
		t.Errorf("followers take %d orders, and %d lines of the log", len(set.Orders), set.Log.Size)
	}
	_, err = log.Sign(nil, make([]byte, 2000), crypto.Hash(0))
	c.wants(err, "use an ECDSA P-256 key")
}

// TestTheTokenIsGone: nothing is published, the feed is as it was, and with its
// public half beside it the key can still be named.
func TestTheTokenIsGone(t *testing.T) {
	c := newCard(t)
	top := c.mustKey("FR", "01")
	r, dir := c.found(top, newSoftKey(c))
	o, err := order.Parse("order", []byte(closure))
	c.do(err)
	away := filepath.Join(c.dir, "tokens")
	c.do(os.Rename(away, away+".away"))
	c.do(os.Mkdir(away, 0o700))
	c.wants(r.Publish(o), "is not there: plug it in")
	c.do(r.Timestamp()) // other keys sign that
	_, err = c.key("other", "01", "")
	c.wants(err, "is not there")
	der, err := x509.MarshalPKIXPublicKey(top.Public())
	c.do(err)
	c.write("other.pub", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	_, err = c.key("other", "01", "")
	c.do(err)
	c.do(os.Remove(away))
	c.do(os.Rename(away+".away", away))
	c.do(r.Publish(o))
	_, err = feed.Check(dir, nil, time.Now())
	c.do(err)
}

func TestAWrongPIN(t *testing.T) {
	c := newCard(t)
	k := c.mustKey("FR", "01")
	t.Setenv("CARD_PIN", "9999")
	digest := make([]byte, 32)
	_, err := k.Sign(nil, digest, crypto.SHA256)
	c.wants(err, "calls the PIN wrong")
	t.Setenv("CARD_PIN", "1234")
	_, err = k.Sign(nil, digest, crypto.SHA256)
	c.wants(err, "not tried again")
	_, err = c.mustKey("FR", "01").Sign(nil, digest, crypto.SHA256)
	c.do(err)
	t.Setenv("CARD_PIN", "")
	_, err = c.mustKey("FR", "01").Sign(nil, digest, crypto.SHA256)
	c.wants(err, "CARD_PIN is empty")
}

// TestAnotherKey: a token that signs with another key than was expected spoils
// nothing.
func TestAnotherKey(t *testing.T) {
	c := newCard(t)
	public, _, err := ed25519.GenerateKey(nil)
	c.do(err)
	der, err := x509.MarshalPKIXPublicKey(public)
	c.do(err)
	c.write("FR.pub", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	_, err = c.mustKey("FR", "02").Sign(nil, []byte("text"), crypto.Hash(0))
	c.wants(err, "signed with another key")
	_, err = c.key("none", "07", "")
	c.wants(err, "no key with the ID 07")
}

// TestAHungToken: a module that never answers costs an error, in time, and leaves
// no process behind.
func TestAHungToken(t *testing.T) {
	c := newCard(t)
	k := c.mustKey("FR", "01")
	bin := t.TempDir()
	c.do(os.WriteFile(filepath.Join(bin, "pkcs11-tool"), []byte("#!/bin/sh\nsleep 600 &\necho $! > "+c.dir+"/child\nwait\n"), 0o700))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	token.SetPatience(k, 300*time.Millisecond)
	began := time.Now()
	_, err := k.Sign(nil, make([]byte, 32), crypto.SHA256)
	c.wants(err, "did not answer for")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	child, err := os.ReadFile(filepath.Join(c.dir, "child"))
	c.do(err)
	for end := time.Now().Add(10 * time.Second); exec.Command("kill", "-0", strings.TrimSpace(string(child))).Run() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what it had started is still there")
		}
	}
}

func TestWhatIsNoTokensFile(t *testing.T) {
	c := card{t, t.TempDir()}
	for text, words := range map[string]string{
		"module: /m.so\ntoken: t\n":                        "needs module, token and id",
		"module: /m.so\ntoken: t\nid: label\n":             "needs module, token and id",
		"module: /m.so\ntoken: t\nid: \"01\"\npin: 1234\n": "the PIN itself never stands in a file",
		"module: /m.so\ntoken: t\nid: \"01\"\nslot: 3\n":   "slot",
		"module: [\n": "FR.token",
	} {
		_, err := token.Read(c.write("FR.token", text))
		c.wants(err, words)
	}
	t.Setenv("PATH", t.TempDir())
	_, err := token.Read(c.write("FR.token", "module: /m.so\ntoken: t\nid: \"01\"\n"))
	c.wants(err, "install OpenSC")
}
