package ecluse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A CampaignView is a campaign and how far the actor's schools are in it.
type CampaignView struct {
	store.Campaign
	Ours    bool // the actor, or somebody of the same office or one below, may stop it
	Schools []CampaignSchool
}

// A CampaignSchool is how far one school is.
type CampaignSchool struct {
	store.CampaignSchool
	Name string
}

// Sum adds up the schools.
func (v CampaignView) Sum() (s store.CampaignSchool) {
	for _, sc := range v.Schools {
		s.Asked, s.Waiting = s.Asked+sc.Asked, s.Waiting+sc.Waiting
		for o, n := range sc.Others {
			s.Others[o] += n
		}
	}
	return s
}

// Campaigns is every campaign that touches the actor's schools, the newest first,
// with what it did there.
func (a *App) Campaigns(ctx context.Context, who Actor) (list []CampaignView, err error) {
	within, err := a.careOf(who)
	if err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.Campaigns()
		if err != nil {
			return err
		}
		for _, c := range all {
			if !within.Contains(c.Territory) && !c.Territory.Contains(within) {
				continue
			}
			v, err := a.viewOf(tx, c, within)
			if err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

// Campaign is one of Campaigns.
func (a *App) Campaign(ctx context.Context, who Actor, id int64) (v CampaignView, err error) {
	within, err := a.careOf(who)
	if err != nil {
		return v, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		c, err := tx.Campaign(id)
		if err == nil && !within.Contains(c.Territory) && !c.Territory.Contains(within) {
			err = notFound("Cette campagne n’existe pas.", "There is no such campaign.")
		}
		if err == nil {
			v, err = a.viewOf(tx, c, within)
		}
		return err
	})
	return v, err
}

// viewOf keeps of a campaign what happens in a territory.
func (a *App) viewOf(tx *store.Tx, c store.Campaign, within school.Territory) (CampaignView, error) {
	v := CampaignView{Campaign: c, Ours: within.Contains(c.Territory) && within.Contains(c.Within)}
	list, err := tx.CampaignSchools(c.ID)
	for _, s := range list {
		sc, err := a.gate.Load().School(s.School)
		if err == nil && within.Contains(sc.Territory()) {
			v.Schools = append(v.Schools, CampaignSchool{s, sc.Name})
		}
	}
	return v, err
}

// A CampaignClass is how far the people of one role in one class are; Class is ""
// for who sits in none.
type CampaignClass struct {
	Class   string
	Role    school.Role
	Asked   int
	Waiting int
}

// CampaignClasses is how far the classes of a school are.
func (a *App) CampaignClasses(ctx context.Context, who Actor, id int64, uai school.UAI) (list []CampaignClass, err error) {
	v, err := a.Campaign(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(v.Schools, func(s CampaignSchool) bool { return s.CampaignSchool.School == uai }) {
		return nil, nil // it has met nobody there
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		asked, err := tx.CampaignMembers(id, uai)
		if err != nil {
			return err
		}
		rows, err := slipRows(tx, SlipFilter{School: uai, Roles: school.Everyone, All: true}, a.clock.Now())
		list = classSums(rows, asked)
		return err
	})
	return list, err
}

// classSums counts those who were asked by class and role.
func classSums(rows []SlipRow, asked []store.CampaignMember) (list []CampaignClass) {
	waiting := make(map[int64]bool, len(asked))
	for _, m := range asked {
		waiting[int64(m.Member)] = m.Waiting
	}
	index := map[CampaignClass]int{}
	for _, r := range rows {
		waits, met := waiting[int64(r.ID)]
		if !met {
			continue
		}
		key := CampaignClass{Class: r.Class, Role: r.Role}
		at, known := index[key]
		if !known {
			at = len(list)
			index[key], list = at, append(list, key)
		}
		if list[at].Asked++; waits {
			list[at].Waiting++
		}
	}
	slices.SortFunc(list, func(x, y CampaignClass) int {
		if (x.Class == "") != (y.Class == "") {
			return cmp.Compare(y.Class, x.Class)
		}
		return cmp.Or(cmp.Compare(x.Class, y.Class), cmp.Compare(x.Role, y.Role))
	})
	return list
}

// campaignMail begins the names of letters about a campaign; the day is part of
// them, so that nobody is reminded twice on one.
const campaignMail = "campaign/"

// RemindCampaign queues a letter to those of the actor's schools who have not
// renewed and have an address, once a day and school, and returns to how many.
func (a *App) RemindCampaign(ctx context.Context, who Actor, id int64) (n int, err error) {
	if err := a.noMail(); err != nil {
		return 0, err
	}
	v, err := a.Campaign(ctx, who, id)
	if err != nil {
		return 0, err
	}
	if !v.Stopped.IsZero() {
		return 0, invalid("Cette campagne est arrêtée\u00a0: il n’y a plus rien à rappeler.", "This campaign is stopped: there is nothing to remind of.")
	}
	for _, s := range v.Schools {
		if s.Waiting == 0 {
			continue
		}
		sent, err := a.remindWaiting(ctx, who, v.Campaign, s)
		if n += sent; err != nil {
			return n, err
		}
	}
	a.posted()
	return n, nil
}

// remindWaiting queues the letters to the people of one school.
func (a *App) remindWaiting(ctx context.Context, who Actor, c store.Campaign, s CampaignSchool) (n int, err error) {
	uai := s.CampaignSchool.School
	err = a.do(ctx, who, act{"campaign.remind", logOf(uai), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		n = 0
		m := store.Mailing{Kind: store.MailAccount}
		if sc, err := a.gate.Load().School(uai); err == nil {
			m.Place = sc.Territory()
		}
		day, b := now.In(a.zone("Europe/Paris")).Format(time.DateOnly), newBracket(tx, now)
		for _, where := range []store.CampaignOutcome{store.CampaignAsked, store.CampaignElsewhere} {
			m.Name = fmt.Sprintf("%s%d/%s/%s/%d", campaignMail, c.ID, uai, day, where)
			m.French, m.English = renewalLetter(s.Name, where == store.CampaignElsewhere)
			written, err := remindThem(b, m, c.ID, uai, where)
			if n += written; err != nil {
				return "", "", err
			}
		}
		if n == 0 {
			return campaignSubject(c.ID), "nobody to write to, or written to today", nil
		}
		return campaignSubject(c.ID), b.detail(), nil
	})
	return n, err
}

// remindThem queues one letter, unless it left today, and returns to how many.
func remindThem(b *bracket, m store.Mailing, campaign int64, uai school.UAI, asked store.CampaignOutcome) (int, error) {
	sent, err := b.tx.Mailed(m.Name)
	if err != nil || sent {
		return 0, err
	}
	people, err := b.tx.CampaignWaiting(campaign, uai, asked)
	to := addressed(people)
	if err != nil || len(to.to) == 0 {
		return 0, err
	}
	return len(to.to), b.add(m, to)
}

// renewalLetter tells that a new password is asked, and carries no link that a
// stranger could imitate. elsewhere is for who has the password at a sign-in service.
func renewalLetter(name string, elsewhere bool) (french, english store.MailText) {
	steps, choose := "1. Prenez le billet que l’établissement vous a remis, à vous ou à votre enfant. Si vous ne l’avez pas, demandez-le à l’établissement.\n"+
		"2. Ouvrez la messagerie comme d’habitude et recopiez le code du billet.\n"+
		"3. Choisissez un mot de passe que vous n’utilisez nulle part ailleurs.\n\n",
		"1. Take the slip that the school gave to you or to your child. If you do not have it, ask the school for it.\n"+
			"2. Open messaging as usual and copy the code of the slip.\n"+
			"3. Choose a password that you use nowhere else.\n\n"
	if elsewhere {
		steps = "1. Changez votre mot de passe au service par lequel vous vous connectez à la messagerie (votre ENT, ÉduConnect, le portail des agents). L’établissement sait où cela se fait.\n" +
			"2. Ouvrez la messagerie comme d’habitude et connectez-vous avec le nouveau mot de passe. Vous n’avez besoin d’aucun billet.\n\n"
		choose = "1. Change your password at the service by which you sign in to messaging (your ENT, ÉduConnect, the agents’ portal). The school knows where that is done.\n" +
			"2. Open messaging as usual and sign in with the new password. You need no slip.\n\n"
	}
	french = frenchText(store.MailText{
		Subject: "Un nouveau mot de passe pour la messagerie de l’établissement",
		Body: "Bonjour,\n\n" + name + " demande à ses membres de choisir un nouveau mot de passe pour la messagerie, parce que des mots de passe ont été volés. " +
			"Vous n’avez rien fait de mal.\n\n" +
			"Ce que vous avez à faire :\n" +
			steps +
			"Ce courriel ne contient exprès aucun lien, et personne ne vous demandera votre mot de passe ni votre code par courriel ou par téléphone.",
	})
	english = store.MailText{
		Subject: "A new password for your school’s messaging",
		Body: "Hello,\n\n" + name + " asks its members to choose a new password for messaging, because passwords were stolen. " +
			"You have done nothing wrong.\n\n" +
			"What you have to do:\n" +
			choose +
			"This e-mail has no link on purpose, and nobody will ever ask you for your password or your code by e-mail or telephone.",
	}
	return french, english
}
