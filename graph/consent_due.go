package graph

import (
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/requiredconsent"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/serviceactivity"
)

// renewAhead is how long before a consent expires its renewal becomes a task.
const renewAhead = 30 * 24 * time.Hour

// expireConsents ends consents whose time has passed. Nothing relied on them any more since that moment; what changes is
// what they held up: enrollments that demand them are put on hold, and the streams are told.
func expireConsents(c *change) (more bool, err error) {
	over, err := c.tx.Consent.Query().Where(consent.StatusEQ(code.ConsentStatusActive), consent.ExpiresAtLTE(clock.Now(c))).
		Order(consent.ByExpiresAt(), consent.ByID()).Limit(duePart).All(c)
	if err != nil {
		return false, err
	}
	note := "expired"
	for _, old := range over {
		ended, err := c.tx.Consent.UpdateOneID(old.ID).Where(consent.Version(old.Version)).SetStatus(code.ConsentStatusInactive).Save(c)
		if ent.IsNotFound(err) {
			continue // somebody ended it meanwhile
		}
		if err != nil {
			return false, err
		}
		if err := c.consentStep(ended, old.Status, &note); err != nil {
			return false, err
		}
	}
	return len(over) == duePart, nil
}

// renewalTasks gives the coordinators of enrollments that demand a consent which expires soon the task to have it
// renewed: one for each moment at which some expire.
func renewalTasks(c *change) (more bool, err error) {
	now := clock.Now(c)
	soon := func(s *sql.Selector) {
		s.Where(sql.And(
			sql.EQ(s.C(consent.FieldStatus), code.ConsentStatusActive), sql.EQ(s.C(consent.FieldDecision), code.ConsentDecisionPermit),
			sql.GT(s.C(consent.FieldExpiresAt), now), sql.LTE(s.C(consent.FieldExpiresAt), now.Add(renewAhead)),
		))
	}
	of, err := c.tx.Enrollment.Query().
		Where(enrollment.StatusIn(code.EnrollmentStatusActive, code.EnrollmentStatusOnHold), func(s *sql.Selector) {
			s.Where(unrenewed(s, soon))
		}).
		Order(enrollment.ByID()).Limit(duePart).All(c)
	if err != nil {
		return false, err
	}
	for _, e := range of {
		ending, err := c.tx.Consent.Query().Where(
			consent.PatientID(e.PatientID), soon, consent.Or(consent.ProgramIDIsNil(), consent.ProgramID(e.ProgramID)),
			func(s *sql.Selector) { s.Where(demanded(s, e)) },
		).Order(consent.ByExpiresAt()).All(c)
		if err != nil {
			return false, err
		}
		var at []time.Time
		for _, one := range ending {
			at = append(at, *one.ExpiresAt)
		}
		for _, expires := range slices.CompactFunc(at, time.Time.Equal) {
			if err := c.task(e, code.ActivityKindConsentRenewal, "Renew the consents that expire", expires); err != nil {
				return false, err
			}
		}
	}
	return len(of) == duePart, nil
}

// unrenewed matches enrollments that demand a consent which ends soon, and have no task of that moment.
func unrenewed(s *sql.Selector, soon func(*sql.Selector)) *sql.Predicate {
	return rule.Exists(s, consent.Table, "ending", func(ending *sql.Selector) {
		soon(ending)
		ending.Where(sql.And(
			sql.ColumnsEQ(ending.C(consent.FieldPatientID), s.C(enrollment.FieldPatientID)),
			sql.Or(sql.IsNull(ending.C(consent.FieldProgramID)), sql.ColumnsEQ(ending.C(consent.FieldProgramID), s.C(enrollment.FieldProgramID))),
			rule.Exists(s, requiredconsent.Table, "demanded", func(in *sql.Selector) {
				in.Where(sql.And(
					sql.ColumnsEQ(in.C(requiredconsent.FieldProgramID), s.C(enrollment.FieldProgramID)),
					sql.ColumnsEQ(in.C(requiredconsent.FieldScope), ending.C(consent.FieldScope)),
				))
			}),
			sql.Not(rule.Exists(s, serviceactivity.Table, "known", func(in *sql.Selector) {
				in.Where(sql.And(
					sql.ColumnsEQ(in.C(serviceactivity.FieldEnrollmentID), s.C(enrollment.FieldID)),
					sql.EQ(in.C(serviceactivity.FieldKind), code.ActivityKindConsentRenewal),
					sql.ColumnsEQ(in.C(serviceactivity.FieldDueAt), ending.C(consent.FieldExpiresAt)),
				))
			})),
		))
	})
}

// demanded matches consents of a scope that the enrollment's program demands.
func demanded(s *sql.Selector, e *ent.Enrollment) *sql.Predicate {
	return rule.Exists(s, requiredconsent.Table, "demanded", func(in *sql.Selector) {
		in.Where(sql.And(sql.EQ(in.C(requiredconsent.FieldProgramID), e.ProgramID), sql.ColumnsEQ(in.C(requiredconsent.FieldScope), s.C(consent.FieldScope))))
	})
}

// task gives the coordinator of an enrollment something to do until then, once.
func (c *change) task(e *ent.Enrollment, kind code.ActivityKind, title string, due time.Time) error {
	known, err := c.tx.ServiceActivity.Query().
		Where(serviceactivity.EnrollmentID(e.ID), serviceactivity.KindEQ(kind), serviceactivity.DueAt(due)).Exist(c.system)
	if err != nil || known {
		return err
	}
	seq, err := c.tx.ServiceActivity.Query().Where(serviceactivity.EnrollmentID(e.ID)).Count(c.system)
	if err != nil {
		return err
	}
	made, err := c.tx.ServiceActivity.Create().SetEnrollmentID(e.ID).SetSeq(seq + 1).SetKind(kind).SetTitle(title).
		SetMandatory(false).SetDueAt(due).SetNillableAssigneeID(e.CoordinatorID).Save(c.system)
	if err != nil {
		return err
	}
	c.record(code.AuditActionCreate, ent.TypeServiceActivity, &e.PatientID, made.ID)
	return c.tx.StatusChange.Create().SetServiceActivityID(made.ID).SetToStatus(string(made.Status)).
		SetNillableChangedByID(c.actor()).Exec(c.system)
}
