package ecluse

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Passkeys (WebAuthn, level 3): keys that a device keeps and uses after it has
// checked its owner. A key belongs to the address of these pages, so a phishing
// page gets nothing from it. The server makes each challenge, keeps it five
// minutes for the browser that asked, and takes one answer.

// openPasskeys makes passkeys possible under the public address of these pages. An
// address that browsers accept no keys for (a bare number) makes none.
func (a *App) openPasskeys(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("reading the public address: %w", err)
	}
	if err := protocol.ValidateRPID(u.Hostname()); err != nil {
		a.log.Warn("passkeys are not offered: the public address has no name", "address", address)
		return nil
	}
	a.passkeys, err = webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Écluse", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return fmt.Errorf("setting up passkeys: %w", err)
	}
	return a.openChallenger(ctx)
}

// openChallenger takes the key under which anybody is asked for a passkey, and makes
// it the first time: all nodes have the same.
func (a *App) openChallenger(ctx context.Context) error {
	key := make([]byte, account.ChallengerKey)
	rand.Read(key)
	err := a.store.Write(ctx, func(tx *store.Tx) (err error) {
		key, err = tx.OwnKey("passkey challenges", key)
		return err
	})
	a.challenger = account.NewChallenger(key)
	return err
}

// Passkeys reports whether passkeys can be used here.
func (a *App) Passkeys() bool { return a.passkeys != nil }

func noPasskeys() error {
	return fault.New(fault.Unavailable, "Cette installation n’accepte pas de clé d’accès : son adresse publique n’est pas réglée.",
		"This installation takes no passkeys: its public address is not set.")
}

func wrongPasskey(cause error) error {
	return fault.Wrap(cause, fault.Invalid, "Cette clé d’accès n’a pas été reconnue. Recommencez, ou prenez une autre preuve.",
		"This passkey was not recognised. Try again, or use another proof.")
}

// A keyOwner is a person with their passkeys, as the library knows users.
type keyOwner struct {
	person  account.Person
	factors []account.Factor
	keys    []webauthn.Credential
}

func (o keyOwner) WebAuthnID() []byte                         { return handleOf(o.person.ID) }
func (o keyOwner) WebAuthnName() string                       { return o.person.Login }
func (o keyOwner) WebAuthnDisplayName() string                { return o.person.Name() }
func (o keyOwner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

// handleOf is how authenticators name a person.
func handleOf(id account.PersonID) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

// ownerOf reads a person's passkeys.
func ownerOf(tx *store.Tx, id account.PersonID) (o keyOwner, err error) {
	if o.person, err = tx.Person(id); err != nil {
		return o, err
	}
	list, err := tx.Factors(id)
	for _, f := range list {
		if f.Kind != account.ByPasskey {
			continue
		}
		var key webauthn.Credential
		if err := json.Unmarshal(f.Secret, &key); err != nil {
			return o, fmt.Errorf("reading a passkey: %w", err)
		}
		o.factors, o.keys = append(o.factors, f), append(o.keys, key)
	}
	return o, err
}

// challenge keeps a challenge for the one browser that may answer it.
func (a *App) challenge(ctx context.Context, person account.PersonID, holder [32]byte, session *webauthn.SessionData) error {
	data, err := json.Marshal(session)
	if err != nil {
		return err
	}
	now := a.clock.Now()
	c := account.Challenge{
		Digest: account.DigestOf(session.Challenge), Kind: account.ByPasskey, Person: person, Holder: holder, Data: data,
		Expires: now.Add(account.ChallengeLasts),
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.PutChallenge(c, now) })
}

// takeChallenge takes the challenge that an answer belongs to, so that no other answer
// finds it.
func takeChallenge(tx *store.Tx, challenge string, person account.PersonID, holder [32]byte, now time.Time) (session webauthn.SessionData, err error) {
	c, err := tx.TakeChallenge(account.DigestOf(challenge), account.ByPasskey, now)
	if err != nil {
		return session, conflictIf(err)
	}
	if c.Person != person || c.Holder != holder {
		return session, wrongPasskey(nil)
	}
	return session, json.Unmarshal(c.Data, &session)
}

// conflictIf tells who answers a question that is gone that it was used or expired.
func conflictIf(err error) error {
	if fault.Is(err, fault.NotFound) {
		return askedBefore()
	}
	return err
}

func askedBefore() error {
	return fault.New(fault.Conflict, "Cette demande a expiré ou a déjà servi. Recommencez.", "This request has expired or was used already. Start again.")
}

// BeginPasskey is what the browser needs to make a passkey, as JSON.
func (a *App) BeginPasskey(ctx context.Context, who Actor) ([]byte, error) {
	if a.passkeys == nil {
		return nil, noPasskeys()
	}
	var owner keyOwner
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if err = mayBegin(tx, who, a.clock.Now()); err != nil {
			return err
		}
		owner, err = ownerOf(tx, who.Person.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	options, session, err := a.passkeys.BeginRegistration(owner, webauthn.WithExclusions(webauthn.Credentials(owner.keys).CredentialDescriptors()))
	if err != nil {
		return nil, fmt.Errorf("asking for a new passkey: %w", err)
	}
	if err := a.challenge(ctx, who.Person.ID, who.Session, session); err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

// AddPasskey keeps the passkey that a browser has made.
func (a *App) AddPasskey(ctx context.Context, who Actor, response []byte, name string) error {
	if a.passkeys == nil {
		return noPasskeys()
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return wrongPasskey(err)
	}
	return a.addFactors(ctx, who, "factor.add", func(tx *store.Tx, now time.Time) (string, error) {
		session, err := takeChallenge(tx, parsed.Response.CollectedClientData.Challenge, who.Person.ID, who.Session, now)
		if err != nil {
			return "", err
		}
		key, err := a.passkeys.CreateCredential(keyOwner{person: who.Person}, session, parsed)
		if err != nil {
			return "", wrongPasskey(err)
		}
		key.Attestation = webauthn.CredentialAttestation{} // what device it is does not concern us
		secret, err := json.Marshal(key)
		if err != nil {
			return "", err
		}
		return "passkey", a.addFactor(tx, who, account.Factor{Kind: account.ByPasskey, Name: name, Secret: secret}, now)
	})
}

// AskPasskey is what the browser needs to prove with a passkey who acts in a
// session, as JSON.
func (a *App) AskPasskey(ctx context.Context, from Caller) ([]byte, error) {
	if a.passkeys == nil {
		return nil, noPasskeys()
	}
	v, err := a.Halfway(ctx, from.Token)
	if err != nil {
		return nil, err
	}
	var owner keyOwner
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		owner, err = ownerOf(tx, v.Person.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	options, session, err := a.passkeys.BeginLogin(owner)
	if err != nil {
		return nil, wrongPasskey(err)
	}
	if err := a.challenge(ctx, v.Person.ID, v.Session.Digest, session); err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

// ProvePasskey proves with a passkey who asks in a session.
func (a *App) ProvePasskey(ctx context.Context, from Caller, response []byte) (Welcome, error) {
	if a.passkeys == nil {
		return Welcome{}, noPasskeys()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Welcome{}, wrongPasskey(err)
	}
	v, err := a.Halfway(ctx, from.Token)
	if err != nil {
		return Welcome{}, err
	}
	return a.advance(ctx, v, from, account.ByPasskey, func(tx *store.Tx, now time.Time) error {
		session, err := takeChallenge(tx, parsed.Response.CollectedClientData.Challenge, v.Person.ID, v.Session.Digest, now)
		if err != nil {
			return err
		}
		owner, err := ownerOf(tx, v.Person.ID)
		if err != nil {
			return err
		}
		key, err := a.passkeys.ValidateLogin(owner, session, parsed)
		if err != nil {
			return wrongPasskey(err)
		}
		return useKey(tx, owner, key, now)
	})
}

// useKey notes that a key was used. One whose counter went back was copied, and
// proves nothing.
func useKey(tx *store.Tx, owner keyOwner, key *webauthn.Credential, now time.Time) error {
	if key.Authenticator.CloneWarning {
		return wrongPasskey(nil)
	}
	secret, err := json.Marshal(key)
	if err != nil {
		return err
	}
	for i, f := range owner.factors {
		if bytes.Equal(owner.keys[i].ID, key.ID) {
			return tx.UseFactor(f.ID, secret, f.Mark+1, now)
		}
	}
	return wrongPasskey(nil)
}

// AskAnyPasskey is what the browser needs to sign in with a passkey alone, as
// JSON, for the device that asks. Nothing is kept of it: see account.Challenger.
func (a *App) AskAnyPasskey(device string) ([]byte, error) {
	if a.passkeys == nil {
		return nil, noPasskeys()
	}
	options, _, err := a.passkeys.BeginDiscoverableLogin(webauthn.WithChallenge(a.challenger.Ask(account.DigestOf(device), a.clock.Now())))
	if err != nil {
		return nil, fmt.Errorf("asking for a passkey: %w", err)
	}
	return json.Marshal(options.Response)
}

// asked is what the library verifies the answer to a challenge of AskAnyPasskey by,
// if it was made for the device and still waits. Nothing is read for it.
func (a *App) asked(challenge string, device [32]byte, now time.Time) (*webauthn.SessionData, error) {
	raw, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil {
		return nil, wrongPasskey(err)
	}
	until, ours := a.challenger.Asked(raw, device)
	switch {
	case !ours:
		return nil, wrongPasskey(nil)
	case !now.Before(until):
		return nil, askedBefore()
	}
	_, session, err := a.passkeys.BeginDiscoverableLogin(webauthn.WithChallenge(raw))
	return session, err
}

// SignInPasskey opens a session with a passkey alone: the device has checked its
// owner, so it is worth the password and a second factor.
func (a *App) SignInPasskey(ctx context.Context, in SignIn, response []byte) (Welcome, error) {
	if a.passkeys == nil {
		return Welcome{}, noPasskeys()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil || len(parsed.Response.UserHandle) != 8 {
		return Welcome{}, wrongPasskey(err)
	}
	session, err := a.asked(parsed.Response.CollectedClientData.Challenge, account.DigestOf(in.Device), a.clock.Now())
	if err != nil {
		return Welcome{}, err
	}
	release, err := a.turn(ctx, account.Try{Address: account.FoldAddress(in.Address), Device: account.DigestOf(in.Device), At: a.clock.Now()})
	if err != nil {
		return Welcome{}, err
	}
	defer release()
	return a.enterByPasskey(ctx, in, parsed, session)
}

// enterByPasskey opens the session of who answered a challenge, if the answer is right.
func (a *App) enterByPasskey(ctx context.Context, in SignIn, parsed *protocol.ParsedCredentialAssertionData, session *webauthn.SessionData) (Welcome, error) {
	welcome := Welcome{Device: in.Device}
	s := account.Session{
		Person: account.PersonID(binary.BigEndian.Uint64(parsed.Response.UserHandle)), Device: cut(in.Browser, 200), Address: in.Address,
		Factors: account.ByPasskey, Browser: account.DigestOf(in.Device), Network: account.FoldNetwork(in.Address), Country: a.places.Find(in.Address).Country,
	}
	welcome.Token, s.Digest = account.NewToken()
	who := Actor{Person: account.Person{ID: s.Person}}
	err := a.do(ctx, who, act{"session.open", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		s.Created, s.Seen, s.Proved = now, now, now
		if err := tx.Spend(account.DigestOf(session.Challenge), now); err != nil {
			return "", "", err
		}
		owner, err := a.anyPasskey(tx, s.Person, session, parsed, now)
		if err != nil {
			return "", "", err
		}
		if s.Stage, err = a.stageOf(tx, s); err != nil {
			return "", "", err
		}
		try := account.Try{Login: owner.person.Login, Address: account.FoldAddress(in.Address), Device: s.Browser, At: now, OK: true}
		if err := tx.AddTry(try); err != nil {
			return "", "", err
		}
		return who.String(), "by passkey", a.keepSession(tx, s, tx.AddSession)
	})
	welcome.Stage = s.Stage
	return welcome, a.noteAbroad(ctx, who, err)
}

// anyPasskey verifies the answer of whoever says to be somebody.
func (a *App) anyPasskey(tx *store.Tx, person account.PersonID, session *webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, now time.Time) (keyOwner, error) {
	owner, err := ownerOf(tx, person)
	if err != nil {
		return owner, wrongPasskey(err)
	}
	find := func(_, _ []byte) (webauthn.User, error) { return owner, nil }
	key, err := a.passkeys.ValidateDiscoverableLogin(find, *session, parsed)
	if err != nil {
		return owner, wrongPasskey(err)
	}
	return owner, useKey(tx, owner, key, now)
}
