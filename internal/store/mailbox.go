package store

import (
	"cmp"
	"database/sql"
	"math"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Page is a part of a list, newest first.
type Page struct {
	Before message.ID // the last message of the page before; 0: from the newest on
	Until  time.Time  // only what left at or before this instant; zero: all
	Limit  int        // at most so many; 0: 50
}

// limit is the page's length.
func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return p.Limit
}

// upper is the position just behind a page's first message.
type upper struct {
	at int64
	id message.ID
}

// until is the position behind everything that left at or before an instant.
func until(t time.Time) upper {
	if t.IsZero() {
		return upper{math.MaxInt64, math.MaxInt64}
	}
	return upper{millis(t), math.MaxInt64}
}

// start is where a page begins; instant names the column that orders the list.
func (tx *Tx) start(uai school.UAI, p Page, instant string) (upper, error) {
	first := until(p.Until)
	if p.Before == 0 {
		return first, nil
	}
	at, err := one(tx, noMessage, column[int64], "SELECT "+instant+" FROM message WHERE school = $1 AND id = $2", uai, p.Before)
	if at > first.at {
		return first, err
	}
	return upper{at, p.Before}, err
}

func scanListed(row *sql.Rows, d *message.Delivery) error {
	return row.Scan(append([]any{instant{&d.Read}, &d.Member}, messageFields(&d.Message)...)...)
}

// The keys are taken first, from the mailbox's own key, and joined after: as one
// plain join the planner, once it has statistics, walks all messages instead
// (450 ms for 100,000). CROSS JOIN keeps SQLite from changing the order.
const selectInbox = `WITH page AS (
		SELECT message, read_at, member FROM delivery
		WHERE school = $1 AND member = $2 AND (left_at, message) < ($3, $4)
		ORDER BY left_at DESC, message DESC LIMIT $5)
	SELECT page.read_at, page.member, ` + messageColumns + `m.preview
	FROM page CROSS JOIN message m WHERE m.school = $1 AND m.id = page.message`

// Inbox is what a member received, the last to leave first, with a preview in
// the place of the body.
func (tx *Tx) Inbox(uai school.UAI, member account.MemberID, p Page) ([]message.Delivery, error) {
	from, err := tx.start(uai, p, "left_at")
	if err != nil {
		return nil, err
	}
	list, err := all(tx, scanListed, selectInbox, uai, member, from.at, from.id, p.limit())
	slices.SortFunc(list, func(a, b message.Delivery) int { // a join promises no order
		return cmp.Or(b.Left.Compare(a.Left), cmp.Compare(b.ID, a.ID))
	})
	return list, err
}

// mostUnread is where Unread stops counting: pages show "99+".
const mostUnread = 100

const selectUnread = `SELECT count(*) FROM (SELECT 1 FROM delivery
		WHERE school = $1 AND member = $2 AND left_at <= $3 AND read_at = 0
		ORDER BY left_at DESC, message DESC LIMIT $4) unread`

// Unread is how many of a member's messages that left at or before an instant
// (zero: all) are unread, at most 100.
func (tx *Tx) Unread(uai school.UAI, member account.MemberID, to time.Time) (int, error) {
	return one(tx, noMessage, column[int], selectUnread, uai, member, until(to).at, mostUnread)
}

const selectSent = selectListed + `WHERE m.school = $1 AND m.sender = $2 AND (m.written, m.id) < ($3, $4) AND m.left_at > 0 AND m.left_at <= $5
	ORDER BY m.written DESC, m.id DESC LIMIT $6`

// Sent is what a member sent and has left, the last written first, with a
// preview in the place of the body.
func (tx *Tx) Sent(uai school.UAI, member account.MemberID, p Page) ([]message.Message, error) {
	from, err := tx.start(uai, Page{Before: p.Before}, "written")
	if err != nil {
		return nil, err
	}
	return all(tx, scanMessage, selectSent, uai, member, from.at, from.id, until(p.Until).at, p.limit())
}

// A thread is its first message and the answers, each index used for what it
// holds.
const selectThread = `WITH thread AS (
		SELECT id FROM message WHERE school = $1 AND id = $2
		UNION ALL SELECT id FROM message WHERE school = $1 AND thread = $2 AND thread <> id)
	SELECT coalesce(d.read_at, m.written), CAST($3 AS BIGINT), ` + messageColumns + `m.body
	FROM thread CROSS JOIN message m LEFT JOIN delivery d ON d.school = m.school AND d.message = m.id AND d.member = $3
	WHERE m.school = $1 AND m.id = thread.id AND (m.sender = $3 OR d.left_at <= $4)`

// Thread is a conversation as a member sees it: what the member sent, waiting
// or not, and what the member received that left at or before an instant (zero:
// all), oldest first, with bodies. What one sent counts as read.
func (tx *Tx) Thread(uai school.UAI, member account.MemberID, thread message.ID, to time.Time) ([]message.Delivery, error) {
	list, err := all(tx, scanListed, selectThread, uai, thread, member, until(to).at)
	if err == nil && len(list) == 0 {
		err = noMessage
	}
	slices.SortFunc(list, func(a, b message.Delivery) int {
		return cmp.Or(cmp.Compare(departure(a), departure(b)), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// departure orders what waits behind what has left.
func departure(d message.Delivery) int64 {
	if d.Waiting() {
		return math.MaxInt64
	}
	return millis(d.Left)
}

// DeliveryOf is a message that a member received, with its body.
func (tx *Tx) DeliveryOf(uai school.UAI, member account.MemberID, id message.ID) (message.Delivery, error) {
	return one(tx, noMessage, scanListed, `SELECT d.read_at, d.member, `+messageColumns+`m.body
		FROM delivery d CROSS JOIN message m
		WHERE d.school = $1 AND d.message = $2 AND d.member = $3 AND m.school = d.school AND m.id = d.message`,
		uai, id, member)
}

const selectAlerts = `SELECT d.read_at, d.member, ` + messageColumns + `m.body
	FROM message m CROSS JOIN delivery d
	WHERE m.school = $1 AND m.kind = 1 AND d.school = m.school AND d.message = m.id AND d.member = $2
	ORDER BY m.id DESC LIMIT $3`

// Alerts is the newest words to the protection contact that a member received,
// newest first, with their bodies.
func (tx *Tx) Alerts(uai school.UAI, member account.MemberID, limit int) ([]message.Delivery, error) {
	return all(tx, scanListed, selectAlerts, uai, member, limit)
}

// MarkRead notes when a member first read a message.
func (tx *Tx) MarkRead(uai school.UAI, member account.MemberID, id message.ID, at time.Time) error {
	return tx.must(noMessage, `UPDATE delivery SET read_at = CASE read_at WHEN 0 THEN $1 ELSE read_at END
		WHERE school = $2 AND message = $3 AND member = $4`, at, uai, id, member)
}

type readCount struct{ read, total int }

func scanReadCount(row *sql.Rows, c *readCount) error { return row.Scan(&c.read, &c.total) }

// ReadBy is how many of its recipients have read a message that sender wrote, and
// how many have it: none while it waits. NotFound when it is not that sender's.
func (tx *Tx) ReadBy(uai school.UAI, sender account.MemberID, id message.ID) (read, total int, err error) {
	c, err := one(tx, noMessage, scanReadCount, `SELECT count(nullif(d.read_at, 0)), count(d.member)
		FROM message m LEFT JOIN delivery d ON d.school = m.school AND d.message = m.id
		WHERE m.school = $1 AND m.id = $2 AND m.sender = $3 GROUP BY m.id`, uai, id, sender)
	return c.read, c.total, err
}
