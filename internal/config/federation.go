package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A SignIn is how people sign in to Écluse itself at services that know them
// already: ÉduConnect, an agents' portal, an ENT. They send browsers back to the
// public address.
type SignIn struct {
	Providers []Provider `yaml:"providers"`
}

// A Provider is one such service.
type Provider struct {
	Name string `yaml:"name"` // in addresses: small letters, digits and -
	Kind string `yaml:"kind"` // oidc or cas
	URL  string `yaml:"url"`  // the issuer, or the address of the CAS server

	// Of oidc alone.
	ClientID         string   `yaml:"client_id"`
	ClientSecretFile string   `yaml:"client_secret_file"`
	Scopes           []string `yaml:"scopes"`     // beside openid
	ACRValues        string   `yaml:"acr_values"` // asked for, as ProConnect wants it

	Claim  string   `yaml:"claim"`  // or attribute that names the person; empty: preferred_username, then sub, or CAS's user
	Prefix string   `yaml:"prefix"` // put before what it says, so that names of two services do not mix
	Second []string `yaml:"second"` // "claim=value": then the service asked for a second factor itself
	For    []string `yaml:"for"`    // roles, and office; empty: everybody

	LabelFR  string `yaml:"label_fr"`
	LabelEN  string `yaml:"label_en"`
	RenewURL string `yaml:"renew_url"` // where people change their password there
}

// files are the names of files in the configuration.
func (s *SignIn) files() (list []*string) {
	if s == nil {
		return nil
	}
	for i := range s.Providers {
		list = append(list, &s.Providers[i].ClientSecretFile)
	}
	return list
}

var providerName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// checkSignIn refuses what cannot be meant.
func (c Config) checkSignIn() error {
	if c.SignIn == nil {
		return nil
	}
	if u, err := url.Parse(c.PublicAddress()); err != nil || u.Host == "" || u.Path != "" || !strings.HasPrefix(u.Scheme, "http") {
		return fmt.Errorf("address is %q: sign_in needs that of these pages without a path, such as https://ecluse.academie.example, to which the services send browsers back", c.PublicAddress())
	}
	var names []string
	for _, p := range c.SignIn.Providers {
		if err := p.check(); err != nil {
			return fmt.Errorf("sign_in.providers, %q: %w", p.Name, err)
		}
		if slices.Contains(names, p.Name) {
			return fmt.Errorf("sign_in.providers has two of the name %q: name each differently", p.Name)
		}
		names = append(names, p.Name)
	}
	return nil
}

func (p Provider) check() error {
	switch {
	case !providerName.MatchString(p.Name):
		return errors.New("the name stands in addresses: want small letters, digits and -")
	case p.Kind != "oidc" && p.Kind != "cas":
		return fmt.Errorf("kind is %q: want oidc or cas", p.Kind)
	case p.Kind == "oidc" && p.ClientID == "":
		return errors.New("client_id is empty: give the one under which the service knows Écluse")
	case p.Kind == "cas" && p.ClientID+p.ClientSecretFile+p.ACRValues != "":
		return errors.New("client_id, client_secret_file and acr_values are for oidc: take them out")
	case p.LabelFR == "" || p.LabelEN == "":
		return errors.New("label_fr and label_en say what people know the service as: give both")
	}
	return cmp.Or(checkSecond(p.Second), checkRenewURL(p.RenewURL))
}

func checkSecond(list []string) error {
	for _, s := range list {
		if claim, value, found := strings.Cut(s, "="); !found || claim == "" || value == "" {
			return fmt.Errorf("second has %q: want a claim and its value, such as amr=mfa", s)
		}
	}
	return nil
}

func checkRenewURL(address string) error {
	if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return fmt.Errorf("renew_url is %q: want an address that begins with https", address)
	}
	return nil
}
