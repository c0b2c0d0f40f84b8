package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"strconv"
	"strings"
	"time"
)

// A socket is HAProxy's runtime interface. Each command has a connection of its
// own, which HAProxy ends after the answer: one that is kept would go on speaking
// to the old process after a reload.
type socket struct {
	network, address string
	folder           string // of the maps
}

func newSocket(address, folder string) socket {
	if strings.HasPrefix(address, "/") || !strings.Contains(address, ":") {
		return socket{"unix", address, folder}
	}
	return socket{"tcp", address, folder}
}

// String is where it listens.
func (s socket) String() string { return s.address }

// How long a command may take, and how long an answer may be.
const (
	commandTime   = 5 * time.Second
	longestAnswer = 256 << 20
)

// ask sends a command and reads its answer to the end.
func (s socket) ask(ctx context.Context, command string) (answer string, err error) {
	ctx, done := context.WithTimeout(ctx, commandTime)
	defer done()
	c, err := new(net.Dialer).DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", fmt.Errorf("reaching HAProxy's runtime socket: %w", err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	if _, err := io.WriteString(c, command+"\n"); err != nil {
		return "", fmt.Errorf("asking HAProxy: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(c, longestAnswer+1))
	if err == nil && len(text) > longestAnswer {
		err = errors.New("the answer is too long")
	}
	if err != nil {
		return "", fmt.Errorf("hearing HAProxy: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// order sends a command that is answered by silence.
func (s socket) order(ctx context.Context, command string) error {
	answer, err := s.ask(ctx, command)
	if err == nil && answer != "" {
		first, _, _ := strings.Cut(answer, "\n")
		name, _, _ := strings.Cut(command, " <<")
		err = fmt.Errorf("HAProxy refuses %q: %s", name, first)
	}
	return err
}

// file is a map as HAProxy's configuration names it.
func (s socket) file(name string) string { return path.Join(s.folder, name+".map") }

// held is what HAProxy says that it holds.
func (s socket) held(ctx context.Context) (map[string]string, error) {
	answer, err := s.ask(ctx, "show map "+s.file("control"))
	if err != nil {
		return nil, err
	}
	held := map[string]string{}
	for line := range strings.Lines(answer) {
		if f := strings.Fields(line); len(f) == 3 {
			held[f[1]] = f[2]
		}
	}
	if held["lease"] == "" {
		first, _, _ := strings.Cut(answer, "\n")
		return nil, fmt.Errorf("HAProxy holds no lease in %s: install integrations/haproxy, and name its folder in haproxy.maps (it says %q)", s.file("control"), first)
	}
	return held, nil
}

// get is the value of a key, "" where there is none.
func (s socket) get(ctx context.Context, name, key string) (string, error) {
	answer, err := s.ask(ctx, "get map "+s.file(name)+" "+key)
	_, value, _ := strings.Cut(answer, `value="`)
	value, _, _ = strings.Cut(value, `"`)
	return value, err
}

// set gives a key that is there another value.
func (s socket) set(ctx context.Context, name, key, value string) error {
	return s.order(ctx, "set map "+s.file(name)+" "+key+" "+value)
}

// longestPart bounds what one command carries; HAProxy reads it into a buffer of
// 16 kB (tune.bufsize).
const longestPart = 12_000

// replace puts a whole map in place of the one before, at once.
func (s socket) replace(ctx context.Context, name string, all lines) error {
	file := s.file(name)
	answer, err := s.ask(ctx, "prepare map "+file)
	if err != nil {
		return err
	}
	version, found := strings.CutPrefix(answer, "New version created: ")
	if _, err := strconv.ParseUint(version, 10, 32); !found || err != nil {
		return fmt.Errorf("HAProxy refuses a new version of %s: %s", file, answer)
	}
	var part strings.Builder
	send := func() error {
		if part.Len() == 0 {
			return nil
		}
		defer part.Reset()
		return s.order(ctx, "add map @"+version+" "+file+" <<\n"+part.String())
	}
	for _, line := range all {
		if part.Len()+len(line) > longestPart {
			if err := send(); err != nil {
				return err
			}
		}
		part.WriteString(line + "\n")
	}
	if err := send(); err != nil {
		return err
	}
	return s.order(ctx, "commit map @"+version+" "+file)
}

// software is HAProxy's name and version.
func (s socket) software(ctx context.Context) string {
	answer, err := s.ask(ctx, "show info")
	if err != nil {
		return "HAProxy"
	}
	return "HAProxy " + valueOf(answer, "Version: ")
}

// offset is HAProxy's clock less ours, zero where it cannot be told.
func (s socket) offset(ctx context.Context) time.Duration {
	before := time.Now()
	answer, err := s.ask(ctx, "show activity")
	took := time.Since(before)
	seconds, fraction, found := strings.Cut(valueOf(answer, "date_now: "), ".")
	whole, wrong := strconv.ParseInt(seconds, 10, 64)
	micro, wrongToo := strconv.ParseInt(fraction, 10, 64)
	if err != nil || !found || wrong != nil || wrongToo != nil || len(fraction) != 6 {
		return 0
	}
	return time.Unix(whole, micro*1000).Sub(before.Add(took / 2).Round(0))
}

// valueOf is the rest of the line that begins with a name.
func valueOf(answer, name string) string {
	for line := range strings.Lines(answer) {
		if value, found := strings.CutPrefix(line, name); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
