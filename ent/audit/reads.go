package audit

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
)

// Reads makes every query of the client, and of its transactions, note the rows it returns in the Recorder of
// its context. It covers the entities that can identify a patient; counts, keys alone and selected columns are
// not rows. Call it once, before the client is used.
func Reads(client *ent.Client) {
	client.Patient.Intercept(reads(ent.TypePatient, func(r *ent.Patient) (id, patient uuid.UUID) { return r.ID, r.ID }))
	// A patient's account has the patient's key. That of anybody else is in no patient's access log.
	client.ContactPoint.Intercept(reads(ent.TypeContactPoint, func(r *ent.ContactPoint) (id, patient uuid.UUID) { return r.ID, r.AccountID }))
	client.Enrollment.Intercept(reads(ent.TypeEnrollment, func(r *ent.Enrollment) (id, patient uuid.UUID) { return r.ID, r.PatientID }))
	client.EligibilityAnswer.Intercept(reads(ent.TypeEligibilityAnswer, func(r *ent.EligibilityAnswer) (id, patient uuid.UUID) { return r.ID, uuid.Nil }))
	client.OnboardingPlan.Intercept(reads(ent.TypeOnboardingPlan, func(r *ent.OnboardingPlan) (id, patient uuid.UUID) { return r.ID, uuid.Nil }))
	client.ServiceActivity.Intercept(reads(ent.TypeServiceActivity, func(r *ent.ServiceActivity) (id, patient uuid.UUID) { return r.ID, uuid.Nil }))
	client.TrialSubject.Intercept(reads(ent.TypeTrialSubject, func(r *ent.TrialSubject) (id, patient uuid.UUID) { return r.ID, uuid.Nil }))
	client.Consent.Intercept(reads(ent.TypeConsent, func(r *ent.Consent) (id, patient uuid.UUID) { return r.ID, r.PatientID }))
	client.Document.Intercept(reads(ent.TypeDocument, func(r *ent.Document) (id, patient uuid.UUID) { return r.ID, r.PatientID }))
	client.Disclosure.Intercept(reads(ent.TypeDisclosure, func(r *ent.Disclosure) (id, patient uuid.UUID) { return r.ID, r.PatientID }))
	client.Coverage.Intercept(reads(ent.TypeCoverage, func(r *ent.Coverage) (id, patient uuid.UUID) { return r.ID, r.PatientID }))
	client.Treatment.Intercept(reads(ent.TypeTreatment, func(r *ent.Treatment) (id, patient uuid.UUID) { return r.ID, r.PatientID }))
	client.Condition.Intercept(reads(ent.TypeCondition, func(r *ent.Condition) (id, patient uuid.UUID) { return r.ID, r.PatientID }))
	client.CareCase.Intercept(reads(ent.TypeCareCase, func(r *ent.CareCase) (id, patient uuid.UUID) { return r.ID, orNil(r.PatientID) }))
	client.Touchpoint.Intercept(reads(ent.TypeTouchpoint, func(r *ent.Touchpoint) (id, patient uuid.UUID) { return r.ID, orNil(r.PatientID) }))
	client.MedicalInquiry.Intercept(reads(ent.TypeMedicalInquiry, func(r *ent.MedicalInquiry) (id, patient uuid.UUID) { return r.ID, uuid.Nil }))
	client.InquiryQuestion.Intercept(reads(ent.TypeInquiryQuestion, func(r *ent.InquiryQuestion) (id, patient uuid.UUID) { return r.ID, uuid.Nil }))
	client.InquiryResponse.Intercept(reads(ent.TypeInquiryResponse, func(r *ent.InquiryResponse) (id, patient uuid.UUID) { return r.ID, uuid.Nil }))
}

// reads is the interceptor of one entity.
func reads[Row any](entity string, keys func(*Row) (id, patient uuid.UUID)) ent.Interceptor {
	return ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			value, err := next.Query(ctx, q)
			if err != nil {
				return nil, err
			}
			rows, _ := value.([]*Row)
			if r := recorder(ctx); r != nil && len(rows) > 0 {
				r.mu.Lock()
				defer r.mu.Unlock()
				noted := r.rowsOf(entity, len(rows))
				for _, row := range rows {
					id, patient := keys(row)
					note(noted, id, patient)
				}
			}
			return value, nil
		})
	})
}

func orNil(key *uuid.UUID) uuid.UUID {
	if key == nil {
		return uuid.Nil
	}
	return *key
}
