package postfix

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
)

const sample = "request=smtpd_access_policy\nprotocol_state=RCPT\ninstance=3fed.6b03fd48.9539e.0\n" +
	"sender=\nrecipient=pupil1@college.example\nrecipient_count=0\nqueue_id=\nsasl_username=teacher1\nsize=0\nanything=é\x00\n"

func TestParse(t *testing.T) {
	r, err := parse(sample)
	want := request{state: "RCPT", instance: "3fed.6b03fd48.9539e.0", login: "teacher1", recipient: "pupil1@college.example"}
	if err != nil || r != want {
		t.Errorf("%+v %v, want %+v", r, err, want)
	}
	for name, text := range map[string]string{
		"nothing":               "",
		"an empty line":         "\n",
		"another request":       strings.Replace(sample, "smtpd_access_policy", "junk_policy", 1),
		"no request":            strings.Replace(sample, "request=", "demand=", 1),
		"no state":              strings.Replace(sample, "protocol_state=", "state=", 1),
		"twice the same":        sample + "sasl_username=head1\n",
		"a line without a sign": sample + "recipient\n",
		"no name":               sample + "=x\n",
		"an unended line":       sample + "x=y",
		"a control character":   strings.Replace(sample, "pupil1@", "pupil1\x00@", 1),
		"another line's end":    strings.Replace(sample, "pupil1@college.example", "pupil1@college.example\r", 1),
		"no UTF-8":              strings.Replace(sample, "pupil1", "\xff", 1),
		"a negative count":      strings.Replace(sample, "count=0", "count=-1", 1),
		"no count":              strings.Replace(sample, "count=0", "count=x", 1),
		"too many lines":        sample + strings.Repeat("a=b\n", mostAttributes),
	} {
		if r, err := parse(text); err == nil {
			t.Errorf("%s is read as %+v", name, r)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add(strings.Replace(sample, "pupil1@", "\"a b\"%c!d@", 1))
	f.Add("request=smtpd_access_policy\nprotocol_state=END-OF-MESSAGE\nrecipient_count=99999999999999999999\n")
	s := &Server{domains: map[string]bool{"college.example": true}, extends: "+"}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parse(text)
		if err != nil {
			return
		}
		for _, value := range []string{r.state, r.context, r.instance, r.queueID, r.login, r.recipient} {
			if strings.ContainsAny(value, "\n\r\x00") || !strings.Contains(text, value) {
				t.Errorf("%q of %q", value, text)
			}
		}
		if s.place(r.recipient) == ours {
			s.base(r.recipient)
		}
	})
}

// FuzzReply holds that nothing a person or an order says can end the line or
// make it too long for SMTP.
func FuzzReply(f *testing.F) {
	f.Add("La messagerie est fermée pour les élèves jusqu’à nouvel ordre.", "E-mail is closed.", "Cabinet")
	f.Add("« À l’été »\r\n250 OK", "œuf…", strings.Repeat("long ", 100))
	f.Add("\u202e\x00\xff", "", "\n\n")
	f.Fuzz(func(t *testing.T, fr, en, office string) {
		line := both([]string{fr, office, "Votre message n’est pas parti."}, []string{en, office, "Your message has not left."})
		if len(line) > mostText+len(" ...") {
			t.Errorf("%d bytes: %q", len(line), line)
		}
		for _, c := range []byte(line) {
			if c < ' ' || c > '~' {
				t.Errorf("%q holds %q", line, c)
			}
		}
	})
}

func TestASCII(t *testing.T) {
	for text, want := range map[string]string{
		"L’été, « où » — 7 h 00…":             `L'ete, "ou" - 7 h 00...`,
		"Œuvre n° 5 à l’École":                "OEuvre no 5 a l'Ecole",
		"e\u0301\u00a0b\r\n250 ok":            "e b 250 ok",
		"日本":                                  "??",
		"dit « non » au lycée Saint‑Exupéry.": `dit "non" au lycee Saint-Exupery.`,
	} {
		if got := ascii(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestForgottenMessages fills what is remembered between RCPT and END-OF-MESSAGE.
func TestForgottenMessages(t *testing.T) {
	var m messages
	m.begin("first", fate{})
	for range 2 {
		for i := range mostMessages {
			m.begin(strings.Repeat("x", i%7)+string(rune(i)), fate{})
		}
	}
	if len(m.young)+len(m.old) > 2*mostMessages || m.find("first") != nil {
		t.Errorf("%d and %d are remembered", len(m.young), len(m.old))
	}
}

func TestHourly(t *testing.T) {
	var h hourly
	now := time.Unix(1_700_000_000, 0)
	for i, want := range []bool{true, true, false, false} {
		if got := h.take("a", 2, now.Add(time.Duration(i)*time.Minute)); got != want {
			t.Errorf("message %d: %v, want %v", i, got, want)
		}
	}
	if !h.take("b", 2, now) || h.take("c", 0, now) || !h.take("a", gate.Unlimited, now) {
		t.Error("others are counted together, or none are")
	}
	if !h.take("a", 2, now.Add(time.Hour)) || h.take("a", 2, now.Add(time.Hour)) {
		t.Error("an hour after the first one more may leave, and no second")
	}
	h.sweep(now.Add(3 * time.Hour))
	if len(h.sent) != 0 {
		t.Errorf("%d senders are remembered for nothing", len(h.sent))
	}
}

func FuzzQueue(f *testing.F) {
	f.Add(`{"queue_name": "hold", "queue_id": "4Wz", "arrival_time": 1, "recipients": []}` + "\n")
	f.Add("{}\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := heldIn(strings.NewReader(text))
		if err == nil && len(names) > strings.Count(text, "hold")+strings.Count(text, `\`) {
			t.Errorf("%v in %q", names, text)
		}
	})
}
