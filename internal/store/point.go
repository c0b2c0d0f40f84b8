package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

var noPoint = missing("Ce point d’application n’existe pas.", "There is no such enforcement point.")

// A PointRecord is a point with the digest of its token.
type PointRecord struct {
	enforce.Point
	Token [32]byte
}

// AddPoint makes a point known; a name that is taken is a Conflict. It counts as
// a new generation, so that every node knows the token within seconds.
func (tx *Tx) AddPoint(p PointRecord) error {
	if _, err := tx.newGeneration(); err != nil {
		return err
	}
	return tx.put("INSERT INTO point (name, kind, territory, probe, token, created) VALUES ($1, $2, $3, $4, $5, $6)",
		p.Name, p.Kind, p.Territory, p.Probe, p.Token[:], p.Created)
}

// RemovePoint forgets a point: its token is worth nothing any more.
func (tx *Tx) RemovePoint(name string) error {
	if _, err := tx.newGeneration(); err != nil {
		return err
	}
	if err := tx.put("DELETE FROM point_report WHERE point = $1", name); err != nil {
		return err
	}
	return tx.must(noPoint, "DELETE FROM point WHERE name = $1", name)
}

func scanPoint(row *sql.Rows, p *PointRecord) error {
	return row.Scan(&p.Name, &p.Kind, &p.Territory, &p.Probe, digest{&p.Token}, instant{&p.Created})
}

// Points is every point, by name.
func (tx *Tx) Points() ([]PointRecord, error) {
	return all(tx, scanPoint, "SELECT name, kind, territory, probe, token, created FROM point ORDER BY name")
}

// PutReport keeps what an instance of a point last said of itself; several nodes
// may have heard of it, and the latest of each fact stays. One of a point that was
// removed meanwhile is dropped.
func (tx *Tx) PutReport(r enforce.Report) error {
	return tx.put(`INSERT INTO point_report (point, instance, software, at, asked, version, offset_ms, live, tested, refused)
		SELECT name, CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT),
			CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT)
		FROM point WHERE name = $10
		ON CONFLICT (point, instance) DO UPDATE SET software = excluded.software, at = excluded.at,
			asked = CASE WHEN excluded.asked > point_report.asked THEN excluded.asked ELSE point_report.asked END,
			version = CASE WHEN excluded.asked >= point_report.asked THEN excluded.version ELSE point_report.version END,
			refused = CASE WHEN excluded.tested >= point_report.tested THEN excluded.refused ELSE point_report.refused END,
			tested = CASE WHEN excluded.tested > point_report.tested THEN excluded.tested ELSE point_report.tested END,
			offset_ms = excluded.offset_ms, live = excluded.live
		WHERE excluded.at >= point_report.at`,
		r.Instance, r.Software, r.At, r.Asked, r.Version, r.Offset.Milliseconds(), r.Live, r.Tested, r.Refused, r.Point)
}

// Reported is whether an instance of a point has reported before.
func (tx *Tx) Reported(point, instance string) (bool, error) {
	n, err := one(tx, errNoCounter, column[int], "SELECT count(*) FROM point_report WHERE point = $1 AND instance = $2", point, instance)
	return n > 0, err
}

func scanReport(row *sql.Rows, r *enforce.Report) error {
	var offset int64
	err := row.Scan(&r.Point, &r.Instance, &r.Software, instant{&r.At}, instant{&r.Asked}, &r.Version, &offset, &r.Live,
		instant{&r.Tested}, &r.Refused)
	r.Offset = time.Duration(offset) * time.Millisecond
	return err
}

// Reports is what every instance of every point last said.
func (tx *Tx) Reports() ([]enforce.Report, error) {
	return all(tx, scanReport, `SELECT point, instance, software, at, asked, version, offset_ms, live, tested, refused
		FROM point_report ORDER BY point, instance`)
}

// PurgeReports forgets instances that have not reported since an instant.
func (tx *Tx) PurgeReports(before time.Time) error {
	return tx.put("DELETE FROM point_report WHERE at < $1", before)
}

// PutAlias says by which other name systems know an account, folded as logins
// are: an address, an identifier of an ENT. A name that another account has, as
// alias or as login, is a Conflict.
func (tx *Tx) PutAlias(name string, person account.PersonID) error {
	if p, err := tx.PersonByLogin(name); err == nil && p.ID != person {
		return fault.New(fault.Conflict, "Ce nom est déjà celui d’un autre compte.", "This name is another account's already.")
	}
	return tx.put("INSERT INTO alias (name, person) VALUES ($1, $2)", name, person)
}

// PersonByName is the account of a folded login or other name.
func (tx *Tx) PersonByName(name string) (account.Person, error) {
	return one(tx, noPerson, scanPerson, selectPerson+`WHERE id = coalesce(
		(SELECT id FROM person WHERE login = $1), (SELECT person FROM alias WHERE name = $2))`, name, name)
}
