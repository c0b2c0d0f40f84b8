// Command ecluse is a messaging service for schools and the lock on it: orders
// say who may write, where and when, and that is what happens, to the second.
//
// Exit status: 0 done, 1 refused or not found, 2 wrong usage.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // the zones travel with the binary

	"github.com/alecthomas/kong"
)

// commands is the command line; each field's struct stands in the file of its name.
type commands struct {
	Demo     demoCmd     `cmd:"" help:"Show Écluse on an invented part of a département."`
	Serve    serveCmd    `cmd:"" help:"Run Écluse."`
	Proxy    proxyCmd    `cmd:"" help:"Close a messaging in place: stand in front of it and end what is live."`
	Config   configCmd   `cmd:"" help:"Print a sample configuration."`
	Import   importCmd   `cmd:"" help:"Import schools and people from a folder of CSV files."`
	Order    orderCmd    `cmd:"" help:"Check, explain and simulate orders."`
	Hours    hoursCmd    `cmd:"" help:"Read, evaluate and explain opening hours."`
	Calendar calendarCmd `cmd:"" help:"Read and show holidays."`
	Journal  journalCmd  `cmd:"" help:"Verify the journal of every act."`
	Explain  explainCmd  `cmd:"" help:"Say what an enforcement point would be told about a person."`
	Point    pointCmd    `cmd:"" help:"Keep the enforcement points: who may ask the gate."`
	Feed     feedCmd     `cmd:"" help:"Found, sign and check a feed of orders that other installations follow."`
	Follower followerCmd `cmd:"" help:"Carry the schools' answers from an installation that follows to the one above."`

	Credentials credentialsCmd `cmd:"" help:"Know the passwords that thieves know: leaked ones, and lists of stolen accounts."`

	Evidence evidenceCmd `cmd:"" help:"Verify what was kept of a frozen account."`

	Campaign campaignCmd `cmd:"" help:"Ask many people for a new password, and see who has renewed it."`

	Slips slipsCmd `cmd:"" help:"Print slips whose codes set passwords: the first ones, for heads."`

	Version versionCmd `cmd:"" help:"Print the version."`
}

// streams are the three of a process, handed in so that tests have their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// usageError is wrong usage that only the command itself could notice.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func main() {
	os.Exit(run(os.Args[1:], &streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// run carries out one command line and returns its exit status.
func run(args []string, io *streams) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("ecluse"),
		kong.Description("A messaging service for schools, and the lock on it."),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(io),
	)
	if err != nil {
		fmt.Fprintln(io.err, "ecluse: building the command line:", err)
		return 2
	}
	ctx, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help was printed
	}
	if err != nil {
		fmt.Fprintf(io.err, "ecluse: %v (see ecluse --help)\n", err)
		return 2
	}
	return status(io, ctx.Run(io))
}

// status prints an error as one sentence and turns it into an exit status.
func status(io *streams, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(io.err, "ecluse:", err)
	if usage := (usageError{}); errors.As(err, &usage) {
		return 2
	}
	return 1
}
