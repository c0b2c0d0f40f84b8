package postfix_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/wire/postfix"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const (
	pupil    = wiretest.Pupil + "@college.example"
	pupil2   = wiretest.Pupil2 + "@college.example"
	teacher  = wiretest.Teacher + "@college.example"
	guardian = wiretest.Guardian + "@college.example"
	outside  = "somebody@elsewhere.example"
)

func TestWhoMaySend(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, outside))
	p.gives("DUNNO", rcpt("2", "TEACHER1 ", outside))
	p.gives("DUNNO", rcpt("3", teacher, guardian)) // by another name of the account
	p.gives("DUNNO", rcpt("4", "", teacher))       // from elsewhere
	p.gives("DUNNO", rcpt("5", "copier", outside)) // named as open
	p.gives("550 5.7.1 ", rcpt("6", enforce.SelfTest, outside))
	p.gives("451 4.3.5 Cette personne n'est pas connue ici", rcpt("7", "nobody", outside))
	p.gives("550 5.7.1 ", question("MAIL", "8", "sasl_username", wiretest.Pupil))
	p.gives("550 5.7.1 ", question("DATA", "8", "sasl_username", wiretest.Pupil))
	p.gives("DUNNO", question("CONNECT", "8"))
	p.gives("451 ", question("NEW-STATE", "8"))

	got := p.gives("550 5.7.1 ", rcpt("9", wiretest.Pupil, "postmaster@college.example"))
	want := "550 5.7.1 La messagerie electronique est fermee pour les eleves jusqu'a nouvel ordre. Decision : Cabinet du DASEN, 05 36 49 00 00. " +
		"Votre message n'est pas parti. / E-mail is closed for pupils until further notice. Decided by: Cabinet du DASEN, 05 36 49 00 00. Your message has not left."
	if got != want {
		t.Errorf("a pupil is told\n%s, want\n%s", got, want)
	}
	w.At("2024-04-02T19:00")
	p.gives("550 5.7.1 La messagerie electronique est fermee pour les enseignants jusqu'au mercredi 3 avril a 7 h 00", rcpt("10", wiretest.Teacher, outside))
	w.At("2024-04-03T07:00")
	p.gives("DUNNO", rcpt("11", wiretest.Teacher, outside))
}

func TestWhereOnlyAnsweringIsOpenNothingIsSent(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, strings.Replace(ordertest.ReadOnly, "outside: read", "access: reply, outside: read", 1))
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	got := p.gives("550 5.7.1 ", rcpt("1", wiretest.Teacher, outside))
	if !strings.Contains(got, "une reponse ne se distingue pas d'un nouveau message") {
		t.Errorf("%q does not say why answers are refused", got)
	}
	p.gives("DUNNO", rcpt("2", "", teacher)) // what comes in can be answered elsewhere
	p.gives("DUNNO", eod("2", "", teacher, 1, "ABC"))
	w.At("2024-04-02T19:00") // reading is left: the mailbox stays as it is
	p.gives("DUNNO", rcpt("3", "", teacher))
	p.gives("HOLD ", eod("3", "", teacher, 1, "ABC"))
}

func TestAskedAgainAtTheEnd(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T18:59:59", wiretest.Letter)
	address := serve(t, w.Desk.Local("postfix"), settings(t))
	p := ask(t, address)
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, outside))
	p.gives("DUNNO", rcpt("2", wiretest.Teacher, outside))
	p.gives("DUNNO", rcpt("3", "", teacher))
	p.gives("DUNNO", rcpt("4", "", teacher))
	p.gives("DUNNO", rcpt("4", "", "head1@college.example"))
	q := ask(t, address) // another connection: smtpd has one for each place of a question
	q.gives("DUNNO", eod("1", wiretest.Teacher, outside, 1, "ABC"))
	w.At("2024-04-02T19:00")
	q.gives("550 5.7.1 ", eod("2", wiretest.Teacher, outside, 1, "ABC"))
	q.gives("HOLD ", eod("3", "", teacher, 1, "ABD"))
	q.gives("HOLD ", eod("4", "", "", 2, "ABE"))
}

func TestMessagesToSeveral(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	p.gives("DUNNO", rcpt("open", "", teacher))
	p.gives("450 4.2.1 ", rcpt("open", "", pupil))
	p.gives("DUNNO", rcpt("open", "", "staff1@college.example"))
	p.gives("DUNNO", eod("open", "", "", 2, "A1"))

	p.gives("DUNNO", rcpt("closed", "", pupil))
	p.gives("450 4.2.1 ", rcpt("closed", "", teacher))
	p.gives("450 4.2.1 ", rcpt("closed", "", "postmaster@college.example"))
	p.gives("DUNNO", rcpt("closed", "", pupil2))
	p.gives("DUNNO", rcpt("closed", "", pupil2)) // asked in two places
	p.gives("HOLD ", eod("closed", "", "", 2, "A2"))

	w.At("2024-04-02T20:00") // both closed, but not until the same day
	p.gives("DUNNO", rcpt("night", "", pupil))
	p.gives("450 4.2.1 ", rcpt("night", "", teacher))

	p.gives("451 ", eod("never heard of", "", "", 2, "A3"))
	p.gives("HOLD ", eod("never heard of", "", pupil, 1, "A3"))
	p.gives("DUNNO", rcpt("half", "", pupil))
	p.gives("451 ", eod("half", "", "", 2, "A4")) // nobody asked about the other
	p.gives("DUNNO", rcpt("no name", "", pupil))
	p.gives("451 ", eod("no name", "", "", 1, ""))
	p.gives("451 ", eod("bad name", "", pupil, 1, "ALL -d"))
}

// TestClosedInBetween has one of two recipients close while a message arrives:
// the other server is asked to come back, and is then told of each.
func TestClosedInBetween(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T18:59:59", wiretest.Letter)
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	p.gives("DUNNO", rcpt("1", "", teacher))
	p.gives("DUNNO", rcpt("1", "", "abuse@college.example"))
	w.At("2024-04-02T19:00")
	p.gives("450 4.2.1 ", eod("1", "", "", 2, "ABC"))
}

func TestAddresses(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	for to, want := range map[string]string{
		"PostMaster@College.Example":       "DUNNO",
		"postmaster":                       "DUNNO",
		"abuse@college.example":            "DUNNO",
		"Secretariat@college.example":      "DUNNO",
		"nobody@college.example":           "451 ",
		"pupil1":                           "DUNNO", // ours by Postfix's myorigin: held
		outside:                            "DUNNO",
		"":                                 "451 ",
		"@college.example":                 "451 ",
		"pupil1@":                          "451 ",
		"pupil1%college.example@elsewhere": "451 ",
		"college.example!pupil1@elsewhere": "451 ",
		"pupil1@college.example@elsewhere": "451 ",
		"pupil1@[127.0.0.1]":               "451 ",
	} {
		p.gives(want, rcpt("a"+to, "", to))
	}
	for _, to := range []string{pupil, "PUPIL1@COLLEGE.EXAMPLE", "pupil1@college.example.", "pupil1+postmaster@college.example", "pupil1"} {
		p.gives("DUNNO", rcpt("h"+to, "", to))
		p.gives("HOLD ", eod("h"+to, "", to, 1, "ABC"))
	}
	p.gives("DUNNO", rcpt("t", "", "teacher1+news@college.example"))
	p.gives("DUNNO", eod("t", "", "teacher1+news@college.example", 1, "ABC"))
}

func TestWhatBecomesOfIncomingMail(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T20:00", wiretest.Letter)
	for incoming, want := range map[string][2]string{
		"":        {"DUNNO", "HOLD Cette boite ne recoit rien jusqu'au mercredi 3 avril 2024 a 7 h 00, par decision des autorites."},
		"hold":    {"DUNNO", "HOLD "},
		"deliver": {"DUNNO", "DUNNO"},
		"defer":   {"450 4.2.1 ", "450 4.2.1 "},
		"refuse":  {"550 5.2.1 ", "550 5.2.1 "},
	} {
		c := settings(t)
		c.Incoming = incoming
		p := ask(t, serve(t, w.Desk.Local("postfix"), c))
		p.gives(want[0], rcpt("1", "", teacher))
		p.gives(want[1], eod("1", "", teacher, 1, "ABC"))
	}
}

// TestWithRoles has an order that binds only what is exchanged with families.
func TestWithRoles(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, strings.Replace(ordertest.ReadOnly,
		`{roles: [everyone], hours: "07:00-19:00", outside: read}`,
		"{roles: [teacher], with: [guardian], hours: \"off\"}\n  - {roles: [guardian], with: [head], hours: \"off\"}", 1))
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, "staff1@college.example"))
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, outside))
	p.gives("550 5.7.1 ", rcpt("1", wiretest.Teacher, guardian))
	p.gives("DUNNO", eod("1", wiretest.Teacher, "", 2, "ABC"))
	p.gives("DUNNO", rcpt("2", wiretest.Staff, guardian))
	p.gives("DUNNO", rcpt("3", wiretest.Head, guardian)) // may send; the guardian may not receive from a head
	p.gives("HOLD ", eod("3", wiretest.Head, guardian, 1, "ABC"))
	p.gives("DUNNO", rcpt("4", "", guardian))
	p.gives("DUNNO", eod("4", "", guardian, 1, "ABC"))
}

func TestLimits(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, strings.Replace(ordertest.ReadOnly,
		`hours: "07:00-19:00", outside: read`, `hours: "07:00-19:00", limits: {recipients: 2}`, 1))
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, outside))
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, "other@elsewhere.example"))
	p.gives("550 5.7.1 Un message ne peut avoir plus de 2 destinataire", rcpt("1", wiretest.Teacher, guardian))
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, outside)) // the same again is no third
	p.gives("DUNNO", eod("1", wiretest.Teacher, "", 2, "ABC"))
	for i, to := range []string{"a@x.example", "b@x.example", "c@x.example"} {
		p.gives("DUNNO", rcpt("2", "", guardian)) // from elsewhere: no order of ours counts
		want := "DUNNO"
		if i == 2 {
			want = "550 5.7.1 "
		}
		p.gives(want, rcpt("3", wiretest.Teacher, to))
	}
}

func TestMessagesAnHour(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, strings.Replace(ordertest.ReadOnly,
		`hours: "07:00-19:00", outside: read`, `hours: "07:00-19:00", limits: {per_hour: 2}`, 1))
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	for i, want := range []string{"DUNNO", "DUNNO", "450 4.7.1 Pour le moment, vous pouvez envoyer 2 message"} {
		p.gives("DUNNO", rcpt(want, wiretest.Teacher, outside))
		p.gives(want, eod(want, wiretest.Teacher, outside, 1, "ABC"))
		p.gives("DUNNO", eod("others", []string{"", wiretest.Staff, "copier"}[i], teacher, 1, "ABC"))
	}
}

// TestRequirements has an order ask something of accounts: who is refused is told
// where to learn what.
func TestRequirements(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, strings.Replace(ordertest.ReadOnly,
		`hours: "07:00-19:00", outside: read`, `hours: "24/7", require: {second_factor: true}, otherwise: read`, 1))
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	if got := p.gives("550 5.7.1 ", rcpt("1", wiretest.Teacher, outside)); !strings.Contains(got, "Il manque encore quelque chose a ce compte") {
		t.Errorf("%q does not say that the account lacks something", got)
	}
}

// TestRefusedSettings has what would close nothing or lose mail not start.
func TestRefusedSettings(t *testing.T) {
	for want, spoil := range map[string]func(*config.Postfix){
		"postfix.domains is empty":  func(c *config.Postfix) { c.Domains = nil },
		"is no mail domain":         func(c *config.Postfix) { c.Domains = []string{"@college.example"} },
		"postfix.incoming":          func(c *config.Postfix) { c.Incoming = "discard" },
		"postfix.state is empty":    func(c *config.Postfix) { c.State = "" },
		"reading what mail is held": func(c *config.Postfix) { c.State = "/nowhere/held" },
	} {
		c := settings(t)
		spoil(c)
		if _, err := postfix.New(postfix.Options{Config: c}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	path := "unix:" + filepath.Join(t.TempDir(), "policy")
	l, err := postfix.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := postfix.Listen(path); err == nil {
		t.Error("two servers listen at one socket")
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as if killed
	l.Close()
	if l, err = postfix.Listen(path); err != nil {
		t.Error(err)
	} else {
		l.Close()
	}
}

func TestExplain(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T20:00", wiretest.Letter)
	d := w.Desk.Local("postfix")
	got := postfix.Explain(d.Ask(t.Context(), enforce.Question{Login: wiretest.Teacher}), "")
	for _, want := range []string{"sending: 550 5.7.1 La messagerie est fermee pour les enseignants", "\nreceiving: HOLD "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	got = postfix.Explain(d.Ask(t.Context(), enforce.Question{Login: "nobody"}), "refuse")
	if strings.Count(got, ": 451 4.3.5 ") != 2 {
		t.Errorf("about nobody: %q", got)
	}
}
