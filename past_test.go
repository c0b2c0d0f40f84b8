package ecluse_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const datedBack = `order: FR/13/079/2024-0001
issuer: FR/13/079
status: actual
type: issue
title: Fermeture
applies: {territory: FR/13/079}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil], hours: "off"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet du DASEN, phone: 05 36 49 00 00}
`

// An order dated back binds at once, and every picture of the past shows what was
// decided then: nothing.
func TestAnOrderDatedBackChangesNoPast(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db string) {
		w := newWorld(t, db, "2024-04-03T10:00:00")
		monday := hours.NewDate(2024, 4, 1)
		o := parse(t, datedBack)
		w.must(w.IssueOrder(w.ctx, w.office(), o))

		ask := gate.Request{School: college, Role: school.Pupil, At: w.Now().Unix()}
		if d := w.Snapshot().Decide(ask); d.Access != order.Closed {
			t.Errorf("it does not bind at once: %+v", d)
		}
		if since := w.Snapshot().Since(ask); since != w.Now().Unix() {
			t.Errorf("closed since %v, not since it was issued", time.Unix(since, 0))
		}
		day := w.Snapshot().Week(college, school.Pupil, order.Messaging, monday).Days[2].Segments
		if len(day) != 2 || day[0].Access != order.Write || day[0].ToSecond != 10*3600 || day[1].Access != order.Closed {
			t.Errorf("the day of the issue shows %+v", day)
		}
		v, err := w.Order(o.ID, "Europe/Paris")
		w.must(err)
		if !v.From.Equal(w.Now()) {
			t.Errorf("it is said to bind from %v", v.From)
		}
	})
}
