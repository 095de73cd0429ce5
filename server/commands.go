package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/view"
	"github.com/carehub/carehub/server/auth"
	"github.com/carehub/carehub/server/demo"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/playground"
	"github.com/carehub/carehub/server/secret"
)

// Run serves until the process is told to stop.
func (s *serveCommand) Run(ctx context.Context, io *streams) error {
	log := logger(io.err)
	v, err := newServer(ctx, s, log)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return errors.Join(err, v.close(ctx))
	}
	s.welcome(io.err, listener.Addr().String())
	return errors.Join(v.serve(ctx, listener), v.close(ctx))
}

// logger writes text for people at a terminal and JSON elsewhere.
func logger(w io.Writer) *slog.Logger {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}

// welcome says where to go and how to get in.
func (s *serveCommand) welcome(w io.Writer, address string) {
	fmt.Fprintf(w, "\nCarehub serves on http://%s (GraphQL at /graphql, playground at /)\n", address)
	if s.demo() {
		fmt.Fprintf(w, "Demo identities sign in there; a token for a client: go run ./server token --as liaison\n")
	}
	if !playground.Built() {
		fmt.Fprintf(w, "The playground is a plain console until it is built: %s\n", playground.BuildCommand)
	}
	fmt.Fprintln(w)
}

// schemaCommand prints a view of the contract.
type schemaCommand struct {
	Persona string `required:"" enum:"patient,provider,liaison,coordinator,staff,analyst,admin" placeholder:"PERSONA" help:"One of ${enum}."`
}

// Run prints the SDL alone.
func (s *schemaCommand) Run(io *streams) error {
	views, err := view.Build(graph.Contract())
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(io.out, views[viewer.Persona(strings.ToUpper(s.Persona))].SDL)
	return err
}

// tokenCommand prints a token of a demo identity, from the secret alone.
type tokenCommand struct {
	secretFile
	As string `required:"" placeholder:"NAME" help:"Demo identity: liaison, provider, patient, coordinator, analyst, ..."`
}

// Run prints the token alone.
func (t *tokenCommand) Run(io *streams) error {
	who, ok := demo.Find(t.As)
	if !ok {
		return fmt.Errorf("no demo identity %q", t.As)
	}
	keys, err := secret.LoadOrCreate(t.SecretFile)
	if err != nil {
		return err
	}
	issuer, err := auth.NewDemo(keys.DemoKey())
	if err != nil {
		return err
	}
	token, _, err := issuer.Token(who.Name, string(who.Portal), time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, token)
	return err
}

// importCommand takes in outside data.
type importCommand struct {
	FHIR       importing `cmd:"" name:"fhir" help:"FHIR R4: bundles, single resources, bulk exports (.ndjson)."`
	SyntheaCSV importing `cmd:"" name:"synthea-csv" help:"The CSV export of Synthea."`
	Trials     importing `cmd:"" help:"Studies of ClinicalTrials.gov, as JSON (API versions 1 and 2) or legacy XML."`
	NPPES      importing `cmd:"" name:"nppes" help:"The public register of health care providers (NPPES)."`
	CDISC      importing `cmd:"" name:"cdisc" help:"Trials and their subjects, as CDISC datasets in Dataset-JSON 1.1."`
	MedQuAD    importing `cmd:"" name:"medquad" help:"Answers to questions of patients, as drafts of education."`
	Labels     importing `cmd:"" help:"Labels of drugs (SPL, openFDA, sections as text), as drafts."`
	Inquiries  importing `cmd:"" help:"Questions of patients (MeQSum), as cases."`
	Staff      importing `cmd:"" help:"Staff, territories, clients and products from YAML."`
}

// importing is what all importers have in common.
type importing struct {
	database
	DryRun bool     `help:"Tell what would happen, and change nothing."`
	Errors string   `default:"import-errors.jsonl" placeholder:"PATH" help:"File that lists what was not taken in (${default})"`
	Paths  []string `arg:"" name:"path" help:"Files or folders; .gz, .tar.gz and .zip are read as they are."`
}

// importers are the importers by their commands' names.
var importers = map[string]func(context.Context, *ent.Client, intake.Options, ...string) (intake.Report, error){
	"fhir":        intake.FHIR,
	"synthea-csv": intake.SyntheaCSV,
	"trials":      intake.Trials,
	"nppes":       intake.NPPES,
	"cdisc":       intake.CDISC,
	"medquad":     intake.MedQuAD,
	"labels":      intake.Labels,
	"inquiries":   intake.Inquiries,
	"staff":       intake.Staff,
}

// Run opens the database and runs the importer. The exit code is 2 when nothing was accepted.
func (i *importing) Run(ctx context.Context, io *streams, command *kong.Context) (err error) {
	db, err := opened(ctx, i.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	list, err := os.OpenFile(i.Errors, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	terminal, ok := io.err.(*os.File)
	report, err := importers[command.Selected().Name](ctx, db.Client, intake.Options{
		DryRun: i.DryRun, Version: version(), Errors: list, Progress: io.err, Terminal: ok && term.IsTerminal(int(terminal.Fd())),
	}, i.Paths...)
	if err != nil {
		return err
	}
	if err := report.Print(io.out); err != nil {
		return err
	}
	if exit := report.ExitCode(); exit != 0 {
		return outcome(exit)
	}
	return nil
}

// migrateCommand brings the database to the newest schema.
type migrateCommand struct{ database }

// Run migrates.
func (m *migrateCommand) Run(ctx context.Context, io *streams) error {
	db, err := opened(ctx, m.Database)
	if err != nil {
		return err
	}
	fmt.Fprintln(io.err, "the database is at the newest schema")
	return db.Close()
}

// opened opens the database and brings it to the newest schema.
func opened(ctx context.Context, url string) (*store.Store, error) {
	db, err := store.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// auditCommand works on the audit log.
type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check that no row of the audit log was changed, added or removed."`
}

type auditVerify struct{ database }

// Run verifies every chain. The exit code is 1 when one is broken.
func (a *auditVerify) Run(ctx context.Context, io *streams) error {
	db, err := store.Open(ctx, a.Database)
	if err != nil {
		return err
	}
	report, err := audit.Verify(ctx, db.Client)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	for _, c := range report.Chains {
		state := "ok"
		if c.Fault != nil {
			state = c.Fault.Error()
		}
		fmt.Fprintf(io.out, "shard %2d  rows %d to %d  head %x  %s\n", c.Shard, c.Floor+1, c.Seq, c.Hash, state)
	}
	return report.Err()
}

// doctorCommand checks what a server would start with.
type doctorCommand struct{ serveCommand }

// Run prints every finding. The exit code is 1 when there is one.
func (d *doctorCommand) Run(ctx context.Context, io *streams) error {
	var findings []string
	if err := d.check(); err != nil {
		findings = append(findings, strings.Split(err.Error(), "\n")...)
	}
	if _, err := secret.Load(d.SecretFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		findings = append(findings, err.Error())
	}
	findings = append(findings, d.examine(ctx)...)
	for _, f := range findings {
		fmt.Fprintln(io.out, f)
	}
	if len(findings) > 0 {
		return outcome(1)
	}
	fmt.Fprintln(io.out, "all is well")
	return nil
}

// examine returns what is wrong with the database.
func (d *doctorCommand) examine(ctx context.Context) []string {
	if path, ok := strings.CutPrefix(d.Database, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return []string{"there is no database at " + path} // opening it would make it
		}
	}
	db, err := store.Open(ctx, d.Database)
	if err != nil {
		return []string{err.Error()}
	}
	findings, err := db.Check(ctx)
	if err = errors.Join(err, db.Close()); err != nil {
		findings = append(findings, err.Error())
	}
	return findings
}
