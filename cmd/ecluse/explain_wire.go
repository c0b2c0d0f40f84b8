package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/ejabberd"
	"github.com/ecluse-ecole/ecluse/internal/wire/envoy"
	"github.com/ecluse-ecole/ecluse/internal/wire/haproxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/postfix"
	"github.com/ecluse-ecole/ecluse/internal/wire/synapse"
)

// wireWords is what a kind of server would say to its client; "" for kinds that
// have no words of their own.
func wireWords(kind string, a *enforce.Answer, action enforce.Action) string {
	switch kind {
	case "nginx", "caddy", "traefik", "proxy", "cas":
		return httpWords(a, action)
	case "postfix":
		return postfix.Explain(a, "")
	case "dovecot":
		return dovecot.Explain(a)
	case "haproxy":
		return haproxy.Explain(a)
	case "envoy":
		return envoy.Explain(a)
	case "prosody", "ejabberd":
		return ejabberd.Explain(a)
	case "synapse":
		return synapse.Explain(a)
	}
	return ""
}

// httpWords is a status and the headers of a refusal.
func httpWords(a *enforce.Answer, action enforce.Action) string {
	if a.Allows(action) {
		return "200, and the request goes on"
	}
	h := http.Header{}
	wire.Refusal{Answer: a, Action: action, Status: http.StatusForbidden}.Headers(h)
	lines := []string{"403, with the notice"}
	for _, name := range []string{"X-Ecluse-Access", "X-Ecluse-Reopens", "X-Ecluse-Order"} {
		for _, value := range h.Values(name) {
			lines = append(lines, fmt.Sprintf("%s: %s", name, value))
		}
	}
	return strings.Join(slices.Compact(lines), "\n")
}
