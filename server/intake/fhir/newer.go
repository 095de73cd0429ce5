package fhir

import (
	"errors"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/server/intake/tally"
)

// versionSystem is the system of external identifiers that say which version of a record was taken in. Their
// value is the row's key and the version's moment.
const versionSystem = "urn:carehub:record-version"

// bookVersion remembers which version of a record was taken in, when the source says it.
func (l *load) bookVersion(it *item) {
	if at, dated := it.version(); dated {
		n := name{mapped[it.typ].entity, versionSystem, it.key.String() + " " + at.Format(time.RFC3339Nano)}
		if _, booked := l.known[n]; !booked {
			l.call(n, it.key)
		}
	}
}

// version is when the source last changed the record.
func (it *item) version() (time.Time, bool) {
	if it.updated == "" {
		return time.Time{}, false
	}
	at, err := parseTime(it.updated)
	return at, err == nil
}

// call makes a row found by a name.
func (l *load) call(n name, key uuid.UUID) {
	l.known[n] = key
	l.names = append(l.names, l.tx.ExternalIdentifier.Create().
		SetEntity(n.entity).SetSystem(n.system).SetValue(n.value).SetEntityID(key))
}

// applyNewer revises the rows of records that are newer than what was taken in of them.
func (l *load) applyNewer() error {
	var dated []uuid.UUID
	for _, it := range l.items {
		if _, is := it.version(); is && it.revisable() {
			dated = append(dated, it.key)
		}
	}
	if len(dated) == 0 {
		return nil
	}
	taken, err := l.versions(dated)
	if err != nil {
		return err
	}
	for _, it := range l.items {
		at, is := it.version()
		last, known := taken[it.key]
		if !is || !it.revisable() || !known || !at.After(last) {
			continue
		}
		err := it.revise(func(q *sql.Selector) {
			q.Where(sql.Or(sql.IsNull(q.C("updated_by")), sql.LT(q.C("updated_at"), at)))
		})
		switch {
		case ent.IsNotFound(err), errors.Is(err, errGated):
			continue
		case err != nil:
			return err
		}
		it.outcome = tally.Accepted
		taken[it.key] = at
		l.bookVersion(it)
	}
	return nil
}

// revisable tells that the row is there and that the record could change it.
func (it *item) revisable() bool {
	return it.outcome == tally.Unchanged && it.revise != nil && it.sought == nil
}

// versions are the latest versions that were taken in, by row.
func (l *load) versions(of []uuid.UUID) (map[uuid.UUID]time.Time, error) {
	rows, err := l.tx.ExternalIdentifier.Query().
		Where(externalidentifier.System(versionSystem), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(externalidentifier.FieldEntityID), unique(of)))
		}).
		All(l.ctx)
	out := map[uuid.UUID]time.Time{}
	for _, row := range rows {
		_, moment, _ := strings.Cut(row.Value, " ")
		if at, err := time.Parse(time.RFC3339Nano, moment); err == nil && at.After(out[row.EntityID]) {
			out[row.EntityID] = at
		}
	}
	return out, err
}
