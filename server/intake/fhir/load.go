package fhir

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/tally"
)

// Importer is what a run keeps from one bundle to the next.
type Importer struct {
	// affiliated are the professionals who are known to have an organization.
	affiliated map[uuid.UUID]bool
}

// NewImporter begins a run.
func NewImporter() *Importer { return &Importer{affiliated: map[uuid.UUID]bool{}} }

// Result is what became of a bundle.
type Result struct {
	tally.Tally
	// Outcomes are those of the resources, in the order of the bundle.
	Outcomes []tally.Outcome
	// Remarks tell what was taken in otherwise than it stood.
	Remarks []string
	// Patients are those that something was stored of.
	Patients []uuid.UUID
	// Changed tells that something was stored.
	Changed bool
}

// Load takes the resources of a rank, or of AllRanks, in within the transaction. Of a bundle that is taken in as a whole
// nothing is written when one of its patients is refused.
func (im *Importer) Load(ctx context.Context, tx *ent.Tx, b *Bundle, rank int) (*Result, error) {
	l := &load{
		Importer: im, ctx: ctx, tx: tx, bundle: b, rank: rank,
		local: map[string]*item{}, known: map[name]uuid.UUID{}, refused: map[name]string{},
		fresh: map[uuid.UUID]bool{}, providers: map[uuid.UUID]*ent.ProviderCreate{},
		affiliations: map[uuid.UUID]uuid.UUID{}, meetings: map[bond]meeting{}, starts: map[uuid.UUID]time.Time{},
		managers: map[uuid.UUID]uuid.UUID{}, trials: map[uuid.UUID]code.ProgramStatus{},
		permissions: map[uuid.UUID]permission{},
		restoring: restoring{
			siteKeys: map[site]uuid.UUID{}, open: map[bond]uuid.UUID{},
			criterionKeys: map[question]uuid.UUID{}, planKeys: map[uuid.UUID]uuid.UUID{},
		},
	}
	if b.loose {
		if err := b.check(); err != nil {
			return b.Refused(rank, err.Error()), nil
		}
	}
	l.read()
	if err := l.restore(); err != nil {
		return nil, err
	}
	if err := l.lookUp(l.partyNames()); err != nil {
		return nil, err
	}
	if err := l.lookUpNPIs(l.items); err != nil {
		return nil, err
	}
	if err := l.lookUpTrials(); err != nil {
		return nil, err
	}
	l.each("Organization", func(it *item) { l.organization(it, it.resource.(*organization)) })
	l.each("Location", func(it *item) { l.location(it, it.resource.(*location)) })
	l.each("Practitioner", func(it *item) { l.practitioner(it, it.resource.(*practitioner)) })
	l.each("PractitionerRole", func(it *item) { l.role(it, it.resource.(*practitionerRole)) })
	l.each("ResearchStudy", func(it *item) { l.study(it, it.resource.(*researchStudy)) })
	l.each("Patient", func(it *item) { l.patient(it, it.resource.(*patient)) })
	if l.failed != nil {
		return nil, l.failed
	}
	if culprit := l.refusedPatient(); culprit != nil {
		return l.rolledBack(culprit), nil
	}
	if err := l.clinical(); err != nil {
		return nil, err
	}
	if l.failed != nil {
		return nil, l.failed
	}
	if err := l.insert(); err != nil {
		return nil, err
	}
	if err := l.applyNewer(); err != nil {
		return nil, err
	}
	if err := l.finish(); err != nil {
		return nil, err
	}
	for who := range l.affiliations {
		im.affiliated[who] = true
	}
	return l.result(), nil
}

// load is one bundle on its way into the database.
type load struct {
	*Importer
	ctx    context.Context
	tx     *ent.Tx
	bundle *Bundle
	rank   int

	items []*item
	// local are the items by what references within the bundle call them.
	local map[string]*item
	// known are the rows by what the source calls them.
	known map[name]uuid.UUID
	// refused are the resources that were refused, by the same.
	refused map[name]string
	remarks []string

	writes
	// providers are those of writes, as affiliations and specialties are known only later.
	providers map[uuid.UUID]*ent.ProviderCreate
	// affiliations are the organizations at which professionals met patients.
	affiliations map[uuid.UUID]uuid.UUID
	// fresh are the patients who were not there before.
	fresh map[uuid.UUID]bool
	// meetings are the pairs of professional and patient, bonds their order.
	meetings map[bond]meeting
	bonds    []bond
	// starts is when encounters began that came with other documents.
	starts map[uuid.UUID]time.Time
	// managers are the organizations of locations.
	managers map[uuid.UUID]uuid.UUID
	// trials are the statuses of the clinical trials that are made or referred to here.
	trials map[uuid.UUID]code.ProgramStatus
	// permissions are the consents that are made or referred to here.
	permissions map[uuid.UUID]permission
	// restoring is what the resources need that are put back as they were exported.
	restoring
	// failed is an error of the database on the way.
	failed error
}

// item is a resource of the bundle and what became of it.
type item struct {
	*entry
	resource resource // nil when the model has no place for it
	// context is of another rank: it is not taken in or counted here, but others refer to it.
	context bool
	// address is what it is found again by; without an entity while that needs the patient.
	address name
	// global tells that the address is good beyond the source.
	global bool
	// names are its business identifiers, weak those that others may have as well.
	names, weak []name
	// sought is the criterion of a conditional create or update.
	sought *name
	// key is that of its row.
	key     uuid.UUID
	outcome tally.Outcome
	fault   fault
	// patient is the one that a clinical item is about.
	patient uuid.UUID
	// revise changes the row that is there already, if it is editable.
	revise func(editable func(*sql.Selector)) error
	// exported is the resource if it was exported from Carehub, and restorer what puts it back; nil otherwise.
	exported any
	restorer *restorer
}

// name is what a source calls a row of an entity.
type name struct{ entity, system, value string }

// Prefixes of the entities' identifiers.
const (
	patients    = "patient"
	providers   = "provider"
	orgs        = "org"
	locations   = "location"
	programs    = "program"
	touchpoints = "touch"
	treatments  = "treatment"
	conditions  = "condition"
	enrollments = "enrollment"
	coverages   = "coverage"
	consents    = "consent"
)

// resource is a resource that the model has a place for.
type resource interface {
	// refer calls the function for each reference that is kept, with the entity that it may mean.
	refer(to func(ref reference, entity string))
}

// kind is a type of resource and what it becomes.
type kind struct {
	entity string
	rank   int
	make   func() resource
}

// mapped are the types that the model has a place for.
var mapped = map[string]kind{
	"Organization":         {orgs, 0, func() resource { return new(organization) }},
	"Practitioner":         {providers, 0, func() resource { return new(practitioner) }},
	"Location":             {locations, 1, func() resource { return new(location) }},
	"PractitionerRole":     {providers, 2, func() resource { return new(practitionerRole) }},
	"ResearchStudy":        {programs, 2, func() resource { return new(researchStudy) }},
	"Patient":              {patients, 3, func() resource { return new(patient) }},
	"Encounter":            {touchpoints, 6, func() resource { return new(encounter) }},
	"Consent":              {consents, 4, func() resource { return new(consent) }},
	"Coverage":             {coverages, 4, func() resource { return new(coverage) }},
	"Condition":            {conditions, 7, func() resource { return new(condition) }},
	"MedicationRequest":    {treatments, 7, func() resource { return new(medicationRequest) }},
	"CarePlan":             {enrollments, 7, func() resource { return new(carePlan) }},
	"EpisodeOfCare":        {enrollments, 4, func() resource { return new(episodeOfCare) }},
	"ExplanationOfBenefit": {coverages, 7, func() resource { return new(explanationOfBenefit) }},
	"Communication":        {touchpoints, 7, func() resource { return new(communication) }},
	"ResearchSubject":      {enrollments, 5, func() resource { return new(researchSubject) }},
}

// read decodes the resources that the model has a place for.
func (l *load) read() {
	for _, e := range l.bundle.entries {
		rank := rankOf(e.typ)
		if l.rank != AllRanks && rank > l.rank {
			continue // what is taken in now refers to nothing of it
		}
		it := &item{entry: e, context: l.rank != AllRanks && rank < l.rank}
		l.items = append(l.items, it)
		if e.fullURL != "" {
			l.local[e.fullURL] = it
		}
		if e.id != "" {
			l.local[e.typ+"/"+e.id] = it
		}
		if e.fault != nil {
			it.refuse(*e.fault)
			continue
		}
		if l.ours(it) {
			continue
		}
		kind, has := mapped[e.typ]
		if !has {
			it.outcome, it.fault = tally.Unmapped, fault{e.typ, "the model has no place for it"}
			continue
		}
		if e.method != "" && e.method != "POST" && e.method != "PUT" {
			it.refuse(fault{"Bundle.entry.request.method", "only POST and PUT are taken in"})
			continue
		}
		it.resource = kind.make()
		if err := json.Unmarshal(e.raw, it.resource); err != nil {
			it.refuse(fault{e.typ, readable(err).Error()})
			continue
		}
		if e.criteria != "" {
			system, value, err := criterion(e.criteria)
			if err != nil {
				it.refuse(fault{"Bundle.entry.request", err.Error()})
				continue
			}
			it.sought = &name{kind.entity, system, value}
		}
		it.address.value, it.global = e.address()
		it.address.system = e.space(it.global)
	}
}

// each calls take for the items of a type that are not refused.
func (l *load) each(typ string, take func(*item)) {
	for _, it := range l.items {
		switch {
		case it.typ != typ || it.outcome != "":
		case it.context:
			l.recall(it)
		default:
			take(it)
		}
	}
}

// recall finds the row of an item that was taken in at its rank.
func (l *load) recall(it *item) {
	var found bool
	if role, is := it.resource.(*practitionerRole); is {
		it.key, _ = l.find(it, role.Practitioner, providers)
		found = it.key != uuid.Nil
	} else {
		it.key, found, _ = l.match(it)
	}
	if it.outcome = tally.Unchanged; !found {
		it.refuse(fault{it.typ, "was refused"})
	}
}

func (it *item) refuse(f fault) { it.outcome, it.fault = tally.Refused, f }

// drop refuses an item; what refers to it will be told.
func (l *load) drop(it *item, f fault) {
	it.refuse(f)
	for _, n := range it.allNames() {
		l.refused[n] = it.name()
	}
}

// allNames are the address, where it is known, and the identifiers.
func (it *item) allNames() []name {
	var out []name
	if it.address.entity != "" {
		out = append(out, it.address)
	}
	out = append(append(out, it.names...), it.weak...)
	if it.sought != nil && !slices.Contains(out, *it.sought) {
		out = append(out, *it.sought)
	}
	return out
}

// fail remembers an error of the database, which ends the load.
func (l *load) fail(err error) { l.failed = errors.Join(l.failed, err) }

func (l *load) remark(sentence string) { l.remarks = append(l.remarks, sentence) }
