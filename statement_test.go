package ecluse_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// An above is an installation that knows the schools of the world, and none of
// their people: the DSDEN's, or the ministry's.
type above struct {
	*world
	key      note.Signer // of its own, where it tells another
	verifier string
}

// newAbove is one on the clock of the world below.
func newAbove(t *testing.T, db string, c *clock.Clock, orders ...string) *above {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), clock: c, db: db, signatures: 1}
	w.open()
	t.Cleanup(func() { w.App.Close() })
	full := roster(t, w)
	w.must(w.Import(w.ctx, ecluse.Roster{Territories: full.Territories, Schools: full.Schools, Offices: full.Offices, People: full.People, Credentials: full.Credentials}))
	w.adopt(orders...)
	up := &above{world: w}
	up.key, up.verifier = signer(t, "above.example")
	return up
}

func signer(t *testing.T, name string) (note.Signer, string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	return must(note.NewSigner(private)), public
}

// hears makes a follower known.
func (up *above) hears(name, verifier string, within ...school.Territory) {
	up.Helper()
	up.must(up.AddFollower(up.ctx, statement.Follower{Name: name, Key: verifier, Within: within}))
}

// said is what an installation says, signed.
func said(w *world, key note.Signer) []byte {
	w.Helper()
	return must(must(w.Statement(w.ctx)).Sign(key))
}

// take has a statement taken whole.
func (up *above) take(data []byte) {
	up.Helper()
	taken, err := up.TakeStatement(up.ctx, data)
	if err != nil || taken.LeftOut != "" {
		up.Fatalf("left out %q: %v", taken.LeftOut, err)
	}
}

func TestAnswersClimb(t *testing.T) { storetest.EachDatabase(t, testAnswersClimb) }

// testAnswersClimb: a host tells the DSDEN, which tells the ministry. Each shows
// the same, to the instant.
func testAnswersClimb(t *testing.T, db string) {
	host := newWorld(t, db, "2024-03-29T10:00:00")
	dsden := newAbove(t, storetest.SQLite(t), host.clock, secondLetter)
	ministry := newAbove(t, storetest.SQLite(t), host.clock, secondLetter)
	key, verifier := signer(t, "host.example")
	dsden.hears("host", verifier, "FR/13/079")
	ministry.hears("dsden", dsden.verifier, "FR/13/079")
	want := func(s ecluse.AnswerState) (r ecluse.BoardRow) {
		t.Helper()
		dsden.answered(s)
		return ministry.answered(s)
	}
	climb := func(d time.Duration) {
		t.Helper()
		host.clock.Set(host.Now().Add(d))
		dsden.take(said(host, key))
		ministry.take(said(dsden.world, dsden.key))
	}
	want(ecluse.AnswerExpected)
	if r := dsden.row(college, theClosing); r.Host != "host" || !r.Silent || !r.Heard.IsZero() || r.Nobody {
		t.Errorf("before anything was heard: %+v", r)
	}
	host.clock.Set(host.Now().Add(3 * time.Second))
	host.adopt(secondLetter)
	host.must(host.SetProducts(host.ctx, host.as(head), []string{"pronote"}))
	applied := host.Now()
	climb(time.Second)
	r := want(ecluse.AnswerReceived)
	if !r.Applied.Equal(applied) || !slices.Equal(r.Products, []string{"pronote"}) || !r.Said || r.Host != "dsden" || r.Silent {
		t.Errorf("at the ministry: %+v", r)
	}
	host.must(host.attest("pronote", false))
	climb(time.Second)
	if r := want(ecluse.AnswerAttested); r.Answers[0].By != "La direction" || r.Answers[0].Person != 0 || !r.Done.Equal(host.row(college, theClosing).Done) {
		t.Errorf("at the ministry: %+v", r)
	}
	host.must(host.RefuseOrder(host.ctx, host.as(head), theClosing, "Panne."))
	climb(time.Second)
	if r := want(ecluse.AnswerRefused); r.Reason != "Panne." || len(r.Answers) != 2 {
		t.Errorf("at the ministry: %+v", r)
	}
	climb(time.Minute) // says all of it again
	if r := want(ecluse.AnswerRefused); len(r.Answers) != 2 {
		t.Errorf("said again, it stands twice: %+v", r.Answers)
	}
	if took := must(ministry.Board(ministry.ctx, ministry.office(), theClosing)).Took(false); len(took) != 1 || took[0] != 3*time.Second {
		t.Errorf("the pace is %v, want 3 s", took)
	}
	report := must(ministry.ReportOn(ministry.ctx, ministry.office(), theClosing))
	if report.First == nil || report.First.Host != "dsden" {
		t.Errorf("the report does not know who applied it first: %+v", report.First)
	}
	received := ecluse.ReportEvent{Kind: ecluse.EventReceived, At: applied, Service: "dsden", Schools: 1}
	if !slices.Contains(report.Events, received) {
		t.Errorf("the report does not say when the follower received it: %+v", report.Events)
	}
}

func TestWhatNobodyAnswersForIsAwaited(t *testing.T) {
	up := newAbove(t, storetest.SQLite(t), clock.Manual(paris("2024-03-29T10:00:00")), secondLetter)
	if r := up.answered(ecluse.AnswerExpected); !r.Nobody || r.Host != "" || !r.Applied.IsZero() {
		t.Errorf("nobody answers: %+v", r)
	}
	up.at("2024-03-29T14:00:01")
	up.answered(ecluse.AnswerOverdue)
	if n := must(up.Overdue(up.ctx, up.office()))[theClosing]; n != 1 {
		t.Errorf("%d schools are late, want 1", n)
	}
}

func TestAFollowerThatIsSilent(t *testing.T) {
	host := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	up := newAbove(t, storetest.SQLite(t), host.clock, secondLetter)
	key, verifier := signer(t, "host.example")
	up.hears("host", verifier, "FR/13")
	up.take(said(host, key))
	up.at("2024-03-29T10:30:00")
	if r := up.answered(ecluse.AnswerApplied); r.Silent {
		t.Error("silent after half an hour")
	}
	up.at("2024-03-29T10:30:01")
	if r := up.answered(ecluse.AnswerApplied); !r.Silent || !r.Heard.Equal(paris("2024-03-29T10:00:00")) {
		t.Errorf("it should be silent, and what it said should stay: %+v", r)
	}
	if list := must(up.Followers(up.ctx, "FR/13/079")); len(list) != 1 || !list[0].Silent {
		t.Errorf("the list says %+v", list)
	}
	if list := must(up.Followers(up.ctx, "FR/14")); len(list) != 0 {
		t.Errorf("elsewhere the list says %+v", list)
	}
	up.must(up.RemoveFollower(up.ctx, "host"))
	up.refused("a follower that is gone", fault.Denied, second(up.TakeStatement(up.ctx, said(host, key))))
	up.answered(ecluse.AnswerExpected)
}

func second[T any](_ T, err error) error { return err }

func TestAStatementIsRefused(t *testing.T) { storetest.EachDatabase(t, testRefusedStatement) }

func testRefusedStatement(t *testing.T, db string) {
	host := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	up := newAbove(t, db, host.clock, secondLetter)
	key, verifier := signer(t, "host.example")
	other, _ := signer(t, "host.example")
	first := said(host, key)
	refused := func(what string, kind fault.Kind, data []byte) {
		t.Helper()
		up.refused(what, kind, second(up.TakeStatement(up.ctx, data)))
	}
	refused("nobody is known", fault.Denied, first)
	up.hears("host", verifier, "FR/13/079")
	refused("another key of the same name", fault.Denied, said(host, other))
	refused("cut", fault.Invalid, first[:len(first)-1])
	refused("nothing", fault.Invalid, nil)
	up.answered(ecluse.AnswerExpected)
	up.take(first)
	refused("the same again", fault.Conflict, first)
	host.clock.Set(host.Now().Add(time.Second))
	up.take(said(host, key))
	refused("an older one", fault.Conflict, first)
	ahead := must(host.Statement(host.ctx))
	ahead.At = ahead.At.Add(time.Hour)
	refused("a clock ahead", fault.Invalid, must(ahead.Sign(key)))
	host.clock.Set(host.Now().Add(time.Second))
	up.take(said(host, key)) // the one from the future keeps nobody out
	up.answered(ecluse.AnswerApplied)
}

// TestWhatIsLeftOut: a follower speaks of its own schools and the orders that are
// known, and the rest of what it says is taken.
func TestWhatIsLeftOut(t *testing.T) {
	host := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter, firstLetter)
	up := newAbove(t, storetest.SQLite(t), host.clock, secondLetter, strings.Replace(firstLetter, "title: ", "title: X ", 1))
	key, verifier := signer(t, "host.example")
	up.hears("host", verifier, "FR/13/079/"+school.Territory(college))
	s := must(host.Statement(host.ctx))
	for i := range s.Orders {
		for g := range s.Orders[i].Groups {
			s.Orders[i].Groups[g].Schools = append(s.Orders[i].Groups[g].Schools, "0799003G")
		}
	}
	s.Orders = append(s.Orders, statement.Order{ID: "FR/2024-0099", Digest: "x"})
	s.Uses = []statement.Use{{Schools: []school.UAI{college, ecole}}}
	taken := must(up.TakeStatement(up.ctx, must(s.Sign(key))))
	for _, want := range []string{"1 schools outside its territories, such as 0799001E", "1 schools that are not known here, such as 0799003G", "1 orders that are not known here, such as FR/2024-0099", "1 orders of which another text is known here, such as FR/13/079/2024-0001"} {
		if !strings.Contains(taken.LeftOut, want) {
			t.Errorf("left out: %q, want %q", taken.LeftOut, want)
		}
	}
	up.answered(ecluse.AnswerApplied)
	if r := up.row(ecole, "FR/13/079/2024-0001"); r.Said || !r.Nobody || !r.Received.IsZero() {
		t.Errorf("the école: %+v", r)
	}
}

// TestAnswersAreBounded: a stolen key of a follower fills no disk.
func TestAnswersAreBounded(t *testing.T) {
	host := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	up := newAbove(t, storetest.SQLite(t), host.clock, secondLetter)
	key, verifier := signer(t, "host.example")
	up.hears("host", verifier, "FR/13/079")
	for round := range 3 {
		host.clock.Set(host.Now().Add(time.Second))
		s := must(host.Statement(host.ctx))
		for i := range 40 {
			s.Orders[0].Answers = append(s.Orders[0].Answers, statement.Answer{
				School: college, Kind: statement.Refused, Reason: "x", At: s.At.Add(-time.Duration(40*round+i+1) * time.Minute),
			})
		}
		taken := must(up.TakeStatement(up.ctx, must(s.Sign(key))))
		if full := strings.Contains(taken.LeftOut, "answers beyond 50 to one order"); full != (round > 0) {
			t.Errorf("round %d left out %q", round, taken.LeftOut)
		}
	}
	if n := len(up.row(college, "FR/13/079/2024-0002").Answers); n != 50 {
		t.Errorf("%d answers are kept", n)
	}
}

// TestWhoHasPeopleHereIsNotSpokenOf: nobody else tells of the schools whose people
// are here.
func TestWhoHasPeopleHereIsNotSpokenOf(t *testing.T) {
	host := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	here := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	host.must(host.RefuseOrder(host.ctx, host.as(head), theClosing, "Panne."))
	key, verifier := signer(t, "host.example")
	here.must(here.AddFollower(here.ctx, statement.Follower{Name: "host", Key: verifier, Within: []school.Territory{"FR"}}))
	must(here.TakeStatement(here.ctx, said(host, key)))
	if r := here.answered(ecluse.AnswerApplied); r.Host != "" || len(r.Answers) != 0 {
		t.Errorf("another spoke of our school: %+v", r)
	}
}

// TestWhatWasAcknowledgedStays: the answers of heads outlive a restart, their
// follower, and the time for which it tells of them.
func TestWhatWasAcknowledgedStays(t *testing.T) { storetest.EachDatabase(t, testStays) }

func testStays(t *testing.T, db string) {
	host := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	up := newAbove(t, db, host.clock, secondLetter)
	key, verifier := signer(t, "host.example")
	up.hears("host", verifier, "FR/13/079")
	host.must(host.SetProducts(host.ctx, host.as(head), []string{"pronote"}))
	host.must(host.attest("pronote", false))
	up.take(said(host, key))
	up.App.Close()
	up.open()
	up.answered(ecluse.AnswerAttested)
	for _, w := range []*world{host, up.world} {
		w.adopt(strings.Replace(theLifting, "2024-04-08", "2024-03-30", 1))
	}
	host.at("2024-05-15T10:00:00")
	if s := must(host.Statement(host.ctx)); slices.ContainsFunc(s.Orders, func(o statement.Order) bool { return o.ID == theClosing }) {
		t.Error("an order that ended six weeks ago is still spoken of")
	}
	up.take(said(host, key))
	up.answered(ecluse.AnswerAttested)
	up.must(up.RemoveFollower(up.ctx, "host"))
	if r := up.row(college, theClosing); len(r.Answers) != 1 {
		t.Errorf("the answers went with the follower: %+v", r)
	}
}

// TestAnOrderOfItsOwnAccord: what an installation orders itself while the feed is
// silent is on no board and in no statement, and asks no head for anything.
func TestAnOrderOfItsOwnAccord(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	w.must(w.Heed(w.ctx, ecluse.FeedState{Silent: true, For: time.Hour, Contact: order.Contact{Office: "o", Phone: "05 36 49 00 00"}}))
	const own order.ID = "FR/2024-900001"
	must(w.Order(own, "Europe/Paris"))
	w.refused("its board", fault.NotFound, second(w.Board(w.ctx, w.office(), own)))
	w.at("2024-03-30T10:00:00")
	if n := len(must(w.Overdue(w.ctx, w.office()))); n != 0 {
		t.Errorf("%d orders have late schools", n)
	}
	if s := must(w.Statement(w.ctx)); len(s.Orders) != 0 {
		t.Errorf("it tells of %+v", s.Orders)
	}
	if h := must(w.Homework(w.ctx, w.as(head))); len(h.Tasks) != 0 {
		t.Errorf("the head is asked for %+v", h.Tasks)
	}
}
