package fhir

import (
	"encoding/json"
	"regexp"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	entrelation "github.com/carehub/carehub/ent/carerelationship"
	out "github.com/carehub/carehub/server/export/fhir"
)

// What Carehub exported is put back as it was: nothing is normalised and nothing derived from it. A row that is here
// already stays as it is, as an export moves a database and does not keep two in step.

// restorer puts the resources of one type back.
type restorer struct {
	typ    string
	decode func(raw json.RawMessage) (any, error)
	// read reads a resource; what it returns makes the row under the item's key.
	read func(l *load, x *exact, resource any) (write func())
}

// restores is a restorer of a type.
func restores[R any](typ string, read func(l *load, x *exact, r *R) func()) restorer {
	return restorer{
		typ,
		func(raw json.RawMessage) (any, error) {
			r := new(R)
			return r, json.Unmarshal(raw, r)
		},
		func(l *load, x *exact, r any) func() { return read(l, x, r.(*R)) },
	}
}

// Prefixes of the identifiers of what only an export names.
const (
	relationships  = "care"
	verifications  = "verification"
	authorizations = "authorization"
	activities     = "activity"
	disclosures    = "disclosure"
)

// exportedOnly are the types that the model has a place for only where they were exported.
var exportedOnly = map[string]kind{
	out.TypeHealthcareService: {entity: programs, rank: 2},
	out.TypeCareTeam:          {entity: relationships, rank: 4},
	out.TypeAuditEvent:        {entity: disclosures, rank: 5},
	out.TypeEligibility:       {entity: verifications, rank: 6},
	out.TypeTask:              {entity: activities, rank: 6},
	out.TypeClaimResponse:     {entity: authorizations, rank: 7},
}

// restoring is what a load knows of the rows that exports refer to.
type restoring struct {
	// exports are the items that were exported.
	exports []*item
	// products are the catalogue by name, and siteKeys the rows of sites, as far as they were needed.
	products map[string]uuid.UUID
	siteKeys map[site]uuid.UUID
	// criterionKeys are the rows of criteria, and planKeys those of onboarding plans by enrollment.
	criterionKeys map[question]uuid.UUID
	planKeys      map[uuid.UUID]uuid.UUID
	// seats and open are the enrollments and relationships that have not ended.
	seats map[seat]bool
	open  map[bond]uuid.UUID
}

// entityOf is what a resource of a type is a row of; empty where it is none.
func entityOf(typ string) string {
	if kind, has := mapped[typ]; has {
		return kind.entity
	}
	return exportedOnly[typ].entity
}

// restorers are in the order in which resources refer to one another.
var restorers = []restorer{
	restores(out.TypeOrganization, (*load).restoreOrganization),
	restores(out.TypeLocation, (*load).restoreLocation),
	restores(out.TypePractitioner, (*load).restorePractitioner),
	restores(out.TypePractitionerRole, (*load).restoreRole),
	restores(out.TypeHealthcareService, (*load).restoreService),
	restores(out.TypeResearchStudy, (*load).restoreStudy),
	restores(out.TypePatient, (*load).restorePatient),
	restores(out.TypeConsent, (*load).restoreConsent),
	restores(out.TypeCoverage, (*load).restoreCoverage),
	restores(out.TypeEpisodeOfCare, (*load).restoreEpisode),
	restores(out.TypeResearchSubject, (*load).restoreSubject),
	restores(out.TypeEligibility, (*load).restoreVerification),
	restores(out.TypeClaimResponse, (*load).restoreAuthorization),
	restores(out.TypeTask, (*load).restoreActivity),
	restores(out.TypeAuditEvent, (*load).restoreDisclosure),
	restores(out.TypeCareTeam, (*load).restoreCareTeam),
	restores(out.TypeCondition, (*load).restoreCondition),
	restores(out.TypeMedicationRequest, (*load).restoreMedication),
	restores(out.TypeEncounter, (*load).restoreEncounter),
	restores(out.TypeCommunication, (*load).restoreCommunication),
}

var restorerOf = func() map[string]*restorer {
	of := map[string]*restorer{}
	for i := range restorers {
		of[restorers[i].typ] = &restorers[i]
	}
	return of
}()

// isOurs tells that Carehub exported the resource.
func (e *entry) isOurs() bool { return e.origin == out.Source && restorerOf[e.typ] != nil }

// ours decodes an item that Carehub exported; it reports whether it is one.
func (l *load) ours(it *item) bool {
	if !it.isOurs() {
		return false
	}
	it.restorer, it.updated = restorerOf[it.typ], "" // a row that is here is not revised
	resource, err := it.restorer.decode(it.raw)
	if err != nil {
		it.refuse(fault{it.typ, readable(err).Error()})
		return true
	}
	it.address.system = addressSystem
	if it.address.value, it.global = it.entry.address(); !it.global {
		it.refuse(fault{it.typ + ".id", "an export has the key of the row here"})
		return true
	}
	it.exported = resource
	named := resource.(interface{ Names() []out.Identifier }).Names()
	identifiers := make([]identifier, 0, len(named))
	for _, id := range named {
		if id.System != "" { // a medical record number has none
			identifiers = append(identifiers, identifier{System: id.System, Value: id.Value})
		}
	}
	l.identify(it, entityOf(it.typ), identifiers)
	l.exports = append(l.exports, it)
	return true
}

// cited finds the references of a resource.
var cited = regexp.MustCompile(`"reference"\s*:\s*"(\w+)/([0-9a-f-]{36})"`)

// exportedNames are the names by which exports and what they refer to are looked up.
func (l *load) exportedNames() map[name]bool {
	wanted := map[name]bool{}
	for _, it := range l.exports {
		for _, n := range it.allNames() {
			wanted[n] = true
		}
		for _, ref := range cited.FindAllStringSubmatch(string(it.raw), -1) {
			if entity := entityOf(ref[1]); entity != "" {
				wanted[name{entity, addressSystem, uuidScheme + ref[2]}] = true
			}
		}
	}
	return wanted
}

// restore puts exports back, those first that others refer to.
func (l *load) restore() error {
	if len(l.exports) == 0 {
		return nil
	}
	wanted := l.exportedNames()
	if err := l.lookUp(wanted); err != nil {
		return err
	}
	if err := l.lookUpNPIs(l.exports); err != nil {
		return err
	}
	if err := l.readOpen(wanted); err != nil {
		return err
	}
	for i := range restorers {
		for _, it := range l.exports {
			if it.restorer != &restorers[i] {
				continue
			}
			if it.context {
				l.recall(it)
			} else {
				l.putBack(it)
			}
			if l.failed != nil {
				return l.failed
			}
		}
	}
	return nil
}

func (l *load) putBack(it *item) {
	x := &exact{reader: &reader{}, l: l, it: it, extensions: it.exported.(interface{ Extensions() []out.Extension }).Extensions()}
	write := it.restorer.read(l, x, it.exported)
	switch {
	case x.fault != nil:
		l.drop(it, *x.fault)
	case it.outcome == "" && l.place(it):
		write()
	}
}

// readOpen reads the enrollments and relationships that have not ended of the patients who are here already: of one
// patient and program, or professional, there is one at most.
func (l *load) readOpen(wanted map[name]bool) (err error) {
	var of []uuid.UUID
	for n := range wanted {
		if key, here := l.known[n]; here && n.entity == patients {
			of = append(of, key)
		}
	}
	if l.seats, err = l.openEnrollments(unique(of)); err != nil || len(of) == 0 {
		return err
	}
	rows, err := l.tx.CareRelationship.Query().
		Where(entrelation.EndedAtIsNil(), func(q *sql.Selector) { q.Where(arg.Keys(q.C(entrelation.FieldPatientID), of)) }).
		All(l.ctx)
	for _, row := range rows {
		l.open[bond{row.ProviderID, row.PatientID}] = row.ID
	}
	return err
}
