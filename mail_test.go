package ecluse_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/notify"
	"github.com/ecluse-ecole/ecluse/internal/notify/notifytest"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// A mailWorld is a world whose letters a relay takes.
type mailWorld struct {
	*world
	relay *notifytest.Relay
}

// newMailWorld has addresses for the heads, the DSDEN and both schools.
func newMailWorld(t *testing.T, db, at string, orders ...string) mailWorld {
	t.Helper()
	relay := notifytest.Start(t, true)
	w := &world{T: t, ctx: t.Context(), clock: clock.Manual(paris(at)), db: db, signatures: 2}
	w.mail = &ecluse.Mail{Relay: relay.Settings(), Address: "https://ecluse.example"}
	w.open()
	t.Cleanup(func() { w.App.Close() })
	r := roster(t, w)
	for i := range r.Schools {
		r.Schools[i].Contact = store.Contact{Email: strings.ToLower(string(r.Schools[i].UAI)) + "@ecole.example", Phone: "05 36 49 10 00"}
	}
	r.Offices = append(r.Offices, account.Office{Person: 5, Territory: "FR/13/079/C01", Title: "IEN"}, account.Office{Person: 11, Territory: "FR/13/079", Title: "DASEN"})
	r.Emails = map[account.PersonID]string{
		3: "karim@famille.example", 4: "nadia@college.example", 5: "ien@ecole.example", 6: "head@college.example", 10: "head@ecole.example",
		11: "dasen@dsden.example", 20: "dsden@dsden.example",
	}
	w.must(w.Import(w.ctx, r))
	w.adopt(orders...)
	return mailWorld{w, relay}
}

// deliver lets reminders be written and letters leave.
func (w mailWorld) deliver() {
	w.Helper()
	w.must(w.Remind(w.ctx))
	w.must(w.SendMail(w.ctx))
}

// counts is how many letters each address got.
func (w mailWorld) counts() map[string]int {
	n := map[string]int{}
	for _, l := range w.relay.Letters() {
		n[l.To]++
	}
	return n
}

func (w mailWorld) expect(what string, want map[string]int) {
	w.Helper()
	if got := fmt.Sprint(w.counts()); got != fmt.Sprint(want) {
		w.Errorf("%s: letters %s, want %v", what, got, want)
	}
}

func TestReminders(t *testing.T) { storetest.EachDatabase(t, testReminders) }

func testReminders(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-28T18:00:00", firstLetter)
	w.must(w.SetProducts(w.ctx, w.as(ecoleHead), []string{"pronote"}))
	w.at("2024-03-29T03:30:00")
	w.deliver()
	w.expect("in time", nil)

	w.at("2024-03-29T04:30:00")
	w.deliver()
	w.deliver()
	reminded := map[string]int{"head@ecole.example": 1, "0799001e@ecole.example": 1}
	w.expect("late", reminded)
	text := w.relay.To("head@ecole.example")[0].Text()
	for _, part := range []string{"Pronote", "École des Saules (0799001E)", "https://ecluse.example/", "À la main"} {
		if !strings.Contains(text, part) {
			t.Errorf("the reminder lacks %q:\n%s", part, text)
		}
	}
	if both := w.relay.To("0799001e@ecole.example")[0].Text(); !strings.Contains(both, "By hand") || strings.Contains(text, "By hand") {
		t.Error("who reads which language: the school's address gets both, the head her own")
	}

	w.at("2024-03-29T08:31:00")
	w.deliver()
	reminded["ien@ecole.example"] = 1
	w.expect("the level above", reminded)
	w.at("2024-03-29T12:31:00")
	w.deliver()
	w.deliver()
	reminded["dsden@dsden.example"], reminded["dasen@dsden.example"] = 1, 1
	w.expect("and the one above that, who issued the order", reminded)
	w.at("2024-04-02T12:31:00")
	w.deliver()
	w.expect("nobody is told twice", reminded)

	rounds := must(w.MailRounds(w.ctx, w.office(), "FR/13/079/2024-0001"))
	if len(rounds) != 3 || rounds[0].To != 2 || rounds[0].Taken != 2 || rounds[0].Asked || rounds[2].Kind != store.MailDigest {
		t.Errorf("the board tells of %+v", rounds)
	}
	entries := fmt.Sprint(must(w.Journaled(w.ctx, "FR/13/079")))
	if !strings.Contains(entries, "mail.remind") || !strings.Contains(entries, "mail.escalate") || strings.Contains(entries, "@") {
		t.Errorf("the journal has counts and no addresses: %s", entries)
	}
}

func TestRemindedByHand(t *testing.T) { storetest.EachDatabase(t, testRemindedByHand) }

func testRemindedByHand(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-28T18:00:00", firstLetter)
	w.must(w.SetProducts(w.ctx, w.as(ecoleHead), []string{"pronote"}))
	w.at("2024-04-08T07:30:00")
	ask := func() error {
		_, err := w.RemindNow(w.ctx, w.office(), "FR/13/079/2024-0001")
		return err
	}
	w.must(ask())
	if err := ask(); !fault.Is(err, fault.TooMany) {
		t.Errorf("a second one at once: %v", err)
	}
	w.must(w.SendMail(w.ctx))
	w.expect("asked for", map[string]int{"head@ecole.example": 1, "0799001e@ecole.example": 1})
	w.at("2024-04-08T07:45:00")
	w.must(ask())
	if _, err := w.RemindNow(w.ctx, w.as(teacher), "FR/13/079/2024-0001"); err == nil {
		t.Error("a teacher reminds schools")
	}
}

// TestOneOfficeStopsNoOther: the office below reminds its own school again and again;
// the one above still reminds the others.
func TestOneOfficeStopsNoOther(t *testing.T) { storetest.EachDatabase(t, testOneOfficeStopsNoOther) }

func testOneOfficeStopsNoOther(t *testing.T, db string) {
	ministry := strings.NewReplacer("FR/13/079/2024-0002", "FR/2024-0001", "issuer: FR/13/079", "issuer: FR").Replace(secondLetter)
	w := newMailWorld(t, db, "2024-03-29T10:00:00", strings.Replace(ministry, "degrees: [second]", "degrees: [first, second]", 1))
	for _, who := range []ecluse.Actor{w.as(ecoleHead), w.as(head)} {
		w.must(w.SetProducts(w.ctx, who, []string{"pronote"}))
	}
	w.at("2024-04-08T07:30:00")
	inspector := ecluse.Actor{Person: account.Person{ID: 5}, Office: account.Office{Person: 5, Territory: "FR/13/079/C01"}}
	if n := must(w.RemindNow(w.ctx, inspector, "FR/2024-0001")); n != 1 {
		t.Fatalf("the inspector reminds %d schools, want the école", n)
	}
	if n := must(w.RemindNow(w.ctx, w.office(), "FR/2024-0001")); n != 1 {
		t.Errorf("the DSDEN reminds %d schools, want the collège", n)
	}
	if _, err := w.RemindNow(w.ctx, w.office(), "FR/2024-0001"); !fault.Is(err, fault.TooMany) {
		t.Errorf("again at once: %v", err)
	}
}

func TestSignersAreWrittenTo(t *testing.T) { storetest.EachDatabase(t, testSignersAreWrittenTo) }

func testSignersAreWrittenTo(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-28T18:00:00")
	must(w.ProposeOrder(w.ctx, w.office(), parse(t, firstLetter)))
	w.deliver()
	w.expect("at once", map[string]int{"dasen@dsden.example": 1})
	w.at("2024-03-29T05:59:00")
	w.deliver()
	w.expect("before half of the time", map[string]int{"dasen@dsden.example": 1})
	w.at("2024-03-29T06:01:00")
	w.deliver()
	w.deliver()
	w.expect("after half of the time", map[string]int{"dasen@dsden.example": 2})
	if text := w.relay.Letters()[0].Text(); !strings.Contains(text, "https://ecluse.example/for/FR-13-079/proposals/") {
		t.Errorf("the letter leads nowhere:\n%s", text)
	}
}

func TestTheRelayFails(t *testing.T) { storetest.EachDatabase(t, testTheRelayFails) }

func testTheRelayFails(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-28T18:00:00", firstLetter)
	w.must(w.SetProducts(w.ctx, w.as(ecoleHead), []string{"pronote"}))
	w.at("2024-03-29T04:30:00")
	address := w.relay.Address()
	w.relay.Stop()
	w.must(w.Remind(w.ctx))
	if err := w.SendMail(w.ctx); err == nil || !strings.Contains(err.Error(), "calling the mail relay") {
		t.Errorf("a relay that is down: %v", err)
	}
	w.relay.Listen(address)
	w.relay.Refuse["head@ecole.example"], w.relay.Refuse["0799001e@ecole.example"] = "550 5.1.1 no such user", "451 4.7.1 later"
	w.must(w.SendMail(w.ctx))
	w.expect("before the wait is over", nil)
	w.at("2024-03-29T04:32:00")
	w.must(w.SendMail(w.ctx))
	w.expect("refused", nil)
	rounds := must(w.MailRounds(w.ctx, w.office(), "FR/13/079/2024-0001"))
	if r := rounds[0]; r.GivenUp != 1 || r.Taken != 0 || !strings.Contains(r.Reason, "no such user") && !strings.Contains(r.Reason, "later") {
		t.Errorf("what is kept: %+v", r)
	}
	w.relay.Lock()
	clear(w.relay.Refuse)
	w.relay.Unlock()
	w.at("2024-03-29T04:50:00")
	w.must(w.SendMail(w.ctx))
	w.expect("back again", map[string]int{"0799001e@ecole.example": 1})
}

// TestLettersSurviveAKill: a sender that dies between the relay's word and its own
// note sends the same letter once more; two nodes send each once.
func TestLettersSurviveAKill(t *testing.T) { storetest.EachDatabase(t, testLettersSurviveAKill) }

func testLettersSurviveAKill(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-28T18:00:00", firstLetter)
	w.must(w.SetProducts(w.ctx, w.as(ecoleHead), []string{"pronote"}))
	w.at("2024-03-29T04:30:00")
	w.must(w.Remind(w.ctx))
	w.relay.Lock()
	w.relay.Die = 1
	w.relay.Unlock()
	w.must(w.SendMail(w.ctx)) // one was taken, and nobody heard so
	w.at("2024-03-29T04:50:00")
	w.must(w.SendMail(w.ctx))
	ids := map[string]int{}
	for _, l := range w.relay.Letters() {
		ids[l.Header.Get("Message-Id")]++
	}
	if len(ids) != 2 || len(w.relay.Letters()) != 3 {
		t.Errorf("letters by Message-ID: %v, want two, one of them twice", ids)
	}
}

func TestTwoNodesSendEachLetterOnce(t *testing.T) {
	storetest.EachDatabase(t, testTwoNodesSendEachLetterOnce)
}

func testTwoNodesSendEachLetterOnce(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-28T18:00:00", firstLetter)
	w.must(w.SetProducts(w.ctx, w.as(ecoleHead), []string{"pronote"}))
	w.at("2024-03-29T04:30:00")
	other := &world{T: t, ctx: w.ctx, clock: w.clock, db: db, signatures: 2, mail: w.mail}
	other.open()
	defer other.App.Close()
	done := make(chan error)
	for _, node := range []*ecluse.App{w.App, other.App} {
		go func() {
			err := node.Remind(w.ctx)
			if err == nil {
				err = node.SendMail(w.ctx)
			}
			done <- err
		}()
	}
	for range 2 {
		w.must(<-done)
	}
	w.must(w.SendMail(w.ctx))
	w.expect("two nodes", map[string]int{"head@ecole.example": 1, "0799001e@ecole.example": 1})
}

func TestWithoutARelayNothingIsQueued(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T04:30:00", firstLetter)
	w.must(w.Remind(w.ctx))
	if _, err := w.RemindNow(w.ctx, w.office(), "FR/13/079/2024-0001"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a reminder without a relay: %v", err)
	}
}

// TestTLSThatIsNotThere: a relay without the TLS that was asked for gets nothing.
func TestTLSThatIsNotThere(t *testing.T) {
	w := newMailWorld(t, storetest.SQLite(t), "2024-03-28T18:00:00", firstLetter)
	plain := notifytest.Start(t, false)
	w.mail.Relay = plain.Settings()
	w.mail.Relay.TLS = notify.STARTTLS
	w.must(w.SetProducts(w.ctx, w.as(ecoleHead), []string{"pronote"}))
	w.at("2024-03-29T04:30:00")
	w.must(w.Remind(w.ctx))
	if err := w.SendMail(w.ctx); err == nil || len(plain.Letters()) != 0 {
		t.Errorf("sent %d letters in the clear: %v", len(plain.Letters()), err)
	}
}

func TestOnesOwnAddress(t *testing.T) { storetest.EachDatabase(t, testOnesOwnAddress) }

func testOnesOwnAddress(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T04:30:00")
	who := w.signIn("nadia").Alone()
	for address, kind := range map[string]fault.Kind{"a@b.example\r\nBcc: c@d.example": fault.Invalid, "Nadia <n@e.example>": fault.Invalid, "nadia": fault.Invalid} {
		if err := w.SetEmail(w.ctx, who, address); !fault.Is(err, kind) {
			t.Errorf("%q: %v", address, err)
		}
	}
	w.must(w.SetEmail(w.ctx, who, "nadia@college.example"))
	if got := must(w.Email(w.ctx, who)); got != "nadia@college.example" {
		t.Errorf("the address is %q", got)
	}
	w.must(w.SetEmail(w.ctx, who, ""))
	if got := must(w.Email(context.WithoutCancel(w.ctx), who)); got != "" {
		t.Errorf("a forgotten address is %q", got)
	}
}
