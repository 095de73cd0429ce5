package rule

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/account"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/liaisonassignment"
	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/proxygrant"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/ent/viewer"
)

// The relations of the authorization matrix, each by the column of the row that names the subject.

// self (SELF): the column names the viewer's own account.
func self(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.EQ(s.C(column), v.Account())) }
	}
}

// mine (SELF, of patients): the column names the patient that the viewer is, or one whom the viewer stands for now. What a
// viewer changes demands a grant to manage. The patients are few, and do not depend on the row: they find its index.
func mine(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			oneself, grants := sql.Table(account.Table).As("oneself"), sql.Table(proxygrant.Table).As("stands_for")
			patients := sql.Dialect(s.Dialect()).Select(oneself.C(account.FieldID)).From(oneself)
			patients.Where(sql.EQ(oneself.C(account.FieldID), v.Account()))
			proxied := sql.Dialect(s.Dialect()).Select(grants.C(proxygrant.FieldPatientID)).From(grants)
			proxied.Where(sql.And(
				sql.EQ(grants.C(proxygrant.FieldIdentityID), v.ID()),
				sql.IsNull(grants.C(proxygrant.FieldEndedAt)),
				sql.GT(grants.C(proxygrant.FieldExpiresAt), v.Now()),
			))
			if _, writes := v.(writing); writes {
				proxied.Where(sql.EQ(grants.C(proxygrant.FieldScope), string(code.ProxyScopeManage)))
			}
			s.Where(sql.In(s.C(column), patients.UnionAll(proxied)))
		}
	}
}

// programProxy (PROGRAM): the account that the column names belongs to somebody who stands or stood for a patient of the
// viewer's programs.
func programProxy(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, identity.Table, "proxy", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(identity.FieldAccountID), s.C(column)))
				in.Where(Exists(in, proxygrant.Table, "granted", func(grant *sql.Selector) {
					grant.Where(sql.ColumnsEQ(grant.C(proxygrant.FieldIdentityID), in.C(identity.FieldID)))
					Apply(grant, programPatient(proxygrant.FieldPatientID)(v))
				}))
			}))
		}
	}
}

// own (AUTHORED, ASSIGNED): the column names the viewer's identity.
func own(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.EQ(s.C(column), v.ID())) }
	}
}

// treats (TREATS): the viewer treats the patient that the column names.
func treats(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, carerelationship.Table, "care", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(carerelationship.FieldPatientID), s.C(column)))
				in.Where(sql.EQ(in.C(carerelationship.FieldProviderID), v.Account()))
				in.Where(sql.IsNull(in.C(carerelationship.FieldEndedAt)))
			}))
		}
	}
}

// treatedBy is TREATS from the patient's side: the provider that the column names treats the viewer.
func treatedBy(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, carerelationship.Table, "care", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(carerelationship.FieldProviderID), s.C(column)))
				Apply(in, mine(carerelationship.FieldPatientID)(v))
				in.Where(sql.IsNull(in.C(carerelationship.FieldEndedAt)))
			}))
		}
	}
}

// client (CLIENT): the provider that the column names is a client of the viewer.
func client(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, liaisonassignment.Table, "assigned", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(liaisonassignment.FieldProviderID), s.C(column)))
				in.Where(sql.EQ(in.C(liaisonassignment.FieldLiaisonID), v.ID()))
				in.Where(sql.IsNull(in.C(liaisonassignment.FieldEndedAt)))
			}))
		}
	}
}

// clientPatient (CLIENT-PT): a client of the viewer treats the patient that the column names.
func clientPatient(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, carerelationship.Table, "care", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(carerelationship.FieldPatientID), s.C(column)))
				in.Where(sql.IsNull(in.C(carerelationship.FieldEndedAt)))
				Apply(in, client(carerelationship.FieldProviderID)(v))
			}))
		}
	}
}

// team (PROGRAM): the viewer is of the team of the program that the column names.
func team(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, programteammember.Table, "team", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(programteammember.FieldProgramID), s.C(column)))
				in.Where(sql.EQ(in.C(programteammember.FieldIdentityID), v.ID()))
				in.Where(sql.IsNull(in.C(programteammember.FieldEndedAt)))
			}))
		}
	}
}

// ownEnrollment (PROGRAM) is for rows of Enrollment: the viewer coordinates it or is of its program's team.
var ownEnrollment = either(own(enrollment.FieldCoordinatorID), team(enrollment.FieldProgramID))

// programPatient (PROGRAM): the patient that the column names has an enrollment of the viewer's.
func programPatient(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, enrollment.Table, "enrolled", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(enrollment.FieldPatientID), s.C(column)))
				Apply(in, ownEnrollment(v))
			}))
		}
	}
}

// queue (QUEUE) is for rows of CareCase: an active membership of the viewer has the case's department, and its
// territory and therapeutic area are the case's or all. One EXISTS over the memberships, so that pairs stay pairs.
func queue(v viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, membership.Table, "member", func(in *sql.Selector) {
			in.Where(sql.EQ(in.C(membership.FieldIdentityID), v.ID()))
			in.Where(sql.IsNull(in.C(membership.FieldEndedAt)))
			in.Where(sql.ColumnsEQ(in.C(membership.FieldDepartment), s.C(carecase.FieldDepartment)))
			in.Where(sql.Or(
				sql.IsNull(in.C(membership.FieldTerritory)),
				sql.ColumnsEQ(in.C(membership.FieldTerritory), s.C(carecase.FieldTerritory)),
			))
			in.Where(sql.Or(
				sql.IsNull(in.C(membership.FieldTherapeuticArea)),
				sql.ColumnsEQ(in.C(membership.FieldTherapeuticArea), s.C(carecase.FieldTherapeuticArea)),
			))
		}))
	}
}

// memberOf: the viewer has an active membership of one of the departments, whatever the row is about.
func memberOf(departments ...code.DepartmentCode) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, membership.Table, "member", func(in *sql.Selector) {
				in.Where(sql.EQ(in.C(membership.FieldIdentityID), v.ID()))
				in.Where(sql.IsNull(in.C(membership.FieldEndedAt)))
				Apply(in, oneOf(membership.FieldDepartment, departments...)(v))
			}))
		}
	}
}

// work (QUEUE, ASSIGNED) is for rows of CareCase: the viewer's department answers for it, or the viewer does.
var work = either(queue, own(carecase.FieldAssigneeID))

// casePatient: a case of the viewer's work concerns the patient that the column names.
func casePatient(column string, departments ...code.DepartmentCode) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, carecase.Table, "work", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(carecase.FieldPatientID), s.C(column)))
				Apply(in, work(v))
				if len(departments) > 0 {
					Apply(in, oneOf(carecase.FieldDepartment, departments...)(v))
				}
			}))
		}
	}
}

// consented: the patient that the column names permits medical affairs to know, now.
func consented(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, consent.Table, "permit", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(consent.FieldPatientID), s.C(column)))
				in.Where(sql.EQ(in.C(consent.FieldScope), string(code.ConsentScopeMedicalAffairs)))
				in.Where(sql.EQ(in.C(consent.FieldStatus), string(code.ConsentStatusActive)))
				in.Where(sql.EQ(in.C(consent.FieldDecision), string(code.ConsentDecisionPermit)))
				in.Where(sql.LTE(in.C(consent.FieldEffectiveFrom), v.Now()))
				in.Where(sql.Or(
					sql.IsNull(in.C(consent.FieldExpiresAt)),
					sql.GT(in.C(consent.FieldExpiresAt), v.Now()),
				))
			}))
		}
	}
}

// Recruiting is for lists of trials: the study is open for participants.
func Recruiting(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, trialdetail.Table, "study", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(trialdetail.FieldProgramID), s.C("id")))
			in.Where(sql.EQ(in.C(trialdetail.FieldStudyStatus), string(code.StudyStatusActive)))
		}))
	}
}

// Queue is QUEUE for lists of what waits: narrower than what the viewer may see of cases.
func Queue(v viewer.Viewer) func(*sql.Selector) { return queue(v) }

// PatientOf matches rows whose column names a patient whom the provider treats.
func PatientOf(column string, provider any) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, carerelationship.Table, "of", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(carerelationship.FieldPatientID), s.C(column)))
			in.Where(sql.EQ(in.C(carerelationship.FieldProviderID), provider))
			in.Where(sql.IsNull(in.C(carerelationship.FieldEndedAt)))
		}))
	}
}
