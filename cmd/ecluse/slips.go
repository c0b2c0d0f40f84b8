package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/slip"
)

// slipsCmd prints slips on the machine itself: the first ones, for heads who have
// no password yet.
type slipsCmd struct {
	School   string   `arg:"" help:"The school's code, such as 0790001X."`
	Out      string   `arg:"" help:"The PDF to write; it never replaces another."`
	Role     []string `help:"For whom: pupil, guardian, teacher, staff, head, adults or everyone." default:"head"`
	All      bool     `help:"Also for those who have a password that is not to be renewed."`
	Days     int      `help:"How long they hold." default:"14"`
	Address  string   `required:"" help:"Of this installation's pages, such as https://ecluse.example." placeholder:"URL"`
	Database string   `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run prints the slips. The file is made first, so that no slip is spent on one that
// cannot be written.
func (c slipsCmd) Run(io *streams) error {
	roles, err := school.ParseRoles(c.Role)
	if err != nil {
		return usageError{err.Error()}
	}
	out, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing the slips: %w", err)
	}
	order := ecluse.SlipOrder{SlipFilter: ecluse.SlipFilter{School: school.UAI(c.School), Roles: roles, All: c.All}, Days: c.Days}
	err = withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) error { return c.print(ctx, app, order, out) })
	if closing := out.Close(); err != nil || closing != nil {
		os.Remove(c.Out)
		return fmt.Errorf("printing slips: %w", orElse(err, closing))
	}
	_, err = fmt.Fprintf(io.out, "The slips are in %s: print it, then delete it. It is the only trace of the codes.\n", c.Out)
	return err
}

func (c slipsCmd) print(ctx context.Context, app *ecluse.App, order ecluse.SlipOrder, out *os.File) error {
	printed, err := app.PrintSlips(ctx, operator, order)
	if err != nil {
		return err
	}
	sc, loc, err := app.School(order.School)
	if err != nil {
		return err
	}
	last := printed[0].Slip.LastDay().In(loc)
	sheet := slip.Sheet{School: sc.Name, Address: c.Address + "/renew", Printed: printed[0].Slip.Printed, Until: last.Format("02/01/2006")}
	for _, s := range printed {
		sheet.Slips = append(sheet.Slips, slip.Slip{Class: s.Class, Name: s.Name, Login: s.Login, Code: s.Code})
	}
	if err := slip.Write(out, sheet); err != nil {
		return err
	}
	return out.Sync()
}
