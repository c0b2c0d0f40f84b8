package ecluse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// What a request for an exemption may hold.
const (
	MaxExemption       = 31    // days, from the first instant at which it could count
	MaxExemptionReason = 1_000 // characters, of a request's reason and of a refusal's
)

// How many requests are shown at once: those that wait, and those answered.
const (
	waitingShown  = 100
	answeredShown = 20
)

// CheckExemptionReason refuses a reason that says nothing or too much.
func CheckExemptionReason(reason string) error {
	reason = message.Clean(reason)
	switch {
	case strings.TrimSpace(reason) == "":
		return invalid("Dites pourquoi, en quelques mots.", "Say why, in a few words.")
	case utf8.RuneCountInString(reason) > MaxExemptionReason:
		return invalid(
			fmt.Sprintf("Ce motif est trop long\u00a0: au plus %d caractères.", MaxExemptionReason),
			fmt.Sprintf("This reason is too long: at most %d characters.", MaxExemptionReason))
	}
	return nil
}

// MayAskExemption refuses who cannot ask for an exemption from an order: pupils,
// whom the order does not bind, and anybody from an order that closes nothing.
// Whether a request of theirs waits already is not its question.
func (a *App) MayAskExemption(who Actor, id order.ID) error {
	sc, _, err := a.School(who.Member.School)
	if err != nil {
		return err
	}
	v, err := a.Order(id, sc.Zone)
	switch {
	case err != nil:
		return err
	case !school.Adults.Has(who.Member.Role):
		return denied("Une dérogation se demande par un adulte. Parlez-en à un professeur ou à la direction.",
			"Adults ask for exemptions. Speak to a teacher or to the head.")
	case !binds(v.Order, sc, who.Member.Role):
		return denied("Cet ordre ne vous ferme rien\u00a0: il n’y a pas de dérogation à demander.",
			"This order closes nothing for you: there is no exemption to ask for.")
	}
	return stillHolds(v)
}

// binds reports whether an order may close messaging for a role of a school.
func binds(o *order.Order, sc school.School, role school.Role) bool {
	if o.Status != order.Actual || !o.Applies.Holds(sc) || !o.Applies.Serves(order.Messaging) {
		return false
	}
	return slices.ContainsFunc(o.Rules, func(r order.Rule) bool { return r.Roles.Has(role) })
}

// stillHolds refuses an order from which there is nothing to be exempt any more.
func stillHolds(v OrderView) error {
	if v.State == order.InForce || v.State == order.Announced {
		return nil
	}
	return fault.New(fault.Conflict, "Cet ordre n’est plus en vigueur\u00a0: une dérogation n’a plus d’objet.",
		"This order is not in force any more: an exemption has no purpose.")
}

// AskExemption asks, for the actor's own membership, that an order leave them
// more from an instant (zero: at once, or when the order begins) until another.
// It changes nothing until another person grants it. No order closes it.
func (a *App) AskExemption(ctx context.Context, who Actor, id order.ID, from, until time.Time, reason string) error {
	if err := a.MayAskExemption(who, id); err != nil {
		return err
	}
	if err := CheckExemptionReason(reason); err != nil {
		return err
	}
	r := store.ExemptionRequest{
		Order: id, School: who.Member.School, Member: who.Member.ID, Person: who.Person.ID,
		From: from, Until: until.Truncate(time.Second), Reason: strings.TrimSpace(message.Clean(reason)),
	}
	return a.do(ctx, who, act{"exemption.ask", logOf(r.School), gate.Exempt}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.placeInTime(&r, now); err != nil {
			return "", "", err
		}
		if err := nothingWaits(tx, r, now); err != nil {
			return "", "", err
		}
		r.ID = store.NewID(now)
		detail := fmt.Sprintf("for member %d from %s until %s", r.Member, r.Order, r.Until.UTC().Format(time.RFC3339))
		return requestSubject(r), detail, tx.AddExemptionRequest(r)
	})
}

func requestSubject(r store.ExemptionRequest) string { return fmt.Sprintf("exemption %d", r.ID) }

// placeInTime gives a request its beginning and bounds its end.
func (a *App) placeInTime(r *store.ExemptionRequest, now time.Time) error {
	sc, loc, err := a.School(r.School)
	if err != nil {
		return err
	}
	v, err := a.Order(r.Order, sc.Zone)
	if err != nil {
		return err
	}
	first := later(now, v.From).Truncate(time.Second).In(loc)
	r.From = later(r.From.Truncate(time.Second), first)
	switch {
	case !r.From.Before(r.Until):
		return invalid("Cette date est déjà passée, ou vient avant le début de l’ordre. Choisissez-en une plus tard.",
			"This date is past, or comes before the order begins. Choose a later one.")
	case r.Until.After(first.AddDate(0, 0, MaxExemption)):
		return invalid(
			fmt.Sprintf("Une dérogation dure au plus %d jours. Choisissez une date plus proche.", MaxExemption),
			fmt.Sprintf("An exemption lasts at most %d days. Choose an earlier date.", MaxExemption))
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// nothingWaits refuses a second request while a first one waits.
func nothingWaits(tx *store.Tx, r store.ExemptionRequest, now time.Time) error {
	newest, err := tx.ExemptionRequestsOf(r.School, r.Member, r.Order, 1)
	if err == nil && len(newest) > 0 && newest[0].Waits(now) {
		err = fault.New(fault.Conflict, "Vous avez déjà une demande en attente de réponse pour cet ordre.",
			"You have a request about this order that waits for an answer already.")
	}
	return err
}

// AskedExemptions is what the actor's membership asked for about an order,
// newest first. No order closes reading it.
func (a *App) AskedExemptions(ctx context.Context, who Actor, id order.ID) (list []store.ExemptionRequest, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.ExemptionRequestsOf(who.Member.School, who.Member.ID, id, answeredShown)
		return err
	})
	return list, err
}

// mayGrant refuses who may not answer requests about an order: only its issuer or
// a level above does.
func (a *App) mayGrant(who Actor, id order.ID) error {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return err
	}
	set, _ := a.orders.get()
	o, err := set.Order(id)
	if err == nil && !territory.Contains(o.Issuer) {
		err = denied("Seule l’autorité qui a émis cet ordre, ou une autorité au-dessus d’elle, répond aux demandes de dérogation.",
			"Only the authority that issued this order, or one above it, answers requests for exemptions.")
	}
	return err
}

// ExemptionRequests is what people ask about an order, for an office that may
// grant it: what waits first, as it was asked, then the newest answers. waiting
// counts all that waits, shown or not. Denied to who may not grant.
func (a *App) ExemptionRequests(ctx context.Context, who Actor, id order.ID) (list []store.ExemptionRequest, waiting int, err error) {
	if err := a.mayGrant(who, id); err != nil {
		return nil, 0, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		now := a.clock.Now()
		if list, err = tx.WaitingExemptionRequests(id, now, waitingShown); err != nil {
			return err
		}
		counts, err := tx.CountWaitingExemptionRequests(now)
		if err != nil {
			return err
		}
		waiting = counts[id]
		answered, err := tx.AnsweredExemptionRequests(id, answeredShown)
		list = append(list, answered...)
		return err
	})
	return list, waiting, err
}

// WaitingExemptions counts the requests that wait for the actor's office, by
// order; none for who answers none.
func (a *App) WaitingExemptions(ctx context.Context, who Actor) (counts map[order.ID]int, err error) {
	if who.Office.Territory == "" {
		return nil, nil
	}
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		counts, err = tx.CountWaitingExemptionRequests(a.clock.Now())
		return err
	})
	maps.DeleteFunc(counts, func(id order.ID, _ int) bool { return a.mayGrant(who, id) != nil })
	return counts, err
}

// GrantExemption answers a request with an exemption, which counts at once: the
// order leaves its member at least access until the end that was asked. Nobody
// grants one to himself.
func (a *App) GrantExemption(ctx context.Context, who Actor, id int64, access order.Access) error {
	if access < order.Read || access > order.Write {
		return invalid("Choisissez ce que la dérogation ouvre.", "Choose what the exemption opens.")
	}
	if err := a.answer(ctx, who, id, store.ExemptionAnswer{Access: access}); err != nil {
		return err
	}
	return a.apply(ctx)
}

// RefuseExemption answers a request with the reason why not, which who asked
// reads beside it.
func (a *App) RefuseExemption(ctx context.Context, who Actor, id int64, reason string) error {
	if err := CheckExemptionReason(reason); err != nil {
		return err
	}
	return a.answer(ctx, who, id, store.ExemptionAnswer{Refusal: strings.TrimSpace(message.Clean(reason))})
}

// answer gives one answer to a request, in the name of the actor's office.
func (a *App) answer(ctx context.Context, who Actor, id int64, answer store.ExemptionAnswer) error {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return err
	}
	verb := "exemption.grant"
	if answer.Refusal != "" {
		verb = "exemption.refuse"
	}
	return a.do(ctx, who, act{verb, logAt(territory), gate.Exempt}, func(tx *store.Tx, now time.Time) (string, string, error) {
		r, err := a.answerable(tx, who, id, now)
		if err != nil {
			return "", "", err
		}
		r.Answer = answer
		r.Answer.At, r.Answer.By, r.Answer.Authority = now, who.Person.ID, territory
		if err := tx.AnswerExemptionRequest(id, r.Answer); err != nil {
			return "", "", err
		}
		if answer.Refusal != "" {
			return requestSubject(r), fmt.Sprintf("of member %d from %s", r.Member, r.Order), nil
		}
		detail := fmt.Sprintf("%s to member %d from %s until %s", answer.Access, r.Member, r.Order, r.Until.UTC().Format(time.RFC3339))
		return requestSubject(r), detail, a.exempt(tx, r)
	})
}

// answerable is a request that the actor may answer now: nobody answers his own,
// and nothing answers twice or too late.
func (a *App) answerable(tx *store.Tx, who Actor, id int64, now time.Time) (store.ExemptionRequest, error) {
	r, err := tx.ExemptionRequest(id)
	if err != nil {
		return r, err
	}
	if err := a.mayGrant(who, r.Order); err != nil {
		return r, err
	}
	switch {
	case r.Person == who.Person.ID:
		err = denied("Personne ne répond à sa propre demande : une autre personne doit le faire.",
			"Nobody answers their own request: another person must.")
	case !r.Answer.At.IsZero():
		err = fault.New(fault.Conflict, "Quelqu’un a déjà répondu à cette demande.", "Somebody has answered this request already.")
	case !r.Waits(now):
		err = fault.New(fault.Conflict, "Il est trop tard : la date demandée est passée.", "It is too late: the date asked for is past.")
	}
	return r, err
}

// exempt keeps the exemption that a request was answered with, unless the gate
// would leave it out or it would lift nothing.
func (a *App) exempt(tx *store.Tx, r store.ExemptionRequest) error {
	sc, _, err := a.School(r.School)
	if err != nil {
		return err
	}
	v, err := a.Order(r.Order, sc.Zone)
	if err != nil {
		return err
	}
	if err := stillHolds(v); err != nil {
		return err
	}
	e := store.Exemption{
		ID: r.ID, Order: r.Order, School: r.School, Member: r.Member, Person: r.Person,
		From: later(r.From, r.Answer.At.Truncate(time.Second)), Until: r.Until, Access: r.Answer.Access,
		AskedBy: r.Person, GrantedBy: r.Answer.By, Authority: r.Answer.Authority, Reason: r.Reason,
	}
	if err := exemptionsOf([]store.Exemption{e})[0].Check(v.Order); err != nil {
		return fault.Wrap(err, fault.Denied, "Cette dérogation ne peut pas être accordée.", "This exemption cannot be granted.")
	}
	return tx.AddExemption(e)
}
