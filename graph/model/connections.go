// Package model has the types of the API that are not entities.
package model

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/graph/kpi"
	"github.com/carehub/carehub/graph/relay"
)

// Connections of the API, by node.
type (
	CaseConnection                 = relay.Connection[ent.CareCase]
	CaseEdge                       = relay.Edge[ent.CareCase]
	RoutingRuleConnection          = relay.Connection[ent.RoutingRule]
	RoutingRuleEdge                = relay.Edge[ent.RoutingRule]
	CareRelationshipConnection     = relay.Connection[ent.CareRelationship]
	CareRelationshipEdge           = relay.Edge[ent.CareRelationship]
	PatientConnection              = relay.Connection[ent.Patient]
	PatientEdge                    = relay.Edge[ent.Patient]
	ConsentConnection              = relay.Connection[ent.Consent]
	ConsentEdge                    = relay.Edge[ent.Consent]
	TouchpointConnection           = relay.Connection[ent.Touchpoint]
	TouchpointEdge                 = relay.Edge[ent.Touchpoint]
	EnrollmentConnection           = relay.Connection[ent.Enrollment]
	EnrollmentEdge                 = relay.Edge[ent.Enrollment]
	LiaisonAssignmentConnection    = relay.Connection[ent.LiaisonAssignment]
	LiaisonAssignmentEdge          = relay.Edge[ent.LiaisonAssignment]
	ProductConnection              = relay.Connection[ent.Product]
	ProductEdge                    = relay.Edge[ent.Product]
	CareProgramConnection          = relay.Connection[ent.CareProgram]
	CareProgramEdge                = relay.Edge[ent.CareProgram]
	KnowledgeResourceConnection    = relay.Connection[ent.KnowledgeResource]
	KnowledgeResourceEdge          = relay.Edge[ent.KnowledgeResource]
	UserConnection                 = relay.Connection[ent.Identity]
	UserEdge                       = relay.Edge[ent.Identity]
	LocationConnection             = relay.Connection[ent.Location]
	LocationEdge                   = relay.Edge[ent.Location]
	ProgramSiteConnection          = relay.Connection[ent.ProgramSite]
	ProgramSiteEdge                = relay.Edge[ent.ProgramSite]
	EligibilityCriterionConnection = relay.Connection[ent.EligibilityCriterion]
	EligibilityCriterionEdge       = relay.Edge[ent.EligibilityCriterion]
	ScheduledJobConnection         = relay.Connection[ent.ScheduledJob]
	ScheduledJobEdge               = relay.Edge[ent.ScheduledJob]
	EligibilityAnswerConnection    = relay.Connection[ent.EligibilityAnswer]
	EligibilityAnswerEdge          = relay.Edge[ent.EligibilityAnswer]
	ServiceActivityConnection      = relay.Connection[ent.ServiceActivity]
	ServiceActivityEdge            = relay.Edge[ent.ServiceActivity]
	ImportRunConnection            = relay.Connection[ent.ImportRun]
	ImportRunEdge                  = relay.Edge[ent.ImportRun]
	MembershipConnection           = relay.Connection[ent.Membership]
	MembershipEdge                 = relay.Edge[ent.Membership]
	ContactPointConnection         = relay.Connection[ent.ContactPoint]
	ContactPointEdge               = relay.Edge[ent.ContactPoint]
	ProxyGrantConnection           = relay.Connection[ent.ProxyGrant]
	ProxyGrantEdge                 = relay.Edge[ent.ProxyGrant]
	PortalAccessConnection         = relay.Connection[ent.PortalAccess]
	PortalAccessEdge               = relay.Edge[ent.PortalAccess]
	CoverageConnection             = relay.Connection[ent.Coverage]
	CoverageEdge                   = relay.Edge[ent.Coverage]
	TreatmentConnection            = relay.Connection[ent.Treatment]
	TreatmentEdge                  = relay.Edge[ent.Treatment]
	ConditionConnection            = relay.Connection[ent.Condition]
	ConditionEdge                  = relay.Edge[ent.Condition]
	StatusChangeConnection         = relay.Connection[ent.StatusChange]
	StatusChangeEdge               = relay.Edge[ent.StatusChange]
	CaseRoutingConnection          = relay.Connection[ent.CaseRouting]
	CaseRoutingEdge                = relay.Edge[ent.CaseRouting]
	InquiryQuestionConnection      = relay.Connection[ent.InquiryQuestion]
	InquiryQuestionEdge            = relay.Edge[ent.InquiryQuestion]
	InquiryResponseConnection      = relay.Connection[ent.InquiryResponse]
	InquiryResponseEdge            = relay.Edge[ent.InquiryResponse]
	ResponseAnswerConnection       = relay.Connection[ent.ResponseAnswer]
	ResponseAnswerEdge             = relay.Edge[ent.ResponseAnswer]
	ResponseCitationConnection     = relay.Connection[ent.ResponseCitation]
	ResponseCitationEdge           = relay.Edge[ent.ResponseCitation]
)

// Key figures, by the rows that they count.
type (
	EnrollmentDurations = kpi.Durations[ent.Enrollment]
	ConsentDurations    = kpi.Durations[ent.Consent]
	ConsentRate         = kpi.Rate[ent.Consent]
)
