package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A served is `ecluse serve` in a process of its own.
type served struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	config  string
	log     *bytes.Buffer
}

// serveIn imports a school into a folder and serves it.
func serveIn(t *testing.T, dir, config string) *served {
	t.Helper()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("schools.csv", "uai,name,degree,sector\n0799001E,École des Saules,first,public\n")
	put("people.csv", "login,first,last,school,role\nzoe.petit,Zoé,Petit,0799001E,teacher\nluc.roy,Luc,Roy,0799001E,pupil\n")
	line(t, "import", dir, "--database", filepath.Join(dir, "e.db"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	put("ecluse.yaml", fmt.Sprintf("listen: %s\ndatabase: %s\ngate: {trusted: [127.0.0.1/32], identity: {header: X-Ecluse-User}}\n%s",
		address, filepath.Join(dir, "e.db"), config))
	s := &served{t: t, address: address, config: filepath.Join(dir, "ecluse.yaml")}
	s.start()
	return s
}

func (s *served) start() {
	s.t.Helper()
	s.log = &bytes.Buffer{}
	s.cmd = exec.Command(os.Args[0], "serve", "--config", s.config)
	s.cmd.Env = append(os.Environ(), asCommand+"=yes")
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.kill)
	s.soon("it answers", func() bool { status, _ := s.get("/livez", ""); return status == http.StatusOK })
}

func (s *served) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill() // it may have ended by itself
		_ = s.cmd.Wait()
	}
}

func (s *served) get(path, login string) (int, string) {
	req, err := http.NewRequest(http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if login != "" {
		req.Header.Set("X-Ecluse-User", login)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func (s *served) metrics() string {
	_, page := s.get("/metrics", "")
	return page
}

// open reports whether a person may use the messaging.
func (s *served) open(login string) bool {
	status, _ := s.get("/gate/forward", login)
	return status == http.StatusOK
}

func (s *served) closed(login string) bool {
	status, _ := s.get("/gate/forward", login)
	return status == http.StatusForbidden
}

// soon waits until something is so.
func (s *served) soon(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.kill()
			s.t.Fatalf("it should have come so that %s\n%s", what, s.log)
		}
	}
}

// line runs a command that must succeed.
func line(t *testing.T, args ...string) string {
	t.Helper()
	status, stdout, stderr := ecluseLine(args...)
	if status != 0 {
		t.Fatalf("ecluse %q: %d\n%s%s", args, status, stdout, stderr)
	}
	return stdout
}

func closing(id string, from time.Time) string {
	return fmt.Sprintf(`order: %s
issuer: FR
type: issue
title: Fermeture
applies: {territory: FR}
from: %sT00:00
review: 2100-01-01
rules:
  - {roles: [pupil, adults], hours: "off"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: "01 02 03 04 05"}
`, id, from.AddDate(0, 0, -1).Format(time.DateOnly))
}

// issueIn issues an order in a database, as another node would.
func issueIn(t *testing.T, database, text string) {
	t.Helper()
	o, err := order.Parse("order", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	app, err := ecluse.Open(t.Context(), ecluse.Options{Database: database, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.AdoptOrders(context.Background(), []*order.Order{o}); err != nil {
		t.Fatal(err)
	}
}

// TestFeedReachesFollower: an order issued at the ministry closes at a follower;
// what it knows stays closed without the network, after a kill, and whatever is
// offered in its place.
func TestFeedReachesFollower(t *testing.T) {
	at, here := t.TempDir(), t.TempDir()
	dir, keys := filepath.Join(at, "feed"), filepath.Join(at, "keys")
	var founded struct{ Root, Log string }
	if err := json.Unmarshal([]byte(line(t, "feed", "init", dir, "--keys", keys, "--json")), &founded); err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(founded.Root)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(here, "root.json"), root, 0o600); err != nil {
		t.Fatal(err)
	}
	ministry := serveIn(t, at, "feed: {dir: feed, keys: keys}\n")
	follower := serveIn(t, here, fmt.Sprintf("follow: {url: 'http://%s/feed', root: root.json, log: %s, dir: followed, every: 1s, contact: {phone: 01 02 03 04 05}}\n",
		ministry.address, founded.Log))
	year := time.Now().Year()
	if !follower.open("zoe.petit") {
		t.Fatal("the follower is closed before any order: the test proves nothing")
	}

	issued := time.Now()
	issueIn(t, filepath.Join(at, "e.db"), closing(fmt.Sprintf("FR/%d-0001", year), issued))
	follower.soon("the follower closes", func() bool { return follower.closed("zoe.petit") })
	t.Logf("closed %s after it was issued", time.Since(issued).Round(time.Millisecond))
	publish := write(t, "order.yaml", closing(fmt.Sprintf("FR/%d-0002", year), issued))
	line(t, "feed", "publish", dir, publish, "--keys", keys) // beside the server, in the same folder
	issued = time.Now()
	follower.soon("the second order is known", func() bool { return strings.Contains(follower.metrics(), "ecluse_feed_version 3\n") })
	t.Logf("known %s after it was published", time.Since(issued).Round(time.Millisecond))
	fresh := func(want string) func() bool {
		return func() bool {
			_, page := follower.get("/metrics", "")
			return strings.Contains(page, "ecluse_feed_fresh "+want)
		}
	}
	follower.soon("the feed is fresh", fresh("1"))

	forge(t, dir)
	follower.soon("the forgery is refused", fresh("0"))
	if !follower.closed("zoe.petit") {
		t.Error("a forged feed opened the follower")
	}

	ministry.kill()
	follower.kill()
	follower.start()
	if !follower.closed("zoe.petit") {
		t.Error("after a restart without the network the follower is open")
	}
	line(t, "journal", "verify", "--database", filepath.Join(here, "e.db"))
}

// forge puts another feed, without any order, in a feed's place.
func forge(t *testing.T, dir string) {
	t.Helper()
	other, keys := filepath.Join(t.TempDir(), "feed"), t.TempDir()
	line(t, "feed", "init", other, "--keys", keys)
	for range 20 { // a newer version than the one that is held
		line(t, "feed", "sign", other, "--keys", keys)
	}
	for _, name := range []string{"1.root.json", "1.targets.json", "1.snapshot.json", "timestamp.json"} {
		data, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
