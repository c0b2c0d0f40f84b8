package ecluse

import (
	"fmt"
	"slices"

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
	switch n := len(out.Audience); {
	case n == 0:
		return nil, invalid("Choisissez au moins un destinataire.", "Choose at least one recipient.")
	case n > message.MaxRecipients:
		return nil, tooManyRecipients(n, message.MaxRecipients)
	}
	s, err := newSelection(tx, who.Member)
	if err != nil {
		return nil, err
	}
	seen := map[account.MemberID]bool{who.Member.ID: true}
	var to []account.Membership
	for _, chosen := range out.Audience {
		people, found, err := s.resolve(chosen)
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
	if len(to) == 0 {
		return nil, invalid("À part vous, il n’y a personne dans ce que vous avez choisi.", "Besides you there is nobody in what you have chosen.")
	}
	return to, nil
}

// A selection resolves what one sender chose by the rules of the Directory, but
// reads only what was chosen: sending runs while other acts wait.
type selection struct {
	tx      *store.Tx
	sender  account.Membership
	matrix  message.Matrix
	classes []message.Class                                 // the sender's own
	near    [school.RoleCount]map[account.MemberID]struct{} // people of these; nil: not read yet
}

func newSelection(tx *store.Tx, sender account.Membership) (*selection, error) {
	s := &selection{tx: tx, sender: sender}
	var err error
	if s.matrix, err = matrixOf(tx, sender.School); err != nil {
		return nil, err
	}
	s.classes, err = classesOf(tx, sender)
	return s, err
}

// resolve turns one choice into people and gives it back with its role and
// words, or refuses it.
func (s *selection) resolve(chosen message.Audience) (people []account.Membership, found message.Audience, err error) {
	if chosen.Class != 0 {
		people, found, err = s.list(chosen)
	} else {
		people, found, err = s.person(chosen.Member)
	}
	if err == nil && len(people) == 0 {
		err = denied(
			fmt.Sprintf("Vous ne pouvez pas écrire à ce destinataire%s. Retirez-le de la liste.", named(" (", chosen.Label, ")")),
			fmt.Sprintf("You cannot write to this recipient%s. Remove it from the list.", named(" (", chosen.Label, ")")))
	}
	return people, found, err
}

// person is one person, or nobody when the sender may not write to them.
func (s *selection) person(id account.MemberID) ([]account.Membership, message.Audience, error) {
	m, err := s.tx.Membership(s.sender.School, id)
	if err != nil || m.ID == s.sender.ID {
		return nil, message.Audience{}, ignoreNotFound(err)
	}
	reach := s.matrix[s.sender.Role][m.Role]
	if reach == message.OwnClasses {
		if err := s.readNear(m.Role); err != nil {
			return nil, message.Audience{}, err
		}
	}
	_, near := s.near[m.Role][m.ID]
	if reach != message.WholeSchool && !near {
		return nil, message.Audience{}, nil
	}
	return []account.Membership{m}, personOf(m), nil
}

// readNear reads who of a role is in the sender's classes.
func (s *selection) readNear(r school.Role) error {
	if s.near[r] != nil {
		return nil
	}
	s.near[r] = map[account.MemberID]struct{}{}
	for _, c := range s.classes {
		members, err := s.tx.ClassMembers(c.School, c.ID, r)
		if err != nil {
			return err
		}
		for _, m := range members {
			s.near[r][m.ID] = struct{}{}
		}
	}
	return nil
}

// list is everyone of a role in a class, or nobody when it is no list of the
// sender's.
func (s *selection) list(chosen message.Audience) ([]account.Membership, message.Audience, error) {
	i := slices.IndexFunc(s.classes, func(c message.Class) bool { return c.ID == chosen.Class })
	if i < 0 || !listRoles.Has(chosen.Role) || !s.matrix.AllowsClass(s.sender.Role, chosen.Role, true) {
		return nil, message.Audience{}, nil
	}
	people, err := s.tx.ClassMembers(s.sender.School, chosen.Class, chosen.Role)
	return people, listOf(s.classes[i], chosen.Role), err
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
	if until := a.writingStopped(who, m.Written); !until.IsZero() && original.Left.After(until) {
		return nil, notFound("Ce message n’existe pas, ou n’est pas à vous.", "There is no such message, or it is not yours.")
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
