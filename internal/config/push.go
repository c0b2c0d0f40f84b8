package config

import (
	"errors"
	"fmt"
	"regexp"
)

// A Push makes `ecluse serve` tell browsers of what happens to accounts.
type Push struct {
	Contact  string   `yaml:"contact"`  // mailto: or https:, whom push services write to
	Services []string `yaml:"services"` // their hosts; empty: those of the browsers that people have
}

// PushServices are those of Chrome and others on Android, Firefox, Safari, Edge.
var PushServices = []string{"fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"}

// complete fills in what was left out.
func (p *Push) complete() {
	if p != nil && len(p.Services) == 0 {
		p.Services = PushServices
	}
}

// contact is an address that a person reads (RFC 8292, section 2.1).
var contact = regexp.MustCompile(`^(mailto:[^@\s]+@[^@\s]+|https://[^/\s]+\S*)$`)

// service is a host, with a port where it is not 443; a star stands for all below.
var service = regexp.MustCompile(`^(\*\.)?[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+(:[0-9]+)?$`)

// check refuses what cannot be meant.
func (p *Push) check() error {
	if p == nil {
		return nil
	}
	if !contact.MatchString(p.Contact) {
		return errors.New("push.contact is missing or unreadable: name who answers for these notices, such as mailto:aide@academie.example")
	}
	for _, s := range p.Services {
		if !service.MatchString(s) {
			return fmt.Errorf("push.services has %q: want a host such as fcm.googleapis.com, or *.push.apple.com for all below", s)
		}
	}
	return nil
}
