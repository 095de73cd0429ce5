// Package payer is the seam to those who pay: what a clearinghouse carries to a payer and back.
package payer

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/model"
)

// Clearinghouse carries inquiries to payers and their responses back, like one that takes ASC X12 270 transactions and
// keeps the 271 until they are fetched. A response may come late, twice or never, and may say anything.
type Clearinghouse interface {
	// Submit hands an inquiry over. One that was handed over before, as its trace tells, is not asked again. An error means
	// that it is not known to have arrived; it is submitted again later.
	Submit(ctx context.Context, in Inquiry) error
	// Responses returns at most limit responses that have come and were not acknowledged, those first that came first.
	Responses(ctx context.Context, limit int) ([]Response, error)
	// Acknowledge tells that the response was taken in. Until then it is delivered again.
	Acknowledge(ctx context.Context, id string) error
}

// Inquiry asks what a coverage pays for (X12 270).
type Inquiry struct {
	// Trace identifies the question (X12 TRN); the response carries it.
	Trace uuid.UUID
	// Payer is the payer's name.
	Payer string
	// What the payer finds the member by.
	MemberID            string
	GroupID, BIN, PCN   *string
	SubscriberName      *string
	SubscriberBirthDate code.Date
	// Purposes are what is asked.
	Purposes []code.VerificationPurpose
	// Product is the name of the product that it is about; nil when it is about the whole coverage.
	Product *string
}

// Response is what came back (X12 271).
type Response struct {
	// ID is the clearinghouse's own; what Acknowledge takes.
	ID string
	// Trace is that of the inquiry, as the payer repeats it.
	Trace uuid.UUID
	// Answer is what the payer says; its VerificationID is not used. A result that is unknown here counts as UNKNOWN, with
	// the payer's word for it in the disposition.
	Answer model.RecordVerificationResultInput
}
