package gate_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var pupils = school.RolesOf(school.Pupil)

// nights is the first letter: écoles closed for pupils, and at night for adults.
func nights() draft {
	return issue("FR/13/079", 1, "2024-03-29T00:00").degrees(school.First).
		rule(pupils, "off").rule(school.Adults, "07:00-23:00")
}

// weekdays is the second letter: collèges and lycées.
func weekdays() draft {
	return issue("FR/13/079", 2, "2024-03-29T00:00").degrees(school.Second).
		rule(pupils, "off").rule(school.Adults, "Mo-Fr 07:00-19:00; PH off")
}

func TestWithoutOrdersEverybodyWrites(t *testing.T) {
	b := under(t)
	for role := range school.Role(school.RoleCount) {
		b.allow(role, "2024-03-29T03:00", "2024-03-29T12:00")
		b.lasts(role, "2024-03-29T12:00", "never")
		b.since(role, "2024-03-29T12:00", "always")
	}
}

func TestHoursCloseToTheSecond(t *testing.T) {
	b := under(t, nights(), weekdays()).at(ecole)
	b.allow(school.Pupil, "2024-03-28T23:59:59")
	b.deny(school.Pupil, "2024-03-29T00:00", "2024-04-02T12:00")
	b.allow(school.Guardian, "2024-03-29T22:59:59", "2024-03-30T07:00")
	b.deny(school.Guardian, "2024-03-29T23:00", "2024-03-30T06:59:59", "2024-03-29T00:00")

	b = b.at(college)
	b.allow(school.Staff, "2024-03-29T07:00", "2024-03-29T18:59:59", "2024-04-02T07:00")
	b.deny(school.Staff, "2024-03-29T19:00", "2024-03-30T12:00", "2024-04-01T12:00", "2024-05-01T12:00")
}

func TestEverySchoolReadsItsOwnClock(t *testing.T) {
	everywhere := issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-23:00")
	for _, s := range []school.School{college, miquelon, marquesa} {
		b := under(t, everywhere).at(s)
		b.allow(school.Teacher, "2024-03-28T23:59:59", "2024-03-29T07:00", "2024-03-29T22:59:59")
		b.deny(school.Teacher, "2024-03-29T00:00", "2024-03-29T06:59:59", "2024-03-29T23:00")
	}
}

func TestScopeSaysWhichSchools(t *testing.T) {
	off := func(d draft) draft { return d.rule(school.Everyone, "off") }
	const now = "2024-04-02T10:00"
	cases := []struct {
		name   string
		order  draft
		closed []school.School
	}{
		{"a country", issue("FR", 1, now), places},
		{"a département", issue("FR/13/079", 1, now), []school.School{ecole, ecole2, college, lycee}},
		{"a circonscription", issue("FR/13/079/C01", 1, now), []school.School{ecole}},
		{"one school", issue("FR/13/079", 1, now).within(college.Territory()), []school.School{college}},
		{"a degree", issue("FR/13/079", 1, now).degrees(school.Second), []school.School{college, lycee}},
		{"a sector", issue("FR/13/079", 1, now).sectors(school.Private), []school.School{lycee}},
		{"all but one", issue("FR/13/079", 1, now).degrees(school.First).except(ecole), []school.School{ecole2}},
		{"a prefix that is no ancestor", issue("FR/1", 1, now), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := under(t, off(c.order))
			for _, s := range places {
				want := order.Write
				for _, closed := range c.closed {
					if closed == s {
						want = order.Closed
					}
				}
				b.at(s).gives(want, school.Head, now)
			}
		})
	}
}

func TestAnExceptionIsNotItsNeighbour(t *testing.T) {
	left, right := place(790201, "FR/13/079", school.Second, "Europe/Paris", "079"), place(790202, "FR/13/079", school.Second, "Europe/Paris", "079")
	for _, schools := range [][]school.School{{left, right}, {right, left}} {
		b := underAll(t, gate.Source{Schools: schools, Orders: set(t, weekdays().except(left)), Calendar: holidays})
		b.at(left).allow(school.Pupil, "2024-04-02T10:00")
		b.at(right).deny(school.Pupil, "2024-04-02T10:00")
	}
}

func TestOneServiceAlone(t *testing.T) {
	b := under(t, issue("FR", 1, "2024-03-29T00:00").services(order.Mail, order.Chat).rule(school.Everyone, "off"))
	b.through(order.Mail).deny(school.Head, "2024-04-02T10:00")
	b.through(order.Chat).deny(school.Head, "2024-04-02T10:00")
	b.through(order.Messaging).allow(school.Head, "2024-04-02T10:00")
}

func TestTheStrictestWinsWhateverItsLevel(t *testing.T) {
	loose := issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-23:00")
	tight := issue("FR/13/079/C01", 1, "2024-03-29T00:00").rule(school.Adults, "08:00-18:00")
	tooLoose := issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Adults, "24/7")
	b := under(t, loose, tight, tooLoose).at(ecole)

	b.deny(school.Teacher, "2024-04-02T07:30", "2024-04-02T18:00", "2024-04-02T23:30")
	b.allow(school.Teacher, "2024-04-02T08:00")
	b.names(school.Teacher, "2024-04-02T07:30", "/13/079/C01/2024-0001")
	b.names(school.Teacher, "2024-04-02T23:30", "/2024-0001", "/13/079/C01/2024-0001")
	b.names(school.Teacher, "2024-04-02T12:00", "/2024-0001", "/13/079/2024-0001", "/13/079/C01/2024-0001")
	b.names(school.Pupil, "2024-04-02T12:00")
}

func TestTheLadder(t *testing.T) {
	b := under(t, issue("FR", 1, "2024-03-29T00:00").
		rule(pupils, "08:00-17:00", inside(order.Reply), outside(order.Read)).
		rule(school.Adults, "", inside(order.Reply)))
	b.gives(order.Reply, school.Pupil, "2024-04-02T08:00")
	b.gives(order.Read, school.Pupil, "2024-04-02T17:00")
	b.gives(order.Reply, school.Head, "2024-04-02T03:00")
}

func TestWithBindsOnlyWhatIsExchangedWithTheseRoles(t *testing.T) {
	b := under(t, issue("FR", 1, "2024-03-29T00:00").
		rule(school.Adults, "07:00-20:00", with(pupils|school.RolesOf(school.Guardian))))
	const evening = "2024-04-02T21:00"
	b.allow(school.Teacher, evening)
	b.writingTo(school.RolesOf(school.Teacher)).allow(school.Teacher, evening)
	b.writingTo(pupils).deny(school.Teacher, evening)
	b.writingTo(pupils).allow(school.Teacher, "2024-04-02T19:59:59")
	b.writingTo(school.RolesOf(school.Teacher, school.Guardian)).deny(school.Teacher, evening)
}

func TestLimitsMergeFieldByField(t *testing.T) {
	no, ten, five := false, 10, 5
	b := under(t,
		issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "", limit(order.Limits{Recipients: &ten, Links: &no})),
		issue("FR/13/079", 1, "2024-03-29T00:00").until("2024-04-10T00:00").
			rule(school.Adults, "", limit(order.Limits{Recipients: &five, PerHour: &ten})))
	d := b.s.Decide(b.request(school.Teacher, "2024-04-02T10:00"))
	want := gate.Limits{Recipients: 5, PerHour: 10, Lists: true, Attachments: true}
	if d.Limits != want {
		t.Errorf("limits %+v, want %+v", d.Limits, want)
	}
	b.lasts(school.Teacher, "2024-04-02T10:00", "2024-04-10T00:00")
	if d := b.s.Decide(b.request(school.Teacher, "2024-04-10T00:00")); d.Limits.Recipients != 10 || d.Limits.PerHour != gate.Unlimited {
		t.Errorf("limits %+v after the stricter order ended", d.Limits)
	}
}

func TestRequirements(t *testing.T) {
	b := under(t, issue("FR", 1, "2024-04-02T00:00").rule(school.Everyone, "07:00-20:00", outside(order.Read),
		require(order.Requirements{PasswordSince: wall("2024-03-30T00:00"), SecondFactor: true, KnownDevice: true, Countries: []string{"FR", "BE"}}, order.Read)))
	const noon = "2024-04-02T12:00"
	good := gate.Facts{PasswordChanged: b.instant("2024-03-30T00:00"), SecondFactor: true, KnownDevice: true, Country: gate.Country{'B', 'E'}}
	b.account(good).allow(school.Teacher, noon)
	b.account(gate.Compliant()).allow(school.Teacher, noon)

	cases := []struct {
		name  string
		spoil func(*gate.Facts)
		want  gate.Requirement
	}{
		{"an old password", func(f *gate.Facts) { f.PasswordChanged-- }, gate.PasswordSince},
		{"one factor", func(f *gate.Facts) { f.SecondFactor = false }, gate.SecondFactor},
		{"a new device", func(f *gate.Facts) { f.KnownDevice = false }, gate.KnownDevice},
		{"from elsewhere", func(f *gate.Facts) { f.Country = gate.Country{'D', 'E'} }, gate.FromCountry},
		{"from nowhere known", func(f *gate.Facts) { f.Country = gate.Country{} }, gate.FromCountry},
		{"nothing at all", func(f *gate.Facts) { *f = gate.Facts{} }, gate.PasswordSince | gate.SecondFactor | gate.KnownDevice | gate.FromCountry},
	}
	for _, c := range cases {
		facts := good
		c.spoil(&facts)
		d := b.s.Decide(b.account(facts).request(school.Teacher, noon))
		if d.Access != order.Read || d.Unmet != c.want {
			t.Errorf("%s: %+v, want read and %b unmet", c.name, d, c.want)
		}
	}
}

func TestUpdateAndCancelEndWhatTheyName(t *testing.T) {
	first := issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Everyone, "off")
	second := issue("FR/13/079", 2, "2024-04-08T07:00").replaces(first.o.ID).rule(pupils, "off")
	third := issue("FR/13", 3, "2024-04-15T00:00").cancels(second.o.ID)
	b := under(t, first, second, third)

	b.deny(school.Teacher, "2024-04-08T06:59:59")
	b.allow(school.Teacher, "2024-04-08T07:00")
	b.deny(school.Pupil, "2024-04-08T07:00", "2024-04-14T23:59:59")
	b.allow(school.Pupil, "2024-04-15T00:00")
	b.lasts(school.Teacher, "2024-04-01T00:00", "2024-04-08T07:00")
	b.lasts(school.Pupil, "2024-04-01T00:00", "2024-04-15T00:00")
	b.since(school.Pupil, "2024-04-10T00:00", "2024-03-29T00:00")
}

func TestAnExerciseEnforcesNothing(t *testing.T) {
	drill := issue("FR", 1, "2024-03-29T00:00").exercise().rule(school.Everyone, "off")
	under(t, drill).allow(school.Pupil, "2024-04-02T10:00")
	rehearsed := underAll(t, gate.Source{Schools: places, Orders: set(t, drill), Calendar: holidays, Rehearse: true})
	rehearsed.deny(school.Pupil, "2024-04-02T10:00")
}

func TestExemptionLiftsOneOrderForOneMember(t *testing.T) {
	const member = 7
	closes := issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Everyone, "off")
	other := issue("FR", 9, "2024-04-10T00:00").until("2024-04-15T00:00").rule(school.Everyone, "off")
	b := under(t)
	e := gate.Exemption{
		ID: 1, Order: closes.o.ID, School: college.UAI, Member: member, Person: 70,
		From: b.instant("2024-04-03T00:00"), Until: b.instant("2024-04-20T00:00"), Access: order.Reply,
		AskedBy: 70, GrantedBy: 71, Authority: "FR/13/079", Reason: "Astreinte",
	}
	b = underAll(t, gate.Source{Schools: places, Orders: set(t, closes, other), Calendar: holidays, Exemptions: []gate.Exemption{e}})

	mine := b.as(member)
	mine.deny(school.Staff, "2024-04-02T23:59:59")
	mine.gives(order.Reply, school.Staff, "2024-04-03T00:00")
	mine.deny(school.Staff, "2024-04-10T00:00", "2024-04-14T23:59:59")
	mine.gives(order.Reply, school.Staff, "2024-04-19T23:59:59")
	mine.deny(school.Staff, "2024-04-20T00:00")
	mine.lasts(school.Staff, "2024-04-02T12:00", "2024-04-03T00:00")
	mine.lasts(school.Staff, "2024-04-03T12:00", "2024-04-10T00:00")
	mine.since(school.Staff, "2024-04-05T00:00", "2024-04-03T00:00")
	mine.reopens(school.Staff, order.Reply, "2024-04-01T00:00", "2024-04-03T00:00")
	mine.at(ecole).deny(school.Staff, "2024-04-05T00:00")
	b.as(8).deny(school.Staff, "2024-04-05T00:00")
	b.as(0).deny(school.Staff, "2024-04-05T00:00")
}

func TestVoidExemptions(t *testing.T) {
	closes := issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Everyone, "off")
	good := gate.Exemption{
		ID: 1, Order: closes.o.ID, School: college.UAI, Member: 7, Person: 70, From: 0, Until: 4e9, Access: order.Write,
		AskedBy: 72, GrantedBy: 71, Authority: "FR/13", Reason: "Astreinte",
	}
	if err := good.Check(closes.o); err != nil {
		t.Fatalf("a good exemption: %v", err)
	}
	for name, spoil := range map[string]func(*gate.Exemption){
		"granted to oneself":       func(e *gate.Exemption) { e.GrantedBy = e.Person },
		"granted by who asks":      func(e *gate.Exemption) { e.GrantedBy = e.AskedBy },
		"granted by a lower level": func(e *gate.Exemption) { e.Authority = "FR/13/079/C01" },
		"granted by a neighbour":   func(e *gate.Exemption) { e.Authority = "FR/13/086" },
		"granted in nobody's name": func(e *gate.Exemption) { e.Authority = "" },
		"without a reason":         func(e *gate.Exemption) { e.Reason = " " },
		"without an end":           func(e *gate.Exemption) { e.Until = 0 },
		"for ever":                 func(e *gate.Exemption) { e.Until = 1<<63 - 1 },
		"from an order not there":  func(e *gate.Exemption) { e.Order = "FR/2024-0099" },
		"for no membership":        func(e *gate.Exemption) { e.Member = 0 },
		"granted by nobody":        func(e *gate.Exemption) { e.GrantedBy = 0 },
		"asked by nobody":          func(e *gate.Exemption) { e.AskedBy = 0 },
	} {
		e := good
		spoil(&e)
		s, err := gate.Compile(gate.Source{Schools: places, Orders: set(t, closes), Calendar: holidays, Exemptions: []gate.Exemption{e}})
		if err == nil {
			t.Errorf("%s: compiled without a word", name)
		}
		book{t: t, s: s, place: college}.as(7).deny(school.Staff, "2024-04-05T00:00")
	}
}

func TestWhatCannotBeDecidedIsClosed(t *testing.T) {
	var none gate.Gate
	if d := none.Decide(gate.Request{School: college.UAI}); d.Access != order.Closed || !d.Unknown {
		t.Errorf("an empty gate decides %+v", d)
	}
	noZone, badZone, noCalendar := place(790101, "FR/13/079", school.Second, "", "079"), place(790102, "FR/13/079", school.Second, "Europe/Nowhere", "079"), place(790103, "FR/13/079", school.Second, "Europe/Paris", "")
	twice := place(790104, "FR/13/079", school.Second, "Europe/Paris", "079")
	again := twice
	again.Degree = school.First
	s, err := gate.Compile(gate.Source{
		Schools: []school.School{noZone, badZone, noCalendar, twice, again, {UAI: "0790001Z", Zone: "Europe/Paris"}},
		Orders:  set(t, nights(), weekdays()), Calendar: holidays,
	})
	if err == nil {
		t.Error("nothing was said of what could not be compiled")
	}
	b := book{t: t, s: s, place: college}
	const now = "2024-04-02T10:00"
	asked := b.request(school.Staff, now)
	for _, u := range []school.UAI{noZone.UAI, badZone.UAI, noCalendar.UAI, twice.UAI, college.UAI, "0790001Z", "", "079000A"} {
		asked.School = u
		if d := s.Decide(asked); d.Access != order.Closed || !d.Unknown {
			t.Errorf("school %q: %+v, want closed because unknown", u, d)
		}
	}
	asked.School, asked.Role = noCalendar.UAI, school.Role(9)
	if d := s.Decide(asked); d.Access != order.Closed || !d.Unknown {
		t.Errorf("an unknown role: %+v", d)
	}
}

func TestUnknownOrdersCloseAll(t *testing.T) {
	s, err := gate.Compile(gate.Source{Schools: places, Calendar: holidays})
	if err == nil {
		t.Error("nothing was said of the missing orders")
	}
	book{t: t, s: s, place: college}.unknown(school.Head, "2024-04-02T10:00")
}

func TestPastTheCalendarIsClosed(t *testing.T) {
	b := under(t, weekdays())
	b.allow(school.Staff, "2025-12-30T10:00")
	b.unknown(school.Staff, "2026-02-03T10:00")
	b.deny(school.Pupil, "2026-02-03T10:00") // pupils are closed whatever the calendar says
}
