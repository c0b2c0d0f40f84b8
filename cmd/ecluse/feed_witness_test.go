package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/feed"
)

// TestAWitnessPosts: a second body cosigns over the network, and a follower that
// demands it takes the order then, and not before.
func TestAWitnessPosts(t *testing.T) {
	dir := t.TempDir()
	place, keys, court := filepath.Join(dir, "feed"), filepath.Join(dir, "keys"), filepath.Join(dir, "court.pem")
	founded := line(t, "feed", "init", place, "--keys", keys, "--name", "orders.example")
	log := regexp.MustCompile(`orders\.example\+\S+`).FindString(founded)
	line(t, "feed", "publish", place, write(t, "order.yaml", closing("FR/2024-0001", time.Now())), "--keys", keys)
	line(t, "feed", "key", court)
	server := feed.Handler(t.Context(), place, 0)
	site := httptest.NewServer(http.StripPrefix("/feed", server))
	t.Cleanup(site.Close)
	cosign := func() (int, string, string) {
		return ecluseLine("feed", "witness", site.URL+"/feed", "--root", filepath.Join(place, "1.root.json"), "--log", log,
			"--name", "court.example", "--key", court, "--dir", filepath.Join(dir, "seen"))
	}
	status, said, refused := cosign()
	witness := regexp.MustCompile(`court\.example\+\S+`).FindString(said)
	if status != 1 || witness == "" || !strings.Contains(refused, "does it know this witness's key") {
		t.Fatalf("a host that knows no witness: %d %s%s", status, said, refused)
	}
	repository, err := feed.Open(place, feed.Host{})
	if err == nil {
		err = server.Witnessed(repository, []string{witness})
	}
	if err != nil {
		t.Fatal(err)
	}
	options, err := followerOptions(config.Follow{URL: site.URL + "/feed", Root: filepath.Join(place, "1.root.json"), Dir: filepath.Join(dir, "followed"),
		Log: log, Witnesses: []string{witness}, Need: 1})
	if err != nil {
		t.Fatal(err)
	}
	follower, err := feed.NewFollower(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := follower.Poll(t.Context()); feed.CauseOf(err) != feed.Forged {
		t.Errorf("nobody has cosigned: %v", err)
	}
	if status, said, refused := cosign(); status != 0 || !strings.Contains(said, "Cosigned the log over 1 orders") {
		t.Fatalf("%d %s%s", status, said, refused)
	}
	if _, err := follower.Poll(t.Context()); err != nil || len(follower.Set().Orders) != 1 {
		t.Errorf("cosigned: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "seen", "cosigned")); err != nil {
		t.Error("the witness forgets what it signed: ", err)
	}
}
