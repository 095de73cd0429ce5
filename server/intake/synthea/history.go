package synthea

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/code"
	entcoverage "github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/table"
)

// policy is a coverage that is stored, or will be.
type policy struct {
	contract
	key          uuid.UUID
	from, to     code.Date
	fresh, dirty bool
	// replaced tells that better coverages stand in its place.
	replaced bool
	// settled tells that it is not to be changed: a person did, or it holds no more.
	settled bool
}

// history is what is known of the coverages of the patients of a batch.
type history struct {
	policies []*policy
	// of are the policies of a patient.
	of map[uuid.UUID][]*policy
	// by are the policies by the transitions that they are made of.
	by map[string]*policy
	// names are the transitions that were not taken in before.
	names []string
}

func (l *load) history(spells map[*table.Record][]spell) (*history, error) {
	h := &history{of: map[uuid.UUID][]*policy{}, by: map[string]*policy{}}
	patients := map[uuid.UUID]uuid.UUID{}
	var names []string
	for _, all := range spells {
		for _, s := range all {
			patients[s.patient] = s.patient
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		return h, nil
	}
	rows, err := l.tx.Coverage.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Keys(q.C(entcoverage.FieldPatientID), values(patients))) }).
		Order(entcoverage.ByPeriodStart(), entcoverage.ByID()).
		All(l.ctx)
	if err != nil {
		return nil, err
	}
	byKey := map[uuid.UUID]*policy{}
	for _, row := range rows {
		p := stored(row)
		byKey[p.key] = p
		h.add(p)
	}
	taken, err := fhir.Find(l.ctx, l.tx, fhir.EntityCoverage, transitionSystem, names)
	for name, key := range taken {
		h.by[name] = byKey[key]
		if h.by[name] == nil { // it was removed here
			h.by[name] = &policy{settled: true}
		}
	}
	return h, err
}

func (h *history) add(p *policy) {
	h.policies = append(h.policies, p)
	h.of[p.patient] = append(h.of[p.patient], p)
}

func stored(row *ent.Coverage) *policy {
	p := &policy{
		contract: contract{patient: row.PatientID, priority: row.Priority, kind: row.Kind},
		key:      row.ID, from: row.PeriodStart, to: forever,
		settled: row.UpdatedBy != nil || row.CreatedBy != nil || row.Status != code.CoverageStatusActive,
	}
	for _, f := range []struct {
		value *string
		to    *string
	}{{row.MemberID, &p.member}, {row.SubscriberName, &p.subscriber}} {
		if f.value != nil {
			*f.to = *f.value
		}
	}
	if row.PayerID != nil {
		p.payer = *row.PayerID
	}
	if row.SubscriberRelationship != nil {
		p.relationship = *row.SubscriberRelationship
	}
	if row.PeriodEnd != nil {
		p.to = *row.PeriodEnd
	}
	return p
}

// enter takes a spell in and tells whether that changed something.
func (h *history) enter(s spell) bool {
	if p := h.by[s.name]; p != nil {
		return p.stretch(s.from, s.to)
	}
	p := h.find(s)
	if p == nil {
		p = &policy{contract: s.contract, key: uuid.Must(uuid.NewV7()), from: s.from, to: s.to, fresh: true}
		h.add(p)
	}
	p.stretch(s.from, s.to)
	h.replace(s)
	h.by[s.name] = p
	h.names = append(h.names, s.name)
	return true
}

// find returns the policy that a spell belongs to.
func (h *history) find(s spell) *policy {
	for _, p := range h.of[s.patient] {
		if p.contract == s.contract && touch(p.from, p.to, s.from, s.to) {
			return p
		}
	}
	return nil
}

// replace marks the policies that were derived from claims and overlap a spell.
func (h *history) replace(s spell) {
	for _, p := range h.of[s.patient] {
		derived := contract{patient: s.patient, payer: s.payer, priority: s.priority, kind: p.kind}
		if p.contract == derived && s.contract != derived && !p.fresh && !p.settled && p.from <= s.to && s.from <= p.to {
			p.replaced = true
		}
	}
}

// touch tells that two spans of days overlap or adjoin.
func touch(from, to, begin, end code.Date) bool {
	const day = 24 * time.Hour
	return !begin.Time().After(to.Time().Add(day)) && !from.Time().After(end.Time().Add(day))
}

// stretch extends a policy to a span, and tells whether it was shorter.
func (p *policy) stretch(from, to code.Date) bool {
	if p.settled || p.from <= from && to <= p.to {
		return false
	}
	p.from, p.to, p.dirty = min(p.from, from), max(p.to, to), true
	return true
}

// store writes what is new.
func (h *history) store(ctx context.Context, tx *ent.Tx) error {
	var fresh []*ent.CoverageCreate
	var names []*ent.ExternalIdentifierCreate
	name := func(p *policy, system, value string) {
		names = append(names, tx.ExternalIdentifier.Create().
			SetEntity(fhir.EntityCoverage).SetSystem(system).SetValue(value).SetEntityID(p.key))
	}
	for _, p := range h.policies {
		switch {
		case p.fresh:
			c := tx.Coverage.Create().SetID(p.key).SetPatientID(p.patient).SetStatus(code.CoverageStatusActive).
				SetPriority(p.priority)
			p.fill(c.Mutation())
			if p.payer != uuid.Nil {
				c.SetPayerID(p.payer)
			}
			fresh = append(fresh, c)
			name(p, policySystem, p.key.String())
		case p.replaced:
			if err := tx.Coverage.UpdateOneID(p.key).SetStatus(code.CoverageStatusEnteredInError).Exec(ctx); err != nil {
				return err
			}
		case p.dirty:
			u := tx.Coverage.UpdateOneID(p.key)
			p.fill(u.Mutation())
			if err := u.Exec(ctx); err != nil {
				return err
			}
		}
	}
	if err := fhir.InsertRows(ctx, fresh, tx.Coverage.CreateBulk); err != nil {
		return err
	}
	for _, transition := range h.names {
		name(h.by[transition], transitionSystem, transition)
	}
	return fhir.InsertRows(ctx, names, tx.ExternalIdentifier.CreateBulk)
}

func (p *policy) fill(m *ent.CoverageMutation) {
	m.SetKind(p.kind)
	m.SetPeriodStart(p.from)
	if p.to != forever {
		m.SetPeriodEnd(p.to)
	} else {
		m.ClearPeriodEnd()
	}
	if p.member != "" {
		m.SetMemberID(p.member)
	}
	if p.relationship != "" {
		m.SetSubscriberRelationship(p.relationship)
	}
	if p.subscriber != "" {
		m.SetSubscriberName(p.subscriber)
	}
}
