// Package intake takes outside data in: one file per format, and the frame that they share. The sources of a run
// are read one document at a time, each document is one transaction, and what was not taken in is listed. A run that
// was killed goes on where it stood.
package intake

import (
	"context"
	"io"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/server/intake/tally"
)

// Options say how a run goes.
type Options struct {
	// DryRun takes everything in and rolls it back: what is reported is what would happen. The whole run is one
	// transaction, so SQLite has no other writer meanwhile.
	DryRun bool
	// Version is that of the program. Only the same version takes up a run that was killed.
	Version string
	// Errors receives the error file: one JSON object per line for each record that was not taken in. A file on
	// disk is emptied first, or cut to what the run wrote that is taken up.
	Errors io.Writer
	// Progress receives the progress: a bar when Terminal is set, else JSON lines.
	Progress io.Writer
	Terminal bool
}

// Report is what became of all records of a run.
type Report = tally.Report

// An error of the following functions means that the run could not begin or go on; the report then covers the
// part that was committed.

// FHIR takes in bundles, single resources and bulk exports of FHIR R4: see package fhir for the rules.
func FHIR(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "fhir", paths, bundles)
}

// Staff takes in the company's people, their territories and clients: see package staff for the form.
func Staff(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "staff", paths, staffFiles)
}

// SyntheaCSV takes in the CSV export of Synthea: see package synthea for the rules.
func SyntheaCSV(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "synthea-csv", paths, syntheaTables)
}

// NPPES takes in the public register of health care providers: see package nppes for the rules.
func NPPES(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "nppes", paths, register)
}

// Trials takes in studies of ClinicalTrials.gov: see package trials for the rules.
func Trials(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "trials", paths, studyFiles)
}

// CDISC takes in trials and their subjects from Dataset-JSON: see package cdisc for the rules.
func CDISC(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "cdisc", paths, datasets)
}

// MedQuAD takes in answers to questions of patients as drafts of education: see package medquad for the rules.
func MedQuAD(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "medquad", paths, education)
}

// Labels takes in labels of drugs as drafts: see package labels for the rules.
func Labels(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	return execute(ctx, client, opts, "labels", paths, drugLabels)
}

// Inquiries takes in questions of patients as cases: see package inquiries for the rules. Nothing is written where
// routing would lead them nowhere.
func Inquiries(ctx context.Context, client *ent.Client, opts Options, paths ...string) (Report, error) {
	if err := routable(ctx, client); err != nil {
		return Report{}, err
	}
	return execute(ctx, client, opts, "inquiries", paths, questions)
}
