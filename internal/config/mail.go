package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Mail makes `ecluse serve` send letters by e-mail through a relay.
type Mail struct {
	Relay        string `yaml:"relay"`         // host:port
	From         string `yaml:"from"`          // the sender's address, which gets what comes back
	Name         string `yaml:"name"`          // how readers see the sender; empty: Écluse
	User         string `yaml:"user"`          // empty: without signing in
	PasswordFile string `yaml:"password_file"` // holds the password of user
	TLS          string `yaml:"tls"`           // starttls, implicit or none; empty: implicit on port 465, else starttls
	Address      string `yaml:"address"`       // of Écluse's own pages, for links
	PerSecond    int    `yaml:"per_second"`    // the most letters; 0: 10

	// Escalate is how long after its reminder a school that is still late is told of
	// to the level above; 0: the order's own time to answer, once more.
	Escalate time.Duration `yaml:"escalate"`
}

// complete fills in what was left out.
func (m *Mail) complete() {
	if m == nil {
		return
	}
	if m.Name == "" {
		m.Name = "Écluse"
	}
	if m.PerSecond == 0 {
		m.PerSecond = 10
	}
	if _, port := m.Where(); m.TLS == "" {
		m.TLS = "starttls"
		if port == 465 {
			m.TLS = "implicit"
		}
	}
	m.Address = strings.TrimRight(m.Address, "/")
}

// Where is the relay's host and port; port 0 where that cannot be read.
func (m *Mail) Where() (host string, port int) {
	host, text, err := net.SplitHostPort(m.Relay)
	if err != nil {
		return m.Relay, 0
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return host, 0
	}
	return host, port
}

// check refuses what cannot be meant.
func (m *Mail) check() error {
	if m == nil {
		return nil
	}
	address, err := url.Parse(m.Address)
	switch host, port := m.Where(); {
	case host == "" || port == 0:
		return fmt.Errorf("mail.relay is %q: want a host and a port, such as smtp.academie.example:587", m.Relay)
	case m.From == "":
		return errors.New("mail.from is empty: name an address that somebody reads; what cannot be delivered comes back to it")
	case err != nil || address.Host == "" || !strings.HasPrefix(address.Scheme, "http"):
		return fmt.Errorf("mail.address is %q: want the address of these pages, such as https://ecluse.academie.example, for the links in letters", m.Address)
	case m.PerSecond < 1 || m.PerSecond > 1000:
		return fmt.Errorf("mail.per_second is %d: want 1 to 1000", m.PerSecond)
	case m.Escalate != 0 && m.Escalate < time.Minute:
		return fmt.Errorf("mail.escalate is %s: want a minute or more, or leave it out", m.Escalate)
	}
	return m.checkSecrets()
}

// checkSecrets refuses a password that would be told in the clear.
func (m *Mail) checkSecrets() error {
	host, _ := m.Where()
	near := host == "localhost" || net.ParseIP(host).IsLoopback()
	switch {
	case m.TLS != "starttls" && m.TLS != "implicit" && m.TLS != "none":
		return fmt.Errorf("mail.tls is %q: want starttls, implicit or none", m.TLS)
	case m.TLS == "none" && !near:
		return errors.New("mail.tls is none, and the relay is not on this machine: letters would be sent in the clear; use starttls or implicit")
	case (m.User == "") != (m.PasswordFile == ""):
		return errors.New("mail needs both user and password_file, or neither")
	}
	return nil
}
