package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// campaignCmd asks many people for a new password (docs/campaigns.md). Whoever runs
// the machine may ask in every school; the journal names "command".
type campaignCmd struct {
	Start campaignStartCmd `cmd:"" help:"Ask people for a new password and end their sessions."`
	List  campaignListCmd  `cmd:"" help:"Show all campaigns."`
	Show  campaignShowCmd  `cmd:"" help:"Show how far one is, school by school."`
	End   campaignEndCmd   `cmd:"" help:"Stop one: who has not renewed keeps the old password."`
}

// operator is who acts on the machine itself.
var operator = ecluse.Actor{Part: "command", Office: account.Office{Territory: "FR"}}

type campaignStartCmd struct {
	In       string   `required:"" help:"A school or a territory, such as 0790001X or FR/13/079."`
	Role     []string `help:"Whom: pupil, guardian, teacher, staff, head, adults or everyone." default:"everyone"`
	Class    string   `help:"Only this class of the school, with its guardians and teachers." placeholder:"NAME"`
	Since    string   `required:"" help:"Who has changed the password since then is not asked: 2024-03-28, or 2024-03-28T18:00, in Paris." placeholder:"DATE"`
	List     string   `help:"Only the logins of this file, one a line; - reads them from the input." placeholder:"FILE"`
	DryRun   bool     `help:"Say whom it would ask, and do nothing."`
	Database string   `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON     bool     `help:"Print JSON."`
}

// Run starts the campaign and takes it to its end. Interrupted or killed, it goes on
// by itself wherever Écluse runs on the database.
func (c campaignStartCmd) Run(s *streams) error {
	wish, err := c.wish(s)
	if err != nil {
		return err
	}
	return withApp(s, c.Database, func(ctx context.Context, app *ecluse.App) error {
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		if err := c.place(ctx, app, &wish); err != nil {
			return err
		}
		plan, err := app.PlanCampaign(ctx, operator, wish)
		if err != nil {
			return err
		}
		if c.DryRun {
			return tellPlan(s, c.JSON, 0, plan)
		}
		id, err := app.StartCampaign(ctx, operator, wish)
		if err != nil {
			return err
		}
		if err := app.RunCampaigns(ctx); errors.Is(err, context.Canceled) {
			return fmt.Errorf("campaign %d has begun and is not done: it goes on where Écluse runs on this database", id)
		} else if err != nil {
			return fmt.Errorf("campaign %d has begun, and goes on where Écluse runs on this database: %w", id, err)
		}
		return tellPlan(s, c.JSON, id, plan)
	})
}

// wish reads what needs no database.
func (c campaignStartCmd) wish(s *streams) (w ecluse.CampaignWish, err error) {
	if w.Roles, err = school.ParseRoles(c.Role); err != nil {
		return w, usageError{err.Error()}
	}
	if w.Since, err = paris(c.Since); err != nil {
		return w, err
	}
	if c.List == "" {
		return w, nil
	}
	list := s.in
	if c.List != "-" {
		file, err := openInput("list", c.List)
		if err != nil {
			return w, err
		}
		defer file.Close()
		list = file
	}
	if w.Logins, err = ecluse.ReadLogins(io.LimitReader(list, longestList)); err != nil {
		return w, fmt.Errorf("reading %s: %w", c.List, err)
	}
	return w, nil
}

// longestList bounds a list of logins, in bytes.
const longestList = 16 << 20

// paris is a day, or an instant, by the clock of Paris.
func paris(written string) (time.Time, error) {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return time.Time{}, err
	}
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04"} {
		if at, err := time.ParseInLocation(form, written, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usageError{fmt.Sprintf("--since %q is no date: write it as 2024-03-28 or 2024-03-28T18:00", written)}
}

// place finds the school or territory, and the class by its name.
func (c campaignStartCmd) place(ctx context.Context, app *ecluse.App, w *ecluse.CampaignWish) error {
	in := strings.ToUpper(c.In)
	sc, _, err := app.School(school.UAI(in))
	if err != nil {
		w.Territory, err = school.ParseTerritory(in)
		switch {
		case err != nil:
			return usageError{fmt.Sprintf("--in %q is neither a school of this database nor a territory, such as FR/13/079", c.In)}
		case c.Class != "":
			return usageError{fmt.Sprintf("--in %q is a territory, and --class is of one school: name the school", c.In)}
		}
		return nil
	}
	w.Territory = sc.Territory()
	if c.Class == "" {
		return nil
	}
	classes, err := app.Classes(ctx, operator, sc.UAI)
	at := slices.IndexFunc(classes, func(k message.Class) bool { return k.Name == c.Class })
	if err == nil && at < 0 {
		err = usageError{fmt.Sprintf("%s has no class %q: write its name as the import did", sc.UAI, c.Class)}
	}
	if err == nil {
		w.Class = classes[at].ID
	}
	return err
}

// planResult is what a campaign does, in places of people: somebody of two schools
// counts in both.
type planResult struct {
	Campaign  int64            `json:"campaign,omitempty"` // "": a dry run
	Territory school.Territory `json:"territory"`
	Since     time.Time        `json:"since"`
	Schools   int              `json:"schools"`
	Asked     int              `json:"asked"`
	Elsewhere int              `json:"at_their_service"`
	Never     int              `json:"never_active"`
	Changed   int              `json:"changed_since"`
	Before    int              `json:"asked_before"`
	Above     int              `json:"above"`
	Unknown   []string         `json:"unknown,omitempty"`
}

func tellPlan(s *streams, asJSON bool, id int64, p ecluse.CampaignPlan) error {
	of := p.Total.Of
	r := planResult{id, p.Territory, p.Since, len(p.Schools), of(store.CampaignAsked), of(store.CampaignElsewhere), of(store.CampaignNeverActive),
		of(store.CampaignChanged), of(store.CampaignAskedBefore), of(store.CampaignAbove), p.Unknown}
	if asJSON {
		return showJSON(s, r)
	}
	if id == 0 {
		fmt.Fprintln(s.out, "Nothing was done. This campaign would meet:")
	} else {
		fmt.Fprintf(s.out, "Campaign %d is done:\n", id)
	}
	_, err := fmt.Fprintf(s.out, "asked for a new password   %8d\nasked, at their service    %8d\nnever active               %8d\n"+
		"changed since the date     %8d\nasked before               %8d\nof an office above         %8d\nin schools                 %8d\n",
		r.Asked, r.Elsewhere, r.Never, r.Changed, r.Before, r.Above, r.Schools)
	if len(r.Unknown) > 0 {
		_, err = fmt.Fprintf(s.out, "Nobody there has these logins: %s\n", strings.Join(r.Unknown, " "))
	}
	return err
}

type campaignListCmd struct {
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON     bool   `help:"Print JSON."`
}

// Run shows the campaigns, the newest first.
func (c campaignListCmd) Run(s *streams) error {
	return withApp(s, c.Database, func(ctx context.Context, app *ecluse.App) error {
		list, err := app.Campaigns(ctx, operator)
		if err != nil {
			return err
		}
		results := []campaignResult{}
		for _, v := range list {
			results = append(results, resultOf(v))
		}
		if c.JSON {
			return showJSON(s, results)
		}
		w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "campaign\tterritory\tstarted\tstate\trenewed\tasked")
		for _, r := range results {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%d\n", r.Campaign, r.Territory, r.Started.Format(time.DateTime), r.State, r.Renewed, r.Asked)
		}
		return w.Flush()
	})
}

// campaignResult is how far a campaign is.
type campaignResult struct {
	Campaign  int64            `json:"campaign"`
	Territory school.Territory `json:"territory"`
	Since     time.Time        `json:"since"`
	Started   time.Time        `json:"started"`
	State     string           `json:"state"` // beginning, going on, stopped
	Asked     int              `json:"asked"`
	Renewed   int              `json:"renewed"`
	Schools   []schoolResult   `json:"schools,omitempty"`
}

type schoolResult struct {
	School  school.UAI `json:"school"`
	Name    string     `json:"name"`
	Asked   int        `json:"asked"`
	Renewed int        `json:"renewed"`
}

func resultOf(v ecluse.CampaignView) campaignResult {
	sum := v.Sum()
	r := campaignResult{Campaign: v.ID, Territory: v.Territory, Since: v.Since, Started: v.Started, State: "beginning", Asked: sum.Asked, Renewed: sum.Asked - sum.Waiting}
	switch {
	case !v.Stopped.IsZero():
		r.State = "stopped"
	case !v.Finished.IsZero():
		r.State = "going on"
	}
	return r
}

type campaignShowCmd struct {
	Campaign string `arg:"" help:"Its number, as \"ecluse campaign list\" shows it."`
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON     bool   `help:"Print JSON."`
}

// Run shows one campaign. Names of people stay with their schools.
func (c campaignShowCmd) Run(s *streams) error {
	id, err := campaignID(c.Campaign)
	if err != nil {
		return err
	}
	return withApp(s, c.Database, func(ctx context.Context, app *ecluse.App) error {
		v, err := app.Campaign(ctx, operator, id)
		if err != nil {
			return err
		}
		r := resultOf(v)
		for _, one := range v.Schools {
			r.Schools = append(r.Schools, schoolResult{one.School, one.Name, one.Asked, one.Asked - one.Waiting})
		}
		if c.JSON {
			return showJSON(s, r)
		}
		fmt.Fprintf(s.out, "Campaign %d, %s, started %s, %s: %d of %d have renewed.\n", r.Campaign, r.Territory, r.Started.Format(time.DateTime), r.State, r.Renewed, r.Asked)
		w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
		for _, one := range r.Schools {
			fmt.Fprintf(w, "%s\t%s\t%d of %d\n", one.School, one.Name, one.Renewed, one.Asked)
		}
		return w.Flush()
	})
}

type campaignEndCmd struct {
	Campaign string `arg:"" help:"Its number, as \"ecluse campaign list\" shows it."`
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run stops one.
func (c campaignEndCmd) Run(s *streams) error {
	id, err := campaignID(c.Campaign)
	if err != nil {
		return err
	}
	return withApp(s, c.Database, func(ctx context.Context, app *ecluse.App) error {
		if err := app.StopCampaign(ctx, operator, id); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.out, "Campaign %d is stopped: who has not renewed keeps a password that somebody else may know.\n", id)
		return err
	})
}

func campaignID(written string) (int64, error) {
	id, err := strconv.ParseInt(written, 10, 64)
	if err != nil {
		return 0, usageError{fmt.Sprintf("%q is no campaign: \"ecluse campaign list\" shows their numbers", written)}
	}
	return id, nil
}
