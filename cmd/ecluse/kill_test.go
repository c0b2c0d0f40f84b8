package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// asCommand makes the test binary run as the program itself, for tests that need
// a process to kill.
const asCommand = "ECLUSE_TEST_AS_COMMAND"

// A running is a demonstration in a process of its own.
type running struct {
	*testing.T
	cmd    *exec.Cmd
	client *http.Client
	url    string
	people []demoPerson
	gate   demoGate
}

func startDemo(t *testing.T, dir, at string) *running {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{T: t, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
	r.cmd = exec.Command(os.Args[0], "demo", "--json", "--dir", dir, "--listen", "127.0.0.1:0", "--at", at)
	r.cmd.Env = append(os.Environ(), asCommand+"=yes")
	r.cmd.Stderr = os.Stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.kill)
	var printed struct {
		URL    string
		People []demoPerson
		Gate   demoGate
	}
	if err := json.NewDecoder(out).Decode(&printed); err != nil {
		t.Fatal(err)
	}
	r.url, r.people, r.gate = printed.URL, printed.People, printed.Gate
	return r
}

// kill ends the process as a power cut would.
func (r *running) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}

// signIn signs in as the first person of a role in a degree, and returns their
// place.
func (r *running) signIn(role, degree string) string {
	r.Helper()
	for _, p := range r.people {
		if p.Role == role && p.Degree == degree {
			status, page := r.post("/sign-in", url.Values{"login": {p.Login}, "password": {p.Password}})
			if status != http.StatusOK && status != http.StatusForbidden {
				r.Fatalf("signing in answers %d", status)
			}
			return regexp.MustCompile(`/at/\d+`).FindString(page)
		}
	}
	r.Fatalf("nobody is %s in the %s degree", role, degree)
	return ""
}

func (r *running) post(path string, form url.Values) (int, string) {
	resp, err := r.client.PostForm(r.url+path, form)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(body)
}

func (r *running) get(path string) (int, string) {
	resp, err := r.client.Get(r.url + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// send writes to the first person offered and reports whether it was
// acknowledged.
func (r *running) send(place, subject string) bool {
	_, form := r.get(place + "/compose")
	draft := regexp.MustCompile(`name="draft" value="(\d+)"`).FindStringSubmatch(form)
	to := regexp.MustCompile(`name="to" value="(m\d+)"`).FindStringSubmatch(form)
	if draft == nil || to == nil {
		return false
	}
	status, page := r.post(place+"/compose", url.Values{
		"draft": {draft[1]}, "to": {to[1]}, "subject": {subject}, "body": {"Texte."}, "do": {"send"},
	})
	return status == http.StatusOK && strings.Contains(page, subject)
}

// sent reads the subjects of all messages sent, page after page.
func (r *running) sent(place string) string {
	var all strings.Builder
	next := place + "/sent"
	for next != "" {
		_, page := r.get(next)
		all.WriteString(page)
		older := regexp.MustCompile(`href="([^"]*/sent\?before=\d+)"`).FindStringSubmatch(page)
		if next = ""; older != nil {
			next = older[1]
		}
	}
	return all.String()
}

func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	var acknowledged []string
	for round := range 3 {
		r := startDemo(t, dir, "2024-03-29T12:00")
		place := r.signIn("teacher", "second")
		for _, subject := range acknowledged {
			if !strings.Contains(r.sent(place), subject) {
				t.Errorf("round %d: %q was acknowledged and is lost", round, subject)
			}
		}
		enough := rand.IntN(12) + 3
		go func() {
			for i := range enough { // a second sender, so that the kill falls between two acts
				r.send(place, fmt.Sprintf("À côté %d", i))
			}
			r.cmd.Process.Kill()
		}()
		for i := 0; ; i++ {
			subject := fmt.Sprintf("Message %d-%d.", round, i)
			if !r.send(place, subject) {
				break
			}
			acknowledged = append(acknowledged, subject)
		}
		r.kill()
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was ever acknowledged: the test proves nothing")
	}
}

func TestRestartStaysClosed(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		r := startDemo(t, dir, "2024-03-29T19:00")
		place := r.signIn("teacher", "second")
		status, page := r.get(place + "/inbox")
		if status != http.StatusForbidden || !strings.Contains(page, "Cabinet du DASEN") {
			t.Errorf("the first answer after a start is %d, without saying who decided", status)
		}
		r.kill()
	}
}
