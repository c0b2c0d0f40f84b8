package ecluse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A CampaignWish is whom to ask for a new password.
type CampaignWish struct {
	Territory school.Territory // of whose schools; "": all of the actor's
	Roles     school.Roles
	Class     message.ClassID // 0: all; otherwise the territory is a school's
	Logins    []string        // only these; nil: everybody
	Since     time.Time       // whose password was changed from here on is not asked
}

// CampaignSums is how many people of each role become what.
type CampaignSums [school.RoleCount][store.CampaignOutcomes]int

// Of is how many people of all roles have an outcome.
func (s CampaignSums) Of(o store.CampaignOutcome) (n int) {
	for _, role := range s {
		n += role[o]
	}
	return n
}

// A CampaignPlan is what a campaign would do now.
type CampaignPlan struct {
	store.Campaign
	Schools []PlannedSchool // those where somebody is met, by code
	Total   CampaignSums    // a person of two places counts in both
	Unknown []string        // logins that nobody has in the territory
}

// A PlannedSchool is what a campaign would do in one school.
type PlannedSchool struct {
	School school.School
	Sums   CampaignSums
}

// Asked is how many people would be asked for a new password, here or elsewhere.
func (p CampaignPlan) Asked() int {
	return p.Total.Of(store.CampaignAsked) + p.Total.Of(store.CampaignElsewhere)
}

// mostListed is how many logins a campaign's list may have.
const mostListed = 20_000

// PlanCampaign says what a campaign would do, and does nothing. Heads ask people
// of their school, offices those of their territory.
func (a *App) PlanCampaign(ctx context.Context, who Actor, w CampaignWish) (p CampaignPlan, err error) {
	if p.Campaign, err = a.campaignOf(who, w); err != nil {
		return p, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		if p.Listed {
			if err := a.find(tx, &p, w.Logins); err != nil {
				return err
			}
		}
		for _, sc := range a.schoolsWithin(p.Territory) {
			counts, err := tx.CountCampaign(p.Campaign, sc.UAI)
			if err != nil {
				return err
			}
			p.count(sc, counts)
		}
		return nil
	})
	return p, err
}

// campaignOf makes the campaign of a wish, and refuses what the actor may not ask.
func (a *App) campaignOf(who Actor, w CampaignWish) (c store.Campaign, err error) {
	now := a.clock.Now()
	within, err := a.careOf(who)
	if err != nil {
		return c, err
	}
	w.Territory = cmp.Or(w.Territory, within)
	switch {
	case !within.Contains(w.Territory):
		return c, notFound("Ce territoire n’est pas le vôtre.", "This territory is not yours.")
	case w.Roles == 0:
		return c, invalid("Choisissez au moins un profil.", "Choose at least one role.")
	case w.Since.IsZero() || w.Since.After(now):
		return c, invalid("La date limite est celle depuis laquelle un mot de passe changé suffit\u00a0: elle est passée, ou maintenant.",
			"The cut-off date is the one since which a changed password is enough: it is past, or now.")
	case len(w.Logins) > mostListed:
		return c, invalid(fmt.Sprintf("Une liste a au plus %d identifiants.", mostListed), fmt.Sprintf("A list has at most %d logins.", mostListed))
	}
	return store.Campaign{
		ID: store.NewID(now), Territory: w.Territory, By: who.String(), Person: who.Person.ID, Within: within,
		Roles: w.Roles, Class: w.Class, Listed: w.Logins != nil, Since: w.Since, Started: now,
	}, nil
}

// schoolsWithin is the schools of a territory, by code.
func (a *App) schoolsWithin(t school.Territory) (list []school.School) {
	for _, sc := range a.gate.Load().Schools() {
		if t.Contains(sc.Territory()) {
			list = append(list, sc)
		}
	}
	slices.SortFunc(list, func(x, y school.School) int { return cmp.Compare(x.UAI, y.UAI) })
	return list
}

// find looks up the logins of a list. Who has no place in the territory is not
// told from who is nobody.
func (a *App) find(tx *store.Tx, p *CampaignPlan, logins []string) error {
	seen := map[account.PersonID]bool{}
	for _, login := range logins {
		person, err := tx.PersonByLogin(account.FoldLogin(cut(login, longestLogin)))
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		placed, err := a.placed(tx, person.ID, p.Territory)
		switch {
		case err != nil:
			return err
		case !placed:
			p.Unknown = append(p.Unknown, login)
		case !seen[person.ID]:
			seen[person.ID] = true
			p.List = append(p.List, person.ID)
		}
	}
	return nil
}

// placed reports whether somebody has a place in a school of a territory.
func (a *App) placed(tx *store.Tx, person account.PersonID, t school.Territory) (bool, error) {
	members, err := tx.MembershipsOf(person)
	return slices.ContainsFunc(members, func(m account.Membership) bool {
		sc, err := a.gate.Load().School(m.School)
		return err == nil && t.Contains(sc.Territory())
	}), err
}

// count adds up one school.
func (p *CampaignPlan) count(sc school.School, counts []store.CampaignCount) {
	if len(counts) == 0 {
		return
	}
	s := PlannedSchool{School: sc}
	for _, c := range counts {
		s.Sums[c.Role][c.Outcome] += c.Count
		p.Total[c.Role][c.Outcome] += c.Count
	}
	p.Schools = append(p.Schools, s)
}

// StartCampaign asks people for a new password, with a proof that a thief of the
// old one lacks, and ends their sessions. It returns when the campaign is written
// down, which survives whatever comes then; RunCampaigns takes it further.
func (a *App) StartCampaign(ctx context.Context, who Actor, w CampaignWish) (int64, error) {
	if err := a.fresh(who); err != nil {
		return 0, err
	}
	p, err := a.PlanCampaign(ctx, who, w)
	if err != nil {
		return 0, err
	}
	if p.Asked() == 0 {
		return 0, invalid("Personne n’est à appeler\u00a0: toutes ces personnes sont exemptées.", "There is nobody to ask: all these people are exempt.")
	}
	err = a.do(ctx, who, act{"campaign.start", officeLog(who), gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		detail := fmt.Sprintf("%s, %s, since %s: %d places in %d schools", p.Territory, p.Roles, p.Since.UTC().Format(time.RFC3339),
			p.Asked(), len(p.Schools))
		return campaignSubject(p.ID), detail, tx.AddCampaign(p.Campaign)
	})
	if err == nil {
		a.nudgeCampaigns()
	}
	return p.ID, err
}

func campaignSubject(id int64) string { return fmt.Sprintf("campaign %d", id) }

// nudgeCampaigns has whoever runs campaigns look now.
func (a *App) nudgeCampaigns() {
	select {
	case a.campaigns <- struct{}{}:
	default:
	}
}

// campaignLook is how often a node looks for campaigns that another one left.
const campaignLook = 5 * time.Second

// followCampaigns runs campaigns until the context ends.
func (a *App) followCampaigns(ctx context.Context) {
	look := time.NewTicker(campaignLook)
	defer look.Stop()
	for {
		a.logged("asking for new passwords", a.RunCampaigns(ctx))
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-a.campaigns:
		}
	}
}

// RunCampaigns takes every campaign to its end, from wherever it has come to. Nodes
// that do so together, or one after another was killed, ask nobody twice: each step
// moves the campaign on in its own transaction.
func (a *App) RunCampaigns(ctx context.Context) error {
	var open []int64
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		open, err = tx.OpenCampaigns()
		return err
	})
	for _, id := range open {
		for more := true; more && err == nil && ctx.Err() == nil; {
			more, err = a.askSome(ctx, id)
		}
	}
	return cmp.Or(err, ctx.Err())
}

// askedAtOnce is how many people one step asks: a write stays short for whoever
// waits behind it.
const askedAtOnce = 500

// campaigner is who a campaign's steps are journaled as; who started it stands in
// the entry of the start.
var campaigner = Actor{Part: "campaign"}

// askSome takes a campaign one step further.
func (a *App) askSome(ctx context.Context, id int64) (more bool, err error) {
	c, uai, err := a.nextSchool(ctx, id)
	if err != nil || over(c) {
		return false, err
	}
	if uai == "" {
		return false, a.finishCampaign(ctx, c)
	}
	err = a.do(ctx, campaigner, act{"campaign.ask", logOf(uai), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		held, err := tx.HoldCampaign(id)
		if err != nil {
			return "", "", err
		}
		if over(held) || held.School != c.School || held.Last != c.Last {
			return "", "", errAhead // another node is at it, or it was stopped
		}
		detail, err := ask(tx, held, uai, now)
		return campaignSubject(id), detail, err
	})
	if err == errAhead {
		return true, nil
	}
	return err == nil, orElse(err, a.revoked(ctx))
}

// errAhead says that a campaign has gone on meanwhile.
var errAhead = fault.New(fault.Conflict, "La campagne a avancé entre-temps.", "The campaign has gone on meanwhile.")

func over(c store.Campaign) bool { return !c.Finished.IsZero() || !c.Stopped.IsZero() }

// nextSchool is the school in which the next people of a campaign are; "" where
// there are none any more.
func (a *App) nextSchool(ctx context.Context, id int64) (c store.Campaign, uai school.UAI, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if c, err = tx.Campaign(id); err != nil {
			return err
		}
		for _, sc := range a.schoolsWithin(c.Territory) {
			if sc.UAI < c.School {
				continue
			}
			met, err := tx.MeetCampaign(c, sc.UAI, beyond(c, sc.UAI), 1)
			if err != nil || len(met) > 0 {
				uai = sc.UAI
				return err
			}
		}
		return nil
	})
	return c, uai, err
}

// beyond is the last person of a school whom a campaign has met.
func beyond(c store.Campaign, uai school.UAI) account.PersonID {
	if uai == c.School {
		return c.Last
	}
	return 0
}

// ask asks the next people of a school, and says how many became what.
func ask(tx *store.Tx, c store.Campaign, uai school.UAI, now time.Time) (detail string, err error) {
	met, err := tx.MeetCampaign(c, uai, beyond(c, uai), askedAtOnce)
	if err != nil || len(met) == 0 {
		return "", orElse(err, errAhead)
	}
	var asked []account.PersonID
	var members [store.CampaignOutcomes][]account.MemberID
	for _, m := range met {
		members[m.Outcome] = append(members[m.Outcome], m.Member)
		if m.Outcome == store.CampaignAsked || m.Outcome == store.CampaignElsewhere {
			asked = append(asked, m.Person)
		}
	}
	if err := tx.AskRenewals(asked, account.RenewCampaign, now); err != nil {
		return "", err
	}
	for outcome, list := range members {
		if len(list) == 0 {
			continue
		}
		if err := tx.KeepMet(c.ID, uai, store.CampaignOutcome(outcome), list); err != nil {
			return "", err
		}
	}
	c.School, c.Last = uai, met[len(met)-1].Person
	return fmt.Sprintf("%d asked, %d of them elsewhere, %d never active, %d changed since, %d asked before, %d above",
		len(asked), len(members[store.CampaignElsewhere]), len(members[store.CampaignNeverActive]), len(members[store.CampaignChanged]),
		len(members[store.CampaignAskedBefore]), len(members[store.CampaignAbove])), tx.MoveCampaign(c)
}

// finishCampaign notes that everybody was asked.
func (a *App) finishCampaign(ctx context.Context, c store.Campaign) error {
	err := a.do(ctx, campaigner, act{"campaign.finish", logAt(c.Territory), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		held, err := tx.HoldCampaign(c.ID)
		if err != nil || over(held) {
			return "", "", orElse(err, errAhead)
		}
		held.Finished = now
		return campaignSubject(c.ID), "", tx.MoveCampaign(held)
	})
	if err == errAhead {
		return nil
	}
	return err
}

// StopCampaign asks nobody any more: who has not renewed yet keeps the password
// they had. Only who could have started it stops it, with a fresh proof, because it
// gives the accounts back to whoever knows the old passwords.
func (a *App) StopCampaign(ctx context.Context, who Actor, id int64) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	within, err := a.careOf(who)
	if err != nil {
		return err
	}
	return a.do(ctx, who, act{"campaign.stop", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		c, err := tx.HoldCampaign(id)
		switch {
		case err != nil:
			return "", "", err
		case !within.Contains(c.Territory):
			return "", "", notFound("Cette campagne n’existe pas.", "There is no such campaign.")
		case !within.Contains(c.Within):
			return "", "", denied("Cette campagne est celle d’une autorité au-dessus\u00a0: elle seule l’arrête.", "This campaign is of an authority above: it alone stops it.")
		case !c.Stopped.IsZero():
			return "", "", fault.New(fault.Conflict, "Cette campagne est déjà arrêtée.", "This campaign is stopped already.")
		}
		c.Stopped = now
		if err := tx.MoveCampaign(c); err != nil {
			return "", "", err
		}
		n, err := tx.WithdrawRenewals(id)
		return campaignSubject(id), fmt.Sprintf("%d no longer asked", n), err
	})
}
