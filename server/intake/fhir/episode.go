package fhir

import (
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// episodeOfCare is FHIR's EpisodeOfCare.
type episodeOfCare struct {
	Status               string
	Type                 []concept
	Patient              reference
	ManagingOrganization reference
	Period               period
}

func (e *episodeOfCare) refer(to func(reference, string)) {
	to(e.Patient, patients)
	to(e.ManagingOrganization, orgs)
}

func (e *episodeOfCare) of() (string, reference) { return "patient", e.Patient }

func (e *episodeOfCare) names() []name {
	if program, has := programOf(e.Type); has {
		return []name{program.name}
	}
	return nil
}

var episodeStatuses = map[string]code.EnrollmentStatus{
	"planned":   code.EnrollmentStatusReferred,
	"waitlist":  code.EnrollmentStatusWaitlisted,
	"active":    code.EnrollmentStatusActive,
	"onhold":    code.EnrollmentStatusOnHold,
	"finished":  code.EnrollmentStatusCompleted,
	"cancelled": code.EnrollmentStatusCancelled,
}

// episode reads an episode as a stay in the program of its type, else in that of the organization that manages it.
func (l *load) episode(it *item, e *episodeOfCare) (stay, *fault) {
	r := &reader{}
	s := l.stay(r, "EpisodeOfCare", translate(r, "EpisodeOfCare.status", e.Status, episodeStatuses), e.Period, "")
	org, reason := l.find(it, e.ManagingOrganization, orgs)
	if reason != "" {
		r.refuse("EpisodeOfCare.managingOrganization", "%s", reason)
	}
	var has bool
	if s.program, has = programOf(e.Type); !has && org != uuid.Nil {
		s.program, has = program{name{programs, careOfSystem, org.String()}, l.titleOf(org)}, true
	}
	if !has {
		r.refuse("EpisodeOfCare.type", "missing: no program can be told")
	}
	r.program("EpisodeOfCare.type", &s.program)
	return s, r.fault
}

// titleOf is the name of an organization that was found.
func (l *load) titleOf(org uuid.UUID) string {
	for _, c := range l.organizations {
		if key, _ := c.Mutation().ID(); key == org {
			name, _ := c.Mutation().Name()
			return name
		}
	}
	row, err := l.tx.Organization.Get(l.ctx, org)
	if err != nil {
		l.fail(err)
		return ""
	}
	return row.Name
}

// careOfSystem is the system of the programs that are all care of one organization.
const careOfSystem = "urn:carehub:care-of-organization"
