package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/notify/notifytest"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// mailFamilies is how many families are written to before the power fails.
const mailFamilies = 120

// TestMailSurvivesAKill: a server that is killed while it sends loses no letter, and
// one at most leaves twice, under the same Message-ID.
func TestMailSurvivesAKill(t *testing.T) {
	relay := notifytest.Start(t, false)
	dir := t.TempDir()
	db := filepath.Join(dir, "ecluse.db")
	letters := &ecluse.Mail{Relay: relay.Settings(), Address: "https://ecluse.example"}
	app := openMailing(t, db, clock.System(), letters)
	queueFamilies(t, app)
	app.Close()

	text := fmt.Sprintf("listen: 127.0.0.1:0\ndatabase: %s\nmail: {relay: '%s', from: ecluse@academie.example, tls: none, address: 'https://ecluse.example', per_second: 300}\n", db, relay.Address())
	file := filepath.Join(dir, "ecluse.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(os.Args[0], "serve", "--config", file)
	server.Env = append(os.Environ(), asCommand+"=yes")
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); len(relay.Letters()) < 30 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	server.Process.Kill()
	server.Wait()
	before := len(relay.Letters())
	if before < 30 || before == mailFamilies {
		t.Fatalf("%d letters had left when the power failed, want some", before)
	}

	app = openMailing(t, db, clock.Manual(time.Now().Add(time.Hour)), letters)
	defer app.Close()
	if err := app.SendMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	to, ids := map[string]int{}, map[string]int{}
	for _, l := range relay.Letters() {
		to[l.To]++
		ids[l.Header.Get("Message-Id")]++
	}
	if doubles := len(relay.Letters()) - mailFamilies; len(to) != mailFamilies || len(ids) != mailFamilies || doubles > 1 {
		t.Errorf("%d of %d families were reached, %d Message-IDs, %d letters twice", len(to), mailFamilies, len(ids), doubles)
	}
}

func openMailing(t *testing.T, db string, c *clock.Clock, letters *ecluse.Mail) *ecluse.App {
	t.Helper()
	app, err := ecluse.Open(t.Context(), ecluse.Options{Database: db, Clock: c, Mail: letters, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// queueFamilies has a head tell the families of a collège.
func queueFamilies(t *testing.T, app *ecluse.App) {
	t.Helper()
	const uai school.UAI = "0799002F"
	r := ecluse.Roster{
		Schools: []ecluse.SchoolEntry{{School: school.School{UAI: uai, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}}},
		Emails:  map[account.PersonID]string{},
	}
	for i := range mailFamilies + 1 {
		p, role := account.PersonID(i+1), school.Guardian
		if i == mailFamilies {
			role = school.Head
		}
		r.People = append(r.People, account.Person{ID: p, Login: fmt.Sprint("p", i), First: "P", Last: "N"})
		r.Members = append(r.Members, account.Membership{School: uai, ID: account.MemberID(i + 1), Person: p, Role: role})
		r.Emails[p] = fmt.Sprintf("p%d@famille.example", i)
	}
	o, err := order.Parse("test", []byte(ordertest.SecondLetter))
	steps := []func() error{
		func() error { return err },
		func() error { return app.Import(t.Context(), r) },
		func() error { return app.AdoptOrders(t.Context(), []*order.Order{o}) },
		func() error {
			visit, err := app.VisitOf(t.Context(), fmt.Sprint("p", mailFamilies))
			if err != nil {
				return err
			}
			head, err := visit.As(mailFamilies + 1)
			if err != nil {
				return err
			}
			_, err = app.SendNotice(t.Context(), head, o.ID, school.RolesOf(school.Guardian), func(ecluse.NoticedSchool) (fr, en store.MailText) {
				return store.MailText{Subject: "Fermeture", Body: "Bonjour."}, store.MailText{Subject: "Closing", Body: "Hello."}
			})
			return err
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMailOf(t *testing.T) {
	if m, err := mailOf(nil); m != nil || err != nil {
		t.Errorf("without a relay: %v, %v", m, err)
	}
	secret := filepath.Join(t.TempDir(), "password")
	c := config.Mail{Relay: "smtp.example:587", From: "e@a.example", User: "e", PasswordFile: secret, TLS: "starttls", PerSecond: 5}
	if _, err := mailOf(&c); err == nil || !strings.Contains(err.Error(), "mail.password_file") {
		t.Errorf("without its file: %v", err)
	}
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := mailOf(&c)
	if err != nil || m.Relay.Password != "s3cret" || m.Relay.Port != 587 || m.PerSecond != 5 {
		t.Errorf("%+v, %v", m, err)
	}
	c.From = "Écluse <e@a.example>"
	if _, err := mailOf(&c); err == nil || !strings.Contains(err.Error(), "mail.from") {
		t.Errorf("a sender that is no address: %v", err)
	}
}
