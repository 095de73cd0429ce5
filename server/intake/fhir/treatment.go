package fhir

import (
	"encoding/json"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/tally"
)

var treatmentStatuses = map[string]code.TreatmentStatus{
	"active":    code.TreatmentStatusActive,
	"on-hold":   code.TreatmentStatusOnHold,
	"cancelled": code.TreatmentStatusCancelled,
	"completed": code.TreatmentStatusCompleted,
	"stopped":   code.TreatmentStatusStopped,
	"draft":     code.TreatmentStatusDraft,
	"unknown":   code.TreatmentStatusUnknown,
}

// medication makes a treatment of a medication request. It began when it was written, else when dispensing may begin, else
// with its encounter; without any of them it is refused. It has no end unless the source gives one.
func (l *load) medication(it *item, m *medicationRequest) {
	if m.Intent == "proposal" || m.Intent == "option" {
		it.outcome, it.fault = tally.Unmapped, fault{"MedicationRequest.intent", "a " + m.Intent + " is no prescription"}
		return
	}
	r := &reader{}
	status := translate(r, "MedicationRequest.status", m.Status, treatmentStatuses)
	if m.DoNotPerform {
		r.refuse("MedicationRequest.doNotPerform", "a prohibition is no treatment")
	}
	started := r.firstMoment(
		[2]string{"MedicationRequest.authoredOn", m.AuthoredOn},
		[2]string{"MedicationRequest.dispenseRequest.validityPeriod.start", m.DispenseRequest.ValidityPeriod.Start},
		[2]string{"MedicationRequest.encounter", l.startOf(it, m.Encounter)},
	)
	if started == nil {
		r.refuse("MedicationRequest.authoredOn", "missing")
	}
	ended := r.moment("MedicationRequest.dispenseRequest.validityPeriod.end", m.DispenseRequest.ValidityPeriod.End)
	drug := l.drug(m)
	text := r.text("MedicationRequest.medication[x]", drug.text(), 500)
	if text == "" {
		r.refuse("MedicationRequest.medication[x]", "neither text nor display")
	}
	rxnorm := r.optional("MedicationRequest.medication[x].coding.code", drug.code("http://www.nlm.nih.gov/research/umls/rxnorm"), 20)
	dosage := r.optional("MedicationRequest.dosageInstruction", dosageText(m.DosageInstruction), 500)
	prescriber, reason := l.find(it, m.Requester, providers)
	if reason != "" {
		r.refuse("MedicationRequest.requester", "%s", reason)
	}
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(t *ent.TreatmentMutation) {
		t.SetText(text)
		t.SetStatus(status)
		t.SetStartedAt(*started)
		set(t.SetEndedAt, ended)
		set(t.SetRxnormCode, rxnorm)
		set(t.SetDosage, dosage)
		if prescriber != uuid.Nil {
			t.SetPrescriberID(prescriber)
		}
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Treatment.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	c := l.tx.Treatment.Create().SetID(it.key).SetPatientID(it.patient)
	fill(c.Mutation())
	l.treatments = append(l.treatments, c)
	if prescriber != uuid.Nil {
		l.meet(prescriber, it.patient, code.CareBasisPrescriber, *started)
	}
}

// drug is the medication: said in place, in a contained resource or in one of the bundle.
func (l *load) drug(m *medicationRequest) concept {
	ref := m.MedicationReference.Reference
	if ref == "" {
		return m.MedicationCodeableConcept
	}
	for _, c := range m.Contained {
		if c.ResourceType == "Medication" && ref == "#"+c.ID {
			return c.Code
		}
	}
	if target := l.local[ref]; target != nil && target.typ == "Medication" {
		var of medication
		if json.Unmarshal(target.raw, &of) == nil {
			return of.Code
		}
	}
	return concept{Text: m.MedicationReference.Display}
}

// dosageText is the instruction as written, else what its structure says, such as "1 tablet, 2 × per 1 d".
func dosageText(all []dosage) string {
	var out []string
	for _, d := range all {
		text := d.Text
		if text == "" {
			text = d.PatientInstruction
		}
		if text == "" {
			text = structuredDosage(d)
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, "; ")
}

func structuredDosage(d dosage) string {
	var parts []string
	for _, rate := range d.DoseAndRate {
		if q := rate.DoseQuantity; q.Value != "" {
			parts = append(parts, strings.TrimSpace(q.Value.String()+" "+q.Unit))
		}
	}
	if t := d.Timing.Repeat; t.Frequency != "" && t.Period != "" {
		parts = append(parts, fmt.Sprintf("%s × per %s %s", t.Frequency, t.Period, t.PeriodUnit))
	} else if text := d.Timing.Code.text(); text != "" {
		parts = append(parts, text)
	}
	if d.AsNeededBoolean {
		parts = append(parts, "as needed")
	}
	return strings.Join(parts, ", ")
}
