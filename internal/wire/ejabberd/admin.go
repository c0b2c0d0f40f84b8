package ejabberd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// An admin speaks to ejabberd's commands over HTTP (mod_http_api).
type admin struct {
	url    string
	token  string // "" where the address we ask from is enough
	client *http.Client
}

// Bounds of one request: a hundred thousand sessions are a few megabytes.
const (
	adminTime  = 5 * time.Second
	mostListed = 32 << 20
)

func newAdmin(url, token string) *admin {
	return &admin{
		url: strings.TrimRight(url, "/"), token: token,
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: kickAtOnce, IdleConnTimeout: time.Minute},
			Timeout:       adminTime,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// An address is whose session it is, and which (RFC 7622: user@host/resource).
type address struct{ User, Host, Resource string }

// parseAddress reads the address of a session. A resource may hold anything, a
// slash and an @ too; a user and a host hold neither.
func parseAddress(s string) (a address, ok bool) {
	bare, resource, whole := strings.Cut(s, "/")
	user, host, named := strings.Cut(bare, "@")
	a = address{user, host, resource}
	return a, whole && named && user != "" && host != "" && resource != "" && !strings.Contains(host, "@")
}

// connected lists every session.
func (a *admin) connected(ctx context.Context) ([]address, error) {
	text, err := a.run(ctx, "connected_users", struct{}{})
	if err != nil {
		return nil, fmt.Errorf("listing ejabberd's sessions: %w", err)
	}
	return readConnected(text)
}

// readConnected reads the list. What is no address is an error: somebody would be
// connected whom nobody asks about.
func readConnected(text []byte) ([]address, error) {
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		return nil, fmt.Errorf("listing ejabberd's sessions: %w", err)
	}
	list := make([]address, len(names))
	for i, name := range names {
		var ok bool
		if list[i], ok = parseAddress(name); !ok {
			return nil, fmt.Errorf("listing ejabberd's sessions: %.100q is no address of a session", name)
		}
	}
	return list, nil
}

// kick ends one session with a reason that its person reads. One that has ended by
// itself is no error.
func (a *admin) kick(ctx context.Context, s address, reason string) error {
	_, err := a.run(ctx, "kick_session", struct {
		User     string `json:"user"`
		Host     string `json:"host"`
		Resource string `json:"resource"`
		Reason   string `json:"reason"`
	}{s.User, s.Host, s.Resource, reason})
	if err != nil {
		return fmt.Errorf("ending a session in ejabberd: %w", err)
	}
	return nil
}

// run runs one command.
func (a *admin) run(ctx context.Context, command string, arguments any) ([]byte, error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+"/"+command, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostListed+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ejabberd answers %s to %s: are mod_http_api and mod_admin_extra loaded, and do api_permissions allow it?", response.Status, command)
	case len(text) > mostListed:
		return nil, fmt.Errorf("ejabberd lists more than %d MiB", mostListed>>20)
	}
	return text, nil
}
