// Command server is Carehub: one process that serves the API, the playground and the tools of its operator.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // containers without a zone database know the zones of patients too

	"github.com/alecthomas/kong"
)

// cli is the command line: each command is a field, each flag has an environment twin.
type cli struct {
	Serve  serveCommand  `cmd:"" default:"withargs" help:"Serve the API and the playground (default)."`
	Schema schemaCommand `cmd:"" help:"Print the contract as a persona sees it."`
	Token  tokenCommand  `cmd:"" help:"Print a token of a demo identity."`
	Import importCommand `cmd:"" help:"Take in data from outside."`
	Export exportCommand `cmd:"" help:"Write data for other systems."`
	// Migrate is of use where migrations run before the servers; a server migrates at its start as well.
	Migrate migrateCommand `cmd:"" help:"Bring the database to the newest schema."`
	Audit   auditCommand   `cmd:"" help:"Work on the audit log."`
	Doctor  doctorCommand  `cmd:"" help:"Check configuration and database."`
}

// outcome is an error that only sets the exit code: what there is to say has been said.
type outcome int

// Error implements error.
func (o outcome) Error() string { return fmt.Sprintf("exit code %d", int(o)) }

func main() { process(context.Background()) }

// process is the whole process; the clock of the context is its clock.
func process(ctx context.Context) {
	// Lists make much short-lived memory; collecting it less often is worth more than the memory it takes.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2 << 30)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	var code outcome
	switch {
	case errors.As(err, &code):
		os.Exit(int(code)) //nolint:gocritic // the process ends, and with it what was deferred
	case err != nil:
		fmt.Fprintln(os.Stderr, "carehub:", err)
		os.Exit(1)
	}
}

// run parses the arguments and runs the command they name.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("carehub"),
		kong.Description("The open GraphQL backend for pharma patient services."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&streams{stdout, stderr}),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return outcome(exit)
	}
	if err != nil {
		return err
	}
	return command.Run()
}

// streams is where a command writes: its result to out, what it has to say to err.
type streams struct{ out, err io.Writer }
