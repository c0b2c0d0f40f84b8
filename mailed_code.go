package ecluse

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/notify"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A code by e-mail lets an owner in who comes from a new place amid an attack and
// has set up nothing else. It is for the one session that asked for it.
const (
	mailedCodeHolds  = 10 * time.Minute
	mailedCodeWrong  = 5                // other codes tried, before a new one must be asked for
	mailedCodeEvery  = time.Minute      // between two letters to one person
	mailedCodeMemory = time.Hour        // in which there are at most mailedCodeMost
	mailedCodeMost   = 5                // so that nobody's mailbox is filled by whoever has the password
	mailedCodeSend   = 20 * time.Second // real time that the relay has
)

// mailable is ByMail where a code can be sent to the owner of a session.
func (a *App) mailable(ctx context.Context, v Visit) (account.Factors, error) {
	if a.mail == nil {
		return 0, nil
	}
	address, err := a.Email(ctx, v.Alone())
	if err != nil || address == "" {
		return 0, err
	}
	return account.ByMail, nil
}

// SendCode sends a code to the address of the person whose password was right. It
// leaves at once and is kept nowhere but as a digest.
func (a *App) SendCode(ctx context.Context, from Caller) error {
	v, err := a.stranger(ctx, from)
	if err != nil {
		return err
	}
	ways, err := a.mailable(ctx, v)
	if err != nil || ways == 0 {
		return orElse(err, notFound("Ce compte n’a pas d’adresse de courriel.", "This account has no e-mail address."))
	}
	code := newMailedCode()
	err = a.store.Write(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		if err := mayMail(tx, v.Person.ID, now); err != nil {
			return err
		}
		c := store.MailedCode{Session: v.Session.Digest, Person: v.Person.ID, Digest: account.DigestOf(code), Sent: now}
		return tx.AddMailedCode(c, now.Add(-mailedCodeMemory))
	})
	if err != nil {
		return err
	}
	return a.mailCode(ctx, v, code)
}

// stranger is a visit that waits for more than its password.
func (a *App) stranger(ctx context.Context, from Caller) (Visit, error) {
	v, err := a.Halfway(ctx, from.Token)
	switch {
	case err != nil:
		return v, err
	case v.Session.Stage != account.StageStranger || v.Session.Browser != account.DigestOf(from.Device):
		return v, denied("Aucun code n’est demandé ici.", "No code is asked for here.")
	}
	return v, nil
}

func newMailedCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1e8)) // never fails (crypto/rand)
	return fmt.Sprintf("%08d", n)
}

// mayMail refuses one letter too many.
func mayMail(tx *store.Tx, person account.PersonID, now time.Time) error {
	sent, err := tx.MailedCodesTo(person)
	if err != nil {
		return err
	}
	lately, wait := 0, time.Duration(0)
	for _, c := range sent {
		if now.Sub(c.Sent) < mailedCodeMemory {
			lately++
			wait = c.Sent.Add(mailedCodeEvery).Sub(now)
		}
	}
	if lately >= mailedCodeMost {
		wait = sent[len(sent)-mailedCodeMost].Sent.Add(mailedCodeMemory).Sub(now)
	}
	if wait > 0 {
		return tooSoon(wait)
	}
	return nil
}

// mailCode hands the letter to the relay.
func (a *App) mailCode(ctx context.Context, v Visit, code string) error {
	to, err := a.Email(ctx, v.Alone())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mailedCodeSend)
	defer cancel()
	line, err := a.mail.Relay.Dial(ctx)
	if err == nil {
		defer line.Close()
		letter := a.codeLetter(v.Person.Language, code)
		letter.To, letter.Date = to, a.clock.Now()
		err = line.Send(letter)
	}
	if err != nil {
		a.log.Warn("a code could not be mailed", "person", v.Person.Number(), "cause", relayCause(err))
		return fault.New(fault.Unavailable,
			"Le courriel n’a pas pu partir. Réessayez dans une minute.", "The e-mail could not leave. Try again in a minute.")
	}
	return nil
}

// relayCause is what a log is told of a letter that did not leave. What a relay
// says often holds the address, so only its number is told.
func relayCause(err error) string {
	var refused *notify.Refusal
	switch {
	case errors.As(err, &refused):
		return fmt.Sprintf("the relay answered %d", refused.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return "the relay took too long"
	}
	return "the relay could not be reached, or hung up"
}

// codeLetter says the code, and what it means not to have asked for it.
func (a *App) codeLetter(language, code string) notify.Letter {
	shown := code[:4] + " " + code[4:]
	if language == "en" {
		return notify.Letter{ID: "code." + rand.Text(), Subject: "Your code to sign in", Body: fmt.Sprintf(
			"Hello,\n\nSomebody is signing in to your Écluse account with your password, from a device and a network where you have never been.\n\n"+
				"If it is you, this is your code, for ten minutes: %s\n\n"+
				"If it is not you, somebody else has your password. You have done nothing wrong: they cannot get in without this code. Do not give it to anybody, and change your password: %s\n", shown, a.mail.Address)}
	}
	return notify.Letter{ID: "code." + rand.Text(), Subject: "Votre code de connexion", Body: fmt.Sprintf(
		"Bonjour,\n\nQuelqu’un se connecte à votre compte Écluse avec votre mot de passe, depuis un appareil et un réseau où vous n’êtes jamais venu.\n\n"+
			"Si c’est vous, voici votre code, valable dix minutes : %s\n\n"+
			"Si ce n’est pas vous, quelqu’un d’autre a votre mot de passe. Vous n’avez rien fait de mal : sans ce code, il n’entre pas. Ne le donnez à personne, et changez votre mot de passe : %s\n", shown, a.mail.Address)}
}

// ProveMailedCode takes the code that was sent for this session.
func (a *App) ProveMailedCode(ctx context.Context, from Caller, code string) (Welcome, error) {
	v, err := a.stranger(ctx, from)
	if err != nil {
		return Welcome{}, err
	}
	digest := account.DigestOf(strings.Join(strings.Fields(code), ""))
	if err := a.checkMailedCode(ctx, v.Session.Digest, digest); err != nil {
		return Welcome{}, err
	}
	return a.advance(ctx, v, from, account.ByMail, func(tx *store.Tx, _ time.Time) error {
		return tx.SpendMailedCode(v.Session.Digest, digest)
	})
}

// checkMailedCode counts a wrong code, and so has an act of its own.
func (a *App) checkMailedCode(ctx context.Context, session, digest [32]byte) error {
	wrong := false
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.MailedCode(session)
		switch {
		case err != nil:
			return err
		case c.Spent || a.clock.Now().Sub(c.Sent) >= mailedCodeHolds || c.Wrong >= mailedCodeWrong:
			wrong = true
			return nil
		}
		wrong = subtle.ConstantTimeCompare(c.Digest[:], digest[:]) == 0
		if !wrong {
			return nil
		}
		return tx.MissMailedCode(c)
	})
	if err == nil && wrong {
		err = store.ErrMailedCode
	}
	return err
}
