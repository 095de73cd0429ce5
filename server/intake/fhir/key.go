package fhir

import (
	"context"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
)

// stored are the keys, of those given, that an entity has rows of.
var stored = map[string]func(context.Context, *ent.Tx, func(*sql.Selector)) ([]uuid.UUID, error){
	patients: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Patient.Query().Where(of).IDs(ctx)
	},
	providers: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Provider.Query().Where(of).IDs(ctx)
	},
	orgs: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Organization.Query().Where(of).IDs(ctx)
	},
	locations: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Location.Query().Where(of).IDs(ctx)
	},
	programs: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.CareProgram.Query().Where(of).IDs(ctx)
	},
	touchpoints: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Touchpoint.Query().Where(of).IDs(ctx)
	},
	treatments: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Treatment.Query().Where(of).IDs(ctx)
	},
	conditions: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Condition.Query().Where(of).IDs(ctx)
	},
	enrollments: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Enrollment.Query().Where(of).IDs(ctx)
	},
	coverages: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Coverage.Query().Where(of).IDs(ctx)
	},
	relationships: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.CareRelationship.Query().Where(of).IDs(ctx)
	},
	verifications: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.BenefitVerification.Query().Where(of).IDs(ctx)
	},
	authorizations: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.PriorAuthorization.Query().Where(of).IDs(ctx)
	},
	activities: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.ServiceActivity.Query().Where(of).IDs(ctx)
	},
	disclosures: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Disclosure.Query().Where(of).IDs(ctx)
	},
	consents: func(ctx context.Context, tx *ent.Tx, of func(*sql.Selector)) ([]uuid.UUID, error) {
		return tx.Consent.Query().Where(of).IDs(ctx)
	},
}

// lookUpKeys finds the rows that are called by their own keys. A key of this database is a UUID of version 7; what
// other sources call their resources seldom is, and costs no question.
func (l *load) lookUpKeys(entity string, values []string) error {
	const own = 7
	var keys []uuid.UUID
	for _, value := range values {
		text, is := strings.CutPrefix(value, uuidScheme)
		key, err := uuid.Parse(text)
		if _, found := l.known[name{entity, addressSystem, value}]; is && err == nil && key.Version() == own && !found {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	found, err := stored[entity](l.ctx, l.tx, func(q *sql.Selector) { q.Where(arg.Keys(q.C("id"), keys)) })
	for _, key := range found {
		l.known[name{entity, addressSystem, uuidScheme + key.String()}] = key
	}
	return err
}
