// Package export writes what Carehub holds of patients for other systems: one patient as a FHIR bundle, or all as
// the files of FHIR Bulk Data. Package fhir writes the resources.
//
// An export is a disclosure: it is in the audit log, one entry per patient, before the first byte leaves.
package export

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/viewer"
)

// Disclosure is to whom the data goes and why, as the audit log keeps it. Either may be empty.
type Disclosure struct{ Recipient, Purpose string }

func (d Disclosure) detail() string {
	var parts []string
	if d.Recipient != "" {
		parts = append(parts, "to "+d.Recipient)
	}
	if d.Purpose != "" {
		parts = append(parts, "for "+d.Purpose)
	}
	return strings.Join(parts, " ")
}

// operation names an export in the audit log.
const operation = "export fhir"

// system is the context of an export: nobody asks through the API, so no row rule applies.
func system(ctx context.Context) context.Context { return viewer.System(ctx, operation) }

// record writes the disclosure of patients to the audit log, one entry each.
func record(ctx context.Context, client *ent.Client, d Disclosure, patients []uuid.UUID) error {
	entries := make([]audit.Entry, len(patients))
	for i, key := range patients {
		of := []uuid.UUID{key}
		entries[i] = audit.Entry{
			Action: code.AuditActionRead, Operation: operation, Entity: ent.TypePatient, IDs: of, Patients: of, Detail: d.detail(),
		}
	}
	tx, err := client.Tx(ctx)
	if err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, entries...); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Counts is how many resources of each type were written.
type Counts map[string]int

// String lists the counts in the order of the types.
func (c Counts) String() string {
	var b strings.Builder
	for _, k := range kinds {
		if n := c[k.typ]; n > 0 {
			fmt.Fprintf(&b, "%8d  %s\n", n, k.typ)
		}
	}
	return b.String()
}

// Find returns the key of the patient that an identifier means: ours (patient_...), or SYSTEM|VALUE of another
// system. found is false where there is no such patient.
func Find(ctx context.Context, client *ent.Client, identifier string) (key uuid.UUID, found bool, err error) {
	ctx = system(ctx)
	prefix := (&ent.Patient{}).GlobalID().Prefix
	if system, value, external := strings.Cut(identifier, "|"); external {
		row, err := client.ExternalIdentifier.Query().Where(
			externalidentifier.Entity(prefix), externalidentifier.System(system), externalidentifier.Value(value)).Only(ctx)
		if ent.IsNotFound(err) {
			return uuid.Nil, false, nil
		}
		if err != nil {
			return uuid.Nil, false, err
		}
		return row.EntityID, true, nil
	}
	id, err := gid.Parse(nil, identifier)
	if err != nil || id.Prefix != prefix {
		return uuid.Nil, false, fmt.Errorf("%q is neither an identifier of a patient (%s_...) nor SYSTEM|VALUE", identifier, prefix)
	}
	found, err = client.Patient.Query().Where(patient.ID(id.UUID)).Exist(ctx)
	return id.UUID, found, err
}
