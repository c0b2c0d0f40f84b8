package ecluse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// headOffice is the authority that a head has by being the head: the school.
func headOffice(m account.Membership) account.Office {
	if m.Role != school.Head {
		return account.Office{}
	}
	return account.Office{Person: m.Person, Territory: school.Territory(m.School)}
}

// Announce publishes one-way words to everyone of the actor's territory. No
// order closes it.
func (a *App) Announce(ctx context.Context, who Actor, title, body string) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	title, body = message.Clean(title), message.Clean(body)
	if err := message.Check(title, body); err != nil {
		return err
	}
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return err
	}
	return a.do(ctx, who, act{"announcement.publish", logAt(territory), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		n := store.Announcement{
			ID: store.NewID(now), Territory: territory, By: who.Person.Name(), Office: who.Office.Title,
			Title: title, Body: body, At: now,
		}
		return fmt.Sprintf("announcement %d", n.ID), "", tx.AddAnnouncement(n)
	})
}

// TerritoryOf is where the actor has authority: their office's territory, or
// for a head the school's own node.
func (a *App) TerritoryOf(who Actor) (school.Territory, error) {
	if who.Office.Territory == "" {
		return "", denied("Seule la direction ou une autorité peut le faire.", "Only the head or an authority can do this.")
	}
	if who.Member.ID == 0 {
		return who.Office.Territory, nil
	}
	sc, _, err := a.School(who.Member.School)
	return sc.Territory(), err
}

// Announcements lists what was announced to a school, newest first. No order
// closes reading them.
func (a *App) Announcements(ctx context.Context, t school.Territory) (list []store.Announcement, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Announcements(t, 50)
		return err
	})
	return list, err
}

// alertsPerHour bounds one person's words to the protection contact.
const alertsPerHour = 10

// Alert sends a one-way word to the school's protection contact: its heads. No
// order closes it.
func (a *App) Alert(ctx context.Context, who Actor, body string) error {
	body = message.Clean(body)
	if err := message.Check("-", body); err != nil {
		return err
	}
	var told []account.MemberID
	err := a.do(ctx, who, act{"alert.send", logOf(who.Member.School), gate.ProtectionMessage}, func(tx *store.Tx, now time.Time) (string, string, error) {
		m, to, err := alertOf(tx, who, body, now)
		if err != nil {
			return "", "", err
		}
		told = to
		return fmt.Sprintf("message %d", m.ID), "", tx.AddMessage(m, to)
	})
	a.live.tell(told)
	return err
}

func alertOf(tx *store.Tx, who Actor, body string, now time.Time) (m message.Message, to []account.MemberID, err error) {
	sent, err := tx.SentCount(who.Member.School, who.Member.ID, message.Alert, now.Add(-time.Hour))
	if err != nil {
		return m, nil, err
	}
	if sent >= alertsPerHour {
		return m, nil, fault.New(fault.TooMany,
			"Vous avez déjà écrit plusieurs fois. En cas de danger, appelez le 17.",
			"You have written several times already. In danger, call 17.")
	}
	heads, err := tx.MembersByRole(who.Member.School, school.RolesOf(school.Head))
	if err != nil {
		return m, nil, err
	}
	if len(heads) == 0 {
		return m, nil, notFound(
			"Personne ne lit ces messages dans cet établissement. En cas de danger, appelez le 17 ; pour les enfants, le 119 ou le 3018.",
			"Nobody reads these messages in this school. In danger, call 17; for children, 119 or 3018.")
	}
	id := message.ID(store.NewID(now))
	m = message.Message{
		School: who.Member.School, ID: id, Thread: id, Kind: message.Alert, Sender: who.Member.ID,
		From: who.Member.Name, FromRole: who.Member.Role, Written: now, Left: now,
		Subject: alertSubject(body), Body: body, Count: len(heads),
	}
	for _, h := range heads {
		to = append(to, h.ID)
		m.Audience = append(m.Audience, message.Audience{Member: h.ID, Role: h.Role, Label: h.Name})
	}
	return m, to, nil
}

// alertSubject marks the word in a mailbox by its own beginning.
func alertSubject(body string) string {
	first, _, _ := strings.Cut(body, "\n")
	words := []rune("Protection\u00a0: " + first)
	return string(words[:min(len(words), 80)])
}

// alertsShown is how many of them a head's page of alerts shows.
const alertsShown = 100

// Alerts lists the words that reached a head as protection contact. They can be
// read while messaging is closed.
func (a *App) Alerts(ctx context.Context, who Actor) (list []message.Delivery, err error) {
	if who.Member.Role != school.Head {
		return nil, nil
	}
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Alerts(who.Member.School, who.Member.ID, alertsShown)
		return err
	})
	return list, err
}
