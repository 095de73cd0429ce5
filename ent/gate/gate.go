// Package gate reads what steps of enrollments wait for, and brings about what follows when a gate that was met is
// not met any more. Portal, staff, import and jobs all come through here: the hooks of the entities see to that.
package gate

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/predicate"
	"github.com/carehub/carehub/ent/requiredconsent"
	"github.com/carehub/carehub/ent/viewer"
)

// Activation reads what decides whether the patient may be active in the program now. The client may be a
// transaction's; everything is read as the system, for what a gate says does not depend on who asks.
func Activation(ctx context.Context, client *ent.Client, patient, program uuid.UUID, eligibility code.EligibilityDecision, now time.Time) (lifecycle.Activation, error) {
	ctx = viewer.System(ctx, "gates of an enrollment")
	a := lifecycle.Activation{Eligibility: eligibility}
	of, err := client.CareProgram.Get(ctx, program)
	if err != nil {
		return a, err
	}
	a.Program, a.CoverageRequired = of.Status, of.CoverageRequired
	if a.Required, err = Required(ctx, client, program); err != nil {
		return a, err
	}
	if len(a.Required) > 0 {
		if a.InForce, err = inForce(ctx, client, patient, program, now); err != nil {
			return a, err
		}
	}
	if a.CoverageRequired {
		a.Verified, err = verified(ctx, client, patient, now)
	}
	return a, err
}

// Required lists the consent scopes that the program demands, in the order of their names.
func Required(ctx context.Context, client *ent.Client, program uuid.UUID) ([]code.ConsentScope, error) {
	rows, err := client.RequiredConsent.Query().Where(requiredconsent.ProgramID(program)).Order(requiredconsent.ByScope()).
		All(viewer.System(ctx, "gates of an enrollment"))
	scopes := make([]code.ConsentScope, len(rows))
	for i, row := range rows {
		scopes[i] = row.Scope
	}
	return scopes, err
}

// inForce lists the scopes that the patient permits now, for the program or for all.
func inForce(ctx context.Context, client *ent.Client, patient, program uuid.UUID, now time.Time) ([]code.ConsentScope, error) {
	rows, err := client.Consent.Query().
		Where(consent.PatientID(patient), permitting(now), consent.Or(consent.ProgramIDIsNil(), consent.ProgramID(program))).
		Select(consent.FieldScope).All(ctx)
	scopes := make([]code.ConsentScope, len(rows))
	for i, row := range rows {
		scopes[i] = row.Scope
	}
	return scopes, err
}

// permitting matches consents that permit now.
func permitting(now time.Time) predicate.Consent {
	return consent.And(
		consent.StatusEQ(code.ConsentStatusActive), consent.DecisionEQ(code.ConsentDecisionPermit), consent.EffectiveFromLTE(now),
		consent.Or(consent.ExpiresAtIsNil(), consent.ExpiresAtGT(now)),
	)
}
