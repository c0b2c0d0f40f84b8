package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/roster"
	"github.com/ecluse-ecole/ecluse/internal/sheet"
)

// words are short French nouns without accents, easy to read out and to type.
//
//go:embed words.txt
var words string

// A first password is some words and a number. They give a little more than 50
// bits, which the CNIL asks of a password whose tries are limited (deliberation
// 2022-100, case 2).
const (
	firstWords  = 5
	firstNumber = 1000 // three digits
)

// firstPassword draws a password that check accepts. What check says other than that
// this one is refused ends the drawing.
func firstPassword(check func(password string) error) (string, error) {
	list := strings.Fields(words)
	for {
		var parts []string
		for range firstWords {
			i, err := draw(len(list))
			if err != nil {
				return "", err
			}
			parts = append(parts, list[i])
		}
		number, err := draw(firstNumber)
		if err != nil {
			return "", err
		}
		password := fmt.Sprintf("%s-%03d", strings.Join(parts, "-"), number)
		if err := check(password); !fault.Is(err, fault.Invalid) {
			return password, err
		}
	}
}

func draw(n int) (int, error) {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("drawing a password: %w", err)
	}
	return int(i.Int64()), nil
}

// importWithPasswords keeps the passwords on disk before the import, so that no
// account has one that nobody knows; when the import fails the file goes again.
func (c importCmd) importWithPasswords(ctx context.Context, s *streams, app *ecluse.App, r roster.Roster, more addition) (err error) {
	file, err := createOutput("passwords", c.Passwords)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(c.Passwords)
			err = stopped("importing", c.Passwords, err)
		}
	}()
	defer file.Close()
	passwords, err := drawPasswords(ctx, app, more.People)
	if err != nil {
		return err
	}
	if more.Credentials, err = hashAll(ctx, s.err, app, more.People, passwords); err != nil {
		return err
	}
	err = errors.Join(writePasswords(file, r, more.fresh, passwords), file.Sync())
	if err != nil {
		return fmt.Errorf("writing the passwords: %w", err)
	}
	return app.Import(ctx, more.Roster)
}

func drawPasswords(ctx context.Context, app *ecluse.App, people []account.Person) ([]string, error) {
	out := make([]string, len(people))
	for i, p := range people {
		var err error
		out[i], err = firstPassword(func(password string) error { return app.CheckNewPassword(ctx, p, password) })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// progressEvery is after how many hashes, some five seconds' work, the wait is
// explained.
const progressEvery = 200

// hashAll hashes in parallel; the application bounds how many at once.
func hashAll(ctx context.Context, progress io.Writer, app *ecluse.App, people []account.Person, passwords []string) ([]account.Credential, error) {
	out := make([]account.Credential, len(people))
	now := app.Now()
	var done atomic.Int64
	var wait sync.WaitGroup
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	for i := range people {
		wait.Go(func() {
			hash, err := app.Hash(ctx, passwords[i])
			if err != nil {
				fail(err)
			}
			out[i] = account.Credential{Person: people[i].ID, Hash: hash, Changed: now}
			if n := done.Add(1); n%progressEvery == 0 {
				fmt.Fprintf(progress, "hashing passwords: %d of %d\n", n, len(people))
			}
		})
	}
	wait.Wait()
	return out, context.Cause(ctx)
}

// writePasswords writes a list as French spreadsheets open it: UTF-8 with its
// mark, semicolons.
func writePasswords(to io.Writer, r roster.Roster, fresh []int, passwords []string) error {
	first := map[int]*roster.Member{}
	for i := range r.Members {
		if p := r.Members[i].Person; first[p] == nil {
			first[p] = &r.Members[i]
		}
	}
	w := sheet.NewFrench(to, "school", "role", "classes", "last", "first", "login", "password")
	for i, who := range fresh {
		p := r.People[who]
		w.Write(append(placeFields(r, first[who]), p.Last, p.First, p.Login, passwords[i])...)
	}
	return w.End()
}

// placeFields are the school, role and classes of somebody's first place.
func placeFields(r roster.Roster, m *roster.Member) []string {
	if m == nil {
		return []string{"", "authority", ""}
	}
	var names []string
	for _, c := range m.Classes {
		names = append(names, r.Classes[c].Name)
	}
	return []string{string(m.School), m.Role.String(), strings.Join(names, "|")}
}
