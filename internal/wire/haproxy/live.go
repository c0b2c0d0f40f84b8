package haproxy

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// A hold is what a connection's streams rest on, as HAProxy's table "live" says.
type hold struct {
	from   string // the client's address and port
	action enforce.Action
	key    string // of a state
}

// holds reads "show table live": those that a stream rests on now.
func holds(answer string) (list []hold) {
	for line := range strings.Lines(answer) {
		_, rest, found := strings.Cut(line, " key=")
		end := strings.LastIndex(rest, " use=")
		if !found || end < 0 || strings.HasPrefix(rest[end:], " use=0 ") {
			continue
		}
		parts := strings.SplitN(rest[:end], "|", 3)
		h := hold{from: parts[0], action: enforce.SendMessage}
		if len(parts) == 3 {
			h.key = parts[2]
			if parts[1] == "1" {
				h.action = enforce.ReadMessage
			}
		}
		list = append(list, h)
	}
	return list
}

// streams reads "show sess": the streams' names by their clients' address.
func streams(answer string) map[string][]string {
	by := map[string][]string{}
	for line := range strings.Lines(answer) {
		name, rest, _ := strings.Cut(line, ": ")
		_, from, found := strings.Cut(rest, " src=")
		from, _, _ = strings.Cut(from, " ")
		if found && strings.HasPrefix(name, "0x") {
			by[from] = append(by[from], name)
		}
	}
	return by
}

// passes bounds how often one change is looked at.
const passes = 5

// errLeft says that what was to be cut is still there.
var errLeft = errors.New("HAProxy still holds connections that were to be cut")

// cut ends what may be live no longer, and looks until nothing is left: a request
// that had passed just before may show up after.
func (p *Pusher) cut(ctx context.Context, t *table, change enforce.Change) (live int, err error) {
	for range passes {
		left, all, err := p.closing(ctx, t)
		if err != nil || len(left) == 0 {
			return all, err
		}
		if err := p.shut(ctx, left, change); err != nil {
			return all, err
		}
		select {
		case <-ctx.Done():
			return all, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return 0, errLeft
}

// closing is from where something is live that may be no longer.
func (p *Pusher) closing(ctx context.Context, t *table) (from map[string]bool, live int, err error) {
	answer, err := p.socket.ask(ctx, "show table live")
	if err != nil {
		return nil, 0, err
	}
	if !strings.Contains(answer, "# table: live") {
		return nil, 0, errors.New("HAProxy has no table named live: install integrations/haproxy/haproxy.cfg")
	}
	all := holds(answer)
	from = map[string]bool{}
	for _, h := range all {
		if a := t.answers[h.key]; a == nil || !a.Allows(h.action) {
			from[h.from] = true
		}
	}
	return from, len(all), nil
}

// longestLine is how many commands one line carries.
const longestLine = 200

// shut ends all streams of these clients' connections.
func (p *Pusher) shut(ctx context.Context, from map[string]bool, change enforce.Change) error {
	answer, err := p.socket.ask(ctx, "show sess")
	if err != nil {
		return err
	}
	var commands []string
	for client, names := range streams(answer) {
		for _, name := range names {
			if from[client] {
				commands = append(commands, "shutdown session "+name)
			}
		}
	}
	for len(commands) > 0 {
		part := commands[:min(len(commands), longestLine)]
		commands = commands[len(part):]
		if _, err := p.socket.ask(ctx, strings.Join(part, ";")); err != nil { // one that has ended meanwhile is no error
			return err
		}
		for range part {
			p.metric.Cut(time.Since(change.At))
		}
	}
	return nil
}
