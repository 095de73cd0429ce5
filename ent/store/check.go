package store

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect"
)

// Check returns what an operator should mend about the database, in sentences.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	if s.Dialect == dialect.SQLite {
		var verdict string
		if err := s.DB.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
			return nil, err
		}
		if verdict != "ok" {
			return []string{"the database file is damaged: " + verdict}, nil
		}
		return nil, nil
	}
	var findings []string
	var collation string
	err := s.DB.QueryRowContext(ctx, "SELECT datcollate FROM pg_database WHERE datname = current_database()").Scan(&collation)
	if err != nil {
		return nil, err
	}
	if collation != "C" && collation != "POSIX" {
		findings = append(findings, fmt.Sprintf(
			"the database sorts text by %q: create it with LC_COLLATE 'C', so that lists sort alike on every engine", collation))
	}
	pending, err := s.Pending(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range pending {
		findings = append(findings, "migration "+name+" is pending: run the command migrate")
	}
	return findings, nil
}
