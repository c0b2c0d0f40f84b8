package feed

import (
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
)

// A Standing says how far the follower's set can be relied on.
type Standing uint8

// Empty: no set was ever verified, so nothing can be decided from it. Fresh: it
// was verified within the life of its signature. Stale: the signature has expired
// and nothing newer was verified. Refused: it still counts, and what was offered
// since was refused.
const (
	Empty Standing = iota
	Fresh
	Stale
	Refused
)

// String is the English word for logs and figures.
func (s Standing) String() string { return [...]string{"empty", "fresh", "stale", "refused"}[s] }

// A State is where a follower stands. Who enforces reads Standing and Since; it
// never opens because the feed is out of reach.
type State struct {
	Standing Standing
	Version  int64         // of the last good set
	Signed   time.Time     // when that was last said to be so
	Since    time.Time     // Stale: since it expired. Refused: since the first refusal. Empty: since the first failure
	Cause    Cause         // of the last refusal
	Err      error         // its technical reason
	Behind   time.Duration // how far this machine's clock is known to be behind

	expires time.Time
	failing time.Time // since the first failure after a success
}

func (s *State) verified(set *Set) {
	s.Version, s.Signed, s.expires = set.Version, set.Signed, set.Expires
	s.Cause, s.Err, s.failing = NoCause, nil, time.Time{}
}

func (s *State) refused(cause Cause, err error, now time.Time) {
	s.Cause, s.Err = cause, err
	if s.failing.IsZero() {
		s.failing = now
	}
}

// State is where the follower stands now.
func (f *Follower) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, now := f.state, f.time.now()
	if f.good.set != nil {
		// What is held, even if the last word was that it could not be saved.
		s.Version, s.Signed, s.expires = f.good.set.Version, f.good.set.Signed, f.good.set.Expires
	}
	switch {
	case f.good.set == nil:
		s.Standing, s.Since = Empty, s.failing
	case now.After(s.expires.Add(f.opts.Late)):
		s.Standing, s.Since = Stale, s.expires.Add(f.opts.Late)
	case s.Cause != NoCause && s.Cause != Unreachable && s.Cause != Storage:
		s.Standing, s.Since = Refused, s.failing
	default:
		s.Standing = Fresh
	}
	return s
}

// Say is the state in a sentence or two for who runs the follower.
func (s State) Say(l hours.Language) string {
	why := ""
	if s.Cause != NoCause {
		why = " " + s.Cause.Say(l)
	}
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
	if l == hours.French {
		switch s.Standing {
		case Empty:
			return "Aucun ordre n’a encore été reçu du flux." + why
		case Stale:
			return fmt.Sprintf("Les ordres reçus restent en vigueur, mais le flux n’a plus rien confirmé depuis le %s.%s", at(s.Since), why)
		case Refused:
			return fmt.Sprintf("Les derniers ordres vérifiés restent en vigueur ; ce que le flux présente depuis le %s est refusé.%s", at(s.Since), why)
		}
		return fmt.Sprintf("Les ordres sont à jour : le flux les a confirmés le %s.%s", at(s.Signed), why)
	}
	switch s.Standing {
	case Empty:
		return "No order has been received from the feed yet." + why
	case Stale:
		return fmt.Sprintf("The orders received stay in force, but the feed has confirmed nothing since %s.%s", at(s.Since), why)
	case Refused:
		return fmt.Sprintf("The last orders verified stay in force; what the feed offers since %s is refused.%s", at(s.Since), why)
	}
	return fmt.Sprintf("The orders are up to date: the feed confirmed them at %s.%s", at(s.Signed), why)
}
