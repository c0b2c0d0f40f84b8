package postfix

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A queue is Postfix's own, through its commands.
type queue struct {
	super []string // postsuper, or what runs it
	list  []string // postqueue
}

// How long a command may take: a queue of a hundred thousand messages is listed
// in seconds.
const commanding = 2 * time.Minute

// A queued line is one message as "postqueue -j" shows it.
type queued struct {
	Queue string `json:"queue_name"`
	ID    string `json:"queue_id"`
}

// held lists the messages that are on hold.
func (q queue) held(ctx context.Context) (map[string]bool, error) {
	text, err := run(ctx, q.list, "", "-j")
	if err != nil {
		return nil, err
	}
	return heldIn(bytes.NewReader(text))
}

// heldIn reads what "postqueue -j" prints: one JSON object a line.
func heldIn(text io.Reader) (map[string]bool, error) {
	names := map[string]bool{}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 16<<20) // one line names every recipient of a message
	for lines.Scan() {
		var m queued
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return nil, fmt.Errorf("reading the queue: %w", err)
		}
		if m.Queue == "hold" {
			names[m.ID] = true
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the queue: %w", err)
	}
	return names, nil
}

// releaseAll takes messages off hold. What was held long is queued anew instead,
// so that the time it waited does not count against it: Postfix gives up what is
// older than maximal_queue_lifetime at the first failure (postsuper(1), -H).
func (q queue) releaseAll(ctx context.Context, names []string, anew bool) (failures []error) {
	option := "-H"
	if anew {
		option = "-r"
	}
	for part := range slices.Chunk(names, atOnce) {
		if _, err := run(ctx, q.super, strings.Join(part, "\n")+"\n", option, "-"); err != nil {
			failures = append(failures, err)
		}
	}
	return failures
}

// flush has Postfix deliver at once instead of at its next look.
func (q queue) flush(ctx context.Context) error {
	_, err := run(ctx, q.list, "", "-f")
	return err
}

// run runs a command and returns what it printed.
func run(ctx context.Context, command []string, in string, arguments ...string) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, commanding)
	defer stop()
	c := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], arguments...)...)
	c.Stdin = strings.NewReader(in)
	c.WaitDelay = time.Second
	var out, told bytes.Buffer
	c.Stdout, c.Stderr = &out, &told
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("running %s: %w: %s", strings.Join(c.Args, " "), err, strings.TrimSpace(told.String()))
	}
	return out.Bytes(), nil
}
