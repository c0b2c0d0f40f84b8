// Package gate decides who may read, reply and write, where and when. It is the
// lock itself: everything that enforces asks Decide, and nothing else.
//
// What it promises:
//
//   - Decide is a pure function of an immutable Snapshot and a Request. It reads
//     no clock, no database and no network, takes no lock and allocates nothing.
//   - All orders in force for a membership's school and role count, whatever
//     level issued them, and the strictest wins, field by field: a lower level
//     can tighten, never loosen.
//   - What cannot be decided is Closed and says so (Decision.Unknown): no
//     snapshot, an unknown school, a missing zone, a holiday that the calendar
//     does not tell. It is never open.
//   - An exercise order enforces nothing.
//   - The notice, the help page, announcements, account security and the word to
//     the protection contact are closed by no order (see Needs).
//
// Compile turns orders, schools and exemptions into a table per school and
// role. Reference answers the same question by a plain walk of all orders; a
// property test holds one against the other. A new table is put in place at
// once, for everybody, through Gate.
//
// Lifetimes: a Snapshot never changes and may be kept as long as one likes; the
// orders and schools it was compiled from must not be changed afterwards. A
// Cache outlives snapshots, so that recompiling after one more order does not
// compile all hours again.
package gate

import "sync/atomic"

// A Gate holds the snapshot that decides now. The zero Gate holds none and
// decides Closed, Unknown.
type Gate struct{ current atomic.Pointer[Snapshot] }

// Load is the present snapshot; nil, which is safe to ask, until the first Store.
func (g *Gate) Load() *Snapshot { return g.current.Load() }

// Store puts a snapshot in place of the present one; whoever asks from now on
// is answered from it.
func (g *Gate) Store(s *Snapshot) { g.current.Store(s) }

// Decide asks the present snapshot.
func (g *Gate) Decide(r Request) Decision { return g.Load().Decide(r) }
