package ecluse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// slipsKept is how long it is known, after a slip has expired, what became of it.
const slipsKept = 90 * 24 * time.Hour

// A SlipRow is somebody of a school with the slip that was last printed there.
type SlipRow struct {
	store.Enrolled
	Class string       // "" for who sits in none
	Slip  account.Slip // ID is 0 where none was printed
	State account.SlipState
}

// Needs reports whether the person cannot go on without a slip or another proof: a
// new password is asked of them, or they never had one. Whose password is a sign-in
// service's renews it there.
func (r SlipRow) Needs() bool { return (r.Asked || !r.Active) && r.Service == "" }

// Holds reports whether the person has a slip that counts.
func (r SlipRow) Holds() bool { return r.Slip.ID != 0 && r.State == account.SlipPrinted }

// A SlipFilter chooses people of a school.
type SlipFilter struct {
	School  school.UAI
	Roles   school.Roles
	Class   message.ClassID    // 0: all
	Members []account.MemberID // only these; nil: all
	All     bool               // also those who need none
}

// Slips is the people of a filter, in the order in which slips are handed out: by
// class, then by name; who sits in no class after all others.
func (a *App) Slips(ctx context.Context, who Actor, f SlipFilter) (rows []SlipRow, err error) {
	if f.Roles, err = a.slipRoles(who, f.School, f.Roles); err != nil {
		return nil, err
	}
	now := a.clock.Now()
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		rows, err = slipRows(tx, f, now)
		return err
	})
	slices.SortFunc(rows, func(x, y SlipRow) int {
		if (x.Class == "") != (y.Class == "") {
			return cmp.Compare(y.Class, x.Class)
		}
		return cmp.Or(cmp.Compare(x.Class, y.Class), cmp.Compare(x.Role, y.Role), cmp.Compare(x.Key, y.Key), cmp.Compare(x.ID, y.ID))
	})
	return rows, err
}

// slipRoles is for whom the actor prints slips in a school: its head for everyone,
// an office above for the heads, so that the papers pass from hand to hand.
func (a *App) slipRoles(who Actor, uai school.UAI, asked school.Roles) (school.Roles, error) {
	within, err := a.careOf(who)
	if err != nil {
		return 0, err
	}
	sc, err := a.gate.Load().School(uai)
	if err != nil || !within.Contains(sc.Territory()) {
		return 0, notFound("Cet établissement n’est pas dans votre territoire.", "This school is not in your territory.")
	}
	if who.Member.ID == 0 && who.Part == "" {
		return school.RolesOf(school.Head), nil
	}
	return asked, nil
}

// slipRows reads the people of a filter.
func slipRows(tx *store.Tx, f SlipFilter, now time.Time) ([]SlipRow, error) {
	people, err := tx.Enrolled(f.School, f.Roles)
	if err != nil {
		return nil, err
	}
	classes, err := classNames(tx, f)
	if err != nil {
		return nil, err
	}
	slips, err := tx.SlipsOf(f.School)
	if err != nil {
		return nil, err
	}
	latest := make(map[account.PersonID]account.Slip, len(slips))
	for _, s := range slips {
		latest[s.Person] = s
	}
	var rows []SlipRow
	for _, e := range people {
		class, seated := classes[e.ID]
		if f.Class == 0 && e.Role != school.Pupil && e.Role != school.Guardian {
			class = ""
		}
		r := SlipRow{Enrolled: e, Class: class, Slip: latest[e.Person]}
		r.State = r.Slip.State(now)
		left := f.Class != 0 && !seated || f.Members != nil && !slices.Contains(f.Members, e.ID) || !f.All && !r.Needs()
		if !left {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// classNames is in which class each member receives a slip: the first of theirs by
// name, or the one of the filter.
func classNames(tx *store.Tx, f SlipFilter) (map[account.MemberID]string, error) {
	seats, err := tx.Seats(f.School)
	names := make(map[account.MemberID]string, len(seats))
	for _, s := range seats {
		if f.Class != 0 && s.Class != int64(f.Class) {
			continue
		}
		if had, seated := names[s.Member]; !seated || s.Name < had {
			names[s.Member] = s.Name
		}
	}
	return names, err
}

// A SlipOrder is what slips to print.
type SlipOrder struct {
	SlipFilter
	Days   int  // they hold; 0: account.SlipDays
	Clears bool // who uses one has lost their second factors, which it removes
}

// mostSlips is how many are printed at once: more than any class or staff has.
const mostSlips = 2500

// A PrintedSlip is a slip as it stands on paper. Its code is told here, once, and
// kept nowhere.
type PrintedSlip struct {
	SlipRow
	Code string
}

// PrintSlips makes slips for the people of an order, in the order of Slips, and
// cancels those that they had. Who signs in through a service alone gets one only
// where they are asked for by name. Whoever steals a head's session would take every
// account of the school with it: a fresh proof is asked. Nobody prints one for
// themselves or for who holds an office that is not below theirs.
func (a *App) PrintSlips(ctx context.Context, who Actor, o SlipOrder) ([]PrintedSlip, error) {
	if err := a.fresh(who); err != nil {
		return nil, err
	}
	if o.Days = cmp.Or(o.Days, account.SlipDays); o.Days < 1 || o.Days > account.MaxSlipDays {
		return nil, invalid(fmt.Sprintf("Un billet vaut entre 1 et %d jours.", account.MaxSlipDays),
			fmt.Sprintf("A slip holds for 1 to %d days.", account.MaxSlipDays))
	}
	rows, err := a.Slips(ctx, who, o.SlipFilter)
	if err != nil {
		return nil, err
	}
	if rows, err = a.printable(ctx, who, o.Members != nil, rows); err != nil {
		return nil, err
	}
	printed, err := a.draw(rows, o)
	if err != nil {
		return nil, err
	}
	err = a.do(ctx, who, act{"slip.print", logOf(o.School), gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		for _, p := range printed {
			if err := tx.AddSlip(p.Slip); err != nil {
				return "", "", err
			}
		}
		return "slips", fmt.Sprintf("%d slips for %d days%s", len(printed), o.Days, map[bool]string{true: ", removing second factors"}[o.Clears]), nil
	})
	return printed, err
}

// printable leaves out whom the actor is not responsible for and, unless people were
// named, those who have no password here; it refuses to print nothing or too much.
func (a *App) printable(ctx context.Context, who Actor, named bool, rows []SlipRow) (kept []SlipRow, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		for _, r := range rows {
			if r.Person == who.Person.ID || r.Service != "" && !named {
				continue
			}
			if r.Office {
				if err := a.mayCareFor(tx, who, r.Person); fault.Is(err, fault.Denied) {
					continue
				} else if err != nil {
					return err
				}
			}
			kept = append(kept, r)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(kept) == 0:
		return nil, invalid("Il n’y a rien à imprimer pour ce choix.", "There is nothing to print for this choice.")
	case len(kept) > mostSlips:
		return nil, invalid(fmt.Sprintf("Ce choix en demande %d\u00a0: imprimez-les classe par classe.", len(kept)),
			fmt.Sprintf("This choice asks for %d: print them class by class.", len(kept)))
	}
	return kept, nil
}

// draw gives every row a code.
func (a *App) draw(rows []SlipRow, o SlipOrder) ([]PrintedSlip, error) {
	_, loc, err := a.School(o.School)
	if err != nil {
		return nil, err
	}
	now := a.clock.Now()
	day := now.In(loc)
	expires := time.Date(day.Year(), day.Month(), day.Day()+o.Days+1, 0, 0, 0, 0, loc) // the paper names the day before
	printed := make([]PrintedSlip, len(rows))
	for i, r := range rows {
		code := account.NewSlipCode()
		plain, err := account.ParseSlipCode(code)
		if err != nil {
			return nil, fmt.Errorf("drawing the code of a slip: %w", err)
		}
		r.Slip = account.Slip{
			ID: store.NewID(now), Person: r.Person, School: r.School, Member: r.ID,
			Printed: now, Expires: expires, Clears: o.Clears,
		}
		if r.Slip.Digest, err = account.SlipDigest(r.Slip.ID, r.Person, plain); err != nil {
			return nil, err
		}
		r.State = account.SlipPrinted
		printed[i] = PrintedSlip{SlipRow: r, Code: code}
	}
	return printed, nil
}

// Classes is the classes of a school for whose people the actor prints slips.
func (a *App) Classes(ctx context.Context, who Actor, uai school.UAI) (list []message.Class, err error) {
	if _, err := a.slipRoles(who, uai, 0); err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Classes(uai)
		return err
	})
	return list, err
}

// CancelSlip makes a slip of the actor's school worthless: it was lost.
func (a *App) CancelSlip(ctx context.Context, who Actor, uai school.UAI, id int64) error {
	if _, err := a.slipRoles(who, uai, 0); err != nil {
		return err
	}
	return a.do(ctx, who, act{"slip.cancel", logOf(uai), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		s, err := tx.Slip(uai, id)
		if err != nil {
			return "", "", err
		}
		return account.Person{ID: s.Person}.Number(), "", tx.CancelSlip(uai, id, now)
	})
}
