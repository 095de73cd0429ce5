package export

import (
	"context"
	stdsql "database/sql"
	"errors"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/account"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/contactpoint"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/server/export/fhir"
)

// reading reads rows as they all were at one moment.
type reading struct {
	ctx    context.Context
	client *ent.Client
	at     fhir.Addressing
	// masked: nobody is to learn the arms of blinded trials.
	masked bool
}

// snapshot runs the work on the database as it is at one moment, while others go on writing.
func snapshot(ctx context.Context, client *ent.Client, at fhir.Addressing, work func(*reading) error) (err error) {
	tx, err := client.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: stdsql.LevelRepeatableRead})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }() // it wrote nothing
	return work(&reading{ctx: ctx, client: tx.Client(), at: at})
}

// among is the scope of rows whose column has one of the keys.
func among(column string, keys []uuid.UUID) scope {
	return func(q *sql.Selector) { q.Where(arg.Keys(q.C(column), keys)) }
}

// names are what other systems call rows of an entity.
func (r *reading) names(prefix string, keys []uuid.UUID) (fhir.Identifiers, error) {
	rows, err := r.client.ExternalIdentifier.Query().
		Where(externalidentifier.Entity(prefix), among(externalidentifier.FieldEntityID, keys)).
		Order(externalidentifier.BySystem(), externalidentifier.ByValue()).All(r.ctx)
	out := fhir.Identifiers{}
	for _, row := range rows {
		out[row.EntityID] = append(out[row.EntityID], row)
	}
	return out, err
}

// parties are accounts and their contact points, by the key that an account shares with its party.
type parties map[uuid.UUID]fhir.Party

func (r *reading) parties(keys []uuid.UUID, err error) (parties, error) {
	if err != nil {
		return nil, err
	}
	accounts, err := r.client.Account.Query().Where(among(account.FieldID, keys)).All(r.ctx)
	if err != nil {
		return nil, err
	}
	out := parties{}
	for _, row := range accounts {
		out[row.ID] = fhir.Party{Account: row}
	}
	contacts, err := r.client.ContactPoint.Query().Where(among(contactpoint.FieldAccountID, keys)).
		Order(contactpoint.ByID()).All(r.ctx)
	for _, row := range contacts {
		p := out[row.AccountID]
		p.Contacts = append(p.Contacts, row)
		out[row.AccountID] = p
	}
	return out, err
}

func (p parties) of(key uuid.UUID, names fhir.Identifiers) fhir.Party {
	party := p[key]
	party.Names = names
	return party
}

// keysOf are the keys of rows.
func keysOf[Row interface{ GlobalID() gid.ID }](rows []Row) []uuid.UUID {
	out := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		out[i] = row.GlobalID().UUID
	}
	return out
}
