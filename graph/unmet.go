package graph

import (
	"context"
	"errors"
	"slices"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/graph/model"
)

// Unmet resolves Enrollment.unmet.
func (r enrollmentResolver) Unmet(ctx context.Context, obj *ent.Enrollment) ([]*model.UnmetGate, error) {
	if obj.Status == code.EnrollmentStatusActive || lifecycle.Enrollment.Terminal(obj.Status) {
		return []*model.UnmetGate{}, nil
	}
	a, err := gate.Activation(ctx, r.Client, obj.PatientID, obj.ProgramID, obj.Eligibility, clock.Now(ctx))
	if err != nil {
		return nil, err
	}
	unmet := a.Unmet()
	if obj.Status == code.EnrollmentStatusWaitlisted { // was found eligible, and is when a place is free
		unmet = slices.DeleteFunc(unmet, func(u lifecycle.Unmet) bool { return u.Gate == code.GateCodeNotEligible })
		unmet = append(unmet, lifecycle.Unmet{Gate: code.GateCodeProgramFull})
	}
	return shown(unmet), nil
}

// gateMessages say in words what is missing.
var gateMessages = map[code.GateCode]string{
	code.GateCodeProgramNotActive:        "the program takes nobody now",
	code.GateCodeProgramFull:             "the program has no free place",
	code.GateCodeSelfEnrollmentClosed:    "patients do not enroll themselves in this program",
	code.GateCodeStudyNotRecruiting:      "the trial does not recruit now",
	code.GateCodeCareRelationshipMissing: "attest that you treat the patient",
	code.GateCodeAlreadyEnrolled:         "the patient has an open enrollment in the program",
	code.GateCodeOptedOut:                "the patient left and is not enrolled again yet",
	code.GateCodeAnswerMissing:           "a required criterion has not been answered",
	code.GateCodeCriterionNotMet:         "a required criterion is not met",
	code.GateCodeNotEligible:             "nobody has found the patient eligible",
	code.GateCodeConsentMissing:          "a demanded consent is not in force",
	code.GateCodeConsentFormOutdated:     "the consent is on an edition of the form that is not in force any more",
	code.GateCodeFormMissing:             "a demanded consent has no approved form in force",
	code.GateCodeEthicsApprovalMissing:   "no ethics committee has approved the trial",
	code.GateCodeOpenEnrollments:         "enrollments are open",
	code.GateCodeCoverageNotVerified:     "no verification of benefits is complete and valid",
	code.GateCodeNotCovered:              "the payer does not pay",
	code.GateCodeCoverageNotActive:       "the coverage is not in force",
	code.GateCodeMemberDataMissing:       "member number, payer or the birth date of who is insured is missing",
	code.GateCodeChannelClosed:           "the patient does not permit the channel",
}

// shown are the gates as the contract has them.
func shown(unmet []lifecycle.Unmet) []*model.UnmetGate {
	out := make([]*model.UnmetGate, len(unmet))
	for i, u := range unmet {
		out[i] = &model.UnmetGate{Code: u.Gate, Message: gateMessages[u.Gate]}
		if u.Scope != "" {
			out[i].Scope = &u.Scope
		}
	}
	return out
}

// unmetOf returns the gates that refused a step, and whether gates did.
func unmetOf(err error) ([]*model.UnmetGate, bool) {
	if refused, ok := errors.AsType[*lifecycle.UnmetError](err); ok {
		return shown(refused.Gates), true
	}
	return nil, false
}
