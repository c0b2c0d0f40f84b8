package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// signInServices are where people sign in who have their password elsewhere.
func signInServices(c config.Config) (list []ecluse.SignInService, err error) {
	if c.SignIn == nil {
		return nil, nil
	}
	if err := identity.Secure("address in the configuration", c.PublicAddress()); err != nil {
		return nil, err
	}
	for _, p := range c.SignIn.Providers {
		s, err := signInService(p, c.PublicAddress())
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func signInService(p config.Provider, home string) (ecluse.SignInService, error) {
	s := ecluse.SignInService{
		Name: p.Name, French: p.LabelFR, English: p.LabelEN, Home: home, Back: home + page.ServiceBack(p.Name), Renew: p.RenewURL,
	}
	secret, err := clientSecret(p)
	if err != nil {
		return s, err
	}
	if s.Roles, s.Offices, err = opensFor(p); err != nil {
		return s, err
	}
	s.Service, err = identity.NewService(p, secret, time.Now)
	return s, err
}

// clientSecret is what Écluse proves itself with at a service; "" where it has none.
func clientSecret(p config.Provider) (string, error) {
	if p.ClientSecretFile == "" {
		return "", nil
	}
	what := "secret of the sign-in service " + p.Name
	text, err := os.ReadFile(p.ClientSecretFile)
	if err != nil {
		return "", unreadable(what, err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("%s holds no %s: write it there, or leave client_secret_file out", p.ClientSecretFile, what)
	}
	return secret, nil
}

// opensFor is whose accounts a service opens: of which roles, and whether those that
// hold an office.
func opensFor(p config.Provider) (roles school.Roles, offices bool, err error) {
	if len(p.For) == 0 {
		return school.Everyone, true, nil
	}
	words := slices.DeleteFunc(slices.Clone(p.For), func(w string) bool { return w == "office" })
	offices = len(words) < len(p.For)
	if len(words) > 0 {
		if roles, err = school.ParseRoles(words); err != nil {
			return 0, false, fmt.Errorf("sign_in.providers, %q: for: %w", p.Name, err)
		}
	}
	return roles, offices, nil
}
