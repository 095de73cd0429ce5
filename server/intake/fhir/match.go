package fhir

import (
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/server/intake/tally"
)

// match finds the row of an item. The first of these decides: the criterion of a conditional create, the address
// with the identifiers, and what others may share.
func (l *load) match(it *item) (key uuid.UUID, found bool, f *fault) {
	if it.sought != nil {
		if key, found = l.known[*it.sought]; found {
			return key, true, nil
		}
	}
	for _, n := range append([]name{it.address}, it.names...) {
		other, has := l.known[n]
		if has && found && other != key {
			return uuid.Nil, false, &fault{it.typ + ".identifier", "its identifiers are those of two different rows"}
		}
		if has {
			key, found = other, true
		}
	}
	if found && it.loose && !it.global && len(it.names) > 0 && l.isAnother(it, key) {
		return uuid.Nil, false, &fault{it.typ + ".id", "another resource has this id, with other identifiers"}
	}
	if found || it.global || len(it.names) > 0 {
		return key, found, nil
	}
	for _, n := range it.weak {
		if key, found = l.known[n]; found {
			break
		}
	}
	return key, found, nil
}

// isAnother tells that an item with the id of a row is something else: none of its identifiers is the row's, which
// has one of the same system.
func (l *load) isAnother(it *item, key uuid.UUID) bool {
	var systems []string
	for _, n := range it.names {
		if l.known[n] == key {
			return false
		}
		systems = append(systems, n.system)
	}
	another, err := l.tx.ExternalIdentifier.Query().
		Where(externalidentifier.EntityID(key), externalidentifier.SystemIn(systems...)).Exist(l.ctx)
	l.fail(err)
	return another
}

// place gives an item its row: the one that is there, or a new one. It reports whether it is new.
func (l *load) place(it *item) (fresh bool) {
	key, found, f := l.match(it)
	if f != nil {
		l.drop(it, *f)
		return false
	}
	if !found {
		it.key, it.outcome = uuid.Must(uuid.NewV7()), tally.Accepted
		l.book(it)
		l.bookVersion(it)
		return true
	}
	it.key, it.outcome = key, tally.Unchanged
	l.book(it)
	return false
}

// book makes an item found again by all its names.
func (l *load) book(it *item) {
	for _, n := range it.allNames() {
		owner, taken := l.known[n]
		switch {
		case !taken:
			l.call(n, it.key)
		case owner != it.key:
			l.remark("an identifier of a " + it.typ + " belongs to another row and was left there")
		}
	}
}
