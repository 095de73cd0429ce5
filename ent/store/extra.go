package store

import (
	"regexp"
	"slices"

	atlas "ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
)

// extra is what the entities need of a database and their schema cannot say: triggers, first rows, indexes and
// tables of our own.
//
// SQLite executes its statements after every automatic migration, which has removed all triggers; so each must be
// repeatable. On PostgreSQL a statement that stands in no migration yet is written into the next one; to change
// an object, change its statement in a way that replaces the old one.
var extra = map[string][]string{
	dialect.SQLite:   slices.Concat(auditExtra[dialect.SQLite], EventStatements[dialect.SQLite], earlier),
	dialect.Postgres: slices.Concat(auditExtra[dialect.Postgres], EventStatements[dialect.Postgres], earlier),
}

// earlier brings rows of earlier versions to what later columns say of them.
var earlier = []string{
	"UPDATE portal_accesses SET ended_at = updated_at WHERE ended_at IS NULL AND status IN ('REVOKED', 'EXPIRED')",
	"UPDATE portal_accesses SET verify_by = expires_at, expires_at = NULL WHERE verify_by IS NULL AND expires_at IS NOT NULL AND status = 'IDENTITY_PENDING'",
	"UPDATE enrollments SET eligibility = 'ELIGIBLE' WHERE eligibility = 'UNDECIDED' AND status = 'ACTIVE'",
}

// keepExtra keeps a migration from dropping the indexes that the extra statements of a dialect made.
func keepExtra(name string) schema.DiffHook {
	return func(next schema.Differ) schema.Differ {
		return schema.DiffFunc(func(current, desired *atlas.Schema) ([]atlas.Change, error) {
			changes, err := next.Diff(current, desired)
			if err != nil {
				return nil, err
			}
			return slices.DeleteFunc(changes, func(c atlas.Change) bool {
				table, ok := c.(*atlas.ModifyTable)
				if !ok {
					return false
				}
				table.Changes = slices.DeleteFunc(table.Changes, func(c atlas.Change) bool {
					index, ok := c.(*atlas.DropIndex)
					return ok && isExtra(name, index.I.Name)
				})
				return len(table.Changes) == 0
			}), nil
		})
	}
}

// isExtra reports whether an extra statement of the dialect names the object.
func isExtra(name, object string) bool {
	named := regexp.MustCompile(`\b` + regexp.QuoteMeta(object) + `\b`)
	return slices.ContainsFunc(extra[name], named.MatchString)
}
