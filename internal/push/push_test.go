package push_test

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/push/pushtest"
)

// The example of RFC 8291, section 5 and appendix A.
const (
	asPrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	uaPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	uaPublic  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	salt      = "DGv6ra1nlYgDCS1FRnbzlw"
	auth      = "BTBZMqHH6r4Tts7J_aSIgg"
	plain     = "When I grow up, I want to be a watermelon"
	body      = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_" +
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

func bytes(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func private(t *testing.T, s string) *ecdh.PrivateKey {
	t.Helper()
	k, err := ecdh.P256().NewPrivateKey(bytes(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestTheExampleOfTheRFC: byte for byte, both ways.
func TestTheExampleOfTheRFC(t *testing.T) {
	s := push.Subscription{Public: bytes(t, uaPublic), Auth: bytes(t, auth)}
	got, err := push.Seal(s, []byte(plain+"\x02"), private(t, asPrivate), bytes(t, salt))
	if err != nil || base64.RawURLEncoding.EncodeToString(got) != body {
		t.Errorf("sealed %x, %v", got, err)
	}
	text, err := pushtest.Open(pushtest.Browser{Subscription: s, Private: private(t, uaPrivate)}, bytes(t, body))
	if err != nil || text != plain {
		t.Errorf("opened %q, %v", text, err)
	}
}

func client(s *pushtest.Service) *push.Client {
	return push.NewClient(push.Options{Services: []string{s.Host()}, Contact: "mailto:help@college.example", Roots: s.Roots(), Dial: (&net.Dialer{}).DialContext})
}

func newKey(t *testing.T) *push.Key {
	t.Helper()
	k, err := push.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if k, err = push.ParseKey(secret); err != nil {
		t.Fatal(err)
	}
	return k
}

// TestANoticeIsTaken: the browser reads it, the service knows who sent it, and each
// is as long as any other.
func TestANoticeIsTaken(t *testing.T) {
	s, key, now := pushtest.New(t), newKey(t), time.Unix(1_711_700_000, 0)
	b := s.Browser()
	for _, text := range []string{"court", strings.Repeat("é", 500)} {
		if err := client(s).Send(t.Context(), key, b.Subscription, push.Notice{Topic: "a", Text: []byte(text), Keep: time.Hour}, now); err != nil {
			t.Fatal(err)
		}
	}
	taken := s.To(b)
	if len(taken) != 2 || taken[0].Text != "court" || taken[0].Header.Get("Content-Length") != taken[1].Header.Get("Content-Length") {
		t.Fatalf("taken: %+v", taken)
	}
	h, c := taken[0].Header, taken[0].Claims
	if h.Get("TTL") != "3600" || h.Get("Urgency") != "high" || h.Get("Topic") != "a" {
		t.Errorf("the head is %v", h)
	}
	if c.Subject != "mailto:help@college.example" || c.Expires != now.Add(12*time.Hour).Unix() || c.Key != key.Public() {
		t.Errorf("signed: %+v", c)
	}
	if err := client(s).Send(t.Context(), key, b.Subscription, push.Notice{Text: make([]byte, push.MaxText+1)}, now); err == nil {
		t.Error("a notice that is too long left")
	}
}

// TestWhatAServiceAnswers: what is gone, what is tried again and what is not.
func TestWhatAServiceAnswers(t *testing.T) {
	s := pushtest.New(t)
	b, c, key := s.Browser(), client(s), newKey(t)
	for _, a := range []struct {
		code        int
		after       string
		gone, final bool
		wait        time.Duration
	}{{410, "", true, true, 0}, {404, "", true, true, 0}, {429, "120", false, false, 2 * time.Minute}, {503, "-1", false, false, 0}, {400, "", false, true, 0}, {302, "", false, true, 0}} {
		s.Answer(a.code, a.after)
		var refused *push.Refusal
		err := c.Send(t.Context(), key, b.Subscription, push.Notice{}, time.Now())
		if !errors.As(err, &refused) || refused.Gone() != a.gone || refused.Final() != a.final || refused.After != a.wait {
			t.Errorf("%d: %v, %+v", a.code, err, refused)
		}
	}
	s.Close()
	if err := c.Send(t.Context(), key, b.Subscription, push.Notice{}, time.Now()); err == nil || strings.Contains(err.Error(), "/push/") {
		t.Errorf("a service that is away: %v", err)
	}
}

// TestOnlyNamedServices: over HTTPS, as the configuration names them.
func TestOnlyNamedServices(t *testing.T) {
	c := push.NewClient(push.Options{Services: config.PushServices})
	s := push.Subscription{Public: bytes(t, uaPublic), Auth: bytes(t, auth)}
	for endpoint, ok := range map[string]bool{
		"https://fcm.googleapis.com/fcm/send/a": true, "https://web.push.apple.com/a": true, "https://FCM.googleapis.com/a": true,
		"https://updates.push.services.mozilla.com/wpush/v2/a": true, "https://db5p.notify.windows.com/w/?token=a": true,
		"http://fcm.googleapis.com/a": false, "https://fcm.googleapis.com:8443/a": false, "https://fcm.googleapis.com.evil.example/a": false,
		"https://push.apple.com/a": false, "https://evilpush.apple.com/a": false, "https://fcm.googleapis.com@evil.example/a": false, "https://a@fcm.googleapis.com/a": false,
		"https://127.0.0.1/a": false, "https://notify.windows.com.:443/a": false, "": false, "https:fcm.googleapis.com": false, "//fcm.googleapis.com/a": false,
	} {
		if s.Endpoint = endpoint; (c.Check(s) == nil) != ok {
			t.Errorf("%q: %v", endpoint, c.Check(s))
		}
	}
	s.Endpoint = "https://fcm.googleapis.com/a"
	for _, bad := range []push.Subscription{{Endpoint: s.Endpoint, Public: s.Public, Auth: s.Auth[1:]}, {Endpoint: s.Endpoint, Public: s.Public[1:], Auth: s.Auth}} {
		if c.Check(bad) == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}

// TestNoPrivateAddress: a service whose name leads to this machine or its networks is
// not reached, though the configuration names it.
func TestNoPrivateAddress(t *testing.T) {
	s := pushtest.New(t)
	c := push.NewClient(push.Options{Services: []string{s.Host()}, Roots: s.Roots()})
	err := c.Send(t.Context(), newKey(t), s.Browser().Subscription, push.Notice{}, time.Now())
	if err == nil || !strings.Contains(err.Error(), "no address of the public network") || s.Asked() != 0 {
		t.Errorf("%v, %d requests", err, s.Asked())
	}
	for address, ok := range map[string]bool{
		"8.8.8.8:443": true, "[2a00:1450:4007::1]:443": true,
		"10.0.0.1:443": false, "192.168.1.1:443": false, "172.16.0.1:443": false, "127.0.0.1:443": false, "169.254.169.254:443": false, "100.64.0.1:443": false,
		"0.0.0.0:443": false, "[::1]:443": false, "[::ffff:10.0.0.1]:443": false, "[fe80::1]:443": false, "[fd00::1]:443": false, "[64:ff9b::a00:1]:443": false,
		"[2002:a00:1::]:443": false, "224.0.0.1:443": false, "name:443": false,
	} {
		if err := push.PublicOnly("tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestNoRedirection: a service sends no notice anywhere else.
func TestNoRedirection(t *testing.T) {
	s := pushtest.New(t)
	other := pushtest.New(t)
	s.Config.Handler = http.RedirectHandler(other.URL+"/push/a", http.StatusTemporaryRedirect)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := client(s).Send(ctx, newKey(t), s.Browser().Subscription, push.Notice{}, time.Now()); err == nil || other.Asked() != 0 {
		t.Errorf("%v, %d requests elsewhere", err, other.Asked())
	}
}
