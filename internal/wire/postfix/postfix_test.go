package postfix_test

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// TestPostfix runs Debian's Postfix with the published configuration.
func TestPostfix(t *testing.T) {
	t.Parallel()
	m := startMTA(t)
	for name, test := range map[string]func(*testing.T, *mta){
		"who sends": testWhoSends, "closing within a message": testClosingWithinAMessage, "submission": testSubmission,
		"spoofed senders": testSpoofedSenders, "held until reopening": testHeld, "mixed recipients": testMixed,
		"two accounts behind one address": testOneAddress, "killed between holding and release": testKilled,
		"a release that fails": testFailingRelease, "held for days": testHeldForDays,
	} {
		t.Run(name, func(t *testing.T) {
			m.forget()
			test(t, m)
		})
	}
}

func testWhoSends(t *testing.T, m *mta) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), m.settings(t))
	s := m.session(t, wiretest.Teacher)
	s.mail(teacher, outside, "250 ")
	s.data("250 ")
	wiretest.Eventually(t, "a teacher's message leaves", func() bool { return slices.Equal(m.outbox.messages(), []string{outside}) })

	told := m.session(t, wiretest.Pupil).mail(pupil, outside, "550 5.7.1 ")
	if !strings.Contains(told, "La messagerie electronique est fermee pour les eleves jusqu'a nouvel ordre.") || len(told) > 512 {
		t.Errorf("a pupil is told %q", told)
	}
	m.session(t, "nobody").mail("nobody@college.example", outside, "451 4.3.5 ")
	m.session(t, "").mail(outside, "mistyped@college.example", "550 5.1.1 ") // Postfix's own, before ours
	m.session(t, "").mail(outside, "stranger@college.example", "451 4.3.5 ")
	m.session(t, "").mail(outside, "pupil1%college.example@[127.0.0.1]", "550 5.1.1 ") // there is no such name
	s.says("QUIT", "221 ")

	w.At("2024-04-02T19:00")
	s = m.session(t, wiretest.Teacher)
	s.mail(teacher, outside, "550 5.7.1 ")
	w.At("2024-04-03T07:00")
	s.says("RCPT TO:<"+outside+">", "250 ")
	s.data("250 ")
}

func testClosingWithinAMessage(t *testing.T, m *mta) {
	w := wiretest.New(t, "2024-04-02T18:59:59", wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), m.settings(t))
	s := m.session(t, wiretest.Teacher)
	s.mail(teacher, outside, "250 ")
	s.says("RCPT TO:<"+"another@elsewhere.example"+">", "250 ")
	s.says("DATA", "354 ")
	s.PrintfLine("Subject: essai\r\n\r\nBon")
	w.At("2024-04-02T19:00")
	if told := s.says("jour.\r\n.", "550 5.7.1 "); !strings.Contains(told, "mercredi 3 avril a 7 h 00") {
		t.Errorf("%q does not say when it reopens", told)
	}
	s.says("RSET", "250 ")
	s.mail(teacher, outside, "550 5.7.1 ")
	s.says("RSET", "250 ")
	s = m.session(t, "")
	s.mail(outside, teacher, "250 ")
	s.says("BDAT 16 LAST\r\nSubject: x\r\n\r\nB", "250 ") // another way to end a message (RFC 3030)
	wiretest.Eventually(t, "it is held as well", func() bool { return len(m.held()) == 1 })
	if got := m.outbox.messages(); len(got) != 0 {
		t.Errorf("left after closing: %q", got)
	}
}

// testSubmission signs in over TLS at the submission service as published.
func testSubmission(t *testing.T, m *mta) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), m.settings(t))
	send := func(login, from string) error {
		c, err := smtp.Dial(m.submit)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
			return err
		}
		if err := c.Auth(smtp.PlainAuth("", login, "secret", "127.0.0.1")); err != nil {
			return fmt.Errorf("signing in: %w", err)
		}
		if err := c.Mail(from); err != nil {
			return err
		}
		return c.Rcpt(outside)
	}
	if err := send(wiretest.Teacher, teacher); err != nil {
		t.Error(err)
	}
	if err := send(wiretest.Pupil, pupil); err == nil || !strings.HasPrefix(err.Error(), "550 ") {
		t.Errorf("a pupil: %v", err)
	}
	if err := send(wiretest.Pupil, teacher); err == nil || !strings.HasPrefix(err.Error(), "553 ") {
		t.Errorf("a pupil as a teacher: %v", err)
	}
}

// testSpoofedSenders holds that nobody writes as somebody of the school without
// signing in, from inside the network either.
func testSpoofedSenders(t *testing.T, m *mta) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), m.settings(t))
	m.session(t, "").mail(pupil, teacher, "553 5.7.1 ")
	m.session(t, wiretest.Pupil).mail(teacher, outside, "553 5.7.1 ")
	m.session(t, wiretest.Teacher).mail(teacher, guardian, "250 ")
}

func testHeld(t *testing.T, m *mta) {
	w := wiretest.New(t, "2024-04-02T19:30", wiretest.Letter)
	c := m.settings(t)
	serve(t, w.Desk.Local("postfix"), c)
	s := m.session(t, "")
	s.mail(outside, teacher, "250 ")
	s.data("250 ")
	s.mail("", pupil, "250 ") // a bounce, to somebody who is closed for longer
	s.data("250 ")
	s.mail(outside, "postmaster@college.example", "250 ")
	s.data("250 ")
	wiretest.Eventually(t, "two messages are held", func() bool { return len(m.held()) == 2 })
	wiretest.Eventually(t, "the postmaster's comes", func() bool { return slices.Equal(m.inbox.messages(), []string{"head1@college.example"}) })

	w.At("2024-04-03T07:00")
	wiretest.Eventually(t, "the teacher's message comes at reopening", func() bool { return slices.Contains(m.inbox.messages(), teacher) })
	wiretest.Eventually(t, "it is written down no more", func() bool { return remembered(t, c) == 1 })
	if left := m.held(); len(left) != 1 {
		t.Errorf("%d messages are on hold, want the pupil's", len(left))
	}
	w.At("2024-04-03T19:00")
	w.At("2024-04-04T07:00") // reopens once more: nothing comes twice
	w.Issue(lift)
	wiretest.Eventually(t, "the pupil's message comes when the order is lifted", func() bool { return slices.Contains(m.inbox.messages(), pupil) })
	if got := m.inbox.messages(); len(got) != 3 {
		t.Errorf("what came: %q", got)
	}
}

// lift ends the letter.
const lift = `
order: FR/13/079/2024-0004
issuer: FR/13/079
status: actual
type: cancel
references: [FR/13/079/2024-0002]
title: Réouverture
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-04-04T07:00
reason: Les comptes sont de nouveau sûrs.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// remembered is how many messages the file of held mail names.
func remembered(t *testing.T, c *config.Postfix) int {
	t.Helper()
	text, err := os.ReadFile(c.State)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), `"at"`) - strings.Count(string(text), `"gone"`)
}

func testMixed(t *testing.T, m *mta) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), m.settings(t))
	s := m.session(t, "")
	s.mail(outside, teacher, "250 ")
	s.says("RCPT TO:<"+pupil+">", "450 4.2.1 ")
	s.says("RCPT TO:<staff1@college.example>", "250 ")
	s.data("250 ")
	wiretest.Eventually(t, "those come who are open", func() bool {
		return slices.Equal(m.inbox.messages(), []string{"staff1@college.example " + teacher})
	})
	s.mail(outside, pupil, "250 ")
	s.says("RCPT TO:<"+pupil2+">", "250 ")
	s.says("RCPT TO:<"+teacher+">", "450 4.2.1 ")
	s.data("250 ")
	wiretest.Eventually(t, "the others wait", func() bool { return len(m.held()) == 1 })
}

// testFailingRelease has postsuper refused for a while: it is tried again.
func testFailingRelease(t *testing.T, m *mta) {
	w := wiretest.New(t, "2024-04-02T19:30", wiretest.Letter)
	c := m.settings(t)
	permission := filepath.Join(t.TempDir(), "permission")
	c.Release = append([]string{"sh", "-c", `test -e "$0" && exec "$@"; touch "$0.asked"; exit 1`, permission}, c.Release...)
	serve(t, w.Desk.Local("postfix"), c)
	s := m.session(t, "")
	s.mail(outside, teacher, "250 ")
	s.data("250 ")
	w.At("2024-04-03T07:00")
	wiretest.Eventually(t, "postsuper is run", func() bool { _, err := os.Stat(permission + ".asked"); return err == nil })
	if len(m.held()) != 1 || remembered(t, c) != 1 {
		t.Error("what could not be released was forgotten")
	}
	write(t, permission, "")
	wiretest.Eventually(t, "the message comes", func() bool { return slices.Equal(m.inbox.messages(), []string{teacher}) })
}

// testHeldForDays releases what waited longer than a day: as new mail, so that it
// is not given up at the first failure.
func testHeldForDays(t *testing.T, m *mta) {
	c := m.settings(t)
	t.Run("held", func(t *testing.T) {
		w := wiretest.New(t, "2024-04-02T19:30", wiretest.Letter)
		serve(t, w.Desk.Local("postfix"), c)
		s := m.session(t, "")
		s.mail(outside, teacher, "250 ")
		s.data("250 ")
	})
	text, err := os.ReadFile(c.State)
	if err != nil {
		t.Fatal(err)
	}
	write(t, c.State, regexp.MustCompile(`"at":"\d+`).ReplaceAllString(string(text), `"at":"2024`))
	t.Run("released", func(t *testing.T) {
		name := m.held()
		w := wiretest.New(t, "2024-04-03T07:00", wiretest.Letter)
		serve(t, w.Desk.Local("postfix"), c)
		wiretest.Eventually(t, "the message comes", func() bool { return slices.Equal(m.inbox.messages(), []string{teacher}) })
		wiretest.Eventually(t, "it is written down no more", func() bool { return remembered(t, c) == 0 })
		if len(name) != 1 || !strings.Contains(m.log(), name[0]+": requeued") {
			t.Errorf("%v was not queued anew", name)
		}
	})
}

// TestOneByOne runs Postfix with the published second stage.
func TestOneByOne(t *testing.T) {
	t.Parallel()
	m := startMTA(t, "main.cf.one-by-one", "master.cf.one-by-one")
	t.Run("parted", func(t *testing.T) { testParted(t, m) })
	t.Run("hung", func(t *testing.T) { testHung(t, m) }) // here, since it takes long
}

func testParted(t *testing.T, m *mta) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), m.settings(t))
	s := m.session(t, wiretest.Teacher)
	s.mail(teacher, "class@college.example", "250 ") // pupil1 and teacher1
	s.says("RCPT TO:<staff1@college.example>", "250 ")
	s.says("RCPT TO:<"+outside+">", "250 ")
	s.data("250 ")
	wiretest.Eventually(t, "those come who are open", func() bool {
		got := m.inbox.messages()
		slices.Sort(got)
		return slices.Equal(got, []string{"staff1@college.example", teacher}) && slices.Equal(m.outbox.messages(), []string{outside})
	})
	wiretest.Eventually(t, "the pupil's waits", func() bool { return len(m.held()) == 1 })
	m.session(t, wiretest.Pupil).mail(pupil, teacher, "550 5.7.1 ")
	w.At("2024-04-04T07:00")
	w.Issue(lift)
	wiretest.Eventually(t, "the pupil's comes when the order is lifted", func() bool { return slices.Contains(m.inbox.messages(), pupil) })
	if got := m.inbox.messages(); len(got) != 3 {
		t.Errorf("what came: %q", got)
	}
}

// testOneAddress refuses a pupil many times, and looks how long a teacher behind
// the same address waits.
func testOneAddress(t *testing.T, m *mta) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), m.settings(t))
	took := func(login, from, want string) time.Duration {
		s := m.session(t, login)
		began := time.Now()
		s.mail(from, outside, want)
		return time.Since(began)
	}
	before := took(wiretest.Teacher, teacher, "250 ")
	var pupils time.Duration
	for range 15 {
		pupils += took(wiretest.Pupil, pupil, "550 ")
	}
	after := took(wiretest.Teacher, teacher, "250 ")
	t.Logf("a teacher: %v before, %v after; a refused pupil: %v", before, after, pupils/15)
	if after > before+500*time.Millisecond {
		t.Errorf("refusing a pupil made a teacher behind the same address wait %v, %v before", after, before)
	}
}

// testKilled ends the decision point with SIGKILL between HOLD and release.
func testKilled(t *testing.T, m *mta) {
	c := m.settings(t)
	p := process(t, c, "2024-04-02T19:30")
	s := m.session(t, "")
	s.mail(outside, teacher, "250 ")
	s.data("250 ")
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wiretest.Eventually(t, "the message is held", func() bool { return len(m.held()) == 1 })
	began := time.Now()
	m.session(t, wiretest.Teacher).mail(teacher, outside, "451 4.3.5 ")
	t.Logf("killed: 451 after %v", time.Since(began))

	process(t, c, "2024-04-03T07:00")
	wiretest.Eventually(t, "the message comes", func() bool { return slices.Equal(m.inbox.messages(), []string{teacher}) })
	wiretest.Eventually(t, "it is written down no more", func() bool { return remembered(t, c) == 0 })
}

// testHung stops the decision point: it takes connections and says nothing.
func testHung(t *testing.T, m *mta) {
	p := process(t, m.settings(t), wiretest.Noon)
	s, q := m.session(t, wiretest.Teacher), m.session(t, "")
	s.mail(teacher, outside, "250 ")
	s.says("DATA", "354 ")
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	wiretest.Eventually(t, "every thread of it stands still", func() bool { return standsStill(p.Process.Pid) })
	began := time.Now()
	s.PrintfLine("Subject: essai\r\n\r\nBonjour.\r\n.")
	q.mail(outside, teacher, "451 4.3.5 ")
	s.wants("451 4.3.5 ")
	took := time.Since(began)
	t.Logf("hung: 451 after %v", took)
	if took > 10*time.Second {
		t.Errorf("a hung decision point kept senders waiting for %v", took)
	}
}

// standsStill reports whether a stopped process does nothing any more.
func standsStill(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	return err == nil && !slices.ContainsFunc(threads, func(path string) bool {
		text, _ := os.ReadFile(path)
		return !strings.Contains(string(text), ") T ")
	})
}

// process runs the policy server as a process of its own, at a wall-clock time.
func process(t *testing.T, c *config.Postfix, at string) *wiretest.Server {
	t.Helper()
	return wiretest.Start(t, c.Listen, os.Args[0], "-test.run=^TestPolicyProcess$", c.Listen, c.State, at, c.Release[2])
}

// TestPolicyProcess is what process runs.
func TestPolicyProcess(t *testing.T) {
	if flag.NArg() != 4 {
		return // not started by process
	}
	etc := flag.Arg(3)
	c := config.Postfix{Listen: flag.Arg(0), State: flag.Arg(1), Domains: []string{"college.example"},
		Release: []string{"postsuper", "-c", etc}, Queue: []string{"postqueue", "-c", etc}}
	w := wiretest.New(t, flag.Arg(2), wiretest.Letter)
	serve(t, w.Desk.Local("postfix"), &c)
	<-w.Context().Done() // never: it is killed
}
