package rule

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/ent/viewer"
)

// openProgram matches programs that take enrollments.
var openProgram = is(careprogram.FieldStatus, code.ProgramStatusActive)

// announcedProgram matches programs that have left the drawing board.
func announcedProgram(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.NEQ(s.C(careprogram.FieldStatus), string(code.ProgramStatusDraft)))
	}
}

// withForms matches programs with consent forms, which are approved before the program opens.
func withForms(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, consentform.Table, "form", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(consentform.FieldProgramID), s.C(careprogram.FieldID)))
		}))
	}
}

// programs is who sees a program: whoever could enroll or is enrolled, and the company.
var programs = ByPersona{
	viewer.Patient:     either(openProgram, enrolledIn(mine(enrollment.FieldPatientID))),
	viewer.Provider:    either(openProgram, enrolledIn(treats(enrollment.FieldPatientID))),
	viewer.Liaison:     announcedProgram,
	viewer.Coordinator: everything,
	viewer.Staff:       either(announcedProgram, withForms),
	viewer.Analyst:     announcedProgram,
	viewer.Admin:       everything,
}

// enrollments is who sees an enrollment.
var enrollments = ByPersona{
	viewer.Patient:     mine(enrollment.FieldPatientID),
	viewer.Provider:    either(treats(enrollment.FieldPatientID), self(enrollment.FieldReferrerID)),
	viewer.Liaison:     clientPatient(enrollment.FieldPatientID),
	viewer.Coordinator: ownEnrollment,
	viewer.Staff:       casePatient(enrollment.FieldPatientID),
	viewer.Analyst:     everything,
}

// openLabel is for rows of Enrollment: it is in a trial that is known not to be blinded.
func openLabel(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, trialdetail.Table, "trial", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(trialdetail.FieldProgramID), s.C(enrollment.FieldProgramID)))
			in.Where(sql.EQ(in.C(trialdetail.FieldBlinded), false))
		}))
	}
}

// ofEnrollment lets the personas see what belongs to the enrollments that they see.
func ofEnrollment(column string, personas ...viewer.Persona) ByPersona {
	out := ByPersona{}
	for _, p := range personas {
		out[p] = through(column, enrollment.Table, "enrolled", enrollments[p])
	}
	return out
}

// ofProgram lets the personas see what belongs to the programs that they see. Its rows name their program alike.
func ofProgram(personas ...viewer.Persona) ByPersona {
	out := ByPersona{}
	for _, p := range personas {
		out[p] = through(programsite.FieldProgramID, careprogram.Table, "program", programs[p])
	}
	return out
}

// enrolledIn is for rows of CareProgram: some enrollment in it matches.
func enrolledIn(which Rule) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, enrollment.Table, "enrolled", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(enrollment.FieldProgramID), s.C(careprogram.FieldID)))
				Apply(in, which(v))
			}))
		}
	}
}
