package ecluse_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestALargeBoard: one follower answers for 2,000 schools, each with an attestation;
// taking that and showing it takes no time that anybody would notice.
func TestALargeBoard(t *testing.T) { storetest.EachDatabase(t, testLargeBoard) }

func testLargeBoard(t *testing.T, db string) {
	const schools = 2000
	up := newAbove(t, db, clock.Manual(paris("2024-03-29T10:00:00")), secondLetter)
	var r ecluse.Roster
	var codes []school.UAI
	for i := range schools {
		digits := fmt.Sprintf("079%04d", 1000+i)
		n, err := strconv.Atoi(digits)
		up.must(err)
		uai := school.UAI(digits + string("ABCDEFGHJKLMNPRSTUVWXYZ"[n%23]))
		codes = append(codes, uai)
		r.Schools = append(r.Schools, ecluse.SchoolEntry{School: school.School{
			UAI: uai, Name: "Collège " + digits, Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079",
		}})
	}
	up.must(up.Import(up.ctx, r))
	key, verifier := signer(t, "host.example")
	up.hears("host", verifier, "FR/13/079")
	o := must(up.Order(theClosing, "Europe/Paris"))
	told := statement.Order{ID: o.ID, Digest: o.Digest(), Groups: []statement.Group{{Received: up.Now(), Held: up.Now(), Schools: codes}}}
	for _, uai := range codes {
		told.Answers = append(told.Answers, statement.Answer{School: uai, Product: "pronote", Kind: statement.Attested, At: up.Now(), By: "La direction"})
	}
	s := statement.Statement{At: up.Now(), Orders: []statement.Order{told}, Uses: []statement.Use{{Products: []string{"pronote"}, Schools: codes}}}
	data := must(s.Sign(key))
	began := time.Now()
	up.take(data)
	taken := time.Now()
	s.At = s.At.Add(time.Second)
	up.take(must(s.Sign(key)))
	again := time.Now()
	board := must(up.Board(up.ctx, up.office(), theClosing))
	shown := time.Now()
	passed := must(up.Statement(up.ctx))
	t.Logf("%d bytes; taken in %v, again in %v; board in %v; said in %v", len(data), taken.Sub(began), again.Sub(taken), shown.Sub(again), time.Since(shown))
	if n := len(board.Took(true)); n != schools || len(passed.Orders[0].Answers) != schools {
		t.Errorf("%d schools are done and %d answers passed on, want %d", n, len(passed.Orders[0].Answers), schools)
	}
	if took := shown.Sub(again); took > 2*time.Second {
		t.Errorf("the board took %v", took)
	}
}
