package signin

import (
	"context"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A securityEvent is the claims set of a security event token (RFC 8417, section
// 2.2) as SSF 1.0 profiles it (section 4.1): no exp, no sub, one event.
type securityEvent struct {
	Issuer      string  `json:"iss"`
	ID          string  `json:"jti"`
	Issued      int64   `json:"iat"`
	Audience    string  `json:"aud"`
	Transaction string  `json:"txn,omitempty"` // the same for all that one cause closed
	Subject     subject `json:"sub_id"`
	Events      events  `json:"events"`
}

// A subject is a complex one (SSF 1.0, section 3.3): a role in a school, as a
// group in an organizational unit; or an opaque one, a stream.
type subject struct {
	Format  string   `json:"format"`
	ID      string   `json:"id,omitempty"`
	Group   *subject `json:"group,omitempty"`
	OrgUnit *subject `json:"org_unit,omitempty"`
}

type events struct {
	Revoked      *revoked      `json:"https://schemas.openid.net/secevent/caep/event-type/session-revoked,omitempty"`
	Verification *verification `json:"https://schemas.openid.net/secevent/ssf/event-type/verification,omitempty"`
}

// The types of the events that are sent.
const (
	revokedType      = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
	verificationType = "https://schemas.openid.net/secevent/ssf/event-type/verification"
)

// revoked is a session-revoked event (CAEP 1.0, sections 2 and 3.1).
type revoked struct {
	At         int64   `json:"event_timestamp"`
	Initiator  string  `json:"initiating_entity"`
	ToAdmins   message `json:"reason_admin"`
	ToSomebody message `json:"reason_user"`
}

// verification is a verification event (SSF 1.0, section 8.1.4.1).
type verification struct {
	State string `json:"state,omitempty"`
}

func opaque(id string) *subject { return &subject{Format: "opaque", ID: id} }

const (
	// lookAgain is how often everything is looked at even if nothing changed.
	lookAgain = time.Minute
	// unsettled is how soon where nothing can be decided just now.
	unsettled = time.Second
	askAtOnce = 500
)

// watch looks at every change what has closed since the last one; at first, that
// is all that is closed.
func (s *SignIn) watch(ctx context.Context, to *stream) {
	d := s.desk.Local("ssf")
	changes := d.Changes(ctx)
	for {
		wait := lookAgain
		if err := s.look(ctx, d, to); err != nil {
			s.log.Warn("no signals are sent while nothing can be decided", "stream", to.id, "error", err)
			wait = unsettled
		}
		select {
		case <-ctx.Done():
			return
		case <-changes:
		case <-time.After(wait):
		}
	}
}

// look asks about every role of every school once. While the application can
// decide nothing at all it tells nothing: everything is refused then, and it may
// be over in a moment. A school that alone cannot be decided is closed like any
// other.
func (s *SignIn) look(ctx context.Context, d *ecluse.Answerer, to *stream) error {
	if err := s.app.Ready(); err != nil {
		return err
	}
	var places []place
	for _, sc := range s.app.Snapshot().Schools() {
		if !to.territory.Contains(sc.Territory()) {
			continue
		}
		for role := range school.Role(school.RoleCount) {
			places = append(places, place{sc.UAI, role})
		}
	}
	for len(places) > 0 && ctx.Err() == nil {
		part := places[:min(len(places), askAtOnce)]
		places = places[len(part):]
		questions := make([]enforce.Question, len(part))
		for i, p := range part {
			questions[i] = enforce.Question{School: p.School, Roles: school.RolesOf(p.Role), Service: to.service}
		}
		answers := d.AskAll(ctx, questions)
		if err := s.app.Ready(); err != nil {
			return err
		}
		for i, answer := range answers {
			s.compare(to, part[i], answer)
		}
	}
	return nil
}

// compare holds one place against what it was. Where it was closed and is, with
// another reopening ahead, it may have been open in between while nobody looked.
func (s *SignIn) compare(to *stream, p place, answer *enforce.Answer) {
	was, closed := to.closed[p]
	if answer.Allows(enforce.OpenSession) {
		if closed {
			delete(to.closed, p)
			to.takeBack(p)
		}
		return
	}
	is := closing{was.since, answer.Opens[order.Read]}
	if closed && is.opens.Equal(was.opens) {
		return
	}
	is.since = s.app.Snapshot().Since(gate.Request{
		School: p.School, Role: p.Role, Service: to.service, At: s.app.Now().Unix(), Facts: gate.Compliant(),
	})
	to.closed[p] = is
	if !closed || is.since != was.since {
		to.add(s.revocation(to, p, is.since, answer))
	}
}

// revocation is the event that tells of a closing. The instant at which the
// place closed is part of its jti: a closing is one event, however often it is
// looked at.
func (s *SignIn) revocation(to *stream, p place, since int64, answer *enforce.Answer) *event {
	at := max(since, 0) // what was always closed
	id := stableID(s.issuer, to.audience, to.id, to.service, p.School, p.Role, since)
	admins := message{"Fermeture par le sas.", "Closed by the gate."}
	var orders []any
	for i, b := range answer.Orders {
		orders = append(orders, b.ID)
		if i == 0 {
			admins = message{"Fermeture par l’ordre " + string(b.ID) + ".", "Closed by order " + string(b.ID) + "."}
		}
	}
	return &event{id: id, place: p, token: securityEvent{
		Issuer: s.issuer, ID: id, Issued: time.Now().Unix(), Audience: to.audience, Transaction: stableID(append(orders, at)...),
		Subject: subject{Format: "complex", Group: opaque(p.Role.String()), OrgUnit: opaque(string(p.School))},
		Events: events{Revoked: &revoked{
			At: at, Initiator: "policy", ToAdmins: admins, ToSomebody: message{answer.French.Brief, answer.English.Brief},
		}},
	}}
}
