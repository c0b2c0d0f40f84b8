package ecluse

import (
	"context"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Renewing is what somebody brings to set a new password: the code of a slip, or
// a session that is half-way and in which something was proved that a thief of the
// password lacks.
type Renewing struct {
	From     Caller
	Login    string // "" in a session
	Code     string // "" where the session proved enough
	Password string // the new one
	Browser  string // what the browser calls itself
}

// A renewer is who renews, and by what.
type renewer struct {
	person  account.Person
	hash    string       // of the present password; "" before the first
	changed time.Time    // when it was set
	slip    account.Slip // ID is 0 where the session proved enough
	half    account.Session
}

// Renew sets a new password, which also activates an account that never had one.
// All sessions of the person end, and the browser gets a whole one. The slip is
// spent with it, in one transaction: a password that is refused costs no slip, and
// of two who bring the same slip one is refused.
func (a *App) Renew(ctx context.Context, in Renewing) (Welcome, error) {
	r, err := a.renewer(ctx, in)
	if err != nil {
		return Welcome{}, err
	}
	beside, err := a.newPassword(ctx, r.person, in.Password, r.slip.Clears)
	if err != nil {
		return Welcome{}, err
	}
	same, err := a.hasher.Verify(ctx, in.Password, r.hash)
	if err != nil {
		return Welcome{}, err
	}
	if same {
		return Welcome{}, invalid("C’est l’ancien mot de passe\u00a0: choisissez-en un autre, que personne d’autre ne connaît.",
			"This is the old password: choose another one that nobody else knows.")
	}
	next, err := a.hasher.Hash(ctx, in.Password)
	if err != nil {
		return Welcome{}, err
	}
	return a.renew(ctx, in, r, account.Credential{Person: r.person.ID, Hash: next, Beside: beside})
}

// renewer finds who renews, and refuses who does not prove it.
func (a *App) renewer(ctx context.Context, in Renewing) (r renewer, err error) {
	v, err := a.Halfway(ctx, in.From.Token)
	inside := err == nil && v.Session.Stage == account.StageRenewal && (in.Login == "" || account.FoldLogin(in.Login) == v.Person.Login)
	switch {
	case err != nil && !fault.Is(err, fault.SignedOut):
		return r, err
	case inside:
		in.Login = v.Person.Login
		r.half = v.Session
	case in.Login == "":
		return r, signedOut()
	}
	if in.Code != "" {
		return a.bearer(ctx, in)
	}
	if !r.half.Factors.Second() {
		return r, denied("Prenez le billet que l’établissement vous a remis, et recopiez son code.",
			"Take the slip that your school gave you, and copy its code.")
	}
	if moved, err := a.moved(ctx, v, in.From); err != nil || moved {
		return r, orElse(err, &StageError{account.StageMoved})
	}
	r.person = v.Person
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		c, err := tx.Credential(r.person.ID)
		r.hash = c.Hash
		return ignoreNotFound(err)
	})
	return r, err
}

// slipTries begins the login of tries with the code of a slip. Each address is
// judged for itself: a code cannot be guessed, and no stranger may keep an owner
// from it.
const slipTries = "\nslip\n"

// bearer finds whose slip a code is. A login that nobody has, a person without a
// slip and a wrong code are refused alike.
func (a *App) bearer(ctx context.Context, in Renewing) (r renewer, err error) {
	login := account.FoldLogin(cut(in.Login, longestLogin))
	address := account.FoldAddress(in.From.Address)
	try := account.Try{Login: slipTries + login + "\n" + address, Address: address, At: a.clock.Now()}
	release, err := a.turn(ctx, account.Try{Login: login, Address: address, Device: account.DigestOf(in.From.Device), At: try.At})
	if err != nil {
		return renewer{}, err
	}
	defer release()
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		tries, err := tx.Tries(try.Login, try.Address, try.At.Add(-account.TryWindow), try.At)
		if err != nil {
			return err
		}
		if wait := account.Wait(tries, try); wait > 0 {
			return tooSoon(wait)
		}
		return r.load(tx, login)
	})
	if err != nil {
		return renewer{}, err
	}
	code, err := account.ParseSlipCode(in.Code)
	if err != nil {
		return renewer{}, err
	}
	bears, err := r.slip.Bears(code)
	if err != nil {
		return renewer{}, err
	}
	if !bears || r.slip.ID == 0 {
		return renewer{}, a.failedWith(ctx, try, noSuchSlip())
	}
	if r.slip.State(try.At) == account.SlipPrinted && r.hash != "" && r.changed.After(r.slip.Printed) {
		return r, replaced()
	}
	return r, spent(r.slip.State(try.At))
}

// load reads the person of a login with their latest slip, as far as there are such.
func (r *renewer) load(tx *store.Tx, login string) error {
	p, err := tx.PersonByLogin(login)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	c, err := tx.Credential(p.ID)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	r.person, r.hash, r.changed = p, c.Hash, c.Changed
	r.slip, err = tx.LatestSlip(p.ID)
	return ignoreNotFound(err)
}

// failedWith records a wrong try and refuses it.
func (a *App) failedWith(ctx context.Context, try account.Try, refusal error) error {
	return orElse(a.store.Write(ctx, func(tx *store.Tx) error { return tx.AddTry(try) }), refusal)
}

func noSuchSlip() error {
	return invalid("Cet identifiant et ce code ne vont pas ensemble, ou un autre billet a été imprimé depuis. Relisez le billet, ou demandez-en un à l’établissement.",
		"This login and this code do not go together, or another slip was printed since. Read the slip again, or ask your school for one.")
}

// replaced refuses a slip whose owner has set a password without it: it may lie
// about, since nobody needed it.
func replaced() error {
	return fault.New(fault.Conflict, "Un mot de passe a été choisi depuis que ce billet est imprimé\u00a0: il ne vaut plus. Demandez-en un autre à l’établissement.",
		"A password was set since this slip was printed, which counts no more. Ask your school for another one.")
}

// spent refuses a slip that no longer counts.
func spent(state account.SlipState) error {
	switch state {
	case account.SlipPrinted:
		return nil
	case account.SlipUsed:
		return fault.New(fault.Conflict,
			"Ce billet a déjà servi. Si ce n’était pas vous, dites-le tout de suite à l’établissement\u00a0; sinon, connectez-vous avec votre mot de passe.",
			"This slip has been used. If that was not you, tell your school at once; otherwise sign in with your password.")
	case account.SlipCancelled:
		return fault.New(fault.Conflict, "Ce billet a été annulé par l’établissement. Demandez-en un autre.",
			"This slip was cancelled by your school. Ask for another one.")
	}
	return fault.New(fault.Conflict, "Ce billet est trop ancien. Demandez-en un autre à l’établissement.",
		"This slip is too old. Ask your school for another one.")
}

// renew spends what was brought, and sets the password.
func (a *App) renew(ctx context.Context, in Renewing, r renewer, c account.Credential) (Welcome, error) {
	welcome := Welcome{Device: in.From.Device}
	if welcome.Device == "" {
		welcome.Device, _ = account.NewToken()
	}
	s := account.Session{
		Person: r.person.ID, Device: cut(in.Browser, 200), Address: in.From.Address,
		Factors: account.ByPassword | account.BySlip, Browser: account.DigestOf(welcome.Device), Network: account.FoldNetwork(in.From.Address), Country: a.places.Find(in.From.Address).Country,
	}
	switch {
	case r.slip.ID == 0:
		s.Factors = r.half.Factors | account.ByPassword
	case r.half.Browser == s.Browser:
		s.Factors |= r.half.Factors // a second factor was given on the way here
	}
	welcome.Token, s.Digest = account.NewToken()
	who, where, by := Actor{Person: r.person}, journal.Installation, "by another proof"
	if r.slip.ID != 0 {
		where, by = logOf(r.slip.School), "by slip"
	}
	try := account.Try{Login: r.person.Login, Address: account.FoldAddress(in.From.Address), Device: s.Browser, OK: true}
	err := a.do(ctx, who, act{"password.renew", where, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := r.spend(tx, now); err != nil {
			return "", "", err
		}
		if err := a.alteredIn(tx, s, account.PasswordChanged, now); err != nil {
			return "", "", err
		}
		if err := r.replace(tx, c, now); err != nil {
			return "", "", err
		}
		s.Created, s.Seen, s.Proved = now, now, now
		var err error
		if s.Stage, err = a.stageOf(tx, s); err != nil {
			return "", "", err
		}
		if try.At = now; s.Stage == account.StageSecond {
			try.OK = false
		}
		if err := tx.AddTry(try); err != nil {
			return "", "", err
		}
		return who.String(), by, a.keepSession(tx, s, tx.AddSession)
	})
	welcome.Stage = s.Stage
	return welcome, orElse(err, a.revoked(ctx))
}

// spend uses up the slip, or makes sure that the session which proved enough still
// stands and that nobody has renewed the password meanwhile.
func (r renewer) spend(tx *store.Tx, now time.Time) error {
	if c, err := tx.Credential(r.person.ID); ignoreNotFound(err) != nil || c.Hash != r.hash {
		return orElse(ignoreNotFound(err), spent(account.SlipUsed))
	}
	if r.slip.ID == 0 {
		now, err := tx.Session(r.half.Digest)
		if err == nil && now.Stage != account.StageRenewal {
			err = signedOut()
		}
		return signedOutIf(err)
	}
	if err := tx.UseSlip(r.slip.ID, now); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = spent(account.SlipUsed)
		}
		return err
	}
	if r.slip.Clears {
		return tx.RemoveFactors(r.person.ID, ^account.Factors(0))
	}
	return nil
}

// replace sets the password, asks for none any more, and ends what was opened with
// the old one.
func (r renewer) replace(tx *store.Tx, c account.Credential, now time.Time) error {
	c.Changed = now
	if err := putPassword(tx, c); err != nil {
		return err
	}
	if err := tx.EndRenewal(r.person.ID); err != nil {
		return err
	}
	_, err := tx.EndSessions(r.person.ID, [32]byte{}, now)
	return err
}
