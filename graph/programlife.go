package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// led reads a program that the viewer leads and means to change.
func (c *change) led(id gid.ID, version *int) (*ent.CareProgram, error) {
	program, err := c.program(id)
	if err != nil {
		return nil, err
	}
	c.concerns(ent.TypeCareProgram, program.ID)
	leads, err := c.tx.ProgramTeamMember.Query().Where(
		programteammember.ProgramID(program.ID), programteammember.IdentityID(c.viewer.Key),
		programteammember.RoleEQ(code.TeamRoleManager), programteammember.EndedAtIsNil(),
	).Exist(c.system)
	if err != nil {
		return nil, err
	}
	if !leads {
		return nil, fault.New(fault.Forbidden, "only who leads the program does this")
	}
	if version != nil && *version != program.Version {
		return nil, changedMeanwhile()
	}
	return program, nil
}

// programStep takes one step of the program's lifecycle. The hook of programs refuses to open or put away one whose gates
// are not met. Nothing but that changes: who is active in a program that rests or is closed stays so, for a gate is asked at
// the instant of a step.
func (c *change) programStep(program *ent.CareProgram, to code.ProgramStatus, reason *string) error {
	if !lifecycle.Program.Allows(program.Status, to) {
		return noWay("program", program.Status, to)
	}
	if reason != nil {
		words, err := sentence(*reason, "input.reason", 300)
		if err != nil {
			return err
		}
		reason = &words
	}
	err := c.tx.CareProgram.UpdateOneID(program.ID).
		Where(careprogram.Version(program.Version), careprogram.StatusEQ(program.Status)).SetStatus(to).Exec(c.system)
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return err
	}
	c.record(code.AuditActionUpdate, ent.TypeCareProgram, nil, program.ID)
	return c.tx.StatusChange.Create().SetProgramID(program.ID).SetFromStatus(string(program.Status)).SetToStatus(string(to)).
		SetNillableNote(reason).SetNillableChangedByID(c.actor()).Exec(c.system)
}

// program is a mutation that changes a program and answers with it.
func (r mutationResolver) program(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (*ent.CareProgram, []*model.UnmetGate, error) {
	id, err := r.change(ctx, operation, key, input, do)
	if unmet, refused := unmetOf(err); refused {
		return nil, unmet, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, err := r.Client.CareProgram.Get(ctx, id)
	return now, []*model.UnmetGate{}, ent.MaskNotFound(err)
}

// turn is a mutation that takes a step of a program's lifecycle.
func (r mutationResolver) turn(ctx context.Context, operation string, id gid.ID, version *int, from, to code.ProgramStatus, reason *string) (*ent.CareProgram, []*model.UnmetGate, error) {
	return r.program(ctx, operation, nil, nil, func(c *change) (uuid.UUID, error) {
		program, err := c.led(id, version)
		if err != nil {
			return uuid.Nil, err
		}
		if from != "" && program.Status != from {
			return uuid.Nil, noWay("program", program.Status, to)
		}
		return program.ID, c.programStep(program, to, reason)
	})
}

// ActivateProgram resolves Mutation.activateProgram.
func (r mutationResolver) ActivateProgram(ctx context.Context, input model.ActivateProgramInput) (*model.ActivateProgramPayload, error) {
	now, unmet, err := r.turn(ctx, "activateProgram", input.ProgramID, input.ExpectedVersion, code.ProgramStatusDraft, code.ProgramStatusActive, nil)
	if err != nil {
		return nil, err
	}
	return &model.ActivateProgramPayload{Program: now, Unmet: unmet}, nil
}

// PauseProgram resolves Mutation.pauseProgram.
func (r mutationResolver) PauseProgram(ctx context.Context, input model.PauseProgramInput) (*model.PauseProgramPayload, error) {
	now, _, err := r.turn(ctx, "pauseProgram", input.ProgramID, input.ExpectedVersion, "", code.ProgramStatusPaused, &input.Reason)
	if err != nil {
		return nil, err
	}
	return &model.PauseProgramPayload{Program: now}, nil
}

// ResumeProgram resolves Mutation.resumeProgram.
func (r mutationResolver) ResumeProgram(ctx context.Context, input model.ResumeProgramInput) (*model.ResumeProgramPayload, error) {
	now, unmet, err := r.turn(ctx, "resumeProgram", input.ProgramID, input.ExpectedVersion, code.ProgramStatusPaused, code.ProgramStatusActive, nil)
	if err != nil {
		return nil, err
	}
	return &model.ResumeProgramPayload{Program: now, Unmet: unmet}, nil
}

// CloseProgram resolves Mutation.closeProgram.
func (r mutationResolver) CloseProgram(ctx context.Context, input model.CloseProgramInput) (*model.CloseProgramPayload, error) {
	now, _, err := r.turn(ctx, "closeProgram", input.ProgramID, input.ExpectedVersion, "", code.ProgramStatusClosed, &input.Reason)
	if err != nil {
		return nil, err
	}
	return &model.CloseProgramPayload{Program: now}, nil
}

// ArchiveProgram resolves Mutation.archiveProgram.
func (r mutationResolver) ArchiveProgram(ctx context.Context, input model.ArchiveProgramInput) (*model.ArchiveProgramPayload, error) {
	now, unmet, err := r.turn(ctx, "archiveProgram", input.ProgramID, input.ExpectedVersion, code.ProgramStatusClosed, code.ProgramStatusArchived, nil)
	if err != nil {
		return nil, err
	}
	return &model.ArchiveProgramPayload{Program: now, Unmet: unmet}, nil
}

// CancelProgram resolves Mutation.cancelProgram.
func (r mutationResolver) CancelProgram(ctx context.Context, input model.CancelProgramInput) (*model.CancelProgramPayload, error) {
	now, _, err := r.turn(ctx, "cancelProgram", input.ProgramID, input.ExpectedVersion, "", code.ProgramStatusCancelled, &input.Reason)
	if err != nil {
		return nil, err
	}
	return &model.CancelProgramPayload{Program: now}, nil
}

// AddProgramTeamMember resolves Mutation.addProgramTeamMember.
func (r mutationResolver) AddProgramTeamMember(ctx context.Context, input model.AddProgramTeamMemberInput) (*model.AddProgramTeamMemberPayload, error) {
	now, _, err := r.program(ctx, "addProgramTeamMember", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		program, err := c.led(input.ProgramID, nil)
		if err != nil {
			return uuid.Nil, err
		}
		if err := expect(input.UserID, "user", "input.userId"); err != nil {
			return uuid.Nil, err
		}
		is, err := c.tx.Identity.Query().Where(identity.ID(input.UserID.UUID), identity.PersonaEQ(viewer.Coordinator)).Exist(c)
		if err != nil {
			return uuid.Nil, err
		}
		if !is {
			return uuid.Nil, fault.Input("input.userId", "no coordinator")
		}
		there, err := c.tx.ProgramTeamMember.Query().Where(programteammember.ProgramID(program.ID),
			programteammember.IdentityID(input.UserID.UUID), programteammember.EndedAtIsNil()).Exist(c.system)
		if err != nil {
			return uuid.Nil, err
		}
		if there {
			return uuid.Nil, fault.New(fault.Conflict, "the user is of the team already")
		}
		return program.ID, c.join(program.ID, input.UserID.UUID, input.Role)
	})
	if err != nil {
		return nil, err
	}
	return &model.AddProgramTeamMemberPayload{Program: now}, nil
}

// join makes the user part of the program's team.
func (c *change) join(program, user uuid.UUID, role code.TeamRole) error {
	made, err := c.tx.ProgramTeamMember.Create().SetProgramID(program).SetIdentityID(user).SetRole(role).SetStartedAt(clock.Now(c)).Save(c.system)
	if err == nil {
		c.record(code.AuditActionCreate, ent.TypeProgramTeamMember, nil, made.ID)
	}
	return err
}

// EndProgramTeamMember resolves Mutation.endProgramTeamMember.
func (r mutationResolver) EndProgramTeamMember(ctx context.Context, input model.EndProgramTeamMemberInput) (*model.EndProgramTeamMemberPayload, error) {
	now, _, err := r.program(ctx, "endProgramTeamMember", nil, input, func(c *change) (uuid.UUID, error) {
		program, err := c.led(input.ProgramID, nil)
		if err != nil {
			return uuid.Nil, err
		}
		if err := expect(input.UserID, "user", "input.userId"); err != nil {
			return uuid.Nil, err
		}
		team, err := c.tx.ProgramTeamMember.Query().Where(programteammember.ProgramID(program.ID), programteammember.EndedAtIsNil()).All(c.system)
		if err != nil {
			return uuid.Nil, err
		}
		var member *ent.ProgramTeamMember
		managers := 0
		for _, m := range team {
			if m.Role == code.TeamRoleManager {
				managers++
			}
			if m.IdentityID == input.UserID.UUID {
				member = m
			}
		}
		switch {
		case member == nil:
			f := fault.Missing("member")
			f.Argument = "input.userId"
			return uuid.Nil, f
		case member.Role == code.TeamRoleManager && managers == 1:
			return uuid.Nil, fault.Input("input.userId", "somebody leads the program: name another manager first")
		}
		// Two who end the last two memberships at once touch the same program, so that one of them is told.
		if err := c.tx.CareProgram.UpdateOneID(program.ID).Where(careprogram.Version(program.Version)).Exec(c.system); err != nil {
			return uuid.Nil, changedOr(err)
		}
		c.record(code.AuditActionUpdate, ent.TypeCareProgram, nil, program.ID)
		c.record(code.AuditActionUpdate, ent.TypeProgramTeamMember, nil, member.ID)
		if err := c.tx.ProgramTeamMember.UpdateOneID(member.ID).SetEndedAt(clock.Now(c)).Exec(c.system); err != nil {
			return uuid.Nil, err
		}
		return program.ID, c.handOver(program.ID, member.IdentityID)
	})
	if err != nil {
		return nil, err
	}
	return &model.EndProgramTeamMemberPayload{Program: now}, nil
}

// handOver lets the open enrollments of the program that somebody coordinated wait for another coordinator.
func (c *change) handOver(program, from uuid.UUID) error {
	open, err := c.tx.Enrollment.Query().
		Where(enrollment.ProgramID(program), enrollment.CoordinatorID(from), enrollment.EndedAtIsNil()).All(c.system)
	for _, e := range open {
		if err := c.tx.Enrollment.UpdateOneID(e.ID).Where(enrollment.Version(e.Version)).ClearCoordinatorID().Exec(c.system); err != nil {
			return changedOr(err)
		}
		c.record(code.AuditActionUpdate, ent.TypeEnrollment, &e.PatientID, e.ID)
		c.tellEnrollment(e)
		if err := c.reassign(e, nil); err != nil {
			return err
		}
	}
	return err
}

// changedOr is CONFLICT where a conditional update found nothing, and the error otherwise.
func changedOr(err error) error {
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	return err
}
