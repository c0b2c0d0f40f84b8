package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// AddTry keeps one attempt to sign in. Of the successes of a login from one device
// at one address only the latest is kept: reading those of an account that is used
// every day takes no longer than reading those of none.
func (tx *Tx) AddTry(t account.Try) error {
	if t.OK {
		err := tx.put("DELETE FROM sign_in_try WHERE login = $1 AND at < $2 AND address = $3 AND device = $4 AND ok = 1",
			t.Login, t.At, t.Address, t.Device[:])
		if err != nil {
			return err
		}
	}
	return tx.put("INSERT INTO sign_in_try (id, login, address, device, at, ok) VALUES ($1, $2, $3, $4, $5, $6)",
		NewID(t.At), t.Login, t.Address, t.Device[:], t.At, t.OK)
}

func scanTry(row *sql.Rows, t *account.Try) error {
	return row.Scan(&t.Login, &t.Address, digest{&t.Device}, instant{&t.At}, &t.OK)
}

// Tries is the attempts at a login, from anywhere, and those from an address,
// at any login, since an instant, with the login's older successes since
// another; oldest first.
func (tx *Tx) Tries(login, address string, since, known time.Time) ([]account.Try, error) {
	return all(tx, scanTry, `SELECT login, address, device, at, ok FROM (
			SELECT login, address, device, at, ok, id FROM sign_in_try WHERE login = $1 AND at >= $2
			UNION
			SELECT login, address, device, at, ok, id FROM sign_in_try WHERE address = $3 AND at >= $2
			UNION
			SELECT login, address, device, at, ok, id FROM sign_in_try WHERE login = $1 AND at >= $4 AND ok = 1
		) t ORDER BY at, id`,
		login, since, address, known)
}

// EachTry hands over the attempts since an instant, the oldest first.
func (tx *Tx) EachTry(since time.Time, see func(account.Try)) error {
	return each(tx, scanTry, see, "SELECT login, address, device, at, ok FROM sign_in_try WHERE at >= $1 ORDER BY at, id", since)
}

// CountStrangers adds to how many accounts strangers failed at, or signed in to,
// around an instant.
func (tx *Tx) CountStrangers(at time.Time, failed, succeeded int64) error {
	return tx.put(`INSERT INTO stranger_count (at, failed, succeeded) VALUES ($1, $2, $3)
		ON CONFLICT (at) DO UPDATE SET failed = stranger_count.failed + excluded.failed, succeeded = stranger_count.succeeded + excluded.succeeded`,
		at.Truncate(account.AttackStep), failed, succeeded)
}

// Strangers is how many accounts strangers failed at and signed in to since an
// instant.
func (tx *Tx) Strangers(since time.Time) (failed, succeeded int64, err error) {
	type sums struct{ failed, succeeded int64 }
	s, err := one(tx, errNoCounter, func(row *sql.Rows, s *sums) error { return row.Scan(&s.failed, &s.succeeded) },
		`SELECT CAST(COALESCE(SUM(failed), 0) AS BIGINT), CAST(COALESCE(SUM(succeeded), 0) AS BIGINT)
		FROM stranger_count WHERE at > $1`, since)
	return s.failed, s.succeeded, err
}

// PurgeTries forgets the failures before an instant, those of codes a CodeWindow
// later, and the successes before another.
func (tx *Tx) PurgeTries(failed, known time.Time) error {
	codes := failed.Add(account.TryWindow - account.CodeWindow)
	err := tx.put("DELETE FROM sign_in_try WHERE ok = 0 AND (at < $1 AND substr(login, 1, 2) <> $2 OR at < $3)", failed, account.CodeTries, codes)
	if err != nil {
		return err
	}
	if err := tx.put("DELETE FROM stranger_count WHERE at < $1", failed.Add(-account.AttackWindow)); err != nil {
		return err
	}
	return tx.put("DELETE FROM sign_in_try WHERE at < $1", known)
}
