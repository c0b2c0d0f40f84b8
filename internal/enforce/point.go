package enforce

import (
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Point is one enforcement point, as the installation knows it: a server, or
// several alike that share a token.
type Point struct {
	Name      string // as people call it, such as "ent-nginx"
	Kind      string // one of Kinds
	Territory school.Territory
	Probe     string // an http or https address that must refuse; "" if there is none
	Created   time.Time
}

// Kinds are the servers that a point can be.
var Kinds = []string{"nginx", "caddy", "traefik", "envoy", "haproxy", "proxy", "postfix", "dovecot", "prosody", "ejabberd", "synapse", "cas", "oidc", "other"}

// Check refuses a point that cannot be told from others or is of no kind.
func (p Point) Check() error {
	if p.Name == "" || len(p.Name) > 60 || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		return fmt.Errorf("%q is no name for a point: write small letters, digits, - and . only, at most 60", p.Name)
	}
	if _, err := school.ParseTerritory(string(p.Territory)); err != nil {
		return err
	}
	for _, kind := range Kinds {
		if p.Kind == kind {
			return nil
		}
	}
	return fmt.Errorf("%q is no kind of point: want one of %s", p.Kind, strings.Join(Kinds, ", "))
}

// A Report is what is known of one instance of a point.
type Report struct {
	Point    string
	Instance string        // "" where the point only asks
	Software string        // name and version, as it says itself
	At       time.Time     // when it last reported or asked
	Asked    time.Time     // when it last asked
	Version  int64         // of the snapshot that it last heard of
	Offset   time.Duration // its clock less ours
	Live     int           // connections that it could cut
	Tested   time.Time     // when it last asked for SelfTest
	Refused  bool          // and was refused, as it must be
}

// Silent is how long a point may say nothing before it counts as silent.
const Silent = 5 * time.Minute

// WorstOffset is how far a point's clock may be off before its page warns.
const WorstOffset = 2 * time.Second
