package ecluse

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Drafts are one's own notes, not acts: saving one is not journaled, and no
// order closes it, so that what was being typed when messaging closed is kept.

// NewDraftID is the ID under which a new text will be saved and sent.
func (a *App) NewDraftID() message.ID { return message.ID(store.NewID(a.clock.Now())) }

// SaveDraft keeps what was typed so far; d.Version is that of the save it was
// typed over. A save over an older one than what is kept is refused as a
// Conflict.
func (a *App) SaveDraft(ctx context.Context, who Actor, d message.Draft) (message.Draft, error) {
	d.School, d.Member = who.Member.School, who.Member.ID
	d.Subject, d.Body, d.Version = message.Clean(d.Subject), message.Clean(d.Body), d.Version+1
	if utf8.RuneCountInString(d.Body) > 2*message.MaxBody || utf8.RuneCountInString(d.Subject) > 2*message.MaxSubject {
		return d, invalid("Ce texte est trop long pour être gardé. Raccourcissez-le.", "This text is too long to be kept. Shorten it.")
	}
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		d.Saved = a.clock.Now()
		if err := checkID(d.ID, d.Saved); err != nil {
			return err
		}
		if err := roomFor(tx, d); err != nil {
			return err
		}
		return tx.PutDraft(d)
	})
	return d, err
}

// mostDrafts is how many texts one membership may keep at once.
const mostDrafts = 200

// roomFor refuses a draft beyond them; those that are there can be saved again.
func roomFor(tx *store.Tx, d message.Draft) error {
	n, err := tx.DraftCount(d.School, d.Member)
	if err != nil || n < mostDrafts {
		return err
	}
	_, err = tx.Draft(d.School, d.Member, d.ID)
	if fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, fault.TooMany,
			fmt.Sprintf("Vous avez déjà %d brouillons. Jetez ceux qui ne servent plus, puis enregistrez de nouveau.", mostDrafts),
			fmt.Sprintf("You have %d drafts already. Discard those you no longer need, then save again.", mostDrafts))
	}
	return err
}

// Draft is one of the actor's drafts. Its text can be had while messaging is
// closed: it is the actor's own.
func (a *App) Draft(ctx context.Context, who Actor, id message.ID) (d message.Draft, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		d, err = tx.Draft(who.Member.School, who.Member.ID, id)
		return err
	})
	return d, err
}

// Drafts lists the actor's drafts, newest first.
func (a *App) Drafts(ctx context.Context, who Actor) (list []message.Draft, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Drafts(who.Member.School, who.Member.ID)
		return err
	})
	return list, err
}

// DeleteDraft throws one away.
func (a *App) DeleteDraft(ctx context.Context, who Actor, id message.ID) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		return tx.DeleteDraft(who.Member.School, who.Member.ID, id)
	})
}
