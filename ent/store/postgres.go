package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/lib/pq"
)

// poolSize is enough for a server of a few cores; every connection is kept, as setting one up costs a process.
const poolSize = 16

// openPostgres opens a pool of connections to a PostgreSQL server. What the URL says itself goes first.
func openPostgres(source string, o options) (*Store, error) {
	u, err := url.Parse(source)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // without the URL, which has the password in it
		}
		return nil, fmt.Errorf("the database URL: %w", err)
	}
	settings := u.Query()
	for name, value := range map[string]string{
		"binary_parameters":         "yes",
		"fallback_application_name": "carehub",
		"jit":                       "off", // our statements are short; compiling them costs more than running them
		"statement_timeout":         strconv.FormatInt(o.statementTimeout.Milliseconds(), 10),
		"timezone":                  "UTC",
	} {
		if !settings.Has(name) {
			settings.Set(name, value)
		}
	}
	u.RawQuery = settings.Encode()
	to, err := pq.NewConnector(u.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{Connector: to})
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	return &Store{DB: db, Dialect: dialect.Postgres, Source: u.String(), driver: entsql.OpenDB(dialect.Postgres, db)}, nil
}
