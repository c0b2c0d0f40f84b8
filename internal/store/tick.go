package store

import (
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Ticks is how far a school has come with a procedure by hand and has not attested
// yet: whoever goes on finds it so.
type Ticks struct {
	School  school.UAI
	Order   order.ID
	Product string // of the catalogue of procedures
	Undo    bool   // of what is taken back when the order is over
	Steps   []int  // the numbers of the steps that are ticked, from 0
	By      string // who does it, as it was typed
	At      time.Time
	Name    string // of who kept it
}

// PutTicks keeps how far a procedure has come, instead of what was kept before.
func (tx *Tx) PutTicks(t Ticks) error {
	var steps []string
	for _, s := range t.Steps {
		steps = append(steps, strconv.Itoa(s))
	}
	return tx.put(`INSERT INTO procedure_tick (school, order_id, product, undo, steps, by_whom, at, kept_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (school, order_id, product, undo)
		DO UPDATE SET steps = excluded.steps, by_whom = excluded.by_whom, at = excluded.at, kept_by = excluded.kept_by`,
		t.School, t.Order, t.Product, t.Undo, strings.Join(steps, " "), t.By, t.At, t.Name)
}

func scanTicks(row *sql.Rows, t *Ticks) error {
	var steps string
	err := row.Scan(&t.School, &t.Order, &t.Product, &t.Undo, &steps, &t.By, instant{&t.At}, &t.Name)
	for _, s := range strings.Fields(steps) {
		n, wrong := strconv.Atoi(s)
		if wrong != nil {
			return wrong
		}
		t.Steps = append(t.Steps, n)
	}
	return err
}

// TicksOf is what a school has kept.
func (tx *Tx) TicksOf(uai school.UAI) ([]Ticks, error) {
	return all(tx, scanTicks, `SELECT school, order_id, product, undo, steps, by_whom, at, kept_by
		FROM procedure_tick WHERE school = $1 ORDER BY order_id, product, undo`, uai)
}

// ForgetTicks forgets what was kept of a procedure, if anything was.
func (tx *Tx) ForgetTicks(t Ticks) error {
	return tx.put("DELETE FROM procedure_tick WHERE school = $1 AND order_id = $2 AND product = $3 AND undo = $4",
		t.School, t.Order, t.Product, t.Undo)
}
