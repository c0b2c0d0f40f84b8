package ecluse

import (
	"context"
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// What may be said of journeys.
const (
	mostTravels  = 10                   // of one person at a time
	travelsAhead = 366 * 24 * time.Hour // how long before it begins
	travelsKept  = 90 * 24 * time.Hour  // after it ended
)

// AddTravel says that somebody of the actor's school or territory is expected to
// connect from a country for a time: there they meet what is asked of countries.
// Nobody says it of themselves.
func (a *App) AddTravel(ctx context.Context, who Actor, t account.Travel) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	if t.Person == who.Person.ID {
		return denied("Votre propre voyage est autorisé par une autre personne\u00a0: la direction, ou le service au-dessus.",
			"Your own journey is allowed by somebody else: the head, or the office above.")
	}
	if err := checkTravel(t, a.clock.Now()); err != nil {
		return err
	}
	return a.do(ctx, who, act{"travel.add", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, t.Person); err != nil {
			return "", "", err
		}
		list, err := tx.Travels(t.Person, now)
		if err != nil {
			return "", "", err
		}
		if len(list) >= mostTravels {
			return "", "", invalid("Beaucoup de voyages sont déjà prévus pour cette personne\u00a0: retirez-en un d’abord.", "Many journeys are expected of this person already: withdraw one first.")
		}
		t.ID, t.By = store.NewID(now), who.String()
		return account.Person{ID: t.Person}.Number(), travelDetail(t), tx.AddTravel(t)
	})
}

func travelDetail(t account.Travel) string {
	return fmt.Sprintf("%s from %s until %s", t.Country, t.Since.UTC().Format(time.RFC3339), t.Until.UTC().Format(time.RFC3339))
}

// checkTravel refuses a journey that says nothing, or too much.
func checkTravel(t account.Travel, now time.Time) error {
	switch {
	case !school.IsCountry(t.Country):
		return invalid("Choisissez un pays.", "Choose a country.")
	case !t.Since.Before(t.Until):
		return invalid("La fin du voyage vient avant son début\u00a0: corrigez l’une des deux dates.", "The journey ends before it begins: correct one of the two dates.")
	case !now.Before(t.Until):
		return invalid("Ce voyage est déjà terminé\u00a0: corrigez la date de fin.", "This journey is over already: correct its last day.")
	case t.Until.Sub(t.Since) > account.LongestTravel+time.Hour: // the clocks may change meanwhile
		return invalid("Un voyage s’autorise pour 92 jours au plus\u00a0: choisissez une fin plus proche, et prolongez si besoin.", "A journey is allowed for 92 days at most: choose an earlier end, and add to it if need be.")
	case t.Since.Sub(now) > travelsAhead:
		return invalid("Ce voyage commence dans plus d’un an\u00a0: vérifiez la date.", "This journey begins more than a year from now: check the date.")
	}
	return nil
}

// EndTravel withdraws a journey: the country counts again at once.
func (a *App) EndTravel(ctx context.Context, who Actor, person account.PersonID, id int64) error {
	return a.do(ctx, who, act{"travel.end", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		return account.Person{ID: person}.Number(), "", tx.RemoveTravel(person, id)
	})
}
