package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/carehub/carehub/server/export"
)

// exportCommand writes data for other systems.
type exportCommand struct {
	FHIR exportFHIR `cmd:"" name:"fhir" help:"One patient as a FHIR R4 bundle, or everything as the files of FHIR Bulk Data. Each patient's audit trail says so."`
}

type exportFHIR struct {
	database
	Patient   string `required:"" xor:"what" placeholder:"ID" help:"One patient: patient_... or SYSTEM|VALUE, as a transaction bundle."`
	Bulk      string `required:"" xor:"what" placeholder:"DIR" help:"Everything: a new folder with one file of JSON lines per type of resource."`
	Out       string `placeholder:"FILE" help:"New file for the bundle; otherwise it goes to standard output."`
	Recipient string `placeholder:"TEXT" help:"To whom the data goes, for the audit log."`
	Purpose   string `placeholder:"TEXT" help:"Why, for the audit log."`
}

// Run exports. The exit code is 2 when there is nothing to export.
func (e *exportFHIR) Run(ctx context.Context, io *streams) (err error) {
	if e.Bulk != "" && e.Out != "" {
		return errors.New("--out is for one patient; --bulk names its folder itself")
	}
	db, err := opened(ctx, e.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	why := export.Disclosure{Recipient: e.Recipient, Purpose: e.Purpose}
	if e.Bulk != "" {
		counts, err := export.Bulk(ctx, db.Client, e.Bulk, why)
		return said(io.err, counts, err)
	}
	key, found, err := export.Find(ctx, db.Client, e.Patient)
	switch {
	case err != nil:
		return err
	case !found:
		return said(io.err, nil, nil)
	case e.Out == "":
		_, err = export.Bundle(ctx, db.Client, io.out, key, why)
		return err
	}
	counts, err := export.BundleFile(ctx, db.Client, e.Out, key, why)
	return said(io.err, counts, err)
}

// said tells what was written.
func said(w io.Writer, counts export.Counts, err error) error {
	switch {
	case err != nil:
		return err
	case len(counts) == 0:
		fmt.Fprintln(w, "nothing found to export")
		return outcome(2)
	}
	fmt.Fprint(w, counts)
	return nil
}
