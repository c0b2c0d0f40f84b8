package ecluse

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A SignInService is a place where people of the schools sign in, and whose word
// counts here: ÉduConnect, an agents' portal, an ENT.
type SignInService struct {
	Name            string // in addresses and the journal
	French, English string // as people know it
	Home            string // the address of our own pages
	Back            string // the one to which it sends browsers back
	Roles           school.Roles
	Offices         bool   // whether it opens accounts that hold an office
	Renew           string // where people change their password there; "" where nobody told us
	identity.Service
}

// opens reports whether an account with these places may be entered by the
// service. One that also has a place which the service is not for stays shut: who
// can get in there must not get further here.
func (s SignInService) opens(members []account.Membership, offices []account.Office) bool {
	return (s.Offices || len(offices) == 0) && len(members)+len(offices) > 0 &&
		!slices.ContainsFunc(members, func(m account.Membership) bool { return !s.Roles.Has(m.Role) })
}

// SignInServices are those of the configuration, in its order.
func (a *App) SignInServices() []SignInService { return a.services }

// SignInService is one of them.
func (a *App) SignInService(name string) (SignInService, error) {
	for _, s := range a.services {
		if s.Name == name {
			return s, nil
		}
	}
	return SignInService{}, notFound("Ce service de connexion n’existe pas.", "There is no such sign-in service.")
}

// SetOut is where a browser is sent to sign in at a service, with the secret that it
// comes back with: as whom they are signed in there or, for a proof, anew.
func (a *App) SetOut(ctx context.Context, name, secret string, proof bool) (address string, err error) {
	s, err := a.SignInService(name)
	if err != nil {
		return "", err
	}
	if address, err = s.Begin(ctx, identity.Attempt{Secret: secret, Back: s.Back, Anew: proof}); err != nil {
		return "", a.notFinished(s, err)
	}
	return address, nil
}

// A Return is a browser that comes back from a sign-in service.
type Return struct {
	Service string
	Secret  string // of the attempt
	Proof   bool   // it went there to prove again who it is
	Query   url.Values
	From    Caller
}

// An UnknownError refuses somebody whom a service vouches for, and who has no
// account here that it opens.
type UnknownError struct {
	Service SignInService
	Shut    bool // there is an account, with a place that the service does not open
}

// Error is for logs, and does not name the person.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("the sign-in service %s vouches for somebody whose account it does not open (known: %t)", e.Service.Name, e.Shut)
}

// Unwrap makes an UnknownError a fault of kind Denied.
func (e *UnknownError) Unwrap() error {
	return denied("Votre compte n’est pas encore relié à Écluse.", "Your account is not linked to Écluse yet.")
}

// ComeBack opens a session for who comes back from a service, or notes the proof
// in the one they have. hint is what the service wants to hear when they leave.
// No account is ever made. A frozen one stays shut, and a second factor that was
// set up here is asked for unless the service asked for one.
func (a *App) ComeBack(ctx context.Context, r Return) (welcome Welcome, hint string, err error) {
	s, err := a.SignInService(r.Service)
	if err != nil {
		return welcome, "", err
	}
	said, err := s.Finish(ctx, identity.Attempt{Secret: r.Secret, Back: s.Back, Anew: r.Proof}, r.Query)
	if err != nil {
		return welcome, "", a.notFinished(s, err)
	}
	p, err := a.vouchedFor(ctx, s, said)
	if err != nil {
		return welcome, "", err
	}
	if r.Proof {
		welcome, err = a.proveByService(ctx, s, said, p, r.From)
	} else {
		welcome, err = a.enterByService(ctx, s, said, p, r.From)
	}
	return welcome, said.Hint, err
}

// notFinished tells who is to start again from what is the service's fault.
func (a *App) notFinished(s SignInService, err error) error {
	switch {
	case errors.Is(err, identity.ErrLeft):
		return fault.Wrap(err, fault.Denied,
			"Vous avez renoncé à vous connecter là-bas. Vous pouvez recommencer quand vous voulez.",
			"You gave up signing in there. You can start again whenever you like.")
	case errors.Is(err, identity.ErrStale):
		return fault.Wrap(err, fault.Conflict,
			"Cette connexion n’est plus valable\u00a0: elle a peut-être déjà servi, ou elle a trop attendu. Recommencez.",
			"This sign-in is no longer valid: it may have been used already, or waited too long. Start again.")
	}
	a.log.Error("a sign-in service could not be believed or understood", "service", s.Name, "error", err)
	return fault.Wrap(err, fault.Unavailable,
		"Le service de connexion ne répond pas comme il devrait. Réessayez dans quelques minutes.",
		"The sign-in service does not answer as it should. Try again in a few minutes.")
}

// vouchedFor is whom the service means.
func (a *App) vouchedFor(ctx context.Context, s SignInService, said identity.Assertion) (p account.Person, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		var err error
		if p, err = tx.PersonByName(account.FoldLogin(cut(said.Name, longestLogin))); err != nil {
			return asUnknown(err, s)
		}
		members, err := tx.MembershipsOf(p.ID)
		if err != nil {
			return err
		}
		offices, err := tx.Offices(p.ID)
		if err != nil {
			return err
		}
		if !s.opens(members, offices) {
			return &UnknownError{s, true}
		}
		return nil
	})
	return p, err
}

func asUnknown(err error, s SignInService) error {
	if fault.Is(err, fault.NotFound) {
		return &UnknownError{s, false}
	}
	return err
}

// hangsOn is how a session hangs on what the service said.
func hangsOn(s SignInService, said identity.Assertion) account.Service {
	on := account.Service{Name: s.Name, Subject: account.DigestOf(said.Subject)}
	if said.Session != "" {
		on.Session = account.DigestOf(said.Session)
	}
	return on
}

func factorsOf(said identity.Assertion) account.Factors {
	if said.Second {
		return account.ByService | account.ByServiceSecond
	}
	return account.ByService
}

// enterByService opens a session.
func (a *App) enterByService(ctx context.Context, s SignInService, said identity.Assertion, p account.Person, from Caller) (Welcome, error) {
	welcome := Welcome{Device: from.Device}
	if welcome.Device == "" {
		welcome.Device, _ = account.NewToken()
	}
	session := account.Session{
		Person: p.ID, Device: cut(from.Browser, 200), Address: from.Address, Factors: factorsOf(said), Proved: said.Proved,
		Browser: account.DigestOf(welcome.Device), Network: account.FoldNetwork(from.Address), Country: a.places.Find(from.Address).Country, Service: hangsOn(s, said),
	}
	welcome.Token, session.Digest = account.NewToken()
	who := Actor{Person: account.Person{ID: p.ID}}
	err := a.do(ctx, who, act{"session.open", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		session.Created, session.Seen = now, now
		if err := tx.HoldPerson(p.ID); err != nil { // before any row of theirs: see store.Tx.HoldPerson
			return "", "", err
		}
		if err := tx.Spend(said.Once, now); err != nil {
			return "", "", err
		}
		if err := tx.CameBy(p.ID, s.Name); err != nil {
			return "", "", err
		}
		var err error
		if session.Stage, err = a.stageOf(tx, session); err != nil {
			return "", "", err
		}
		if session.Stage == account.StageWhole { // half a sign-in makes no device known
			try := account.Try{Login: p.Login, Address: account.FoldAddress(from.Address), Device: session.Browser, At: now, OK: true}
			if err := tx.AddTry(try); err != nil {
				return "", "", err
			}
		}
		return who.String(), "service " + s.Name, a.keepSession(tx, session, tx.AddSession)
	})
	welcome.Stage = session.Stage
	return welcome, a.noteAbroad(ctx, who, err)
}

// renewed notes that somebody whose password is a service's proved there anew who
// they are. It ends the renewal that was asked of them before, and counts as the
// date of the password for orders that ask for one: whether it changed, the service
// alone knows.
func renewed(tx *store.Tx, person account.PersonID, proved time.Time) error {
	c, err := tx.Credential(person)
	if err := ignoreNotFound(err); err != nil || c.Hash != "" {
		return err
	}
	if err := tx.PutCredential(account.Credential{Person: person, Changed: proved}); err != nil {
		return err
	}
	renewal, err := tx.Renewal(person)
	if err != nil {
		return ignoreNotFound(err)
	}
	if proved.After(renewal.Since) {
		return tx.EndRenewal(person)
	}
	return nil
}

// hasPassword reports whether somebody has a password here.
func hasPassword(tx *store.Tx, person account.PersonID) (bool, error) {
	c, err := tx.Credential(person)
	return c.Hash != "", ignoreNotFound(err)
}

// proveByService notes in a session that its person proved to the service just now
// who they are.
func (a *App) proveByService(ctx context.Context, s SignInService, said identity.Assertion, p account.Person, from Caller) (Welcome, error) {
	v, err := a.Halfway(ctx, from.Token)
	switch {
	case err != nil:
		return Welcome{}, err
	case v.Person.ID != p.ID:
		return Welcome{}, denied("Vous vous êtes connecté là-bas avec un autre compte que celui qui est ouvert ici. Fermez d’abord cette connexion-ci.",
			"You signed in there with another account than the one that is open here. End this session first.")
	case a.clock.Now().Sub(said.Proved) >= freshFor:
		a.log.Warn("a sign-in service does not say that people proved anew who they are", "service", s.Name)
		return Welcome{}, denied("Ce service n’a pas confirmé que vous venez de prouver qui vous êtes. Réessayez, ou adressez-vous à votre établissement.",
			"This service did not confirm that you have just proved who you are. Try again, or speak to your school.")
	}
	by := factorsOf(said)
	if v.Session.Stage == account.StageRenewal && account.DigestOf(from.Device) == v.Session.Browser {
		by |= v.Session.Factors // a second factor was given on the way here
	}
	return a.advance(ctx, v, from, by, func(tx *store.Tx, now time.Time) error {
		if err := tx.Spend(said.Once, now); err != nil {
			return err
		}
		return renewed(tx, p.ID, said.Proved)
	})
}

// ServiceOf is the sign-in service by which somebody can prove who they are, if
// there is one: the one that their session came from.
func (a *App) ServiceOf(v Visit) (SignInService, bool) {
	s, err := a.SignInService(v.Session.Service.Name)
	return s, err == nil
}

// ServicesFor are the sign-in services that open the account of who is signed in.
func (a *App) ServicesFor(v Visit) (list []SignInService) {
	for _, s := range a.services {
		if s.opens(v.Members, v.Offices) {
			list = append(list, s)
		}
	}
	return list
}

// EndedAt takes a service's word that a session of its own, or all of a person,
// have ended: ours that hang on it end on every node.
func (a *App) EndedAt(ctx context.Context, name string, form url.Values) error {
	s, err := a.SignInService(name)
	if err != nil {
		return err
	}
	ending, err := s.Ended(ctx, form)
	if errors.Is(err, identity.ErrForged) {
		return fault.Wrap(err, fault.Invalid, "Cette annonce n’est pas valable.", "This notice is not valid.")
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "Réessayez plus tard.", "Try again later.")
	}
	on := account.Service{Name: name, Subject: account.DigestOf(ending.Subject)}
	if ending.Session != "" {
		on.Session = account.DigestOf(ending.Session)
	}
	if ending.Once == ([32]byte{}) { // whoever knows no session of ours writes nothing
		if list, err := a.sessionsAt(ctx, on); err != nil || len(list) == 0 {
			return err
		}
	}
	who := Actor{Part: "sign-in service " + name}
	err = a.do(ctx, who, act{"session.end", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		return endAt(tx, on, ending.Once, now)
	})
	return orElse(err, a.revoked(ctx))
}

func (a *App) sessionsAt(ctx context.Context, on account.Service) (list []account.Session, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.SessionsByService(on)
		return err
	})
	return list, err
}

// endAt ends the sessions that hang on a service's, and tells whose and how many.
func endAt(tx *store.Tx, on account.Service, once [32]byte, now time.Time) (subject, detail string, err error) {
	if once != ([32]byte{}) {
		if err := tx.Spend(once, now); err != nil {
			return "", "", err
		}
	}
	list, err := tx.SessionsByService(on)
	if err != nil {
		return "", "", err
	}
	for _, s := range list {
		subject = account.Person{ID: s.Person}.Number()
		if err := tx.EndSession(s.Digest, now); err != nil {
			return "", "", err
		}
	}
	return subject, fmt.Sprintf("%d sessions", len(list)), nil
}
