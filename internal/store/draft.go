package store

import (
	"database/sql"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var noDraft = missing("Ce brouillon n’existe plus.", "This draft does not exist any more.")

// PutDraft saves a draft over an earlier Version of it. A Version that is not
// newer than the one kept is a Conflict, and the one kept stays, unless it is
// the same text again: then a save that was repeated by the network is done.
func (tx *Tx) PutDraft(d message.Draft) error {
	n, err := tx.exec(`INSERT INTO draft (school, member, id, reply_to, audience, subject, body, version, saved)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (school, member, id) DO UPDATE SET reply_to = excluded.reply_to, audience = excluded.audience,
			subject = excluded.subject, body = excluded.body, version = excluded.version, saved = excluded.saved
		WHERE draft.version < excluded.version OR draft.version = excluded.version
			AND draft.audience = excluded.audience AND draft.subject = excluded.subject AND draft.body = excluded.body`,
		d.School, d.Member, d.ID, d.ReplyTo, audienceText(d.Audience), d.Subject, d.Body, d.Version, d.Saved)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict,
			"Ce brouillon a été modifié ailleurs entre-temps ; ouvrez-le de nouveau.",
			"This draft was changed elsewhere meanwhile; open it again.")
	}
	return err
}

const selectDraft = "SELECT school, member, id, reply_to, audience, subject, body, version, saved FROM draft "

func scanDraft(row *sql.Rows, d *message.Draft) error {
	return row.Scan(&d.School, &d.Member, &d.ID, &d.ReplyTo, audience{&d.Audience}, &d.Subject, &d.Body, &d.Version, instant{&d.Saved})
}

// Draft is one draft of a member's own.
func (tx *Tx) Draft(uai school.UAI, member account.MemberID, id message.ID) (message.Draft, error) {
	return one(tx, noDraft, scanDraft, selectDraft+"WHERE school = $1 AND member = $2 AND id = $3", uai, member, id)
}

// Drafts is a member's drafts, the latest saved first.
func (tx *Tx) Drafts(uai school.UAI, member account.MemberID) ([]message.Draft, error) {
	return all(tx, scanDraft, selectDraft+"WHERE school = $1 AND member = $2 ORDER BY saved DESC, id DESC", uai, member)
}

// DraftCount is how many drafts a member has.
func (tx *Tx) DraftCount(uai school.UAI, member account.MemberID) (int, error) {
	return one(tx, noDraft, column[int], "SELECT count(*) FROM draft WHERE school = $1 AND member = $2", uai, member)
}

// DeleteDraft throws a draft away.
func (tx *Tx) DeleteDraft(uai school.UAI, member account.MemberID, id message.ID) error {
	return tx.must(noDraft, "DELETE FROM draft WHERE school = $1 AND member = $2 AND id = $3", uai, member, id)
}
