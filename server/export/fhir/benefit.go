package fhir

import (
	"encoding/json"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/money"
)

// CoverageEligibilityResponse is a verification of benefits: the question, contained as #request, and what came of it.
type CoverageEligibilityResponse struct {
	Resource
	Contained   []EligibilityRequest `json:"contained"`
	Status      string               `json:"status"`
	Purpose     []string             `json:"purpose,omitempty"`
	Patient     *Reference           `json:"patient"`
	Created     string               `json:"created"`
	Request     *Reference           `json:"request"`
	Outcome     string               `json:"outcome"`
	Disposition string               `json:"disposition,omitempty"`
	Insurer     *Reference           `json:"insurer"`
	Insurance   []Insurance          `json:"insurance"`
	Error       []ResponseError      `json:"error,omitempty"`
}

// EligibilityRequest is the question to the payer.
type EligibilityRequest struct {
	ResourceType string     `json:"resourceType"`
	ID           string     `json:"id"`
	Status       string     `json:"status"`
	Purpose      []string   `json:"purpose,omitempty"`
	Patient      *Reference `json:"patient"`
	Created      string     `json:"created"`
	Insurer      *Reference `json:"insurer"`
}

// Insurance is what a coverage pays.
type Insurance struct {
	Coverage *Reference      `json:"coverage"`
	Item     []InsuranceItem `json:"item,omitempty"`
}

// InsuranceItem are the benefits within or outside of the payer's network.
type InsuranceItem struct {
	Extension             []Extension      `json:"extension,omitempty"`
	Network               *CodeableConcept `json:"network"`
	Description           string           `json:"description,omitempty"`
	Benefit               []Benefit        `json:"benefit,omitempty"`
	AuthorizationRequired *bool            `json:"authorizationRequired,omitempty"`
}

// Benefit is one sum: its limit and what of it is used.
type Benefit struct {
	Extension    []Extension      `json:"extension,omitempty"`
	Type         *CodeableConcept `json:"type"`
	AllowedMoney *Money           `json:"allowedMoney,omitempty"`
	UsedMoney    *Money           `json:"usedMoney,omitempty"`
}

// Money is a sum with all decimals of its currency.
type Money struct {
	Value    json.Number `json:"value"`
	Currency string      `json:"currency"`
}

// ResponseError is why a payer gave no answer.
type ResponseError struct {
	Code *CodeableConcept `json:"code"`
}

// Code systems of benefits.
const (
	Networks = "http://terminology.hl7.org/CodeSystem/benefit-network"
	Sums     = "urn:carehub:fhir:benefit" // DEDUCTIBLE-INDIVIDUAL and the like, as the model has them
)

// sumOf writes an amount in minor units; nil when there is none, or the currency is none.
func sumOf(minor *int64, currency string) *Money {
	if minor == nil {
		return nil
	}
	d, err := money.Of(*minor, currency)
	if err != nil {
		return nil
	}
	return &Money{json.Number(d), currency}
}

// verificationStates are the status and the outcome of FHIR that come next to the status of a verification.
var verificationStates = map[code.VerificationStatus][2]string{
	code.VerificationStatusDraft:      {"draft", "queued"},
	code.VerificationStatusSubmitted:  {"active", "queued"},
	code.VerificationStatusInProgress: {"active", "queued"},
	code.VerificationStatusComplete:   {"active", "complete"},
	code.VerificationStatusPartial:    {"active", "partial"},
	code.VerificationStatusError:      {"active", "error"},
	code.VerificationStatusCancelled:  {"cancelled", "queued"},
	code.VerificationStatusExpired:    {"active", "complete"},
}

// insurerOf refers to who pays for a coverage.
func insurerOf(at Addressing, row *ent.Coverage) *Reference {
	if row.PayerID == nil {
		return &Reference{Display: "none: the patient pays"}
	}
	return at.to(TypeOrganization, *row.PayerID)
}

// EligibilityOf writes a verification, whose coverage, product, attempts, benefits, history and enrollment with its
// program are loaded.
func EligibilityOf(at Addressing, row *ent.BenefitVerification, names Identifiers) *CoverageEligibilityResponse {
	state := verificationStates[row.Status]
	created := row.CreatedAt
	if row.SubmittedAt != nil {
		created = *row.SubmittedAt
	}
	out := &CoverageEligibilityResponse{
		Resource: resource(TypeEligibility, row.ID, row.UpdatedAt, names), Status: state[0],
		Patient: at.to(TypePatient, row.PatientID), Created: moment(created), Request: &Reference{Reference: "#request"},
		Outcome: state[1], Disposition: text(row.Disposition), Insurer: insurerOf(at, row.Edges.Coverage),
	}
	for _, p := range row.Purposes {
		out.Purpose = append(out.Purpose, wire(p))
	}
	out.Contained = []EligibilityRequest{{
		"CoverageEligibilityRequest", "request", state[0], out.Purpose, out.Patient, out.Created, out.Insurer,
	}}
	if row.ErrorCode != nil {
		out.Error = []ResponseError{{concept(*row.ErrorCode)}}
	}
	paid := Insurance{Coverage: at.to(TypeCoverage, row.CoverageID)}
	for _, b := range row.Edges.Benefits {
		paid.Item = append(paid.Item, itemOf(b))
	}
	out.Insurance = []Insurance{paid}
	var x extensions
	x.code("verification-status", string(row.Status))
	x.code("verification-method", string(row.Method))
	x.code("verification-result", optional(row.Result))
	x.text("payer-reference", text(row.PayerReference))
	x.number("attempts", &row.Attempt)
	x.moment("submitted-at", row.SubmittedAt)
	x.moment("completed-at", row.CompletedAt)
	x.moment("valid-until", row.ValidUntil)
	x.moment("reverify-at", row.ReverifyAt)
	x.reference("enrollment", at.enrolled(row.Edges.Enrollment))
	x.reference("supersedes", at.maybe(TypeEligibility, row.SupersedesID))
	x.product(row.Edges.Product)
	for _, a := range row.Edges.Attempts {
		var of extensions
		of.number("seq", &a.Seq)
		of.moment("submitted-at", &a.SubmittedAt)
		of.moment("answered-at", a.AnsweredAt)
		of.code("outcome", string(a.Outcome))
		of.code("method", string(a.Method))
		of.text("error-code", text(a.ErrorCode))
		of.text("detail", text(a.Detail))
		x.parts("attempt", of)
	}
	for _, c := range row.Edges.History {
		x.change("status-change", c)
	}
	out.Extension = x
	return out
}

func itemOf(row *ent.CoverageBenefit) InsuranceItem {
	network := "out"
	if row.InNetwork {
		network = "in"
	}
	out := InsuranceItem{
		Network: coded(Networks, network, ""), Description: text(row.Notes), AuthorizationRequired: row.PriorAuthorizationRequired,
	}
	var x extensions
	x.code("currency", row.Currency)
	x.number("coinsurance-basis-points", row.CoinsuranceBasisPoints)
	x.flag("step-therapy", row.StepTherapy)
	out.Extension = x
	sum := func(name string, limit, applied, remaining *int64) {
		if limit == nil && applied == nil && remaining == nil {
			return
		}
		b := Benefit{
			Type: coded(Sums, name, ""), AllowedMoney: sumOf(limit, row.Currency), UsedMoney: sumOf(applied, row.Currency),
		}
		if left := sumOf(remaining, row.Currency); left != nil {
			b.Extension = []Extension{{URL: ExtensionBase + "remaining", ValueMoney: left}}
		}
		out.Benefit = append(out.Benefit, b)
	}
	sum("deductible-individual", row.DeductibleIndividualLimit, row.DeductibleIndividualApplied, row.DeductibleIndividualRemaining)
	sum("deductible-family", row.DeductibleFamilyLimit, row.DeductibleFamilyApplied, row.DeductibleFamilyRemaining)
	sum("out-of-pocket-individual", row.OutOfPocketIndividualLimit, row.OutOfPocketIndividualApplied, row.OutOfPocketIndividualRemaining)
	sum("out-of-pocket-family", row.OutOfPocketFamilyLimit, row.OutOfPocketFamilyApplied, row.OutOfPocketFamilyRemaining)
	sum("copay", row.Copay, nil, nil)
	return out
}

// ClaimResponse is a prior authorization: what a payer was asked to agree to in advance, and what it said.
type ClaimResponse struct {
	Resource
	Status        string           `json:"status"`
	Type          *CodeableConcept `json:"type"`
	Use           string           `json:"use"`
	Patient       *Reference       `json:"patient"`
	Created       string           `json:"created"`
	Insurer       *Reference       `json:"insurer"`
	Outcome       string           `json:"outcome"`
	Disposition   string           `json:"disposition,omitempty"`
	PreAuthRef    string           `json:"preAuthRef,omitempty"`
	PreAuthPeriod *Period          `json:"preAuthPeriod,omitempty"`
	Insurance     []ClaimInsurance `json:"insurance"`
}

// ClaimInsurance is the coverage that is to pay.
type ClaimInsurance struct {
	Sequence int        `json:"sequence"`
	Focal    bool       `json:"focal"`
	Coverage *Reference `json:"coverage"`
}

// authorizationStates are the status and the outcome of FHIR that come next to the status of an authorization.
var authorizationStates = map[code.PriorAuthorizationStatus][2]string{
	code.PriorAuthorizationStatusDraft:     {"draft", "queued"},
	code.PriorAuthorizationStatusSubmitted: {"active", "queued"},
	code.PriorAuthorizationStatusApproved:  {"active", "complete"},
	code.PriorAuthorizationStatusDenied:    {"active", "complete"},
	code.PriorAuthorizationStatusCancelled: {"cancelled", "queued"},
	code.PriorAuthorizationStatusExpired:   {"active", "complete"},
}

// ClaimResponseOf writes a prior authorization, whose coverage, product and history are loaded.
func ClaimResponseOf(at Addressing, row *ent.PriorAuthorization, names Identifiers) *ClaimResponse {
	state := authorizationStates[row.Status]
	created := row.CreatedAt
	if row.SubmittedAt != nil {
		created = *row.SubmittedAt
	}
	out := &ClaimResponse{
		Resource: resource(TypeClaimResponse, row.ID, row.UpdatedAt, names),
		Status:   state[0], Type: coded("http://terminology.hl7.org/CodeSystem/claim-type", "pharmacy", ""), Use: "preauthorization",
		Patient: at.to(TypePatient, row.PatientID), Created: moment(created), Insurer: insurerOf(at, row.Edges.Coverage),
		Outcome: state[1], Disposition: text(row.Reason), PreAuthRef: text(row.Number), PreAuthPeriod: days(row.ValidFrom, row.ValidUntil),
		Insurance: []ClaimInsurance{{1, true, at.to(TypeCoverage, row.CoverageID)}},
	}
	var x extensions
	x.code("authorization-status", string(row.Status))
	x.moment("submitted-at", row.SubmittedAt)
	x.moment("decided-at", row.DecidedAt)
	x.reference("verification", at.maybe(TypeEligibility, row.VerificationID))
	x.product(row.Edges.Product)
	for _, c := range row.Edges.History {
		x.change("status-change", c)
	}
	out.Extension = x
	return out
}
