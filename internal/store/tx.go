package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// A Tx is one act or one reading. It ends with the function it was given to.
type Tx struct {
	ctx        context.Context
	run        runner
	dialect    *dialect
	failed     error // the first statement that failed: see the package's Acts
	generation int64 // made by this act; 0: none yet
	revocation int64 // likewise
	people     int64 // likewise
}

// A runner runs statements: conn prepares them once on SQLite, plain hands them
// to pgx, which keeps prepared ones itself.
type runner interface {
	exec(ctx context.Context, query string, args []any) (sql.Result, error)
	query(ctx context.Context, query string, args []any) (*sql.Rows, error)
}

// finish is an act's result: an act whose statement failed has failed.
func (tx *Tx) finish(err error) error {
	if err == nil {
		err = tx.failed
	}
	return err
}

// exec runs a statement and returns how many rows it touched.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	if err := tx.ready(query, args); err != nil {
		return 0, err
	}
	res, err := tx.run.exec(tx.ctx, query, args)
	if err != nil {
		return 0, tx.fail(err)
	}
	n, err := res.RowsAffected()
	return n, tx.fail(err)
}

// watched is the key of who is shown statements.
type watched struct{}

// Watched is a context whose statements are shown to see before they run. It is for
// tests that hold against each other what is asked about one account and another.
func Watched(ctx context.Context, see func(statement string)) context.Context {
	return context.WithValue(ctx, watched{}, see)
}

// ready refuses what the databases would treat differently, and turns arguments
// into what both drivers take.
func (tx *Tx) ready(query string, args []any) error {
	if tx.failed != nil {
		return tx.failed
	}
	if err := tx.ctx.Err(); err != nil {
		return err
	}
	if see, ok := tx.ctx.Value(watched{}).(func(string)); ok {
		see(query)
	}
	for i, a := range args {
		args[i] = argument(a)
		if s, ok := args[i].(string); ok && !plainText(s) {
			return fault.New(fault.Invalid, "Ce texte contient des caractères illisibles ; retapez-le.", "This text is not valid UTF-8 or contains NUL; type it again.")
		}
	}
	return nil
}

// plainText: PostgreSQL refuses other text (22021), SQLite would keep it.
func plainText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func (tx *Tx) fail(err error) error {
	if err != nil && tx.failed == nil {
		tx.failed = tx.dialect.explain(err)
	}
	return tx.failed
}

// argument makes one of int64, string, []byte of a value.
func argument(a any) any {
	switch a := a.(type) {
	case string, int64, []byte:
		return a
	case time.Time:
		return millis(a)
	case bool:
		if a {
			return int64(1)
		}
		return int64(0)
	}
	switch v := reflect.ValueOf(a); v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int64:
		return v.Int()
	case reflect.Uint8:
		return int64(v.Uint())
	}
	panic(fmt.Sprintf("store: a statement was given a %T", a))
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// An instant scans milliseconds into a time.
type instant struct{ t *time.Time }

// Scan reads a column of milliseconds.
func (i instant) Scan(src any) error {
	ms, ok := src.(int64)
	switch {
	case !ok:
		return fmt.Errorf("an instant is stored as %T", src)
	case ms == 0:
		*i.t = time.Time{}
	default:
		*i.t = time.UnixMilli(ms).UTC()
	}
	return nil
}

// A digest scans 32 bytes.
type digest struct{ d *[32]byte }

// Scan reads a column of 32 bytes.
func (d digest) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(d.d) {
		return fmt.Errorf("a digest of 32 bytes is stored as %d bytes of %T", len(b), src)
	}
	*d.d = [32]byte(b)
	return nil
}

// A scanner reads one row into a value.
type scanner[T any] func(row *sql.Rows, v *T) error

// column scans rows of a single column.
func column[T any](row *sql.Rows, v *T) error { return row.Scan(v) }

// all is every row of a query.
func all[T any](tx *Tx, scan scanner[T], query string, args ...any) (out []T, err error) {
	err = each(tx, scan, func(v T) { out = append(out, v) }, query, args...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// each hands over the rows of a query one by one.
func each[T any](tx *Tx, scan scanner[T], see func(T), query string, args ...any) error {
	if err := tx.ready(query, args); err != nil {
		return err
	}
	rows, err := tx.run.query(tx.ctx, query, args)
	if err != nil {
		return tx.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return tx.fail(err)
		}
		see(v)
	}
	return tx.fail(rows.Err())
}

// one is the only row of a query, or missing.
func one[T any](tx *Tx, missing error, scan scanner[T], query string, args ...any) (T, error) {
	rows, err := all(tx, scan, query, args...)
	if err != nil || len(rows) == 0 {
		var none T
		if err == nil {
			err = missing
		}
		return none, err
	}
	return rows[0], nil
}

// must is exec for a statement that has to touch a row.
func (tx *Tx) must(missing error, query string, args ...any) error {
	n, err := tx.exec(query, args...)
	if err == nil && n == 0 {
		return missing
	}
	return err
}

// put is exec for a statement whose count does not matter.
func (tx *Tx) put(query string, args ...any) error {
	_, err := tx.exec(query, args...)
	return err
}

func missing(french, english string) error { return fault.New(fault.NotFound, french, english) }
