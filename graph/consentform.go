package graph

import (
	"context"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// houseLocale is the language in which every form exists first.
const houseLocale = "en-US"

// ConsentForm resolves Query.consentForm.
func (r queryResolver) ConsentForm(ctx context.Context, scope code.ConsentScope, programID, patientID *gid.ID) (*ent.ConsentForm, error) {
	patient := viewer.From(ctx).AccountKey
	if viewer.From(ctx).Role != viewer.Patient || patientID != nil {
		if patientID == nil {
			return nil, fault.Input("patientId", "say for whom")
		}
		if err := r.seesPatient(ctx, *patientID); err != nil {
			return nil, err
		}
		patient = patientID.UUID
	}
	var program *uuid.UUID
	if programID != nil {
		if err := expect(*programID, "program", "programId"); err != nil {
			return nil, err
		}
		program = &programID.UUID
	}
	return formFor(ctx, r.Client, patient, scope, program, clock.Now(ctx))
}

// formFor returns the form that is in force at the moment; nil where there is none.
func (c *change) formFor(patient uuid.UUID, scope code.ConsentScope, program *uuid.UUID, at time.Time) (*ent.ConsentForm, error) {
	return formFor(c, c.tx.Client(), patient, scope, program, at)
}

// formFor returns the approved form of the scope that is in force at the moment: the program's own before that of
// all, and of those the first in the patient's chain of languages, in its latest edition. Nil where there is none.
func formFor(ctx context.Context, client *ent.Client, patient uuid.UUID, scope code.ConsentScope, program *uuid.UUID, at time.Time) (*ent.ConsentForm, error) {
	ctx = viewer.System(ctx, "form of a consent")
	account, err := client.Account.Get(ctx, patient)
	if err != nil {
		return nil, err
	}
	query := client.ConsentForm.Query().Where(
		consentform.ScopeEQ(scope), consentform.StatusEQ(code.FormStatusApproved),
		consentform.EffectiveFromLTE(at), consentform.Or(consentform.EffectiveToIsNil(), consentform.EffectiveToGT(at)),
	).Order(consentform.ByEdition(sql.OrderDesc()), consentform.ByID())
	if program != nil {
		query.Where(consentform.Or(consentform.ProgramID(*program), consentform.ProgramIDIsNil()))
	} else {
		query.Where(consentform.ProgramIDIsNil())
	}
	forms, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, ofProgram := range []bool{true, false} {
		for _, speaks := range languages(account.Locale) {
			i := slices.IndexFunc(forms, func(f *ent.ConsentForm) bool { return (f.ProgramID != nil) == ofProgram && speaks(f.Locale) })
			if i >= 0 {
				return forms[i], nil
			}
		}
	}
	return nil, nil //nolint:nilnil // there is no form
}

// languages is the chain in which a text is looked for: in the very locale, in the language without a region, in
// the language of another region, and in that of the house.
func languages(locale string) []func(string) bool {
	language, _, _ := strings.Cut(locale, "-")
	return []func(string) bool{
		func(other string) bool { return strings.EqualFold(other, locale) },
		func(other string) bool { return strings.EqualFold(other, language) },
		func(other string) bool {
			region, _, _ := strings.Cut(other, "-")
			return strings.EqualFold(region, language)
		},
		func(other string) bool { return strings.EqualFold(other, houseLocale) },
	}
}
