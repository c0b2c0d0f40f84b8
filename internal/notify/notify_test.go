package notify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/notify"
	"github.com/ecluse-ecole/ecluse/internal/notify/notifytest"
)

var letter = notify.Letter{
	ID: "12.ab", To: "direction@college.example", ReplyTo: "ce@dsden.example", Subject: "À faire\u00a0: « Fermeture »",
	Body: "Bonjour,\n\nÀ faire.\n.\nFin.", Date: time.Date(2024, 4, 2, 8, 0, 0, 0, time.UTC), Unsubscribe: "https://ecluse.example/account",
}

func send(t *testing.T, r notify.Relay, l notify.Letter) error {
	t.Helper()
	line, err := r.Dial(t.Context())
	if err != nil {
		return err
	}
	defer line.Close()
	return line.Send(l)
}

func TestALetterSaysWhatItIs(t *testing.T) {
	relay := notifytest.Start(t, true)
	if err := send(t, relay.Settings(), letter); err != nil {
		t.Fatal(err)
	}
	got := relay.Letters()[0]
	for name, want := range map[string]string{
		"Message-Id": "<12.ab@academie.example>", "Auto-Submitted": "auto-generated", "Reply-To": "<ce@dsden.example>",
		"Date": "Tue, 02 Apr 2024 08:00:00 +0000", "List-Unsubscribe": "<https://ecluse.example/account>",
		"To": "<direction@college.example>", "Content-Type": "text/plain; charset=UTF-8",
	} {
		if have := got.Header.Get(name); have != want {
			t.Errorf("%s is %q, want %q", name, have, want)
		}
	}
	if got.From != "ecluse@academie.example" || got.Subject() != letter.Subject {
		t.Errorf("from %q about %q", got.From, got.Subject())
	}
	if text := strings.TrimSpace(strings.ReplaceAll(got.Text(), "\r\n", "\n")); text != letter.Body {
		t.Errorf("the text is %q", text)
	}
}

func TestWithoutTLSNothingIsSent(t *testing.T) {
	relay := notifytest.Start(t, false)
	asked := relay.Settings()
	asked.TLS = notify.STARTTLS
	if err := send(t, asked, letter); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("a relay without TLS: %v", err)
	}
	strange := notifytest.Start(t, true)
	asked = strange.Settings()
	asked.Roots = nil
	if err := send(t, asked, letter); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody's: %v", err)
	}
	if n := len(relay.Letters()) + len(strange.Letters()); n != 0 {
		t.Errorf("%d letters were sent", n)
	}
}

func TestRefusals(t *testing.T) {
	relay := notifytest.Start(t, true)
	relay.Refuse["gone@college.example"], relay.Refuse["full@college.example"] = "550 5.1.1 no such user", "452 4.2.2 full"
	line, err := relay.Settings().Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	for to, final := range map[string]bool{"gone@college.example": true, "full@college.example": false, "a\r\nRCPT TO:<b@c.example>": true, "a b@c.example": true} {
		l := letter
		l.To = to
		var refused *notify.Refusal
		if err := line.Send(l); !errors.As(err, &refused) || refused.Final() != final {
			t.Errorf("%q: %v, want a refusal, for good %v", to, err, final)
		}
	}
	if err := line.Send(letter); err != nil {
		t.Errorf("after refusals: %v", err)
	}
	relay.Lock()
	relay.Die = 1
	relay.Unlock()
	var refused *notify.Refusal
	if err := line.Send(letter); err == nil || errors.As(err, &refused) {
		t.Errorf("a relay that hangs up: %v", err)
	}
}

// FuzzHeaders: whatever stands in a letter, it is one letter to one address with
// the headers that it is meant to have.
func FuzzHeaders(f *testing.F) {
	f.Add("À faire\r\nBcc: all@college.example", "1\r\nX: y", "https://a.example/\r\n\r\nbody")
	f.Add("\u2028Bcc: x@y.example\x00", "<>", "")
	relay := notifytest.Start(f, false)
	line, err := relay.Settings().Dial(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, subject, id, unsubscribe string) {
		before := len(relay.Letters())
		l := letter
		l.Subject, l.ID, l.Unsubscribe = subject, id, unsubscribe
		if line.Send(l) != nil {
			return
		}
		all := relay.Letters()
		if len(all) != before+1 {
			t.Fatalf("%d letters", len(all)-before)
		}
		for name := range all[before].Header {
			switch name {
			case "Message-Id", "Auto-Submitted", "Reply-To", "Date", "List-Unsubscribe", "To", "From", "Subject", "Content-Type", "Content-Transfer-Encoding", "Mime-Version":
			default:
				t.Fatalf("a header %q came from %q, %q, %q", name, subject, id, unsubscribe)
			}
		}
	})
}
