package export

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/coveragebenefit"
	"github.com/carehub/carehub/ent/verificationattempt"
	"github.com/carehub/carehub/server/export/fhir"
)

func (r *reading) verifications(of scope) ([]written, error) {
	rows, err := r.client.BenefitVerification.Query().Where(of).Order(ascending).WithCoverage().WithProduct().
		WithEnrollment(inProgram).WithHistory(inOrder).
		WithAttempts(func(q *ent.VerificationAttemptQuery) { q.Order(verificationattempt.BySeq()) }).
		WithBenefits(func(q *ent.CoverageBenefitQuery) { q.Order(coveragebenefit.ByID()) }).
		All(r.ctx)
	return write(r, rows, err, func(row *ent.BenefitVerification, names fhir.Identifiers) resource {
		return fhir.EligibilityOf(r.at, row, names)
	})
}

func (r *reading) authorizations(of scope) ([]written, error) {
	rows, err := r.client.PriorAuthorization.Query().Where(of).Order(ascending).WithCoverage().WithProduct().WithHistory(inOrder).All(r.ctx)
	return write(r, rows, err, func(row *ent.PriorAuthorization, names fhir.Identifiers) resource {
		return fhir.ClaimResponseOf(r.at, row, names)
	})
}

func (r *reading) activities(of scope) ([]written, error) {
	rows, err := r.client.ServiceActivity.Query().Where(of).Order(ascending).WithEnrollment(inProgram).WithHistory(inOrder).All(r.ctx)
	return write(r, rows, err, func(row *ent.ServiceActivity, names fhir.Identifiers) resource {
		return fhir.TaskOf(r.at, row, names)
	})
}

func (r *reading) disclosures(of scope) ([]written, error) {
	rows, err := r.client.Disclosure.Query().Where(of).Order(ascending).All(r.ctx)
	return write(r, rows, err, func(row *ent.Disclosure, names fhir.Identifiers) resource {
		return fhir.DisclosureOf(r.at, row, names)
	})
}
