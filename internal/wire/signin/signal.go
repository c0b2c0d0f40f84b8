package signin

import (
	"context"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
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
)

// watch looks at every change what has closed since the last one; at first, that
// is all that is closed.
func (s *SignIn) watch(ctx context.Context, to *stream) {
	changes := s.desk.Local("ssf").Changes(ctx)
	for {
		wait := lookAgain
		if err := s.look(to); err != nil {
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

// look decides about every role of every school once, by the snapshot itself: an
// answer with its sentences is only made for what is told. While the application
// can decide nothing at all it tells nothing: everything is refused then, and it
// may be over in a moment. A school that alone cannot be decided is closed like
// any other.
func (s *SignIn) look(to *stream) error {
	if err := s.app.Ready(); err != nil {
		return err
	}
	snapshot, now := s.app.Snapshot(), s.app.Now().Unix()
	for _, sc := range snapshot.Schools() {
		if !to.territory.Contains(sc.Territory()) {
			continue
		}
		for role := range school.Role(school.RoleCount) {
			s.compare(to, snapshot, gate.Request{School: sc.UAI, Role: role, Service: to.service, At: now, Facts: gate.Compliant()})
		}
	}
	return nil
}

// compare holds one place against what it was. Where it was closed and is, with
// another change ahead, it may have been open in between while nobody looked.
func (s *SignIn) compare(to *stream, snapshot *gate.Snapshot, r gate.Request) {
	p, decision := place{r.School, r.Role}, snapshot.Decide(r)
	was, closed := to.closed[p]
	if decision.Access >= enforce.OpenSession.Needs() {
		if closed {
			delete(to.closed, p)
			to.takeBack(p)
		}
		return
	}
	if closed && decision.Until == was.until {
		return
	}
	is := closing{since: snapshot.Since(r), until: decision.Until}
	to.closed[p] = is
	if !closed || is.since != was.since {
		to.add(&event{id: s.idOf(to, p, is.since), place: p, since: is.since, issued: time.Now().Unix()})
	}
}

// idOf is the jti of a closing. The instant at which the place closed is part of
// it: a closing is one event, however often it is looked at.
func (s *SignIn) idOf(to *stream, p place, since int64) string {
	return stableID(s.issuer, to.audience, to.id, to.service.String(), string(p.School), p.Role.String(), strconv.FormatInt(since, 10))
}

// tokenOf is the signed token of an event. What it says is put together when it
// is first sent, and the same each time.
func (s *SignIn) tokenOf(ctx context.Context, to *stream, e *event) (string, error) {
	e.once.Do(func() {
		e.token = securityEvent{Issuer: s.issuer, ID: e.id, Issued: e.issued, Audience: to.audience}
		if e.place == (place{}) {
			e.token.Subject, e.token.Events.Verification = *opaque(to.id), &verification{e.state}
			return
		}
		answer := s.desk.Local("ssf").Ask(ctx, enforce.Question{School: e.place.School, Roles: school.RolesOf(e.place.Role), Service: to.service})
		e.token.Subject = subject{Format: "complex", Group: opaque(e.place.Role.String()), OrgUnit: opaque(string(e.place.School))}
		e.token.Events.Revoked, e.token.Transaction = revocation(max(e.since, 0), answer)
	})
	return sign(s.keys.events, e.token)
}

// revocation tells of a closing, and names its cause.
func revocation(at int64, answer *enforce.Answer) (r *revoked, cause string) {
	r = &revoked{
		At: at, Initiator: "policy", ToAdmins: message{"Fermeture par le sas.", "Closed by the gate."},
		ToSomebody: message{answer.French.Brief, answer.English.Brief},
	}
	causes := []string{strconv.FormatInt(at, 10)}
	for i, b := range answer.Orders {
		causes = append(causes, string(b.ID))
		if i == 0 {
			r.ToAdmins = message{"Fermeture par l’ordre " + string(b.ID) + ".", "Closed by order " + string(b.ID) + "."}
		}
	}
	return r, stableID(causes...)
}
