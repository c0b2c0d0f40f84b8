package store

import (
	"database/sql"
	"time"

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
