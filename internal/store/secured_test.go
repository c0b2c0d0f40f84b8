package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestSecuredPlans: what a board of a hundred thousand accounts asks school by
// school is found by keys alone, with statistics and without.
func TestSecuredPlans(t *testing.T) {
	path := storetest.SQLite(t)
	storetest.Open(t, path)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 2 {
		for _, query := range []string{store.SelectSecurity, store.SelectSignedIn, store.CountUnserved} {
			plan := explain(t, db, query, []any{string(college), 1, 0}[:min(3, strings.Count(query, "$"))])
			if strings.Contains(plan, "SCAN ") || strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "m USING ") {
				t.Errorf("%s", plan)
			}
		}
		if _, err := db.Exec("ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
}
