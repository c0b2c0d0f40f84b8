package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// deliveryChunk is how many delivery rows one statement makes.
const deliveryChunk = 5000

var noMessage = missing("Ce message n’existe pas, ou n’est pas à vous.", "There is no such message, or it is not yours.")

// AddMessage keeps a message. When it has left, each recipient, named once or
// more, has it in the mailbox from this act on. While it waits, its recipients
// are frozen and no mailbox shows it. An ID that exists in the school is a
// Conflict: a message sent twice leaves once.
func (tx *Tx) AddMessage(m message.Message, recipients []account.MemberID) error {
	err := tx.put(`INSERT INTO message
			(school, id, thread, reply_to, kind, sender, from_name, from_role, subject, preview, audience, people, written, left_at, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		m.School, m.ID, m.Thread, m.ReplyTo, m.Kind, m.Sender, m.From, m.FromRole, m.Subject, preview(m.Body),
		audienceText(m.Audience), m.Count, m.Written, m.Left, m.Body)
	if err != nil {
		return err
	}
	recipients = slices.Compact(slices.Sorted(slices.Values(recipients)))
	for part := range slices.Chunk(recipients, deliveryChunk) {
		if err := tx.addRecipients(m, numbers(part)); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) addRecipients(m message.Message, members string) error {
	if m.Waiting() {
		return tx.put(`INSERT INTO waiting_recipient (school, message, member)
			SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), value FROM json_each($3)`, m.School, m.ID, members)
	}
	return tx.put(`INSERT INTO delivery (school, member, left_at, message, read_at)
		SELECT CAST($1 AS TEXT), value, CAST($2 AS BIGINT), CAST($3 AS BIGINT), 0 FROM json_each($4)`, m.School, m.Left, m.ID, members)
}

// previewRunes is how much of a text lists show.
const previewRunes = 120

// preview is the beginning of a text on one line.
func preview(body string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range body {
		if unicode.IsSpace(r) {
			space = n > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			n, space = n+1, false
		}
		if n++; n > previewRunes {
			return b.String() + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Columns of a message m. Lists show the preview in the place of the body.
const (
	messageColumns = `m.school, m.id, m.thread, m.reply_to, m.kind, m.sender, m.from_name, m.from_role, m.subject,
		m.audience, m.people, m.written, m.left_at, `
	selectListed = "SELECT " + messageColumns + "m.preview FROM message m "
	selectFull   = "SELECT " + messageColumns + "m.body FROM message m "
)

func messageFields(m *message.Message) []any {
	return []any{&m.School, &m.ID, &m.Thread, &m.ReplyTo, &m.Kind, &m.Sender, &m.From, &m.FromRole, &m.Subject,
		audience{&m.Audience}, &m.Count, instant{&m.Written}, instant{&m.Left}, &m.Body}
}

func scanMessage(row *sql.Rows, m *message.Message) error { return row.Scan(messageFields(m)...) }

// Message is a message with its body, whoever asks: callers check that they may.
func (tx *Tx) Message(uai school.UAI, id message.ID) (message.Message, error) {
	return one(tx, noMessage, scanMessage, selectFull+"WHERE m.school = $1 AND m.id = $2", uai, id)
}

// Waiting is a school's messages that have not left, oldest first, with a
// preview in the place of the body.
func (tx *Tx) Waiting(uai school.UAI) ([]message.Message, error) {
	return all(tx, scanMessage, selectListed+"WHERE m.school = $1 AND m.left_at = 0 ORDER BY m.id", uai)
}

// WaitingOf is a sender's messages that have not left, oldest first, with
// their bodies: the sender may take them back.
func (tx *Tx) WaitingOf(uai school.UAI, sender account.MemberID) ([]message.Message, error) {
	return all(tx, scanMessage, selectFull+"WHERE m.school = $1 AND m.sender = $2 AND m.left_at = 0 ORDER BY m.id", uai, sender)
}

// WaitingSchools is the schools in which something waits.
func (tx *Tx) WaitingSchools() ([]school.UAI, error) {
	return all(tx, column[school.UAI], "SELECT DISTINCT school FROM message WHERE left_at = 0 ORDER BY school")
}

// Release lets a waiting message leave at an instant: its frozen recipients have
// it from this act on, in the mailbox's order at that instant. NotFound when it
// does not wait (any more).
func (tx *Tx) Release(uai school.UAI, id message.ID, left time.Time) error {
	if left.IsZero() {
		return fmt.Errorf("releasing message %d of %s: no instant was given", id, uai)
	}
	err := tx.must(noMessage, "UPDATE message SET left_at = $1 WHERE school = $2 AND id = $3 AND left_at = 0", left, uai, id)
	for after := account.MemberID(0); err == nil; {
		var n int64
		if after, n, err = tx.releaseChunk(uai, id, left, after); n < deliveryChunk {
			break
		}
	}
	if err != nil {
		return err
	}
	return tx.put("DELETE FROM waiting_recipient WHERE school = $1 AND message = $2", uai, id)
}

// releaseChunk delivers to the recipients that follow after and names the last.
func (tx *Tx) releaseChunk(uai school.UAI, id message.ID, left time.Time, after account.MemberID) (account.MemberID, int64, error) {
	members, err := all(tx, column[account.MemberID], `SELECT member FROM waiting_recipient
		WHERE school = $1 AND message = $2 AND member > $3 ORDER BY member LIMIT $4`, uai, id, after, deliveryChunk)
	if err != nil || len(members) == 0 {
		return after, 0, err
	}
	err = tx.addRecipients(message.Message{School: uai, ID: id, Left: left}, numbers(members))
	return members[len(members)-1], int64(len(members)), err
}

// CancelWaiting takes a message back before it leaves: it and its recipients are
// gone. NotFound when it has left, or is not this sender's.
func (tx *Tx) CancelWaiting(uai school.UAI, id message.ID, sender account.MemberID) error {
	err := tx.must(noMessage, "DELETE FROM message WHERE school = $1 AND id = $2 AND sender = $3 AND left_at = 0", uai, id, sender)
	if err != nil {
		return err
	}
	return tx.put("DELETE FROM waiting_recipient WHERE school = $1 AND message = $2", uai, id)
}

// SentCount is how many messages of a kind a member has written since an
// instant, those that wait included.
func (tx *Tx) SentCount(uai school.UAI, member account.MemberID, kind message.Kind, since time.Time) (int, error) {
	return one(tx, noMessage, column[int], "SELECT count(*) FROM message WHERE school = $1 AND sender = $2 AND written >= $3 AND kind = $4",
		uai, member, since, kind)
}

// storedAudience is the JSON of an audience; its names are part of the schema.
type storedAudience struct {
	Member account.MemberID `json:"m,omitempty"`
	Class  message.ClassID  `json:"c,omitempty"`
	Role   school.Role      `json:"r"`
	Label  string           `json:"l"`
}

func audienceText(list []message.Audience) string {
	stored := make([]storedAudience, len(list))
	for i, a := range list {
		stored[i] = storedAudience(a)
	}
	b, err := json.Marshal(stored)
	if err != nil {
		panic(err) // numbers and strings always encode
	}
	return string(b)
}

// An audience scans that JSON.
type audience struct{ list *[]message.Audience }

// Scan reads a column of JSON.
func (a audience) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("an audience is stored as %T", src)
	}
	var stored []storedAudience
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return fmt.Errorf("reading an audience: %w", err)
	}
	*a.list = nil
	for _, s := range stored {
		*a.list = append(*a.list, message.Audience(s))
	}
	return nil
}
