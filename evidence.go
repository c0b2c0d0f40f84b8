package ecluse

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/evidence"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How long what belongs to a complaint goes back, and how long it stays. Texts go
// back to the theft only (account.Freeze.Evidence), since the owner wrote some of them.
const (
	signInsBefore = 30 * 24 * time.Hour
	evidenceKept  = 183 * 24 * time.Hour // after the account was given back
)

// keepEvidence keeps what is evidence of an account that is about to be frozen, a
// file for each of its places, and tells their seals for the journal.
func (a *App) keepEvidence(tx *store.Tx, f account.Freeze) (seals string, err error) {
	person, err := tx.Person(f.Person)
	if err != nil {
		return "", err
	}
	seen := f.At.Add(-signInsBefore)
	signIns, err := signInsOf(tx, person, seen)
	if err != nil {
		return "", err
	}
	places, err := a.placesHeld(tx, f.Person)
	if err != nil {
		return "", err
	}
	var list []string
	for _, p := range places {
		r := evidence.Record{
			School: p.name, Account: person.Number(), Owner: person.Name() + ", " + strings.Join(p.roles, ", "), Frozen: f.At, Why: frozenWhy[f.Why],
			By: f.By, Since: f.Evidence(), Seen: seen, Zone: p.zone, SignIns: signIns,
		}
		if err := p.read(tx, &r); err != nil {
			return "", err
		}
		seal, err := putEvidence(tx, f, p.at, r)
		if err != nil {
			return "", err
		}
		list = append(list, seal)
	}
	return strings.Join(list, " "), nil
}

// putEvidence packs one place's file and keeps it.
func putEvidence(tx *store.Tx, f account.Freeze, at school.Territory, r evidence.Record) (seal string, err error) {
	file, seal, err := evidence.Pack(r)
	if err != nil {
		return "", fmt.Errorf("keeping the evidence of %s: %w", r.Account, err)
	}
	h := store.Held{
		ID: store.NewID(f.At), Person: f.Person, Place: at, Frozen: f.At, Since: r.Since, Seal: seal, Messages: len(r.Messages), SignIns: len(r.SignIns),
	}
	for _, m := range r.Messages {
		h.People += m.People
	}
	return seal, tx.AddEvidence(h, file)
}

// frozenWhy is the reason of a freeze, for a file in French.
var frozenWhy = [...]string{
	account.FrozenBySchool: "signalé à l’établissement ou à une autorité",
	account.FrozenByOwner:  "la personne a dit : ce n’était pas moi",
	account.FrozenByLeak:   "son mot de passe figure dans une liste de mots de passe volés",
}

// A heldPlace is a school, or the territory of an office, that keeps a file of its
// own: no school reads what was written in another.
type heldPlace struct {
	at      school.Territory
	name    string
	zone    *time.Location
	members []account.Membership
	roles   []string
}

// placesHeld is the places of an account.
func (a *App) placesHeld(tx *store.Tx, person account.PersonID) (places []heldPlace, err error) {
	members, err := tx.MembershipsOf(person)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		sc, err := a.gate.Load().School(m.School)
		if err != nil { // a school that nobody can answer for keeps nobody's account open
			a.log.Error("no evidence is kept at a school that is not known", "school", m.School, "cause", err)
			continue
		}
		i := slices.IndexFunc(places, func(p heldPlace) bool { return p.at == sc.Territory() })
		if i < 0 {
			i, places = len(places), append(places, heldPlace{at: sc.Territory(), name: string(sc.UAI) + " " + sc.Name, zone: a.zone(sc.Zone)})
		}
		places[i].members, places[i].roles = append(places[i].members, m), append(places[i].roles, roleFrench(m.Role))
	}
	offices, err := tx.Offices(person)
	for _, o := range offices {
		places = append(places, heldPlace{at: o.Territory, name: o.Title, zone: a.zone("Europe/Paris"), roles: []string{"autorité"}})
	}
	return places, err
}

// read adds what was written at a place.
func (p heldPlace) read(tx *store.Tx, r *evidence.Record) error {
	for _, member := range p.members {
		sent, err := tx.SentSince(member.School, member.ID, r.Since)
		if err != nil {
			return err
		}
		for _, m := range sent {
			readers, err := tx.ReadersOf(m.School, m.ID)
			if err != nil {
				return err
			}
			e := evidence.Message{ID: int64(m.ID), Written: m.Written, Left: m.Left, Alert: m.Kind == message.Alert, Subject: m.Subject, Text: m.Body, People: m.Count}
			for _, to := range readers {
				e.To = append(e.To, evidence.Recipient{Member: int64(to.Member), Role: roleFrench(to.Role), Read: to.Read})
			}
			r.Messages = append(r.Messages, e)
		}
	}
	return nil
}

// roleFrench is a role in a file in French.
func roleFrench(r school.Role) string {
	return [school.RoleCount]string{"élève", "responsable", "enseignant", "personnel", "direction"}[r]
}

// signInsOf is every trace of how an account was entered since an instant.
func signInsOf(tx *store.Tx, person account.Person, since time.Time) (list []evidence.SignIn, err error) {
	mark := func(browser [32]byte) string { return hex.EncodeToString(browser[:4]) }
	sessions, err := tx.SessionsOf(person.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		list = append(list, evidence.SignIn{What: "session ouverte", First: s.Created, Last: s.Seen, Address: s.Address, Country: s.Country, Browser: s.Device, Device: mark(s.Browser)})
	}
	devices, err := tx.Devices(person.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		if !d.Seen.Before(since) {
			list = append(list, evidence.SignIn{What: "appareil", First: d.First, Last: d.Seen, Address: d.Address, Country: d.Country, Browser: d.Name, Device: mark(d.Browser)})
		}
	}
	tries, err := tx.OpenedSince(person.Login, since)
	for _, t := range tries {
		list = append(list, evidence.SignIn{What: "mot de passe accepté", First: t.At, Last: t.At, Address: t.Address, Device: mark(t.Device)})
	}
	return list, err
}

// A HeldView is what is kept of an account at one place of the actor's territory.
type HeldView struct {
	store.Held
	Name    string // of the place
	Mine    bool   // the actor may fetch it
	Fetched []store.Fetch
}

// heldFor is what is kept of an account, as far as the actor answers for it.
func (a *App) heldFor(tx *store.Tx, who Actor, person account.PersonID) (views []HeldView, err error) {
	within, err := a.careOf(who)
	if err != nil {
		return nil, err
	}
	list, err := tx.HeldOf(person)
	if err != nil {
		return nil, err
	}
	for _, h := range list {
		if !within.Contains(h.Place) {
			continue
		}
		v := HeldView{Held: h, Name: a.TerritoryName(h.Place)}
		if v.Mine, err = a.mayFetch(tx, who, h); err != nil {
			return nil, err
		}
		if v.Fetched, err = tx.Fetches(h.ID); err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// mayFetch reports whether the actor may read what is kept at a place: the school's
// head. What belongs to a head, or to an office, is fetched by the office above: texts
// of others stay with the school.
func (a *App) mayFetch(tx *store.Tx, who Actor, h store.Held) (bool, error) {
	within, err := a.careOf(who)
	if err != nil || !within.Contains(h.Place) {
		return false, err
	}
	if who.Member.ID != 0 {
		return true, nil
	}
	members, err := tx.MembershipsOf(h.Person)
	if err != nil {
		return false, err
	}
	heads := false
	for _, m := range members {
		if sc, err := a.gate.Load().School(m.School); err == nil && sc.Territory() == h.Place {
			if m.Role != school.Head {
				return false, nil
			}
			heads = true
		}
	}
	return heads || within != h.Place, nil
}

// FetchEvidence hands out the file that is kept of an account, after a fresh proof.
func (a *App) FetchEvidence(ctx context.Context, who Actor, person account.PersonID, id int64) (name string, file []byte, err error) {
	err = a.changeEvidence(ctx, who, "evidence.fetch", person, id, func(tx *store.Tx, h store.Held, now time.Time) error {
		name = evidence.Name(fmt.Sprint(int64(person)), h.Seal)
		if file, err = tx.EvidenceFile(id); err != nil {
			return err
		}
		return tx.AddFetch(id, who.Person.ID, now)
	})
	return name, file, err
}

// ReleaseEvidence forgets what is kept of an account that was given back.
func (a *App) ReleaseEvidence(ctx context.Context, who Actor, person account.PersonID, id int64) error {
	return a.changeEvidence(ctx, who, "evidence.release", person, id, func(tx *store.Tx, h store.Held, _ time.Time) error {
		if h.Until.IsZero() {
			return invalid("Rendez d’abord le compte : ses preuves restent tant qu’il est bloqué.",
				"Give the account back first: its evidence stays as long as it is frozen.")
		}
		return tx.EndEvidence(id)
	})
}

// changeEvidence does an act about what is kept of an account; the journal keeps
// its seal.
func (a *App) changeEvidence(ctx context.Context, who Actor, verb string, person account.PersonID, id int64, change func(*store.Tx, store.Held, time.Time) error) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	return a.do(ctx, who, act{verb, officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		h, err := tx.Held(person, id)
		if err != nil {
			return "", "", err
		}
		switch mine, err := a.mayFetch(tx, who, h); {
		case err != nil:
			return "", "", err
		case !mine:
			return "", "", denied("Ces preuves sont remises à la direction de l’établissement.", "This evidence is given to the head of the school.")
		}
		return account.Person{ID: person}.Number(), "evidence " + h.Seal, change(tx, h, now)
	})
}
