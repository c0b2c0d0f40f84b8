package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ecluse-ecole/ecluse/internal/journal"
)

// logState is a row of journal_head.
type logState struct {
	head   journal.Head
	peaks  []byte
	latest int64
}

func scanState(row *sql.Rows, s *logState) error {
	return row.Scan(&s.head.Log, &s.head.Size, digest{(*[32]byte)(&s.head.Root)}, &s.peaks, &s.latest)
}

const selectState = "SELECT log, size, root, peaks, latest FROM journal_head "

// Append writes an entry behind the last of its log, in this act; its Seq is
// given here. Acts on the same log wait for each other from here to the commit,
// so it is best called last.
func (tx *Tx) Append(e journal.Entry) error {
	state, err := tx.lockLog(e.Log)
	if err != nil {
		return err
	}
	frontier, err := journal.ParseFrontier(state.head.Size, state.peaks)
	if err != nil {
		return tx.fail(fmt.Errorf("appending to journal %s: %w", e.Log, err))
	}
	e.Seq = state.head.Size
	hashes := frontier.Add(e.Hash())
	err = tx.put("INSERT INTO journal_entry (log, seq, at, actor, verb, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		e.Log, e.Seq, e.At, e.Actor, e.Verb, e.Subject, e.Detail)
	if err != nil {
		return err
	}
	if err := tx.addNodes(e.Log, tlog.StoredHashIndex(0, e.Seq), hashes); err != nil {
		return err
	}
	root := frontier.Root()
	return tx.put("UPDATE journal_head SET size = $1, root = $2, peaks = $3, latest = $4 WHERE log = $5",
		frontier.Size(), root[:], frontier.Bytes(), max(state.latest, millis(e.At)), e.Log)
}

// lockLog is a log's state, its row held until the commit.
func (tx *Tx) lockLog(log journal.Log) (logState, error) {
	state, err := tx.logState(log)
	if !errors.Is(err, errNoLog) {
		return state, err
	}
	var empty journal.Frontier
	root := empty.Root()
	err = tx.put("INSERT INTO journal_head (log, size, root, peaks, latest) VALUES ($1, 0, $2, $3, 0) ON CONFLICT (log) DO NOTHING",
		log, root[:], []byte{})
	if err != nil {
		return state, err
	}
	return tx.logState(log)
}

var errNoLog = errors.New("there is no such journal")

func (tx *Tx) logState(log journal.Log) (logState, error) {
	return one(tx, errNoLog, scanState, selectState+"WHERE log = $1"+forUpdate, log)
}

func (tx *Tx) addNodes(log journal.Log, index int64, hashes []tlog.Hash) error {
	for i := range hashes {
		err := tx.put("INSERT INTO journal_hash (log, idx, hash) VALUES ($1, $2, $3)", log, index+int64(i), hashes[i][:])
		if err != nil {
			return err
		}
	}
	return nil
}

const selectEntry = "SELECT log, seq, at, actor, verb, subject, detail FROM journal_entry "

func scanEntry(row *sql.Rows, e *journal.Entry) error {
	return row.Scan(&e.Log, &e.Seq, instant{&e.At}, &e.Actor, &e.Verb, &e.Subject, &e.Detail)
}

// JournalTail is the newest entries of a log, newest first.
func (tx *Tx) JournalTail(log journal.Log, limit int) ([]journal.Entry, error) {
	return all(tx, scanEntry, selectEntry+"WHERE log = $1 ORDER BY seq DESC LIMIT $2", log, limit)
}

// Heads is the state of every log, for keeping outside as a checkpoint.
func (tx *Tx) Heads() ([]journal.Head, error) {
	states, err := all(tx, scanState, selectState+"ORDER BY log")
	heads := make([]journal.Head, len(states))
	for i := range states {
		heads[i] = states[i].head
	}
	return heads, err
}

// Heartbeat notes that the clock has told this instant; it never goes back.
func (tx *Tx) Heartbeat(at time.Time) error {
	return tx.put("UPDATE counter SET value = $1 WHERE name = 'heartbeat' AND value < $1", at)
}

// AcceptClock makes at the latest instant known, although later ones were: the
// clock that told them was wrong. The entries keep what they say.
func (tx *Tx) AcceptClock(at time.Time) error {
	if err := tx.put("UPDATE counter SET value = $1 WHERE name = 'heartbeat' AND value > $1", at); err != nil {
		return err
	}
	return tx.put("UPDATE journal_head SET latest = $1 WHERE latest > $1", at)
}

// LatestInstant is the latest instant that the journal or a heartbeat knows, so
// that a clock set back while nothing ran is noticed; zero on a new database.
func (tx *Tx) LatestInstant() (time.Time, error) {
	times, err := all(tx, scanInstant,
		"SELECT value FROM counter WHERE name = 'heartbeat' UNION ALL SELECT coalesce(max(latest), 0) FROM journal_head")
	var latest time.Time
	for _, t := range times {
		if t.After(latest) {
			latest = t
		}
	}
	return latest, err
}

func scanInstant(row *sql.Rows, t *time.Time) error { return row.Scan(instant{t}) }

// A Report is what VerifyJournal found.
type Report struct {
	Logs     int                `json:"logs"`
	Entries  int64              `json:"entries"`
	Problems []*journal.Problem `json:"problems"` // the first of each log that has one
}

// OK reports whether every log is as it was written.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// MarshalJSON writes an empty list of problems as a list.
func (r Report) MarshalJSON() ([]byte, error) {
	type bare Report
	if r.Problems == nil {
		r.Problems = []*journal.Problem{}
	}
	return json.Marshal(bare(r))
}

// VerifyJournal reads every log and holds entries, hashes and heads against each
// other and against checkpoints kept outside. Without a checkpoint nobody can
// tell that the newest entries were removed together with their hashes and that
// the head was set back (see journal.Verify). The error is one of reading.
func (s *Store) VerifyJournal(ctx context.Context, checkpoints ...journal.Head) (Report, error) {
	var r Report
	err := s.Read(ctx, func(tx *Tx) error {
		r = Report{}
		logs, err := tx.logs(checkpoints)
		if err != nil {
			return err
		}
		for _, log := range logs {
			if err := tx.verifyLog(log, checkpoints, &r); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

// logs is every log that the database or a checkpoint knows.
func (tx *Tx) logs(checkpoints []journal.Head) ([]journal.Log, error) {
	logs, err := all(tx, column[journal.Log],
		"SELECT log FROM journal_head UNION SELECT log FROM journal_entry UNION SELECT log FROM journal_hash ORDER BY log")
	known := map[journal.Log]bool{}
	for _, l := range logs {
		known[l] = true
	}
	for _, c := range checkpoints {
		if !known[c.Log] {
			known[c.Log] = true
			logs = append(logs, c.Log)
		}
	}
	return logs, err
}

func (tx *Tx) verifyLog(log journal.Log, checkpoints []journal.Head, r *Report) error {
	state, err := one(tx, errNoLog, scanState, selectState+"WHERE log = $1", log)
	if errors.Is(err, errNoLog) {
		var empty journal.Frontier
		state, err = logState{head: journal.Head{Log: log, Root: empty.Root()}}, nil
	}
	if err != nil {
		return err
	}
	err = journal.Verify(journal.Stored{Head: state.head, Entries: tx.entries(log), Nodes: tx.nodes(log)}, checkpoints...)
	if err == nil {
		err = state.consistent()
	}
	r.Logs, r.Entries = r.Logs+1, r.Entries+state.head.Size
	if p, ok := errors.AsType[*journal.Problem](err); ok {
		r.Problems, err = append(r.Problems, p), nil
	}
	return err
}

// consistent holds the peaks, from which the next entry is appended, against
// the root.
func (s logState) consistent() error {
	f, err := journal.ParseFrontier(s.head.Size, s.peaks)
	if err != nil || f.Root() != s.head.Root {
		return &journal.Problem{Log: s.head.Log, Seq: s.head.Size - 1, Wrong: journal.HeadChanged}
	}
	return nil
}

// journalPage is how many rows are read at once while verifying.
const journalPage = 1000

func (tx *Tx) entries(log journal.Log) iter.Seq2[journal.Entry, error] {
	return pages(func(after int64) ([]journal.Entry, error) {
		return all(tx, scanEntry, selectEntry+"WHERE log = $1 AND seq > $2 ORDER BY seq LIMIT $3", log, after, journalPage)
	}, func(e journal.Entry) int64 { return e.Seq })
}

func (tx *Tx) nodes(log journal.Log) iter.Seq2[journal.Node, error] {
	return pages(func(after int64) ([]journal.Node, error) {
		return all(tx, scanNode, "SELECT idx, hash FROM journal_hash WHERE log = $1 AND idx > $2 ORDER BY idx LIMIT $3", log, after, journalPage)
	}, func(n journal.Node) int64 { return n.Index })
}

func scanNode(row *sql.Rows, n *journal.Node) error {
	var b []byte
	err := row.Scan(&n.Index, &b)
	if len(b) == tlog.HashSize { // any other length stays a hash of zeros, which is found to be wrong
		n.Hash = tlog.Hash(b)
	}
	return err
}

// pages walks rows page by page: PostgreSQL's driver reads one result at a time.
func pages[T any](page func(after int64) ([]T, error), key func(T) int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := int64(-1 << 62); ; {
			rows, err := page(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
				after = key(r)
			}
			if len(rows) < journalPage {
				return
			}
		}
	}
}
