package ecluse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// heardSooner is how many seconds later than the node that leads another must
// have heard the feed to take over: more than a signature and a look are apart.
const heardSooner = 100

// bySilence is who issued, in our books, an order for the time of a feed's silence.
const bySilence = "feed silence"

// firstSilence is the first number of these orders. They are of FR, so that they
// hold wherever this installation has schools; the numbers are far above those
// that the ministry counts up to, which are never taken from it.
const firstSilence = 900001

// A FeedState is where the feed that is followed stands.
type FeedState struct {
	feed.State
	Silent  bool          // for too long: pupils stay closed
	For     time.Duration // how long it may be silent
	Contact order.Contact // whom people call then
}

// Feed is where the feed stands; false where none is followed.
func (a *App) Feed() (FeedState, bool) {
	s := a.feed.Load()
	if s == nil {
		return FeedState{}, false
	}
	return *s, true
}

// Heed is told every few seconds where the feed stands. When it has been silent
// for too long, an order of this installation's own closes pupils; when it speaks
// again, another lifts that one. Both pass through the one door, stand in the
// journal and are never published; all other orders and hours go on. Where
// several nodes share a database, each follows the feed and one of them heeds:
// the feed is silent when none of them hears it.
func (a *App) Heed(ctx context.Context, s FeedState) error {
	now := a.clock.Now()
	leads, heard, err := a.Lead(ctx, Claim{Name: "follow", Mark: heardAt(s, now), Sooner: heardSooner})
	if silent := now.Sub(time.Unix(heard, 0)); silent >= 0 && silent <= s.For {
		s.Silent = false // another node has heard it, or this one before it was started anew
	}
	a.feed.Store(&s)
	if err != nil {
		return err
	}
	if closed, _ := a.silences(); !leads || s.Silent == (len(closed) > 0) {
		return nil
	}
	err = a.do(ctx, Actor{Part: bySilence}, act{"order.issue", logAt(feed.Top), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		o, err := a.silence(tx, s)
		if err != nil {
			return "", "", err
		}
		record := store.OrderRecord{ID: o.ID, Issuer: o.Issuer, Text: o.Encode(), Issued: now, By: bySilence}
		err = tx.AddOrder(record)
		if fault.Is(err, fault.Conflict) { // another node was about to issue it: look again
			err = errStale
		}
		return string(o.ID), o.Digest(), err
	})
	if errors.Is(err, errHeeded) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("issuing the order for the feed's silence: %w", err)
	}
	return a.apply(ctx)
}

// heardAt is when this node last heard the feed, in seconds since 1970: 0 if
// never, and never later than now, whatever was signed.
func heardAt(s FeedState, now time.Time) int64 {
	if s.Signed.IsZero() {
		return 0
	}
	return min(s.Signed.Unix(), now.Unix())
}

// silences are the orders for a silence that nothing has lifted yet, and the next
// number.
func (a *App) silences() (closed []order.ID, next order.ID) {
	set, records := a.orders.get()
	number := firstSilence
	for _, o := range set.Orders() {
		if records[o.ID].By != bySilence {
			continue
		}
		number++
		if _, _, kind := set.End(o.ID); o.Type == order.Issue && kind == order.InForce {
			closed = append(closed, o.ID)
		}
	}
	return closed, order.ID(fmt.Sprintf("FR/%d-%06d", a.clock.Now().Year(), number))
}

// errHeeded says that another node has issued the order already.
var errHeeded = errors.New("the order for the feed's silence stands")

// silence is the order that closes, or the one that lifts those that did, by the
// orders that the transaction sees.
func (a *App) silence(tx *store.Tx, s FeedState) (*order.Order, error) {
	generation, err := tx.Generation()
	if err != nil {
		return nil, err
	}
	if generation != a.gate.Load().Version() {
		return nil, errStale
	}
	closed, next := a.silences()
	if s.Silent == (len(closed) > 0) {
		return nil, errHeeded
	}
	o, err := a.writeSilence(s, closed, next)
	if err != nil {
		return nil, fmt.Errorf("writing the order for the feed's silence: %w", err)
	}
	return o, nil
}

// writeSilence writes the order. It begins at once in every zone of our schools: by
// the clock that is the furthest behind. An order is one text for every reader, so
// that its title and its reason speak both languages.
func (a *App) writeSilence(s FeedState, closed []order.ID, id order.ID) (*order.Order, error) {
	now := a.clock.Now()
	local := now.In(a.zone("Europe/Paris"))
	for _, sc := range a.gate.Load().Schools() {
		if t := now.In(a.zone(sc.Zone)); t.Format(time.DateTime) < local.Format(time.DateTime) {
			local = t
		}
	}
	wall, err := order.ParseWall(local.Format("2006-01-02T15:04"))
	if err != nil {
		return nil, err
	}
	o := &order.Order{
		ID: id, Issuer: "FR", Type: order.Cancel, References: closed, From: wall, Contact: s.Contact,
		Applies: order.Scope{Territory: "FR"},
		Title:   "Le flux des ordres répond de nouveau · The feed of orders answers again",
		Reason: "Cette installation reçoit de nouveau les ordres des autorités. La fermeture par précaution prend fin\u00a0; les ordres en vigueur s’appliquent. — " +
			"This installation receives the authorities’ orders again. The precautionary closing ends; the orders in force apply.",
	}
	if o.Contact.Office == "" {
		o.Contact.Office = "Hébergement de cette messagerie"
	}
	if s.Silent {
		off, err := hours.Parse("off")
		if err != nil {
			return nil, err
		}
		o.Type, o.References, o.Rules = order.Issue, nil, []order.Rule{{Roles: school.RolesOf(school.Pupil), Hours: off, Access: order.Write}}
		o.Title = "Fermeture par précaution\u00a0: le flux des ordres est silencieux · Closed as a precaution: the feed of orders is silent"
		o.Reason = silentReason(s, local.Location())
	}
	return order.Parse(string(id), o.Encode()) // as strictly as everybody's
}

// silentReason says to people why pupils are closed, and when it ends.
func silentReason(s FeedState, zone *time.Location) string {
	french, english := "Cette installation n’a encore jamais reçu les ordres des autorités", "This installation has never received the authorities’ orders yet"
	if !s.Signed.IsZero() {
		at := s.Signed.In(zone)
		french = "Cette installation ne reçoit plus les ordres des autorités depuis le " + at.Format("02/01/2006 à 15:04")
		english = "This installation has not received the authorities’ orders since " + at.Format("2 January 2006, 15:04")
	}
	return french + ". Un ordre de fermeture a pu être donné sans lui parvenir\u00a0: par précaution, la messagerie est fermée aux élèves. " +
		"Pour les adultes, les horaires habituels s’appliquent. La fermeture prend fin d’elle-même dès que les ordres arrivent de nouveau. — " +
		english + ". An order to close may have been given without reaching it: as a precaution, messaging is closed to pupils. " +
		"For adults the usual hours apply. The closing ends by itself as soon as orders arrive again."
}
