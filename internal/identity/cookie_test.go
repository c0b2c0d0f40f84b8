package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

const (
	longKey  = "0123456789abcdef0123456789abcdef"
	otherKey = "fedcba9876543210fedcba9876543210"
)

func keyFile(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// openCookie is the cookie "session" with these keys, longKey without any.
func openCookie(t testing.TB, keys string) *Cookie {
	t.Helper()
	if keys == "" {
		keys = longKey + "\n"
	}
	c, err := OpenCookie(config.Cookie{Name: "session", KeyFile: keyFile(t, keys)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func inAnHour(login string) Pass { return Pass{Login: login, Expires: time.Now().Add(time.Hour)} }

func TestCookie(t *testing.T) {
	c := openCookie(t, "")
	good := c.Sign(inAnHour("élève.un"))
	who := func(want, header string) {
		t.Helper()
		if got := verdict(c.Who(request("Cookie", header))); got != want {
			t.Errorf("with %q: %s, want %s", header, got, want)
		}
	}
	who("élève.un", "session="+good)
	who("élève.un", "a=b; session="+good+"; c=d")
	who("nobody", "a=b")
	who("nobody", "Session="+good)
	who("nobody", "asession="+good)
	who("forged", "session=")
	who("forged", "session="+good+"=")
	who("forged", "session=\""+good+"\"")
	who("forged", "session="+good+"; session="+good)
	who("forged", "session="+good+"; session=\x01")
	who("forged", "session\t="+good+"; session=")
	who("forged", "session="+openCookie(t, otherKey).Sign(inAnHour("élève.un")))

	parts := strings.Split(good, ".")
	change := func(i int, value string) {
		t.Helper()
		changed := append([]string(nil), parts...)
		changed[i] = value
		who("forged", "session="+strings.Join(changed, "."))
	}
	change(0, "2")
	change(1, passText.EncodeToString([]byte("head1")))
	change(2, "99999999999")
	change(3, "AAAA")
	change(4, "")
	change(4, strings.ToUpper(parts[4]))

	if got := verdict(c.Who(request("Cookie", "session="+good, "Cookie", "session="+good))); got != "forged" {
		t.Errorf("in two headers: %s", got)
	}
}

func TestCookieEnds(t *testing.T) {
	c := openCookie(t, "")
	now := time.Now()
	c.now = func() time.Time { return now }
	value := c.Sign(Pass{Login: "pupil1", Expires: now.Add(time.Hour), Session: "ST-1"})
	again := c.Sign(Pass{Login: "pupil1", Expires: now.Add(time.Hour), Session: "ST-2"})
	holds := func(value, want string) {
		t.Helper()
		p, err := c.Verify(value)
		if got := verdict(p.Login, err); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	holds(value, "pupil1")
	c.End("ST-1", netip.Addr{})
	holds(value, "nobody")
	holds(again, "pupil1")
	now = now.Add(time.Hour - time.Second)
	holds(again, "pupil1")
	now = now.Add(time.Second)
	holds(again, "nobody")
	holds(value, "nobody")
}

func TestKeysRotate(t *testing.T) {
	old := openCookie(t, longKey).Sign(inAnHour("pupil1"))
	both := openCookie(t, otherKey+"\r\n"+longKey+"\n")
	if p, err := both.Verify(old); err != nil || p.Login != "pupil1" {
		t.Errorf("the old key: %v, %v", p, err)
	}
	if _, err := openCookie(t, longKey).Verify(both.Sign(inAnHour("pupil1"))); verdict("", err) != "forged" {
		t.Errorf("the first key must sign, not the second: %v", err)
	}
}

// FuzzCookie: nothing but what was signed names anybody.
func FuzzCookie(f *testing.F) {
	c := openCookie(f, "")
	good := c.Sign(inAnHour("pupil1"))
	for _, header := range []string{
		"", "session=" + good, "session=" + good + "; session=", "; ;=;session", "session=1....", "session=1.cHVwaWwx.1.." + strings.Repeat("A", 43),
		"session=" + strings.Repeat(".", 2000), "a=" + good + ";session\t=\t" + good, "session=" + good[:len(good)-1],
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		login, err := c.Who(request("Cookie", header))
		switch {
		case err == nil && login != "pupil1", err != nil && login != "":
			t.Errorf("%q names %q, %v", header, login, err)
		case err == nil && !strings.Contains(header, good):
			t.Errorf("%q was not signed", header)
		case err == nil && strings.Contains(header, ";session="):
			t.Errorf("%q holds two", header)
		}
	})
}

func BenchmarkCookie(b *testing.B) {
	c := openCookie(b, "")
	r := request("Cookie", "a=b; session="+c.Sign(inAnHour("pupil1")))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Who(r); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCookieOfOthers: a program that has the key writes the cookie as
// docs/integrations/identity.md tells.
func TestCookieOfOthers(t *testing.T) {
	c := openCookie(t, "")
	written := func(login, expires string) string {
		text := "1." + base64.RawURLEncoding.EncodeToString([]byte(login)) + "." + expires + "."
		h := hmac.New(sha256.New, []byte(longKey))
		h.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	holds := func(value, want string) {
		t.Helper()
		p, err := c.Verify(value)
		if got := verdict(p.Login, err); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	holds(written("pupil1", "9999999999"), "pupil1")
	holds(written("pupil1", "1"), "nobody")
	holds(written("pupil1", "+9999999999"), "forged")
	holds(written("pupil1", "09999999999"), "forged")
	holds(written("", "9999999999"), "forged")
	holds(written("a,b", "9999999999"), "forged")
}
