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
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/ent/viewer"
)

// Permits reports whether the patient permits one of the scopes now, for the program or for all.
func Permits(ctx context.Context, client *ent.Client, patient, program uuid.UUID, now time.Time, scopes ...code.ConsentScope) (bool, error) {
	given, err := inForce(viewer.System(ctx, "gates of a trial"), client, patient, program, now)
	return slices.ContainsFunc(scopes, func(s code.ConsentScope) bool { return slices.Contains(given, s) }), err
}

// Recruiting lists what keeps a trial from taking candidates into screening now.
func Recruiting(ctx context.Context, client *ent.Client, program *ent.CareProgram) ([]lifecycle.Unmet, error) {
	trial, err := detail(ctx, client, program.ID)
	if err != nil {
		return nil, err
	}
	var out []lifecycle.Unmet
	if program.Status != code.ProgramStatusActive {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeProgramNotActive})
	}
	if !recruits(trial) {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeStudyNotRecruiting})
	}
	return out, nil
}

// detail reads what the trial has beyond other programs; nil where nobody has said it.
func detail(ctx context.Context, client *ent.Client, program uuid.UUID) (*ent.TrialDetail, error) {
	trial, err := client.TrialDetail.Query().Where(trialdetail.ProgramID(program)).Only(viewer.System(ctx, "gates of a trial"))
	return trial, ent.MaskNotFound(err)
}

func recruits(trial *ent.TrialDetail) bool {
	return trial != nil && trial.StudyStatus != nil && *trial.StudyStatus == code.StudyStatusActive
}

// Participation is how a patient stands to taking part in a trial.
type Participation struct {
	// Given: a consent to participate is in force, signed and dated by now. Current: on the version of the form that is
	// in force. Asked: there is a form in force to agree to.
	Given, Current, Asked bool
}

// Reconsent reports whether who agreed is to be asked again, because another version is in force.
func (p Participation) Reconsent() bool { return p.Given && !p.Current && p.Asked }

// Unmet lists the gates that are not met.
func (p Participation) Unmet() []lifecycle.Unmet {
	switch {
	case !p.Given:
		return []lifecycle.Unmet{{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeTrialParticipation}}
	case !p.Current && !p.Asked:
		return []lifecycle.Unmet{{Gate: code.GateCodeFormMissing, Scope: code.ConsentScopeTrialParticipation}}
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

// Participates reads how the patient stands to taking part in the program now.
func Participates(ctx context.Context, client *ent.Client, patient, program uuid.UUID, now time.Time) (Participation, error) {
	ctx = viewer.System(ctx, "gates of a trial")
	given, err := client.Consent.Query().Where(ofTrial(patient, program), permitting(now), consent.CapturedAtLTE(now)).WithForm().All(ctx)
	if err != nil {
		return Participation{}, err
	}
	latest, err := latestForms(ctx, client, program, code.ConsentScopeTrialParticipation, now)
	if err != nil {
		return Participation{}, err
	}
	return Participation{
		Given: len(given) > 0, Asked: len(latest) > 0,
		Current: slices.ContainsFunc(given, func(c *ent.Consent) bool { return current(c, latest) }),
	}, nil
}

// current reports whether the consent is on the version of the form that is in force. Editions of one version of the
// ethics committee are one version: they correct or translate each other. What
// was signed is held to the version in its own language, where there is one: a translation that is not approved yet
// outdates nobody, and saves nobody. A consent without a form is
// to no text, and counts only where it was given elsewhere, as the source of an import proves, on what was in force at
// that time.
func current(given *ent.Consent, latest map[string]*ent.ConsentForm) bool {
	signed := given.Edges.Form
	if signed == nil {
		if given.EvidenceKind == nil || *given.EvidenceKind != code.EvidenceKindSourceRecord {
			return false
		}
		for _, form := range latest {
			if form.EffectiveFrom.After(given.CapturedAt) {
				return false
			}
		}
		return true
	}
	if own, there := latest[signed.Locale]; there {
		return oneVersion(own, signed)
	}
	for _, form := range latest {
		if oneVersion(form, signed) {
			return true
		}
	}
	return false
}

// oneVersion reports whether the forms are editions of one version.
func oneVersion(a, b *ent.ConsentForm) bool {
	return a.ID == b.ID || a.EthicsVersion != nil && b.EthicsVersion != nil && *a.EthicsVersion == *b.EthicsVersion
}

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

// OnceAgreed reports whether the patient ever agreed to take part in the program, by now, be it in error: what the past state of a
// participant, as an import tells it, relies on.
func OnceAgreed(ctx context.Context, client *ent.Client, patient, program uuid.UUID, now time.Time) (bool, error) {
	return client.Consent.Query().Where(ofTrial(patient, program), consent.CapturedAtLTE(now),
		consent.StatusIn(code.ConsentStatusActive, code.ConsentStatusInactive, code.ConsentStatusEnteredInError)).Exist(viewer.System(ctx, "gates of a trial"))
}
