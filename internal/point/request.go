package point

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The request of the evaluations endpoint (Authorization API 1.0, section 7.1).
type (
	batchDocument struct {
		Action      actionDocument       `json:"action"`
		Evaluations []evaluationDocument `json:"evaluations"`
	}
	evaluationDocument struct {
		Subject  entityDocument  `json:"subject"`
		Action   *actionDocument `json:"action,omitempty"`
		Resource entityDocument  `json:"resource"`
	}
	entityDocument struct {
		Type       string              `json:"type"`
		ID         string              `json:"id"`
		Properties *propertiesDocument `json:"properties,omitempty"`
	}
	actionDocument struct {
		Name       string              `json:"name"`
		Properties *propertiesDocument `json:"properties,omitempty"`
	}
	propertiesDocument struct {
		Role    []string `json:"role,omitempty"`
		With    []string `json:"with,omitempty"`
		Service string   `json:"service,omitempty"`
	}
)

// asked is the action of every question: the answer tells of all of them.
const asked = enforce.OpenSession

// document is a question as it travels.
func document(q enforce.Question) evaluationDocument {
	d := evaluationDocument{
		Subject:  entityDocument{Type: "user", ID: q.Login},
		Resource: entityDocument{Type: "school", ID: string(q.School), Properties: &propertiesDocument{Service: q.Service.String()}},
	}
	if q.Login == "" {
		d.Subject = entityDocument{Type: "role", ID: q.Roles.String()}
	} else if q.Roles != 0 {
		d.Subject.Properties = &propertiesDocument{Role: wordsOf(q.Roles)}
	}
	if q.School == "" {
		d.Resource.Type, d.Resource.ID = "messaging", "any"
	}
	if q.With != 0 {
		d.Action = &actionDocument{asked.String(), &propertiesDocument{With: wordsOf(q.With)}}
	}
	return d
}

func wordsOf(roles school.Roles) (list []string) {
	for _, r := range roles.Each() {
		list = append(list, r.String())
	}
	return list
}

// evaluate asks the server.
func (c *Client) evaluate(ctx context.Context, batch []*question) ([]*enforce.Answer, error) {
	body := batchDocument{Action: actionDocument{Name: asked.String()}}
	for _, q := range batch {
		body.Evaluations = append(body.Evaluations, document(q.Question))
	}
	var response struct {
		Evaluations []struct {
			Decision *bool           `json:"decision"`
			Context  json.RawMessage `json:"context"`
		} `json:"evaluations"`
	}
	if err := c.post(ctx, "/access/v1/evaluations", body, &response); err != nil {
		return nil, err
	}
	if len(response.Evaluations) != len(batch) {
		return nil, fmt.Errorf("asking the decision point: %d answers to %d questions", len(response.Evaluations), len(batch))
	}
	answers := make([]*enforce.Answer, len(batch))
	for i, e := range response.Evaluations {
		a, err := c.kept.answer(e.Context)
		if err != nil || e.Decision == nil || *e.Decision != a.Allows(asked) {
			a = unreachable
		}
		answers[i] = a
	}
	return answers, nil
}

// errRefused says that the server does not take the token; errAway that there is
// no server for the moment.
var (
	errRefused = errors.New("the decision point refuses the token: write to decisions.token_file what \"ecluse point add NAME --kind proxy\" prints there")
	errAway    = errors.New("asking the decision point")
)

// post sends JSON and reads JSON.
func (c *Client) post(ctx context.Context, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing a request: %w", err)
	}
	r, err := c.request(ctx, http.MethodPost, path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := c.do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err = io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("reading the decision point's answer: %w", err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.opts.URL+path, body)
	if err != nil {
		return nil, fmt.Errorf("the decision point's address %q: %w", c.opts.URL, err)
	}
	r.Header.Set("Authorization", "Bearer "+c.opts.Token)
	r.Header.Set("User-Agent", c.opts.Software)
	return r, nil
}

// do sends a request that must be answered with 200.
func (c *Client) do(r *http.Request) (*http.Response, error) {
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAway, err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	res.Body.Close()
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, errRefused
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return nil, fmt.Errorf("%w: %s", errAway, res.Status)
	}
	return nil, fmt.Errorf("the decision point answers %s", res.Status)
}
