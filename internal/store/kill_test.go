package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// childDatabase makes this test binary a process that writes until it is killed.
const childDatabase = "ECLUSE_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if database := os.Getenv(childDatabase); database != "" {
		child(database)
	}
	os.Exit(m.Run())
}

// child sends messages and issues orders from eight goroutines and prints each
// number once the store has answered.
func child(database string) {
	s, err := store.Open(context.Background(), database, store.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := numbered(n, i+rand.IntN(900)*1000)
				if err := s.Write(context.Background(), func(tx *store.Tx) error { return both(tx, id) }); err == nil {
					fmt.Fprintln(os.Stdout, id)
				}
			}
		}()
	}
	select {}
}

// stages is how many orders an act issues together.
const stages = 3

// both is an act that leaves a message, a series of orders and an entry of the
// same number.
func both(tx *store.Tx, id message.ID) error {
	if err := tx.AddMessage(letter(id, 10), []account.MemberID{20, 21, 22}); err != nil {
		return err
	}
	for stage := range stages {
		name := order.ID(fmt.Sprint(id, "-", stage))
		if err := tx.AddOrder(store.OrderRecord{ID: name, Text: []byte("order"), Issued: noon}); err != nil {
			return err
		}
	}
	return tx.Append(journal.Entry{Log: "0790001A", At: noon, Verb: "message.send", Subject: fmt.Sprint(id)})
}

// TestKill kills a process that writes, at any moment, and finds all that it was
// answered, once, whole, and journaled. (Losing power is not tried here: that is
// what synchronous=FULL is for.)
func TestKill(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		answered := map[message.ID]bool{}
		for range 5 {
			for _, id := range killed(t, database, 1+rand.IntN(300)) {
				answered[id] = true
			}
			w := world{t, storetest.Open(t, database)}
			same(t, w.verify(), nil)
			found := w.whole(t)
			for id := range answered {
				if !found[id] {
					t.Fatalf("message %d was answered and is not there", id)
				}
			}
			w.s.Close()
		}
	})
}

// killed runs a child until it has told of n acts, kills it, and returns all of
// which it told.
func killed(t *testing.T, database string, n int) (told []message.ID) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDatabase+"="+database)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var id message.ID
		if _, err := fmt.Sscan(lines.Text(), &id); err != nil {
			cmd.Process.Kill()
			t.Fatalf("the child said %q", lines.Text())
		}
		if told = append(told, id); len(told) == n {
			cmd.Process.Kill()
		}
	}
	if len(told) < n {
		t.Fatalf("the child ended by itself after %d acts", len(told))
	}
	return told
}

// whole is every message that is there, with its orders, its three deliveries
// and its entry.
func (w world) whole(t *testing.T) map[message.ID]bool {
	t.Helper()
	found := map[message.ID]bool{}
	for _, member := range []account.MemberID{20, 21, 22} {
		list := w.inbox(member, store.Page{Limit: 1_000_000})
		for _, id := range list {
			found[id] = true
		}
		same(t, len(list), len(found))
	}
	same(t, len(read1(w, (*store.Tx).Orders)), stages*len(found)) // never a part of a series
	for _, head := range read1(w, (*store.Tx).Heads) {
		same(t, head.Size, int64(len(found)))
	}
	return found
}
