package forward_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"
)

// inbox is what the workspace answers where it takes a request for messaging.
const inbox = "INBOX"

// A workspace is an application behind a server, of the most lenient kind: it
// reads requests by hand, decodes addresses twice, turns backslashes, cuts
// parameters, cleans and folds, and lets a client choose the method. What it takes
// for messaging it answers with inbox, its method and who it believes to ask.
func startWorkspace(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveLeniently(c)
		}
	}()
	return l.Addr().String()
}

func serveLeniently(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		method, target, _ := strings.Cut(strings.TrimSpace(line), " ")
		target, _, _ = strings.Cut(target, " HTTP/")
		headers := map[string]string{}
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			name, value, found := strings.Cut(strings.TrimSpace(line), ":")
			if !found {
				break
			}
			headers[strings.ReplaceAll(strings.ToLower(name), "_", "-")] = strings.TrimSpace(value)
		}
		length, _ := strconv.ParseInt(headers["content-length"], 10, 64)
		if _, err := io.CopyN(io.Discard, r, length); err != nil {
			return
		}
		if !reply(c, method, target, headers) {
			return
		}
	}
}

// reply answers one request; a stream goes on until who asked leaves.
func reply(c net.Conn, method, target string, headers map[string]string) bool {
	if other := headers["x-http-method-override"]; other != "" {
		method = other
	}
	where := leniently(target)
	if where == "/messages/live" {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n\r\n")
		for {
			if _, err := fmt.Fprint(c, "data: "+inbox+"\n\n"); err != nil {
				return false
			}
			time.Sleep(20 * time.Millisecond) // the pace of the news
		}
	}
	body := "PAGE " + where
	if where == "/messages" || strings.HasPrefix(where, "/messages/") {
		body = fmt.Sprintf("%s %s %s", inbox, method, headers["x-ecluse-user"])
	}
	_, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return err == nil
}

// leniently is an address as such an application reads it.
func leniently(target string) string {
	if u, err := url.Parse(target); err == nil && u.IsAbs() {
		target = u.RequestURI()
	}
	target, _, _ = strings.Cut(target, "?")
	for range 2 {
		target = decoded(target)
	}
	target = strings.ReplaceAll(target, `\`, "/")
	target, _, _ = strings.Cut(target, "\x00")
	parts := strings.Split(target, "/")
	for i, p := range parts {
		parts[i], _, _ = strings.Cut(p, ";")
	}
	return strings.ToLower(path.Clean("/" + strings.Join(parts, "/")))
}

func decoded(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if i+3 <= len(s) && s[i] == '%' {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
