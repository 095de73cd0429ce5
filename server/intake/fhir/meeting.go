package fhir

import (
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/code"
	entprovider "github.com/carehub/carehub/ent/provider"
)

// bond is a pair of professional and patient.
type bond struct{ provider, patient uuid.UUID }

type meeting struct {
	basis code.CareBasis
	since time.Time
}

// meet remembers that a professional treats a patient: since the first time, and by the encounter if there is one.
func (l *load) meet(provider, patient uuid.UUID, basis code.CareBasis, at time.Time) {
	b := bond{provider, patient}
	m, met := l.meetings[b]
	if !met {
		l.meetings[b] = meeting{basis, at}
		l.bonds = append(l.bonds, b)
		return
	}
	if at.Before(m.since) {
		m.since = at
	}
	if basis == code.CareBasisEncounter {
		m.basis = basis
	}
	l.meetings[b] = m
}

// relate makes the relationships that are missing, and lets those that are there begin with the first meeting. One that
// a person has ended stays ended, one that a person has changed stays as it is.
func (l *load) relate() error {
	if len(l.bonds) == 0 {
		return nil
	}
	var of []uuid.UUID
	for _, b := range l.bonds {
		of = append(of, b.patient)
	}
	rows, err := l.tx.CareRelationship.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Keys(q.C(carerelationship.FieldPatientID), unique(of))) }).
		All(l.ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		b := bond{row.ProviderID, row.PatientID}
		m, met := l.meetings[b]
		delete(l.meetings, b)
		derived := row.Basis == code.CareBasisEncounter || row.Basis == code.CareBasisPrescriber
		if !met || row.EndedAt != nil || row.UpdatedBy != nil || !derived {
			continue
		}
		if row.Basis == code.CareBasisEncounter {
			m.basis = row.Basis
		}
		if m.since.Before(row.StartedAt) || m.basis != row.Basis {
			l.updates = append(l.updates, l.tx.CareRelationship.UpdateOneID(row.ID).
				SetBasis(m.basis).SetStartedAt(earlier(m.since, row.StartedAt)).Exec)
		}
	}
	for _, b := range l.bonds {
		m, missing := l.meetings[b]
		if !missing {
			continue
		}
		l.relationships = append(l.relationships, l.tx.CareRelationship.Create().
			SetProviderID(b.provider).SetPatientID(b.patient).SetBasis(m.basis).SetStartedAt(m.since))
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// affiliate gives professionals without an organization the one at which they met patients.
func (l *load) affiliate() error {
	var older []uuid.UUID
	for who, org := range l.affiliations {
		if c, fresh := l.providers[who]; !fresh {
			older = append(older, who)
		} else if _, has := c.Mutation().OrganizationID(); !has {
			c.SetOrganizationID(org)
		}
	}
	if len(older) == 0 {
		return nil
	}
	rows, err := l.tx.Provider.Query().
		Where(entprovider.OrganizationIDIsNil(), func(q *sql.Selector) { q.Where(arg.Keys(q.C(entprovider.FieldID), older)) }).
		IDs(l.ctx)
	if err != nil {
		return err
	}
	for _, who := range rows {
		l.updates = append(l.updates, l.tx.Provider.UpdateOneID(who).SetOrganizationID(l.affiliations[who]).Exec)
	}
	return nil
}
