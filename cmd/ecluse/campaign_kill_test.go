package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// A renewing is a département whose accounts, all of them signed in, are asked for
// new passwords by a server that is killed meanwhile.
type renewing struct {
	*served
	db     *store.Store
	people int
}

// Schools and the pupils of each, who hold the identifiers from 1000 on.
const (
	renewingSchools = 24
	renewingPupils  = 100
	officePassword  = "un long mot de passe de bureau"
)

// TestACampaignKilled: whenever the server is killed, the campaign goes on by itself
// where it was, asks each account once, ends each session once, and counts each once
// in the journal.
func TestACampaignKilled(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		r := newRenewing(t, database)
		office := r.signIn("dsden", officePassword)
		page, err := office.PostForm("http://"+r.address+"/for/FR-13-079/campaigns", url.Values{
			"do": {"start"}, "role": {"pupil"}, "since": {time.Now().Add(-24 * time.Hour).Format(time.DateOnly)}})
		if err != nil || page.StatusCode != http.StatusSeeOther {
			t.Fatalf("starting: %v, %v", page, err)
		}
		page.Body.Close()
		r.killedAmid()
		r.start()
		r.soon("the campaign ends by itself", func() bool { return r.campaign().State == "going on" })
		r.check()
		if again, err := office.Get("http://" + r.address + "/for/FR-13-079/campaigns"); err != nil || again.StatusCode != http.StatusOK {
			t.Errorf("who started it is signed out: %v, %v", again, err)
		}
		id := fmt.Sprint(r.campaign().Campaign)
		if out := line(t, "campaign", "show", id, "--database", database); !strings.Contains(out, "0 of 2400 have renewed") || !strings.Contains(out, "0 of 100") {
			t.Errorf("shown as %s", out)
		}
		line(t, "campaign", "end", id, "--database", database)
		if c := r.campaign(); c.State != "stopped" || c.Renewed != c.Asked {
			t.Errorf("stopped: %+v", c)
		}
	})
}

func newRenewing(t *testing.T, database string) *renewing {
	t.Helper()
	r := &renewing{people: renewingSchools * renewingPupils}
	hash, err := account.NewHasher(1, account.Cost{Memory: 64, Passes: 1}).Hash(t.Context(), officePassword)
	if err != nil {
		t.Fatal(err)
	}
	then := clock.Manual(time.Date(2024, 3, 29, 10, 0, 0, 0, time.UTC))
	app, err := ecluse.Open(t.Context(), ecluse.Options{Database: database, Clock: then, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Import(t.Context(), renewingRoster(then.Now(), hash)); err != nil {
		t.Fatal(err)
	}
	app.Close()
	r.db = storetest.Open(t, database)
	r.allSignedIn(t)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	config := filepath.Join(t.TempDir(), "ecluse.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "listen: %s\ndatabase: %s\n", l.Addr(), database), 0o600); err != nil {
		t.Fatal(err)
	}
	r.served = &served{t: t, address: l.Addr().String(), config: config}
	r.start()
	return r
}

func renewingRoster(now time.Time, hash string) (r ecluse.Roster) {
	r.People = append(r.People, account.Person{ID: 20, Login: "dsden"})
	r.Credentials = append(r.Credentials, account.Credential{Person: 20, Hash: hash, Changed: now})
	r.Offices = []account.Office{{Person: 20, Territory: "FR/13/079", Title: "DSDEN"}}
	for s := range renewingSchools {
		number := 790100 + s
		uai := school.UAI(fmt.Sprintf("%07d%c", number, "ABCDEFGHJKLMNPRSTUVWXYZ"[number%23]))
		r.Schools = append(r.Schools, ecluse.SchoolEntry{School: school.School{
			UAI: uai, Name: fmt.Sprintf("École %d", s), Degree: school.First, Parent: "FR/13/079/C01", Zone: "Europe/Paris", Calendar: "079"}})
		for p := range renewingPupils {
			id := account.PersonID(1000 + s*renewingPupils + p)
			r.People = append(r.People, account.Person{ID: id, Login: fmt.Sprintf("p%d", id), First: "P", Last: "Foule"})
			r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: hash, Changed: now})
			r.Members = append(r.Members, account.Membership{School: uai, ID: account.MemberID(id), Person: id, Role: school.Pupil})
		}
	}
	return r
}

// allSignedIn opens a session for every pupil.
func (r *renewing) allSignedIn(t *testing.T) {
	t.Helper()
	err := r.db.Write(t.Context(), func(tx *store.Tx) error {
		for p := range r.people {
			_, digest := account.NewToken()
			now := time.Now()
			s := account.Session{Digest: digest, Person: account.PersonID(1000 + p), Created: now, Seen: now, Expires: now.Add(time.Hour)}
			if err := tx.AddSession(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// signIn is a browser in which somebody is signed in.
func (r *renewing) signIn(login, password string) *http.Client {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := c.PostForm("http://"+r.address+"/sign-in", url.Values{"login": {login}, "password": {password}})
	if err != nil || page.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("signing in: %v, %v\n%s", page, err, r.log)
	}
	page.Body.Close()
	return c
}

// killedAmid kills the server when between a fifth and four fifths were asked.
func (r *renewing) killedAmid() {
	r.t.Helper()
	asked := 0
	for end := time.Now().Add(time.Minute); asked < r.people/5; asked = r.asked() {
		if time.Now().After(end) {
			r.t.Fatalf("only %d were asked in a minute", asked)
		}
	}
	r.kill()
	if asked = r.asked(); asked < r.people/5 || asked > r.people*4/5 {
		r.t.Fatalf("killed when %d of %d were asked: this proves nothing", asked, r.people)
	}
}

// asked is how many the newest campaign has asked.
func (r *renewing) asked() (n int) {
	r.read(func(tx *store.Tx) error {
		all, err := tx.Campaigns()
		if err != nil || len(all) == 0 {
			return err
		}
		schools, err := tx.CampaignSchools(all[0].ID)
		for _, s := range schools {
			n += s.Asked
		}
		return err
	})
	return n
}

func (r *renewing) read(look func(*store.Tx) error) {
	r.t.Helper()
	if err := r.db.Read(r.t.Context(), look); err != nil {
		r.t.Fatal(err)
	}
}

// campaign is the newest one, by command.
func (r *renewing) campaign() (c campaignResult) {
	r.t.Helper()
	var list []campaignResult
	database := r.database()
	if err := json.Unmarshal([]byte(line(r.t, "campaign", "list", "--json", "--database", database)), &list); err != nil || len(list) != 1 {
		r.t.Fatalf("%d campaigns: %v", len(list), err)
	}
	return list[0]
}

func (r *renewing) database() string {
	text, err := os.ReadFile(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	_, name, _ := strings.Cut(string(text), "database: ")
	return strings.TrimSpace(name)
}

// check wants everything to have happened once.
func (r *renewing) check() {
	r.t.Helper()
	if n := r.asked(); n != r.people {
		r.t.Errorf("%d were asked, want %d", n, r.people)
	}
	r.read(func(tx *store.Tx) error {
		ended, err := tx.EndedSince(0)
		once := map[[32]byte]bool{}
		for _, d := range ended {
			once[d] = true
		}
		if len(ended) != r.people || len(once) != r.people {
			r.t.Errorf("sessions ended %d times, %d of them, want %d", len(ended), len(once), r.people)
		}
		return err
	})
	told := 0
	r.read(func(tx *store.Tx) error {
		heads, err := tx.Heads()
		for _, h := range heads {
			entries, err := tx.JournalTail(h.Log, 1000)
			if err != nil {
				return err
			}
			for _, e := range entries {
				var n int
				if e.Verb == "campaign.ask" {
					fmt.Sscanf(e.Detail, "%d asked", &n)
				}
				told += n
			}
		}
		return err
	})
	if told != r.people {
		r.t.Errorf("the journal tells of %d, want %d", told, r.people)
	}
}
