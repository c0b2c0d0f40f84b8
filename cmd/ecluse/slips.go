package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"

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
	if u, err := url.Parse(c.Address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return usageError{fmt.Sprintf("--address %q is no address of pages: write it as https://ecluse.example", c.Address)}
	}
	out, err := createOutput("slips", c.Out)
	if err != nil {
		return err
	}
	order := ecluse.SlipOrder{SlipFilter: ecluse.SlipFilter{School: school.UAI(c.School), Roles: roles, All: c.All}, Days: c.Days}
	err = withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) error { return c.print(ctx, app, order, out) })
	if closing := out.Close(); err != nil || closing != nil {
		os.Remove(c.Out)
		return fmt.Errorf("printing slips: %w", stopped("printing", c.Out, orElse(err, closing)))
	}
	_, err = fmt.Fprintf(io.out, "The slips are in %s: print it, then delete it. It is the only trace of the codes.\n", c.Out)
	return err
}

func (c slipsCmd) print(ctx context.Context, app *ecluse.App, order ecluse.SlipOrder, out *os.File) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	sc, loc, err := app.School(order.School)
	if err != nil {
		return fmt.Errorf("there is no school %s in this database: check its code", order.School)
	}
	printed, err := app.PrintSlips(ctx, operator, order)
	if err != nil {
		return err
	}
	last := printed[0].Slip.LastDay().In(loc)
	sheet := slip.Sheet{School: sc.Name, Address: strings.TrimSuffix(c.Address, "/") + "/renew", Printed: printed[0].Slip.Printed, Until: last.Format("02/01/2006")}
	for _, s := range printed {
		sheet.Slips = append(sheet.Slips, slip.Slip{Class: s.Class, Name: s.Name, Login: s.Login, Code: s.Code})
	}
	if err := slip.Write(out, sheet); err != nil {
		return err
	}
	return out.Sync()
}
