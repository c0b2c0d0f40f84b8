package ecluse

import (
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Series is a measure that changes in stages, as it stands now. What was called
// off before it began is left out.
type Series struct {
	Stages []OrderView // by their beginnings; the first is what the measure began with

	asked order.ID
	all   []*order.Order // what was called off too
}

// A Stage is one step of a reopening as its author wants it.
type Stage struct {
	Title string
	From  order.Wall
	Rules []order.Rule // all of them: those that the stage before leaves too
}

// Series is the measure that an order belongs to, on the wall clock of zone. An
// order that stands alone is a series of one.
func (a *App) Series(id order.ID, zone string) (s Series, err error) {
	set, _ := a.orders.get()
	if _, err := set.Order(id); err != nil {
		return s, err
	}
	z, err := hours.LoadZone(zone)
	if err != nil {
		return s, err
	}
	s.asked, s.all = id, set.Series(id)
	for _, o := range s.all {
		if life := set.Life(o.ID, z); o.ID == id || life.From < life.Until {
			s.Stages = append(s.Stages, a.viewIn(set, o, zone))
		}
	}
	return s, nil
}

// First is what the measure began with.
func (s Series) First() OrderView { return s.Stages[0] }

// Now is the stage in force: the order that was asked for, if it is, else the last
// to begin; before the first begins, that one. Once the measure is over it is
// NotFound.
func (s Series) Now() (now OrderView, err error) {
	err = notFound("Cet ordre ne vaut plus : il n’y a rien à rouvrir.", "This order no longer holds: there is nothing to reopen.")
	if first := s.First(); first.State == order.Announced {
		now, err = first, nil
	}
	for _, v := range s.Stages {
		if v.State == order.InForce && (err != nil || now.ID != s.asked) {
			now, err = v, nil
		}
	}
	return now, err
}

// Before are the numbers of all that an order of this issuer for these schools
// must name to be the measure's last word there: what was called off too, which
// would otherwise come back if what called it off is replaced. What binds other
// schools as well is not its to end.
func (s Series) Before(issuer school.Territory, applies order.Scope) (list []order.ID) {
	for _, o := range s.all {
		if issuer.Contains(o.Issuer) && applies.Covers(o.Applies) {
			list = append(list, o.ID)
		}
	}
	return list
}

// Rest is the stages to come after the one in force, where that one binds.
func (s Series) Rest() []OrderView {
	now, err := s.Now()
	return slices.DeleteFunc(slices.Clone(s.Stages), func(v OrderView) bool {
		return v.State != order.Announced || err == nil && (v.ID == now.ID || !now.Applies.Covers(v.Applies))
	})
}

// Reopening makes the orders by which a measure goes on in these stages, which
// are checked (see CheckStages): updates of what is in force and, if stages were
// announced already, first the one that calls those off (see hold). Numbers are
// taken one after the other. Nothing is issued.
func (a *App) Reopening(who Actor, id order.ID, zone, reason string, stages []Stage) ([]*order.Order, error) {
	s, now, err := a.changeable(who, id, zone)
	if err != nil {
		return nil, err
	}
	if err := a.CheckStages(s, zone, stages); err != nil {
		return nil, err
	}
	var list []*order.Order
	if len(s.Rest()) > 0 {
		o := a.hold(who, s, now, zone)
		o.Title, o.Reason = "Nouvelles étapes\u00a0: "+s.First().Title, reason
		list = append(list, o)
	}
	for _, stage := range stages {
		o := a.following(who, now)
		o.Title, o.Reason, o.Rules, o.From = stage.Title, reason, stage.Rules, stage.From
		list = append(list, o)
	}
	for i, number := range a.NextOrderIDs(list[0].Issuer, len(list)) {
		list[i].ID = number
		list[i].Review = order.Wall{Date: list[i].From.Date + lookAgain}
		if i+1 < len(list) {
			list[i].Review.Date = list[i+1].From.Date
		}
		fitReview(list[i])
	}
	order.InSeries(list, s.Before(list[0].Issuer, now.Applies)...)
	return list, nil
}

// fitReview leaves the reminder out that would come after the end.
func fitReview(o *order.Order) {
	if !o.Until.IsZero() && o.Until.Before(o.Review) {
		o.Review = order.Wall{}
	}
}

// lookAgain is how many days after the last stage its office is reminded.
const lookAgain = 28

// changeable is a series that the actor may change, and its order in force.
func (a *App) changeable(who Actor, id order.ID, zone string) (Series, OrderView, error) {
	s, err := a.Series(id, zone)
	if err != nil {
		return s, OrderView{}, err
	}
	now, err := s.Now()
	if err != nil {
		return s, OrderView{}, err
	}
	return s, now, a.mayChange(who, append(s.Rest(), now))
}

// mayChange refuses who is neither the issuer of all these orders nor above it.
func (a *App) mayChange(who Actor, list []OrderView) error {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return err
	}
	for _, v := range list {
		if !territory.Contains(v.Issuer) || v.Type == order.Cancel {
			return denied("Cet ordre ne peut être changé que par l’autorité qui l’a émis ou une autorité au-dessus.",
				"Only the authority that issued this order, or one above it, can change it.")
		}
	}
	return nil
}

// following is an order of the actor's that takes over what another one says of
// whom it binds, until when and whom to call.
func (a *App) following(who Actor, v OrderView) *order.Order {
	issuer, _ := a.TerritoryOf(who) // changeable has asked
	o := &order.Order{
		Issuer: issuer, Status: v.Status, Basis: v.Basis, Applies: v.Applies, Until: v.Order.Until, Contact: v.Contact, Copies: v.Copies,
	}
	if issuer != v.Issuer && who.Office.Title != "" {
		o.Contact.Office = who.Office.Title
	}
	return o
}

// hold is the order that keeps what is in force and calls off the stages to come,
// from this minute on. It is an update and no cancel: one that is signed after a
// stage has begun puts the rules of before back, and leaves nobody without.
func (a *App) hold(who Actor, s Series, now OrderView, zone string) *order.Order {
	o := a.following(who, now)
	o.Type, o.References, o.From, o.Rules = order.Update, s.Before(o.Issuer, o.Applies), a.minute(zone), now.Rules
	if o.From.Before(now.Order.From) {
		o.From = now.Order.From
	}
	o.Review = order.Wall{Date: o.From.Date + lookAgain/4}
	fitReview(o)
	return o
}

// minute is the present one on the wall clock of zone.
func (a *App) minute(zone string) order.Wall {
	now := a.clock.Now().In(a.zone(zone))
	return order.Wall{Date: hours.DateOf(now), Second: now.Hour()*3600 + now.Minute()*60}
}

// StopSeries is the order that calls off the stages to come of a measure: what is
// in force stays. Nothing is issued.
func (a *App) StopSeries(who Actor, id order.ID, zone string) (*order.Order, error) {
	s, now, err := a.changeable(who, id, zone)
	if err != nil {
		return nil, err
	}
	if len(s.Rest()) == 0 {
		return nil, invalid("Aucune étape n’est annoncée : il n’y a rien à suspendre.", "No stage is announced: there is nothing to stop.")
	}
	o := a.hold(who, s, now, zone)
	o.ID, o.Title = a.NextOrderID(o.Issuer), "Suite suspendue\u00a0: "+s.First().Title
	o.Reason = "Les étapes annoncées n’auront pas lieu aux dates prévues. Ce qui vaut aujourd’hui continue."
	return o, nil
}

// Reopened reports whether something else holds now than what the measure began
// with.
func (s Series) Reopened() bool {
	now, err := s.Now()
	return err == nil && !order.SameRules(now.Rules, s.First().Rules)
}

// CloseAgain is the order that puts the first rules of a measure back in force,
// from this minute on, and calls off the stages to come. Nothing is issued.
func (a *App) CloseAgain(who Actor, id order.ID, zone string) (*order.Order, error) {
	s, now, err := a.changeable(who, id, zone)
	if err != nil {
		return nil, err
	}
	if !s.Reopened() {
		return nil, invalid("Les premières règles valent encore : il n’y a rien à refermer.", "The first rules still hold: there is nothing to close again.")
	}
	o, first := a.hold(who, s, now, zone), s.First()
	o.ID, o.Title, o.Rules = a.NextOrderID(o.Issuer), first.Title, first.Rules
	o.Reason = "La réouverture est interrompue\u00a0: les premières mesures valent de nouveau."
	return o, nil
}

// A WrongStage says which stage cannot be as it is.
type WrongStage struct {
	Stage int // from 0
	err   error
}

// Error is for logs.
func (e *WrongStage) Error() string { return fmt.Sprintf("stage %d: %v", e.Stage+1, e.err) }

// Unwrap is the fault, with a sentence for the author.
func (e *WrongStage) Unwrap() error { return e.err }

// CheckStages refuses stages whose dates are past, not one after the other, or
// after the end of the measure: a *WrongStage.
func (a *App) CheckStages(s Series, zone string, stages []Stage) error {
	now, err := s.Now()
	if err != nil {
		return err
	}
	if len(stages) == 0 {
		return invalid("Écrivez au moins une étape.", "Write at least one stage.")
	}
	before := a.minute(zone)
	for i, stage := range stages {
		var err error
		switch {
		case i > 0 && !before.Before(stage.From):
			err = invalid("Cette étape ne vient pas après celle d’avant. Changez sa date, ou rangez les étapes par date.",
				"This stage does not come after the one before. Change its date, or put the stages in order of date.")
		case !before.Before(stage.From):
			err = invalid("Cette date est passée.", "This date is past.")
		case !now.Order.From.Before(stage.From):
			err = invalid("Cette étape vient avant le début de l’ordre qu’elle remplace.", "This stage comes before the order that it replaces begins.")
		case !now.Order.Until.IsZero() && !stage.From.Before(now.Order.Until):
			err = fault.New(fault.Invalid,
				fmt.Sprintf("L’ordre prend fin le %s : une étape après cette date n’ouvrirait rien.", wallFrench(now.Order.Until)),
				fmt.Sprintf("The order ends on %s: a stage after that date would open nothing.", now.Order.Until.Date))
		}
		if err != nil {
			return &WrongStage{i, err}
		}
		before = stage.From
	}
	return nil
}

// wallFrench is a date and hour in French.
func wallFrench(w order.Wall) string {
	year, month, day := w.Date.Civil()
	return fmt.Sprintf("%02d/%02d/%d à %d\u00a0h\u00a0%02d", day, month, year, w.Second/3600, w.Second/60%60)
}

// SuggestStages are five stages as measures were lifted: staff, guardians, pupils
// with a new password, reply only for the other pupils, everybody. Each opens in
// the hours that adults have or, for who has these already, at all hours.
func (a *App) SuggestStages(s Series, zone string) []SuggestedStage {
	now, err := s.Now()
	if err != nil {
		return nil
	}
	from := order.Wall{Date: max(a.minute(zone).Date, now.Order.From.Date), Second: 7 * 3600}
	since := order.Wall{Date: s.First().Order.From.Date}
	wider := func(roles school.Roles) string {
		if OpenHours(now.Rules, school.Staff) != nil && OpenHours(now.Rules, roles.Each()[0]) != nil {
			return "24/7"
		}
		return adultHours(now.Rules)
	}
	pupils := school.RolesOf(school.Pupil)
	list := []SuggestedStage{
		{Title: [2]string{"Réouverture pour les personnels", "Reopening for staff"}, Roles: school.Adults &^ school.RolesOf(school.Guardian), Days: 1},
		{Title: [2]string{"Réouverture pour les responsables légaux", "Reopening for guardians"}, Roles: school.RolesOf(school.Guardian), Days: 1},
		{Title: [2]string{"Réouverture pour les élèves dont le mot de passe est renouvelé", "Reopening for pupils with a new password"}, Roles: pupils, Days: 2, Since: since},
		{Title: [2]string{"Réponses ouvertes à tous les élèves", "Replies for all pupils"}, Roles: pupils, Days: 3, Since: since, Otherwise: order.Reply},
		{Title: [2]string{"Réouverture pour tous", "Reopening for everybody"}, Roles: school.Everyone, Days: 5},
	}
	for i := range list {
		from.Date = workday(from.Date, list[i].Days)
		list[i].From = from
		switch {
		case list[i].Roles == school.Everyone:
			list[i].Hours = "24/7"
		case list[i].Roles == pupils:
			list[i].Hours = adultHours(now.Rules)
		default:
			list[i].Hours = wider(list[i].Roles)
		}
	}
	return list
}

// A SuggestedStage is one that its author may change.
type SuggestedStage struct {
	Title     [2]string // in French and in English
	From      order.Wall
	Days      int // working days after the one before
	Roles     school.Roles
	Hours     string
	Since     order.Wall // passwords changed since; zero: no condition
	Otherwise order.Access
}

// OpenHours are the hours in which rules let a role do anything; nil: none.
func OpenHours(rules []order.Rule, role school.Role) *hours.Hours {
	for _, r := range rules {
		if r.Roles.Has(role) && r.With == 0 && r.Access > order.Closed && r.Hours.String() != "off" {
			return r.Hours
		}
	}
	return nil
}

// adultHours are those of any adult; else the working day's.
func adultHours(rules []order.Rule) string {
	for _, role := range school.Adults.Each() {
		if h := OpenHours(rules, role); h != nil {
			return h.String()
		}
	}
	return "07:00-19:00"
}

// workday is so many days from Monday to Friday after a date.
func workday(d hours.Date, days int) hours.Date {
	for days > 0 {
		if d++; d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			days--
		}
	}
	return d
}
