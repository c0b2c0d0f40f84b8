package ecluse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// placesEvery is how often it is looked whether databases of countries have changed.
const placesEvery = 30 * time.Second

// locate notes in a visit where it comes from. Orders judge by the country. Where the
// person is expected, or the country is in doubt and they have given a second proof,
// any country that an order asks for is theirs.
func (v *Visit) locate(found place.Finding, now time.Time) {
	v.Found = found
	switch {
	case expected(v.travels, found.Country, now), !found.Sure && v.Session.Factors.Second():
		v.Facts.Country = gate.AnyCountry
	case found.Country != "":
		v.Facts.Country = gate.Country{found.Country[0], found.Country[1]}
	}
}

// expected reports whether one of the journeys leads to a country now.
func expected(travels []account.Travel, country string, now time.Time) bool {
	return slices.ContainsFunc(travels, func(t account.Travel) bool { return t.Country == country && t.Holds(now) })
}

// An AbroadError refuses somebody who connects from a country that this
// installation does not open to.
type AbroadError struct {
	Country string
	Open    []string // codes
}

// Error is for logs; people read the fault.
func (e *AbroadError) Error() string { return "a connection from " + e.Country }

// Unwrap makes an AbroadError a fault of kind Denied.
func (e *AbroadError) Unwrap() error {
	list := func(english bool) string { return strings.Join(place.Names(e.Open, english), ", ") }
	return denied(
		fmt.Sprintf("Vous vous connectez depuis ce pays\u00a0: %s. Pour protéger les comptes, cette messagerie s’ouvre seulement depuis\u00a0: %s. Vous n’avez rien fait de mal. "+
			"En voyage\u00a0? Appelez l’établissement\u00a0: la direction peut autoriser ce pays le temps du séjour. Si vous utilisez un VPN, coupez-le et réessayez.", place.Name(e.Country, false), list(false)),
		fmt.Sprintf("You connect from this country: %s. To protect accounts, this messaging opens only from: %s. You have done nothing wrong. "+
			"Travelling? Call the school: the head can allow this country for the length of the stay. If you use a VPN, turn it off and try again.", place.Name(e.Country, true), list(true)))
}

// admits holds somebody against the installation's own rule. A country that is
// surely another one is refused; in doubt more than the password is asked for.
func (a *App) admits(found place.Finding, travels []account.Travel, proved account.Factors) (doubt bool, err error) {
	switch {
	case len(a.countries) == 0, slices.Contains(a.countries, found.Country), expected(travels, found.Country, a.clock.Now()):
		return false, nil
	case found.Sure:
		return false, &AbroadError{found.Country, a.countries}
	}
	return !proved.Beyond(), nil
}

// admitsSession is admits for a session that is about to be kept.
func (a *App) admitsSession(tx *store.Tx, s account.Session) (doubt bool, err error) {
	if len(a.countries) == 0 {
		return false, nil
	}
	travels, err := tx.Travels(s.Person, a.clock.Now())
	if err != nil {
		return false, err
	}
	return a.admits(a.places.Find(s.Address), travels, s.Factors)
}

// noteAbroad journals a sign-in that was right and is refused for its country: the
// refusal itself leaves no trace, and its owner's school should hear of it.
func (a *App) noteAbroad(ctx context.Context, who Actor, refused error) error {
	var abroad *AbroadError
	if !errors.As(refused, &abroad) {
		return refused
	}
	err := a.do(ctx, who, act{"session.refuse", journal.Installation, gate.Security}, func(*store.Tx, time.Time) (string, string, error) {
		return who.String(), "country " + abroad.Country, nil
	})
	return orElse(err, refused)
}

// PlaceInDoubt reports whether the installation asks more of who connects from an
// address because it cannot tell the country.
func (a *App) PlaceInDoubt(address string) bool {
	doubt, err := a.admits(a.places.Find(address), nil, 0)
	return doubt && err == nil
}

// Countries is what is known of the countries that connections come from, and what
// hangs on it.
type Countries struct {
	Databases []place.Database
	Open      []string // codes of the installation's own rule; none: it has none
	Asked     bool     // an order in force or announced asks for a country
}

// Missing reports whether something hangs on countries and none can be known.
func (c Countries) Missing() bool {
	return (c.Asked || len(c.Open) > 0) && !slices.ContainsFunc(c.Databases, func(d place.Database) bool { return !d.Built.IsZero() })
}

// Countries tells of the databases of countries.
func (a *App) Countries() Countries {
	return Countries{a.places.Databases(), a.countries, a.asksCountry()}
}

// asksCountry reports whether an order that counts, or will, asks for a country.
func (a *App) asksCountry() bool {
	a.orders.mu.RLock()
	set := a.orders.set
	a.orders.mu.RUnlock()
	return slices.ContainsFunc(set.Orders(), func(o *order.Order) bool {
		if !slices.ContainsFunc(o.Rules, func(r order.Rule) bool { return len(r.Require.Countries) > 0 }) {
			return false
		}
		state := a.viewIn(set, o, "Europe/Paris").State
		return state == order.InForce || state == order.Announced
	})
}

// followPlaces takes new databases into use.
func (a *App) followPlaces(ctx context.Context) {
	tick := time.NewTicker(placesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, d := range a.places.Refresh() {
				a.logPlace(d)
			}
		}
	}
}

func (a *App) logPlace(d place.Database) {
	switch {
	case d.Trouble != nil && d.Built.IsZero():
		a.log.Error("a database of countries cannot be used", "file", d.File, "error", d.Trouble)
	case d.Trouble != nil:
		a.log.Error("a new database of countries cannot be used; the one before it goes on", "file", d.File, "built", d.Built, "error", d.Trouble)
	case d.IsOld(a.clock.Now()):
		a.log.Warn("a database of countries is older than 90 days: install a newer one", "file", d.File, "built", d.Built)
	default:
		a.log.Info("a database of countries is in use", "file", d.File, "built", d.Built)
	}
}

// warnPlaces says at the start and every day what databases of countries there are.
func (a *App) warnPlaces() {
	c := a.Countries()
	for _, d := range c.Databases {
		a.logPlace(d)
	}
	if c.Missing() {
		a.log.Warn("no database of countries can be used: everybody of whom a country is asked is asked for a second proof (key \"places\" of the configuration, docs/places.md)")
	}
}
