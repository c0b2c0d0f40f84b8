package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/notify"
)

// mailOf is how letters leave; nil where the configuration has no relay.
func mailOf(c *config.Mail) (*ecluse.Mail, error) {
	if c == nil {
		return nil, nil
	}
	if err := account.CheckEmail(c.From); err != nil {
		return nil, fmt.Errorf("mail.from in the configuration: %w", err)
	}
	host, port := c.Where()
	relay := notify.Relay{Host: host, Port: port, From: c.From, Name: c.Name, User: c.User, TLS: notify.TLS(c.TLS)}
	if c.PasswordFile != "" {
		secret, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("reading the relay's password: %w: name the file that holds it under mail.password_file", err)
		}
		relay.Password = strings.TrimSpace(string(secret))
	}
	return &ecluse.Mail{Relay: relay, Address: c.Address, Escalate: c.Escalate, PerSecond: c.PerSecond}, nil
}
