package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// A refusal is how a module of ours is told no.
type refusal struct {
	Error string `json:"error"`
}

// wantsJSON reports whether a module of ours asks, rather than a browser for a page.
func (c *call) wantsJSON() bool {
	accept := c.r.Header.Get("Accept")
	return strings.HasPrefix(accept, "application/json") || strings.HasPrefix(accept, "text/event-stream")
}

func (c *call) json(status int, v any) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	return json.NewEncoder(c.w).Encode(v)
}

func queryEscape(s string) string { return url.QueryEscape(s) }

// ok is http.StatusOK, which most pages are.
const ok = http.StatusOK
