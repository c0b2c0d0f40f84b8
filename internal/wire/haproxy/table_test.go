package haproxy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

func TestEncode(t *testing.T) {
	unix := func(t time.Time) int64 { return t.Unix() }
	at := func(n int64) time.Time { return time.Unix(n, 0) }
	for want, a := range map[string]*enforce.Answer{
		"3:write:9999999999:0:0:0:n":   {Access: order.Write},
		"3:write:50:0:0:0:n":           {Access: order.Write, Until: at(50)},
		"0:closed:50:60:60:70:n":       {Until: at(50), Opens: [...]time.Time{order.Read: at(60), order.Reply: at(60), order.Write: at(70)}},
		"1:read:50:0:60:70:n":          {Access: order.Read, Until: at(50), Opens: [...]time.Time{order.Reply: at(60), order.Write: at(70)}},
		"0:unknown:9999999999:0:0:0:n": enforce.Undecided("", ""),
		"0:closed:0:0:0:0:n":           {Until: at(-5)}, // HAProxy 2.6 cannot take a number below zero from another
	} {
		if got := encode(a, unix, "n"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestShift(t *testing.T) {
	for offset, want := range map[time.Duration]time.Duration{
		0: 0, 400 * time.Millisecond: 0, -400 * time.Millisecond: 0, 900 * time.Millisecond: 0, 3700 * time.Millisecond: 3 * time.Second,
		-600 * time.Millisecond: -time.Second, -3200 * time.Millisecond: -4 * time.Second,
	} {
		if got := shift(offset); got != want {
			t.Errorf("a clock off by %v shifts by %v, want %v", offset, got, want)
		}
	}
}

func TestGroupOf(t *testing.T) {
	places := []ecluse.Place{{School: "0799002F", Role: school.Teacher}, {School: "0799001E", Role: school.Teacher}, {School: "0799002F", Role: school.Teacher}}
	if got, want := groupOf(places), "0799001E/teacher+0799002F/teacher"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPlain(t *testing.T) {
	for _, name := range []string{"teacher1", "élève", "a@b.fr", "=x", "a'b"} {
		if !plain(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{"", "a b", "a\nb", "a\u00a0b", "a\x00", "a|b", "\xff", strings.Repeat("a", 201)} {
		if plain(name) {
			t.Errorf("%q is taken", name)
		}
	}
}

// A notice never breaks its line or HAProxy's buffer, whatever an order says.
func TestNoticesFit(t *testing.T) {
	for _, long := range []string{"line\nof\ttwo\r\n", strings.Repeat("é<&\"", 5_000)} {
		a := &enforce.Answer{Orders: []enforce.Binding{{ID: "FR/1", Title: long, Reason: long, Phone: long, Office: long, Email: long}}}
		a.French, a.English = enforce.Words{Brief: long, Full: long}, enforce.Words{Brief: long, Full: long}
		for _, text := range []string{pageOf(a), jsonOf(a)} {
			if strings.ContainsAny(text, "\n\r") || len(text) > longest {
				t.Errorf("a notice of %d bytes: %.100q", len(text), text)
			}
		}
	}
}

func TestHolds(t *testing.T) {
	got := holds("# table: live, type: string, size:20480, used:4\n" +
		"0x7f36d403ff00: key=127.0.0.1:50390|1|messaging/0799002F/teacher use=0 exp=3599874\n" +
		"0x7f36d403ff01: key=127.0.0.1:50391|1|messaging/0799002F/teacher use=1 exp=3599874\n" +
		"0x7f36d403ff02: key=::1:50392|3|messaging/=a use=b|c use=12 exp=3599874 shard=0\n" +
		"0x7f36d403ff03: key=10.0.0.1:7 use=1 exp=1\n")
	want := []hold{
		{"127.0.0.1:50391", enforce.ReadMessage, "messaging/0799002F/teacher"},
		{"::1:50392", enforce.SendMessage, "messaging/=a use=b|c"},
		{"10.0.0.1:7", enforce.SendMessage, ""},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(hold{})); d != "" {
		t.Error(d)
	}
}

func TestStreams(t *testing.T) {
	got := streams("0x55f4b3eb20c0: proto=tcpv4 src=127.0.0.1:50390 fe=school be=ent srv=ent ts=00 age=1s\n" +
		"0x55f4b3eb20c1: proto=tcpv4 src=127.0.0.1:50390 fe=school be=ent srv=ent ts=00 age=1s\n" +
		"0x55f4b3eb20c2: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none>\nrubbish\n")
	want := map[string][]string{"127.0.0.1:50390": {"0x55f4b3eb20c0", "0x55f4b3eb20c1"}, "unix:1": {"0x55f4b3eb20c2"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func FuzzHolds(f *testing.F) {
	f.Add("0x1: key=a|1|b use=1 exp=1\n")
	f.Add("0x1: key= use=\n key= use=0 ")
	f.Fuzz(func(t *testing.T, s string) {
		for _, h := range holds(s) {
			if !strings.Contains(s, h.from) || !strings.Contains(s, h.key) {
				t.Fatalf("%q gives %+v", s, h)
			}
		}
		for from, names := range streams(s) {
			if !strings.Contains(s, from) || slices.ContainsFunc(names, func(n string) bool { return strings.ContainsAny(n, "\n") }) {
				t.Fatalf("%q gives %q", s, names)
			}
		}
	})
}

func TestExplain(t *testing.T) {
	until := time.Date(2024, 4, 2, 17, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		a    *enforce.Answer
		want []string
	}{
		{&enforce.Answer{Access: order.Write, Until: until, Limits: gate.NoLimits}, []string{"3:write:1712077200", "GET, HEAD and OPTIONS pass until 2024-04-02T17:00:00Z"}},
		{&enforce.Answer{Access: order.Write}, []string{"pass as long as the lease"}},
		{&enforce.Answer{Access: order.Read, Opens: [...]time.Time{order.Write: until}}, []string{"OPTIONS pass", "web sockets, are refused with 403 and Retry-After until 2024-04-02T17:00:00Z"}},
		{&enforce.Answer{}, []string{"refused with 403; what is live"}},
		{enforce.Undecided("", ""), []string{"refused with 503"}},
	} {
		text := Explain(c.a)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q does not hold %q", text, want)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon)
	for want, c := range map[string]config.HAProxy{
		"socket":    {},
		"lease":     {Socket: "/s", Lease: time.Second},
		"services":  {Socket: "/s", Services: []string{"telephone"}},
		"territory": {Socket: "/s", Territory: "Poitou"},
	} {
		if _, err := New(Options{App: w.App, Config: &c, Log: w.Log}); err == nil || !strings.Contains(err.Error(), "haproxy."+want) {
			t.Errorf("%+v: %v, want an error that names haproxy.%s", c, err, want)
		}
	}
}

func TestSocketAddress(t *testing.T) {
	for address, want := range map[string]string{"/run/haproxy/ecluse.sock": "unix", "ecluse.sock": "unix", "127.0.0.1:9999": "tcp", "[::1]:9999": "tcp"} {
		if got := newSocket(address, "").network; got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}

// Lines of the country's size are told in parts, and one digest stands for them.
func TestDigest(t *testing.T) {
	a := lines{"a 1", "b 2"}
	if a.digest() == (lines{"a 1"}).digest() || a.digest() != (lines{"a 1", "b 2"}).digest() || fmt.Sprint(len(a.digest())) != "32" {
		t.Error("a digest does not stand for its lines")
	}
}
