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
	entity string
	decode func(raw json.RawMessage) (any, error)
	// read reads a resource; what it returns makes the row under the item's key.
	read func(l *load, x *exact, resource any) (write func())
}

// restores is a restorer of a type.
func restores[R any](typ string, read func(l *load, x *exact, r *R) func()) restorer {
	return restorer{
		typ, exported[typ],
		func(raw json.RawMessage) (any, error) {
			r := new(R)
			return r, json.Unmarshal(raw, r)
		},
		func(l *load, x *exact, r any) func() { return read(l, x, r.(*R)) },
	}
}

// Prefixes of the identifiers of entities that only an export has.
const (
	locations     = "location"
	consents      = "consent"
	relationships = "care"
)

// exported is the entity that a resource of a type is a row of.
var exported = map[string]string{
	out.TypeOrganization:      orgs,
	out.TypeLocation:          locations,
	out.TypePractitioner:      providers,
	out.TypePractitionerRole:  providers,
	out.TypeHealthcareService: programs,
	out.TypeResearchStudy:     programs,
	out.TypePatient:           patients,
	out.TypeConsent:           consents,
	out.TypeCoverage:          coverages,
	out.TypeEpisodeOfCare:     enrollments,
	out.TypeResearchSubject:   enrollments,
	out.TypeCareTeam:          relationships,
	out.TypeCondition:         conditions,
	out.TypeMedicationRequest: treatments,
	out.TypeEncounter:         touchpoints,
	out.TypeCommunication:     touchpoints,
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

// ours decodes an item that Carehub exported; it reports whether it is one.
func (l *load) ours(it *item) bool {
	r := restorerOf[it.typ]
	if it.source != out.Source || r == nil {
		return false
	}
	it.restorer = r
	resource, err := r.decode(it.raw)
	if err != nil {
		it.refuse(fault{it.typ, readable(err).Error()})
		return true
	}
	it.resource, it.updated = resource, "" // a row that is here is not revised
	it.address.system = addressSystem
	it.address.value, it.global = it.entry.address()
	if !it.global {
		it.refuse(fault{it.typ + ".id", "an export has the key of the row here"})
		return true
	}
	named := resource.(interface{ Names() []out.Identifier }).Names()
	identifiers := make([]identifier, 0, len(named))
	for _, id := range named {
		if id.System != "" { // a medical record number has none
			identifiers = append(identifiers, identifier{System: id.System, Value: id.Value})
		}
	}
	l.identify(it, r.entity, identifiers)
	return true
}

// cited finds the references of a resource.
var cited = regexp.MustCompile(`"reference"\s*:\s*"(\w+)/([0-9a-f-]{36})"`)

// ownNames are the names by which our items and what they refer to are looked up.
func (l *load) ownNames() map[name]bool {
	wanted := map[name]bool{}
	for _, it := range l.items {
		if it.restorer == nil || it.outcome != "" {
			continue
		}
		for _, n := range it.allNames() {
			wanted[n] = true
		}
		for _, ref := range cited.FindAllStringSubmatch(string(it.raw), -1) {
			if entity := exported[ref[1]]; entity != "" {
				wanted[name{entity, addressSystem, "urn:uuid:" + ref[2]}] = true
			}
		}
	}
	return wanted
}

// restore puts our items back, those first that others refer to.
func (l *load) restore() error {
	wanted := l.ownNames()
	if len(wanted) == 0 {
		return nil
	}
	if err := l.lookUp(wanted); err != nil {
		return err
	}
	if err := l.lookUpRows(wanted); err != nil {
		return err
	}
	if err := l.readOpen(wanted); err != nil {
		return err
	}
	for i := range restorers {
		r := &restorers[i]
		for _, it := range l.items {
			if it.restorer != r || it.outcome != "" {
				continue
			}
			x := &exact{reader: &reader{}, l: l, it: it, extensions: it.resource.(interface{ Extensions() []out.Extension }).Extensions()}
			write := r.read(l, x, it.resource)
			if l.failed != nil {
				return l.failed
			}
			switch {
			case x.fault != nil:
				l.drop(it, *x.fault)
			case it.outcome == "" && l.place(it):
				write()
			}
		}
	}
	return nil
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
