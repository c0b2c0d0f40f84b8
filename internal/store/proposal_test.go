package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestProposals(t *testing.T) { storetest.Each(t, testProposals) }

func testProposals(t *testing.T, s *store.Store) {
	w := world{t, s}
	w.people(college, map[account.MemberID]school.Role{5: school.Teacher, 6: school.Guardian})
	propose := func(id int64, issuer school.Territory, names ...order.ID) store.Proposal {
		t.Helper()
		p := store.Proposal{
			ID: id, Issuer: issuer, Digest: "sha256:00", Author: 5, Schools: 331, People: 81_919,
			Proposed: noon.Add(time.Duration(id) * time.Minute), Expires: noon.Add(24 * time.Hour),
		}
		for _, name := range names {
			p.Orders = append(p.Orders, store.ProposedOrder{ID: name, Text: []byte("order: " + name + "\n")})
		}
		w.write(func(tx *store.Tx) error { return tx.AddProposal(p) })
		p.Name = "Prénom Nom005"
		return p
	}
	a := propose(1, "FR/13/079", "FR/13/079/2024-0002", "FR/13/079/2024-0001") // several, in an order of their own
	b := propose(2, "FR/13/079/C01", "FR/13/079/C01/2024-0001")
	c := propose(3, "FR/13/0790", "FR/13/0790/2024-0001") // of nobody below the first
	w.refuse(fault.Conflict, func(tx *store.Tx) error {
		return tx.AddProposal(store.Proposal{ID: 9, Orders: []store.ProposedOrder{{ID: "FR/13/079/2024-0009", Text: []byte("order")}, a.Orders[1]}, Author: 5})
	})
	w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Proposal(9); return err }) // none of it

	first := store.Signature{Person: 5, Territory: "FR/13/079", At: noon}
	second := store.Signature{Person: 6, Territory: "FR/13", At: noon.Add(time.Hour)}
	for _, s := range []store.Signature{second, first} {
		w.write(func(tx *store.Tx) error { return tx.AddSignature(a.ID, s) })
	}
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddSignature(a.ID, first) })
	a.Signed, first.Name, second.Name = 2, "Prénom Nom005", "Prénom Nom006"
	same(t, read1(w, func(tx *store.Tx) ([]store.Signature, error) { return tx.Signatures(a.ID) }), []store.Signature{first, second})
	same(t, read1(w, func(tx *store.Tx) (store.Proposal, error) { return tx.Proposal(a.ID) }), a)
	w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Proposal(99); return err })
	w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.LockProposal(99) })
	w.write(func(tx *store.Tx) error { return tx.LockProposal(a.ID) })

	type list = []store.Proposal
	waiting := func(at school.Territory, now time.Time) list {
		return read1(w, func(tx *store.Tx) (list, error) { return tx.WaitingProposals(at, now, 9) })
	}
	failed := func(now time.Time) list {
		return read1(w, func(tx *store.Tx) (list, error) { return tx.FailedProposals("FR/13/079", noon, now, 9) })
	}
	same(t, waiting("FR/13/079", noon), list{a, b})
	same(t, waiting("FR/13", noon), list{a, b, c})
	same(t, failed(noon), nil)
	toSign := func(p account.PersonID) int {
		return read1(w, func(tx *store.Tx) (int, error) { return tx.CountToSign("FR/13/079", p, noon) })
	}
	same(t, []int{toSign(5), toSign(7)}, []int{1, 2})
	end := store.ProposalEnd{Outcome: store.OutcomeRefused, At: noon.Add(time.Hour), By: 6, Reason: "Trop large."}
	w.write(func(tx *store.Tx) error { return tx.EndProposal(b.ID, end) })
	b.End = end
	w.refuse(fault.Conflict, func(tx *store.Tx) error {
		return tx.EndProposal(b.ID, store.ProposalEnd{Outcome: store.OutcomeIssued, At: noon})
	})
	same(t, waiting("FR/13/079", noon), list{a})
	same(t, failed(noon), list{b})
	same(t, failed(a.Expires), list{b, a})
	w.write(func(tx *store.Tx) error {
		return tx.EndProposal(a.ID, store.ProposalEnd{Outcome: store.OutcomeIssued, At: noon.Add(time.Hour), By: 6})
	})
	same(t, failed(a.Expires), list{b})
	names := read1(w, func(tx *store.Tx) ([]order.ID, error) { return tx.ProposedOrders() })
	slices.Sort(names)
	same(t, names, []order.ID{a.Orders[1].ID, a.Orders[0].ID, b.Orders[0].ID, c.Orders[0].ID})
}

func TestOfficesOver(t *testing.T) { storetest.Each(t, testOfficesOver) }

func testOfficesOver(t *testing.T, s *store.Store) {
	w := world{t, s}
	w.people(college, map[account.MemberID]school.Role{5: school.Teacher, 6: school.Guardian, 7: school.Staff})
	office := func(p account.PersonID, at school.Territory) account.Office {
		o := account.Office{Person: p, Territory: at, Title: "Office"}
		w.write(func(tx *store.Tx) error { return tx.PutOffice(o) })
		return o
	}
	above, at, also := office(5, "FR/13"), office(5, "FR/13/079"), office(7, "FR/13/079")
	office(6, "FR/13/079/C01")
	office(6, "FR/13/080")
	over := read1(w, func(tx *store.Tx) ([]account.Office, error) { return tx.OfficesOver("FR/13/079") })
	same(t, over, []account.Office{at, also, above})
}

// TestProposalsOfBefore: what was proposed when a proposal held one order is
// found again, with its signatures.
func TestProposalsOfBefore(t *testing.T) {
	storetest.EachNew(t, func(t *testing.T, database string) {
		if err := store.MigrateTo(database, 10); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			"INSERT INTO person (id, login, first_name, last_name, sort_name, language) VALUES (1, 'zoe', 'Zoé', 'Martin', 'martin zoe', 'fr')",
			`INSERT INTO proposal (id, order_id, issuer, body, digest, author, schools, people, proposed, expires, outcome, ended, ended_by, reason)
				VALUES (7, 'FR/13/079/2024-0001', 'FR/13/079', 'order', 'sha256:00', 1, 2, 3, 0, 9, 0, 0, 0, '')`,
			"INSERT INTO signature (proposal, person, territory, at) VALUES (7, 1, 'FR/13/079', 5)",
		} {
			tamper(t, database, statement)
		}
		w := world{t, storetest.Open(t, database)}
		p := read1(w, func(tx *store.Tx) (store.Proposal, error) { return tx.Proposal(7) })
		same(t, p.Orders, []store.ProposedOrder{{ID: "FR/13/079/2024-0001", Text: []byte("order")}})
		same(t, []int{p.Signed, p.Schools, p.People}, []int{1, 2, 3})
	})
}
