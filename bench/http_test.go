package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A service is something that wrk asks, and the processes that do its work.
type service struct {
	name  string
	url   string
	post  string // the body of a POST; "" is a GET
	works []int  // process ids, with their children
	rates []float64
	cpu   []float64 // microseconds of processor time for each request
}

// BenchmarkHTTP loads, in one run, by turns and with the same wrk:
//
//   - a constant handler of net/http, and Écluse's forward authentication and
//     AuthZEN evaluation beside it;
//   - `ecluse proxy` in front of an application, and nginx that asks Écluse with
//     auth_request in front of the same one.
//
// Each server is a process of its own. On a machine with other work on it the
// requests a second say little; the processor time that a request costs in the
// servers that do the work says more, and is printed beside.
//
// It is one run, whatever -benchtime says.
func BenchmarkHTTP(b *testing.B) {
	if b.N > 1 {
		b.Skip("one run is the measurement")
	}
	need(b, "wrk")
	fixed, app, lock := play(b, "constant"), play(b, "backend"), play(b, "ecluse", "10", "10")
	front := play(b, "proxy", lock.words[0], lock.words[1], app.words[0])
	nginx, pid := startNginx(b, lock.words[0], app.words[0])
	const question = `{"subject":{"type":"user","id":"teacher1"},"action":{"name":"message.send"},"resource":{"type":"school","id":"0799002F"}}`
	services := []*service{
		{name: "constant", url: fixed.words[0] + "/", works: []int{fixed.Process.Pid}},
		{name: "constant-post", url: fixed.words[0] + "/", post: question, works: []int{fixed.Process.Pid}},
		{name: "forward-auth", url: lock.words[0] + "/gate/forward/nginx", works: []int{lock.Process.Pid}},
		{name: "authzen", url: lock.words[0] + "/access/v1/evaluation", post: question, works: []int{lock.Process.Pid}},
		{name: "nginx", url: nginx + "/m/inbox", works: []int{pid, lock.Process.Pid}},
		{name: "proxy", url: front.words[0] + "/m/inbox", works: []int{front.Process.Pid, lock.Process.Pid}},
	}
	const rounds = 5
	for range rounds {
		for _, s := range services {
			s.load(b, lock.words[1])
		}
	}
	found := map[string]*service{}
	for _, s := range services {
		found[s.name] = s
		b.Logf("%-14s %8.0f requests/s  %5.1f µs of processor time each", s.name, median(s.rates), median(s.cpu))
	}
	compare := func(name, with, label string, want float64) {
		rate := median(found[name].rates) / median(found[with].rates)
		cost := median(found[with].cpu) / median(found[name].cpu)
		b.ReportMetric(rate, label)
		b.Logf("%s: %.2f times the requests a second of %s (goal %.2f); by processor time %.2f", name, rate, with, want, cost)
	}
	compare("forward-auth", "constant", "forward/constant", 0.85)
	compare("authzen", "constant-post", "authzen/constant", 0.60)
	compare("proxy", "nginx", "proxy/nginx", 1)
	b.ReportMetric(0, "ns/op")
}

func need(b *testing.B, program string) string {
	b.Helper()
	for _, dir := range []string{"", "/usr/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	b.Skipf("%s is not installed", program)
	return ""
}

var rate = regexp.MustCompile(`(\d+) requests in [\s\S]*Requests/sec:\s+([\d.]+)`)

// load asks for two seconds over 64 connections.
func (s *service) load(b *testing.B, token string) {
	b.Helper()
	args := []string{"-t2", "-c64", "-d2s", "-H", "X-Ecluse-User: teacher1", "-H", "X-Original-URI: /m/inbox", "-H", "X-Original-Method: GET"}
	if s.post != "" {
		script := filepath.Join(b.TempDir(), "post.lua")
		text := fmt.Sprintf("wrk.method=%q\nwrk.body=%q\nwrk.headers[%q]=%q\nwrk.headers[%q]=%q\n", "POST", s.post,
			"Content-Type", "application/json", "Authorization", "Bearer "+token)
		if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
		args = append(args, "-s", script)
	}
	before := processorTime(s.works)
	out, err := exec.Command("wrk", append(args, "http://"+s.url)...).CombinedOutput()
	after := processorTime(s.works)
	if err != nil || bytes.Contains(out, []byte("Non-2xx")) || bytes.Contains(out, []byte("Socket errors")) {
		b.Fatalf("%s: %v\n%s", s.name, err, out)
	}
	m := rate.FindSubmatch(out)
	if m == nil {
		b.Fatalf("%s: wrk said\n%s", s.name, out)
	}
	n, _ := strconv.ParseFloat(string(m[1]), 64)
	perSecond, _ := strconv.ParseFloat(string(m[2]), 64)
	s.rates = append(s.rates, perSecond)
	s.cpu = append(s.cpu, (after-before).Seconds()*1e6/n)
}

// processorTime is what processes and their children have used so far, as
// /proc tells it (proc(5)); nothing where there is none.
func processorTime(pids []int) (sum time.Duration) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Linux runs today
	for _, pid := range pids {
		children, _ := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output()
		for _, id := range append(strings.Fields(string(children)), strconv.Itoa(pid)) {
			stat, err := os.ReadFile("/proc/" + id + "/stat")
			if err != nil {
				continue
			}
			_, rest, _ := bytes.Cut(stat, []byte(") "))
			fields := strings.Fields(string(rest))
			for _, f := range fields[11:13] {
				n, _ := strconv.Atoi(f)
				sum += time.Duration(n) * tick
			}
		}
	}
	return sum
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// startNginx runs nginx as docs/integrations/nginx.md has it, without TLS: it
// asks Écluse about each request and passes it on with the headers that ecluse
// proxy sets too, over kept connections both ways.
func startNginx(b *testing.B, lock, app string) (address string, pid int) {
	b.Helper()
	program := need(b, "nginx")
	dir := b.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	address = "127.0.0.1:" + freePort(b)
	conf := filepath.Join(dir, "nginx.conf")
	text := strings.NewReplacer("DIR", dir, "ADDRESS", address, "LOCK", lock, "APP", app).Replace(nginxConf)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	c := exec.Command(program, "-c", conf, "-p", dir, "-e", filepath.Join(dir, "error.log"))
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Process.Signal(os.Interrupt); c.Wait() })
	awaitListener(b, address)
	return address, c.Process.Pid
}

const nginxConf = `
worker_processes auto; daemon off; pid DIR/pid; error_log DIR/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi; uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
  proxy_http_version 1.1;
  upstream ecluse { server LOCK; keepalive 64; keepalive_requests 1000000; }
  upstream app { server APP; keepalive 64; keepalive_requests 1000000; }
  server {
    listen ADDRESS; keepalive_requests 1000000;
    location = /_ecluse {
      internal;
      proxy_pass http://ecluse/gate/forward/nginx;
      proxy_pass_request_body off;
      proxy_set_header Content-Length ""; proxy_set_header Connection "";
      proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method; proxy_set_header X-Original-Host $host;
      proxy_set_header X-Ecluse-User teacher1;
    }
    location / {
      auth_request /_ecluse;
      auth_request_set $until $upstream_http_x_ecluse_until;
      proxy_pass http://app;
      proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Original-URI ""; proxy_set_header X-Original-Method "";
    }
  }
}
`
