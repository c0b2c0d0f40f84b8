package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestOrders(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		b := store.OrderRecord{ID: "FR/13/079/2024-0002", Issuer: "FR/13/079", Text: []byte("order: b\n"), Issued: noon, By: "Le directeur"}
		a := store.OrderRecord{ID: "FR/13/079/2024-0001", Issuer: "FR/13/079", Text: []byte("order: a\n"), Issued: noon, By: "Le directeur"}
		before := read1(w, (*store.Tx).Generation)
		w.write(func(tx *store.Tx) error { return tx.AddOrder(b) })
		w.write(func(tx *store.Tx) error { return tx.AddOrder(a) })
		w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddOrder(a) })
		same(t, read1(w, (*store.Tx).Orders), []store.OrderRecord{b, a})
		same(t, read1(w, (*store.Tx).Generation), before+2) // the refused one left nothing

		e := store.Exemption{
			ID: 1, Order: a.ID, School: college, Member: 5, Person: 6, From: noon, Until: noon.Add(time.Hour),
			Access: order.Write, AskedBy: 7, GrantedBy: 8, Authority: "FR/13/079", Reason: "Voyage scolaire",
		}
		w.write(func(tx *store.Tx) error { return tx.AddExemption(e) })
		e2 := e
		e2.ID, e2.Order = 2, "FR/13/079/2024-0009"
		w.refuse(fault.Internal, func(tx *store.Tx) error { return tx.AddExemption(e2) })
		same(t, read1(w, (*store.Tx).Exemptions), []store.Exemption{e})
		same(t, read1(w, (*store.Tx).Generation), before+3)
	})
}

func TestListenHearsOtherNodes(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		here, there := storetest.Open(t, database), storetest.Open(t, database)
		ctx, cancel := context.WithCancel(context.Background())
		heard, ended := make(chan struct{}, 100), make(chan error)
		go func() { ended <- here.Listen(ctx, func() { heard <- struct{}{} }) }()
		if !isFile(database) {
			<-heard // it has connected
			world{t, there}.write(func(tx *store.Tx) error { return tx.PutSchool(aSchool(college), store.Contact{}) })
			<-heard
		}
		cancel()
		same(t, <-ended, nil)
	})
}

func TestMatrix(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		matrix := func(tx *store.Tx) (message.Matrix, error) { return tx.Matrix(college) }
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := matrix(tx); return err })
		m := message.DefaultMatrix()
		w.write(func(tx *store.Tx) error { return tx.PutMatrix(college, m) })
		m[school.Pupil][school.Pupil] = message.OwnClasses
		w.write(func(tx *store.Tx) error { return tx.PutMatrix(college, m) })
		same(t, read1(w, matrix), m)
	})
}

func TestAnnouncements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		announce := func(id int64, at school.Territory) store.Announcement {
			a := store.Announcement{ID: id, Territory: at, By: "A", Office: "DSDEN", Title: "Titre", Body: "Texte", At: noon.Add(time.Duration(id) * time.Second)}
			w.write(func(tx *store.Tx) error { return tx.AddAnnouncement(a) })
			return a
		}
		own := announce(1, "FR/13/079/0790001A")
		announce(2, "FR/13/079/0790002B")
		dsden := announce(3, "FR/13/079")
		announce(4, "FR/13/080")
		ministry := announce(5, "FR")
		list := func(limit int) []store.Announcement {
			return read1(w, func(tx *store.Tx) ([]store.Announcement, error) {
				return tx.Announcements("FR/13/079/0790001A", limit)
			})
		}
		same(t, list(9), []store.Announcement{ministry, dsden, own})
		same(t, list(2), []store.Announcement{ministry, dsden})
	})
}
