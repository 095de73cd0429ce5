package gate

import (
	"context"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/lifecycle"
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
	trial, err := detail(ctx, client, program.ID)
	if err != nil {
		return nil, err
	}
	if trial == nil || trial.EthicsApprovalRef == nil {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeEthicsApprovalMissing})
	}
	if !recruits(trial) {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeStudyNotRecruiting})
	}
	return out, nil
}

// Archiving lists what keeps the program from being put away: enrollments that are open.
func Archiving(ctx context.Context, client *ent.Client, program *ent.CareProgram) ([]lifecycle.Unmet, error) {
	open, err := client.Enrollment.Query().Where(enrollment.ProgramID(program.ID), enrollment.EndedAtIsNil()).
		Exist(viewer.System(ctx, "gates of a program"))
	if err != nil || !open {
		return nil, err
	}
	return []lifecycle.Unmet{{Gate: code.GateCodeOpenEnrollments}}, nil
}
