package page

import (
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Campaigns is the page of the campaigns that ask for new passwords, with the form
// that begins one. Its form posts do=plan with role, class or in, since, logins and
// list, a file, and shows what would happen; a GET does too, without a file. What it
// shows is begun by a POST of the same with do=start.
type Campaigns struct {
	Frame
	Rows    []CampaignRow
	Roles   []Choice
	Classes []Choice // for a head
	Place   Field    // for an office: a code of a school or a territory
	Since   Field
	Logins  Field
	Problem string
	Plan    *CampaignPlan // nil: nothing was asked
}

// A CampaignRow is a campaign with how far it has come.
type CampaignRow struct {
	URL     string
	Title   string
	Started time.Time
	Asked   int
	Waiting int
	State   CampaignState
}

// A CampaignState is whether a campaign goes on.
type CampaignState uint8

// The states: people are still being asked, all were, it was stopped.
const (
	CampaignAsking CampaignState = iota
	CampaignAsked
	CampaignStopped
)

// done says how many have renewed.
func (r CampaignRow) done(f Frame) string {
	return f.Lang.Number(r.Asked-r.Waiting) + f.Say(" sur ", " of ") + f.Count(r.Asked, "mot de passe renouvelé", "mots de passe renouvelés", "password renewed", "passwords renewed")
}

// stateWord says whether a campaign goes on.
func (r CampaignRow) stateWord(f Frame) string {
	switch r.State {
	case CampaignAsking:
		return f.Say("en train de commencer", "beginning")
	case CampaignAsked:
		return f.Say("en cours", "going on")
	}
	return f.Say("arrêtée", "stopped")
}

// A CampaignPlan is what a campaign would do.
type CampaignPlan struct {
	Asked       int
	Elsewhere   int // these renew at their sign-in service
	Roles       []CampaignSum
	Schools     []CampaignSum // for an office
	More        int           // schools that are not shown
	Unknown     []string      // logins
	MoreUnknown int           // logins that are not shown
	Fields      []Choice      // what was asked, to be sent again
}

// A CampaignSum is one row of counts: who would be asked, and who not.
type CampaignSum struct {
	Label     string
	Asked     int
	Never     int // never activated
	Changed   int // since the date
	Before    int // asked already
	Above     int // answer to somebody else
	Elsewhere int // renew at their sign-in service
}

// A campaignOther is a column of who is not asked.
type campaignOther struct {
	head  string
	count func(CampaignSum) int
}

// campaignOthers are the columns in which somebody counts.
func campaignOthers(f Frame, rows []CampaignSum) []campaignOther {
	all := []campaignOther{
		{f.Say("Renouvellent à leur service", "Renew at their service"), func(s CampaignSum) int { return s.Elsewhere }},
		{f.Say("Jamais activés", "Never activated"), func(s CampaignSum) int { return s.Never }},
		{f.Say("Changé depuis la date", "Changed since the date"), func(s CampaignSum) int { return s.Changed }},
		{f.Say("Déjà appelés", "Asked already"), func(s CampaignSum) int { return s.Before }},
		{f.Say("Relèvent d'un autre service", "Answer to another office"), func(s CampaignSum) int { return s.Above }},
	}
	return slices.DeleteFunc(all, func(o campaignOther) bool {
		return !slices.ContainsFunc(rows, func(s CampaignSum) bool { return o.count(s) > 0 })
	})
}

// Campaign is one campaign. Its form posts do=stop or do=remind.
type Campaign struct {
	Frame
	Row     CampaignRow
	Since   time.Time
	Others  CampaignSum // whom it met, asked or not
	Schools []CampaignPlace
	Classes []CampaignPlace
	Ours    bool
	Mails   bool
	Problem string
}

// A CampaignPlace is how far one school or class is.
type CampaignPlace struct {
	Label   string
	Role    string
	Slips   string // the address where slips for it are printed
	Asked   int
	Waiting int
}

// CampaignRoles are the roles as a form chooses them.
func CampaignRoles(l Lang, chosen school.Roles) (list []Choice) {
	for r := range school.Role(school.RoleCount) {
		list = append(list, Choice{Value: r.String(), Label: capital(RolesWord(l, r)), Chosen: chosen.Has(r)})
	}
	return list
}
