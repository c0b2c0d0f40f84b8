package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Proposal is one order or several that are not issued before enough people
// have signed them, all or none. Their texts and the digest never change.
type Proposal struct {
	ID       int64
	Issuer   school.Territory
	Orders   []ProposedOrder // in the order in which they are issued
	Digest   string          // over all
	Author   account.PersonID
	Schools  int // what the author saw: schools bound, and people in them
	People   int
	Proposed time.Time
	Expires  time.Time
	End      ProposalEnd

	Signed int    // how many signatures it has; read only
	Name   string // of the author; read only
}

// A ProposedOrder is an order as it was proposed.
type ProposedOrder struct {
	ID   order.ID
	Text []byte
}

// A ProposalEnd is what became of a proposal, when, and by whom.
type ProposalEnd struct {
	Outcome Outcome
	At      time.Time // zero: nothing yet
	By      account.PersonID
	Reason  string // why it was refused
}

// An Outcome is how somebody ended a proposal.
type Outcome uint8

// OutcomeNone: nobody did, though its time may be over.
const (
	OutcomeNone Outcome = iota
	OutcomeIssued
	OutcomeRefused
	OutcomeWithdrawn
)

// A Signature is one person's, in the name of an office.
type Signature struct {
	Person    account.PersonID
	Territory school.Territory
	At        time.Time

	Name string // read only
}

// AddProposal keeps a proposal for ever, without signatures. A number of an order
// that was proposed before is a Conflict. It counts as a new generation, so that
// every node knows the number.
func (tx *Tx) AddProposal(p Proposal) error {
	if _, err := tx.newGeneration(); err != nil {
		return err
	}
	err := tx.put(`INSERT INTO proposal (id, issuer, digest, author, schools, people, proposed, expires, outcome, ended, ended_by, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, '')`,
		p.ID, p.Issuer, p.Digest, p.Author, p.Schools, p.People, p.Proposed, p.Expires)
	for place, o := range p.Orders {
		if err == nil {
			err = tx.put("INSERT INTO proposed_order (order_id, proposal, place, body) VALUES ($1, $2, $3, $4)", o.ID, p.ID, place, o.Text)
		}
	}
	return err
}

// AddSignature adds one person's to a proposal; a second one is a Conflict.
func (tx *Tx) AddSignature(proposal int64, s Signature) error {
	return tx.put("INSERT INTO signature (proposal, person, territory, at) VALUES ($1, $2, $3, $4)", proposal, s.Person, s.Territory, s.At)
}

// EndProposal keeps what became of a proposal; a second end is a Conflict.
func (tx *Tx) EndProposal(id int64, e ProposalEnd) error {
	return tx.must(errEnded, "UPDATE proposal SET outcome = $1, ended = $2, ended_by = $3, reason = $4 WHERE id = $5 AND outcome = 0",
		e.Outcome, e.At, e.By, e.Reason, id)
}

var (
	errEnded   = fault.New(fault.Conflict, "Cette proposition n’attend plus de signature.", "This proposal waits for no signature any more.")
	noProposal = missing("Cette proposition n’existe pas.", "There is no such proposal.")
)

const selectProposal = `SELECT id, issuer, digest, author, schools, people, proposed, expires, outcome, ended, ended_by, reason,
		(SELECT count(*) FROM signature s WHERE s.proposal = p.id),
		(SELECT first_name || ' ' || last_name FROM person WHERE person.id = p.author)
	FROM proposal p `

func scanProposal(row *sql.Rows, p *Proposal) error {
	return row.Scan(&p.ID, &p.Issuer, &p.Digest, &p.Author, &p.Schools, &p.People, instant{&p.Proposed}, instant{&p.Expires},
		&p.End.Outcome, instant{&p.End.At}, &p.End.By, &p.End.Reason, &p.Signed, &p.Name)
}

// Proposal is one proposal by its number.
func (tx *Tx) Proposal(id int64) (Proposal, error) {
	p, err := one(tx, noProposal, scanProposal, selectProposal+"WHERE id = $1", id)
	if err == nil {
		err = tx.addProposed(&p)
	}
	return p, err
}

func scanProposed(row *sql.Rows, o *ProposedOrder) error { return row.Scan(&o.ID, &o.Text) }

// addProposed reads the orders of a proposal.
func (tx *Tx) addProposed(p *Proposal) (err error) {
	p.Orders, err = all(tx, scanProposed, "SELECT order_id, body FROM proposed_order WHERE proposal = $1 ORDER BY place", p.ID)
	return err
}

// proposals are those that a query finds, with their orders.
func (tx *Tx) proposals(where string, args ...any) ([]Proposal, error) {
	list, err := all(tx, scanProposal, selectProposal+where, args...)
	for i := range list {
		if err == nil {
			err = tx.addProposed(&list[i])
		}
	}
	return list, err
}

// LockProposal makes other acts on a proposal wait until this one is done: two
// who sign at the same time must count each other.
func (tx *Tx) LockProposal(id int64) error {
	_, err := one(tx, noProposal, column[int64], "SELECT id FROM proposal WHERE id = $1"+forUpdate, id)
	return err
}

// WaitingProposals are those of an office and of all below it that wait for
// signatures, oldest first.
func (tx *Tx) WaitingProposals(at school.Territory, now time.Time, limit int) ([]Proposal, error) {
	return tx.proposals(`WHERE (issuer = $1 OR issuer LIKE $2) AND outcome = 0 AND expires > $3 ORDER BY id LIMIT $4`,
		at, at+"/%", now, limit)
}

// FailedProposals are those of an office and of all below it that came to
// nothing since an instant, newest first.
func (tx *Tx) FailedProposals(at school.Territory, since, now time.Time, limit int) ([]Proposal, error) {
	return tx.proposals(`WHERE (issuer = $1 OR issuer LIKE $2) AND proposed > $3
		AND outcome <> 1 AND (outcome > 0 OR expires <= $4) ORDER BY id DESC LIMIT $5`,
		at, at+"/%", since, now, limit)
}

// CountToSign is how many of WaitingProposals a person has not signed.
func (tx *Tx) CountToSign(at school.Territory, person account.PersonID, now time.Time) (int, error) {
	return one(tx, noProposal, column[int], `SELECT count(*) FROM proposal p
		WHERE (issuer = $1 OR issuer LIKE $2) AND outcome = 0 AND expires > $3
		AND NOT EXISTS (SELECT 1 FROM signature s WHERE s.proposal = p.id AND s.person = $4)`, at, at+"/%", now, person)
}

func scanSignature(row *sql.Rows, s *Signature) error {
	return row.Scan(&s.Person, &s.Territory, instant{&s.At}, &s.Name)
}

// Signatures are those of a proposal, in the order in which they were given.
func (tx *Tx) Signatures(proposal int64) ([]Signature, error) {
	return all(tx, scanSignature, `SELECT s.person, s.territory, s.at, p.first_name || ' ' || p.last_name
		FROM signature s JOIN person p ON p.id = s.person WHERE s.proposal = $1 ORDER BY s.at, s.person`, proposal)
}

// ProposedOrders are all numbers of orders that were ever proposed.
func (tx *Tx) ProposedOrders() ([]order.ID, error) {
	return all(tx, column[order.ID], "SELECT order_id FROM proposed_order")
}

// OfficesOver is who holds an office of a territory or of one above it.
func (tx *Tx) OfficesOver(t school.Territory) ([]account.Office, error) {
	var list []account.Office
	for ; t != ""; t = t.Parent() {
		level, err := all(tx, scanOffice, "SELECT person, territory, title FROM office WHERE territory = $1 ORDER BY person", t)
		if err != nil {
			return nil, err
		}
		list = append(list, level...)
	}
	return list, nil
}
