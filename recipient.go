package ecluse

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// recipients resolves what the sender chose into people, each once and never
// the sender, and writes into m what it is a part of.
func (a *App) recipients(tx *store.Tx, who Actor, out Outgoing, m *message.Message) ([]account.Membership, error) {
	if out.ReplyTo != 0 {
		return a.answered(tx, who, out, m)
	}
	if len(out.Audience) == 0 {
		return nil, invalid("Choisissez au moins un destinataire.", "Choose at least one recipient.")
	}
	d, err := a.directory(tx, who)
	if err != nil {
		return nil, err
	}
	seen := map[account.MemberID]bool{who.Member.ID: true}
	var to []account.Membership
	for _, chosen := range out.Audience {
		people, found, err := d.resolve(tx, who.Member.School, chosen)
		if err != nil {
			return nil, err
		}
		m.Audience = append(m.Audience, found)
		for _, p := range people {
			if !seen[p.ID] {
				seen[p.ID] = true
				to = append(to, p)
			}
		}
	}
	return to, nil
}

// resolve turns one choice into people, if it stands in the directory, and gives
// it back with its role and words.
func (d Directory) resolve(tx *store.Tx, uai school.UAI, chosen message.Audience) ([]account.Membership, message.Audience, error) {
	if chosen.Class == 0 {
		for _, c := range d.People {
			if c.Member == chosen.Member {
				m, err := tx.Membership(uai, chosen.Member)
				return []account.Membership{m}, c.Audience, err
			}
		}
	}
	for _, c := range d.Lists {
		if chosen.Class != 0 && c.Class == chosen.Class && c.Role == chosen.Role {
			people, err := tx.ClassMembers(uai, chosen.Class, chosen.Role)
			return people, c.Audience, err
		}
	}
	return nil, chosen, denied(
		fmt.Sprintf("Vous ne pouvez pas écrire à ce destinataire%s. Retirez-le de la liste.", named(" (", chosen.Label, ")")),
		fmt.Sprintf("You cannot write to this recipient%s. Remove it from the list.", named(" (", chosen.Label, ")")))
}

func named(before, label, after string) string {
	if label == "" {
		return ""
	}
	return before + label + after
}

// answered makes m an answer: it goes to the sender of the message answered, in
// the same thread.
func (a *App) answered(tx *store.Tx, who Actor, out Outgoing, m *message.Message) ([]account.Membership, error) {
	original, err := tx.DeliveryOf(who.Member.School, who.Member.ID, out.ReplyTo)
	if err != nil {
		return nil, err
	}
	to, err := tx.Membership(who.Member.School, original.Sender)
	if err != nil {
		return nil, err
	}
	matrix, err := matrixOf(tx, who.Member.School)
	if err != nil {
		return nil, err
	}
	if !matrix.Allows(who.Member.Role, to.Role, message.Tie{Answers: true}) {
		return nil, denied("Ce message n’attend pas de réponse.", "This message takes no answer.")
	}
	m.Thread, m.ReplyTo = original.Thread, out.ReplyTo
	m.Audience = []message.Audience{{Member: to.ID, Role: to.Role, Label: to.Name}}
	return []account.Membership{to}, nil
}
