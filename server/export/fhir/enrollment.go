package fhir

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// EpisodeOfCare is an enrollment in a program that is no trial.
type EpisodeOfCare struct {
	Resource
	Status        string            `json:"status"`
	StatusHistory []EpisodeStatus   `json:"statusHistory,omitempty"`
	Type          []CodeableConcept `json:"type"`
	Patient       *Reference        `json:"patient"`
	Period        Period            `json:"period"`
}

// EpisodeStatus is a time in which an enrollment had a status.
type EpisodeStatus struct {
	Extension []Extension `json:"extension"`
	Status    string      `json:"status"`
	Period    Period      `json:"period"`
}

// episodeStatuses are the codes of FHIR's episode-of-care-status that come next to ours.
var episodeStatuses = map[code.EnrollmentStatus]string{
	code.EnrollmentStatusReferred:       "planned",
	code.EnrollmentStatusScreening:      "planned",
	code.EnrollmentStatusEligible:       "planned",
	code.EnrollmentStatusConsentPending: "planned",
	code.EnrollmentStatusReady:          "planned",
	code.EnrollmentStatusWaitlisted:     "waitlist",
	code.EnrollmentStatusActive:         "active",
	code.EnrollmentStatusOnHold:         "onhold",
	code.EnrollmentStatusCompleted:      "finished",
	code.EnrollmentStatusWithdrawn:      "finished",
	code.EnrollmentStatusDiscontinued:   "finished",
	code.EnrollmentStatusIneligible:     "cancelled",
	code.EnrollmentStatusDeclined:       "cancelled",
	code.EnrollmentStatusCancelled:      "cancelled",
}

// EpisodeOfCareOf writes an enrollment, whose program, answers, onboarding and history are loaded.
func EpisodeOfCareOf(at Addressing, row *ent.Enrollment, names Identifiers) *EpisodeOfCare {
	out := &EpisodeOfCare{
		Resource: resource(TypeEpisodeOfCare, row.ID, row.UpdatedAt, names),
		Status:   episodeStatuses[row.Status], Type: concepts(row.Edges.Program.Name),
		Patient: at.to(TypePatient, row.PatientID), Period: stay(row),
	}
	for i, c := range row.Edges.History {
		var x extensions
		x.change("status-change", c)
		during := EpisodeStatus{x, episodeStatuses[code.EnrollmentStatus(c.ToStatus)], Period{Start: moment(c.At)}}
		if i+1 < len(row.Edges.History) {
			during.Period.End = moment(row.Edges.History[i+1].At)
		}
		out.StatusHistory = append(out.StatusHistory, during)
	}
	x := enrollmentExtensions(at, row)
	x.reference("program", at.program(row.Edges.Program))
	out.Extension = x
	return out
}

// stay is the time from a referral to the end.
func stay(row *ent.Enrollment) Period {
	return Period{Start: moment(row.ReferredAt), End: maybeMoment(row.EndedAt)}
}

// enrollmentExtensions are those of enrollments of all kinds.
func enrollmentExtensions(at Addressing, row *ent.Enrollment) extensions {
	var x extensions
	x.code("enrollment-status", string(row.Status))
	x.code("enrollment-source", string(row.Source))
	x.reference("referrer", at.maybe(TypePractitioner, row.ReferrerID))
	x.code("eligibility", string(row.Eligibility))
	x.text("eligibility-note", text(row.EligibilityNote))
	x.moment("eligibility-decided-at", row.EligibilityDecidedAt)
	x.moment("waitlisted-at", row.WaitlistedAt)
	x.moment("consented-at", row.ConsentedAt)
	x.moment("activated-at", row.ActivatedAt)
	x.text("hold-reason", text(row.HoldReason))
	x.text("end-reason", text(row.EndReason))
	x.day("opt-out-until", row.OptOutUntil)
	for _, a := range row.Edges.Answers {
		var of extensions
		of.number("criterion", &a.Edges.Criterion.Seq)
		of.code("result", string(a.Result))
		of.text("value", text(a.Value))
		of.moment("at", &a.AnsweredAt)
		x.parts("eligibility-answer", of)
	}
	if plan, begun := row.Edges.Onboarding, true; plan != nil {
		x.flag("onboarding", &begun)
		x.moment("onboarded-at", plan.CompletedAt)
	}
	return x
}

// ResearchSubject is an enrollment in a trial.
type ResearchSubject struct {
	Resource
	Status       string     `json:"status,omitempty"`
	StatusAbsent *Absent    `json:"_status,omitempty"`
	Period       Period     `json:"period"`
	Study        *Reference `json:"study"`
	Individual   *Reference `json:"individual"`
	AssignedArm  string     `json:"assignedArm,omitempty"`
	ArmMasked    *Absent    `json:"_assignedArm,omitempty"`
}

// ResearchSubjectOf writes an enrollment in a trial, whose program, answers, onboarding, histories and subject with its
// site are loaded.
// Masked, it does not tell the arm.
func ResearchSubjectOf(at Addressing, row *ent.Enrollment, names Identifiers, masked bool) *ResearchSubject {
	out := &ResearchSubject{
		Resource: resource(TypeResearchSubject, row.ID, row.UpdatedAt, names),
		Period:   stay(row), Study: at.program(row.Edges.Program), Individual: at.to(TypePatient, row.PatientID),
	}
	x := enrollmentExtensions(at, row)
	for _, c := range row.Edges.History {
		x.change("status-change", c)
	}
	if subject := row.Edges.TrialSubject; subject == nil {
		out.StatusAbsent = absent("unknown")
	} else {
		out.Status, out.AssignedArm = wire(subject.State), text(subject.Arm)
		if masked && out.AssignedArm != "" {
			out.AssignedArm, out.ArmMasked = "", absent("masked")
		}
		x.text("screening-number", text(subject.ScreeningNumber))
		x.moment("randomized-at", subject.RandomizedAt)
		if subject.Edges.Site != nil {
			x.reference("site", at.to(TypeOrganization, subject.Edges.Site.OrganizationID))
		}
		for _, c := range subject.Edges.History {
			x.change("subject-status-change", c)
		}
	}
	out.Extension = x
	return out
}

// enrolled refers to an enrollment whose program is loaded; nil when there is none.
func (at Addressing) enrolled(row *ent.Enrollment) *Reference {
	switch {
	case row == nil:
		return nil
	case isTrial(row):
		return at.to(TypeResearchSubject, row.ID)
	}
	return at.to(TypeEpisodeOfCare, row.ID)
}

// isTrial tells that an enrollment, if there is one, is in a trial.
func isTrial(row *ent.Enrollment) bool {
	return row != nil && row.Edges.Program.Kind == code.ProgramKindClinicalTrial
}
