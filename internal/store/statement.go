package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A FollowerGroup is schools of which a follower says that they hold an order
// since the same instants.
type FollowerGroup struct {
	Follower string
	Order    order.ID
	Received time.Time
	Held     time.Time // zero: something is awaited there
	Schools  []school.UAI
}

// PutFollowerGroups keeps who holds an order, instead of what the follower said of
// that order before.
func (tx *Tx) PutFollowerGroups(follower string, id order.ID, groups []FollowerGroup) error {
	if err := tx.put("DELETE FROM follower_group WHERE order_id = $1 AND follower = $2", id, follower); err != nil {
		return err
	}
	for _, g := range groups {
		err := tx.put("INSERT INTO follower_group (follower, order_id, received, held, schools) VALUES ($1, $2, $3, $4, $5)",
			follower, id, g.Received, g.Held, joined(g.Schools))
		if err != nil {
			return err
		}
	}
	return nil
}

func scanGroup(row *sql.Rows, g *FollowerGroup) error {
	return row.Scan(&g.Follower, &g.Order, instant{&g.Received}, instant{&g.Held}, spaced[school.UAI]{&g.Schools})
}

// FollowerGroups is what followers say of an order.
func (tx *Tx) FollowerGroups(id order.ID) ([]FollowerGroup, error) {
	return all(tx, scanGroup, `SELECT follower, order_id, received, held, schools FROM follower_group
		WHERE order_id = $1 ORDER BY follower, received, held`, id)
}

// A FollowerUse is schools of which a follower says that they use the same
// products beside Écluse.
type FollowerUse struct {
	Follower string
	Products []string
	Schools  []school.UAI
}

// PutFollowerUses keeps which products schools use, instead of all that the
// follower said of that before.
func (tx *Tx) PutFollowerUses(follower string, uses []FollowerUse) error {
	if err := tx.put("DELETE FROM follower_use WHERE follower = $1", follower); err != nil {
		return err
	}
	for _, u := range uses {
		err := tx.put("INSERT INTO follower_use (follower, products, schools) VALUES ($1, $2, $3)", follower, joined(u.Products), joined(u.Schools))
		if err != nil {
			return err
		}
	}
	return nil
}

func scanUse(row *sql.Rows, u *FollowerUse) error {
	return row.Scan(&u.Follower, spaced[string]{&u.Products}, spaced[school.UAI]{&u.Schools})
}

// FollowerUses is what followers say of all schools' products.
func (tx *Tx) FollowerUses() ([]FollowerUse, error) {
	return all(tx, scanUse, "SELECT follower, products, schools FROM follower_use ORDER BY follower, products")
}

// AddFollowerAnswer keeps for ever what a head said at a follower's.
func (tx *Tx) AddFollowerAnswer(follower string, a Answer) error {
	return tx.put(`INSERT INTO follower_answer (order_id, follower, school, at, product, kind, by_whom, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, a.Order, follower, a.School, a.At, a.Product, a.Kind, a.By, a.Reason)
}

const selectFollowerAnswer = "SELECT school, order_id, product, kind, at, by_whom, reason FROM follower_answer "

func scanFollowerAnswer(row *sql.Rows, a *Answer) error {
	return row.Scan(&a.School, &a.Order, &a.Product, &a.Kind, instant{&a.At}, &a.By, &a.Reason)
}

// FollowerAnswersTo is what heads said of an order at followers', as they came:
// without numbers, persons and pictures, which stay there. What two followers
// passed on stands twice, one after the other.
func (tx *Tx) FollowerAnswersTo(id order.ID) ([]Answer, error) {
	return all(tx, scanFollowerAnswer, selectFollowerAnswer+"WHERE order_id = $1 ORDER BY at, school, product, kind", id)
}

// FollowerAnswersBy is those that one follower passed on.
func (tx *Tx) FollowerAnswersBy(follower string, id order.ID) ([]Answer, error) {
	return all(tx, scanFollowerAnswer, selectFollowerAnswer+"WHERE order_id = $1 AND follower = $2 ORDER BY at, school, product, kind", id, follower)
}
