package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const exampleRoster = "../../examples/roster"

// ecluseLine runs a command line and gives its status and what it prints.
func ecluseLine(args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(args, &streams{in: strings.NewReader(""), out: &out, err: &errs})
	return status, out.String(), errs.String()
}

// TestImportExample: the folder of the documentation, on both databases. Those
// who were given a password sign in with it and find their places.
func TestImportExample(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		file := filepath.Join(t.TempDir(), "passwords.csv")
		if status, _, stderr := ecluseLine("import", exampleRoster, "--database", database, "--passwords", file); status != 0 || stderr != "" {
			t.Fatalf("status %d: %s", status, stderr)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the passwords' file: %v, %v", info.Mode(), err)
		}
		app, err := ecluse.Open(context.Background(), ecluse.Options{Database: database})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		passwords := readPasswords(t, file)
		signIn := func(login string) ecluse.Visit {
			t.Helper()
			w, err := app.SignIn(context.Background(), ecluse.SignIn{Login: login, Password: passwords[login], Address: "127.0.0.1"})
			if err != nil {
				t.Fatal(login, err)
			}
			v, err := app.Visit(context.Background(), w.From("127.0.0.1"))
			if err != nil {
				t.Fatal(login, err)
			}
			return v
		}
		if got := placesOf(signIn("paul.garrigue")); !slices.Equal(got, []string{"0799001E guardian", "0799101N guardian"}) {
			t.Errorf("places of a guardian: %q", got)
		}
		if got := placesOf(signIn("claire.vasseur")); !slices.Equal(got, []string{"0799001E head", "0799001E teacher"}) {
			t.Errorf("places of a head: %q", got)
		}
		if o := signIn("denis.royer").Offices; len(o) != 1 || o[0].Territory != "FR/13/079" {
			t.Errorf("offices %+v", o)
		}
		reaches(t, app, signIn("paul.garrigue"), "0799101N", "Inès Brossard") // the teacher of his child's class
	})
}

func placesOf(v ecluse.Visit) []string {
	var out []string
	for _, m := range v.Members {
		out = append(out, string(m.School)+" "+m.Role.String())
	}
	slices.Sort(out)
	return out
}

// reaches wants a person among those whom a visit's place may write to.
func reaches(t *testing.T, app *ecluse.App, v ecluse.Visit, uai school.UAI, name string) {
	t.Helper()
	i := slices.IndexFunc(v.Members, func(m account.Membership) bool { return m.School == uai })
	who, err := v.As(v.Members[i].ID)
	if err != nil {
		t.Fatal(err)
	}
	d, err := app.Directory(context.Background(), who)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(d.People, func(c ecluse.Choice) bool { return c.Label == name }) {
		t.Errorf("%s is not in %+v", name, d.People)
	}
}

func readPasswords(t *testing.T, file string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, row := range rows[1:] {
		out[row[5]] = row[6]
	}
	return out
}

// TestFailedImportLeavesNoPasswords: what cannot be imported takes its file along.
func TestFailedImportLeavesNoPasswords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwords.csv")
	r, err := readRoster(exampleRoster)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	app, err := ecluse.Open(ctx, ecluse.Options{Database: storetest.SQLite(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	more, err := newAddition(r, known{}, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	cancel() // as an interrupt does while passwords are hashed
	c := importCmd{Passwords: file}
	if err := c.importWithPasswords(ctx, &streams{err: &bytes.Buffer{}}, app, r, more); err == nil {
		t.Error("an interrupted import succeeded")
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the passwords of an interrupted import were kept")
	}
}

// TestFirstPassword holds the words and the strength of first passwords.
func TestFirstPassword(t *testing.T) {
	list := strings.Fields(words)
	slices.Sort(list)
	if n := len(slices.Compact(slices.Clone(list))); n != len(list) {
		t.Errorf("%d of %d words stand twice", len(list)-n, len(list))
	}
	for _, w := range list {
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || len(w) > 10 {
			t.Errorf("%q is not a short word without accents", w)
		}
	}
	if bits := firstWords*math.Log2(float64(len(list))) + math.Log2(firstNumber); bits < 50 {
		t.Errorf("first passwords have %.1f bits, want 50", bits)
	}
	seen := map[string]bool{}
	who := account.Person{Login: "jardin", First: "Marin", Last: "Moulin"}
	for range 50 {
		p, err := firstPassword(func(password string) error { return account.CheckPassword(account.Demand{Person: who}, password) })
		parts := strings.Split(p, "-")
		if _, convErr := strconv.Atoi(parts[len(parts)-1]); err != nil || convErr != nil || len(parts) != firstWords+1 || seen[p] {
			t.Errorf("password %q, %v", p, err)
		}
		if strings.Contains(p, "moulin") || strings.Contains(p, "jardin") {
			t.Errorf("password %q has the person's own name", p)
		}
		seen[p] = true
	}
}
