package store_test

import (
	"database/sql"
	"math"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestPlans holds the plans that SQLite makes once it has statistics against
// what was measured: a plain join of the inbox goes from 0.1 to 450 ms then.
func TestPlans(t *testing.T) {
	path := storetest.SQLite(t)
	w := world{t, storetest.Open(t, path)}
	w.write(func(tx *store.Tx) error {
		for n := range 2000 {
			m := letter(numbered(0, n), account.MemberID(n%7))
			if n%3 == 0 {
				m.Thread = 1
			}
			if err := tx.AddMessage(m, []account.MemberID{20, account.MemberID(100 + n%50)}); err != nil {
				return err
			}
		}
		return nil
	})
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("ANALYZE"); err != nil {
		t.Fatal(err)
	}

	const far = math.MaxInt64
	inMailbox := "delivery USING PRIMARY KEY (school=? AND member=? AND "
	for name, c := range map[string]struct {
		query string
		args  []any
		want  []string
	}{
		"inbox":  {store.SelectInbox, []any{string(college), 20, far, far, 50}, []string{inMailbox, "m USING INDEX sqlite_autoindex_message_1 (school=? AND id=?)"}},
		"alerts": {store.SelectAlerts, []any{string(college), 20, 50}, []string{"m USING INDEX message_alert (school=?)", "d USING INDEX delivery_message (school=? AND message=? AND member=?)"}},
		"unread": {store.SelectUnread, []any{string(college), 20, far, 100}, []string{inMailbox}},
		"sent":   {store.SelectSent, []any{string(college), 1, far, far, far, 50}, []string{"m USING INDEX message_sender (school=? AND sender=? AND "}},
		"thread": {store.SelectThread, []any{string(college), 1, 20, far}, []string{"INDEX message_reply (school=? AND thread=?)", "m USING INDEX sqlite_autoindex_message_1 (school=? AND id=?)", "d USING INDEX delivery_message (school=? AND message=? AND member=?)"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan := explain(t, db, c.query, c.args)
			for _, want := range c.want {
				if !strings.Contains(plan, want) {
					t.Errorf("the plan does not use %q:\n%s", want, plan)
				}
			}
			for _, line := range strings.Split(plan, "\n") {
				scans := strings.HasPrefix(line, "SCAN ") && !strings.HasPrefix(line, "SCAN page") && !strings.HasPrefix(line, "SCAN unread") && !strings.HasPrefix(line, "SCAN thread")
				if scans || strings.Contains(line, "TEMP B-TREE") {
					t.Errorf("%s:\n%s", line, plan)
				}
			}
		})
	}
}

func explain(t *testing.T, db *sql.DB, query string, args []any) string {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	return plan.String()
}
