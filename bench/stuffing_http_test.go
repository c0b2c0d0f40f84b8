package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	application "github.com/ecluse-ecole/ecluse"
)

// BenchmarkStuffingHTTP is BenchmarkStuffing in small, 20,000 pairs from 10,000
// addresses, against "ecluse serve" behind a proxy that tells the addresses: what is
// sent away costs a page here.
func BenchmarkStuffingHTTP(b *testing.B) {
	if b.N > 1 {
		b.Skip("one run is the measurement")
	}
	s := newStuffing(b)
	if err := s.App.Close(); err != nil {
		b.Fatal(err)
	}
	url := s.serve()
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: stuffingLines},
	}
	s.try = func(in application.SignIn) outcome { return s.post(client, url, in) }
	s.suffer(s.pairs(stuffingPairs/5, s.addresses(10_000)), stuffingRate/2)
}

// serve starts a process, and returns its address.
func (s *stuffing) serve() string {
	s.Helper()
	dir := s.TempDir()
	program, config, address := filepath.Join(dir, "ecluse"), filepath.Join(dir, "ecluse.yaml"), "127.0.0.1:"+freePort(s)
	build := exec.Command("go", "build", "-o", program, "./cmd/ecluse")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		s.Fatalf("%v\n%s", err, out)
	}
	text := fmt.Sprintf("listen: %s\ndatabase: %s\nproxied: true\n", address, s.file)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	p := exec.Command(program, "serve", "--config", config)
	if err := p.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { p.Process.Signal(os.Interrupt); p.Wait() })
	awaitListener(s, address)
	return "http://" + address
}

// post signs in as a browser does.
func (s *stuffing) post(client *http.Client, to string, in application.SignIn) outcome {
	form := url.Values{"login": {in.Login}, "password": {in.Password}}
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, to+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		s.Error(err)
		return refused
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-Forwarded-For", in.Address)
	if in.Device != "" {
		r.AddCookie(&http.Cookie{Name: "ecluse-device", Value: url.QueryEscape(in.Device)})
	}
	answer, err := client.Do(r)
	if err != nil {
		s.Error(err)
		return refused
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	o, known := map[int]outcome{303: opened, 200: asked, 401: refused, 429: slowed, 503: shed}[answer.StatusCode]
	if !known {
		s.Errorf("signing in is answered with %s", answer.Status)
	}
	return o
}
