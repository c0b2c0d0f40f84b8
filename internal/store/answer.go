package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Receipt says since when a service holds an order.
type Receipt struct {
	Order   order.ID
	Service string // "": this installation; else POINT/INSTANCE
	At      time.Time
}

// Unacknowledged is how many orders up to a generation a service has not been
// noted to hold.
func (tx *Tx) Unacknowledged(service string, generation int64) (int, error) {
	return one(tx, errNoCounter, column[int], `SELECT count(*) FROM order_record o WHERE seq <= $1
		AND NOT EXISTS (SELECT 1 FROM order_receipt r WHERE r.order_id = o.id AND r.service = $2)`, generation, service)
}

// Acknowledge notes that a service holds the orders up to a generation; the first
// instant that is noted counts.
func (tx *Tx) Acknowledge(service string, generation int64, at time.Time) error {
	return tx.put(`INSERT INTO order_receipt (order_id, service, at)
		SELECT id, CAST($1 AS TEXT), CAST($2 AS BIGINT) FROM order_record WHERE seq <= $3
		ON CONFLICT (order_id, service) DO NOTHING`, service, at, generation)
}

// AcknowledgeAll is Acknowledge for a service that begins: it was closed before it
// held any order, so that it counts as having held each since its issue.
func (tx *Tx) AcknowledgeAll(service string, generation int64) error {
	return tx.put(`INSERT INTO order_receipt (order_id, service, at)
		SELECT id, CAST($1 AS TEXT), issued FROM order_record WHERE seq <= $2
		ON CONFLICT (order_id, service) DO NOTHING`, service, generation)
}

func scanReceipt(row *sql.Rows, r *Receipt) error {
	return row.Scan(&r.Order, &r.Service, instant{&r.At})
}

// Receipts is which services hold an order.
func (tx *Tx) Receipts(id order.ID) ([]Receipt, error) {
	return all(tx, scanReceipt, "SELECT order_id, service, at FROM order_receipt WHERE order_id = $1 ORDER BY service", id)
}

// PutDelay sets how long schools have to answer an order.
func (tx *Tx) PutDelay(id order.ID, d time.Duration) error {
	return tx.put(`INSERT INTO order_delay (order_id, seconds) VALUES ($1, $2)
		ON CONFLICT (order_id) DO UPDATE SET seconds = excluded.seconds`, id, int64(d/time.Second))
}

// Delay is how long schools have to answer an order; 0 when nobody has said.
func (tx *Tx) Delay(id order.ID) (time.Duration, error) {
	seconds, err := one(tx, errNoCounter, column[int64], "SELECT coalesce(max(seconds), 0) FROM order_delay WHERE order_id = $1", id)
	return time.Duration(seconds) * time.Second, err
}

// An AnswerKind is what a school says about an order.
type AnswerKind uint8

// Attested: it was applied by hand. Undone: and taken back when the order ended.
// Refused: it will not be, and why.
const (
	Attested AnswerKind = iota
	Undone
	Refused
)

// An Answer is what a school says about an order and one of the products it uses.
// It is never changed; a later one counts more.
type Answer struct {
	ID      int64
	School  school.UAI
	Order   order.ID
	Product string // of the catalogue of procedures; "" in a refusal
	Kind    AnswerKind
	At      time.Time
	Person  account.PersonID // who says so
	By      string           // who did it, as it was typed
	Reason  string           // why not, in a refusal
	Picture bool             // AnswerPicture has one
}

// AddAnswer keeps an answer for ever, with its picture if there is one.
func (tx *Tx) AddAnswer(a Answer, picture []byte) error {
	a.Picture = len(picture) > 0
	err := tx.put(`INSERT INTO order_answer (id, school, order_id, product, kind, at, person, by_whom, reason, picture)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.ID, a.School, a.Order, a.Product, a.Kind, a.At, a.Person, a.By, a.Reason, a.Picture)
	if err != nil || !a.Picture {
		return err
	}
	return tx.put("INSERT INTO answer_picture (answer, body) VALUES ($1, $2)", a.ID, picture)
}

const selectAnswer = "SELECT id, school, order_id, product, kind, at, person, by_whom, reason, picture FROM order_answer "

func scanAnswer(row *sql.Rows, a *Answer) error {
	return row.Scan(&a.ID, &a.School, &a.Order, &a.Product, &a.Kind, instant{&a.At}, &a.Person, &a.By, &a.Reason, &a.Picture)
}

// AnswersTo is every answer to an order, as they came.
func (tx *Tx) AnswersTo(id order.ID) ([]Answer, error) {
	return all(tx, scanAnswer, selectAnswer+"WHERE order_id = $1 ORDER BY id", id)
}

// AnswersOf is every answer of a school, as they came.
func (tx *Tx) AnswersOf(uai school.UAI) ([]Answer, error) {
	return all(tx, scanAnswer, selectAnswer+"WHERE school = $1 ORDER BY id", uai)
}

var noAnswer = missing("Cette réponse n’existe pas, ou n’a pas d’image.", "There is no such answer, or it has no picture.")

// Answer is one answer by its number.
func (tx *Tx) Answer(id int64) (Answer, error) {
	return one(tx, noAnswer, scanAnswer, selectAnswer+"WHERE id = $1", id)
}

// AnswerPicture is the picture of an answer.
func (tx *Tx) AnswerPicture(id int64) ([]byte, error) {
	return one(tx, noAnswer, column[[]byte], "SELECT body FROM answer_picture WHERE answer = $1", id)
}

// PutProducts says what a school uses beside Écluse, instead of what it said
// before.
func (tx *Tx) PutProducts(uai school.UAI, products []string) error {
	if err := tx.put("DELETE FROM school_product WHERE school = $1", uai); err != nil {
		return err
	}
	for _, p := range append([]string{""}, products...) {
		if err := tx.put("INSERT INTO school_product (school, product) VALUES ($1, $2)", uai, p); err != nil {
			return err
		}
	}
	return nil
}

type schoolProduct struct {
	school  school.UAI
	product string
}

func scanProduct(row *sql.Rows, p *schoolProduct) error { return row.Scan(&p.school, &p.product) }

// Products is what each school uses beside Écluse. A school that has never said is
// not in it; one that uses nothing else has an empty list.
func (tx *Tx) Products() (map[school.UAI][]string, error) {
	rows, err := all(tx, scanProduct, "SELECT school, product FROM school_product ORDER BY school, product")
	products := map[school.UAI][]string{}
	for _, r := range rows {
		if r.product == "" {
			products[r.school] = []string{}
			continue
		}
		products[r.school] = append(products[r.school], r.product)
	}
	return products, err
}

// ProductsOf is what a school uses beside Écluse, and false when it has never said.
func (tx *Tx) ProductsOf(uai school.UAI) (products []string, said bool, err error) {
	rows, err := all(tx, column[string], "SELECT product FROM school_product WHERE school = $1 ORDER BY product", uai)
	if len(rows) == 0 {
		return nil, false, err
	}
	return rows[1:], true, err
}
