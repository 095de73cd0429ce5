package gate

import (
	"context"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/ent/viewer"
)

// Opening lists what keeps the program from taking enrollments: a demanded consent without an approved form in force,
// and of a trial that it lacks its ethics approval or does not recruit.
func Opening(ctx context.Context, client *ent.Client, program *ent.CareProgram, now time.Time) ([]lifecycle.Unmet, error) {
	ctx = viewer.System(ctx, "gates of a program")
	var out []lifecycle.Unmet
	scopes, err := Required(ctx, client, program.ID)
	if err != nil {
		return nil, err
	}
	for _, scope := range scopes {
		forms, err := latestForms(ctx, client, program.ID, scope, now)
		if err != nil {
			return nil, err
		}
		if len(forms) == 0 {
			out = append(out, lifecycle.Unmet{Gate: code.GateCodeFormMissing, Scope: scope})
		}
	}
	if program.Kind != code.ProgramKindClinicalTrial {
		return out, nil
	}
	trial, err := client.TrialDetail.Query().Where(trialdetail.ProgramID(program.ID)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	if trial == nil || trial.EthicsApprovalRef == nil {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeEthicsApprovalMissing})
	}
	if trial == nil || trial.StudyStatus == nil || *trial.StudyStatus != code.StudyStatusActive {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeStudyNotRecruiting})
	}
	return out, nil
}
