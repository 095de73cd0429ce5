package export

import (
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/activitytemplate"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/eligibilityanswer"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/programproduct"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/ent/requiredconsent"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/server/export/fhir"
)

// kind is a type of resource and how its rows are read and written.
type kind struct {
	typ string
	// owner is the column that says which patient a row is about, or ofEnrollment; empty for what belongs to none.
	owner string
	read  func(*reading, scope) ([]written, error)
}

// kinds are all types, each after those that it refers to.
var kinds = []kind{
	{fhir.TypeOrganization, "", (*reading).organizations},
	{fhir.TypeLocation, "", (*reading).locations},
	{fhir.TypePractitioner, "", (*reading).practitioners},
	{fhir.TypePractitionerRole, "", (*reading).roles},
	{fhir.TypeHealthcareService, "", (*reading).services},
	{fhir.TypeResearchStudy, "", (*reading).studies},
	{fhir.TypePatient, "id", (*reading).patients},
	{fhir.TypeConsent, "patient_id", (*reading).consents},
	{fhir.TypeCoverage, "patient_id", (*reading).coverages},
	{fhir.TypeEpisodeOfCare, "patient_id", (*reading).episodes},
	{fhir.TypeResearchSubject, "patient_id", (*reading).subjects},
	{fhir.TypeEligibility, "patient_id", (*reading).verifications},
	{fhir.TypeClaimResponse, "patient_id", (*reading).authorizations},
	{fhir.TypeTask, ofEnrollment, (*reading).activities},
	{fhir.TypeAuditEvent, "patient_id", (*reading).disclosures},
	{fhir.TypeCareTeam, "patient_id", (*reading).relationships},
	{fhir.TypeCondition, "patient_id", (*reading).conditions},
	{fhir.TypeMedicationRequest, "patient_id", (*reading).treatments},
	{fhir.TypeEncounter, "patient_id", (*reading).encounters},
	{fhir.TypeCommunication, "patient_id", (*reading).communications},
}

// ofEnrollment is the column of what belongs to the patient of an enrollment.
const ofEnrollment = "enrollment_id"

// scope narrows a query to the rows that are wanted.
type scope = func(*sql.Selector)

// written is a resource and the key of its row.
type written struct {
	key      uuid.UUID
	resource resource // nil where there is nothing to say of the row
}

// resource is what the types of package fhir have in common.
type resource interface {
	TypeAndID() (resourceType, id string)
}

// ascending is the order of pages.
var ascending = ent.Asc("id")

// write writes rows with the names that other systems have for them.
func write[Row interface{ GlobalID() gid.ID }](r *reading, rows []Row, err error, one func(Row, fhir.Identifiers) resource) ([]written, error) {
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys := keysOf(rows)
	names, err := r.names(rows[0].GlobalID().Prefix, keys)
	if err != nil {
		return nil, err
	}
	out := make([]written, len(rows))
	for i, row := range rows {
		out[i] = written{keys[i], one(row, names)}
	}
	return out, nil
}

func (r *reading) organizations(of scope) ([]written, error) {
	rows, err := r.client.Organization.Query().Where(of).Order(ascending).All(r.ctx)
	parties, err := r.parties(keysOf(rows), err)
	return write(r, rows, err, func(row *ent.Organization, names fhir.Identifiers) resource {
		return fhir.OrganizationOf(row, parties.of(row.ID, names))
	})
}

func (r *reading) locations(of scope) ([]written, error) {
	rows, err := r.client.Location.Query().Where(of).Order(ascending).All(r.ctx)
	return write(r, rows, err, func(row *ent.Location, names fhir.Identifiers) resource {
		return fhir.LocationOf(r.at, row, names)
	})
}

func (r *reading) practitioners(of scope) ([]written, error) {
	rows, err := r.client.Provider.Query().Where(of).Order(ascending).All(r.ctx)
	parties, err := r.parties(keysOf(rows), err)
	return write(r, rows, err, func(row *ent.Provider, names fhir.Identifiers) resource {
		return fhir.PractitionerOf(row, parties.of(row.ID, names))
	})
}

func (r *reading) roles(of scope) ([]written, error) {
	rows, err := r.client.Provider.Query().Where(of).Order(ascending).All(r.ctx)
	out := make([]written, len(rows))
	for i, row := range rows {
		out[i].key = row.ID
		if role := fhir.PractitionerRoleOf(r.at, row); role != nil {
			out[i].resource = role
		}
	}
	return out, err
}

func (r *reading) patients(of scope) ([]written, error) {
	rows, err := r.client.Patient.Query().Where(of).Order(ascending).All(r.ctx)
	parties, err := r.parties(keysOf(rows), err)
	return write(r, rows, err, func(row *ent.Patient, names fhir.Identifiers) resource {
		return fhir.PatientOf(row, parties.of(row.ID, names))
	})
}

// programs reads programs with all that is said of them.
func (r *reading) programs(of scope) *ent.CareProgramQuery {
	return r.client.CareProgram.Query().Where(of).Order(ascending).WithProduct().WithTrial().WithHistory(inOrder).
		WithParent().
		WithProducts(func(q *ent.ProgramProductQuery) { q.Order(programproduct.ByID()).WithProduct() }).
		WithActivityTemplates(func(q *ent.ActivityTemplateQuery) { q.Order(activitytemplate.BySeq()) }).
		WithRequiredConsents(func(q *ent.RequiredConsentQuery) { q.Order(requiredconsent.ByID()) }).
		WithSites(func(q *ent.ProgramSiteQuery) { q.Order(programsite.ByID()) }).
		WithCriteria(func(q *ent.EligibilityCriterionQuery) { q.Order(eligibilitycriterion.BySeq()) })
}

// alone keeps the programs of a patient's bundle without those that they are a part of, which are not in it.
func (r *reading) alone(rows []*ent.CareProgram) {
	for _, row := range rows {
		if r.masked {
			row.Edges.Parent = nil
		}
	}
}

func (r *reading) services(of scope) ([]written, error) {
	rows, err := r.programs(of).Where(careprogram.KindNEQ(code.ProgramKindClinicalTrial)).All(r.ctx)
	r.alone(rows)
	return write(r, rows, err, func(row *ent.CareProgram, names fhir.Identifiers) resource {
		return fhir.HealthcareServiceOf(r.at, row, names)
	})
}

func (r *reading) studies(of scope) ([]written, error) {
	rows, err := r.programs(of).Where(careprogram.KindEQ(code.ProgramKindClinicalTrial)).All(r.ctx)
	r.alone(rows)
	return write(r, rows, err, func(row *ent.CareProgram, names fhir.Identifiers) resource {
		return fhir.ResearchStudyOf(r.at, row, names)
	})
}

// inOrder reads the history of a row as it happened.
func inOrder(q *ent.StatusChangeQuery) { q.Order(statuschange.ByAt(), statuschange.ByID()) }

func (r *reading) consents(of scope) ([]written, error) {
	rows, err := r.client.Consent.Query().Where(of).Order(ascending).WithProgram().WithHistory(inOrder).All(r.ctx)
	return write(r, rows, err, func(row *ent.Consent, names fhir.Identifiers) resource {
		return fhir.ConsentOf(r.at, row, names)
	})
}

func (r *reading) coverages(of scope) ([]written, error) {
	rows, err := r.client.Coverage.Query().Where(of).Order(ascending).WithHistory(inOrder).All(r.ctx)
	return write(r, rows, err, func(row *ent.Coverage, names fhir.Identifiers) resource {
		return fhir.CoverageOf(r.at, row, names)
	})
}

// enrollments reads enrollments in trials, or in all other programs.
func (r *reading) enrollments(of scope, trials bool) ([]*ent.Enrollment, error) {
	return r.client.Enrollment.Query().Where(of, func(q *sql.Selector) {
		programs := sql.Table(careprogram.Table)
		is := sql.EQ
		if !trials {
			is = sql.NEQ
		}
		q.Where(sql.In(q.C("program_id"), sql.Select(programs.C(careprogram.FieldID)).From(programs).
			Where(is(programs.C(careprogram.FieldKind), code.ProgramKindClinicalTrial))))
	}).Order(ascending).WithHistory(inOrder).WithOnboarding().
		WithAnswers(func(q *ent.EligibilityAnswerQuery) { q.Order(eligibilityanswer.ByID()).WithCriterion() }).
		WithProgram(func(q *ent.CareProgramQuery) { q.WithTrial() }).
		WithTrialSubject(func(q *ent.TrialSubjectQuery) { q.WithSite().WithHistory(inOrder) }).
		All(r.ctx)
}

func (r *reading) episodes(of scope) ([]written, error) {
	rows, err := r.enrollments(of, false)
	return write(r, rows, err, func(row *ent.Enrollment, names fhir.Identifiers) resource {
		return fhir.EpisodeOfCareOf(r.at, row, names)
	})
}

func (r *reading) subjects(of scope) ([]written, error) {
	rows, err := r.enrollments(of, true)
	return write(r, rows, err, func(row *ent.Enrollment, names fhir.Identifiers) resource {
		trial := row.Edges.Program.Edges.Trial
		return fhir.ResearchSubjectOf(r.at, row, names, r.masked && trial != nil && trial.Blinded)
	})
}

func (r *reading) relationships(of scope) ([]written, error) {
	rows, err := r.client.CareRelationship.Query().Where(of).Order(ascending).All(r.ctx)
	return write(r, rows, err, func(row *ent.CareRelationship, names fhir.Identifiers) resource {
		return fhir.CareTeamOf(r.at, row, names)
	})
}

func (r *reading) conditions(of scope) ([]written, error) {
	rows, err := r.client.Condition.Query().Where(of).Order(ascending).All(r.ctx)
	return write(r, rows, err, func(row *ent.Condition, names fhir.Identifiers) resource {
		return fhir.ConditionOf(r.at, row, names)
	})
}

// inProgram reads an enrollment so that it can be referred to.
func inProgram(q *ent.EnrollmentQuery) { q.WithProgram() }

func (r *reading) treatments(of scope) ([]written, error) {
	rows, err := r.client.Treatment.Query().Where(of).Order(ascending).WithEnrollment(inProgram).WithProduct().All(r.ctx)
	return write(r, rows, err, func(row *ent.Treatment, names fhir.Identifiers) resource {
		return fhir.MedicationRequestOf(r.at, row, names)
	})
}

func (r *reading) encounters(of scope) ([]written, error) {
	rows, err := r.client.Touchpoint.Query().Where(of, touchpoint.KindEQ(code.TouchpointKindCareEncounter)).
		Order(ascending).WithEnrollment(inProgram).All(r.ctx)
	return write(r, rows, err, func(row *ent.Touchpoint, names fhir.Identifiers) resource {
		return fhir.EncounterOf(r.at, row, names)
	})
}

func (r *reading) communications(of scope) ([]written, error) {
	rows, err := r.client.Touchpoint.Query().Where(of, touchpoint.KindNEQ(code.TouchpointKindCareEncounter)).
		Order(ascending).WithEnrollment(inProgram).All(r.ctx)
	return write(r, rows, err, func(row *ent.Touchpoint, names fhir.Identifiers) resource {
		return fhir.CommunicationOf(r.at, row, names)
	})
}
