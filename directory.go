package ecluse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Directory is whom one membership may write to now, as the school's matrix
// and the orders have it.
type Directory struct {
	Lists  []Choice // everyone of a role in a class
	People []Choice // sorted by role, then name
	Roles  [school.RoleCount]RoleState
}

// A Choice is one possible recipient.
type Choice struct {
	message.Audience
	Function string
	Classes  []string // what the person has in common with the sender
	Count    int      // people
}

// A RoleState says how the orders stand between the sender and a role.
type RoleState struct {
	Access   order.Access // the sender's, towards this role
	ReadsNow bool         // people of this role can read what is sent now
	Reads    time.Time    // otherwise, when they can next; zero: not known
}

// Directory lists whom the actor may write to.
func (a *App) Directory(ctx context.Context, who Actor) (Directory, error) {
	var d Directory
	if err := a.open(who, gate.Read, a.clock.Now()); err != nil {
		return d, err
	}
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		d, err = a.directory(tx, who)
		return err
	})
	return d, err
}

func (a *App) directory(tx *store.Tx, who Actor) (d Directory, err error) {
	matrix, err := matrixOf(tx, who.Member.School)
	if err != nil {
		return d, err
	}
	classes, err := classesOf(tx, who.Member)
	if err != nil {
		return d, err
	}
	now := a.clock.Now()
	for r := range school.Role(school.RoleCount) {
		d.Roles[r] = a.roleState(who, r, now)
		if d.Lists, err = lists(tx, who.Member, matrix, classes, r, d.Lists); err != nil {
			return d, err
		}
		people, err := reach(tx, who.Member, matrix[who.Member.Role][r], classes, r)
		if err != nil {
			return d, err
		}
		d.People = append(d.People, people...)
	}
	return d, nil
}

// roleState is how things stand between the sender and one role.
func (a *App) roleState(who Actor, r school.Role, now time.Time) RoleState {
	st := a.stateAt(who, school.RolesOf(r), now)
	reader := Actor{
		Member: account.Membership{School: who.Member.School, Role: r}, Facts: gate.Compliant(),
	}
	towards := a.stateAt(reader, school.RolesOf(who.Member.Role), now)
	return RoleState{
		Access:   st.Decision.Access,
		ReadsNow: towards.Decision.Access >= order.Reply,
		Reads:    towards.Reopens,
	}
}

// matrixOf is the school's own matrix, or the safe default.
func matrixOf(tx *store.Tx, uai school.UAI) (message.Matrix, error) {
	m, err := tx.Matrix(uai)
	if err := ignoreNotFound(err); err != nil {
		return m, err
	}
	if err != nil {
		return message.DefaultMatrix(), nil
	}
	return m, nil
}

// classesOf lists the classes that are a membership's own: its pupil's or
// teacher's, those of a guardian's children, and every class for staff and head.
func classesOf(tx *store.Tx, m account.Membership) ([]message.Class, error) {
	switch m.Role {
	case school.Staff, school.Head:
		return tx.Classes(m.School)
	case school.Guardian:
		return childrensClasses(tx, m)
	default:
		return tx.ClassesOf(m.School, m.ID)
	}
}

func childrensClasses(tx *store.Tx, guardian account.Membership) ([]message.Class, error) {
	children, err := tx.ChildrenOf(guardian.School, guardian.ID)
	if err != nil {
		return nil, err
	}
	var out []message.Class
	for _, child := range children {
		classes, err := tx.ClassesOf(child.School, child.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range classes {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// listRoles are the roles that form a list in a class.
var listRoles = school.RolesOf(school.Pupil, school.Guardian, school.Teacher)

// lists adds the lists of one role that the sender may write to.
func lists(tx *store.Tx, sender account.Membership, matrix message.Matrix, classes []message.Class, r school.Role, to []Choice) ([]Choice, error) {
	if !listRoles.Has(r) || !matrix.AllowsClass(sender.Role, r, true) {
		return to, nil
	}
	var ids []message.ClassID
	for _, c := range classes {
		ids = append(ids, c.ID)
	}
	sizes, err := tx.ClassSizes(sender.School, ids, r)
	if err != nil {
		return nil, err
	}
	for _, c := range classes {
		if sizes[c.ID] > 0 {
			to = append(to, Choice{Audience: listOf(c, r), Count: sizes[c.ID]})
		}
	}
	return to, nil
}

// listOf is everyone of a role in a class, as one recipient.
func listOf(c message.Class, r school.Role) message.Audience {
	return message.Audience{Class: c.ID, Role: r, Label: ListLabel(r, c.Name)}
}

// ListLabel names a list as it is kept with the message, in the school's own
// language.
func ListLabel(r school.Role, class string) string {
	names := map[school.Role]string{school.Pupil: "Élèves", school.Guardian: "Responsables", school.Teacher: "Enseignants"}
	return fmt.Sprintf("%s, %s", names[r], class)
}

// reach lists the people of one role that the sender may start writing to.
func reach(tx *store.Tx, sender account.Membership, far message.Reach, classes []message.Class, r school.Role) ([]Choice, error) {
	switch far {
	case message.WholeSchool:
		members, err := tx.MembersByRole(sender.School, school.RolesOf(r))
		if err != nil {
			return nil, err
		}
		return choices(members, sender.ID, nil), nil
	case message.OwnClasses:
		return classmates(tx, sender, classes, r)
	default:
		return nil, nil
	}
}

// classmates lists the people of one role in the sender's classes, each once.
func classmates(tx *store.Tx, sender account.Membership, classes []message.Class, r school.Role) ([]Choice, error) {
	shared := map[account.MemberID][]string{}
	var members []account.Membership
	for _, c := range classes {
		in, err := tx.ClassMembers(c.School, c.ID, r)
		if err != nil {
			return nil, err
		}
		for _, m := range in {
			if shared[m.ID] == nil {
				members = append(members, m)
			}
			shared[m.ID] = append(shared[m.ID], c.Name)
		}
	}
	return choices(members, sender.ID, shared), nil
}

func choices(members []account.Membership, sender account.MemberID, shared map[account.MemberID][]string) []Choice {
	var out []Choice
	for _, m := range members {
		if m.ID == sender {
			continue
		}
		out = append(out, Choice{
			Audience: personOf(m),
			Function: m.Function, Classes: shared[m.ID], Count: 1,
		})
	}
	return out
}

// personOf is one person as a recipient.
func personOf(m account.Membership) message.Audience {
	return message.Audience{Member: m.ID, Role: m.Role, Label: m.Name}
}

// Matrix is the school's table of who may write to whom.
func (a *App) Matrix(ctx context.Context, who Actor) (m message.Matrix, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		m, err = matrixOf(tx, who.Member.School)
		return err
	})
	return m, err
}

// SetMatrix replaces that table; only the head may.
func (a *App) SetMatrix(ctx context.Context, who Actor, m message.Matrix) error {
	if who.Member.Role != school.Head {
		return denied("Seule la direction règle qui peut écrire à qui.", "Only the head sets who may write to whom.")
	}
	return a.do(ctx, who, act{"matrix.set", logOf(who.Member.School), gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return string(who.Member.School), fmt.Sprint(m), tx.PutMatrix(who.Member.School, m)
	})
}
