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

// A Claim is what a node says of itself when it asks whether it leads.
type Claim struct {
	Name    string // of what there is to lead
	Mark    int64  // how far this node has come, in a measure that only grows
	Sooner  int64  // who has come further than the leader by more than this takes over at once; 0: nobody does
	Abreast bool   // who is behind the furthest that any leader has come does not lead
}

// Lead reports whether this node leads, among all nodes that share the database,
// and gives a sign of life if it does. It is asked every few seconds. Furthest is
// how far any node that led has come.
//
// Two nodes may both believe for a moment that they lead, as when one was halted
// and wakes up: what is done in the lead's name must be such that doing it twice
// does no harm.
func (a *App) Lead(ctx context.Context, c Claim) (leads bool, furthest int64, err error) {
	a.leads.mu.Lock()
	defer a.leads.mu.Unlock()
	var row store.Lead
	err = a.store.Write(ctx, func(tx *store.Tx) (err error) {
		if row, err = tx.Lead(c.Name); err != nil {
			return err
		}
		if leads = a.mayLead(row, c); !leads {
			return nil
		}
		row.Holder, row.Turn, row.Mark = a.leads.node, row.Turn+1, max(row.Mark, c.Mark)
		return tx.TakeLead(row)
	})
	if err != nil {
		return false, c.Mark, fmt.Errorf("learning which node leads: %w", err)
	}
	if a.leads.seen[c.Name].turn != row.Turn {
		a.leads.seen[c.Name] = sighting{row.Turn, a.clock.Now()}
	}
	return leads, max(row.Mark, c.Mark), nil
}

// LeaveLead gives the lead up, so that no other node waits to be sure that this one
// is gone. A node that does not hold it changes nothing.
func (a *App) LeaveLead(ctx context.Context, name string) error {
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		row, err := tx.Lead(name)
		if err != nil || row.Holder != a.leads.node {
			return err
		}
		row.Holder, row.Turn = "", row.Turn+1
		return tx.TakeLead(row)
	})
	if err != nil {
		return fmt.Errorf("giving up the lead: %w", err)
	}
	return nil
}

// mayLead reports whether we hold the lead, or may take it.
func (a *App) mayLead(row store.Lead, c Claim) bool {
	switch {
	case c.Abreast && c.Mark < row.Mark:
		return false
	case row.Holder == "", row.Holder == a.leads.node, c.Sooner > 0 && c.Mark-c.Sooner > row.Mark:
		return true
	}
	last, found := a.leads.seen[row.Name]
	return found && last.turn == row.Turn && a.clock.Now().Sub(last.since) >= LeadAfter
}
