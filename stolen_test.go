package ecluse_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/notify"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// readStolen reads a list as the command does.
func (w *world) readStolen(lines ...string) ecluse.StolenReport {
	w.Helper()
	return must(w.ReadStolen(w.ctx, ecluse.StolenReading{List: strings.NewReader(strings.Join(lines, "\n")), Within: "FR"}))
}

// freezes counts what was frozen, as the journal of a territory tells it.
func (w *world) freezes(log journal.Log) (n int) {
	w.Helper()
	for _, e := range must(w.Journaled(w.ctx, log)) {
		if e.Verb == "account.freeze" {
			n++
		}
		if strings.Contains(fmt.Sprint(e), password) || strings.Contains(fmt.Sprint(e), "nadia") {
			w.Errorf("the journal tells too much: %v", e)
		}
	}
	return n
}

func (w *world) isFrozen(login string) bool {
	w.Helper()
	_, err := w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: password, Address: atHome})
	if err != nil && (!fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "list of stolen passwords")) {
		w.Fatal(err)
	}
	return err != nil
}

// TestStolenAccountsAreFrozen: of the accounts in a list, those whose password works
// are frozen and signed out, once; the others go on; their owners and heads are told.
func TestStolenAccountsAreFrozen(t *testing.T) { storetest.EachDatabase(t, testStolen) }

func testStolen(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.mail = &ecluse.Mail{Relay: notify.Relay{}, Address: "https://ecluse.example"}
	w.must(w.App.Close())
	w.open()
	r := ecluse.Roster{
		People:  []account.Person{{ID: 30, Login: "never", First: "N", Last: "N"}},
		Members: []account.Membership{{School: college, ID: 30, Person: 30, Role: 1, Name: "N N"}},
		Emails:  map[account.PersonID]string{3: "Famille@example.org", 6: "head@example.org"},
		Aliases: map[string]account.PersonID{"u-4242": 4},
	}
	w.must(w.Import(w.ctx, r))
	nadia := w.enter("nadia", "")

	list := []string{
		"https://ent.example/login:U-4242:" + password,
		"https://ent.example/login:pupil.a:an older password",
		`{"url":"https://other.example","email":"famille@EXAMPLE.org","password":"` + password + `"}`,
		"never;anything at all",
		"https://ent.example/login:nobody.here:" + password,
		"https://ent.example/login:pupil.a:another older password",
		"https://ent.example/login:nadia:" + password,
	}
	got := w.readStolen(list...)
	if got.Before || got.Matched != 4 || got.Works != 2 || got.Old != 1 || got.Never != 1 || got.Line != 7 || got.Done.IsZero() {
		t.Errorf("reported %+v", got)
	}
	for login, want := range map[string]bool{"nadia": true, "karim": true, "pupil.a": false, "pupil.b": false} {
		if w.isFrozen(login) != want {
			t.Errorf("%s frozen: %v, want %v", login, !want, want)
		}
	}
	if _, err := w.Visit(w.ctx, nadia.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("a session of hers goes on: %v", err)
	}
	if n := w.freezes("FR"); n != 2 {
		t.Errorf("%d accounts were frozen, want 2", n)
	}
	if again := w.readStolen(list...); !again.Before || again.Works != 2 || w.freezes("FR") != 2 {
		t.Errorf("read again: %+v", again)
	}
	w.letters() // karim and the head have an address; nadia has none

	accounts := must(w.StolenAtSchool(w.ctx, w.as(head)))
	var names []string
	for _, s := range accounts {
		names = append(names, fmt.Sprintf("%s %d %v", s.Login, s.Outcome, s.Frozen))
	}
	if got := strings.Join(names, ", "); got != "karim 1 true, never 2 false, nadia 1 true, pupil.a 0 false" {
		t.Errorf("the head is told %s", got)
	}
	if _, err := w.StolenAtSchool(w.ctx, w.as(teacher)); !fault.Is(err, fault.NotFound) {
		t.Errorf("a teacher is told: %v", err)
	}

	w.giveBack(4)
	if got := w.enter("nadia", nadia.Device); got.Stage != account.StageRenewal {
		t.Errorf("given back, the stage is %d", got.Stage)
	}
	w.clock.Set(w.Now().Add(91 * 24 * time.Hour))
	w.must(w.KeepHouse(w.ctx))
	if left := must(w.StolenAtSchool(w.ctx, w.as(head))); len(left) != 0 {
		t.Errorf("after three months %d are still known", len(left))
	}
}

// letters checks to whom letters about stolen accounts were queued.
func (w *world) letters() {
	w.Helper()
	to := must(w.Queued(w.ctx, store.MailAccount))
	if got := strings.Join(to, " "); got != "Famille@example.org head@example.org" {
		w.Errorf("letters go to %q", got)
	}
}

// TestALaterLookRepeatsNothing: a reading that was cut off goes on where it stopped,
// and one that runs twice at once acts once.
func TestALaterLookRepeatsNothing(t *testing.T) { storetest.EachDatabase(t, testStolenResumed) }

func testStolenResumed(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	var list strings.Builder
	for _, login := range []string{"nadia", "karim", "pupil.a", "pupil.b", "staff", "other", "ecole.pupil"} {
		for n := range 5 {
			fmt.Fprintf(&list, "https://ent.example:%s:wrong %d\n", login, n)
		}
		fmt.Fprintf(&list, "https://ent.example:%s:%s\n", login, password)
	}
	cut, stop := context.WithCancel(w.ctx)
	looks := 0
	reading := ecluse.StolenReading{List: strings.NewReader(list.String()), Within: "FR", Told: func(ecluse.StolenReport, float64) {
		if looks++; looks == 1 {
			stop()
		}
	}}
	if _, err := w.ReadStolen(cut, reading); err == nil {
		t.Fatal("the reading was not cut off")
	}
	first := w.freezes("FR")
	if first == 0 || first == 7 {
		t.Fatalf("cut off after %d", first)
	}
	w.must(w.App.Close())
	w.open()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			got, err := w.ReadStolen(w.ctx, ecluse.StolenReading{List: strings.NewReader(list.String()), Within: "FR"})
			if err != nil || got.Works != 7 {
				t.Errorf("gone on: %+v, %v", got, err)
			}
		})
	}
	both.Wait()
	if n := w.freezes("FR"); n != 7 {
		t.Errorf("%d accounts were frozen, want 7", n)
	}
}

// TestAListIsNoWayToGuess: of more passwords than anybody has had, only some are
// tried at an account.
func TestAListIsNoWayToGuess(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	var list []string
	for n := range 25 {
		list = append(list, fmt.Sprintf("nadia:guess %d", n))
	}
	if got := w.readStolen(append(list, "nadia:"+password)...); got.Works != 0 || got.Old != 1 {
		t.Errorf("reported %+v", got)
	}
}

// TestAnOfficeReadsAList: with a fresh proof, for its own territory, and not about
// itself; the schools read the names, it reads counts.
func TestAnOfficeReadsAList(t *testing.T) { storetest.EachDatabase(t, testStolenOffice) }

func testStolenOffice(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	visit := w.signIn("dsden")
	office := must(visit.For("FR/13/079"))
	list := []byte("nadia:" + password + "\ndsden:" + password + "\nhead:another one\n")
	if _, err := w.StartStolen(w.ctx, w.as(head), list, nil); !fault.Is(err, fault.Denied) {
		t.Errorf("a head hands in a list: %v", err)
	}
	w.clock.Set(w.Now().Add(16 * time.Minute))
	if _, err := w.StartStolen(w.ctx, office, list, nil); !fault.Is(err, fault.Unproved) {
		t.Errorf("without a fresh proof: %v", err)
	}
	l := must(w.StartStolen(w.ctx, w.office(), list, nil))
	report := w.await(l.ID)
	if report.Matched != 2 || report.Works != 1 || report.Old != 1 {
		t.Errorf("reported %+v", report)
	}
	if w.isFrozen("dsden") || !w.isFrozen("nadia") || w.freezes("FR/13/079") != 1 {
		t.Error("it is not the teacher alone that is frozen")
	}
	_, counts, err := w.StolenList(w.ctx, w.office(), l.ID)
	if err != nil || len(counts) != 3 { // nadia teaches in two schools
		t.Errorf("counted %+v, %v", counts, err)
	}
	if lists := must(w.StolenLists(w.ctx, w.office())); len(lists) != 1 || lists[0].Works != 1 {
		t.Errorf("lists %+v", lists)
	}
	if _, err := w.StolenLists(w.ctx, w.as(head)); !fault.Is(err, fault.NotFound) {
		t.Errorf("a head sees the lists: %v", err)
	}
}

// await waits for a list to be read to its end.
func (w *world) await(id int64) ecluse.StolenReport {
	w.Helper()
	for range 1000 {
		report, _, err := w.StolenList(w.ctx, w.office(), id)
		w.must(err)
		if !report.Done.IsZero() {
			return report
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Fatal("the list is not read")
	return ecluse.StolenReport{}
}
