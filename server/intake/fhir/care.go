package fhir

import (
	"fmt"
	"regexp"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/touchpoint"
)

// clinical takes in what became of patients.
func (l *load) clinical() error {
	wanted := map[name]bool{}
	for _, it := range l.items {
		if it.outcome != "" {
			continue
		}
		if l.ofPatient(it); it.outcome != "" {
			continue
		}
		it.resource.refer(func(ref reference, entity string) {
			if n, means := nameOf(it, ref, entity); means && ofPatients[entity] {
				wanted[n] = true
			}
		})
		for _, n := range it.allNames() {
			wanted[n] = true
		}
	}
	if err := l.lookUp(wanted); err != nil {
		return err
	}
	l.each("Encounter", func(it *item) { l.encounter(it, it.resource.(*encounter)) })
	if err := l.lookUpStarts(); err != nil {
		return err
	}
	l.each("Consent", func(it *item) { l.consent(it, it.resource.(*consent)) })
	l.each("Coverage", func(it *item) { l.insure(it, it.resource.(*coverage)) })
	l.each("Condition", func(it *item) { l.condition(it, it.resource.(*condition)) })
	l.each("MedicationRequest", func(it *item) { l.medication(it, it.resource.(*medicationRequest)) })
	l.each("Communication", func(it *item) { l.communication(it, it.resource.(*communication)) })
	if err := l.stays(); err != nil {
		return err
	}
	if err := l.policies(); err != nil {
		return err
	}
	if err := l.relate(); err != nil {
		return err
	}
	return l.affiliate()
}

// ofPatient finds the patient of an item and with it the item's address.
func (l *load) ofPatient(it *item) {
	element, ref := "", reference{}
	if r, is := it.resource.(interface{ of() (string, reference) }); is {
		element, ref = r.of()
	}
	key, reason := l.find(it, ref, patients)
	if key == uuid.Nil {
		if reason == "" {
			reason = "names no patient"
		}
		l.drop(it, fault{it.typ + "." + element, reason})
		return
	}
	it.patient = key
	it.address.entity = mapped[it.typ].entity
	if !it.global {
		it.address.value = key.String() + " " + it.address.value
	}
	if len(it.address.value) > maxName {
		l.drop(it, fault{it.typ + ".id", fmt.Sprintf("longer than %d bytes", maxName)})
	}
}

var encounterStatuses = map[string]code.TouchpointStatus{
	"planned":     code.TouchpointStatusPreparation,
	"arrived":     code.TouchpointStatusInProgress,
	"triaged":     code.TouchpointStatusInProgress,
	"in-progress": code.TouchpointStatusInProgress,
	"onleave":     code.TouchpointStatusInProgress,
	"finished":    code.TouchpointStatusCompleted,
	"cancelled":   code.TouchpointStatusNotDone,
}

// encounter makes a touchpoint of an encounter. Without a beginning it has no place in a history and is refused.
func (l *load) encounter(it *item, e *encounter) {
	r := &reader{}
	status := translate(r, "Encounter.status", e.Status, encounterStatuses)
	start, end := r.span("Encounter.period", e.Period)
	if start == nil {
		r.refuse("Encounter.period.start", "missing")
	}
	var treating []uuid.UUID
	for i, p := range e.Participant {
		key, reason := l.find(it, p.Individual, providers)
		if reason != "" {
			r.refuse(fmt.Sprintf("Encounter.participant[%d].individual", i), "%s", reason)
		}
		if key != uuid.Nil {
			treating = append(treating, key)
		}
	}
	org, reason := l.find(it, e.ServiceProvider, orgs)
	if reason != "" {
		r.refuse("Encounter.serviceProvider", "%s", reason)
	}
	subject := r.optional("Encounter.type", firstText(e.Type), 300)
	body := r.optional("Encounter.reasonCode", firstText(e.ReasonCode), 20000)
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(m *ent.TouchpointMutation) {
		m.SetStatus(status)
		m.SetOccurredAt(*start)
		if end != nil {
			m.SetDurationSeconds(int(end.Sub(*start) / time.Second))
		}
		set(m.SetSubject, subject)
		set(m.SetBody, body)
		if len(treating) > 0 {
			m.SetProviderID(treating[0])
		}
		if org != uuid.Nil {
			m.SetOrganizationID(org)
		}
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Touchpoint.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	channel := code.ChannelInPerson
	if e.Class.Code == "VR" {
		channel = code.ChannelVideo
	}
	c := l.tx.Touchpoint.Create().SetID(it.key).SetPatientID(it.patient).
		SetKind(code.TouchpointKindCareEncounter).SetDirection(code.DirectionInbound).SetChannel(channel).
		SetAeScreen(code.AdverseEventScreenNotApplicable)
	fill(c.Mutation())
	l.touchpoints = append(l.touchpoints, c)
	for _, provider := range treating {
		l.meet(provider, it.patient, code.CareBasisEncounter, *start)
		if org != uuid.Nil && !l.affiliated[provider] {
			l.affiliations[provider] = org
		}
	}
}

func firstText(all []concept) string {
	for _, c := range all {
		if text := c.text(); text != "" {
			return text
		}
	}
	return ""
}

var clinicalStatuses = map[string]code.ClinicalStatus{
	"active":     code.ClinicalStatusActive,
	"recurrence": code.ClinicalStatusRecurrence,
	"relapse":    code.ClinicalStatusRelapse,
	"inactive":   code.ClinicalStatusInactive,
	"remission":  code.ClinicalStatusRemission,
	"resolved":   code.ClinicalStatusResolved,
}

var snomedCode = regexp.MustCompile(`^[0-9]{6,18}$`)

// condition takes a condition in. One without an onset began when it was recorded, or with its encounter; without any of them it is
// refused. Without a status it is resolved if it abated, else active.
func (l *load) condition(it *item, c *condition) {
	r := &reader{}
	switch c.VerificationStatus.first() {
	case "entered-in-error":
		r.refuse("Condition.verificationStatus", "entered in error")
	case "refuted":
		r.refuse("Condition.verificationStatus", "refuted")
	}
	onset := r.firstMoment(
		[2]string{"Condition.onsetDateTime", c.OnsetDateTime},
		[2]string{"Condition.onsetPeriod.start", c.OnsetPeriod.Start},
		[2]string{"Condition.recordedDate", c.RecordedDate},
		[2]string{"Condition.encounter", l.startOf(it, c.Encounter)},
	)
	if onset == nil {
		r.refuse("Condition.onset[x]", "neither onset nor recorded date")
	}
	abated := r.firstMoment(
		[2]string{"Condition.abatementDateTime", c.AbatementDateTime},
		[2]string{"Condition.abatementPeriod.end", c.AbatementPeriod.End},
	)
	if onset != nil && abated != nil && abated.Before(*onset) {
		r.refuse("Condition.abatement[x]", "abates before its onset")
	}
	status := code.ClinicalStatusActive
	if given := c.ClinicalStatus.first(); given != "" {
		status = translate(r, "Condition.clinicalStatus", given, clinicalStatuses)
	} else if abated != nil {
		status = code.ClinicalStatusResolved
	}
	text := r.text("Condition.code", c.Code.text(), 500)
	if text == "" {
		r.refuse("Condition.code", "neither text nor display")
	}
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	snomed := c.Code.code("http://snomed.info/sct")
	fill := func(m *ent.ConditionMutation) {
		m.SetText(text)
		if snomedCode.MatchString(snomed) {
			m.SetSnomedCode(snomed)
		}
		m.SetClinicalStatus(status)
		m.SetOnsetAt(*onset)
		set(m.SetAbatedAt, abated)
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Condition.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	if snomed != "" && !snomedCode.MatchString(snomed) {
		l.remark("a SNOMED CT code that is none was left out; the condition has its text")
	}
	row := l.tx.Condition.Create().SetID(it.key).SetPatientID(it.patient)
	fill(row.Mutation())
	l.conditions = append(l.conditions, row)
}

// startOf is when the encounter that an item refers to began, if that is known.
func (l *load) startOf(it *item, ref reference) string {
	if target := l.local[ref.Reference]; target != nil {
		if e, is := target.resource.(*encounter); is {
			return e.Period.Start
		}
	}
	n, _ := nameOf(it, ref, touchpoints)
	if start, found := l.starts[l.known[n]]; found {
		return start.Format(time.RFC3339Nano)
	}
	return ""
}

// lookUpStarts finds when the encounters of other documents began that an item takes its beginning from.
func (l *load) lookUpStarts() error {
	var of []uuid.UUID
	for _, it := range l.items {
		r, is := it.resource.(interface{ dated() bool })
		if !is || it.outcome != "" || r.dated() {
			continue
		}
		it.resource.refer(func(ref reference, entity string) {
			n, _ := nameOf(it, ref, entity)
			if key, found := l.known[n]; found && entity == touchpoints {
				of = append(of, key)
			}
		})
	}
	if len(of) == 0 {
		return nil
	}
	rows, err := l.tx.Touchpoint.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Keys(q.C(touchpoint.FieldID), unique(of))) }).
		Select(touchpoint.FieldOccurredAt).
		All(l.ctx)
	for _, row := range rows {
		l.starts[row.ID] = row.OccurredAt
	}
	return err
}

func unique(keys []uuid.UUID) []uuid.UUID {
	seen := map[uuid.UUID]bool{}
	var out []uuid.UUID
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}
