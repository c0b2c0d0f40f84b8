package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// name writes one row that says who was here.
func name(tx *store.Tx, who string) error {
	return tx.PutTerritory(school.Territory("FR/"+who), who)
}

// names is how many have been.
func (w world) names() int {
	w.t.Helper()
	return len(read1(w, (*store.Tx).TerritoryNames))
}

var errNo = errors.New("no")

// TestActsOfOneCommit runs good and bad acts at once: the bad ones undo
// themselves and nobody else.
func TestActsOfOneCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		const acts = 200
		var all sync.WaitGroup
		for n := range acts {
			all.Go(func() {
				err := s.Write(context.Background(), func(tx *store.Tx) error {
					if err := name(tx, fmt.Sprint("A", n)); err != nil {
						return err
					}
					if n%4 == 1 {
						return errNo
					}
					if n%4 == 2 { // the second is refused by the database
						return errors.Join(tx.AddClass(aClass(1)), tx.AddClass(aClass(1)))
					}
					return nil
				})
				if (err == nil) != (n%4 == 0 || n%4 == 3) {
					t.Errorf("act %d: %v", n, err)
				}
			})
		}
		all.Wait()
		same(t, w.names(), acts/2)
	})
}

func TestPanicIsTheCallersOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				defer func() {
					if r := recover(); (r != nil) != (n == 7) {
						t.Errorf("act %d: %v", n, r)
					}
				}()
				err := s.Write(context.Background(), func(tx *store.Tx) error {
					if err := name(tx, fmt.Sprint("A", n)); err != nil || n != 7 {
						return err
					}
					panic("oh")
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		same(t, w.names(), 19)
	})
}

func TestFailedStatementFailsTheAct(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.write(func(tx *store.Tx) error { return tx.AddPerson(account.Person{ID: 1, Login: "a"}) })
		w.refuse(fault.Conflict, func(tx *store.Tx) error {
			tx.AddPerson(account.Person{ID: 1, Login: "b"}) // its error is forgotten
			if err := name(tx, "A"); !fault.Is(err, fault.Conflict) {
				t.Errorf("after a failure: %v", err)
			}
			return nil
		})
		same(t, w.names(), 0)
	})
}

func TestReadCannotWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.Read(context.Background(), func(tx *store.Tx) error { return name(tx, "A") }); err == nil {
			t.Fatal("a reading wrote")
		}
		world{t, s}.write(func(tx *store.Tx) error { return name(tx, "A") })
	})
}

// TestReadIsOneState writes while a reading is under way.
func TestReadIsOneState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.read(func(tx *store.Tx) error {
			before, err := tx.TerritoryNames()
			w.write(func(tx *store.Tx) error { return name(tx, "A") })
			after, err2 := tx.TerritoryNames()
			same(t, after, before)
			return errors.Join(err, err2)
		})
		same(t, w.names(), 1)
	})
}

func TestWhoLeftTheQueueIsNotRun(t *testing.T) {
	w := world{t, storetest.Open(t, storetest.SQLite(t))}
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan error, 1)
	w.write(func(tx *store.Tx) error {
		go func() { left <- w.s.Write(ctx, func(tx *store.Tx) error { return name(tx, "B") }) }()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		return name(tx, "A")
	})
	w.write(func(tx *store.Tx) error { return name(tx, "C") })
	same(t, w.names(), 2)
}

func TestClosedStoreRefuses(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			err := s.Write(context.Background(), func(tx *store.Tx) error { return name(tx, fmt.Sprint("A", n)) })
			if err != nil && !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		})
	}
	s.Close()
	all.Wait()
	if err := s.Write(context.Background(), func(*store.Tx) error { return nil }); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("writing: %v", err)
	}
	if err := s.Read(context.Background(), func(*store.Tx) error { return nil }); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("reading: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("closing twice: %v", err)
	}
}

// TestFullDisk fills a database until no page is left: who is refused is told
// that it is full, who was answered is there, and reading goes on.
func TestFullDisk(t *testing.T) {
	path := storetest.SQLite(t)
	s, err := store.Open(context.Background(), path, store.Options{MaxPages: 200})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var mu sync.Mutex
	var all sync.WaitGroup
	kept, refused := 0, 0
	for n := range 16 {
		all.Go(func() {
			for i := range 60 {
				m := letter(numbered(n, i), 10)
				m.Body = strings.Repeat("Bonjour. ", 200)
				err := s.Write(context.Background(), func(tx *store.Tx) error { return tx.AddMessage(m, []account.MemberID{20}) })
				mu.Lock()
				switch {
				case err == nil:
					kept++
				case fault.Is(err, fault.Full):
					refused++
				default:
					t.Errorf("neither kept nor full: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if kept == 0 || refused == 0 {
		t.Fatalf("%d kept, %d refused: the test did not fill the disk", kept, refused)
	}
	same(t, len(world{t, s}.inbox(20, store.Page{Limit: 10_000})), kept)
}

func TestNewID(t *testing.T) {
	seen := sync.Map{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			last := int64(0)
			for range 5000 {
				id := store.NewID(noon)
				if _, twice := seen.LoadOrStore(id, true); twice || id <= last {
					t.Errorf("%d comes twice, or after %d", id, last)
				}
				last = id
			}
		})
	}
	all.Wait()
	if a, b := store.NewID(time.Now()), store.NewID(time.Now().Add(time.Hour)); a >= b {
		t.Error("an hour later is not greater")
	}
}
