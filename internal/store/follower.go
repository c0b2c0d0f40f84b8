package store

import (
	"database/sql"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
)

var noFollower = missing("Cette installation n’est pas connue ici.", "This follower is not known here.")

// A FollowerRecord is a follower with what is known of its last statement.
type FollowerRecord struct {
	statement.Follower
	Said    time.Time // the instant of that statement; zero: none came
	Version int64     // of the feed that it held then
	LeftOut string    // what of it was not taken, and why
}

// AddFollower makes a follower known; a name or a key that is taken is a Conflict.
// It counts as a new generation, so that every node knows the key within seconds.
func (tx *Tx) AddFollower(f statement.Follower) error {
	if _, err := tx.newGeneration(); err != nil {
		return err
	}
	return tx.put("INSERT INTO follower (name, verifier, within, created, said, version, left_out) VALUES ($1, $2, $3, $4, 0, 0, '')",
		f.Name, f.Key, joined(f.Within), f.Created)
}

// RemoveFollower forgets a follower and what it said, but for its schools' answers.
func (tx *Tx) RemoveFollower(name string) error {
	if _, err := tx.newGeneration(); err != nil {
		return err
	}
	for _, table := range []string{"follower_group", "follower_use"} {
		if err := tx.put("DELETE FROM "+table+" WHERE follower = $1", name); err != nil {
			return err
		}
	}
	return tx.must(noFollower, "DELETE FROM follower WHERE name = $1", name)
}

const selectFollower = "SELECT name, verifier, within, created, said, version, left_out FROM follower "

func scanFollower(row *sql.Rows, f *FollowerRecord) error {
	return row.Scan(&f.Name, &f.Key, spaced[school.Territory]{&f.Within}, instant{&f.Created}, instant{&f.Said}, &f.Version, &f.LeftOut)
}

// Followers is every follower, by name.
func (tx *Tx) Followers() ([]FollowerRecord, error) {
	return all(tx, scanFollower, selectFollower+"ORDER BY name")
}

// LockFollower is one follower, which nobody else changes until the act ends.
func (tx *Tx) LockFollower(name string) (FollowerRecord, error) {
	return one(tx, noFollower, scanFollower, selectFollower+"WHERE name = $1"+forUpdate, name)
}

// Heard notes what a follower's last statement was.
func (tx *Tx) Heard(f FollowerRecord) error {
	return tx.must(noFollower, "UPDATE follower SET said = $1, version = $2, left_out = $3 WHERE name = $4", f.Said, f.Version, f.LeftOut, f.Name)
}

// Peopled is the schools of which anybody is a member here.
func (tx *Tx) Peopled() (map[school.UAI]bool, error) {
	list, err := all(tx, column[school.UAI], "SELECT uai FROM school s WHERE EXISTS (SELECT 1 FROM membership m WHERE m.school = s.uai)")
	here := make(map[school.UAI]bool, len(list))
	for _, uai := range list {
		here[uai] = true
	}
	return here, err
}

// joined is a list as one text.
func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, " ")
}

// A spaced scans such a text.
type spaced[T ~string] struct{ to *[]T }

// Scan reads a column of words.
func (s spaced[T]) Scan(src any) error {
	text, err := sql.NullString{}, error(nil)
	if err = text.Scan(src); err != nil {
		return err
	}
	*s.to = nil
	for w := range strings.FieldsSeq(text.String) {
		*s.to = append(*s.to, T(w))
	}
	return nil
}
