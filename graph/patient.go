package graph

import (
	"context"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// Patient resolves Query.patient.
func (r queryResolver) Patient(ctx context.Context, id gid.ID) (*ent.Patient, error) {
	if err := expect(id, "patient", "id"); err != nil {
		return nil, err
	}
	row, err := r.Client.Patient.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadPatient, row, err)
}

// MyPatients resolves Query.myPatients: the rule of providers is whom they treat.
func (r queryResolver) MyPatients(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.Patient], error) {
	return r.Patients(ctx, first, after, last, before, filter)
}

// Patients resolves Query.patients.
func (r queryResolver) Patients(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.Patient], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.Patient.Query(), list.Patients, args, r.Client.LoadPatient)
}

// Pseudonym resolves Patient.pseudonym: the patient's key under a cipher of the viewer's own, so that two viewers'
// codes of one patient have nothing in common.
func (r patientResolver) Pseudonym(ctx context.Context, obj *ent.Patient) (string, error) {
	v := viewer.From(ctx)
	if v.Pseudonyms == nil {
		return "", fault.New(fault.Internal, "the viewer has no pseudonyms")
	}
	code := gid.ID{Prefix: "pt", UUID: obj.ID}
	return string(gid.Append(nil, &viewer.Identity{Cipher: v.Pseudonyms}, code)), nil
}

// Name resolves Patient.name.
func (r patientResolver) Name(_ context.Context, obj *ent.Patient) (*string, error) {
	return fullName(obj.Given, obj.Family), nil
}

// BirthYear resolves Patient.birthYear.
func (r patientResolver) BirthYear(ctx context.Context, obj *ent.Patient) (*int, error) {
	return birthYear(obj.BirthDate, obj.DeceasedAt, viewer.From(ctx).At), nil
}

// AgeGroup resolves Patient.ageGroup.
func (r patientResolver) AgeGroup(ctx context.Context, obj *ent.Patient) (*string, error) {
	return ageGroup(obj.BirthDate, obj.DeceasedAt, viewer.From(ctx).At), nil
}

// Address resolves Patient.address.
func (r patientResolver) Address(_ context.Context, obj *ent.Patient) (*model.Address, error) {
	return &model.Address{
		Line: obj.AddressLine, City: obj.AddressCity, State: obj.AddressState, Zip: obj.AddressZip, Country: obj.AddressCountry,
	}, nil
}

// State resolves Patient.state.
func (r patientResolver) State(_ context.Context, obj *ent.Patient) (*string, error) {
	return obj.AddressState, nil
}

// Zip3 resolves Patient.zip3.
func (r patientResolver) Zip3(_ context.Context, obj *ent.Patient) (*string, error) {
	if obj.AddressZip == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	prefix := zip3(*obj.AddressZip, orEmpty(obj.AddressCountry))
	return &prefix, nil
}

// fullName joins the parts of a name; nil when there are none.
func fullName(given, family string) *string {
	name := strings.TrimSpace(given + " " + family)
	if name == "" {
		return nil
	}
	return &name
}

// ContactPoints resolves Patient.contactPoints.
func (r patientResolver) ContactPoints(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ContactPoint], error) {
	return relay.Each(ctx, r.Client.ContactPoint.Query, list.PatientContactPoints, obj.ID, page(first, after, last, before), r.Client.LoadContactPoint)
}

// Coverages resolves Patient.coverages.
func (r patientResolver) Coverages(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Coverage], error) {
	return relay.Each(ctx, r.Client.Coverage.Query, list.PatientCoverages, obj.ID, page(first, after, last, before), r.Client.LoadCoverage)
}

// Enrollments resolves Patient.enrollments.
func (r patientResolver) Enrollments(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Enrollment], error) {
	return relay.Each(ctx, r.Client.Enrollment.Query, list.PatientEnrollments, obj.ID, page(first, after, last, before), r.Client.LoadEnrollment)
}

// Consents resolves Patient.consents.
func (r patientResolver) Consents(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Consent], error) {
	return relay.Each(ctx, r.Client.Consent.Query, list.PatientConsents, obj.ID, page(first, after, last, before), r.Client.LoadConsent)
}

// Touchpoints resolves Patient.touchpoints.
func (r patientResolver) Touchpoints(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Touchpoint], error) {
	return relay.Each(ctx, r.Client.Touchpoint.Query, list.PatientTouchpoints, obj.ID, page(first, after, last, before), r.Client.LoadTouchpoint)
}

// Treatments resolves Patient.treatments.
func (r patientResolver) Treatments(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Treatment], error) {
	return relay.Each(ctx, r.Client.Treatment.Query, list.PatientTreatments, obj.ID, page(first, after, last, before), r.Client.LoadTreatment)
}

// Conditions resolves Patient.conditions.
func (r patientResolver) Conditions(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Condition], error) {
	return relay.Each(ctx, r.Client.Condition.Query, list.PatientConditions, obj.ID, page(first, after, last, before), r.Client.LoadCondition)
}

// CareRelationships resolves Patient.careRelationships.
func (r patientResolver) CareRelationships(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CareRelationship], error) {
	return relay.Each(ctx, r.Client.CareRelationship.Query, list.PatientCareRelationships, obj.ID, page(first, after, last, before), r.Client.LoadCareRelationship)
}

// PortalAccesses resolves Patient.portalAccesses.
func (r patientResolver) PortalAccesses(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.PortalAccess], error) {
	return relay.Each(ctx, r.Client.PortalAccess.Query, list.PortalAccesses, obj.ID, page(first, after, last, before), r.Client.LoadPortalAccess)
}
