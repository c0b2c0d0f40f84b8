package gate_test

import (
	"strings"
	"testing"

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
		words = append(words, f.Verdict.String()+" "+string(f.Above.ID)+": "+f.Roles.String())
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
	says(t, late[0], "Il commence le mardi 2 avril 2024 à 0_h_00, mais l'ordre FR/2024-0001 s'applique aux mêmes établissements dès le vendredi 29 mars 2024 à 0_h_00_: ")
}

func TestExampleOfWhatIsLoose(t *testing.T) {
	ministry := issue("FR", 1, "2024-03-29T00:00").rule(school.Adults, "07:00-23:00")
	found := finds(t, "contradicts FR/2024-0001: adults", ministry,
		issue("FR/13/079", 1, "2024-03-29T00:00").rule(school.Adults, "08:00-23:30"))
	if !strings.Contains(found[0].English, "says write at 2024-03-29T23:00, for example, where FR/2024-0001 says closed") || !found[0].Refuses() {
		t.Errorf("have %s", found[0].English)
	}
	says(t, found[0], "Pour les responsables des élèves, les enseignants, les personnels et la direction, il prévoit «_ouvert_», par exemple le vendredi 29 mars 2024 à 23_h_00, là où l'ordre FR/2024-0001 prévoit «_fermé_»_: un niveau inférieur peut resserrer, jamais assouplir_; ")
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
	says(t, wide[0], "Pour les responsables des élèves, les enseignants, les personnels et la direction, la limite sur le nombre de destinataires est plus large que dans l'ordre FR/2024-0001")
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
	finds(t, "", rectorat, loose(issue("FR", 1, "2024-03-29T00:00")))
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
