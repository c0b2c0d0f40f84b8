package web

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// unknownLogins is how many logins that nobody has a page lists.
const unknownLogins = 100

// campaignRows is how many schools a page lists.
const campaignRows = 500

// campaigns lists the campaigns, with the form of a new one; where a date was
// chosen, with what would happen.
func (c *call) campaigns() error { return c.showCampaigns(ok, "") }

func (c *call) showCampaigns(status int, problem string) error {
	if c.who.Office.Territory == "" {
		return c.nothing()
	}
	p := page.Campaigns{Problem: problem}
	list, err := c.app.Campaigns(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for _, v := range list {
		p.Rows = append(p.Rows, c.campaignRow(v))
	}
	if err := c.campaignForm(&p); err != nil {
		return err
	}
	if problem == "" && c.r.FormValue("since") != "" {
		if status, err = c.plan(&p); err != nil {
			return err
		}
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Mots de passe", "Passwords")); err != nil {
		return err
	}
	return c.show(status, p)
}

// campaignForm fills the form with what was asked.
func (c *call) campaignForm(p *page.Campaigns) error {
	roles := c.chosenRoles("role")
	if c.r.FormValue("since") == "" {
		roles = school.Everyone
	}
	p.Roles = page.CampaignRoles(c.lang, roles)
	p.Place.Value, p.Logins.Value = c.r.FormValue("in"), c.r.FormValue("logins")
	p.Since.Value = cmp.Or(c.r.FormValue("since"), c.in(c.app.Now()).Format(time.DateOnly))
	if c.who.Member.ID == 0 {
		return nil
	}
	classes, err := c.classesOf(c.who.Member.School, message.ClassID(number(c.r.FormValue("class"))))
	p.Classes = classes
	return err
}

// wish is the campaign that the form asks for.
func (c *call) wish() (w ecluse.CampaignWish, err error) {
	w = ecluse.CampaignWish{Roles: c.chosenRoles("role"), Class: message.ClassID(number(c.r.FormValue("class")))}
	since, err := time.ParseInLocation(time.DateOnly, c.r.FormValue("since"), c.loc)
	if err != nil {
		return w, fault.Wrap(err, fault.Invalid, "Écrivez la date limite, comme 2024-03-20.", "Write the cut-off date, such as 2024-03-20.")
	}
	w.Since = since
	if w.Logins, err = c.listed(); err != nil {
		return w, err
	}
	if in := strings.ToUpper(strings.TrimSpace(c.r.FormValue("in"))); in != "" && c.who.Member.ID == 0 {
		w.Territory = school.Territory(in)
		if sc, _, err := c.app.School(school.UAI(in)); err == nil {
			w.Territory = sc.Territory()
		}
	}
	return w, nil
}

// listed are the logins of the form: those of the field and those of the file. From
// here on the field holds them all, so that what is shown is what is begun.
func (c *call) listed() ([]string, error) {
	var logins []string
	if typed := c.r.FormValue("logins"); strings.TrimSpace(typed) != "" {
		list, err := ecluse.ReadLogins(strings.NewReader(typed))
		if err != nil {
			return nil, err
		}
		logins = list
	}
	file, err := c.file("list")
	if err != nil || file == nil {
		return logins, err
	}
	list, err := ecluse.ReadLogins(bytes.NewReader(file))
	logins = append(logins, list...)
	c.r.Form.Set("logins", strings.Join(logins, " "))
	return logins, err
}

// plan shows what would happen, or what is wrong with the form.
func (c *call) plan(p *page.Campaigns) (status int, err error) {
	w, err := c.wish()
	var plan ecluse.CampaignPlan
	if err == nil {
		plan, err = c.app.PlanCampaign(c.r.Context(), c.who, w)
	}
	if kind := fault.KindOf(err); err != nil && (kind == fault.Invalid || kind == fault.NotFound) {
		p.Problem = c.sentence(err)
		return statuses[kind], nil
	}
	if err != nil {
		return 0, err
	}
	p.Plan = c.campaignPlan(plan)
	return ok, nil
}

func (c *call) campaignPlan(plan ecluse.CampaignPlan) *page.CampaignPlan {
	p := &page.CampaignPlan{Asked: plan.Total.Of(store.CampaignAsked), Elsewhere: plan.Total.Of(store.CampaignElsewhere)}
	p.MoreUnknown = max(0, len(plan.Unknown)-unknownLogins)
	p.Unknown = plan.Unknown[:len(plan.Unknown)-p.MoreUnknown]
	for r := range school.Role(school.RoleCount) {
		if sums := plan.Total[r]; sums != [store.CampaignOutcomes]int{} {
			p.Roles = append(p.Roles, campaignSum(page.RolesWord(c.lang, r), sums))
		}
	}
	if c.who.Member.ID == 0 {
		p.More = max(0, len(plan.Schools)-campaignRows)
		for _, s := range plan.Schools[:len(plan.Schools)-p.More] {
			var sums [store.CampaignOutcomes]int
			for o := range sums {
				sums[o] = s.Sums.Of(store.CampaignOutcome(o))
			}
			p.Schools = append(p.Schools, campaignSum(s.School.Name, sums))
		}
	}
	for _, name := range campaignFields {
		for _, value := range c.r.Form[name] {
			p.Fields = append(p.Fields, page.Choice{Label: name, Value: value})
		}
	}
	return p
}

// campaignFields are those of the form.
var campaignFields = []string{"role", "class", "in", "since", "logins"}

func campaignSum(label string, sums [store.CampaignOutcomes]int) page.CampaignSum {
	return page.CampaignSum{
		Label: label, Asked: sums[store.CampaignAsked], Never: sums[store.CampaignNeverActive], Changed: sums[store.CampaignChanged],
		Before: sums[store.CampaignAskedBefore], Above: sums[store.CampaignAbove],
		Elsewhere: sums[store.CampaignElsewhere],
	}
}

// startCampaign begins what was shown, or shows what would begin.
func (c *call) startCampaign() error {
	if c.r.FormValue("do") == "plan" {
		return c.showCampaigns(ok, "")
	}
	w, err := c.wish()
	var id int64
	if err == nil {
		id, err = c.app.StartCampaign(c.r.Context(), c.who, w)
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.redirect(c.campaignURL(id) + "?done=campaign")
	case kind == fault.Invalid:
		return c.showCampaigns(http.StatusUnprocessableEntity, c.sentence(err))
	default:
		return err
	}
}

// place is where the pages of the actor stand.
func (c *call) placeURL() string {
	if c.who.Member.ID != 0 {
		return memberURL(c.who.Member.ID)
	}
	return officeURL(c.who.Office.Territory)
}

func (c *call) campaignURL(id int64) string {
	return c.placeURL() + page.CampaignsPart + "/" + strconv.FormatInt(id, 10)
}

func (c *call) campaignRow(v ecluse.CampaignView) page.CampaignRow {
	sum := v.Sum()
	row := page.CampaignRow{URL: c.campaignURL(v.ID), Started: c.in(v.Started), Asked: sum.Asked, Waiting: sum.Waiting, State: page.CampaignAsking}
	switch {
	case !v.Stopped.IsZero():
		row.State = page.CampaignStopped
	case !v.Finished.IsZero():
		row.State = page.CampaignAsked
	}
	row.Title = c.lang.Say("Campagne du ", "Campaign of ") + c.lang.Day(row.Started) + ", " + c.app.TerritoryName(v.Territory)
	return row
}

// campaign is how far one campaign has come in the actor's schools.
func (c *call) campaign() error { return c.showCampaign(ok, "") }

func (c *call) showCampaign(status int, problem string) error {
	v, err := c.app.Campaign(c.r.Context(), c.who, int64(number(c.r.PathValue("id"))))
	if err != nil {
		return err
	}
	p := page.Campaign{Row: c.campaignRow(v), Since: c.in(v.Since), Ours: v.Ours, Mails: c.app.Mails(), Problem: problem}
	sum := v.Sum()
	p.Others = campaignSum(c.app.TerritoryName(v.Territory), sum.Others)
	p.Others.Asked = sum.Asked - p.Others.Elsewhere
	if c.who.Member.ID != 0 {
		err = c.campaignClasses(&p, v.ID)
	} else {
		c.campaignSchools(&p, v)
	}
	if err != nil {
		return err
	}
	if p.Frame, err = c.stayingFrame(p.Row.Title); err != nil {
		return err
	}
	if p.Row.State == page.CampaignAsking {
		p.Refresh = campaignAgain
	}
	return c.show(status, p)
}

// campaignAgain is after how many seconds the page of a campaign that is beginning
// looks again.
const campaignAgain = 5

func (c *call) campaignSchools(p *page.Campaign, v ecluse.CampaignView) {
	for _, s := range v.Schools[:min(len(v.Schools), campaignRows)] {
		p.Schools = append(p.Schools, page.CampaignPlace{Label: s.Name, Asked: s.Asked, Waiting: s.Waiting,
			Slips: c.placeURL() + page.SlipsPart + "?school=" + string(s.CampaignSchool.School)})
	}
}

func (c *call) campaignClasses(p *page.Campaign, id int64) error {
	sums, err := c.app.CampaignClasses(c.r.Context(), c.who, id, c.who.Member.School)
	if err != nil {
		return err
	}
	classes, err := c.app.Classes(c.r.Context(), c.who, c.who.Member.School)
	if err != nil {
		return err
	}
	ids := map[string]string{}
	for _, k := range classes {
		ids[k.Name] = strconv.FormatInt(int64(k.ID), 10)
	}
	for _, s := range sums {
		chosen := url.Values{"role": {s.Role.String()}}
		if s.Class != "" {
			chosen.Set("class", ids[s.Class])
		}
		p.Classes = append(p.Classes, page.CampaignPlace{
			Label: cmp.Or(s.Class, c.lang.Say("Sans classe", "No class")), Role: page.RolesWord(c.lang, s.Role), Asked: s.Asked, Waiting: s.Waiting,
			Slips: c.placeURL() + page.SlipsPart + "?" + chosen.Encode(),
		})
	}
	return nil
}

// changeCampaign stops a campaign or reminds people of it.
func (c *call) changeCampaign() error {
	id := int64(number(c.r.PathValue("id")))
	done, err := "stopped", error(nil)
	switch c.r.FormValue("do") {
	case "stop":
		err = c.app.StopCampaign(c.r.Context(), c.who, id)
	case "remind":
		_, err = c.app.RemindCampaign(c.r.Context(), c.who, id)
		done = "reminded"
	default:
		return c.showCampaign(ok, "")
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.redirect(c.campaignURL(id) + "?done=" + done)
	case kind == fault.Invalid || kind == fault.Conflict || kind == fault.Denied:
		return c.showCampaign(statuses[kind], c.sentence(err))
	default:
		return err
	}
}
