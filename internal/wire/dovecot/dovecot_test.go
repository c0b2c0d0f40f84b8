package dovecot_test

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
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

// remembering has Dovecot keep what its password databases said: what Écluse says
// must be asked for every time.
var remembering = []string{"ssl = no", "ssl = no\nauth_cache_size = 10M\nauth_cache_ttl = 1 hour"}

func TestDay(t *testing.T) {
	each(t, wiretest.Before, func(t *testing.T, s *site) {
		s.opens(wiretest.Pupil)
		s.At(wiretest.Noon)
		s.refuses(wiretest.Pupil, closed+" pour les élèves jusqu’à nouvel ordre.")
		s.opens(wiretest.Teacher)
		s.At("2024-04-02T18:59:59")
		s.opens(wiretest.Teacher)
		s.At("2024-04-02T19:00")
		s.refuses(wiretest.Teacher, closed+" pour les enseignants jusqu’au mercredi 3 avril à 7\u00a0h\u00a000")
		s.refuses(wiretest.Head, closed)
		s.At("2024-04-03T06:59:59")
		s.refuses(wiretest.Teacher, closed)
		s.At("2024-04-03T07:00")
		s.opens(wiretest.Teacher)
		s.refuses(wiretest.Pupil, closed)
		if a := s.answer(wiretest.Pupil); !strings.Contains(a, "Cabinet du DASEN (ordre FR/13/079/2024-0002)") {
			t.Errorf("who decided is not said: %s", a)
		}
	}, remembering...)
}

// TestNoon holds much against one server: adults may read, pupils may not.
func TestNoon(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		for what, test := range map[string]func(*testing.T, *site){
			"services": services, "without the password": withoutPassword, "tricks": tricks,
			"webmail": webmail, "mechanisms": mechanisms, "postfix": postfix,
		} {
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				test(t, s.in(t))
			})
		}
	}, guessing...)
}

func services(t *testing.T, s *site) {
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
}

// withoutPassword shows that a stranger learns nothing: not whether somebody is
// a pupil, not whether anybody has the name.
func withoutPassword(t *testing.T, s *site) {
	guesses := map[string]*client{}
	for _, login := range []string{wiretest.Pupil, wiretest.Teacher, "unknown", "nobody"} {
		guesses[login] = s.says("LOGIN " + login + " guess")
	}
	for login, c := range guesses {
		if a := c.told(); a != "NO [AUTHENTICATIONFAILED] Authentication failed." {
			t.Errorf("%s with a wrong password is told %q", login, a)
		}
	}
	s.refuses("unknown", "[CONTACTADMIN] Cette personne n’est pas connue ici")
	s.refuses(dovecot.Probe, "[CONTACTADMIN] Ce compte sert à vérifier")
}

// TestNoAnswer: an Écluse that hangs, and one that is gone, open nothing. Dovecot
// bears two seconds of silence, as the samples say: on a busy machine an answer may
// take a good part of that.
func TestNoAnswer(t *testing.T) {
	each(t, wiretest.Noon, func(t *testing.T, s *site) {
		s.opens(wiretest.Teacher)
		s.gate.hung.Store(true)
		began := time.Now()
		s.refuses(wiretest.Teacher, "[UNAVAILABLE]")
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("refused after %v", took)
		}
		s.gate.hung.Store(false)
		s.opens(wiretest.Teacher)
		s.gate.CloseClientConnections()
		s.gate.Close()
		s.refuses(wiretest.Teacher, "[UNAVAILABLE]")
		s.refuses(wiretest.Pupil, "[UNAVAILABLE]")
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
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("after forty refusals behind the same address a teacher waits %v", took)
		} else {
			t.Logf("after forty refusals behind the same address a teacher waits %v", took)
		}
	})
}

// tricks shows that no way of writing a name opens a closed mailbox.
func tricks(t *testing.T, s *site) {
	said := map[string]*client{}
	for _, login := range []string{
		wiretest.Pupil, "PUPIL1", "Pupil1", "pupil1@college.example", "pupil1@COLLEGE.example", "pupil1@elsewhere.example",
		"pupil1 ", " pupil1", "pupil1%", "%u", "%{user}", "pupil1*", "*pupil1", "pupil1*teacher1", "pupil1*webmail", "teacher1*pupil1",
		"pupil1/teacher1", "pupil1&login=teacher1", "pupil1\\", "pupil1=20", "teacher1@pupil1", "ｐｕｐｉｌ１", "pupil3",
	} {
		said[login] = s.says(fmt.Sprintf("LOGIN %s %s", quoted(login), password))
	}
	for what, login := range map[string]string{
		"a NUL in the name": plain("", "pupil1\x00teacher1", password), "a NUL after it": plain("", "pupil1\x00", password),
		"a teacher's name beside": plain("teacher1", wiretest.Pupil, password), "a pupil's name beside": plain(wiretest.Pupil, wiretest.Teacher, password),
	} {
		said[what] = s.says("AUTHENTICATE PLAIN " + login)
	}
	for what, c := range said {
		if a := c.told(); !strings.HasPrefix(a, "NO ") {
			t.Errorf("%s is told %q", what, a)
		}
	}
}

// webmail shows that a webmail that signs in for everybody with its own password opens the
// mailboxes that are open, and no others.
func webmail(t *testing.T, s *site) {
	if _, a := s.signIn(wiretest.Teacher+"*webmail", master); !strings.HasPrefix(a, "OK") {
		t.Errorf("for a teacher the webmail is told %q", a)
	}
	if _, a := s.signIn(wiretest.Pupil+"*webmail", master); !strings.HasPrefix(a, "NO ") || !strings.Contains(a, "est fermée pour les élèves") {
		t.Errorf("for a pupil the webmail is told %q", a)
	}
	if _, a := s.signIn("webmail", master); !strings.HasPrefix(a, "NO ") {
		t.Errorf("as itself the webmail is told %q", a)
	}
}

// mechanisms shows that a challenge instead of a password is asked about too.
func mechanisms(t *testing.T, s *site) {
	for login, want := range map[string]string{wiretest.Teacher: "a OK", wiretest.Pupil: "a NO " + closed} {
		c := s.says("AUTHENTICATE CRAM-MD5")
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
}

// postfix shows that whoever signs in to send is left to Postfix, which asks.
func postfix(t *testing.T, s *site) {
	if out, err := s.testSignIn("smtp", wiretest.Pupil); err != nil {
		t.Errorf("over smtp: %v: %s", err, out)
	}
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
