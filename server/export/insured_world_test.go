package export_test

import (
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/migrate"
)

// agreed is since when agreements hold.
var agreed = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

// agreement is a consent in force that others rely on.
func (d *draw) agreement(patient any, scope code.ConsentScope, program any) uuid.UUID {
	return d.named(migrate.ConsentsTable, "consent", fixed{
		"patient_id": patient, "program_id": program, "scope": string(scope), "decision": string(code.ConsentDecisionPermit),
		"status": string(code.ConsentStatusActive), "captured_at": agreed, "effective_from": agreed, "expires_at": nil, "revoked_at": nil,
		"evidence_kind": string(code.EvidenceKindSourceRecord), "evidence_ref": "Consent/1",
		"form_id": nil, "document_id": nil, "renews_id": nil,
	})
}

// activity draws an activity of an enrollment, which belongs to its onboarding where it has one, or to none.
func (d *draw) activity() {
	if len(d.keys["enrollments"]) == 0 {
		return
	}
	enrollment := d.one("enrollments")
	of := fixed{"enrollment_id": enrollment, "plan_id": nil, "assignee_id": nil}
	if plan, has := d.plans[enrollment]; has && rapid.Bool().Draw(d.T, "planned") {
		of["plan_id"] = plan
	}
	key := d.named(migrate.ServiceActivitiesTable, "activity", of)
	d.history(key, "service_activity_id", code.ActivityStatus("").Values())
}

// verification draws a verification with its attempts and benefits. What is used of a sum is no more than its limit.
func (d *draw) verification() {
	if len(d.keys["coverages"]) == 0 {
		return
	}
	key := d.named(migrate.BenefitVerificationsTable, "verification", fixed{
		"purposes": rapid.SampledFrom([]any{nil, `["BENEFITS"]`, `["AUTH_REQUIREMENTS","VALIDATION"]`}).Draw(d.T, "purposes"), "requested_by_id": nil,
		"due_at": nil, // what is under way with a payer stays where it is: an answer would not come here
	})
	d.history(key, "benefit_verification_id", code.VerificationStatus("").Values())
	for range rapid.IntRange(0, 2).Draw(d.T, "attempts") {
		d.add(migrate.VerificationAttemptsTable, fixed{"verification_id": key})
	}
	for range rapid.IntRange(0, 2).Draw(d.T, "benefits") {
		of := fixed{
			"verification_id": key, "currency": rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(d.T, "currency"),
			"coinsurance_basis_points": rapid.IntRange(0, 10000).Draw(d.T, "coinsurance"),
		}
		for _, sum := range []string{"deductible_individual", "deductible_family", "out_of_pocket_individual", "out_of_pocket_family"} {
			if rapid.Bool().Draw(d.T, "limited") {
				limit := rapid.Int64Range(0, 1e11).Draw(d.T, sum)
				of[sum+"_limit"], of[sum+"_applied"], of[sum+"_remaining"] = limit, limit/3, limit-limit/3
			} else {
				of[sum+"_limit"] = nil
			}
		}
		d.add(migrate.CoverageBenefitsTable, of)
	}
}

func (d *draw) authorization() {
	if len(d.keys["coverages"]) > 0 {
		key := d.named(migrate.PriorAuthorizationsTable, "authorization", fixed{})
		d.history(key, "prior_authorization_id", code.PriorAuthorizationStatus("").Values())
	}
}

// disclosure draws one that needs no authorization, or has it.
func (d *draw) disclosure() {
	patient := d.one("patients")
	of := fixed{"patient_id": patient, "consent_id": nil, "legal_basis": string(code.LegalBasisPublicHealth)}
	if rapid.Bool().Draw(d.T, "authorized") {
		of["consent_id"] = d.agreement(patient, code.ConsentScopeHipaaAuthorization, nil)
		of["legal_basis"], of["disclosed_at"] = string(code.LegalBasisAuthorization), agreed.AddDate(0, 1, 0)
	}
	d.named(migrate.DisclosuresTable, "disclosure", of)
}
