package ecluse_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/place/placetest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// Where people connect from, beside atHome (France) and abroad (Belgium).
const (
	reunion  = "192.0.66.2"  // two say Réunion, one France
	disputed = "198.18.0.4"  // one says France, one Belgium
	single   = "198.19.0.4"  // one says Belgium, nobody else knows
	nowhere  = "100.200.0.1" // nobody knows
)

// fromFrance is open to who connects from France alone.
const fromFrance = `
order: FR/13/079/2024-0007
issuer: FR/13/079
status: actual
type: issue
title: Depuis la France seulement
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [everyone], hours: "24/7", require: {countries: [FR+]}, otherwise: read}
reason: Des comptes volés servent depuis l’étranger.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// databases are three that know the places above.
func databases(t *testing.T) *place.Set {
	t.Helper()
	built := paris("2024-03-01T00:00")
	var files []string
	for _, n := range []placetest.Networks{
		{"192.0.2.0/24": "FR", "203.0.113.0/24": "BE", "192.0.66.0/24": "RE", "198.18.0.0/16": "FR", "198.19.0.0/16": "BE"},
		{"192.0.2.0/24": "FR", "203.0.113.0/24": "BE", "192.0.66.0/24": "RE", "198.18.0.0/16": "BE"},
		{"192.0.2.0/24": "FR", "203.0.113.0/24": "FR", "192.0.66.0/24": "FR"},
	} {
		files = append(files, placetest.Write(t, built, n))
	}
	return place.Open(files, "FR")
}

// locate opens the world again, with databases and a rule of its own.
func (w *world) locate(set *place.Set, countries ...string) *world {
	w.Helper()
	w.must(w.App.Close())
	w.places, w.countries = set, school.CountrySet(countries)
	w.open()
	return w
}

// from signs nadia in from an address, and tells what an order leaves her.
func (w *world) from(login, device, address string, at account.MemberID) (order.Access, gate.Requirement) {
	w.Helper()
	welcome := must(w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: password, Device: device, Address: address}))
	d := w.State(must(must(w.Visit(w.ctx, welcome.From(address))).As(at))).Decision
	return d.Access, d.Unmet
}

// TestAnOrderAsksForACountry: by what the databases say together; where they do not
// agree, or there are none, nothing opens without a second proof.
func TestAnOrderAsksForACountry(t *testing.T) { storetest.EachDatabase(t, testOrderAsksForACountry) }

func testOrderAsksForACountry(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", fromFrance).locate(databases(t))
	for address, want := range map[string]order.Access{
		atHome: order.Write, reunion: order.Write, "10.0.0.7": order.Write, "::ffff:192.0.2.9": order.Write,
		abroad: order.Read, disputed: order.Read, single: order.Read, nowhere: order.Read, "": order.Read,
	} {
		access, unmet := w.from("nadia", "device "+address, address, teacher)
		if access != want || (unmet == gate.FromCountry) != (want == order.Read) {
			t.Errorf("from %s: %v, lacking %b; want %v", address, access, unmet, want)
		}
	}
	if !w.Countries().Asked || w.Countries().Missing() {
		t.Errorf("%+v", w.Countries())
	}
	w.locate(nil)
	if access, _ := w.from("nadia", "", atHome, teacher); access != order.Read || !w.Countries().Missing() {
		t.Errorf("without databases: %v, missing: %t", access, w.Countries().Missing())
	}
}

// TestASecondProofSettlesADoubt, and nothing but a doubt.
func TestASecondProofSettlesADoubt(t *testing.T) { storetest.EachDatabase(t, testSecondProofSettles) }

func testSecondProofSettles(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", fromFrance).locate(databases(t))
	p := w.addPhone(w.inside(w.enter("nadia", "")))
	for address, want := range map[string]order.Access{disputed: order.Write, single: order.Write, nowhere: order.Write, abroad: order.Read} {
		w.wait(time.Minute)
		half := must(w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: password, Device: address, Address: address}))
		whole := must(w.ProveCode(w.ctx, half.From(address), account.ByCode, p.code()))
		who := must(must(w.Visit(w.ctx, whole.From(address))).As(teacher))
		if d := w.State(who).Decision; d.Access != want {
			t.Errorf("from %s, after a second proof: %v; want %v", address, d.Access, want)
		}
	}
}

// TestTheInstallationsRule: who is surely elsewhere is refused in words, even with
// the right password, and the journal says so; in doubt more is asked for.
func TestTheInstallationsRule(t *testing.T) { storetest.EachDatabase(t, testInstallationsRule) }

func testInstallationsRule(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00").locate(databases(t), "FR+")
	in := func(address string) (ecluse.Welcome, error) {
		return w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: password, Device: address, Address: address})
	}
	for address, want := range map[string]account.Stage{
		atHome: account.StageWhole, reunion: account.StageWhole, "fd00::9": account.StageWhole,
		disputed: account.StageStranger, single: account.StageStranger, nowhere: account.StageStranger,
	} {
		if got := must(in(address)); got.Stage != want {
			t.Errorf("from %s: stage %d; want %d", address, got.Stage, want)
		}
	}
	_, err := in(abroad)
	var refused *ecluse.AbroadError
	var said *fault.Error
	if !errors.As(err, &refused) || refused.Country != "BE" || !errors.As(err, &said) || fault.KindOf(err) != fault.Denied {
		t.Fatalf("from Belgium: %v", err)
	}
	for _, want := range []string{"Belgique", "la France et tous ses territoires", "Appelez l’établissement"} {
		if !strings.Contains(said.French, want) {
			t.Errorf("%q does not say %q", said.French, want)
		}
	}
	if _, err := w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: "wrong", Address: abroad}); fault.KindOf(err) != fault.SignedOut {
		t.Errorf("a wrong password from Belgium: %v", err)
	}
	if n := w.journaled("session.refuse"); n != 1 {
		t.Errorf("%d refusals in the journal; want 1", n)
	}
}

// TestASessionIsHeldToItsPlace: one that goes abroad is refused there, and goes on
// at home; a country is shown with it. Without databases each is asked for more.
func TestASessionIsHeldToItsPlace(t *testing.T) { storetest.EachDatabase(t, testHeldToItsPlace) }

func testHeldToItsPlace(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00").locate(databases(t))
	welcome := w.enter("nadia", "laptop")
	must(w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: password, Device: "phone", Address: abroad})) // she has been there
	who := must(w.Visit(w.ctx, welcome.From(abroad))).Alone()
	for _, s := range must(w.Sessions(w.ctx, who)) {
		if s.Country != "BE" || s.Address != abroad {
			t.Errorf("a session is shown at %s (%s)", s.Country, s.Address)
		}
	}
	for _, d := range must(w.Devices(w.ctx, who)) {
		if want := map[bool]string{true: "FR", false: "BE"}[d.Address == atHome]; d.Country != want {
			t.Errorf("a device is shown at %s (%s)", d.Country, d.Address)
		}
	}
	w.locate(w.places, "FR+")
	if _, err := w.Visit(w.ctx, welcome.From(abroad)); fault.KindOf(err) != fault.Denied {
		t.Errorf("once the rule holds, from Belgium: %v", err)
	}
	if v := must(w.Visit(w.ctx, welcome.From(atHome))); v.Facts.Country != (gate.Country{'F', 'R'}) {
		t.Errorf("at home: %c", v.Facts.Country)
	}
	w.locate(nil, "FR+")
	var stage *ecluse.StageError
	if _, err := w.Visit(w.ctx, welcome.From(atHome)); !errors.As(err, &stage) {
		t.Errorf("without databases: %v", err)
	}
	if again := must(w.ProvePassword(w.ctx, welcome.From(atHome), password)); again.Stage != account.StageStranger {
		t.Errorf("without databases, the password again: stage %d", again.Stage)
	}
	if !w.PlaceInDoubt(atHome) || !w.Countries().Missing() {
		t.Error("nobody is told that no country can be known")
	}
}

// TestAJourneyIsExpected: where somebody is said to be they meet orders and the
// rule, from then until then; whoever says so answers for their account.
func TestAJourneyIsExpected(t *testing.T) { storetest.EachDatabase(t, testJourney) }

func testJourney(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", fromFrance).locate(databases(t), "FR+")
	trip := account.Travel{Person: 4, Country: "BE", Since: paris("2024-03-30T00:00"), Until: paris("2024-04-03T00:00")}
	w.must(w.AddTravel(w.ctx, w.as(head), trip))
	opens := func(at string, want bool) {
		t.Helper()
		w.at(at)
		welcome, err := w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: password, Device: "phone", Address: abroad})
		if (err == nil) != want {
			t.Fatalf("at %s, from Belgium: %v", at, err)
		}
		if err != nil {
			return
		}
		if d := w.State(must(must(w.Visit(w.ctx, welcome.From(abroad))).As(teacher))).Decision; d.Access != order.Write {
			t.Errorf("at %s, from Belgium: %v", at, d.Access)
		}
	}
	opens("2024-03-29T23:59:59", false)
	opens("2024-03-30T00:00:00", true)
	opens("2024-04-02T23:59:59", true)
	list := must(w.Care(w.ctx, w.as(head), 4)).Travels
	if len(list) != 1 || list[0].Country != "BE" || !list[0].Until.Equal(trip.Until) {
		t.Fatalf("listed: %+v", list)
	}
	if err := w.EndTravel(w.ctx, w.as(ecoleHead), 3, list[0].ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another's journey under somebody's number: %v", err)
	}
	w.must(w.EndTravel(w.ctx, w.as(ecoleHead), 4, list[0].ID)) // she teaches there too
	opens("2024-04-02T23:59:59", false)
	w.must(w.AddTravel(w.ctx, w.as(head), trip))
	opens("2024-04-03T00:00:00", false)
	if again := must(w.Care(w.ctx, w.as(head), 4)).Travels; len(again) != 0 {
		t.Errorf("after its end it is listed: %+v", again)
	}
}

func TestJourneysThatAreRefused(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	day := func(n int) time.Time { return w.Now().AddDate(0, 0, n) }
	for what, c := range map[string]struct {
		by   ecluse.Actor
		t    account.Travel
		want fault.Kind
	}{
		"by a teacher":             {w.as(teacher), account.Travel{Person: 1, Country: "BE", Since: day(0), Until: day(2)}, fault.Denied},
		"of oneself":               {w.as(head), account.Travel{Person: 6, Country: "BE", Since: day(0), Until: day(2)}, fault.Denied},
		"of another school":        {w.as(head), account.Travel{Person: 10, Country: "BE", Since: day(0), Until: day(2)}, fault.NotFound},
		"of an office":             {w.as(head), account.Travel{Person: 20, Country: "BE", Since: day(0), Until: day(2)}, fault.Denied},
		"to nowhere":               {w.as(head), account.Travel{Person: 4, Country: "XX", Since: day(0), Until: day(2)}, fault.Invalid},
		"backwards":                {w.as(head), account.Travel{Person: 4, Country: "BE", Since: day(2), Until: day(1)}, fault.Invalid},
		"over":                     {w.as(head), account.Travel{Person: 4, Country: "BE", Since: day(-3), Until: day(0)}, fault.Invalid},
		"for too long":             {w.as(head), account.Travel{Person: 4, Country: "BE", Since: day(0), Until: day(94)}, fault.Invalid},
		"in a far future":          {w.as(head), account.Travel{Person: 4, Country: "BE", Since: day(400), Until: day(401)}, fault.Invalid},
		"of a head, by the office": {w.office(), account.Travel{Person: 6, Country: "BE", Since: day(0), Until: day(2)}, fault.Internal},
		"92 days, by the clock":    {w.as(head), account.Travel{Person: 4, Country: "BE", Since: day(0), Until: day(92)}, fault.Internal},
		"of a pupil, by the head":  {w.as(head), account.Travel{Person: 1, Country: "MA", Since: day(0), Until: day(2)}, fault.Internal},
	} {
		err := w.AddTravel(w.ctx, c.by, c.t)
		if err == nil && c.want != fault.Internal || err != nil && fault.KindOf(err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAPointHasNoCountry: other software names nobody's address, so that an order
// which asks for a country leaves there what it leaves to others.
func TestAPointHasNoCountry(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", fromFrance).locate(databases(t))
	a := w.asking().Ask(w.ctx, enforce.Question{Login: "nadia", School: college})
	if a.Access != order.Read || a.Unmet != gate.FromCountry {
		t.Errorf("%v, lacking %b", a.Access, a.Unmet)
	}
}
