package ecluse

import (
	"bytes"
	"context"
	"errors"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// MayReadStolen refuses who may not hand in a list of stolen accounts: that is for
// an office, with a fresh proof of who acts. One person is enough. A list freezes
// only accounts whose password stands in it, and the school gives them back.
func (a *App) MayReadStolen(who Actor) error {
	if who.Office.Territory == "" || who.Member.ID != 0 {
		return denied("Une liste de comptes volés se remet à une autorité, comme la direction des services départementaux.",
			"A list of stolen accounts is handed to an authority, such as the departmental office.")
	}
	return a.fresh(who)
}

// MaxStolen bounds a list that is handed in by the pages, in bytes: longer ones are
// read by a command.
const MaxStolen = 8 << 20

// errBusy is of a list that comes while another one is read.
var errBusy = fault.New(fault.Conflict,
	"Une autre liste est en cours de lecture. Attendez qu’elle soit finie, puis envoyez celle-ci.",
	"Another list is being read. Wait until it is done, then send this one.")

// StartStolen begins to read a list for an office, and goes on when the request that
// brought it has ended. The list stays in memory, and is lost when the program ends;
// the same one handed in again goes on where it stopped.
func (a *App) StartStolen(ctx context.Context, who Actor, list []byte, hosts []string) (store.StolenList, error) {
	if err := a.MayReadStolen(who); err != nil {
		return store.StolenList{}, err
	}
	if !a.reading.TryLock() {
		return store.StolenList{}, errBusy
	}
	r := StolenReading{List: bytes.NewReader(list), Within: who.Office.Territory, Hosts: hosts}
	l, err := a.receiveStolen(ctx, who, r)
	if err != nil {
		a.reading.Unlock()
		return l, err
	}
	a.work.Go(func() {
		defer a.reading.Unlock()
		_, err := a.readStolen(a.lasting, who, l, r)
		if !errors.Is(err, context.Canceled) {
			a.logged("reading a list of stolen accounts", err)
		}
	})
	return l, nil
}

// StolenLists is the lists that were read for the actor's territory, the newest
// first.
func (a *App) StolenLists(ctx context.Context, who Actor) (reports []StolenReport, err error) {
	if err := a.officeOnly(who); err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		lists, err := tx.StolenLists(who.Office.Territory)
		if err != nil {
			return err
		}
		for _, l := range lists {
			accounts, err := tx.StolenAccounts(l.ID)
			if err != nil {
				return err
			}
			reports = append(reports, stolenCounts(l, accounts))
		}
		return nil
	})
	return reports, err
}

// officeOnly refuses who holds no office: to others a list does not exist.
func (a *App) officeOnly(who Actor) error {
	if who.Office.Territory == "" || who.Member.ID != 0 {
		return notFound("Cette page n’existe pas, ou n’est pas à vous.", "This page does not exist, or is not yours.")
	}
	return nil
}

// A StolenCount is how many accounts of one role of a school stood in a list.
type StolenCount struct {
	School school.UAI // "": who holds an office
	Role   school.Role
	Works  int // frozen
	Frozen int // of these, still
	Old    int
	Never  int
}

// StolenList is a list that was read for the actor's territory, with its counts by
// school and role. Names are for the schools alone.
func (a *App) StolenList(ctx context.Context, who Actor, id int64) (report StolenReport, counts []StolenCount, err error) {
	if err := a.officeOnly(who); err != nil {
		return report, nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		l, err := tx.StolenList(id)
		if err != nil {
			return err
		}
		if !who.Office.Territory.Contains(l.Within) {
			return a.officeOnly(Actor{})
		}
		accounts, err := tx.StolenAccounts(id)
		report, counts = stolenCounts(l, accounts), stolenBySchool(accounts)
		return err
	})
	return report, counts, err
}

// StolenAtSchool is the accounts of the head's school that stood in a list, one line
// for each list they stood in.
func (a *App) StolenAtSchool(ctx context.Context, who Actor) (accounts []store.StolenAccount, err error) {
	if who.Member.Role != school.Head || who.Member.ID == 0 {
		return nil, notFound("Cette page n’existe pas, ou n’est pas à vous.", "This page does not exist, or is not yours.")
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		accounts, err = tx.StolenAccountsAt(who.Member.School)
		return err
	})
	return accounts, err
}

// StolenExport is StolenAtSchool for a file that leaves Écluse: with a fresh proof.
func (a *App) StolenExport(ctx context.Context, who Actor) ([]store.StolenAccount, error) {
	if err := a.fresh(who); err != nil {
		return nil, err
	}
	return a.StolenAtSchool(ctx, who)
}

// StolenTable is the accounts of a list, for who runs the installation.
func (a *App) StolenTable(ctx context.Context, list int64) ([]store.StolenAccount, error) {
	return a.stolenAccounts(ctx, list)
}

func (a *App) stolenAccounts(ctx context.Context, list int64) (accounts []store.StolenAccount, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		accounts, err = tx.StolenAccounts(list)
		return err
	})
	return accounts, err
}

// stolenReport counts what became of a list.
func (a *App) stolenReport(ctx context.Context, l store.StolenList) (StolenReport, error) {
	accounts, err := a.stolenAccounts(ctx, l.ID)
	return stolenCounts(l, accounts), err
}

// stolenCounts counts each account once, however many places it has.
func stolenCounts(l store.StolenList, accounts []store.StolenAccount) StolenReport {
	report, seen := StolenReport{StolenList: l}, map[account.PersonID]bool{}
	for _, s := range accounts {
		if seen[s.Person] {
			continue
		}
		seen[s.Person] = true
		report.Matched++
		switch s.Outcome {
		case store.StolenWorks:
			report.Works++
		case store.StolenOld:
			report.Old++
		case store.StolenNever:
			report.Never++
		}
	}
	return report
}

// stolenBySchool counts each account at each of its places.
func stolenBySchool(accounts []store.StolenAccount) (counts []StolenCount) {
	at := map[Place]int{}
	for _, s := range accounts {
		i, found := at[Place{s.School, s.Role}]
		if !found {
			i = len(counts)
			at[Place{s.School, s.Role}] = i
			counts = append(counts, StolenCount{School: s.School, Role: s.Role})
		}
		switch c := &counts[i]; s.Outcome {
		case store.StolenWorks:
			c.Works++
			if s.Frozen {
				c.Frozen++
			}
		case store.StolenOld:
			c.Old++
		case store.StolenNever:
			c.Never++
		}
	}
	return counts
}

// Stalled reports whether a list that was not read to its end is not being read any
// more: the same one handed in again goes on where it stopped.
func (a *App) Stalled(l store.StolenList) bool {
	return l.Done.IsZero() && a.clock.Now().Sub(l.Moved) > stolenStalled
}
