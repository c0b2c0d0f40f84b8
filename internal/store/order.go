package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An OrderRecord is an order as it was issued: its canonical text, when, and in
// whose name. It is never changed.
type OrderRecord struct {
	ID     order.ID
	Issuer school.Territory
	Text   []byte
	Issued time.Time
	By     string
}

// AddOrder keeps an order for ever. An ID that exists is a Conflict, whatever
// the text.
func (tx *Tx) AddOrder(o OrderRecord) error {
	seq, err := tx.newGeneration()
	if err != nil {
		return err
	}
	return tx.put("INSERT INTO order_record (id, seq, issuer, body, issued, issued_by) VALUES ($1, $2, $3, $4, $5, $6)",
		o.ID, seq, o.Issuer, o.Text, o.Issued, o.By)
}

func scanOrder(row *sql.Rows, o *OrderRecord) error {
	return row.Scan(&o.ID, &o.Issuer, &o.Text, instant{&o.Issued}, &o.By)
}

// Orders is every order in the order of issue.
func (tx *Tx) Orders() ([]OrderRecord, error) {
	return all(tx, scanOrder, "SELECT id, issuer, body, issued, issued_by FROM order_record ORDER BY seq, issued, id")
}

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
