package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// benchEach runs a benchmark on each kind of database that is there.
func benchEach(b *testing.B, bench func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, storetest.Open(b, storetest.SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { bench(b, storetest.Open(b, storetest.Postgres(b))) })
}

// text is a body of 2 KB.
var text = strings.Repeat("Bonjour, la sortie est reportée à jeudi. ", 48)

var benchID atomic.Int64

// sendOne is one message of 2 KB to these, journaled or not.
func sendOne(s *store.Store, journaled bool, to []account.MemberID) error {
	n := benchID.Add(1)
	m := letter(message.ID(n), account.MemberID(n%500))
	m.Body = text
	return s.Write(context.Background(), func(tx *store.Tx) error {
		if err := tx.AddMessage(m, to); err != nil || !journaled {
			return err
		}
		return tx.Append(journal.Entry{Log: "0790001A", At: m.Left, Actor: "p1", Verb: "message.send", Subject: fmt.Sprint("message ", n)})
	})
}

func BenchmarkSend(b *testing.B) {
	for _, journaled := range []bool{false, true} {
		for _, senders := range []int{1, 64} {
			b.Run(fmt.Sprintf("journal=%t/senders=%d", journaled, senders), func(b *testing.B) {
				benchEach(b, func(b *testing.B, s *store.Store) {
					b.SetParallelism((senders + 1) / 2) // of two processors
					if senders == 1 {
						for b.Loop() {
							if err := sendOne(s, journaled, []account.MemberID{1000}); err != nil {
								b.Fatal(err)
							}
						}
					} else {
						b.RunParallel(func(pb *testing.PB) {
							for pb.Next() {
								if err := sendOne(s, journaled, []account.MemberID{1000}); err != nil {
									b.Error(err)
								}
							}
						})
					}
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
				})
			})
		}
	}
}

// recipients500 is 500 of 3,000 people, another part each time.
func recipients500(n int) []account.MemberID {
	to := make([]account.MemberID, 500)
	for i := range to {
		to[i] = account.MemberID((n*37 + i*6) % 3000)
	}
	return to
}

func BenchmarkFanOut500(b *testing.B) {
	benchEach(b, func(b *testing.B, s *store.Store) {
		n := 0
		for b.Loop() {
			n++
			if err := sendOne(s, true, recipients500(n)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkInbox reads the newest 50 of a mailbox of 100,000.
func BenchmarkInbox(b *testing.B) {
	if testing.Short() {
		b.Skip("filling a mailbox of 100,000 takes a while")
	}
	benchEach(b, func(b *testing.B, s *store.Store) {
		fill(b, s, 100_000)
		b.Run("newest", func(b *testing.B) { page(b, s, store.Page{}) })
		b.Run("deep", func(b *testing.B) { page(b, s, store.Page{Before: benchFirst + 50_000}) })
		b.Run("unread", func(b *testing.B) {
			for b.Loop() {
				world{b, s}.unread(20, time.Time{})
			}
		})
	})
}

// benchFirst is far from the IDs of other benchmarks.
const benchFirst = 1_000_000_000

func fill(b *testing.B, s *store.Store, n int) {
	b.Helper()
	w := world{b, s}
	for from := 0; from < n; from += 5000 {
		w.write(func(tx *store.Tx) error {
			for i := range 5000 {
				m := letter(message.ID(benchFirst+from+i), account.MemberID(i%300))
				m.Written = noon.Add(time.Duration(from+i) * time.Second)
				m.Left = m.Written
				if err := tx.AddMessage(m, []account.MemberID{20, account.MemberID(1000 + i%700)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func page(b *testing.B, s *store.Store, p store.Page) {
	for b.Loop() {
		err := s.Read(context.Background(), func(tx *store.Tx) error {
			list, err := tx.Inbox(college, 20, p)
			if len(list) != 50 {
				b.Errorf("%d on a page", len(list))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkImport puts a town's schools in place: 1,500 people with 2,200
// memberships, their classes and guardians, in one act.
func BenchmarkImport(b *testing.B) {
	benchEach(b, func(b *testing.B, s *store.Store) {
		first := 0
		for b.Loop() {
			first += 10_000
			world{b, s}.write(func(tx *store.Tx) error { return town(tx, first) })
		}
	})
}

func town(tx *store.Tx, first int) error {
	uai := school.UAI(fmt.Sprintf("%07dX", first))
	if err := tx.PutSchool(aSchool(uai), store.Contact{}); err != nil {
		return err
	}
	if err := tx.AddClass(message.Class{School: uai, ID: 1, Name: "4e B"}); err != nil {
		return err
	}
	for n := first; n < first+1500; n++ {
		if err := addMember(tx, uai, account.MemberID(n), school.Role(n%5)); err != nil {
			return err
		}
		if err := tx.JoinClass(uai, 1, account.MemberID(n)); err != nil {
			return err
		}
	}
	for n := first; n < first+700; n++ {
		m := account.Membership{School: uai, ID: account.MemberID(n + 5000), Person: account.PersonID(n), Role: school.Guardian, Name: "Prénom Nom"}
		if err := tx.AddMembership(m); err != nil {
			return err
		}
		if err := tx.AddGuardian(uai, m.ID, account.MemberID(n+1)); err != nil {
			return err
		}
	}
	return nil
}
