package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// A Subscription is a browser that listens; what it is written to with is sealed.
type Subscription struct {
	Person  account.PersonID
	Browser [32]byte
	Sealed  []byte
	Added   time.Time
}

// PushKey is the sealed key of this installation; NotFound before the first use.
func (tx *Tx) PushKey() ([]byte, error) {
	return one(tx, noSubscription, column[[]byte], "SELECT sealed FROM push_key WHERE id = 1")
}

// PutPushKey keeps the key, unless another node was first.
func (tx *Tx) PutPushKey(sealed []byte) error {
	return tx.put("INSERT INTO push_key (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", sealed)
}

var noSubscription = missing("Cet appareil n’est pas averti.", "This device is not told of anything.")

// PutSubscription keeps where a browser listens, in the place of what was kept before.
func (tx *Tx) PutSubscription(s Subscription) error {
	return tx.put(`INSERT INTO push_subscription (person, browser, sealed, added) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person, browser) DO UPDATE SET sealed = excluded.sealed, added = excluded.added`, s.Person, s.Browser[:], s.Sealed, s.Added)
}

func scanSubscription(row *sql.Rows, s *Subscription) error {
	return row.Scan(&s.Person, digest{&s.Browser}, &s.Sealed, instant{&s.Added})
}

// Subscriptions is the browsers that listen for a person.
func (tx *Tx) Subscriptions(person account.PersonID) ([]Subscription, error) {
	return all(tx, scanSubscription, "SELECT person, browser, sealed, added FROM push_subscription WHERE person = $1 ORDER BY browser", person)
}

// EndSubscription forgets that a browser listens.
func (tx *Tx) EndSubscription(person account.PersonID, browser [32]byte) error {
	return tx.must(noSubscription, "DELETE FROM push_subscription WHERE person = $1 AND browser = $2", person, browser[:])
}

// EndSubscriptionAt is EndSubscription of a browser that listens there no more; one
// that has subscribed anew since goes on.
func (tx *Tx) EndSubscriptionAt(n Notice) error {
	return tx.put("DELETE FROM push_subscription WHERE person = $1 AND browser = $2 AND sealed = $3", n.Person, n.Browser[:], n.Sealed)
}

// A Notice is one on its way to a browser.
type Notice struct {
	ID      int64
	Person  account.PersonID
	Browser [32]byte
	Sealed  []byte
	Kind    account.AlterationKind
	Device  string // the browser whose doing it is, as it calls itself; "" where nobody is told
	Queued  time.Time
	Tries   int
	Due     time.Time
}

// AddNotice queues a notice.
func (tx *Tx) AddNotice(n Notice) error {
	return tx.put(`INSERT INTO push_notice (id, person, browser, sealed, kind, device, queued, tries, due)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0)`, n.ID, n.Person, n.Browser[:], n.Sealed, n.Kind, n.Device, n.Queued)
}

func scanNotice(row *sql.Rows, n *Notice) error {
	return row.Scan(&n.ID, &n.Person, digest{&n.Browser}, &n.Sealed, &n.Kind, &n.Device, instant{&n.Queued}, &n.Tries, instant{&n.Due})
}

// LeaseNotices takes notices that are due, for whoever asks alone, until an instant:
// those that are not settled by then are due again.
func (tx *Tx) LeaseNotices(now, until time.Time, limit int) ([]Notice, error) {
	due, err := all(tx, scanNotice, `SELECT id, person, browser, sealed, kind, device, queued, tries, due FROM push_notice
		WHERE due <= $1 ORDER BY due, id LIMIT $2`, now, limit)
	if err != nil {
		return nil, err
	}
	var leased []Notice
	for _, n := range due {
		mine, err := tx.exec("UPDATE push_notice SET due = $1, tries = tries + 1 WHERE id = $2 AND due = $3", until, n.ID, n.Due)
		if err != nil {
			return nil, err
		}
		if mine == 1 {
			n.Tries, n.Due = n.Tries+1, until
			leased = append(leased, n)
		}
	}
	return leased, nil
}

// RetryNotice puts a leased notice back until an instant.
func (tx *Tx) RetryNotice(n Notice, due time.Time) error {
	return tx.put("UPDATE push_notice SET due = $1 WHERE id = $2 AND due = $3", due, n.ID, n.Due)
}

// EndNotice forgets a notice: it was taken, or is given up.
func (tx *Tx) EndNotice(id int64) error {
	return tx.put("DELETE FROM push_notice WHERE id = $1", id)
}
