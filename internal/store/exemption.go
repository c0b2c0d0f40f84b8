package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An Exemption is what package gate makes of one, as it was granted.
type Exemption struct {
	ID        int64
	Order     order.ID
	School    school.UAI
	Member    account.MemberID
	Person    account.PersonID // whose membership it is
	From      time.Time
	Until     time.Time
	Access    order.Access
	AskedBy   account.PersonID
	GrantedBy account.PersonID
	Authority school.Territory // in whose name it was granted
	Reason    string
}

// AddExemption keeps an exemption for ever; the order must exist.
func (tx *Tx) AddExemption(e Exemption) error {
	if _, err := tx.newGeneration(); err != nil {
		return err
	}
	return tx.put(`INSERT INTO exemption
			(id, order_id, school, member, person, from_at, until_at, access, asked_by, granted_by, authority, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		e.ID, e.Order, e.School, e.Member, e.Person, e.From, e.Until, e.Access, e.AskedBy, e.GrantedBy, e.Authority, e.Reason)
}

func scanExemption(row *sql.Rows, e *Exemption) error {
	return row.Scan(&e.ID, &e.Order, &e.School, &e.Member, &e.Person, instant{&e.From}, instant{&e.Until},
		&e.Access, &e.AskedBy, &e.GrantedBy, &e.Authority, &e.Reason)
}

// Exemptions is every exemption, oldest first.
func (tx *Tx) Exemptions() ([]Exemption, error) {
	return all(tx, scanExemption, `SELECT id, order_id, school, member, person, from_at, until_at, access, asked_by, granted_by, authority, reason
		FROM exemption ORDER BY id`)
}

// An ExemptionRequest is what somebody asks for their own membership, and the
// answer once there is one.
type ExemptionRequest struct {
	ID     int64 // and of the exemption, when it is granted
	Order  order.ID
	School school.UAI
	Member account.MemberID
	Person account.PersonID // who asks, and whose membership it is
	From   time.Time
	Until  time.Time
	Reason string
	Answer ExemptionAnswer

	Name string      // of the member as the school knows them; read only
	Role school.Role // likewise
}

// An ExemptionAnswer is by whom, when and how a request was answered.
type ExemptionAnswer struct {
	At        time.Time // zero: not answered yet
	By        account.PersonID
	Authority school.Territory // in whose name
	Refusal   string           // why not; "" in one that is granted
	Access    order.Access     // what was granted; read only
}

// Granted reports whether the request was answered with an exemption.
func (r ExemptionRequest) Granted() bool { return !r.Answer.At.IsZero() && r.Answer.Refusal == "" }

// Waits reports whether the request still waits for an answer: one whose end is
// past came to nothing.
func (r ExemptionRequest) Waits(now time.Time) bool {
	return r.Answer.At.IsZero() && now.Before(r.Until)
}

// AddExemptionRequest keeps a request for ever, without an answer; the order
// must exist.
func (tx *Tx) AddExemptionRequest(r ExemptionRequest) error {
	return tx.put(`INSERT INTO exemption_request
			(id, order_id, school, member, person, from_at, until_at, reason, answered, answered_by, authority, refusal)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, '', '')`,
		r.ID, r.Order, r.School, r.Member, r.Person, r.From, r.Until, r.Reason)
}

// AnswerExemptionRequest keeps the answer to a request; a second one is a
// Conflict, whoever gave the first.
func (tx *Tx) AnswerExemptionRequest(id int64, a ExemptionAnswer) error {
	return tx.must(errAnswered, `UPDATE exemption_request SET answered = $1, answered_by = $2, authority = $3, refusal = $4
		WHERE id = $5 AND answered = 0`, a.At, a.By, a.Authority, a.Refusal, id)
}

var (
	errAnswered = fault.New(fault.Conflict, "Quelqu’un a déjà répondu à cette demande.", "Somebody has answered this request already.")
	noRequest   = missing("Cette demande de dérogation n’existe pas.", "There is no such request for an exemption.")
)

const selectRequest = `SELECT r.id, r.order_id, r.school, r.member, r.person, r.from_at, r.until_at, r.reason,
		r.answered, r.answered_by, r.authority, r.refusal, coalesce(e.access, 0), m.name, m.role
	FROM exemption_request r
	JOIN membership m ON m.school = r.school AND m.id = r.member
	LEFT JOIN exemption e ON e.id = r.id `

func scanRequest(row *sql.Rows, r *ExemptionRequest) error {
	a := &r.Answer
	return row.Scan(&r.ID, &r.Order, &r.School, &r.Member, &r.Person, instant{&r.From}, instant{&r.Until}, &r.Reason,
		instant{&a.At}, &a.By, &a.Authority, &a.Refusal, &a.Access, &r.Name, &r.Role)
}

// ExemptionRequest is one request by its number.
func (tx *Tx) ExemptionRequest(id int64) (ExemptionRequest, error) {
	return one(tx, noRequest, scanRequest, selectRequest+"WHERE r.id = $1", id)
}

// ExemptionRequestsOf is what a member asked for about an order, newest first.
func (tx *Tx) ExemptionRequestsOf(uai school.UAI, member account.MemberID, id order.ID, limit int) ([]ExemptionRequest, error) {
	return all(tx, scanRequest, selectRequest+"WHERE r.school = $1 AND r.member = $2 AND r.order_id = $3 ORDER BY r.id DESC LIMIT $4",
		uai, member, id, limit)
}

// WaitingExemptionRequests is what still waits for an answer about an order, in
// the order in which it was asked.
func (tx *Tx) WaitingExemptionRequests(id order.ID, now time.Time, limit int) ([]ExemptionRequest, error) {
	return all(tx, scanRequest, selectRequest+"WHERE r.order_id = $1 AND r.answered = 0 AND r.until_at > $2 ORDER BY r.id LIMIT $3",
		id, now, limit)
}

// AnsweredExemptionRequests is what was answered about an order, the newest
// answer first.
func (tx *Tx) AnsweredExemptionRequests(id order.ID, limit int) ([]ExemptionRequest, error) {
	return all(tx, scanRequest, selectRequest+"WHERE r.order_id = $1 AND r.answered > 0 ORDER BY r.answered DESC, r.id DESC LIMIT $2",
		id, limit)
}

type orderCount struct {
	order order.ID
	count int
}

func scanOrderCount(row *sql.Rows, c *orderCount) error { return row.Scan(&c.order, &c.count) }

// CountWaitingExemptionRequests is how many requests wait for an answer, by order.
func (tx *Tx) CountWaitingExemptionRequests(now time.Time) (map[order.ID]int, error) {
	rows, err := all(tx, scanOrderCount, "SELECT order_id, count(*) FROM exemption_request WHERE answered = 0 AND until_at > $1 GROUP BY order_id", now)
	counts := map[order.ID]int{}
	for _, r := range rows {
		counts[r.order] = r.count
	}
	return counts, err
}
