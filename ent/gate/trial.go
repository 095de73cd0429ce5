package gate

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/predicate"
	"github.com/carehub/carehub/ent/viewer"
)

// Permits reports whether the patient permits the scope now, for the program or for all.
func Permits(ctx context.Context, client *ent.Client, patient, program uuid.UUID, scope code.ConsentScope, now time.Time) (bool, error) {
	scopes, err := inForce(viewer.System(ctx, "gates of a trial"), client, patient, program, now)
	return slices.Contains(scopes, scope), err
}

// Participation is how a patient stands to taking part in a trial.
type Participation struct {
	// Given: a consent to participate is in force, signed and dated before now. Current: on the edition of the form that
	// is in force.
	Given, Current bool
	// Reconsent: the ethics committee has approved another version than the one that was signed.
	Reconsent bool
}

// Unmet lists the gates that are not met.
func (p Participation) Unmet() []lifecycle.Unmet {
	switch {
	case !p.Given:
		return []lifecycle.Unmet{{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeTrialParticipation}}
	case !p.Current:
		return []lifecycle.Unmet{{Gate: code.GateCodeConsentFormOutdated, Scope: code.ConsentScopeTrialParticipation}}
	}
	return nil
}

// ofTrial matches the patient's consents to take part in the program.
func ofTrial(patient, program uuid.UUID) predicate.Consent {
	return consent.And(
		consent.PatientID(patient), consent.ScopeEQ(code.ConsentScopeTrialParticipation), consent.DecisionEQ(code.ConsentDecisionPermit),
		consent.Or(consent.ProgramIDIsNil(), consent.ProgramID(program)),
	)
}

// Participates reads how the patient stands to taking part in the program now. What the source of an import proves
// counts without a form, for the source keeps that.
func Participates(ctx context.Context, client *ent.Client, patient, program uuid.UUID, now time.Time) (Participation, error) {
	ctx = viewer.System(ctx, "gates of a trial")
	var p Participation
	given, err := client.Consent.Query().Where(ofTrial(patient, program), permitting(now), consent.CapturedAtLTE(now)).WithForm().All(ctx)
	if err != nil || len(given) == 0 {
		return p, err
	}
	p.Given = true
	latest, err := latestForms(ctx, client, program, code.ConsentScopeTrialParticipation, now)
	if err != nil {
		return p, err
	}
	reconsent := true
	for _, c := range given {
		form := c.Edges.Form
		switch {
		case form == nil:
			p.Current = p.Current || len(latest) == 0 || c.EvidenceKind != nil && *c.EvidenceKind == code.EvidenceKindSourceRecord
			reconsent = reconsent && !p.Current
		case len(latest) == 0:
			p.Current, reconsent = true, false
		default:
			newest, there := latest[form.Locale]
			p.Current = p.Current || there && newest.ID == form.ID
			for _, other := range latest {
				if there = there || other.ProgramID != nil; there {
					newest = or(newest, other)
				}
			}
			reconsent = reconsent && newest != nil && !alike(newest.EthicsVersion, form.EthicsVersion)
		}
	}
	p.Reconsent = reconsent && !p.Current
	return p, nil
}

// or is the first form that there is.
func or(a, b *ent.ConsentForm) *ent.ConsentForm {
	if a != nil {
		return a
	}
	return b
}

func alike(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

// latestForms are the approved forms of the scope that are in force, in each language the latest edition: the program's
// own where it has some, those of all otherwise.
func latestForms(ctx context.Context, client *ent.Client, program uuid.UUID, scope code.ConsentScope, now time.Time) (map[string]*ent.ConsentForm, error) {
	forms, err := client.ConsentForm.Query().Where(
		consentform.ScopeEQ(scope), consentform.StatusEQ(code.FormStatusApproved),
		consentform.EffectiveFromLTE(now), consentform.Or(consentform.EffectiveToIsNil(), consentform.EffectiveToGT(now)),
		consentform.Or(consentform.ProgramID(program), consentform.ProgramIDIsNil()),
	).Order(consentform.ByEdition(), consentform.ByID()).All(ctx)
	own := slices.ContainsFunc(forms, func(f *ent.ConsentForm) bool { return f.ProgramID != nil })
	latest := map[string]*ent.ConsentForm{}
	for _, f := range forms {
		if own == (f.ProgramID != nil) {
			latest[f.Locale] = f
		}
	}
	return latest, err
}

// OnceAgreed reports whether the patient ever agreed to take part in the program, by now: what the past state of a
// participant, as an import tells it, relies on.
func OnceAgreed(ctx context.Context, client *ent.Client, patient, program uuid.UUID, now time.Time) (bool, error) {
	return client.Consent.Query().Where(ofTrial(patient, program), consent.CapturedAtLTE(now),
		consent.StatusIn(code.ConsentStatusActive, code.ConsentStatusInactive)).Exist(viewer.System(ctx, "gates of a trial"))
}
