package ecluse

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// An Outgoing is a message about to be sent. Its ID is its draft's, so that
// sending twice is noticed by the store and nothing leaves twice.
type Outgoing struct {
	ID       message.ID
	ReplyTo  message.ID // 0: a new message to Audience; else an answer to its sender
	Audience []message.Audience
	Subject  string
	Body     string
}

// A Sent tells what became of a message.
type Sent struct {
	ID      message.ID
	Thread  message.ID
	Count   int       // people
	Waiting bool      // it leaves when writing reopens
	Leaves  time.Time // when that is; zero: not known
}

// Send sends a message as one of the actor's memberships. Where the order
// leaves reading only, the message waits and leaves by itself at reopening.
// Where messaging is closed nothing is kept here and a ClosedError says why. A message sent twice is a Conflict, and leaves once.
func (a *App) Send(ctx context.Context, who Actor, out Outgoing) (Sent, error) {
	out.Subject, out.Body = message.Clean(out.Subject), message.Clean(out.Body)
	if err := message.Check(out.Subject, out.Body); err != nil {
		return Sent{}, err
	}
	var sent Sent
	var told []account.MemberID
	err := a.do(ctx, who, act{"message.send", logOf(who.Member.School), gate.Read}, func(tx *store.Tx, now time.Time) (string, string, error) {
		p, err := a.prepare(tx, who, out, now)
		if err != nil {
			return "", "", err
		}
		if err := a.mayReachMany(who, p); err != nil {
			return "", "", err
		}
		if err := tx.AddMessage(p.Message, p.to); err != nil {
			return "", "", alreadySent(err)
		}
		sent = Sent{ID: p.ID, Thread: p.Thread, Count: len(p.to), Waiting: p.Waiting(), Leaves: p.leaves}
		if !p.Waiting() {
			told = p.to
		}
		err = tx.DeleteDraft(who.Member.School, who.Member.ID, out.ID)
		return fmt.Sprintf("message %d", p.ID), fmt.Sprintf("%d recipients", len(p.to)), ignoreNotFound(err)
	})
	if err != nil {
		return Sent{}, err
	}
	a.live.tell(told)
	return sent, nil
}

func alreadySent(err error) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	return fault.Wrap(err, fault.Conflict, "Ce message est déjà parti.", "This message has left already.")
}

// A posting is a message that passed every rule, and whom it goes to.
type posting struct {
	message.Message
	to     []account.MemberID
	leaves time.Time
}

// prepare resolves whom the message goes to and holds it against the matrix,
// the orders and their limits.
func (a *App) prepare(tx *store.Tx, who Actor, out Outgoing, now time.Time) (posting, error) {
	p := posting{Message: message.Message{
		School: who.Member.School, ID: out.ID, Thread: out.ID, Sender: who.Member.ID,
		From: who.Member.Name, FromRole: who.Member.Role,
		Subject: out.Subject, Body: out.Body, Written: now,
	}}
	if err := checkID(out.ID, now); err != nil {
		return p, err
	}
	to, err := a.recipients(tx, who, out, &p.Message)
	if err != nil {
		return p, err
	}
	p.Count = len(to)
	for _, m := range to {
		p.to = append(p.to, m.ID)
	}
	action := gate.Write
	if out.ReplyTo != 0 {
		action = gate.Reply
	}
	st, waits, err := a.passage(who, action, to, now)
	if err != nil {
		return p, err
	}
	if p.leaves = st.Reopens; !waits {
		p.Left = now
	}
	return p, a.withinLimits(tx, who, st.Decision.Limits, p, now)
}

// checkID refuses an ID that no draft of ours can have.
func checkID(id message.ID, now time.Time) error {
	if id <= 0 || int64(id) > store.NewID(now.Add(time.Minute)) {
		return invalid("Cette page est trop ancienne. Ouvrez un nouveau message et collez-y votre texte.",
			"This page is too old. Open a new message and paste your text there.")
	}
	return nil
}

// passage asks the gate for each role among the recipients; the strictest
// answer counts. Where only reading is open, the message waits.
func (a *App) passage(who Actor, action gate.Action, to []account.Membership, now time.Time) (st State, waits bool, err error) {
	var roles school.Roles
	for _, m := range to {
		roles |= school.RolesOf(m.Role)
	}
	st = a.stateAt(who, roles, now)
	switch {
	case gate.Allows(st.Decision, action):
		return st, false, nil
	case st.Decision.Access == order.Closed:
		return st, false, &ClosedError{State: st}
	case st.Decision.Access == order.Reply && action == gate.Write:
		return st, false, fault.New(fault.Closed,
			"Pour le moment, vous pouvez répondre, mais pas commencer une discussion. Votre texte est gardé dans vos brouillons.",
			"For now you can answer, but not start a conversation. Your text is kept in your drafts.")
	default:
		return st, true, nil
	}
}

func tooManyRecipients(n, most int) error {
	return invalid(
		fmt.Sprintf("Ce message s’adresse à %d personnes\u00a0; pour le moment, %d au plus. Retirez des destinataires.", n, most),
		fmt.Sprintf("This message is addressed to %d people; for now, at most %d. Remove recipients.", n, most))
}

// fewRecipients are as many as one writes to without a fresh proof.
const fewRecipients = 20

// mayReachMany asks for a fresh proof before one message reaches a list or many
// people: that is how a stolen account does its harm.
func (a *App) mayReachMany(who Actor, p posting) error {
	if len(p.to) <= fewRecipients && !slices.ContainsFunc(p.Audience, func(to message.Audience) bool { return to.Class != 0 }) {
		return nil
	}
	return a.fresh(who)
}

// links finds what a reader can follow: addresses, and names that end as sites
// most often do. A full stop without a space after it is no name of a site.
var links = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://|\bwww\.|` +
	`\b[a-z0-9-]+\.(?:app|be|biz|ch|com|de|eu|fr|gg|info|io|link|ly|me|net|online|org|ru|shop|site|tk|top|tv|uk|xyz)\b`)

// withinLimits holds the message against what the orders bound.
func (a *App) withinLimits(tx *store.Tx, who Actor, l gate.Limits, p posting, now time.Time) error {
	switch {
	case len(p.to) > message.MaxRecipients || uint32(len(p.to)) > l.Recipients:
		most := min(uint32(message.MaxRecipients), l.Recipients)
		return tooManyRecipients(len(p.to), int(most))
	case !l.Lists && slices.ContainsFunc(p.Audience, func(to message.Audience) bool { return to.Class != 0 }):
		return invalid("Pour le moment, on ne peut pas écrire à toute une classe. Choisissez des personnes.",
			"For now one cannot write to a whole class. Choose people.")
	case !l.Links && links.MatchString(p.Subject+" "+p.Body):
		return invalid("Pour le moment, les messages ne peuvent pas contenir de lien. Retirez l’adresse internet.",
			"For now messages cannot hold a link. Remove the web address.")
	}
	if l.PerHour == gate.Unlimited {
		return nil
	}
	sent, err := tx.SentCount(who.Member.School, who.Member.ID, message.Letter, now.Add(-time.Hour))
	if err == nil && uint32(sent) >= l.PerHour {
		return fault.New(fault.TooMany,
			fmt.Sprintf("Pour le moment, vous pouvez envoyer %d messages par heure. Celui-ci est gardé dans vos brouillons.", l.PerHour),
			fmt.Sprintf("For now you can send %d messages an hour. This one is kept in your drafts.", l.PerHour))
	}
	return err
}
