package dovecot_test

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const closed = "[CONTACTADMIN] La messagerie électronique est fermée"

// each runs a test for both ways to ask, under the letter.
func each(t *testing.T, at string, test func(*testing.T, *site), edits ...string) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := start(wiretest.New(t, at, wiretest.Letter), way, edits...)
			test(t, s)
		})
	}
}

// guessing edits away the time that Dovecot makes wrong passwords wait, where a test
// tries many. Refusals must wait for nothing without it.
var guessing = []string{"ssl = no", `ssl = no
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}`}

func TestDay(t *testing.T) {
	each(t, wiretest.Before, func(t *testing.T, s *site) {
		s.opens(wiretest.Pupil)
		s.At(wiretest.Noon)
		s.refuses(wiretest.Pupil, closed+" pour les élèves jusqu'à nouvel ordre.")
		s.opens(wiretest.Teacher)
		s.At("2024-04-02T18:59:59")
		s.opens(wiretest.Teacher)
		s.At("2024-04-02T19:00")
		s.refuses(wiretest.Teacher, closed+" pour les enseignants jusqu'au mercredi 3 avril à 7\u00a0h\u00a000")
		s.refuses(wiretest.Head, closed)
		s.At("2024-04-03T06:59:59")
		s.refuses(wiretest.Teacher, closed)
		s.At("2024-04-03T07:00")
		s.opens(wiretest.Teacher)
		s.refuses(wiretest.Pupil, closed)
		if a := s.answer(wiretest.Pupil); !strings.Contains(a, "Cabinet du DASEN (ordre FR/13/079/2024-0002)") {
			t.Errorf("who decided is not said: %s", a)
		}
	})
}

func TestServices(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		for login, want := range map[string]string{wiretest.Teacher: "+OK", wiretest.Pupil: "-ERR ["} {
			c := dial(t, s.pop3)
			c.upTo("+OK")
			c.send("USER " + login)
			c.upTo("+OK")
			c.send("PASS " + password)
			if a := c.line(); !strings.HasPrefix(a, want) || strings.HasPrefix(want, "-") && !strings.Contains(a, "est fermée pour les élèves") {
				t.Errorf("over POP3 %s is told %q, want %s", login, a, want)
			}
		}
		for login, want := range map[string]string{wiretest.Teacher: "OK", wiretest.Pupil: "NO "} {
			c := dial(t, s.sieve)
			c.upTo("OK")
			c.send(`AUTHENTICATE "PLAIN" "` + plain("", login, password) + `"`)
			if a := c.upTo("OK", "NO"); !strings.HasPrefix(a, want) || want == "NO " && !strings.Contains(a, "est fermée pour les élèves") {
				t.Errorf("over ManageSieve %s is told %q, want %s", login, a, want)
			}
		}
	})
}

// TestWithoutPassword shows that a stranger learns nothing: not whether somebody is
// a pupil, not whether anybody has the name.
func TestWithoutPassword(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		for _, login := range []string{wiretest.Pupil, wiretest.Teacher, "unknown", "nobody"} {
			t.Run(login, func(t *testing.T) {
				t.Parallel()
				if _, a := s.in(t).signIn(login, "guess"); a != "NO [AUTHENTICATIONFAILED] Authentication failed." {
					t.Errorf("with a wrong password is told %q", a)
				}
			})
		}
		s.refuses("unknown", "[CONTACTADMIN] Cette personne n’est pas connue ici")
		s.refuses(dovecot.Probe, "[CONTACTADMIN] Ce compte sert à vérifier")
	}, guessing...)
}

// TestKilled and TestHung hold what is open before against what is refused while
// Écluse does not answer.
func TestKilled(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		s.opens(wiretest.Teacher)
		s.gate.CloseClientConnections()
		s.gate.Close()
		s.refuses(wiretest.Teacher, "[UNAVAILABLE]")
		s.refuses(wiretest.Pupil, "[UNAVAILABLE]")
	}, guessing...)
}

func TestHung(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		s.gate.hung.Store(true)
		began := time.Now()
		s.refuses(wiretest.Teacher, "[UNAVAILABLE]")
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("refused after %v", took)
		}
		s.gate.hung.Store(false)
		wiretest.Eventually(t, "the teacher signs in again", func() bool { return strings.HasPrefix(s.answer(wiretest.Teacher), "OK") })
	}, guessing...)
}

// TestOneAddress: a school is behind one address, and so is a webmail. Many refusals
// of pupils must not make a teacher wait.
func TestOneAddress(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		s.opens(wiretest.Teacher)
		for range 20 {
			s.refuses(wiretest.Pupil, closed)
			s.refuses(wiretest.Pupil2, closed)
		}
		began := time.Now()
		s.opens(wiretest.Teacher)
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("after forty refusals behind the same address a teacher waits %v", took)
		} else {
			t.Logf("after forty refusals behind the same address a teacher waits %v", took)
		}
	})
}

// TestTricks: no way of writing a name opens a closed mailbox.
func TestTricks(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		for _, login := range []string{
			wiretest.Pupil, "PUPIL1", "Pupil1", "pupil1@college.example", "pupil1@COLLEGE.example", "pupil1@elsewhere.example",
			"pupil1 ", " pupil1", "pupil1%", "%u", "%{user}", "pupil1*", "*pupil1", "pupil1*teacher1", "pupil1*webmail", "teacher1*pupil1",
			"pupil1/teacher1", "pupil1&login=teacher1", "pupil1\\", "pupil1=20", "teacher1@pupil1", "ｐｕｐｉｌ１", "pupil3",
		} {
			t.Run(login, func(t *testing.T) {
				t.Parallel()
				if a := s.in(t).answer(login); !strings.HasPrefix(a, "NO ") {
					t.Errorf("is told %q", a)
				}
			})
		}
		for what, login := range map[string]string{
			"NUL in the name": plain("", "pupil1\x00teacher1", password), "NUL after it": plain("", "pupil1\x00", password),
			"as somebody else": plain("teacher1", wiretest.Pupil, password), "pupil by a teacher": plain(wiretest.Pupil, wiretest.Teacher, password),
		} {
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				c := dial(t, s.imap)
				c.upTo("* OK")
				c.send("a AUTHENTICATE PLAIN " + login)
				if a := c.upTo("a "); !strings.HasPrefix(a, "a NO ") {
					t.Errorf("is told %q", a)
				}
			})
		}
	}, guessing...)
}

// TestWebmail: a webmail that signs in for everybody with its own password opens the
// mailboxes that are open, and no others.
func TestWebmail(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		if _, a := s.signIn(wiretest.Teacher+"*webmail", master); !strings.HasPrefix(a, "OK") {
			t.Errorf("for a teacher the webmail is told %q", a)
		}
		if _, a := s.signIn(wiretest.Pupil+"*webmail", master); !strings.HasPrefix(a, "NO ") || !strings.Contains(a, "est fermée pour les élèves") {
			t.Errorf("for a pupil the webmail is told %q", a)
		}
		if _, a := s.signIn("webmail", master); !strings.HasPrefix(a, "NO ") {
			t.Errorf("as itself the webmail is told %q", a)
		}
	}, guessing...)
}

// TestMechanisms: a challenge instead of a password is asked about too.
func TestMechanisms(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		for login, want := range map[string]string{wiretest.Teacher: "a OK", wiretest.Pupil: "a NO " + closed} {
			c := dial(t, s.imap)
			c.upTo("* OK")
			c.send("a AUTHENTICATE CRAM-MD5")
			challenge, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(c.upTo("+ "), "+ "))
			if err != nil {
				t.Fatal(err)
			}
			mac := hmac.New(md5.New, []byte(password))
			mac.Write(challenge)
			c.send(base64.StdEncoding.EncodeToString([]byte(login + " " + hex.EncodeToString(mac.Sum(nil)))))
			if a := c.upTo("a "); !strings.HasPrefix(a, want) {
				t.Errorf("%s is told %q, want %s", login, a, want)
			}
		}
	})
}

// TestPostfix: whoever signs in to send is asked about by Postfix, and need not be
// asked about here.
func TestPostfix(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		if out, err := s.testSignIn("smtp", wiretest.Pupil); err != nil {
			t.Errorf("over smtp: %v: %s", err, out)
		}
	})
}

func plain(as, login, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(as + "\x00" + login + "\x00" + password))
}

// testSignIn has Dovecot try a sign-in of a service.
func (s *site) testSignIn(service, login string) (string, error) {
	out, err := exec.Command("doveadm", "-c", filepath.Join(s.dir, "dovecot.conf"),
		"auth", "test", "-x", "service="+service, login, password).CombinedOutput()
	return string(out), err
}
