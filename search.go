package ecluse

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Version is that of the orders by which the point is answered now.
func (w *Answerer) Version() int64 { return w.app.gate.Load().Version() }

// Schools lists at most n schools of the point's territory whose code comes
// after the one given, by code.
func (w *Answerer) Schools(after school.UAI, n int) []school.School {
	all := w.app.gate.Load().Schools() // by code, as the store gives them
	at, found := slices.BinarySearchFunc(all, after, func(s school.School, u school.UAI) int {
		return strings.Compare(string(s.UAI), string(u))
	})
	if found {
		at++
	}
	var list []school.School
	for _, s := range all[at:] {
		if len(list) == n {
			break
		}
		if w.point.Territory.Contains(s.Territory()) {
			list = append(list, s)
		}
	}
	return list
}

// Places lists the schools of the point's territory in which the person with a
// login has a place, as one of these roles (0: any). Nobody has none.
func (w *Answerer) Places(ctx context.Context, login string, roles school.Roles) ([]school.UAI, error) {
	known, err := w.app.people.find(ctx, w.app.store, account.FoldLogin(login), time.Now())
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	snapshot := w.app.gate.Load()
	var list []school.UAI
	for _, m := range known.members {
		in := roles == 0 || roles.Has(m.Role)
		if in && w.covers(snapshot, m.School) && !slices.Contains(list, m.School) {
			list = append(list, m.School)
		}
	}
	slices.Sort(list)
	return list, nil
}

// Logins lists at most n logins of people who have a place in a school, as one
// of these roles (0: any), after the one given, in a fixed order. A school
// outside the point's territory has nobody.
func (w *Answerer) Logins(ctx context.Context, uai school.UAI, roles school.Roles, after string, n int) (list []string, err error) {
	if !w.covers(w.app.gate.Load(), uai) {
		return nil, nil
	}
	if roles == 0 {
		roles = school.Everyone
	}
	err = w.app.store.Read(ctx, func(tx *store.Tx) error {
		list, err = tx.LoginsAfter(uai, roles, after, n)
		return err
	})
	return list, err
}

// covers reports whether a school is known and in the point's territory.
func (w *Answerer) covers(s *gate.Snapshot, uai school.UAI) bool {
	sc, err := s.School(uai)
	return err == nil && w.point.Territory.Contains(sc.Territory())
}

// A PlaceState is what people of one role may do in a school, with accounts that
// meet every requirement: for who must be told beforehand instead of asking.
type PlaceState struct {
	School  school.School
	Role    school.Role
	Access  order.Access
	Unknown bool                       // closed because something could not be decided
	Until   time.Time                  // zero: no change is known
	Opens   [order.Write + 1]time.Time // by access, as in an Answer
}

// States is the state of every role in schools, for one service, at one instant
// and by the orders of one version. Where nothing can be decided all of them are
// closed.
func (w *Answerer) States(service order.Service, schools []school.School) (states []PlaceState, version int64) {
	snapshot, now, ready := w.app.gate.Load(), w.app.clock.Now(), w.app.Ready() == nil
	w.notes.asked.Store(now.UnixMilli())
	states = make([]PlaceState, 0, len(schools)*school.RoleCount)
	for _, s := range schools {
		loc := w.app.zone(s.Zone)
		for role := range school.Role(school.RoleCount) {
			r := gate.Request{School: s.UAI, Role: role, Service: service, At: now.Unix(), Facts: gate.Compliant()}
			states = append(states, placeState(snapshot, r, s, loc, ready))
		}
	}
	return states, snapshot.Version()
}

func placeState(snapshot *gate.Snapshot, r gate.Request, s school.School, loc *time.Location, ready bool) PlaceState {
	st := PlaceState{School: s, Role: r.Role, Unknown: true}
	if !ready {
		return st
	}
	d := snapshot.Decide(r)
	st.Access, st.Unknown, st.Until = d.Access, d.Unknown, instant(snapshot.Lasts(r), loc)
	for access := d.Access + 1; access <= order.Write; access++ {
		st.Opens[access] = instant(snapshot.Reopens(r, access), loc)
	}
	return st
}
