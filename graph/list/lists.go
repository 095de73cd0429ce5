package list

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/activitytemplate"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/caserouting"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/condition"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/contactpoint"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/disclosure"
	"github.com/carehub/carehub/ent/document"
	"github.com/carehub/carehub/ent/eligibilityanswer"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/importrun"
	"github.com/carehub/carehub/ent/inquiryquestion"
	"github.com/carehub/carehub/ent/inquiryresponse"
	"github.com/carehub/carehub/ent/knowledgeresource"
	"github.com/carehub/carehub/ent/liaisonassignment"
	"github.com/carehub/carehub/ent/location"
	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/product"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/proxygrant"
	"github.com/carehub/carehub/ent/responseanswer"
	"github.com/carehub/carehub/ent/responsecitation"
	"github.com/carehub/carehub/ent/routingrule"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/scheduledjob"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/ent/treatment"
	"github.com/carehub/carehub/ent/viewer"
)

// filter and opener are the parts of a declared filter.
type (
	filter = map[string]func(any) func(*sql.Selector)
	opener = map[string]func(any) (any, error)
)

// The orders of cases: those who asked do not know when an answer is due.
var (
	receivedOrders = map[string]Order{
		"RECEIVED_DESC": {Columns: []string{carecase.FieldReceivedAt}, Desc: true},
		"RECEIVED_ASC":  {Columns: []string{carecase.FieldReceivedAt}},
	}
	caseOrders = map[string]Order{
		"RECEIVED_DESC": receivedOrders["RECEIVED_DESC"],
		"RECEIVED_ASC":  receivedOrders["RECEIVED_ASC"],
		"DUE_ASC":       {Columns: []string{carecase.FieldDueAt}},
		"DUE_DESC":      {Columns: []string{carecase.FieldDueAt}, Desc: true},
	}
)

var (
	caseFilter = filter{
		"kind":           AmongCodes(carecase.FieldKind),
		"status":         AmongCodes(carecase.FieldStatus),
		"department":     AmongCodes(carecase.FieldDepartment),
		"priority":       AmongCodes(carecase.FieldPriority),
		"product":        Is(carecase.FieldProductID),
		"receivedFrom":   From(carecase.FieldReceivedAt),
		"receivedBefore": Until(carecase.FieldReceivedAt),
	}
	caseOpen = opener{"product": Key("product"), "receivedFrom": Time, "receivedBefore": Time}
)

// The lists of cases.
var (
	MyCases      = Of{Entity: "CareCase", Name: "my", Filter: caseFilter, Open: caseOpen, Orders: receivedOrders, Default: "RECEIVED_DESC"}
	CaseQueue    = Of{Entity: "CareCase", Name: "queue", Scope: waiting, Filter: caseFilter, Open: caseOpen, Orders: caseOrders, Default: "DUE_ASC"}
	PendingCases = Of{Entity: "CareCase", Name: "pending", Scope: pending, Filter: caseFilter, Open: caseOpen, Orders: caseOrders, Default: "DUE_ASC"}
	Cases        = Of{Entity: "CareCase", Name: "all", Filter: caseFilter, Open: caseOpen, Orders: byKey, Default: "KEY"}
	CaseChildren = newest("CareCase", carecase.FieldParentID, carecase.FieldReceivedAt)
	CaseRoutings = newest("CaseRouting", caserouting.FieldCareCaseID, caserouting.FieldAt)
	CaseHistory  = newest("StatusChange", statuschange.FieldCareCaseID, statuschange.FieldAt)
	RoutingRules = Of{Entity: "RoutingRule", Orders: map[string]Order{"PRIORITY": {Columns: []string{routingrule.FieldPriority}}}, Default: "PRIORITY"}
)

// The lists of an inquiry.
var (
	InquiryQuestions  = oldest("InquiryQuestion", inquiryquestion.FieldInquiryID, inquiryquestion.FieldSeq)
	InquiryResponses  = oldest("InquiryResponse", inquiryresponse.FieldInquiryID, inquiryresponse.FieldCreatedAt)
	ResponseAnswers   = oldest("ResponseAnswer", responseanswer.FieldResponseID, responseanswer.FieldCreatedAt)
	ResponseCitations = oldest("ResponseCitation", responsecitation.FieldResponseID, responsecitation.FieldCreatedAt)
	ResponseHistory   = newest("StatusChange", statuschange.FieldInquiryResponseID, statuschange.FieldAt)
)

// The lists of and about patients and providers.
var (
	Patients = Of{
		Entity: "Patient", Filter: filter{"family": Contains(patient.FieldFamily)},
		Orders: map[string]Order{"NAME": {Columns: []string{patient.FieldFamily, patient.FieldGiven}}}, Default: "NAME",
	}
	PatientContactPoints   = oldest("ContactPoint", contactpoint.FieldAccountID, contactpoint.FieldCreatedAt)
	PortalAccesses         = newest("PortalAccess", portalaccess.FieldAccountID, portalaccess.FieldInvitedAt)
	AllPortalAccesses      = newest("PortalAccess", "", portalaccess.FieldInvitedAt)
	PatientProxies         = newest("ProxyGrant", proxygrant.FieldPatientID, proxygrant.FieldStartedAt)
	ProxyFor               = Of{Entity: "ProxyGrant", Name: "for", Scope: standing(rule.ByProxy), Orders: byKey, Default: "KEY"}
	MyProxies              = Of{Entity: "ProxyGrant", Name: "my", Scope: standing(rule.ForOneself), Orders: byKey, Default: "KEY"}
	PortalAccessExceptions = Of{
		Entity: "Patient", Name: "access", Scope: rule.AccessDeviates,
		Orders: map[string]Order{"NAME": {Columns: []string{patient.FieldFamily, patient.FieldGiven}}}, Default: "NAME",
	}
	PatientCoverages         = newest("Coverage", coverage.FieldPatientID, coverage.FieldPeriodStart)
	PatientEnrollments       = newest("Enrollment", enrollment.FieldPatientID, enrollment.FieldReferredAt)
	PatientConsents          = newest("Consent", consent.FieldPatientID, consent.FieldCapturedAt)
	PatientTouchpoints       = newest("Touchpoint", touchpoint.FieldPatientID, touchpoint.FieldOccurredAt)
	PatientTreatments        = newest("Treatment", treatment.FieldPatientID, treatment.FieldStartedAt)
	PatientConditions        = newest("Condition", condition.FieldPatientID, condition.FieldOnsetAt)
	PatientCareRelationships = newest("CareRelationship", "patient_id", "started_at")
	ProviderTouchpoints      = newest("Touchpoint", touchpoint.FieldProviderID, touchpoint.FieldOccurredAt)
	MyTouchpoints            = newest("Touchpoint", "", touchpoint.FieldOccurredAt)
	ConsentsExpiring         = Of{
		Entity: "Consent", Name: "expiring", Orders: map[string]Order{"OLDEST": {Columns: []string{consent.FieldCapturedAt}}}, Default: "OLDEST",
	}
	MyConsents         = newest("Consent", "", consent.FieldCapturedAt)
	ConsentForms       = newest("ConsentForm", "", consentform.FieldEffectiveFrom)
	FormHistory        = newest("StatusChange", statuschange.FieldConsentFormID, statuschange.FieldAt)
	PatientDocuments   = newest("Document", document.FieldPatientID, document.FieldCreatedAt)
	MyDocuments        = newest("Document", "", document.FieldCreatedAt)
	PatientDisclosures = newest("Disclosure", disclosure.FieldPatientID, disclosure.FieldDisclosedAt)
	MyDisclosures      = newest("Disclosure", "", disclosure.FieldDisclosedAt)
	MyClients          = Of{
		Entity: "LiaisonAssignment", Scope: current(liaisonassignment.FieldEndedAt),
		Orders: map[string]Order{"STARTED": {Columns: []string{liaisonassignment.FieldStartedAt}}}, Default: "STARTED",
	}
	EnrollmentWorklist = Of{
		Entity: "Enrollment", Name: "worklist", Scope: current(enrollment.FieldEndedAt),
		Filter: filter{"status": AmongCodes(enrollment.FieldStatus), "program": Is(enrollment.FieldProgramID)},
		Open:   opener{"program": Key("program")},
		Orders: map[string]Order{"REFERRED": {Columns: []string{enrollment.FieldReferredAt}}}, Default: "REFERRED",
	}
	EnrollmentAnswers    = oldest("EligibilityAnswer", eligibilityanswer.FieldEnrollmentID, eligibilityanswer.FieldCreatedAt)
	EnrollmentActivities = oldest("ServiceActivity", serviceactivity.FieldEnrollmentID, serviceactivity.FieldDueAt)
	PlanActivities       = oldest("ServiceActivity", serviceactivity.FieldPlanID, serviceactivity.FieldSeq)
	EnrollmentHistory    = newest("StatusChange", statuschange.FieldEnrollmentID, statuschange.FieldAt)
	ConsentHistory       = newest("StatusChange", statuschange.FieldConsentID, statuschange.FieldAt)
)

// The rows behind key figures.
var (
	KpiEnrollments = Of{
		Entity: "Enrollment", Name: "kpi", Orders: map[string]Order{"OLDEST": {Columns: []string{enrollment.FieldReferredAt}}}, Default: "OLDEST",
	}
	KpiConsents = Of{
		Entity: "Consent", Name: "kpi", Orders: map[string]Order{"OLDEST": {Columns: []string{consent.FieldCapturedAt}}}, Default: "OLDEST",
	}
)

// The lists that analysts read. Their order is that of the keys: no date decides it.
var (
	Touchpoints = Of{
		Entity: "Touchpoint", Name: "all",
		Filter: filter{"channel": AmongCodes(touchpoint.FieldChannel), "kind": AmongCodes(touchpoint.FieldKind)},
		Orders: byKey, Default: "KEY",
	}
	Enrollments = Of{
		Entity: "Enrollment", Name: "all",
		Filter: filter{"status": AmongCodes(enrollment.FieldStatus), "program": Is(enrollment.FieldProgramID)},
		Open:   opener{"program": Key("program")},
		Orders: byKey, Default: "KEY",
	}
)

// The lists of what the company offers and who works there.
var (
	Products = Of{
		Entity: "Product", Filter: filter{"name": Contains(product.FieldName)},
		Orders: map[string]Order{"NAME": {Columns: []string{product.FieldName}}}, Default: "NAME",
	}
	OpenForReferral       = programs("referral", openForReferral)
	OpenPrograms          = programs("open", openPrograms)
	OpenTrials            = programs("trials", openTrials)
	ProgramSites          = oldest("ProgramSite", programsite.FieldProgramID, programsite.FieldCreatedAt)
	ProgramCriteria       = oldest("EligibilityCriterion", eligibilitycriterion.FieldProgramID, eligibilitycriterion.FieldSeq)
	ProgramActivities     = oldest("ActivityTemplate", activitytemplate.FieldProgramID, activitytemplate.FieldSeq)
	ProgramTeam           = oldest("ProgramTeamMember", programteammember.FieldProgramID, programteammember.FieldStartedAt)
	ProgramHistory        = newest("StatusChange", statuschange.FieldProgramID, statuschange.FieldAt)
	SubjectHistory        = newest("StatusChange", statuschange.FieldTrialSubjectID, statuschange.FieldAt)
	OrganizationLocations = Of{
		Entity: "Location", Parent: location.FieldOrganizationID,
		Orders: map[string]Order{"NAME": {Columns: []string{location.FieldName}}}, Default: "NAME",
	}
	CarePrograms       = Of{Entity: "CareProgram", Orders: map[string]Order{"NAME": {Columns: []string{careprogram.FieldName}}}, Default: "NAME"}
	KnowledgeResources = Of{
		Entity: "KnowledgeResource",
		Filter: filter{
			"title":       Contains(knowledgeresource.FieldTitle),
			"kind":        AmongCodes(knowledgeresource.FieldKind),
			"product":     Is(knowledgeresource.FieldProductID),
			"labelStatus": AmongCodes(knowledgeresource.FieldLabelStatus),
		},
		Open:   opener{"product": Key("product")},
		Orders: map[string]Order{"NEWEST": {Columns: []string{knowledgeresource.FieldEffectiveFrom}, Desc: true}}, Default: "NEWEST",
	}
	Users         = Of{Entity: "Identity", Orders: map[string]Order{"NAME": {Columns: []string{identity.FieldName}}}, Default: "NAME"}
	Organizations = Of{
		Entity: "Organization", Filter: filter{"kind": AmongCodes(organization.FieldKind), "name": Contains(organization.FieldName)},
		Orders: map[string]Order{"NAME": {Columns: []string{organization.FieldName}}}, Default: "NAME",
	}
	Coordinators = Of{
		Entity: "Identity", Name: "coordinators", Scope: coordinating,
		Orders: map[string]Order{"NAME": {Columns: []string{identity.FieldName}}}, Default: "NAME",
	}
	Memberships   = oldest("Membership", membership.FieldIdentityID, membership.FieldStartedAt)
	ImportRuns    = newest("ImportRun", "", importrun.FieldStartedAt)
	ScheduledJobs = Of{Entity: "ScheduledJob", Orders: map[string]Order{"NAME": {Columns: []string{scheduledjob.FieldName}}}, Default: "NAME"}
)

// byKey is the order of lists that have no other.
var byKey = map[string]Order{"KEY": {}}

// newest is a list below a parent (or a root list), latest first.
func newest(entity, parent, column string) Of {
	return Of{Entity: entity, Parent: parent, Orders: map[string]Order{"NEWEST": {Columns: []string{column}, Desc: true}}, Default: "NEWEST"}
}

// oldest is a list below a parent, earliest first.
func oldest(entity, parent, column string) Of {
	return Of{Entity: entity, Parent: parent, Orders: map[string]Order{"OLDEST": {Columns: []string{column}}}, Default: "OLDEST"}
}

// programs is a list of programs, by name.
func programs(name string, scope rule.Rule) Of {
	return Of{Entity: "CareProgram", Name: name, Scope: scope, Orders: map[string]Order{"NAME": {Columns: []string{careprogram.FieldName}}}, Default: "NAME"}
}

// openForReferral matches patient services programs that take enrollments.
func openForReferral(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.EQ(s.C(careprogram.FieldStatus), string(code.ProgramStatusActive)))
		s.Where(sql.EQ(s.C(careprogram.FieldKind), string(code.ProgramKindPatientServices)))
	}
}

// coordinating matches coordinators who work here now.
func coordinating(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.EQ(s.C(identity.FieldPersona), string(viewer.Coordinator)))
		s.Where(sql.EQ(s.C(identity.FieldStatus), string(code.IdentityStatusActive)))
	}
}

// selfEnrolling matches programs in which patients enroll themselves now.
func selfEnrolling(s *sql.Selector) {
	s.Where(sql.EQ(s.C(careprogram.FieldStatus), string(code.ProgramStatusActive)))
	s.Where(sql.EQ(s.C(careprogram.FieldSelfEnrollment), true))
}

// openPrograms matches such programs that are no trials.
func openPrograms(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		selfEnrolling(s)
		s.Where(sql.NEQ(s.C(careprogram.FieldKind), string(code.ProgramKindClinicalTrial)))
	}
}

// openTrials matches such trials that recruit.
func openTrials(v viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		selfEnrolling(s)
		s.Where(sql.EQ(s.C(careprogram.FieldKind), string(code.ProgramKindClinicalTrial)))
		rule.Apply(s, rule.Recruiting(v))
	}
}

// standing matches grants that hold now, of those that the rule matches.
func standing(which rule.Rule) rule.Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			rule.Apply(s, which(v))
			s.Where(sql.IsNull(s.C(proxygrant.FieldEndedAt)))
			s.Where(sql.GT(s.C(proxygrant.FieldExpiresAt), v.Now()))
		}
	}
}

// current matches rows that have not ended.
func current(column string) rule.Rule {
	return func(viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.IsNull(s.C(column))) }
	}
}

// waiting matches cases that stand in a queue of the viewer's and that nobody has accepted.
func waiting(v viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		rule.Apply(s, rule.Queue(v))
		s.Where(sql.EQ(s.C(carecase.FieldStatus), string(code.CaseStatusRouted)))
		s.Where(sql.IsNull(s.C(carecase.FieldAssigneeID)))
	}
}

// pending matches cases that the viewer answers for and has not answered.
func pending(v viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.EQ(s.C(carecase.FieldAssigneeID), v.ID()))
		s.Where(arg.Codes(s.C(carecase.FieldStatus), []code.CaseStatus{
			code.CaseStatusAccepted, code.CaseStatusInProgress, code.CaseStatusPendingInfo, code.CaseStatusReopened,
		}))
	}
}

// ClientPatientTouchpoints is a list over the patients of one client, whom the query names.
var ClientPatientTouchpoints = Of{
	Entity: "Touchpoint", Name: "client-patients",
	Orders: map[string]Order{"NEWEST": {Columns: []string{touchpoint.FieldOccurredAt}, Desc: true}}, Default: "NEWEST",
}

// CaseStream narrows the stream of cases; it is no list that is paged.
var CaseStream = Of{Entity: "CareCase", Name: "stream", Filter: filter{
	"department": AmongCodes(carecase.FieldDepartment),
	"kind":       AmongCodes(carecase.FieldKind),
}}
