package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Campaign asks people for a new password. Whom it meets, in the order of
// schools and then of people, is never stored ahead: it goes on from where it has
// come to.
type Campaign struct {
	ID        int64
	Territory school.Territory // of whose schools
	By        string           // as the journal names actors
	Person    account.PersonID // who started it, and is not asked
	Within    school.Territory // of who started it: who holds an office there or above is not asked
	Roles     school.Roles
	Class     message.ClassID // 0: all
	Listed    bool            // only those of List
	List      []account.PersonID
	Since     time.Time // whose password was changed from here on is not asked
	Started   time.Time
	Finished  time.Time // when everybody had been asked; zero: not yet
	Stopped   time.Time
	School    school.UAI // it has come up to this school,
	Last      account.PersonID
}

// A CampaignOutcome is what became of somebody whom a campaign met.
type CampaignOutcome uint8

// The outcomes; the numbers are kept. Whom a campaign does not ask was never
// active here, has changed the password since the date, has been asked already, or
// answers to somebody else. Who is elsewhere has a password at a sign-in service
// alone, and is asked to renew that one.
const (
	CampaignAsked CampaignOutcome = iota
	CampaignNeverActive
	CampaignChanged
	CampaignAskedBefore
	CampaignAbove
	CampaignElsewhere
	CampaignOutcomes = iota
)

const selectCampaign = `SELECT id, territory, by_whom, person, within, roles, class, listed, since, started, finished, stopped, done_school, done_person
	FROM campaign `

func scanCampaign(row *sql.Rows, c *Campaign) error {
	return row.Scan(&c.ID, &c.Territory, &c.By, &c.Person, &c.Within, &c.Roles, &c.Class, &c.Listed, instant{&c.Since}, instant{&c.Started},
		instant{&c.Finished}, instant{&c.Stopped}, &c.School, &c.Last)
}

var noCampaign = missing("Cette campagne n’existe pas.", "There is no such campaign.")

// AddCampaign keeps a campaign that is about to begin.
func (tx *Tx) AddCampaign(c Campaign) error {
	err := tx.put(`INSERT INTO campaign (id, territory, by_whom, person, within, roles, class, listed, since, started, finished, stopped,
			done_school, done_person) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, '', 0)`,
		c.ID, c.Territory, c.By, c.Person, c.Within, c.Roles, c.Class, c.Listed, c.Since, c.Started)
	if err != nil || !c.Listed {
		return err
	}
	return tx.put(`INSERT INTO campaign_list (campaign, person)
		SELECT CAST($1 AS BIGINT), id FROM person WHERE id IN (SELECT value FROM json_each($2))`, c.ID, numbers(c.List))
}

// Campaign is one of them, with its list.
func (tx *Tx) Campaign(id int64) (Campaign, error) { return tx.campaign(id, "") }

// HoldCampaign is Campaign for who is about to take it further: others wait.
func (tx *Tx) HoldCampaign(id int64) (Campaign, error) { return tx.campaign(id, forUpdate) }

func (tx *Tx) campaign(id int64, held string) (Campaign, error) {
	c, err := one(tx, noCampaign, scanCampaign, selectCampaign+"WHERE id = $1"+held, id)
	if err == nil && c.Listed {
		c.List, err = all(tx, column[account.PersonID], "SELECT person FROM campaign_list WHERE campaign = $1 ORDER BY person", id)
	}
	return c, err
}

// Campaigns is all of them, the newest first.
func (tx *Tx) Campaigns() ([]Campaign, error) {
	return all(tx, scanCampaign, selectCampaign+"ORDER BY id DESC")
}

// OpenCampaigns is those in which somebody is still to be asked, the oldest first.
func (tx *Tx) OpenCampaigns() ([]int64, error) {
	return all(tx, column[int64], "SELECT id FROM campaign WHERE finished = 0 AND stopped = 0 ORDER BY id")
}

// MoveCampaign notes how far a held campaign has come, and whether it is over.
func (tx *Tx) MoveCampaign(c Campaign) error {
	return tx.must(noCampaign, "UPDATE campaign SET done_school = $1, done_person = $2, finished = $3, stopped = $4 WHERE id = $5",
		c.School, c.Last, c.Finished, c.Stopped, c.ID)
}

// whomCampaign is the members of one school whom a campaign is for, and
// outcomeOf what becomes of each. Their arguments are whom; role 4 is school.Head.
const (
	whomCampaign = ` FROM membership m LEFT JOIN credential c ON c.person = m.person LEFT JOIN renewal r ON r.person = m.person
		WHERE m.school = $4 AND m.role IN (SELECT value FROM json_each($5))
			AND (CAST($6 AS BIGINT) = 0 OR m.id IN (SELECT x.member FROM class_member x WHERE x.school = $4 AND x.class = $6)
				OR m.id IN (SELECT g.guardian FROM guardian g JOIN class_member x ON x.school = g.school AND x.member = g.pupil
					WHERE g.school = $4 AND x.class = $6))
			AND (CAST($7 AS BIGINT) = 0 OR m.person IN (SELECT value FROM json_each($8))) `

	outcomeOf = `CASE WHEN m.person = $1 OR EXISTS (SELECT 1 FROM office o WHERE o.person = m.person AND o.territory NOT LIKE $2)
			OR EXISTS (SELECT 1 FROM membership h JOIN school s ON s.uai = h.school
				WHERE h.person = m.person AND h.role = 4 AND s.parent || '/' || s.uai || '/' NOT LIKE $2) THEN 4
			WHEN coalesce(c.hash, '') = '' AND coalesce(c.service, '') = '' THEN 1
			WHEN c.changed >= $3 THEN 2
			WHEN r.person IS NOT NULL THEN 3
			WHEN c.hash = '' THEN 5
			ELSE 0 END`
)

// whom is the arguments of outcomeOf and whomCampaign.
func (c Campaign) whom(uai school.UAI) []any {
	return []any{c.Person, string(c.Within) + "/%", c.Since, uai, numbers(c.Roles.Each()), c.Class, c.Listed, numbers(c.List)}
}

// A CampaignMet is somebody whom a campaign meets.
type CampaignMet struct {
	Person  account.PersonID
	Member  account.MemberID
	Outcome CampaignOutcome
}

func scanMet(row *sql.Rows, m *CampaignMet) error { return row.Scan(&m.Person, &m.Member, &m.Outcome) }

// MeetCampaign is the next people of a school whom a campaign meets, beyond the
// last one it met there. Who was met in another school is met once.
func (tx *Tx) MeetCampaign(c Campaign, uai school.UAI, beyond account.PersonID, most int) ([]CampaignMet, error) {
	return all(tx, scanMet, "SELECT m.person, min(m.id), min("+outcomeOf+")"+whomCampaign+
		`AND m.person > $9 AND NOT EXISTS (SELECT 1 FROM campaign_person z WHERE z.campaign = $10 AND z.person = m.person)
		GROUP BY m.person ORDER BY m.person LIMIT $11`, append(c.whom(uai), beyond, c.ID, most)...)
}

// A CampaignCount is how many people of a role become what.
type CampaignCount struct {
	Role    school.Role
	Outcome CampaignOutcome
	Count   int
}

func scanCampaignCount(row *sql.Rows, c *CampaignCount) error {
	return row.Scan(&c.Role, &c.Outcome, &c.Count)
}

// CountCampaign is what a campaign that has not begun would do in a school.
func (tx *Tx) CountCampaign(c Campaign, uai school.UAI) ([]CampaignCount, error) {
	return all(tx, scanCampaignCount, "SELECT role, outcome, count(*) FROM (SELECT m.role AS role, "+outcomeOf+" AS outcome"+whomCampaign+
		") t GROUP BY role, outcome", c.whom(uai)...)
}

// AskRenewals asks all these people for a new password and ends their sessions, on
// every node, in as many statements whatever their number.
func (tx *Tx) AskRenewals(people []account.PersonID, why account.RenewalReason, now time.Time) error {
	list := numbers(people)
	if _, err := all(tx, column[account.PersonID], "SELECT id FROM person WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id"+forHold, list); err != nil {
		return err // see HoldPerson
	}
	err := tx.put(`INSERT INTO renewal (person, since, why)
		SELECT id, CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM person WHERE id IN (SELECT value FROM json_each($3))
		ON CONFLICT (person) DO NOTHING`, now, why, list)
	if err != nil {
		return err
	}
	if err := tx.Revoke(); err != nil {
		return err
	}
	seq, err := tx.ended()
	if err != nil {
		return err
	}
	err = tx.put(`INSERT INTO ended_session (seq, digest, at)
		SELECT CAST($1 AS BIGINT), digest, CAST($2 AS BIGINT) FROM session WHERE person IN (SELECT value FROM json_each($3))`, seq, now, list)
	if err != nil {
		return err
	}
	if err := tx.put("DELETE FROM push_subscription WHERE person IN (SELECT value FROM json_each($1))", list); err != nil {
		return err
	}
	return tx.put("DELETE FROM session WHERE person IN (SELECT value FROM json_each($1))", list)
}

// KeepMet notes whom a campaign met in a school, all with one outcome.
func (tx *Tx) KeepMet(campaign int64, uai school.UAI, outcome CampaignOutcome, members []account.MemberID) error {
	return tx.put(`INSERT INTO campaign_person (campaign, person, school, member, outcome)
		SELECT CAST($1 AS BIGINT), m.person, m.school, m.id, CAST($2 AS BIGINT) FROM membership m
		WHERE m.school = $3 AND m.id IN (SELECT value FROM json_each($4))`, campaign, outcome, uai, numbers(members))
}

// WithdrawRenewals asks no more those who were asked by a campaign and have not
// renewed, unless another one that is not stopped asks them too, and returns how many.
func (tx *Tx) WithdrawRenewals(campaign int64) (int64, error) {
	if err := tx.Revoke(); err != nil {
		return 0, err
	}
	return tx.exec(`DELETE FROM renewal WHERE why = $1 AND person IN (SELECT person FROM campaign_person WHERE campaign = $2 AND outcome IN (0, 5))
		AND NOT EXISTS (SELECT 1 FROM campaign_person z JOIN campaign o ON o.id = z.campaign
			WHERE z.person = renewal.person AND z.campaign <> $2 AND z.outcome IN (0, 3, 5) AND o.stopped = 0)`, account.RenewCampaign, campaign)
}

// A CampaignSchool is how far the people of a school are.
type CampaignSchool struct {
	School  school.UAI
	Asked   int                   // those elsewhere too
	Waiting int                   // have not renewed
	Others  [CampaignOutcomes]int // whom it did not ask, and of those it did who is elsewhere
}

type campaignSum struct {
	school  school.UAI
	outcome CampaignOutcome
	met     int
	waiting int
}

func scanCampaignSum(row *sql.Rows, s *campaignSum) error {
	return row.Scan(&s.school, &s.outcome, &s.met, &s.waiting)
}

// CampaignSchools is how far each school is that a campaign has met.
func (tx *Tx) CampaignSchools(campaign int64) (list []CampaignSchool, err error) {
	sums, err := all(tx, scanCampaignSum, `SELECT z.school, z.outcome, count(*), count(r.person)
		FROM campaign_person z LEFT JOIN renewal r ON r.person = z.person
		WHERE z.campaign = $1 GROUP BY z.school, z.outcome ORDER BY z.school, z.outcome`, campaign)
	for _, s := range sums {
		if len(list) == 0 || list[len(list)-1].School != s.school {
			list = append(list, CampaignSchool{School: s.school})
		}
		last := &list[len(list)-1]
		if s.outcome == CampaignAsked || s.outcome == CampaignElsewhere {
			last.Asked, last.Waiting = last.Asked+s.met, last.Waiting+s.waiting
		}
		if s.outcome != CampaignAsked {
			last.Others[s.outcome] = s.met
		}
	}
	return list, err
}

// A CampaignMember is somebody of a school whom a campaign asked.
type CampaignMember struct {
	Member  account.MemberID
	Waiting bool // has not renewed
}

func scanCampaignMember(row *sql.Rows, m *CampaignMember) error {
	return row.Scan(&m.Member, &m.Waiting)
}

// CampaignMembers is whom a campaign asked in a school.
func (tx *Tx) CampaignMembers(campaign int64, uai school.UAI) ([]CampaignMember, error) {
	return all(tx, scanCampaignMember, `SELECT z.member, r.person IS NOT NULL FROM campaign_person z LEFT JOIN renewal r ON r.person = z.person
		WHERE z.campaign = $1 AND z.school = $2 AND z.outcome IN (0, 5) ORDER BY z.member`, campaign, uai)
}

// CampaignWaiting is how to write to those of a school who have not renewed, here or
// elsewhere.
func (tx *Tx) CampaignWaiting(campaign int64, uai school.UAI, asked CampaignOutcome) ([]Addressee, error) {
	return all(tx, scanAddressee, `SELECT p.id, p.language, coalesce(e.address, '')
		FROM campaign_person z JOIN renewal r ON r.person = z.person JOIN person p ON p.id = z.person LEFT JOIN email e ON e.person = p.id
		WHERE z.campaign = $1 AND z.school = $2 AND z.outcome = $3 ORDER BY p.id`, campaign, uai, asked)
}
