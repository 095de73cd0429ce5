package synthea

import (
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/condition"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/ent/treatment"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/table"
)

// classes are the codes of HL7 ActCode for Synthea's classes of encounters.
var classes = map[string]string{
	"ambulatory": "AMB", "outpatient": "AMB", "wellness": "AMB", "urgentcare": "AMB", "emergency": "EMER",
	"inpatient": "IMP", "snf": "IMP", "hospice": "HH", "home": "HH", "virtual": "VR",
}

func encounters(l *load) error {
	l.require("Id", "PATIENT", "?PROVIDER", "?ORGANIZATION")
	return l.take(func(r *table.Record) fhir.Object {
		status := "finished"
		if r.Get("STOP") == "" {
			status = "in-progress"
		}
		e := fhir.Object{
			"resourceType": "Encounter", "id": r.Get("Id"), "status": status, "subject": reference(r.Get("PATIENT")),
			"class":           fhir.Object{"code": classes[strings.ToLower(r.Get("ENCOUNTERCLASS"))]},
			"type":            []fhir.Object{fhir.Concept(fhir.SNOMED, r.Get("CODE"), r.Get("DESCRIPTION"))},
			"period":          fhir.Object{"start": r.Get("START"), "end": r.Get("STOP")},
			"serviceProvider": reference(r.Get("ORGANIZATION")),
		}
		if provider := r.Get("PROVIDER"); provider != "" {
			e["participant"] = []fhir.Object{{"individual": reference(provider)}}
		}
		if reason := r.Get("REASONDESCRIPTION"); reason != "" {
			e["reasonCode"] = []fhir.Object{fhir.Concept(fhir.SNOMED, r.Get("REASONCODE"), reason)}
		}
		return e
	})
}

func carePlans(l *load) error {
	l.require("Id", "PATIENT")
	return l.take(func(r *table.Record) fhir.Object {
		status := "active"
		if r.Get("STOP") != "" {
			status = "completed"
		}
		return fhir.Object{
			"resourceType": "CarePlan", "id": r.Get("Id"), "status": status, "intent": "order",
			"subject":  reference(r.Get("PATIENT")),
			"category": []fhir.Object{fhir.Concept(fhir.SNOMED, r.Get("CODE"), r.Get("DESCRIPTION"))},
			"period":   fhir.Object{"start": r.Get("START"), "end": r.Get("STOP")},
		}
	})
}

// own is what a condition or medication is found by, which has no Id.
func own(r *table.Record, name string) string {
	return System + "/" + name + "/" + derived(strings.ToLower(r.Get("PATIENT")), strings.ToLower(r.Get("ENCOUNTER")), r.Get("CODE"), r.Get("START"), r.Get("STOP"))
}

func conditions(l *load) error {
	l.require("PATIENT")
	if err := l.adopt("conditions", fhir.EntityCondition, time.DateOnly, l.knownConditions); err != nil {
		return err
	}
	return l.take(func(r *table.Record) fhir.Object {
		status, system := "active", fhir.SNOMED
		if r.Get("STOP") != "" {
			status = "resolved"
		}
		if other := r.Get("SYSTEM"); other != "" && !strings.HasPrefix(strings.ToUpper(other), "SNOMED") && other != fhir.SNOMED {
			system = other
		}
		return fhir.Object{
			"resourceType": "Condition", "id": own(r, "conditions"), "subject": reference(r.Get("PATIENT")),
			"clinicalStatus": fhir.Concept("http://terminology.hl7.org/CodeSystem/condition-clinical", status, ""),
			"code":           fhir.Concept(system, r.Get("CODE"), r.Get("DESCRIPTION")),
			"onsetDateTime":  r.Get("START"), "abatementDateTime": r.Get("STOP"),
		}
	})
}

// medications takes prescriptions in. One that has ended is stopped, as the FHIR export says it.
func medications(l *load) error {
	l.require("PATIENT", "?ENCOUNTER")
	if err := l.adopt("medications", fhir.EntityTreatment, time.RFC3339Nano, l.knownTreatments); err != nil {
		return err
	}
	prescribers, err := l.leaders()
	if err != nil {
		return err
	}
	return l.take(func(r *table.Record) fhir.Object {
		status := "active"
		if r.Get("STOP") != "" {
			status = "stopped"
		}
		m := fhir.Object{
			"resourceType": "MedicationRequest", "id": own(r, "medications"), "status": status, "intent": "order",
			"subject":                   reference(r.Get("PATIENT")),
			"medicationCodeableConcept": fhir.Concept(fhir.RxNorm, r.Get("CODE"), r.Get("DESCRIPTION")),
			"authoredOn":                r.Get("START"),
			"dispenseRequest":           fhir.Object{"validityPeriod": fhir.Object{"end": r.Get("STOP")}},
		}
		if prescriber := prescribers[address(r.Get("ENCOUNTER"))]; prescriber != "" {
			m["requester"] = fhir.Object{"reference": prescriber}
		}
		return m
	})
}

// leaders are the addresses of those who led the encounters of the batch, by the encounter's.
func (l *load) leaders() (map[string]string, error) {
	var at []string
	for _, r := range l.Records {
		at = append(at, address(r.Get("ENCOUNTER")))
	}
	met, err := fhir.Find(l.ctx, l.tx, fhir.EntityTouchpoint, fhir.AddressSystem, at)
	if err != nil || len(met) == 0 {
		return nil, err
	}
	rows, err := l.tx.Touchpoint.Query().
		Where(touchpoint.ProviderIDNotNil(), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(touchpoint.FieldID), values(met)))
		}).
		Select(touchpoint.FieldID, touchpoint.FieldProviderID).
		All(l.ctx)
	if err != nil {
		return nil, err
	}
	leader := map[uuid.UUID]uuid.UUID{}
	for _, row := range rows {
		leader[row.ID] = *row.ProviderID
	}
	names, err := l.tx.ExternalIdentifier.Query().
		Where(externalidentifier.Entity(fhir.EntityProvider), externalidentifier.System(fhir.AddressSystem),
			externalidentifier.ValueHasPrefix("urn:uuid:"),
			func(q *sql.Selector) { q.Where(arg.Keys(q.C(externalidentifier.FieldEntityID), values(leader))) }).
		Order(externalidentifier.ByID()).
		All(l.ctx)
	called := map[uuid.UUID]string{}
	for _, n := range names {
		called[n.EntityID] = n.Value
	}
	out := map[string]string{}
	for encounter, key := range met {
		out[encounter] = called[leader[key]]
	}
	return out, err
}

func values[K comparable](of map[K]uuid.UUID) []uuid.UUID {
	var out []uuid.UUID
	for _, key := range of {
		out = append(out, key)
	}
	return out
}

// twin is what a condition or medication of one export has in common with the same of the other.
type twin struct {
	patient     uuid.UUID
	code, began string
}

// adopt gives the rows that came with FHIR the names that the records of the batch will look for. The layout says
// how exactly their beginnings agree.
func (l *load) adopt(table, entity, layout string, known func(patients []uuid.UUID, codes []string, layout string) (map[twin][]uuid.UUID, error)) error {
	var at, names, codes []string
	for _, r := range l.Records {
		at, names, codes = append(at, address(r.Get("PATIENT"))), append(names, own(r, table)), append(codes, r.Get("CODE"))
	}
	of, err := fhir.Find(l.ctx, l.tx, fhir.EntityPatient, fhir.AddressSystem, at)
	if err != nil || len(of) == 0 {
		return err
	}
	named, err := fhir.Find(l.ctx, l.tx, entity, fhir.AddressSystem, names)
	if err != nil {
		return err
	}
	rows, err := known(values(of), codes, layout)
	if err != nil {
		return err
	}
	var found []*ent.ExternalIdentifierCreate
	for i, r := range l.Records {
		began, err := fhir.Moment(r.Get("START"))
		patient, is := of[at[i]]
		_, has := named[names[i]]
		if err != nil || !is || has {
			continue
		}
		of := twin{patient, r.Get("CODE"), began.Format(layout)}
		twins := rows[of]
		if len(twins) == 0 {
			continue
		}
		named[names[i]], rows[of] = twins[0], twins[1:]
		found = append(found, l.tx.ExternalIdentifier.Create().
			SetEntity(entity).SetSystem(fhir.AddressSystem).SetValue(names[i]).SetEntityID(twins[0]))
		l.Touch()
	}
	return fhir.InsertRows(l.ctx, found, l.tx.ExternalIdentifier.CreateBulk)
}

// unclaimed holds for the rows that no record of this export has named.
func unclaimed(entity, id string) func(*sql.Selector) {
	return func(q *sql.Selector) {
		names := sql.Table(externalidentifier.Table)
		q.Where(sql.NotExists(sql.Select().From(names).Where(sql.And(
			sql.ColumnsEQ(names.C(externalidentifier.FieldEntityID), q.C(id)),
			sql.EQ(names.C(externalidentifier.FieldEntity), entity),
			sql.HasPrefix(names.C(externalidentifier.FieldValue), System+"/"),
		))))
	}
}

func (l *load) knownConditions(patients []uuid.UUID, codes []string, layout string) (map[twin][]uuid.UUID, error) {
	rows, err := l.tx.Condition.Query().
		Where(unclaimed(fhir.EntityCondition, condition.FieldID), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(condition.FieldPatientID), patients))
			q.Where(arg.Codes(q.C(condition.FieldSnomedCode), codes))
		}).
		Order(condition.ByID()).All(l.ctx)
	out := map[twin][]uuid.UUID{}
	for _, row := range rows {
		of := twin{row.PatientID, *row.SnomedCode, row.OnsetAt.UTC().Format(layout)}
		out[of] = append(out[of], row.ID)
	}
	return out, err
}

func (l *load) knownTreatments(patients []uuid.UUID, codes []string, layout string) (map[twin][]uuid.UUID, error) {
	rows, err := l.tx.Treatment.Query().
		Where(unclaimed(fhir.EntityTreatment, treatment.FieldID), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(treatment.FieldPatientID), patients))
			q.Where(arg.Codes(q.C(treatment.FieldRxnormCode), codes))
		}).
		Order(treatment.ByID()).All(l.ctx)
	out := map[twin][]uuid.UUID{}
	for _, row := range rows {
		of := twin{row.PatientID, *row.RxnormCode, row.StartedAt.UTC().Format(layout)}
		out[of] = append(out[of], row.ID)
	}
	return out, err
}
