package synapse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// An admin speaks Synapse's admin interface.
type admin struct {
	base   string
	token  string
	client *http.Client
}

// patience bounds one request; mostRead one answer.
const (
	patience = 10 * time.Second
	mostRead = 4 << 20
)

func newAdmin(base, token string) *admin {
	return &admin{strings.TrimRight(base, "/"), token, &http.Client{Timeout: patience}}
}

// self is the administrator's own name, who is never locked out.
func (a *admin) self(ctx context.Context) (string, error) {
	var who struct {
		UserID string `json:"user_id"`
	}
	err := a.call(ctx, http.MethodGet, "/_matrix/client/v3/account/whoami", nil, &who)
	return who.UserID, err
}

// accounts lists every local account that is not deactivated, locked ones
// included.
func (a *admin) accounts(ctx context.Context) ([]string, error) {
	var names []string
	from := "0"
	for {
		var page struct {
			Users []struct {
				Name string `json:"name"`
			} `json:"users"`
			Next json.RawMessage `json:"next_token"` // a string, absent on the last page
		}
		query := url.Values{"from": {from}, "limit": {"500"}, "guests": {"false"}, "deactivated": {"false"}, "locked": {"true"}}
		if err := a.call(ctx, http.MethodGet, "/_synapse/admin/v2/users?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		for _, u := range page.Users {
			names = append(names, u.Name)
		}
		next := strings.Trim(string(page.Next), `"`)
		if next == "" || next == "null" || len(page.Users) == 0 {
			return names, nil
		}
		from = next
	}
}

// has reports whether an account is in a state already.
func (a *admin) has(ctx context.Context, name string, s state) (bool, error) {
	var account struct {
		Locked    bool `json:"locked"`
		Suspended bool `json:"suspended"`
	}
	err := a.call(ctx, http.MethodGet, "/_synapse/admin/v2/users/"+url.PathEscape(name), nil, &account)
	return s == locked && account.Locked || s == suspended && account.Suspended, err
}

// set puts an account into a state or takes it out.
func (a *admin) set(ctx context.Context, name string, s state, on bool) error {
	if s == locked {
		return a.call(ctx, http.MethodPut, "/_synapse/admin/v2/users/"+url.PathEscape(name), struct {
			Locked bool `json:"locked"`
		}{on}, nil)
	}
	return a.call(ctx, http.MethodPut, "/_synapse/admin/v1/suspend/"+url.PathEscape(name), struct {
		Suspend bool `json:"suspend"`
	}{on}, nil)
}

// call makes one request and reads its answer.
func (a *admin) call(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.base+path, reader)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := a.client.Do(r)
	if err != nil {
		return fmt.Errorf("asking Synapse: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostRead))
	if err != nil {
		return fmt.Errorf("asking Synapse: %w", err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("asking Synapse: %s %s answers %d: is synapse.token_file the token of an administrator?", method, strings.SplitN(path, "?", 2)[0], answer.StatusCode)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading what Synapse answers: %w", err)
	}
	return nil
}
