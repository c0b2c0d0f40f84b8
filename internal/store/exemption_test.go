package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestExemptionRequests(t *testing.T) { storetest.Each(t, testExemptionRequests) }

func testExemptionRequests(t *testing.T, s *store.Store) {
	w := world{t, s}
	const closing, another order.ID = "FR/13/079/2024-0001", "FR/13/079/2024-0002"
	w.people(college, map[account.MemberID]school.Role{5: school.Teacher, 6: school.Guardian})
	for _, id := range []order.ID{closing, another} {
		w.write(func(tx *store.Tx) error {
			return tx.AddOrder(store.OrderRecord{ID: id, Issuer: "FR/13/079", Text: []byte("order: a\n"), Issued: noon, By: "x"})
		})
	}
	ask := func(id int64, about order.ID, member account.MemberID, role school.Role) store.ExemptionRequest {
		t.Helper()
		r := store.ExemptionRequest{
			ID: id, Order: about, School: college, Member: member, Person: account.PersonID(member),
			From: noon, Until: noon.Add(time.Duration(id) * time.Hour), Reason: "Voyage scolaire",
		}
		w.write(func(tx *store.Tx) error { return tx.AddExemptionRequest(r) })
		r.Role, r.Name = role, read1(w, func(tx *store.Tx) (account.Membership, error) { return tx.Member(member) }).Name
		return r
	}
	a, b := ask(1, closing, 5, school.Teacher), ask(2, closing, 6, school.Guardian)
	c, d := ask(3, another, 5, school.Teacher), ask(4, closing, 5, school.Teacher)
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddExemptionRequest(a) })
	w.refuse(fault.Internal, func(tx *store.Tx) error {
		return tx.AddExemptionRequest(store.ExemptionRequest{ID: 9, Order: "FR/2024-0009", School: college, Member: 5})
	})

	answer := store.ExemptionAnswer{At: noon.Add(time.Minute), By: 8, Authority: "FR/13/079", Refusal: "Trop long"}
	w.write(func(tx *store.Tx) error { return tx.AnswerExemptionRequest(b.ID, answer) })
	b.Answer = answer
	granted := store.ExemptionAnswer{At: noon.Add(2 * time.Minute), By: 8, Authority: "FR/13"}
	w.write(func(tx *store.Tx) error {
		if err := tx.AnswerExemptionRequest(d.ID, granted); err != nil {
			return err
		}
		return tx.AddExemption(store.Exemption{
			ID: d.ID, Order: closing, School: college, Member: 5, Person: 5, From: noon, Until: d.Until,
			Access: order.Reply, AskedBy: 5, GrantedBy: 8, Authority: "FR/13", Reason: d.Reason,
		})
	})
	d.Answer, d.Answer.Access = granted, order.Reply
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AnswerExemptionRequest(b.ID, granted) })
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AnswerExemptionRequest(d.ID, answer) })
	w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.ExemptionRequest(99); return err })

	same(t, read1(w, func(tx *store.Tx) (store.ExemptionRequest, error) { return tx.ExemptionRequest(d.ID) }), d)
	type list = []store.ExemptionRequest
	of := func(limit int) list {
		return read1(w, func(tx *store.Tx) (list, error) { return tx.ExemptionRequestsOf(college, 5, closing, limit) })
	}
	same(t, of(9), list{d, a})
	same(t, of(1), list{d})
	waiting := func(now time.Time) list {
		return read1(w, func(tx *store.Tx) (list, error) { return tx.WaitingExemptionRequests(closing, now, 9) })
	}
	same(t, waiting(noon), list{a})
	same(t, waiting(a.Until), nil)
	same(t, read1(w, func(tx *store.Tx) (list, error) { return tx.AnsweredExemptionRequests(closing, 9) }), list{d, b})
	counts := read1(w, func(tx *store.Tx) (map[order.ID]int, error) { return tx.CountWaitingExemptionRequests(noon) })
	same(t, counts, map[order.ID]int{closing: 1, another: 1})
	if !d.Granted() || b.Granted() || a.Granted() || !c.Waits(noon) || c.Waits(c.Until) || b.Waits(noon) {
		t.Error("what became of a request is not what was answered")
	}
}
