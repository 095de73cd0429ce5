package lifecycle

import "github.com/carehub/carehub/ent/code"

// Entry is what decides whether an enrollment of a patient in a program may begin.
type Entry struct {
	Program code.ProgramStatus
	Source  code.EnrollmentSource
	// SelfEnrollment tells whether patients enroll themselves in the program.
	SelfEnrollment bool
	// Trial tells that the program is a clinical trial, which stands where Study says; nil where nobody knows.
	Trial bool
	Study *code.StudyStatus
	// Open tells that the patient has an enrollment in the program that has not ended.
	Open bool
	// OptOutUntil is the day before which the patient, who left, is not enrolled again; Today is the day.
	OptOutUntil *code.Date
	Today       code.Date
	// StartsOn and EndsOn are the first and the last day of the program, where it has some.
	StartsOn, EndsOn *code.Date
}

// Unmet lists the gates that are not met.
func (e Entry) Unmet() []Unmet {
	var out []Unmet
	for _, g := range []struct {
		gate  code.GateCode
		unmet bool
	}{
		{code.GateCodeProgramNotActive, e.Program != code.ProgramStatusActive || e.StartsOn != nil && e.Today < *e.StartsOn || e.EndsOn != nil && e.Today > *e.EndsOn},
		{code.GateCodeSelfEnrollmentClosed, e.Source == code.EnrollmentSourcePatient && !e.SelfEnrollment},
		{code.GateCodeStudyNotRecruiting, e.Trial && (e.Study == nil || *e.Study != code.StudyStatusActive)},
		{code.GateCodeAlreadyEnrolled, e.Open},
		{code.GateCodeOptedOut, e.OptOutUntil != nil && *e.OptOutUntil > e.Today},
	} {
		if g.unmet {
			out = append(out, Unmet{Gate: g.gate})
		}
	}
	return out
}
