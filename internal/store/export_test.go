package store

import (
	"context"
	"database/sql"
)

// MigrateTo brings a new database to an earlier schema.
func MigrateTo(database string, version int64) error {
	s := &Store{dialect: &sqliteDialect}
	driver, source := "sqlite", sqliteURL(database)
	if isPostgres(database) {
		s.dialect, driver, source = withLock(postgresDialect), "pgx", database
	}
	var err error
	if s.db, err = sql.Open(driver, source); err != nil {
		return err
	}
	defer s.db.Close()
	if !isPostgres(database) {
		if err := s.claimSQLite(context.Background(), database); err != nil {
			return err
		}
	}
	p, err := s.provider()
	if err != nil {
		return err
	}
	_, err = p.UpTo(context.Background(), version)
	return err
}

// The statements whose plans are checked.
const (
	SelectAlerts = selectAlerts
	SelectInbox  = selectInbox
	SelectSent   = selectSent
	SelectThread = selectThread
	SelectUnread = selectUnread

	SelectSecurity = selectSecurity
	SelectSignedIn = selectSignedIn
	CountUnserved  = countUnserved
)
