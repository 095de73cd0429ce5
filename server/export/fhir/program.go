package fhir

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// HealthcareService is a patient services program or a therapy program.
type HealthcareService struct {
	Resource
	Active bool   `json:"active"`
	Name   string `json:"name"`
}

// ResearchStudy is a clinical trial.
type ResearchStudy struct {
	Resource
	Title        string            `json:"title"`
	Status       string            `json:"status,omitempty"`
	StatusAbsent *Absent           `json:"_status,omitempty"`
	Phase        *CodeableConcept  `json:"phase,omitempty"`
	Condition    []CodeableConcept `json:"condition,omitempty"`
	Description  string            `json:"description,omitempty"`
	Period       *Period           `json:"period,omitempty"`
	Sponsor      *Reference        `json:"sponsor,omitempty"`
}

// Absent says why there is no value: a code of FHIR's data-absent-reason.
type Absent struct {
	Extension []Extension `json:"extension"`
}

func absent(reason string) *Absent {
	return &Absent{[]Extension{{URL: "http://hl7.org/fhir/StructureDefinition/data-absent-reason", ValueCode: reason}}}
}

// HealthcareServiceOf writes a program that is no trial; its parts and products are loaded.
func HealthcareServiceOf(at Addressing, row *ent.CareProgram, names Identifiers) *HealthcareService {
	x := programExtensions(at, row)
	x.day("starts-on", row.StartsOn)
	x.day("ends-on", row.EndsOn)
	out := &HealthcareService{
		Resource: resource(TypeHealthcareService, row.ID, row.UpdatedAt, names),
		Active:   row.Status == code.ProgramStatusActive, Name: row.Name,
	}
	out.Extension = x
	return out
}

// ResearchStudyOf writes a trial; its detail, parts and products are loaded.
func ResearchStudyOf(at Addressing, row *ent.CareProgram, names Identifiers) *ResearchStudy {
	out := &ResearchStudy{
		Resource: resource(TypeResearchStudy, row.ID, row.UpdatedAt, names),
		Title:    row.Name, Period: days(row.StartsOn, row.EndsOn),
	}
	x := programExtensions(at, row)
	if trial := row.Edges.Trial; trial != nil {
		out.Status = wire(code.StudyStatus(optional(trial.StudyStatus)))
		out.Phase = phase(trial.Phase)
		for _, c := range trial.Conditions {
			out.Condition = append(out.Condition, CodeableConcept{Text: c})
		}
		out.Description = text(trial.Summary)
		out.Sponsor = at.maybe(TypeOrganization, trial.SponsorID)
		x.text("official-title", text(trial.OfficialTitle))
		x.text("registry-status", text(trial.RegistryStatus))
		x.text("ethics-approval", text(trial.EthicsApprovalRef))
		x.text("ethics-version", text(trial.EthicsVersion))
		x.flag("blinded", &trial.Blinded)
		x.number("target-enrollment", trial.TargetEnrollment)
	}
	if out.Status == "" {
		out.StatusAbsent = absent("unknown")
	}
	out.Extension = x
	return out
}

// phase is a code of FHIR's research-study-phase.
func phase(p *code.StudyPhase) *CodeableConcept {
	const system = "http://terminology.hl7.org/CodeSystem/research-study-phase"
	switch {
	case p == nil:
		return nil
	case *p == code.StudyPhaseNotApplicable:
		return coded(system, "n-a", "")
	}
	return coded(system, wire(*p), "")
}

// programExtensions are those of programs of all kinds.
func programExtensions(at Addressing, row *ent.CareProgram) extensions {
	var x extensions
	x.code("program-kind", string(row.Kind))
	x.code("program-status", string(row.Status))
	x.number("capacity", row.Capacity)
	x.flag("coverage-required", &row.CoverageRequired)
	x.flag("self-enrollment", &row.SelfEnrollment)
	x.flag("auto-activate", &row.AutoActivate)
	x.flag("waitlist", &row.Waitlist)
	x.number("lead-hours", &row.LeadHours)
	x.number("cutoff-hours", &row.CutoffHours)
	x.number("opt-out-days", &row.OptOutDays)
	x.text("registry-id", text(row.RegistryID))
	x.product(row.Edges.Product)
	if row.Edges.Parent != nil {
		x.reference("part-of", at.program(row.Edges.Parent))
	}
	for _, p := range row.Edges.Products {
		x.text("further-product", p.Edges.Product.Name)
	}
	for _, c := range row.Edges.RequiredConsents {
		x.code("required-consent", string(c.Scope))
	}
	for _, s := range row.Edges.Sites {
		var of extensions
		of.reference("organization", at.to(TypeOrganization, s.OrganizationID))
		of.code("study-status", optional(s.StudyStatus))
		of.text("number", text(s.Number))
		x.parts("site", of)
	}
	for _, c := range row.Edges.Criteria {
		var of extensions
		of.number("seq", &c.Seq)
		of.code("kind", string(c.Kind))
		of.text("text", c.Text)
		of.text("expression", text(c.Expression))
		of.flag("required", &c.Required)
		x.parts("criterion", of)
	}
	for _, a := range row.Edges.ActivityTemplates {
		var of extensions
		of.number("seq", &a.Seq)
		of.code("kind", string(a.Kind))
		of.text("title", a.Title)
		of.number("due-days", &a.DueDays)
		of.flag("mandatory", &a.Mandatory)
		x.parts("activity-template", of)
	}
	for _, c := range row.Edges.History {
		x.change("status-change", c)
	}
	return x
}
