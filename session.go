package ecluse

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How long things about signing in last.
const (
	sessionIdle   = 12 * time.Hour      // without a request
	sessionLonger = 30 * 24 * time.Hour // at all
	touchEvery    = 5 * time.Minute     // how precisely the last use is kept
	knownFor      = 90 * 24 * time.Hour // a device is known that long after it last signed in
)

// A SignIn is one attempt: what was typed and where it came from.
type SignIn struct {
	Login    string
	Password string
	Device   string // the browser's long-lived device token; "" the first time
	Browser  string // what the browser calls itself
	Address  string
}

// A Welcome is what a browser keeps after signing in.
type Welcome struct {
	Token  string // of the session
	Device string // the device token, new or as it was
}

// SignIn opens a session. Unknown accounts, accounts never activated and wrong
// passwords are refused alike, in the same time. No order closes signing in: the
// notice and the security of one's account stay within reach.
//
// A try is judged when it comes and again when its turn to be verified does:
// guesses sent together are limited like guesses sent in a row.
func (a *App) SignIn(ctx context.Context, in SignIn) (Welcome, error) {
	welcome := Welcome{Device: in.Device}
	if in.Device == "" {
		welcome.Device, _ = account.NewToken()
	}
	try := account.Try{
		Login: account.FoldLogin(cut(in.Login, longestLogin)), Address: account.FoldAddress(in.Address),
		Device: account.DigestOf(welcome.Device), At: a.clock.Now(),
	}
	if _, _, err := a.judge(ctx, try); err != nil {
		return Welcome{}, err
	}
	var found account.Credential
	var known bool
	ok, err := a.hasher.Verify(ctx, in.Password, func() (_ string, err error) {
		try.At = a.clock.Now()
		found, known, err = a.judge(ctx, try)
		return found.Hash, err
	})
	if err != nil {
		return Welcome{}, err
	}
	if !ok {
		return Welcome{}, a.failed(ctx, try)
	}
	var digest [32]byte
	welcome.Token, digest = account.NewToken()
	return welcome, a.openSession(ctx, try, found.Hash, account.Session{
		Digest: digest, Person: found.Person, Device: cut(in.Browser, 200), Address: in.Address, Known: known,
	})
}

// longestLogin bounds what a try keeps, in bytes: no login is longer.
const longestLogin = 200

// judge says whether this try must wait, whether its device is known, and finds
// the credential, empty for a login that nobody has. It does the same work for a
// login that somebody has and for one that nobody has.
func (a *App) judge(ctx context.Context, try account.Try) (c account.Credential, known bool, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		tries, err := tx.Tries(try.Login, try.Address, try.At.Add(-account.TryWindow), try.At.Add(-knownFor))
		if err != nil {
			return err
		}
		known = account.KnownDevice(tries, try)
		if wait := account.Wait(tries, try); wait > 0 {
			return tooSoon(wait)
		}
		p, err := tx.PersonByLogin(try.Login)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		c, err = tx.Credential(p.ID)
		return ignoreNotFound(err)
	})
	return c, known, err
}

func ignoreNotFound(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

func tooSoon(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	return fault.New(fault.TooMany,
		fmt.Sprintf("Trop d’essais à la suite. Attendez %s, puis réessayez.", counted(seconds, "seconde")),
		fmt.Sprintf("Too many tries in a row. Wait %s, then try again.", counted(seconds, "second")))
}

// counted is a number with its word, in French and in English alike.
func counted(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return strconv.Itoa(n) + "\u00a0" + word
}

// failed records a wrong try and refuses it.
func (a *App) failed(ctx context.Context, try account.Try) error {
	err := a.store.Write(ctx, func(tx *store.Tx) error { return tx.AddTry(try) })
	return orElse(err, noMatch())
}

func noMatch() error {
	return fault.New(fault.SignedOut,
		"L’identifiant ou le mot de passe ne correspond pas. Vérifiez les deux, puis réessayez.",
		"The login or the password does not match. Check both, then try again.")
}

// openSession records the success and the session, unless the password was
// changed while it was verified against hash: a change ends the sessions that
// are, and must not be outrun by one that is about to be.
func (a *App) openSession(ctx context.Context, try account.Try, hash string, s account.Session) error {
	try.OK = true
	who := Actor{Person: account.Person{ID: s.Person}}
	return a.do(ctx, who, act{"session.open", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		s.Created, s.Seen, s.Expires = now, now, now.Add(sessionIdle)
		if c, err := tx.Credential(s.Person); err != nil || c.Hash != hash {
			return "", "", orElse(err, noMatch())
		}
		if err := tx.AddTry(try); err != nil {
			return "", "", err
		}
		return who.String(), "", tx.AddSession(s)
	})
}

// A Visit is a session that holds: the person, their places and their offices.
type Visit struct {
	Person  account.Person
	Members []account.Membership
	Offices []account.Office
	Session account.Session
	Facts   gate.Facts
}

// Visit finds the session of a token, or a fault of kind SignedOut.
func (a *App) Visit(ctx context.Context, token string) (Visit, error) {
	var v Visit
	if token == "" {
		return v, signedOut()
	}
	err := a.store.Read(ctx, func(tx *store.Tx) error {
		var err error
		if v.Session, err = tx.Session(account.DigestOf(token)); err != nil {
			return err
		}
		return v.load(tx)
	})
	if fault.Is(err, fault.NotFound) {
		return v, signedOut()
	}
	if err != nil {
		return v, err
	}
	now := a.clock.Now()
	if !now.Before(v.Session.Expires) {
		return v, signedOut()
	}
	return v, a.touch(ctx, v.Session, now)
}

// VisitOf is a person's visit without a session, for commands and tests on the
// machine itself.
func (a *App) VisitOf(ctx context.Context, login string) (v Visit, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.PersonByLogin(account.FoldLogin(login))
		if err != nil {
			return err
		}
		v.Session.Person = p.ID
		return v.load(tx)
	})
	return v, err
}

// load reads who the session's person is and where they have a place.
func (v *Visit) load(tx *store.Tx) (err error) {
	if v.Person, err = tx.Person(v.Session.Person); err != nil {
		return err
	}
	if v.Members, err = tx.MembershipsOf(v.Person.ID); err != nil {
		return err
	}
	if v.Offices, err = tx.Offices(v.Person.ID); err != nil {
		return err
	}
	credential, err := tx.Credential(v.Person.ID)
	v.Facts.KnownDevice = v.Session.Known
	v.Facts.PasswordChanged = credential.Changed.Unix()
	return ignoreNotFound(err)
}

// touch puts the end of a session off while it is used.
func (a *App) touch(ctx context.Context, s account.Session, now time.Time) error {
	if now.Sub(s.Seen) < touchEvery {
		return nil
	}
	expires := now.Add(sessionIdle)
	if last := s.Created.Add(sessionLonger); expires.After(last) {
		expires = last
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.TouchSession(s.Digest, now, expires) })
}

func signedOut() error {
	return fault.New(fault.SignedOut, "Connectez-vous pour continuer.", "Sign in to go on.")
}

// As is the actor of one of the visit's memberships.
func (v Visit) As(id account.MemberID) (Actor, error) {
	for _, m := range v.Members {
		if m.ID == id {
			return Actor{Person: v.Person, Member: m, Office: headOffice(m), Session: v.Session.Digest, Facts: v.Facts}, nil
		}
	}
	return Actor{}, notFound("Cette page n’existe pas, ou n’est pas à vous.", "This page does not exist, or is not yours.")
}

// For is the actor of one of the visit's offices.
func (v Visit) For(t school.Territory) (Actor, error) {
	for _, o := range v.Offices {
		if o.Territory == t {
			return Actor{Person: v.Person, Office: o, Session: v.Session.Digest, Facts: v.Facts}, nil
		}
	}
	return Actor{}, notFound("Cette page n’existe pas, ou n’est pas à vous.", "This page does not exist, or is not yours.")
}

// Alone is the actor outside any place: account security.
func (v Visit) Alone() Actor {
	return Actor{Person: v.Person, Session: v.Session.Digest, Facts: v.Facts}
}

// SignOut ends the session that acts.
func (a *App) SignOut(ctx context.Context, who Actor) error {
	return a.endSession(ctx, who, who.Session)
}

// Sessions lists the person's own.
func (a *App) Sessions(ctx context.Context, who Actor) (list []account.Session, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.SessionsOf(who.Person.ID)
		return err
	})
	return list, err
}

// EndSession ends one of the person's own sessions.
func (a *App) EndSession(ctx context.Context, who Actor, digest [32]byte) error {
	own, err := a.Sessions(ctx, who)
	if err != nil {
		return err
	}
	for _, s := range own {
		if s.Digest == digest {
			return a.endSession(ctx, who, digest)
		}
	}
	return notFound("Cette connexion est déjà fermée.", "This session has ended already.")
}

func (a *App) endSession(ctx context.Context, who Actor, digest [32]byte) error {
	err := a.do(ctx, who, act{"session.end", journal.Installation, gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return who.String(), "", tx.EndSession(digest)
	})
	a.live.cutSession(digest)
	return err
}

// ChangePassword asks for the present password, sets the new one and ends all
// other sessions of the person. Guesses at the present one are limited as those
// at signing in are, but apart from them: no stranger keeps the owner from it.
func (a *App) ChangePassword(ctx context.Context, who Actor, present, next string) error {
	if err := account.CheckPassword(who.Person, next); err != nil {
		return err
	}
	if _, err := a.prove(ctx, who, present); err != nil {
		return err
	}
	hash, err := a.hasher.Hash(ctx, next)
	if err != nil {
		return err
	}
	return a.replacePassword(ctx, who, hash)
}

// prove asks who is signed in for their password again, and returns what it was
// verified against.
func (a *App) prove(ctx context.Context, who Actor, password string) (hash string, err error) {
	own := signedIn + who.Person.Login
	try := account.Try{Login: own, Address: own, At: a.clock.Now()}
	ok, err := a.hasher.Verify(ctx, password, func() (_ string, err error) {
		hash, err = a.presentHash(ctx, who, try)
		return hash, err
	})
	if err == nil && !ok {
		err = orElse(a.store.Write(ctx, func(tx *store.Tx) error { return tx.AddTry(try) }), wrongPassword())
	}
	return hash, err
}

func wrongPassword() error {
	return invalid("Le mot de passe actuel ne correspond pas.", "The present password does not match.")
}

// signedIn begins the login and address of tries by who is signed in.
// No login that is typed begins so: FoldLogin trims it.
const signedIn = "\n"

// presentHash is the actor's own, unless this try must wait.
func (a *App) presentHash(ctx context.Context, who Actor, try account.Try) (hash string, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		tries, err := tx.Tries(try.Login, try.Address, try.At.Add(-account.TryWindow), try.At)
		if err != nil {
			return err
		}
		if wait := account.Wait(tries, try); wait > 0 {
			return tooSoon(wait)
		}
		c, err := tx.Credential(who.Person.ID)
		hash = c.Hash
		return err
	})
	return hash, err
}

func (a *App) replacePassword(ctx context.Context, who Actor, hash string) error {
	var ended []account.Session
	err := a.do(ctx, who, act{"password.change", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		err := tx.PutCredential(account.Credential{Person: who.Person.ID, Hash: hash, Changed: now})
		if err != nil {
			return "", "", err
		}
		if ended, err = tx.SessionsOf(who.Person.ID); err != nil {
			return "", "", err
		}
		for _, s := range ended {
			if s.Digest == who.Session {
				continue
			}
			if err := tx.EndSession(s.Digest); err != nil {
				return "", "", err
			}
		}
		return who.String(), "", nil
	})
	if err != nil {
		return err
	}
	a.people.forget()
	a.changed()
	for _, s := range ended {
		if s.Digest != who.Session {
			a.live.cutSession(s.Digest)
		}
	}
	return nil
}

// SetLanguage keeps the language the person reads.
func (a *App) SetLanguage(ctx context.Context, who Actor, lang string) error {
	if lang != "fr" && lang != "en" {
		return invalid("Cette langue n’est pas disponible.", "This language is not available.")
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.SetLanguage(who.Person.ID, lang) })
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// cut makes valid text of the first n bytes of a foreign string.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s[:min(len(s), n)], "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}
