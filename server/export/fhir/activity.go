package fhir

import "github.com/carehub/carehub/ent"

// Task is an activity of an enrollment: something that is to be done for the patient.
type Task struct {
	Resource
	Status          string       `json:"status"`
	Intent          string       `json:"intent"`
	Description     string       `json:"description"`
	Focus           *Reference   `json:"focus"`
	For             *Reference   `json:"for"`
	ExecutionPeriod *Period      `json:"executionPeriod,omitempty"`
	Restriction     *Restriction `json:"restriction"`
}

// Restriction is until when a task is due.
type Restriction struct {
	Period Period `json:"period"`
}

// TaskOf writes an activity, whose history and enrollment with its program are loaded.
func TaskOf(at Addressing, row *ent.ServiceActivity, names Identifiers) *Task {
	out := &Task{
		Resource: resource(TypeTask, row.ID, row.UpdatedAt, names),
		Status:   wire(row.Status), Intent: "order", Description: row.Title,
		Focus: at.enrolled(row.Edges.Enrollment), For: at.to(TypePatient, row.Edges.Enrollment.PatientID),
		Restriction: &Restriction{Period{End: moment(row.DueAt)}},
	}
	if row.CompletedAt != nil {
		out.ExecutionPeriod = &Period{End: moment(*row.CompletedAt)}
	}
	planned := row.PlanID != nil
	var x extensions
	x.code("activity-kind", string(row.Kind))
	x.number("seq", &row.Seq)
	x.flag("mandatory", &row.Mandatory)
	x.flag("onboarding", &planned)
	x.text("outcome", text(row.Outcome))
	for _, c := range row.Edges.History {
		x.change("status-change", c)
	}
	out.Extension = x
	return out
}
