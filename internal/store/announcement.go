package store

import (
	"cmp"
	"database/sql"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An Announcement goes one way to everyone of a territory: a school's own node
// or any above it. It is stored once and found by whoever looks.
type Announcement struct {
	ID        int64
	Territory school.Territory
	By        string // who wrote it
	Office    string // in whose name
	Title     string
	Body      string
	At        time.Time
}

// AddAnnouncement publishes an announcement.
func (tx *Tx) AddAnnouncement(a Announcement) error {
	return tx.put("INSERT INTO announcement (id, territory, by_whom, office, title, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		a.ID, a.Territory, a.By, a.Office, a.Title, a.Body, a.At)
}

func scanAnnouncement(row *sql.Rows, a *Announcement) error {
	return row.Scan(&a.ID, &a.Territory, &a.By, &a.Office, &a.Title, &a.Body, instant{&a.At})
}

// Announcements is the newest that concern a node, its own and those of all
// nodes above it, newest first.
func (tx *Tx) Announcements(at school.Territory, limit int) ([]Announcement, error) {
	var list []Announcement
	for ; at != ""; at = at.Parent() {
		level, err := all(tx, scanAnnouncement, `SELECT id, territory, by_whom, office, title, body, at
			FROM announcement WHERE territory = $1 ORDER BY at DESC, id DESC LIMIT $2`, at, limit)
		if err != nil {
			return nil, err
		}
		list = append(list, level...)
	}
	slices.SortFunc(list, func(a, b Announcement) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return list[:min(limit, len(list))], nil
}
