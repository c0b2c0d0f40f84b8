package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"
)

// A Proxy is what `ecluse proxy` runs on.
type Proxy struct {
	Decisions Decisions `yaml:"decisions"`
	Listen    string    `yaml:"listen"`  // empty: only the servers named beside it
	Backend   string    `yaml:"backend"` // such as http://127.0.0.1:8090
	TLS       TLS       `yaml:"tls"`
	Gate      `yaml:",inline"`
	Limits    Limits `yaml:"limits"`
	Metrics   string `yaml:"metrics"` // where /metrics, /livez and /readyz are answered; empty: nowhere
	Log       string `yaml:"log"`
}

// Decisions is where `ecluse proxy` asks.
type Decisions struct {
	URL       string        `yaml:"url"`
	TokenFile string        `yaml:"token_file"`
	Stale     time.Duration `yaml:"stale_after"` // without a word from there everything closes after this
}

// Limits bound what clients of the proxy can take; 0 is the default.
type Limits struct {
	Connections int           `yaml:"connections"` // of all clients together
	PerAddress  int           `yaml:"per_address"` // connections of one address, and its requests at once
	PerPerson   int           `yaml:"per_person"`  // requests at once of one person for one action
	Slow        time.Duration `yaml:"slow"`        // a client that sends or takes nothing is left after this
	Answer      time.Duration `yaml:"answer"`      // the application may take this long to begin its answer
}

// DefaultProxy is what holds for keys that are left out.
func DefaultProxy() Proxy {
	return Proxy{
		Decisions: Decisions{URL: "http://127.0.0.1:8080", TokenFile: "ecluse.token", Stale: 10 * time.Second},
		Gate:      defaultGate(), Log: "info",
		Limits: Limits{Connections: 20_000, PerAddress: 5_000, PerPerson: 100, Slow: 30 * time.Second, Answer: 5 * time.Minute},
	}
}

// LoadProxy reads the file of `ecluse proxy`. Unknown and repeated keys are
// refused with their place. Files it names are looked for beside it.
func LoadProxy(name string) (Proxy, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return Proxy{}, fmt.Errorf("reading the configuration: %w: print one with \"ecluse config proxy\"", err)
	}
	p, err := ParseProxy(data)
	if err != nil {
		return Proxy{}, fmt.Errorf("%s: %w", name, err)
	}
	beside(name, append(p.Gate.files(), &p.TLS.Certificate, &p.TLS.Key, &p.Decisions.TokenFile))
	return p, nil
}

// ParseProxy reads the text of a configuration of `ecluse proxy`.
func ParseProxy(data []byte) (Proxy, error) {
	p := DefaultProxy()
	p.Gate.Identity = Identity{}
	if err := read(data, &p); err != nil {
		return Proxy{}, err
	}
	if reflect.ValueOf(p).IsZero() {
		p = DefaultProxy()
	}
	p.Gate.complete()
	return p, p.check()
}

// beside reports whether a server is named that runs without a proxy. HAProxy is
// refused elsewhere, with what to do.
func (p Proxy) beside() bool {
	return p.Postfix != nil || p.Dovecot != nil || p.HAProxy != nil || p.Ejabberd != nil || p.Synapse != nil
}

// check refuses what cannot be run.
func (p Proxy) check() error {
	switch {
	case p.TLS.half():
		return errHalfTLS
	case p.Decisions.URL == "" || p.Decisions.TokenFile == "":
		return errors.New("decisions needs url and token_file: where Écluse is served, and what \"ecluse point add\" printed")
	case p.Decisions.Stale < time.Second:
		return fmt.Errorf("decisions.stale_after is %s: want a second or more", p.Decisions.Stale)
	case p.Sign != nil || len(p.Signals) > 0:
		return errors.New("sign and signals belong to \"ecluse serve\": move them to its configuration, under gate")
	case p.Envoy != "":
		return errors.New("envoy is answered by \"ecluse serve\": move it to its configuration, under gate")
	case p.Listen == "" && !p.beside():
		return errors.New("there is nothing to run: give listen and backend, or a server such as postfix")
	case (p.Listen == "") != (p.Backend == ""):
		return errors.New("listen and backend go together: give the missing one or leave both empty")
	}
	if l := p.Limits; min(int64(l.Connections), int64(l.PerAddress), int64(l.PerPerson), int64(l.Slow), int64(l.Answer)) < 0 {
		return errors.New("limits has a value below zero: leave it out for the default")
	}
	if err := p.Gate.check(); err != nil {
		return err
	}
	return checkLog(p.Log)
}
