package identity

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// from is a request of a client at an address.
func from(address string) *http.Request {
	r := request()
	r.RemoteAddr = net.JoinHostPort(address, "999")
	return r
}

// A crush has looks under way that do not end before the test.
type crush struct {
	*testing.T
	*kept
	hang chan struct{}
}

// press begins a look for a stranger and reports whether there was room.
func (c crush) press(address, key string) bool {
	c.Helper()
	fl, err := c.board(digest(key), clientOf(from(address), nil), func(context.Context) found { <-c.hang; return found{err: ErrNobody} })
	if err != nil && err != errBusy {
		c.Fatal(err)
	}
	return fl != nil
}

// TestFloodOfInventedSessions: who invents sessions fills a share, not the room of
// others; and not all who invent together keep out who was known before.
func TestFloodOfInventedSessions(t *testing.T) {
	var k kept
	c := crush{t, &k, make(chan struct{})}
	is := func(login string) func(context.Context) found {
		return func(context.Context) found { return found{login: login, until: time.Now().Add(time.Millisecond)} }
	}
	k.known = map[[32]byte]found{digest("good"): {login: "pupil1", until: time.Now()}} // over, and asked about again
	for i := range mostLoad {
		if c.press("192.0.2.7", fmt.Sprint("invented", i)) != (i < mostShare) {
			t.Fatalf("look %d of one client, whose share is %d", i, mostShare)
		}
	}
	if login, err := k.get(from("198.51.100.2"), digest("new"), is("pupil2")); login != "pupil2" {
		t.Errorf("who is new is kept out by one who floods: %v", err)
	}
	for i := range 10 * mostLoad {
		c.press(fmt.Sprintf("203.0.113.%d", i%200), fmt.Sprint("more", i))
	}
	if len(k.flying) != mostStranger {
		t.Errorf("%d looks are under way", len(k.flying))
	}
	if _, err := k.get(from("198.51.100.2"), digest("newer"), is("pupil3")); err != errBusy {
		t.Errorf("one look too many: %v", err)
	}
	if login, err := k.get(from("198.51.100.1"), digest("good"), is("pupil1")); login != "pupil1" {
		t.Errorf("who was known is kept out by strangers: %v", err)
	}
	close(c.hang)
	left := func() (int, int) {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.strangers, len(k.shares)
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if looks, _ := left(); looks == 0 {
			break
		}
	}
	if looks, clients := left(); looks+clients != 0 || !c.press("192.0.2.7", "again") {
		t.Errorf("after the flood %d looks are counted, of %d clients", looks, clients)
	}
}

// TestNobodyWaitsLonger: patience holds even where a look does not heed it.
func TestNobodyWaitsLonger(t *testing.T) {
	t.Parallel()
	var k kept
	hang := make(chan struct{})
	defer close(hang)
	began := time.Now()
	_, err := k.get(request(), digest("a"), func(context.Context) found { <-hang; return found{} })
	if waited := time.Since(began); err != errSlow || waited > patience+time.Second {
		t.Errorf("after %v: %v", waited, err)
	}
}

// TestOIDCHangs: a provider that takes connections and says nothing makes each
// wait as long as patience lasts, not one after the other, and who comes next is
// told at once.
func TestOIDCHangs(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o, err := NewOIDC(config.OIDC{Issuer: "http://" + l.Addr().String(), Audience: "ecluse"})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(i int) {
		if got := verdict(o.Who(request("Authorization", fmt.Sprintf("Bearer a.b%d.c", i)))); got != "error" {
			t.Errorf("a token that cannot be verified is %s", got)
		}
	}
	began := time.Now()
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() { ask(i) })
	}
	all.Wait()
	if waited := time.Since(began); waited > patience+time.Second {
		t.Errorf("twelve at once waited %v", waited)
	}
	began = time.Now()
	ask(12)
	if waited := time.Since(began); waited > patience/2 {
		t.Errorf("who came right after waited %v", waited)
	}
}

// TestClient: clients are told apart by their connection, and behind a server in
// front by what that server wrote.
func TestClient(t *testing.T) {
	for _, c := range []struct {
		trusted    bool
		from, said string
		want       string
	}{
		{false, "192.0.2.1", "", "192.0.2.1"},
		{false, "192.0.2.1", "203.0.113.9", "192.0.2.1"},
		{false, "::ffff:192.0.2.1", "", "192.0.2.1"},
		{false, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"},
		{false, "fe80::1%eth0", "", "fe80::"},
		{true, "192.0.2.1", "203.0.113.9", "203.0.113.9"},
		{true, "192.0.2.1", "made.up, 203.0.113.9 ,198.51.100.4", "198.51.100.4"},
		{true, "192.0.2.1", "one|two, 198.51.100.4", "198.51.100.4"},
		{true, "192.0.2.1", "2001:db8:1:2:3::", "2001:db8:1:2::"},
		{true, "192.0.2.1", "unknown", "invalid IP"},
		{true, "192.0.2.1", "", "invalid IP"},
	} {
		r := from(c.from)
		for line := range strings.SplitSeq(c.said, "|") {
			if line != "" {
				r.Header.Add("X-Forwarded-For", line)
			}
		}
		chain, err := New(config.Identity{}, func(*http.Request) bool { return c.trusted })
		if err != nil {
			t.Fatal(err)
		}
		if got := chain.Client(r).String(); got != c.want {
			t.Errorf("%+v is %s", c, got)
		}
	}
}
