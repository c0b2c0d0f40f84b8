package ecluse

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// An EventKind is what happened to an order.
type EventKind uint8

// What a report tells of, in the order in which it stands where two share an instant.
const (
	EventProposed EventKind = iota
	EventSigned
	EventIssued
	EventReceived // by a server
	EventBegins
	EventDelaySet
	EventApplied // by schools
	EventAttested
	EventUndone
	EventNotApplied // the school says that it does not
	EventOverdue    // schools had not done everything in time
	EventExemptionAsked
	EventExemptionGranted
	EventExemptionRefused
	EventEndDecided // another order was issued that ends this one
	EventEnds
	eventKinds = iota
)

// String is the word of files: "exemption granted".
func (k EventKind) String() string {
	return [eventKinds]string{
		"proposed", "signed", "issued", "received", "begins", "delay set", "applied", "attested", "undone", "refused", "overdue",
		"exemption asked", "exemption granted", "exemption refused", "end decided", "ends",
	}[k]
}

// A ReportEvent is one line of a report's chronology. Fields that say nothing are zero.
type ReportEvent struct {
	At      time.Time
	Kind    EventKind
	Person  account.PersonID // who did it, by number
	Office  school.Territory // in whose name
	School  school.UAI       // where, when it is one
	Schools int              // how many, when it is several at once
	Service string           // the server: "" is this installation, else POINT/INSTANCE
	Product string           // what was closed by hand
	Other   order.ID         // the order that ends this one
	Request int64            // the number of a request for an exemption
	Role    school.Role      // of who asked
	Log     journal.Log      // where the journal holds it, when an office did it; "": see Person
	Seq     int64
}

// chronology is everything that happened to an order, at one place of the reader's.
func (a *App) chronology(r OrderReport, s sightings) []ReportEvent {
	events := acts(s.entries)
	for _, e := range acts(s.ending) {
		e.Kind, e.Other = EventEndDecided, a.ender(r.Order.ID).ID
		events = append(events, e)
	}
	events = append(events, a.held(r, s)...)
	events = append(events, r.answered()...)
	events = append(events, a.spans(r)...)
	events = append(events, r.exempted(s.exemptions)...)
	slices.SortStableFunc(events, func(x, y ReportEvent) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.School, y.School), cmp.Compare(x.Service, y.Service))
	})
	return events
}

var actKinds = map[string]EventKind{
	"order.propose": EventProposed, "order.sign": EventSigned, "order.issue": EventIssued, "order.adopt": EventIssued, "answer.delay": EventDelaySet,
}

// acts reads what offices did from the journal.
func acts(entries []journal.Entry) []ReportEvent {
	var out []ReportEvent
	for _, e := range entries {
		kind, told := actKinds[e.Verb]
		if !told {
			continue
		}
		event := ReportEvent{At: e.At, Kind: kind, Log: e.Log, Seq: e.Seq}
		event.Person, event.Office = actorOf(e.Actor)
		out = append(out, event)
	}
	return out
}

// actorOf reads back Actor.String. Nobody is Écluse itself.
func actorOf(s string) (p account.PersonID, office school.Territory) {
	if _, err := fmt.Sscanf(s, "person %d for %s", &p, &office); err != nil {
		office = ""
	}
	return p, office
}

// held is which servers came to hold the order, of those that serve a school of
// the report.
func (a *App) held(r OrderReport, s sightings) []ReportEvent {
	var out []ReportEvent
	for _, receipt := range s.receipts {
		at, known := s.points[pointOf(receipt.Service)]
		if receipt.Service != "" && (!known || !at.Contains(r.Place) && !r.Place.Contains(at)) {
			continue
		}
		out = append(out, ReportEvent{At: receipt.At, Kind: EventReceived, Service: receipt.Service})
	}
	return append(out, r.passedOn()...)
}

// passedOn is when the schools that followers answer for received the order, many
// at a time.
func (r OrderReport) passedOn() []ReportEvent {
	type receipt struct {
		host string
		at   time.Time
	}
	schools := map[receipt]int{}
	for _, row := range r.Rows {
		if row.Host != "" && !row.Received.IsZero() {
			schools[receipt{row.Host, row.Received}]++
		}
	}
	var out []ReportEvent
	for one, n := range schools {
		out = append(out, ReportEvent{At: one.at, Kind: EventReceived, Service: one.host, Schools: n})
	}
	return out
}

// answered is what schools said that they did by hand.
func (r OrderReport) answered() []ReportEvent {
	kinds := [...]EventKind{store.Attested: EventAttested, store.Undone: EventUndone, store.Refused: EventNotApplied}
	var out []ReportEvent
	for _, row := range r.Rows {
		for _, answer := range row.Answers {
			if r.Order.Type == order.Cancel && answer.Kind != store.Undone {
				continue // it was said about what this order lifts
			}
			out = append(out, ReportEvent{
				At: answer.At, Kind: kinds[answer.Kind], Person: answer.Person, School: row.School.UAI, Product: answer.Product,
			})
		}
	}
	return out
}

// A moment is something that happens to many schools at one instant.
type moment struct {
	at   time.Time
	kind EventKind
}

// spans is what the clock and servers do at the schools, many at a time: when the
// order begins, is applied, is late and ends.
func (a *App) spans(r OrderReport) []ReportEvent {
	at := map[moment][]school.UAI{}
	note := func(row BoardRow, kind EventKind, t time.Time) {
		if !t.IsZero() && !t.After(r.Made) {
			m := moment{t.UTC(), kind}
			at[m] = append(at[m], row.School.UAI)
		}
	}
	for _, row := range r.Rows {
		begins, ends := a.life(r.Order.Order, row.School.UAI)
		if !ends.IsZero() && !begins.Before(ends) {
			continue // lifted before it began
		}
		note(row, EventBegins, begins)
		note(row, EventApplied, row.Applied)
		note(row, EventEnds, ends)
		if row.late(r.Delay) {
			note(row, EventOverdue, row.Due.Add(r.Delay))
		}
	}
	var out []ReportEvent
	for m, schools := range at {
		e := ReportEvent{At: m.at, Kind: m.kind, Schools: len(schools)}
		if len(schools) == 1 {
			e.School = schools[0]
		}
		out = append(out, e)
	}
	return out
}

// life is when an order begins and ends on a school's clock; zero: not known, or
// nothing ends it.
func (a *App) life(o *order.Order, uai school.UAI) (begins, ends time.Time) {
	zone := a.gate.Load().Zone(uai)
	if zone == nil {
		return begins, ends
	}
	set, _ := a.orders.get()
	life := set.Life(o.ID, zone)
	begins = time.Unix(life.From, 0)
	if life.Until != hours.Never {
		ends = time.Unix(life.Until, 0)
	}
	return begins, ends
}

// late reports whether a school had not done everything in time, whatever it did
// since.
func (row BoardRow) late(delay time.Duration) bool {
	return row.State == AnswerOverdue || !row.Done.IsZero() && row.Done.After(row.Due.Add(delay))
}

// exempted is who asked to be exempt, and what was answered, at the schools of the
// report.
func (r OrderReport) exempted(requests []store.ExemptionRequest) []ReportEvent {
	here := map[school.UAI]bool{}
	for _, row := range r.Rows {
		here[row.School.UAI] = true
	}
	var out []ReportEvent
	for _, q := range requests {
		if !here[q.School] {
			continue
		}
		asked := ReportEvent{Kind: EventExemptionAsked, At: store.InstantOf(q.ID), Person: q.Person, School: q.School, Request: q.ID, Role: q.Role}
		if q.Answer.At.IsZero() {
			out = append(out, asked)
			continue
		}
		asked.At = earlier(asked.At, q.Answer.At)
		out = append(out, asked)
		kind := EventExemptionRefused
		if q.Granted() {
			kind = EventExemptionGranted
		}
		out = append(out, ReportEvent{
			Kind: kind, At: q.Answer.At, Person: q.Answer.By, Office: q.Answer.Authority, School: q.School, Request: q.ID, Role: q.Role,
		})
	}
	return out
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
