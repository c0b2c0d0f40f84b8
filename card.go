package ecluse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A CardRow is somebody of a school with their card of codes.
type CardRow struct {
	SlipRow
	Card account.Factor // ID is 0 where there is none
}

// Wants reports whether it is time for a card: there is none, or hardly a code left.
func (r CardRow) Wants() bool { return r.Card.ID == 0 || r.Card.Left() <= account.CardFew }

// Cards is the people of a filter, in the order of Slips; unless it says all, those
// for whom it is time for a card. Who may print slips may print cards, for the same
// people.
func (a *App) Cards(ctx context.Context, who Actor, f SlipFilter) (rows []CardRow, err error) {
	everybody := f
	everybody.All = true
	slips, err := a.Slips(ctx, who, everybody)
	if err != nil {
		return nil, err
	}
	cards := map[account.PersonID]account.Factor{}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.FactorsOf(f.School, account.ByCard)
		for _, card := range list {
			cards[card.Person] = card
		}
		return err
	})
	for _, r := range slips {
		row := CardRow{SlipRow: r, Card: cards[r.Person]}
		row.Card.Secret = nil
		if f.All || row.Wants() {
			rows = append(rows, row)
		}
	}
	return rows, err
}

// A PrintedCard is a card as it stands on paper. Its codes are told here, once.
type PrintedCard struct {
	CardRow
	Codes []string
}

// PrintCards makes cards for the people of a filter, in place of those that they had.
// They count at once: whoever has one is asked for a code of it from now on, and
// what is open ends, since it was opened without one. A fresh proof is asked, and
// nobody prints one for themselves, as with slips.
func (a *App) PrintCards(ctx context.Context, who Actor, f SlipFilter) ([]PrintedCard, error) {
	if err := a.fresh(who); err != nil {
		return nil, err
	}
	if a.seal == nil {
		return nil, noSeal()
	}
	rows, err := a.cardsToPrint(ctx, who, f)
	if err != nil {
		return nil, err
	}
	printed := make([]PrintedCard, len(rows))
	err = a.do(ctx, who, act{"card.print", logOf(f.School), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		for i, r := range rows {
			if printed[i], err = a.giveCard(tx, r, now); err != nil {
				return "", "", err
			}
		}
		return "cards", fmt.Sprintf("%d cards", len(rows)), nil
	})
	return printed, orElse(err, a.revoked(ctx))
}

// cardsToPrint are those of a filter for whom the actor may print.
func (a *App) cardsToPrint(ctx context.Context, who Actor, f SlipFilter) (kept []CardRow, err error) {
	rows, err := a.Cards(ctx, who, f)
	if err != nil {
		return nil, err
	}
	slips := make([]SlipRow, len(rows))
	for i, r := range rows {
		slips[i] = r.SlipRow
	}
	slips, err = a.printable(ctx, who, true, slips)
	for _, r := range rows {
		if slices.ContainsFunc(slips, func(s SlipRow) bool { return s.ID == r.ID }) {
			kept = append(kept, r)
		}
	}
	return kept, err
}

// giveCard replaces a person's card.
func (a *App) giveCard(tx *store.Tx, r CardRow, now time.Time) (PrintedCard, error) {
	codes, secret := account.NewCard()
	r.Card = account.Factor{
		ID: store.NewID(now), Person: r.Person, Kind: account.ByCard, Added: now,
		Secret: a.seal.Close(r.Person, account.ByCard, secret),
	}
	if err := tx.RemoveFactors(r.Person, account.ByCard); err != nil {
		return PrintedCard{}, err
	}
	if err := tx.AddFactor(r.Card); err != nil {
		return PrintedCard{}, err
	}
	r.Card.Secret = nil
	if err := a.alteredIn(tx, account.Session{Person: r.Person}, account.CardGiven, now); err != nil {
		return PrintedCard{}, err
	}
	_, err := tx.EndSessions(r.Person, [32]byte{}, now)
	return PrintedCard{r, codes}, err
}

// CancelCard makes a card worthless that was lost. Where it was the last second
// proof, a new password is asked as well, with a proof that a thief lacks: a card
// that is called lost must open nothing to whoever calls.
func (a *App) CancelCard(ctx context.Context, who Actor, person account.PersonID) error {
	err := a.do(ctx, who, act{"card.cancel", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		kinds, err := tx.FactorKinds(person)
		switch {
		case err != nil:
			return "", "", err
		case !kinds.Has(account.ByCard):
			return "", "", notFound("Cette personne n’a pas de carte.", "This person has no card.")
		case kinds&primary == account.ByCard:
			err = a.takeProofs(tx, person, now)
		default:
			err = tx.RemoveFactors(person, account.ByCard)
		}
		if err != nil {
			return "", "", err
		}
		if err := a.alteredIn(tx, account.Session{Person: person}, account.CardCancelled, now); err != nil {
			return "", "", err
		}
		_, err = tx.EndSessions(person, [32]byte{}, now)
		return account.Person{ID: person}.Number(), "", err
	})
	return orElse(err, a.revoked(ctx))
}

// takeProofs takes all second proofs from an account, and asks for a new password
// whatever was asked before: a campaign that is stopped must not open it.
func (a *App) takeProofs(tx *store.Tx, person account.PersonID, now time.Time) error {
	if err := tx.RemoveFactors(person, ^account.Factors(0)); err != nil {
		return err
	}
	if err := tx.EndRenewal(person); err != nil {
		return err
	}
	return tx.PutRenewal(account.Renewal{Person: person, Since: now, Why: account.RenewCleared})
}

// CardNumber is which code of their card is asked of whoever signs in; 0 where none
// is left, or there is no card.
func (a *App) CardNumber(ctx context.Context, v Visit) (number int, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.Factors(v.Person.ID)
		for _, f := range list {
			if f.Kind != account.ByCard {
				continue
			}
			secret, err := a.unseal(f.Person, f.Kind, f.Secret)
			if err != nil {
				return err
			}
			number = account.CardNumber(secret)
		}
		return err
	})
	return number, err
}

// ClearFactors forgets all proofs of somebody of the actor's school or territory
// who has lost them. Their sessions end, and they choose a new password with paper
// handed over in person: whoever talked a head into this has gained nothing. A
// head's are taken by an office above, never by another head of the school.
func (a *App) ClearFactors(ctx context.Context, who Actor, person account.PersonID, why account.Loss) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	if person == who.Person.ID {
		return denied("Vos propres preuves se retirent sur votre compte.", "You remove your own proofs on your account's page.")
	}
	err := a.do(ctx, who, act{"factor.clear", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		if err := mayClearHead(tx, who, person); err != nil {
			return "", "", err
		}
		if err := a.takeProofs(tx, person, now); err != nil {
			return "", "", err
		}
		if err := a.alteredIn(tx, account.Session{Person: person}, account.ProofsCleared, now); err != nil {
			return "", "", err
		}
		_, err := tx.EndSessions(person, [32]byte{}, now)
		return account.Person{ID: person}.Number(), why.String(), err
	})
	return orElse(err, a.revoked(ctx))
}

// mayClearHead keeps heads from one another's proofs.
func mayClearHead(tx *store.Tx, who Actor, person account.PersonID) error {
	members, err := tx.MembershipsOf(person)
	heads := slices.ContainsFunc(members, func(m account.Membership) bool { return m.Role == school.Head })
	if err == nil && heads && who.Member.ID != 0 {
		err = denied("Les preuves d’une direction sont retirées par l’autorité au-dessus.", "A head's proofs are removed by the authority above.")
	}
	return err
}
