package ecluse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
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
	Token  string        // of the session
	Device string        // the device token, new or as it was
	Stage  account.Stage // what is still asked before the session opens anything
}

// From is the caller that the browser is from now on.
func (w Welcome) From(address string) Caller {
	return Caller{Token: w.Token, Device: w.Device, Address: address}
}

// SignIn opens a session. Unknown accounts, accounts never activated and wrong
// passwords are refused alike, in the same time. No order closes signing in: the
// notice and the security of one's account stay within reach.
//
// Whoever comes is put in a line, or sent away, by memory alone. When their turn has
// come the try is judged, verified and, if it fails, kept: guesses sent together are
// limited like guesses sent in a row, and a flood that is sent away never reaches the
// database.
func (a *App) SignIn(ctx context.Context, in SignIn) (Welcome, error) {
	welcome := Welcome{Device: in.Device}
	if in.Device == "" {
		welcome.Device, _ = account.NewToken()
	}
	try := account.Try{
		Login: account.FoldLogin(cut(in.Login, longestLogin)), Address: account.FoldAddress(in.Address),
		Device: account.DigestOf(welcome.Device), At: a.clock.Now(),
	}
	found, err := a.verify(ctx, &try, in.Password)
	if err != nil {
		return Welcome{}, err
	}
	found.renewed = a.hasher.Renew(ctx, in.Password, found.Hash)
	if a.Leaked(in.Password) {
		if err := a.askRenewal(ctx, found.Person, found.Hash); err != nil {
			return Welcome{}, err
		}
	}
	var digest [32]byte
	welcome.Token, digest = account.NewToken()
	s := account.Session{
		Digest: digest, Person: found.Person, Device: cut(in.Browser, 200), Address: in.Address,
		Factors: account.ByPassword, Browser: try.Device, Network: account.FoldNetwork(in.Address), Country: a.places.Find(in.Address).Country,
	}
	err = a.noteAbroad(ctx, Actor{Person: account.Person{ID: s.Person}}, a.openSession(ctx, try, found, &s))
	if err == nil && s.Stage == account.StageWhole {
		try.OK = true
		a.faces.Load().Learn(try)
	}
	welcome.Stage = s.Stage
	return welcome, err
}

// verify judges a try and verifies its password, at an instant that is the try's from
// then on.
func (a *App) verify(ctx context.Context, try *account.Try, password string) (found judged, err error) {
	err = a.hasher.VerifyGuess(ctx, account.Guess{
		From: a.faces.Load().Place(*try), Password: password,
		Stored: func() (_ string, err error) {
			try.At = a.clock.Now()
			found, err = a.judge(ctx, *try)
			return found.Hash, err
		},
		Wrong: func() error { return a.failed(ctx, *try, found) },
	})
	if errors.Is(err, account.ErrShed) {
		a.faces.Load().SentAway(*try)
	}
	return found, err
}

// longestLogin bounds what a try keeps, in bytes: no login is longer.
const longestLogin = 200

// A judged try is what is known before its password is: the account's credential,
// empty for a login that nobody has, what is thought of where the try comes from,
// whether its password will be enough, and the hash that takes the place of one
// whose cost has become too low.
type judged struct {
	account.Credential
	account.Standing
	asks    bool
	renewed string
}

// judge refuses a try that must wait. It does the same work for a login that
// somebody has and for one that nobody has.
func (a *App) judge(ctx context.Context, try account.Try) (j judged, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		tries, err := tx.Tries(try.Login, try.Address, try.At.Add(-account.TryWindow), try.At.Add(-knownFor))
		if err != nil {
			return err
		}
		if j.Standing = account.Judge(tries, try); j.Wait > 0 {
			return tooSoon(j.Wait)
		}
		failed, succeeded, err := tx.Strangers(try.At.Add(-account.AttackWindow))
		if err != nil {
			return err
		}
		j.asks = j.Asks(account.UnderAttack(failed, succeeded))
		p, err := tx.PersonByLogin(try.Login)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		j.Credential, err = tx.Credential(p.ID)
		return ignoreNotFound(err)
	})
	return j, err
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

// failed keeps a wrong try, and refuses it. It does the same work wherever the try
// comes from.
func (a *App) failed(ctx context.Context, try account.Try, j judged) error {
	a.faces.Load().Learn(try)
	var counts int64
	if j.CountsAsFailed() {
		counts = 1
	}
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.CountStrangers(try.At, counts, 0); err != nil {
			return err
		}
		return tx.AddTry(try)
	})
	return orElse(err, noMatch())
}

func noMatch() error {
	return fault.New(fault.SignedOut,
		"L’identifiant ou le mot de passe ne correspond pas. Vérifiez les deux, puis réessayez.",
		"The login or the password does not match. Check both, then try again.")
}

// openSession records the success and the session, unless the password was
// changed while it was verified: a change ends the sessions that are, and must not
// be outrun by one that is about to be. Half a sign-in makes no device known, and
// counts neither as a failure nor as a success. A frozen account is told of only
// to who knows the password.
func (a *App) openSession(ctx context.Context, try account.Try, j judged, s *account.Session) error {
	try.OK = true
	who := Actor{Person: account.Person{ID: s.Person}}
	return a.do(ctx, who, act{"session.open", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		s.Created, s.Seen, s.Proved = now, now, now
		if err := tx.HoldPerson(s.Person); err != nil {
			return "", "", err
		}
		if c, err := tx.Credential(s.Person); err != nil || c.Hash != j.Hash {
			return "", "", orElse(err, noMatch())
		}
		if err := renewHash(tx, j); err != nil {
			return "", "", err
		}
		if s.Stage = account.StageWhole; j.asks {
			s.Stage = account.StageStranger
		}
		var err error
		if s.Stage, err = a.stageOf(tx, *s); err != nil {
			return "", "", err
		}
		if s.Stage == account.StageWhole {
			err = succeeded(tx, try, j)
		}
		if err != nil {
			return "", "", err
		}
		return who.String(), stageDetail(s.Stage), a.keepSession(tx, *s, tx.AddSession)
	})
}

// renewHash keeps a password at the cost that is due now. Its owner has changed
// nothing, so nothing else ends or is told of.
func renewHash(tx *store.Tx, j judged) error {
	if j.renewed == "" {
		return nil
	}
	return tx.RenewHash(j.Person, j.renewed)
}

// stageDetail tells the journal which passwords were right amid an attack.
func stageDetail(s account.Stage) string {
	if s == account.StageStranger {
		return "asked for more"
	}
	return ""
}

// succeeded notes a sign-in that is whole.
func succeeded(tx *store.Tx, try account.Try, j judged) error {
	if j.Stranger() {
		if err := tx.CountStrangers(try.At, 0, 1); err != nil {
			return err
		}
	}
	return tx.AddTry(try)
}

// keepSession keeps a session as it is from now on and, if it is whole, the device
// that it belongs to. One that is not whole was opened with a password that may be
// stolen: it waits for the rest, and no longer.
func (a *App) keepSession(tx *store.Tx, s account.Session, keep func(account.Session) error) error {
	now := a.clock.Now()
	if s.Stage != account.StageWhole {
		s.Expires = now.Add(halfwayFor)
		return keep(s)
	}
	s.Expires = lasts(s, now)
	if err := a.noteDevice(tx, s, now); err != nil {
		return err
	}
	return keep(s)
}

// lasts is until when a session holds that is used now.
func lasts(s account.Session, now time.Time) time.Time {
	expires := now.Add(sessionIdle)
	if last := s.Created.Add(sessionLonger); expires.After(last) {
		expires = last
	}
	return expires
}

// stageOf is what is still asked of a session. A frozen account is refused, and a
// country that is not open.
func (a *App) stageOf(tx *store.Tx, s account.Session) (account.Stage, error) {
	if err := tx.HoldPerson(s.Person); err != nil {
		return s.Stage, err
	}
	f, err := tx.Freeze(s.Person)
	if err == nil {
		err = frozen(f)
	}
	if err := ignoreNotFound(err); err != nil {
		return s.Stage, err
	}
	doubt, err := a.admitsSession(tx, s)
	if err != nil {
		return s.Stage, err
	}
	kinds, err := tx.FactorKinds(s.Person)
	if err != nil {
		return s.Stage, err
	}
	if kinds != 0 && !s.Factors.BesideSlip() {
		return account.StageSecond, nil
	}
	switch _, err := tx.Renewal(s.Person); {
	case err == nil:
		return account.StageRenewal, nil // which asks for more than the password anyway
	case !fault.Is(err, fault.NotFound):
		return s.Stage, err
	case (doubt || s.Stage == account.StageStranger) && !s.Factors.Beyond():
		return account.StageStranger, nil
	}
	return account.StageWhole, nil
}

// A FrozenError refuses the owner of an account that is frozen, and says why.
type FrozenError struct{ error }

// Unwrap is the sentence.
func (e *FrozenError) Unwrap() error { return e.error }

// frozen refuses an account that is kept from everybody, in words to its owner.
func frozen(f account.Freeze) error {
	if f.Why == account.FrozenByLeak {
		return &FrozenError{fault.New(fault.Denied,
			"Votre mot de passe se trouve dans une liste de mots de passe volés. Vous n’avez rien fait de mal. Pour vous protéger, votre compte est bloqué et vos messages sont gardés. Adressez-vous à votre établissement, qui vous le rendra avec un nouveau mot de passe.",
			"Your password stands in a list of stolen passwords. You have done nothing wrong. To protect you, your account is frozen, and your messages are kept. Speak to your school, which will give it back to you with a new password.")}
	}
	return &FrozenError{fault.New(fault.Denied,
		"Ce compte est bloqué pour vous protéger : quelqu’un d’autre s’en est peut-être servi. Vous n’avez rien fait de mal. Adressez-vous à votre établissement, qui vous le rendra.",
		"This account is frozen to protect you: somebody else may have used it. You have done nothing wrong. Speak to your school, which will give it back to you.")}
}
