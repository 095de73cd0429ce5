package fhir

import (
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/server/intake/tally"
)

// referable are the types that a reference to an entity may have.
var referable = map[string][]string{
	patients:    {"Patient"},
	providers:   {"Practitioner", "PractitionerRole"},
	orgs:        {"Organization"},
	locations:   {"Location"},
	programs:    {"ResearchStudy"},
	touchpoints: {"Encounter"},
	consents:    {"Consent"},
}

// find returns the row that a reference of an item means; uuid.Nil when the reference names nothing that the
// model keeps. The reason says why a reference that should find a row does not.
func (l *load) find(it *item, ref reference, entity string) (key uuid.UUID, reason string) {
	text := ref.Reference
	if target := l.localTarget(it, text); target != nil {
		switch {
		case mapped[target.typ].entity != entity:
			return uuid.Nil, ""
		case target.outcome == tally.Refused:
			return uuid.Nil, "depends on " + target.name() + ", which was refused"
		case target.outcome == tally.Unmapped:
			return uuid.Nil, "depends on " + target.name() + ", which has no place"
		}
		return target.key, ""
	}
	n, means := nameOf(it, ref, entity)
	if !means {
		if strings.Contains(text, "?") {
			return uuid.Nil, "the reference is no search by one identifier with its system"
		}
		return uuid.Nil, ""
	}
	if key, found := l.known[n]; found {
		return key, ""
	}
	if culprit, was := l.refused[n]; was {
		return uuid.Nil, "depends on " + culprit + ", which was refused"
	}
	reason = "the reference finds no " + referable[entity][0]
	if entity != patients { // whose identifiers are theirs
		reason += ": " + abridged(referenceText(ref))
	}
	return uuid.Nil, reason
}

func referenceText(ref reference) string {
	if ref.Reference == "" && ref.Identifier != nil {
		return ref.Identifier.System + "|" + ref.Identifier.Value
	}
	return ref.Reference
}

// localTarget is the item of the same bundle that the text means.
func (l *load) localTarget(it *item, text string) *item {
	if text == "" {
		return nil
	}
	text, _, _ = strings.Cut(text, "/_history/")
	if target := l.local[text]; target != nil {
		return target
	}
	return l.local[absolute(it, text)]
}

// absolute is a relative reference seen from an item that has its place on the web.
func absolute(it *item, text string) string {
	if isWeb(it.fullURL) && !isWeb(text) {
		if service, isREST := strings.CutSuffix(it.fullURL, it.typ+"/"+it.id); isREST {
			return service + text
		}
	}
	return text
}

// nameOf is what a reference calls its target, when it means one of the entity beyond the bundle.
func nameOf(it *item, ref reference, entity string) (n name, means bool) {
	text, _, _ := strings.Cut(clean(ref.Reference), "/_history/")
	if typ, query, conditional := strings.Cut(text, "?"); conditional {
		system, value, err := criterion(query)
		return name{entity, system, value}, err == nil && isOf(entity, typ)
	}
	switch {
	case text == "" && ref.Identifier != nil && ref.Identifier.System != "" && ref.Identifier.Value != "":
		return name{entity, clean(ref.Identifier.System), clean(ref.Identifier.Value)}, true
	case text == "" || strings.HasPrefix(text, "#"):
		return name{}, false
	case strings.HasPrefix(text, uuidScheme):
		return name{entity, addressSystem, strings.ToLower(text)}, true
	}
	parts := strings.Split(text, "/")
	if len(parts) < 2 || !isOf(entity, parts[len(parts)-2]) {
		return name{}, false
	}
	target := &entry{typ: parts[len(parts)-2], id: parts[len(parts)-1], fullURL: absolute(it, text), loose: it.loose}
	value, global := target.address()
	if !global && ofPatients[entity] {
		value = it.patient.String() + " " + value
	}
	return name{entity, target.space(global), value}, true
}

// ofPatients are the entities whose rows have an address that is good only together with their patient.
var ofPatients = map[string]bool{touchpoints: true, consents: true}

func isOf(entity, typ string) bool {
	for _, t := range referable[entity] {
		if t == typ {
			return true
		}
	}
	return false
}

// lookUp finds the rows of names, in one statement per entity.
func (l *load) lookUp(wanted map[name]bool) error {
	byEntity := map[string]*names{}
	for n := range wanted {
		if n.entity == "" || n.value == "" {
			continue
		}
		s := byEntity[n.entity]
		if s == nil {
			s = &names{}
			byEntity[n.entity] = s
		}
		s.systems = append(s.systems, n.system)
		s.values = append(s.values, n.value)
	}
	for entity, s := range byEntity {
		rows, err := l.tx.ExternalIdentifier.Query().
			Where(externalidentifier.Entity(entity), s.among(entity)).
			Select(externalidentifier.FieldSystem, externalidentifier.FieldValue, externalidentifier.FieldEntityID).
			All(l.ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			l.known[name{entity, row.System, row.Value}] = row.EntityID
		}
		if err := l.lookUpKeys(entity, s.values); err != nil {
			return err
		}
	}
	return nil
}

// names are those of one entity: the value of each beside its system.
type names struct{ systems, values []string }

// among matches the names. PostgreSQL, as long as it has not analysed the table that the import fills, would read all
// names of the entity and compare each with every value; this makes it ask the index for one name after the other.
func (s *names) among(entity string) func(*sql.Selector) {
	return func(q *sql.Selector) {
		if q.Dialect() != dialect.Postgres {
			q.Where(arg.Codes(q.C(externalidentifier.FieldSystem), slices.Compact(slices.Sorted(slices.Values(s.systems)))))
			q.Where(arg.Codes(q.C(externalidentifier.FieldValue), s.values))
			return
		}
		q.Where(sql.P(func(b *sql.Builder) {
			b.Ident(q.C(externalidentifier.FieldID)).WriteString(" IN (SELECT found.id FROM unnest(").
				Arg(pq.StringArray(s.systems)).WriteString("::text[], ").Arg(pq.StringArray(s.values)).
				WriteString("::text[]) AS wanted(system, value) CROSS JOIN LATERAL (SELECT n.id FROM ").
				Ident(externalidentifier.Table).WriteString(" AS n WHERE n.entity = ").Arg(entity).
				WriteString(" AND n.system = wanted.system AND n.value = wanted.value OFFSET 0) AS found)")
		}))
	}
}

// NPISystem is the system of National Provider Identifiers.
const NPISystem = "http://hl7.org/fhir/sid/us-npi"

// lookUpNPIs finds the providers who were not imported by the NPI that a person gave them.
func (l *load) lookUpNPIs(items []*item) error {
	var npis []string
	for _, it := range items {
		for _, n := range it.names {
			if _, found := l.known[n]; !found && n.entity == providers && n.system == NPISystem {
				npis = append(npis, n.value)
			}
		}
	}
	if len(npis) == 0 {
		return nil
	}
	rows, err := l.tx.Provider.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Codes(q.C(provider.FieldNpi), npis)) }).
		All(l.ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		l.known[name{providers, NPISystem, *row.Npi}] = row.ID
	}
	return nil
}

// partyNames are the names of all parties that the bundle brings or refers to.
func (l *load) partyNames() map[name]bool {
	wanted := map[name]bool{}
	add := func(names ...name) {
		for _, n := range names {
			wanted[n] = true
		}
	}
	for _, it := range l.items {
		if it.outcome != "" {
			continue
		}
		it.resource.refer(func(ref reference, entity string) {
			if n, means := nameOf(it, ref, entity); means && !ofPatients[entity] {
				add(n)
			}
		})
		switch r := it.resource.(type) {
		case *organization:
			l.identify(it, orgs, r.Identifier)
		case *practitioner:
			l.identify(it, providers, r.Identifier)
		case *location:
			l.identify(it, locations, r.Identifier)
		case *researchStudy:
			l.identify(it, programs, r.Identifier)
			if n := registryName(r.registered()); n.value != "" && !slices.Contains(it.names, n) {
				it.names = append(it.names, n)
			}
		case *patient:
			l.identify(it, patients, r.Identifier)
		case *practitionerRole:
			it.address.entity = providers
		case interface{ names() []name }:
			add(r.names()...)
		}
		add(it.allNames()...)
	}
	return wanted
}

// identify reads the names of a party.
func (l *load) identify(it *item, entity string, identifiers []identifier) {
	for _, id := range identifiers {
		n := name{entity, clean(id.System), clean(id.Value)}
		switch {
		case n.system == "" || n.value == "" || len(n.system) > maxName || len(n.value) > maxName:
			if n.value != "" {
				l.remark("an identifier of a " + it.typ + " without a system, or too long, was left out")
			}
		case isWeak(id, n):
			it.weak = append(it.weak, n)
		default:
			it.names = append(it.names, n)
		}
	}
	if it.global || it.loose || len(it.names)+len(it.weak) == 0 {
		it.address.entity = entity
	}
}

// maxName bounds a system or value of an external identifier.
const maxName = 300

// isWeak tells that somebody else may have the same identifier: numbers of a person that are mistyped and reused,
// and an NPI that is none.
func isWeak(id identifier, n name) bool {
	switch id.Type.first() {
	case "SS", "DL", "PPN":
		return true
	}
	return n.system == NPISystem && !validNPI(n.value) || n.system == "http://hl7.org/fhir/sid/us-ssn"
}
