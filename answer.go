package ecluse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/procedure"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// acknowledge notes since when this installation holds the orders of its snapshot.
func (a *App) acknowledge(ctx context.Context) error {
	generation, since := a.gate.Load().Version(), a.Changed()
	var missing int
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		missing, err = tx.Unacknowledged("", generation)
		return err
	})
	if err != nil || missing == 0 {
		return err
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.Acknowledge("", generation, since) })
}

// serviceOf names an instance of a point among what holds an order.
func serviceOf(r enforce.Report) string { return r.Point + "/" + r.Instance }

// keepReport writes down what an instance of a point said, and which orders it
// thereby holds. A point that only asks holds nothing: it has what we have.
func keepReport(tx *store.Tx, r enforce.Report) error {
	if r.Instance == "" {
		return tx.PutReport(r)
	}
	known, err := tx.Reported(r.Point, r.Instance)
	if err != nil {
		return err
	}
	missing, err := tx.Unacknowledged(serviceOf(r), r.Version)
	if err != nil {
		return err
	}
	switch {
	case missing > 0 && known:
		err = tx.Acknowledge(serviceOf(r), r.Version, r.At)
	case missing > 0:
		err = tx.AcknowledgeAll(serviceOf(r), r.Version)
	}
	return orElse(err, tx.PutReport(r))
}

// Procedures is what is done by hand for systems without an interface.
func (a *App) Procedures() procedure.Catalogue { return a.procedures }

// mayAnswer refuses who does not answer for a school.
func mayAnswer(who Actor) error {
	if who.Member.Role != school.Head || who.Member.ID == 0 {
		return denied("Seule la direction répond pour l’établissement.", "Only the head answers for the school.")
	}
	return nil
}

// SetProducts says which products the actor's school uses beside Écluse, by their
// ids in the catalogue. None is an answer too.
func (a *App) SetProducts(ctx context.Context, who Actor, products []string) error {
	if err := mayAnswer(who); err != nil {
		return err
	}
	products = slices.Compact(slices.Sorted(slices.Values(products)))
	for _, p := range products {
		if _, found := a.procedures.Find(p); !found {
			return invalid("Ce produit n’est pas dans la liste. Rien n’a été changé.", "This product is not in the list. Nothing was changed.")
		}
	}
	uai := who.Member.School
	defer a.passOn()
	return a.do(ctx, who, act{"products.set", logOf(uai), gate.Announce}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return string(uai), strings.Join(products, " "), tx.PutProducts(uai, products)
	})
}

// A Task is one order with what the head has to do by hand about it.
type Task struct {
	Order    OrderView
	Undo     bool            // the order is over: what was done is to be taken back
	Products []ProductAnswer // one for each product concerned
	Refusal  *store.Answer   // the order was refused, and not attested since
}

// A ProductAnswer is what the school last said about an order and a product.
type ProductAnswer struct {
	Procedure procedure.Procedure
	Answer    *store.Answer // nil: nothing yet
	Kept      *store.Ticks  // what was ticked and not attested yet; nil: nothing
}

// Homework is what a school uses and what is to be done by hand.
type Homework struct {
	Products []string
	Said     bool // the school has said what it uses
	Tasks    []Task
}

// Homework is the guided procedures of the actor's school: for each order that
// holds or is announced, what closes it in the products that the school uses; for
// each that is over and was attested, how to undo it. No order closes it.
func (a *App) Homework(ctx context.Context, who Actor) (h Homework, err error) {
	if err := mayAnswer(who); err != nil {
		return h, err
	}
	var answers []store.Answer
	var kept []store.Ticks
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if h.Products, h.Said, err = tx.ProductsOf(who.Member.School); err != nil {
			return err
		}
		if kept, err = tx.TicksOf(who.Member.School); err != nil {
			return err
		}
		answers, err = tx.AnswersOf(who.Member.School)
		return err
	})
	if err != nil {
		return h, err
	}
	views, err := a.OrdersFor(who.Member.School)
	for _, v := range views {
		if a.ownAccord(v.ID) {
			continue
		}
		if t := a.task(v, h.Products, of(answers, v.ID)); len(t.Products) > 0 {
			h.Tasks = append(h.Tasks, t)
		}
	}
	h.keep(kept)
	return h, err
}

// of keeps the answers to one order.
func of(answers []store.Answer, id order.ID) []store.Answer {
	var out []store.Answer
	for _, a := range answers {
		if a.Order == id {
			out = append(out, a)
		}
	}
	return out
}

// task is what a school has to do about one order, after what it has answered.
func (a *App) task(v OrderView, products []string, answers []store.Answer) Task {
	t := Task{Order: v, Undo: v.State != order.InForce && v.State != order.Announced, Refusal: refusal(answers)}
	if !byHand(v.Order) || v.Type == order.Cancel || t.Undo && a.replaced(v) {
		return t
	}
	for _, p := range a.procedures.All() {
		last := lastAbout(answers, p.ID)
		if concerned := !t.Undo && slices.Contains(products, p.ID) || t.Undo && last != nil && last.Kind == store.Attested; concerned {
			t.Products = append(t.Products, ProductAnswer{Procedure: p, Answer: last})
		}
	}
	return t
}

// byHand reports whether an order asks anything of the products of the catalogue,
// which are messaging.
func byHand(o *order.Order) bool { return o.Applies.Serves(order.Messaging) }

// replaced reports whether an order is over because another one took its place:
// that one is to be applied, and nothing opened in between.
func (a *App) replaced(v OrderView) bool {
	set, _ := a.orders.get()
	_, by, kind := set.End(v.ID)
	if kind != order.Replaced || v.State != order.Replaced {
		return false
	}
	next, err := set.Order(by)
	return err == nil && next.Applies.Covers(v.Applies)
}

// refusal is the last word of a school that refuses an order.
func refusal(answers []store.Answer) *store.Answer {
	if n := len(answers); n > 0 && answers[n-1].Kind == store.Refused {
		return &answers[n-1]
	}
	return nil
}

// lastAbout is what was last said about a product.
func lastAbout(answers []store.Answer, product string) *store.Answer {
	for i := len(answers) - 1; i >= 0; i-- {
		if answers[i].Product == product && answers[i].Kind != store.Refused {
			return &answers[i]
		}
	}
	return nil
}

// An Attestation is the word of a school that something was done by hand.
type Attestation struct {
	Order   order.ID
	Product string
	Undo    bool   // what was done is taken back
	Ticked  int    // how many of the steps were ticked: all have to be
	By      string // who did it
	Picture []byte // JPEG or PNG; nil: none
}

// MaxBy bounds the name of who did something by hand, in characters.
const MaxBy = 200

// Attest keeps that a procedure was gone through, with the present instant.
func (a *App) Attest(ctx context.Context, who Actor, t Attestation) error {
	if err := a.checkAttestation(ctx, who, &t); err != nil {
		return err
	}
	picture, err := a.picture(t.Picture)
	if err != nil {
		return err
	}
	verb, kind := "answer.attest", store.Attested
	if t.Undo {
		verb, kind = "answer.undo", store.Undone
	}
	detail := t.Product
	if len(picture) > 0 {
		detail += ", with a picture"
	}
	return a.addAnswer(ctx, who, verb, store.Answer{Order: t.Order, Product: t.Product, Kind: kind, By: t.By}, detail, picture)
}

// addAnswer keeps a school's answer and journals it, without names or reasons.
func (a *App) addAnswer(ctx context.Context, who Actor, verb string, answer store.Answer, detail string, picture []byte) error {
	answer.School, answer.Person = who.Member.School, who.Person.ID
	defer a.passOn()
	return a.do(ctx, who, act{verb, logOf(answer.School), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		answer.ID, answer.At = store.NewID(now), now
		done := Attestation{Order: answer.Order, Product: answer.Product, Undo: answer.Kind == store.Undone}
		if err := tx.ForgetTicks(ticksOf(who, done)); err != nil {
			return "", "", err
		}
		return string(answer.Order), detail, tx.AddAnswer(answer, picture)
	})
}

// checkAttestation refuses what does not say that everything was done, by whom,
// about an order that asks for it.
func (a *App) checkAttestation(ctx context.Context, who Actor, t *Attestation) error {
	h, err := a.Homework(ctx, who)
	if err != nil {
		return err
	}
	p, err := h.procedure(*t)
	if err != nil {
		return err
	}
	if t.Ticked < p.Ticks(t.Undo) {
		return invalid("Cochez chaque étape quand elle est faite. Si l’une ne peut pas l’être, dites-le en refusant.",
			"Tick each step once it is done. If one cannot be done, say so by refusing.")
	}
	t.By = oneLine(t.By)
	switch {
	case t.By == "":
		return invalid("Écrivez qui l’a fait.", "Write who did it.")
	case utf8.RuneCountInString(t.By) > MaxBy:
		return longBy()
	}
	return nil
}

func longBy() error {
	return invalid(fmt.Sprintf("Ce nom est trop long\u00a0: au plus %d caractères.", MaxBy),
		fmt.Sprintf("This name is too long: at most %d characters.", MaxBy))
}

// procedure is the one that an attestation is about, if it is to be done now.
func (h Homework) procedure(t Attestation) (procedure.Procedure, error) {
	for _, task := range h.Tasks {
		if task.Order.ID != t.Order || task.Undo != t.Undo {
			continue
		}
		for _, p := range task.Products {
			if p.Procedure.ID == t.Product {
				return p.Procedure, nil
			}
		}
	}
	return procedure.Procedure{}, fault.New(fault.Conflict,
		"Il n’y a plus rien à attester ici\u00a0: l’ordre ou la liste de vos produits a changé. Relisez la page.",
		"There is nothing to attest here any more: the order or the list of your products has changed. Read the page again.")
}

// RefuseOrder says that the school does not apply an order, and why. It changes
// nothing of what Écluse itself closes; the authority reads it on its board.
func (a *App) RefuseOrder(ctx context.Context, who Actor, id order.ID, reason string) error {
	if err := mayAnswer(who); err != nil {
		return err
	}
	if err := CheckExemptionReason(reason); err != nil {
		return err
	}
	sc, _, err := a.School(who.Member.School)
	if err != nil {
		return err
	}
	v, err := a.Order(id, sc.Zone)
	if err != nil {
		return err
	}
	if !v.Applies.Holds(sc) || v.State != order.InForce && v.State != order.Announced {
		return fault.New(fault.Conflict, "Cet ordre n’est pas, ou n’est plus, à appliquer dans votre établissement.",
			"This order is not, or no longer, to be applied in your school.")
	}
	answer := store.Answer{Order: id, Kind: store.Refused, By: who.Member.Name, Reason: strings.TrimSpace(message.Clean(reason))}
	return a.addAnswer(ctx, who, "answer.refuse", answer, "", nil)
}
