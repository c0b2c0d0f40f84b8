package dovecot

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A doveadm speaks to Dovecot's administration interface over HTTP. Its key opens
// much more than the two commands that are used here, so the sample configuration
// allows no others.
type doveadm struct {
	url    string
	key    string // as the Authorization header has it
	client *http.Client
}

// Bounds of one request: a hundred thousand sessions are twenty megabytes.
const (
	adminTime  = 10 * time.Second
	mostListed = 64 << 20
	mostOrders = 500 // commands in one request
)

// newDoveadm returns one that connects anew for every request: a doveadm process of
// Dovecot 2.3 that has once listed nothing writes its next lists wrongly.
func newDoveadm(url, key string) *doveadm {
	transport := &http.Transport{DisableKeepAlives: true, MaxConnsPerHost: 4}
	return &doveadm{
		url: url, key: "X-Dovecot-API " + base64.StdEncoding.EncodeToString([]byte(key)),
		client: &http.Client{
			Transport: transport, Timeout: adminTime,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// A session is one line of who: everything that one name has open in one service.
type session struct {
	Name    string `json:"username"`
	Service string `json:"service"`
}

// who lists what is connected.
func (a *doveadm) who(ctx context.Context) ([]session, error) {
	replies, err := a.run(ctx, []command{{name: "who"}})
	if err == nil {
		err = replies[0].failure()
	}
	var list []session
	if err == nil {
		list, err = replies[0].sessions()
	}
	if err != nil {
		return nil, fmt.Errorf("listing Dovecot's sessions: %w", err)
	}
	return list, nil
}

// notFound is the status of a kick that found nobody: they have left by themselves.
const notFound = 68

// kick ends every session whose name fits one of the masks.
func (a *doveadm) kick(ctx context.Context, masks []string) error {
	for len(masks) > 0 {
		part := masks[:min(len(masks), mostOrders)]
		masks = masks[len(part):]
		commands := make([]command, len(part))
		for i, mask := range part {
			commands[i] = command{"kick", parameters{Mask: []string{mask}}}
		}
		replies, err := a.run(ctx, commands)
		if err != nil {
			return fmt.Errorf("ending Dovecot's sessions: %w", err)
		}
		for _, r := range replies {
			if err := r.failure(); err != nil && r.code != notFound {
				return fmt.Errorf("ending Dovecot's sessions: %w", err)
			}
		}
	}
	return nil
}

// A command is written as Dovecot reads it: an array of name, parameters and tag.
type command struct {
	name       string
	parameters parameters
}

type parameters struct {
	Mask []string `json:"mask,omitempty"`
}

func (c command) MarshalJSON() ([]byte, error) {
	return json.Marshal([3]any{c.name, c.parameters, "e"})
}

// A reply is read as Dovecot writes it: an array of "doveadmResponse" or "error",
// what came, and the tag.
type reply struct {
	kind string
	came []json.RawMessage
	code int
}

// UnmarshalJSON reads the array. What came is one array of lines, or, where Dovecot
// writes wrongly, the first in an array and the others beside it.
func (r *reply) UnmarshalJSON(text []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	if len(parts) < 3 {
		return fmt.Errorf("%d parts in a reply, want 3", len(parts))
	}
	if err := json.Unmarshal(parts[0], &r.kind); err != nil {
		return err
	}
	r.came = parts[1 : len(parts)-1]
	if r.kind != "error" {
		return nil
	}
	var e struct {
		Code int `json:"exitCode"`
	}
	err := json.Unmarshal(r.came[0], &e)
	r.code = e.Code
	return err
}

func (r *reply) failure() error {
	if r.kind == "doveadmResponse" {
		return nil
	}
	return fmt.Errorf("doveadm says %s %.200s", r.kind, r.came[0])
}

// sessions reads the lines of who.
func (r *reply) sessions() ([]session, error) {
	var list []session
	if err := json.Unmarshal(r.came[0], &list); err != nil {
		return nil, err
	}
	for _, line := range r.came[1:] {
		var s session
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// run sends commands and reads as many replies.
func (a *doveadm) run(ctx context.Context, commands []command) ([]reply, error) {
	text, err := json.Marshal(commands)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", a.key)
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("doveadm answers %s: is doveadm_api_key what key_file holds, and url the address of its http listener?", response.Status)
	}
	return readReplies(response.Body, len(commands))
}

func readReplies(from io.Reader, want int) ([]reply, error) {
	text, err := io.ReadAll(io.LimitReader(from, mostListed+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostListed {
		return nil, fmt.Errorf("doveadm lists more than %d MiB", mostListed>>20)
	}
	var replies []reply
	if err := json.Unmarshal(text, &replies); err != nil {
		return nil, fmt.Errorf("reading doveadm's reply: %w", err)
	}
	if len(replies) != want {
		return nil, fmt.Errorf("%d commands got %d replies", want, len(replies))
	}
	return replies, nil
}
