package ecluse

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/store"
)

// LeadAfter is how long the node that leads may give no sign of life before
// another takes over.
const LeadAfter = 7 * time.Second

// leads is what this node has seen of who leads what.
type leads struct {
	mu   sync.Mutex
	node string // our name among the nodes of the database
	seen map[string]sighting
}

// A sighting is a turn, and since when by our own clock we have seen no other.
type sighting struct {
	turn  int64
	since time.Time
}

// Lead reports whether this node leads what is named, among all nodes that share
// the database, and gives a sign of life if it does. It is asked every few
// seconds. Mark says how far this node has come, in a measure of the caller's
// that only grows; who has come further than the leader by more than slack takes
// over at once. Furthest is how far any node that led has come.
//
// Two nodes may both believe for a moment that they lead, as when one was halted
// and wakes up: what is done in the lead's name must be such that the database
// refuses the second.
func (a *App) Lead(ctx context.Context, name string, mark, slack int64) (leads bool, furthest int64, err error) {
	a.leads.mu.Lock()
	defer a.leads.mu.Unlock()
	var row store.Lead
	err = a.store.Write(ctx, func(tx *store.Tx) (err error) {
		if row, err = tx.Lead(name); err != nil {
			return err
		}
		if leads = a.mayLead(row, mark-slack); !leads {
			return nil
		}
		row.Holder, row.Turn, row.Mark = a.leads.node, row.Turn+1, max(row.Mark, mark)
		return tx.TakeLead(row)
	})
	if err != nil {
		return false, mark, fmt.Errorf("learning which node leads: %w", err)
	}
	if a.leads.seen[name].turn != row.Turn {
		a.leads.seen[name] = sighting{row.Turn, a.clock.Now()}
	}
	return leads, max(row.Mark, mark), nil
}

// mayLead reports whether we hold the lead, or may take it.
func (a *App) mayLead(row store.Lead, beyond int64) bool {
	if row.Holder == "" || row.Holder == a.leads.node || beyond > row.Mark {
		return true
	}
	last, found := a.leads.seen[row.Name]
	return found && last.turn == row.Turn && a.clock.Now().Sub(last.since) >= LeadAfter
}
