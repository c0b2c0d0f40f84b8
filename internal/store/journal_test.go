package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// acts writes n entries into a log.
func (w world) acts(log journal.Log, n int) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		for i := range n {
			e := journal.Entry{Log: log, At: noon.Add(time.Duration(i) * time.Second), Actor: "p1", Verb: "message.send", Subject: fmt.Sprint("message ", i), Detail: "d"}
			if err := tx.Append(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// verify is what is wrong with the journal, in words.
func (w world) verify(checkpoints ...journal.Head) []string {
	w.t.Helper()
	r, err := w.s.VerifyJournal(context.Background(), checkpoints...)
	if err != nil {
		w.t.Fatal(err)
	}
	var found []string
	for _, p := range r.Problems {
		found = append(found, fmt.Sprintf("%s %d %s", p.Log, p.Seq, p.Wrong))
	}
	return found
}

// tamper changes a database behind the store's back.
func tamper(t *testing.T, database string, statements ...string) {
	t.Helper()
	driver := "pgx"
	if isFile(database) {
		driver = "sqlite"
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if res, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		} else if n, _ := res.RowsAffected(); n == 0 {
			t.Fatalf("%s: touched nothing", s)
		}
	}
}

func TestAppend(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		same(t, read1(w, (*store.Tx).LatestInstant), time.Time{})
		w.acts("0790001A", 3)
		w.acts("FR/13/079", 1)
		w.acts("0790001A", 2)
		tail := read1(w, func(tx *store.Tx) ([]journal.Entry, error) { return tx.JournalTail("0790001A", 2) })
		same(t, tail[0], journal.Entry{Log: "0790001A", Seq: 4, At: noon.Add(time.Second), Actor: "p1", Verb: "message.send", Subject: "message 1", Detail: "d"})
		same(t, tail[1].Seq, 3)
		same(t, read1(w, (*store.Tx).LatestInstant), noon.Add(2*time.Second))
		w.write(func(tx *store.Tx) error { return tx.Heartbeat(noon.Add(time.Hour)) })
		w.write(func(tx *store.Tx) error { return tx.Heartbeat(noon) })
		same(t, read1(w, (*store.Tx).LatestInstant), noon.Add(time.Hour))
		w.write(func(tx *store.Tx) error { return tx.AcceptClock(noon) })
		same(t, read1(w, (*store.Tx).LatestInstant), noon)
		same(t, w.verify(), nil)
		same(t, w.verify(read1(w, (*store.Tx).Heads)...), nil)
	})
}

func TestJournalTampering(t *testing.T) {
	for name, c := range map[string]struct {
		do   []string
		want string
	}{
		"at":         {[]string{"UPDATE journal_entry SET at = at + 1 WHERE seq = 7"}, "7 " + string(journal.Changed)},
		"actor":      {[]string{"UPDATE journal_entry SET actor = 'p2' WHERE seq = 7"}, "7 " + string(journal.Changed)},
		"verb":       {[]string{"UPDATE journal_entry SET verb = 'x' WHERE seq = 7"}, "7 " + string(journal.Changed)},
		"subject":    {[]string{"UPDATE journal_entry SET subject = '' WHERE seq = 7"}, "7 " + string(journal.Changed)},
		"detail":     {[]string{"UPDATE journal_entry SET detail = '' WHERE seq = 7"}, "7 " + string(journal.Changed)},
		"seq":        {[]string{"UPDATE journal_entry SET seq = 99 WHERE seq = 7"}, "7 " + string(journal.Missing)},
		"deleted":    {[]string{"DELETE FROM journal_entry WHERE seq = 7"}, "7 " + string(journal.Missing)},
		"inserted":   {[]string{"INSERT INTO journal_entry SELECT log, 20, at, actor, verb, subject, detail FROM journal_entry WHERE seq = 7"}, "20 " + string(journal.Added)},
		"swapped":    {[]string{"UPDATE journal_entry SET seq = -7 WHERE seq = 7", "UPDATE journal_entry SET seq = 7 WHERE seq = 9", "UPDATE journal_entry SET seq = 9 WHERE seq = -7"}, "7 " + string(journal.OutOfOrder)},
		"hash":       {[]string{"UPDATE journal_hash SET hash = (SELECT hash FROM journal_hash WHERE idx = 3) WHERE idx = 14"}, "7 " + string(journal.HashChanged)},
		"short hash": {[]string{"UPDATE journal_hash SET hash = substr(hash, 1, 31) WHERE idx = 14"}, "7 " + string(journal.HashChanged)},
		"hash gone":  {[]string{"DELETE FROM journal_hash WHERE idx = 14"}, "7 " + string(journal.HashChanged)},
		"root":       {[]string{"UPDATE journal_head SET root = (SELECT hash FROM journal_hash WHERE idx = 3)"}, "19 " + string(journal.HeadChanged)},
		"peaks":      {[]string{"UPDATE journal_head SET peaks = substr(peaks, 1, 31)"}, "19 " + string(journal.HeadChanged)},
		"head gone":  {[]string{"DELETE FROM journal_head"}, "0 " + string(journal.Added)},
		"log":        {[]string{"UPDATE journal_entry SET log = '0790001Z'", "UPDATE journal_hash SET log = '0790001Z'", "UPDATE journal_head SET log = '0790001Z'"}, "0 " + string(journal.Changed)},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachDatabase(t, func(t *testing.T, database string) {
				w := world{t, storetest.Open(t, database)}
				w.acts("0790001A", 20)
				tamper(t, database, c.do...)
				found := w.verify()
				if len(found) != 1 || !strings.HasSuffix(found[0], " "+c.want) {
					t.Fatalf("found %q, want %q", found, c.want)
				}
			})
		})
	}
}

func TestCheckpointShowsWhatWasCutOff(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		w := world{t, storetest.Open(t, database)}
		w.acts("0790001A", 3)
		early := read1(w, (*store.Tx).Heads)
		w.acts("0790001A", 1)
		late := read1(w, (*store.Tx).Heads)
		same(t, w.verify(append(early, late...)...), nil)

		tamper(t, database, "DELETE FROM journal_entry", "DELETE FROM journal_hash", "DELETE FROM journal_head")
		w.acts("0790001A", 3) // the same first three again: the newest is gone
		same(t, w.verify(), nil)
		same(t, w.verify(early...), nil)
		same(t, w.verify(late...), []string{"0790001A 3 " + string(journal.Shortened)})
		tamper(t, database, "DELETE FROM journal_entry", "DELETE FROM journal_hash", "DELETE FROM journal_head")
		same(t, w.verify(), nil)
		same(t, w.verify(late...), []string{"0790001A 0 " + string(journal.Shortened)})
	})
}

func TestAppendTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const writers, each = 64, 10
		var all sync.WaitGroup
		failures := make(chan error, writers*each)
		for n := range writers {
			log := journal.Log([]string{"0790001A", "0790002B"}[n%2])
			all.Go(func() {
				for i := range each {
					failures <- s.Write(context.Background(), func(tx *store.Tx) error {
						return tx.Append(journal.Entry{Log: log, At: noon, Actor: fmt.Sprint(n), Verb: fmt.Sprint(i)})
					})
				}
			})
		}
		all.Wait()
		close(failures)
		for err := range failures {
			if err != nil {
				t.Fatal(err)
			}
		}
		w := world{t, s}
		same(t, w.verify(), nil)
		heads := read1(w, (*store.Tx).Heads)
		slices.SortFunc(heads, func(a, b journal.Head) int { return strings.Compare(string(a.Log), string(b.Log)) })
		same(t, []int64{heads[0].Size, heads[1].Size}, []int64{writers * each / 2, writers * each / 2})
	})
}
