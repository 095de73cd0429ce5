package graph

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// ProgramsOpenForReferral resolves Query.programsOpenForReferral.
func (r queryResolver) ProgramsOpenForReferral(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CareProgram], error) {
	return relay.Page(ctx, r.Client.CareProgram.Query(), list.OpenForReferral, page(first, after, last, before), r.Client.LoadCareProgram)
}

// ProgramsOpenToMe resolves Query.programsOpenToMe.
func (r queryResolver) ProgramsOpenToMe(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CareProgram], error) {
	return relay.Page(ctx, r.Client.CareProgram.Query(), list.OpenPrograms, page(first, after, last, before), r.Client.LoadCareProgram)
}

// TrialsOpenToMe resolves Query.trialsOpenToMe.
func (r queryResolver) TrialsOpenToMe(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CareProgram], error) {
	return relay.Page(ctx, r.Client.CareProgram.Query(), list.OpenTrials, page(first, after, last, before), r.Client.LoadCareProgram)
}

// ReferPatient resolves Mutation.referPatient.
func (r mutationResolver) ReferPatient(ctx context.Context, input model.ReferPatientInput) (*model.ReferPatientPayload, error) {
	now, unmet, err := r.step(ctx, "referPatient", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		program, err := c.program(input.ProgramID)
		if err != nil {
			return nil, err
		}
		if program.Kind != code.ProgramKindPatientServices {
			return nil, fault.Input("input.programId", "patients are referred to patient services programs")
		}
		b := beginning{program: program, source: code.EnrollmentSourceProvider, referrer: &c.viewer.AccountKey}
		if input.NewPatient != nil && !or(input.AttestsTreatment, false) {
			b.unmet = append(b.unmet, lifecycle.Unmet{Gate: code.GateCodeCareRelationshipMissing})
		}
		return c.begin(b, input.PatientID, input.NewPatient)
	})
	if err != nil {
		return nil, err
	}
	return &model.ReferPatientPayload{Enrollment: now, Unmet: unmet}, nil
}

// RequestEnrollment resolves Mutation.requestEnrollment.
func (r mutationResolver) RequestEnrollment(ctx context.Context, input model.RequestEnrollmentInput) (*model.RequestEnrollmentPayload, error) {
	now, unmet, err := r.step(ctx, "requestEnrollment", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		program, err := c.program(input.ProgramID)
		if err != nil {
			return nil, err
		}
		patient, err := c.standsFor(input.PatientID)
		if err != nil {
			return nil, err
		}
		whom := gid.ID{Prefix: "patient", UUID: patient}
		return c.begin(beginning{program: program, source: code.EnrollmentSourcePatient}, &whom, nil)
	})
	if err != nil {
		return nil, err
	}
	return &model.RequestEnrollmentPayload{Enrollment: now, Unmet: unmet}, nil
}

// EnrollPatient resolves Mutation.enrollPatient.
func (r mutationResolver) EnrollPatient(ctx context.Context, input model.EnrollPatientInput) (*model.EnrollPatientPayload, error) {
	now, unmet, err := r.step(ctx, "enrollPatient", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		program, err := c.program(input.ProgramID)
		if err != nil {
			return nil, err
		}
		return c.begin(beginning{program: program, source: code.EnrollmentSourceCoordinator, coordinator: &c.viewer.Key}, input.PatientID, input.NewPatient)
	})
	if err != nil {
		return nil, err
	}
	return &model.EnrollPatientPayload{Enrollment: now, Unmet: unmet}, nil
}

// program reads the program that the input names.
func (c *change) program(id gid.ID) (*ent.CareProgram, error) {
	if err := expect(id, "program", "input.programId"); err != nil {
		return nil, err
	}
	program, err := c.tx.CareProgram.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "program", "input.programId")
	}
	return program, nil
}

// beginning is an enrollment about to begin.
type beginning struct {
	program               *ent.CareProgram
	source                code.EnrollmentSource
	referrer, coordinator *uuid.UUID
	// unmet are gates of the way it begins, beside those of every enrollment.
	unmet []lifecycle.Unmet
}

// begin opens the enrollment of a patient whom the viewer sees, or of a new one, if nothing stands in the way.
func (c *change) begin(b beginning, id *gid.ID, fresh *model.NewPatientInput) (*ent.Enrollment, error) {
	var patient uuid.UUID
	switch {
	case id == nil && fresh == nil:
		return nil, fault.Input("input.patientId", "give patientId or newPatient")
	case id != nil && fresh != nil:
		return nil, fault.Input("input.newPatient", "give either patientId or newPatient")
	case id != nil:
		if err := expect(*id, "patient", "input.patientId"); err != nil {
			return nil, err
		}
		if _, err := c.tx.Patient.Get(c, id.UUID); err != nil {
			return nil, missing(err, "patient", "input.patientId")
		}
		patient = id.UUID
	}
	var err error
	if b.program, err = gate.Steady(c, c.tx.Client(), b.program.ID); err != nil {
		return nil, err
	}
	now := clock.Now(c)
	entry, err := gate.Entry(c, c.tx.Client(), patient, b.program, b.source, now)
	if err != nil {
		return nil, err
	}
	if unmet := slices.Concat(b.unmet, entry.Unmet()); len(unmet) > 0 {
		return nil, &lifecycle.UnmetError{Gates: unmet}
	}
	if fresh != nil {
		if patient, err = c.register(fresh, b.referrer, now); err != nil {
			return nil, err
		}
	}
	made, err := c.tx.Enrollment.Create().SetPatientID(patient).SetProgramID(b.program.ID).SetSource(b.source).
		SetReferredAt(now).SetNillableReferrerID(b.referrer).SetNillableCoordinatorID(b.coordinator).Save(c)
	if sqlgraph.IsUniqueConstraintError(err) { // somebody was faster
		return nil, &lifecycle.UnmetError{Gates: []lifecycle.Unmet{{Gate: code.GateCodeAlreadyEnrolled}}}
	}
	if err != nil {
		return nil, err
	}
	if b.program.Kind == code.ProgramKindClinicalTrial {
		if err := c.candidate(made); err != nil {
			return nil, err
		}
	}
	return made, c.enrollmentStep(made, "", nil)
}

// register makes a patient whom the system does not know yet, treated by the provider who attests it.
func (c *change) register(in *model.NewPatientInput, provider *uuid.UUID, now time.Time) (uuid.UUID, error) {
	for argument, name := range map[string]string{"given": in.Given, "family": in.Family} {
		if n := utf8.RuneCountInString(strings.TrimSpace(name)); n < 1 || n > 200 {
			return uuid.Nil, fault.Input("input.newPatient."+argument, "1 to 200 characters")
		}
	}
	if in.BirthDate.Time().After(now) {
		return uuid.Nil, fault.Input("input.newPatient.birthDate", "not in the future")
	}
	state := in.State
	if state != nil {
		letters, known := code.StateOf(*state)
		if !known {
			return uuid.Nil, fault.Input("input.newPatient.state", "two letters of a state of the US")
		}
		state = &letters
	}
	if in.Zip != nil && utf8.RuneCountInString(*in.Zip) > 20 {
		return uuid.Nil, fault.Input("input.newPatient.zip", "at most 20 characters")
	}
	account := c.tx.Account.Create().SetKind(code.AccountKindPatient)
	if in.Locale != nil {
		account.SetLocale(*in.Locale)
	}
	made, err := account.Save(c.system)
	if err != nil {
		return uuid.Nil, err
	}
	err = c.tx.Patient.Create().SetID(made.ID).SetGiven(strings.TrimSpace(in.Given)).SetFamily(strings.TrimSpace(in.Family)).
		SetBirthDate(in.BirthDate).SetSex(or(in.Sex, code.SexUnknown)).SetNillableAddressState(state).SetNillableAddressZip(in.Zip).
		SetAddressCountry(home).Exec(c.system)
	if err != nil {
		return uuid.Nil, err
	}
	c.record(code.AuditActionCreate, ent.TypePatient, &made.ID, made.ID)
	if in.Phone != nil {
		number, err := phonenumbers.Parse(*in.Phone, home)
		if err != nil || !phonenumbers.IsPossibleNumber(number) {
			return uuid.Nil, fault.Input("input.newPatient.phone", "no telephone number")
		}
		err = c.tx.ContactPoint.Create().SetAccountID(made.ID).SetChannel(code.ChannelPhone).
			SetValue(phonenumbers.Format(number, phonenumbers.E164)).Exec(c.system)
		if err != nil {
			return uuid.Nil, err
		}
	}
	if provider != nil {
		err = c.tx.CareRelationship.Create().SetProviderID(*provider).SetPatientID(made.ID).SetBasis(code.CareBasisReferral).
			SetStartedAt(now).SetAttestedBy(c.viewer.Key).Exec(c.system)
	}
	return made.ID, err
}
