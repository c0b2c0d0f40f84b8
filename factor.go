package ecluse

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Factors lists what the person has beside the password, without its secrets.
func (a *App) Factors(ctx context.Context, who Actor) (list []account.Factor, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Factors(who.Person.ID)
		return err
	})
	for i := range list {
		list[i].Secret = nil
	}
	return list, err
}

// What a person may have and how long its name may be, in bytes.
const (
	maxFactors    = 20
	maxFactorName = 60
)

// addFactor gives a person one more proof. Sessions elsewhere end, since whoever
// is in them never gave it; the one that acts has just done so. The first one is
// added from a known device only: whoever stole a password must not make a proof
// of their own, that orders then take for the owner's.
func (a *App) addFactor(tx *store.Tx, who Actor, f account.Factor, now time.Time) error {
	list, err := tx.Factors(who.Person.ID)
	if err != nil {
		return err
	}
	if len(list) == 0 && who.Session != ([32]byte{}) && !who.Facts.KnownDevice {
		return denied("Cet appareil est trop nouveau pour cela : ajoutez une première preuve depuis un appareil que vous utilisez déjà, ou après qu’il a été confirmé.",
			"This device is too new for that: add a first proof from a device that you have used before, or once it is confirmed.")
	}
	if len(list) >= maxFactors {
		return invalid("Vous avez déjà beaucoup de preuves : retirez-en une d’abord.", "You have many proofs already: remove one first.")
	}
	f.ID, f.Person, f.Added, f.Used = store.NewID(now), who.Person.ID, now, now
	f.Name = factorName(f.Name)
	if err := tx.AddFactor(f); err != nil {
		return err
	}
	if f.Kind != account.ByRecovery { // these are shown to whoever asks for them
		if err := proveByAdding(tx, who, f.Kind, now); err != nil {
			return err
		}
	}
	kind := account.ProofAdded
	if f.Kind == account.ByRecovery {
		kind = account.RecoveryMade
	}
	if err := a.altered(tx, who, kind, now); err != nil {
		return err
	}
	_, err = tx.EndSessions(who.Person.ID, who.Session, now)
	return err
}

func factorName(name string) string {
	return strings.TrimSpace(message.Clean(cut(name, maxFactorName)))
}

// proveByAdding takes a proof that is added for one of who acts: the permit to add is
// spent, and recovery codes may follow.
func proveByAdding(tx *store.Tx, who Actor, by account.Factors, now time.Time) error {
	if err := noteProof(tx, who, by, now); err != nil {
		return err
	}
	if err := spendPermit(tx, who, now, toAdd); err != nil && !fault.Is(err, fault.Unproved) { // its time may be over since
		return err
	}
	return permit(tx, who.Person.ID, who.Session, toRecover, now)
}

// noteProof notes in the session that acts what was proved in it.
func noteProof(tx *store.Tx, who Actor, by account.Factors, now time.Time) error {
	if who.Session == ([32]byte{}) {
		return nil
	}
	s, err := tx.Session(who.Session)
	if err != nil {
		return signedOutIf(err)
	}
	s.Factors |= by
	s.Proved = now
	return tx.MoveSession(who.Session, s)
}

// primary are the proofs that recovery codes stand in for.
const primary = account.ByCode | account.ByPasskey | account.ByCard

// RemoveFactor forgets one of the person's own proofs, after a fresh one. Recovery
// codes go with the last proof that they could stand in for.
func (a *App) RemoveFactor(ctx context.Context, who Actor, id int64) error {
	return a.changeFactors(ctx, who, "factor.remove", func(tx *store.Tx, now time.Time) (string, error) {
		if err := tx.RemoveFactor(who.Person.ID, id); err != nil {
			return "", err
		}
		if err := mayStandAlone(tx, who.Person.ID); err != nil {
			return "", err
		}
		kinds, err := tx.FactorKinds(who.Person.ID)
		if err == nil && kinds&primary == 0 {
			err = tx.RemoveFactors(who.Person.ID, account.ByRecovery)
		}
		if err != nil {
			return "", err
		}
		if err = a.altered(tx, who, account.ProofRemoved, now); err != nil {
			return "", err
		}
		_, err = tx.EndSessions(who.Person.ID, who.Session, now)
		return "", err
	})
}

// RenameFactor keeps what the person calls one of their proofs.
func (a *App) RenameFactor(ctx context.Context, who Actor, id int64, name string) error {
	if name = factorName(name); name == "" {
		return invalid("Écrivez un nom.", "Write a name.")
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.RenameFactor(who.Person.ID, id, name) })
}

// changeFactors does an act about the person's own proofs, which asks for a fresh
// one; every node follows.
func (a *App) changeFactors(ctx context.Context, who Actor, verb string, change func(tx *store.Tx, now time.Time) (detail string, err error)) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	return a.addFactors(ctx, who, verb, change)
}

// addFactors is changeFactors for what asks for a proof at that very moment instead:
// see permit.
func (a *App) addFactors(ctx context.Context, who Actor, verb string, change func(tx *store.Tx, now time.Time) (detail string, err error)) error {
	err := a.do(ctx, who, act{verb, journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := tx.HoldPerson(who.Person.ID); err != nil {
			return "", "", err
		}
		detail, err := change(tx, now)
		return who.Person.Number(), detail, err
	})
	return orElse(err, a.revoked(ctx))
}

// A CodeSetup is what an application for codes is given, until its first code.
type CodeSetup struct {
	Link string // as the picture says it
	Text string // to be typed
}

// BeginCode makes a secret for an application; it counts once AddCode has seen a
// code of it.
func (a *App) BeginCode(ctx context.Context, who Actor) error {
	if a.seal == nil {
		return noSeal()
	}
	now := a.clock.Now()
	c := account.Challenge{
		Digest: setupOf(who), Kind: account.ByCode, Person: who.Person.ID, Holder: who.Session, Expires: now.Add(setupLasts),
		Data: a.seal.Close(who.Person.ID, account.ByCode, account.NewCodeSecret()),
	}
	return a.store.Write(ctx, func(tx *store.Tx) error {
		if err := mayBegin(tx, who, now); err != nil {
			return err
		}
		return tx.PutChallenge(c, now)
	})
}

// setupLasts is how long the first code of an application is waited for.
const setupLasts = 30 * time.Minute

// setupOf is where the secret waits that a session is setting up.
func setupOf(who Actor) [32]byte {
	return account.DigestOf("code of " + hex.EncodeToString(who.Session[:]))
}

// Setup is what is being set up in the actor's session.
func (a *App) Setup(ctx context.Context, who Actor) (setup CodeSetup, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		secret, err := a.pending(tx, who, a.clock.Now())
		setup = CodeSetup{Link: account.CodeLink(who.Person.Login, secret), Text: account.CodeText(secret)}
		return err
	})
	return setup, err
}

// pending is the secret that waits for its first code.
func (a *App) pending(tx *store.Tx, who Actor, now time.Time) ([]byte, error) {
	c, err := tx.Challenge(setupOf(who), account.ByCode, now)
	if err != nil {
		return nil, err
	}
	if c.Person != who.Person.ID {
		return nil, notFound("Cette demande a expiré. Recommencez.", "This request has expired. Start again.")
	}
	return a.unseal(c.Person, account.ByCode, c.Data)
}

// AddCode makes an application count whose first code is right.
func (a *App) AddCode(ctx context.Context, who Actor, code, name string) error {
	return a.addFactors(ctx, who, "factor.add", func(tx *store.Tx, now time.Time) (string, error) {
		secret, err := a.pending(tx, who, now)
		if err != nil {
			return "", err
		}
		step, ok := account.CodeStep(secret, code, now)
		if !ok {
			return "", invalid("Ce code ne correspond pas. Attendez le suivant, vérifiez l’heure du téléphone, puis réessayez.",
				"This code does not match. Wait for the next one, check the phone's clock, then try again.")
		}
		c, err := tx.TakeChallenge(setupOf(who), account.ByCode, now)
		if err != nil {
			return "", err
		}
		return "code", a.addFactor(tx, who, account.Factor{Kind: account.ByCode, Name: name, Secret: c.Data, Mark: step}, now)
	})
}

// NewRecovery makes a set of recovery codes, which are told this once; the ones
// from before count no more. They stand in for another proof, so there must be one.
func (a *App) NewRecovery(ctx context.Context, who Actor) (codes []string, err error) {
	if a.seal == nil {
		return nil, noSeal()
	}
	codes, digests := account.NewRecovery()
	err = a.addFactors(ctx, who, "factor.add", func(tx *store.Tx, now time.Time) (string, error) {
		kinds, err := tx.FactorKinds(who.Person.ID)
		if err == nil && kinds&primary == 0 {
			err = invalid("Ajoutez d’abord une application de codes ou une clé d’accès : les codes de secours la remplacent si vous la perdez.",
				"Add a code application or a passkey first: recovery codes stand in for it if you lose it.")
		}
		if err != nil {
			return "", err
		}
		if err := spendPermit(tx, who, now, toRecover, toAdd); err != nil {
			return "", err
		}
		if err := tx.RemoveFactors(who.Person.ID, account.ByRecovery); err != nil {
			return "", err
		}
		f := account.Factor{Kind: account.ByRecovery, Secret: a.seal.Close(who.Person.ID, account.ByRecovery, digests)}
		return "recovery codes", a.addFactor(tx, who, f, now)
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// unseal opens a factor's secret.
func (a *App) unseal(person account.PersonID, kind account.Factors, sealed []byte) ([]byte, error) {
	if a.seal == nil {
		return nil, noSeal()
	}
	secret, err := a.seal.Open(person, kind, sealed)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable,
			"Les codes ne peuvent pas être vérifiés en ce moment. Prenez une autre preuve, ou réessayez plus tard.",
			"Codes cannot be verified at the moment. Use another proof, or try again later.")
	}
	return secret, nil
}

// noSeal refuses codes where no key keeps their secrets.
func noSeal() error {
	return fault.New(fault.Unavailable,
		"Cette installation n’a pas de clé pour garder les codes : prenez une clé d’accès, ou demandez à qui l’administre de nommer « seal_key ».",
		"This installation has no key to keep codes with: use a passkey, or ask who administers it to name \"seal_key\".")
}
