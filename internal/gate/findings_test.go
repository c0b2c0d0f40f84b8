package gate_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// finds wants exactly these findings about the last draft, each as "verdict
// above: roles", such as "looser FR/2024-0001: pupil".
func finds(t *testing.T, wants string, drafts ...draft) []gate.Finding {
	t.Helper()
	src := gate.Source{Schools: places, Orders: set(t, drafts...), Calendar: holidays}
	found := gate.Findings(src, drafts[len(drafts)-1].o)
	var words []string
	for _, f := range found {
		words = append(words, f.Verdict.String()+" "+string(f.Other.ID)+": "+f.Roles.String())
		if f.English == "" || f.French == "" || f.School == "" {
			t.Errorf("a finding says nothing: %+v", f)
		}
	}
	if have := strings.Join(words, "; "); have != wants {
		t.Errorf("found %q, want %q", have, wants)
	}
	return found
}

func TestLowerLevelsTightenNeverLoosen(t *testing.T) {
	ministry := issue("FR", 1, "2024-03-29T00:00").rule(pupils, "off").rule(school.Adults, "07:00-23:00")
	local := func(text string) draft {
		return issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Adults, text)
	}
	finds(t, "", ministry, local("07:00-23:00"))
	finds(t, "tighter FR/2024-0001: adults", ministry, local("Mo-Fr 07:00-19:00; PH off"))
	finds(t, "looser FR/2024-0001: adults", ministry, local("06:00-23:00"))
	finds(t, "contradicts FR/2024-0001: adults", ministry, local("08:00-23:30"))
	finds(t, "contradicts FR/2024-0001: adults", ministry, local("06:30-22:00"))
	finds(t, "looser FR/2024-0001: pupil", ministry, issue("FR/13/079", 1, "2024-03-29T00:00").rule(pupils, "Mo-Fr 08:00-18:00"))
	finds(t, "looser FR/2024-0001: pupil", ministry, issue("FR/13/079", 1, "2024-03-29T00:00").rule(pupils, "24/7"))
	late := finds(t, "later FR/2024-0001: adults", ministry, issue("FR/13/079", 1, "2024-04-02T00:00").rule(school.Adults, "07:00-23:00"))
	says(t, late[0], "Il commence le mardi 2 avril 2024 à 0_h_00, mais l’ordre FR/2024-0001 s’applique aux mêmes établissements dès le vendredi 29 mars 2024 à 0_h_00_: ")
}

func TestExampleOfWhatIsLoose(t *testing.T) {
	ministry := issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-23:00")
	found := finds(t, "contradicts FR/2024-0001: adults", ministry,
		issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Adults, "08:00-23:30"))
	if !strings.Contains(found[0].English, "says write at 2024-03-29T23:00, for example, where FR/2024-0001 says closed") || !found[0].Refuses() {
		t.Errorf("have %s", found[0].English)
	}
	says(t, found[0], "Pour les responsables des élèves, les enseignants, les personnels et la direction, il prévoit «_ouvert_», par exemple le vendredi 29 mars 2024 à 23_h_00, là où l’ordre FR/2024-0001 prévoit «_fermé_»_: un niveau inférieur peut resserrer, jamais assouplir_; ")
}

// says wants a finding's French to begin so; _ stands for a no-break space.
func says(t *testing.T, f gate.Finding, want string) {
	t.Helper()
	if have := strings.ReplaceAll(f.French, "\u00a0", "_"); !strings.HasPrefix(have, want) {
		t.Errorf("have %s\nwant %s", have, want)
	}
}

func TestLimitsClaimNothingAboutHours(t *testing.T) {
	many, few, yes, no := 100, 30, true, false
	ministry := issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-23:00", limit(order.Limits{Recipients: &few, Lists: &no}))
	local := func(l order.Limits) draft {
		return issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "24/7", limit(l))
	}
	finds(t, "", ministry, local(order.Limits{Recipients: &few}))
	finds(t, "", ministry, local(order.Limits{PerHour: &many}))
	wide := finds(t, "looser FR/2024-0001: adults", ministry, local(order.Limits{Recipients: &many}))
	says(t, wide[0], "Pour les responsables des élèves, les enseignants, les personnels et la direction, la limite sur le nombre de destinataires est plus large que dans l’ordre FR/2024-0001")
	finds(t, "looser FR/2024-0001: adults", ministry, local(order.Limits{Lists: &yes}))

	abroad := require(order.Requirements{Countries: []string{"FR"}}, order.Read)
	finds(t, "contradicts FR/2024-0001: adults", ministry, issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "24/7", abroad))
	finds(t, "tighter FR/2024-0001: adults", ministry, issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-23:00", abroad))
}

func TestOrdersThatDoNotMeet(t *testing.T) {
	rectorat := issue("FR/13", 1, "2024-03-29T00:00").rule(pupils, "off")
	loose := func(d draft) draft { return d.rule(pupils, "24/7") }
	first := rectorat.o.ID

	finds(t, "looser "+string(first)+": pupil", rectorat, loose(issue("FR/13/079", 1, "2024-03-29T00:00")))
	finds(t, "", rectorat, loose(issue("FR/44", 1, "2024-03-29T00:00")))
	finds(t, "stays "+string(first)+": pupil", rectorat, loose(issue("FR", 1, "2024-03-29T00:00")))
	finds(t, "", rectorat, loose(issue("FR/13/079", 1, "2024-03-29T00:00").exercise()))
	finds(t, "", rectorat, loose(issue("FR/13", 2, "2024-04-08T00:00").replaces(first)))
	finds(t, "looser "+string(first)+": pupil", rectorat, loose(issue("FR/13", 2, "2024-04-20T00:00")))
	finds(t, "", issue("FR/13", 1, "2024-03-29T00:00").until("2024-04-08T07:00").rule(pupils, "off"),
		loose(issue("FR/13/079", 1, "2024-04-08T07:00")))
	finds(t, "", issue("FR/13", 1, "2024-03-29T00:00").degrees(school.First).rule(pupils, "off"),
		loose(issue("FR/13/079", 1, "2024-03-29T00:00").degrees(school.Second)))
}

func TestColleaguesAreNotLoosened(t *testing.T) {
	guardians := school.RolesOf(school.Guardian)
	ministry := issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-20:00", with(guardians))
	finds(t, "tighter FR/2024-0001: adults", ministry, issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-22:00", with(school.RolesOf(school.Teacher))))
	finds(t, "looser FR/2024-0001: adults", ministry, issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-22:00", with(guardians)))
}

func TestOrdersBelow(t *testing.T) {
	local := issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Adults, "08:00-22:00").rule(pupils, "off")
	found := finds(t, "tighter FR/13/079/2024-0001: adults; stays FR/13/079/2024-0001: adults", local,
		issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-20:00"))
	says(t, found[0], "Pour les responsables des élèves, les enseignants, les personnels et la direction, il prévoit «_fermé_», par exemple le vendredi 29 mars 2024 à 20_h_00, là où l’ordre FR/13/079/2024-0001 prévoit «_ouvert_»_: plus strict, il l’emporte sur cet ordre d’un niveau inférieur")
	says(t, found[1], "Pour les responsables des élèves, les enseignants, les personnels et la direction, il prévoit «_ouvert_», par exemple le vendredi 29 mars 2024 à 7_h_00, là où l’ordre FR/13/079/2024-0001 prévoit «_fermé_»_: cet ordre d’un niveau inférieur, plus strict, reste applicable")
	for _, f := range found {
		if f.Refuses() {
			t.Errorf("an order below forbids one above: %s", f.English)
		}
	}
	finds(t, "", issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Adults, "24/7", limit(order.Limits{Lists: new(bool)})),
		issue("FR/13", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-20:00"))
}

func TestOrdersBeside(t *testing.T) {
	first := issue("FR/13/079", 1, "2024-03-29T00:00").degrees(school.First).rule(school.Adults, "08:00-20:00")
	found := finds(t, "contradicts FR/13/079/2024-0001: adults", first,
		issue("FR/13/079", 2, "2024-03-29T00:00").rule(school.Adults, "07:00-19:00"))
	if french := strings.ReplaceAll(found[0].French, "\u00a0", "_"); !strings.Contains(french, "c’est alors l’ordre FR/13/079/2024-0001, plus strict, qui s’applique_; pour modifier votre propre ordre") ||
		!strings.HasSuffix(french, "À d’autres moments, c’est le nouvel ordre le plus strict_: «_fermé_» le vendredi 29 mars 2024 à 19_h_00, là où l’autre prévoit «_ouvert_».") {
		t.Errorf("have %s", french)
	}
	mail := issue("FR/13/079", 2, "2024-03-29T00:00").rule(school.Adults, "24/7")
	finds(t, "", func() draft { d := first; d.services(order.Chat); return d }(), mail.services(order.Mail))
}

func TestEndingEarlier(t *testing.T) {
	ministry := issue("FR", 1, "2024-03-29T00:00").until("2024-05-01T00:00").rule(pupils, "off")
	found := finds(t, "shorter FR/2024-0001: pupil", ministry, issue("FR/13", 1, "2024-03-29T00:00").until("2024-04-08T07:00").rule(pupils, "off"))
	says(t, found[0], "Il prend fin le lundi 8 avril 2024 à 7_h_00, mais l’ordre FR/2024-0001 s’applique aux mêmes établissements jusqu’au mercredi 1er mai 2024 à 0_h_00_: ensuite, c’est celui-là seul")
	finds(t, "", ministry, issue("FR/13", 1, "2024-03-29T00:00").until("2024-05-02T07:00").rule(pupils, "off"))
}

func TestWhatALiftingLeaves(t *testing.T) {
	ministry := issue("FR", 1, "2024-03-29T00:00").rule(pupils, "off").rule(school.Adults, "07:00-20:00")
	local := issue("FR/13/079", 1, "2024-03-29T00:00").rule(pupils, "off")
	over := issue("FR/13", 1, "2024-03-29T00:00").until("2024-04-02T00:00").rule(pupils, "off")
	found := finds(t, "stays FR/13/079/2024-0001: pupil", ministry, local, over, issue("FR", 2, "2024-04-08T07:00").cancels(ministry.o.ID))
	says(t, found[0], "L’ordre FR/13/079/2024-0001 continue de s’appliquer à certaines personnes (les élèves), jusqu’à nouvel ordre_: la levée")
}

// An order whose issue is known is compared with what holds from then on.
func TestFindingsOfAnOrderDatedBack(t *testing.T) {
	ministry := issue("FR", 1, "2024-03-29T00:00").rule(pupils, "off")
	judge := func(from, want string) {
		t.Helper()
		o := issue("FR/13", 1, from).rule(pupils, "off").o
		both, _ := set(t, ministry).With(paris(t, "2024-06-10T10:00"), o)
		var words []string
		for _, f := range gate.Findings(gate.Source{Schools: places, Orders: both, Calendar: holidays}, o) {
			words = append(words, f.Verdict.String())
		}
		if have := strings.Join(words, " "); have != want {
			t.Errorf("from %s: found %q, want %q", from, have, want)
		}
	}
	judge("2024-03-30T00:00", "past")
	judge("2024-06-10T10:00", "")
	judge("2024-08-10T10:00", "later")
}

func paris(t *testing.T, reading string) int64 {
	t.Helper()
	zone, err := hours.LoadZone("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return wall(reading).Instant(zone)
}

// TestLooserIsWhatIsIgnored draws two orders, of which the second is not above the
// first: it is refused exactly when, at some time, the decision by both is stricter
// than what it says itself. The reference decides, which knows nothing of findings.
func TestLooserIsWhatIsIgnored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		upper, lower := drawPlain(t, "upper", 1, "FR/13"), drawPlain(t, "lower", 2, rapid.SampledFrom([]school.Territory{"FR/13", "FR/13/079"}).Draw(t, "issuer"))
		both, errs := order.NewSet([]*order.Order{upper, lower})
		alone, _ := order.NewSet([]*order.Order{lower})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		src := gate.Source{Schools: places, Orders: both, Calendar: holidays}
		refused := false
		for _, f := range gate.Findings(src, lower) {
			refused = refused || f.Refuses()
		}
		merged := gate.NewReference(src)
		src.Orders = alone
		if ignored := ignores(gate.NewReference(src), merged, upper, lower); ignored != refused {
			t.Fatalf("%s\n%s\nignored: %t, refused: %t", upper.Encode(), lower.Encode(), ignored, refused)
		}
	})
}

// drawPlain is an order that only speaks of hours: limits and requirements claim
// less than they say.
func drawPlain(t *rapid.T, name string, serial int, issuer school.Territory) *order.Order {
	o := issue(issuer, serial, "2024-03-29T00:00").o
	o.From = drawWall(t, name+" from")
	if rapid.Bool().Draw(t, name+" ends?") {
		o.Until = drawWall(t, name+" until")
	}
	o.Applies.Degrees = rapid.SampledFrom([][]school.Degree{nil, {school.First}, {school.Second}}).Draw(t, name+" degrees")
	o.Applies.Services = rapid.SampledFrom([][]order.Service{nil, {order.Mail}, {order.Messaging, order.Chat}}).Draw(t, name+" services")
	for range rapid.IntRange(1, 2).Draw(t, name+" rules") {
		r := drawRule(t)
		r.Limits, r.Require, r.Otherwise = order.Limits{}, order.Requirements{}, order.Closed
		o.Rules = append(o.Rules, r)
	}
	return o
}

// ignores walks the weeks after both have begun, for everybody, change by change.
func ignores(alone, merged *gate.Reference, upper, lower *order.Order) bool {
	for _, sc := range places {
		zone, err := hours.LoadZone(sc.Zone)
		if err != nil {
			continue
		}
		start := max(upper.From.Instant(zone), lower.From.Instant(zone))
		for role := range school.Role(school.RoleCount) {
			for service := range order.Service(order.ServiceCount) {
				for _, with := range append([]school.Roles{0}, counterparts(upper, lower)...) {
					r := gate.Request{School: sc.UAI, Role: role, Service: service, With: with, At: start, Facts: gate.Compliant()}
					if ignoresFor(alone, merged, r, start+8*7*24*3600) {
						return true
					}
				}
			}
		}
	}
	return false
}

func counterparts(orders ...*order.Order) []school.Roles {
	var named school.Roles
	for _, o := range orders {
		for _, r := range o.Rules {
			named |= r.With
		}
	}
	var out []school.Roles
	for _, role := range named.Each() {
		out = append(out, school.RolesOf(role))
	}
	return out
}

// ignoresFor reports whether the decision by both falls short of what the order
// says, while it binds: by itself it would bind nobody otherwise.
func ignoresFor(alone, merged *gate.Reference, r gate.Request, end int64) bool {
	for r.At < end {
		says, by := alone.Decide(r)
		is, binding := merged.Decide(r)
		if len(by) > 0 && len(binding) > 0 && !says.Unknown && !is.Unknown && is.Access < says.Access {
			return true
		}
		r.At = min(says.Until, is.Until)
	}
	return false
}
