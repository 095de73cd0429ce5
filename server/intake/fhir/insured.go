package fhir

import (
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/tally"
)

// coverage is FHIR's Coverage, by itself or contained in an explanation of benefit.
type coverage struct {
	ResourceType, ID, Status string
	Type                     concept
	Subscriber               reference
	SubscriberID             string
	Beneficiary              reference
	Relationship             concept
	Period                   period
	Payor                    []reference
	Class                    []struct {
		Type        concept
		Value, Name string
	}
	Order int
}

func (c *coverage) refer(to func(reference, string)) {
	to(c.Beneficiary, patients)
	for _, payor := range c.Payor {
		to(payor, orgs)
		to(payor, patients)
	}
}

func (c *coverage) of() (string, reference) { return "beneficiary", c.Beneficiary }

func (c *coverage) names() []name {
	if len(c.Payor) == 0 {
		return nil
	}
	return []name{payerName(clean(c.Payor[0].Display))}
}

// coverageKinds are types of HL7's ActCoverageTypeCode and of coverage-selfpay. One that is absent is told by the
// payer's name, as it is where a benefit was paid.
var coverageKinds = map[string]code.CoverageKind{
	"pay":       code.CoverageKindSelfPay,
	"EHCPOL":    code.CoverageKindMedical,
	"HIP":       code.CoverageKindMedical,
	"HSAPOL":    code.CoverageKindMedical,
	"MCPOL":     code.CoverageKindMedical,
	"HMO":       code.CoverageKindMedical,
	"POS":       code.CoverageKindMedical,
	"PPO":       code.CoverageKindMedical,
	"MENTPOL":   code.CoverageKindMedical,
	"MENTPRG":   code.CoverageKindMedical,
	"SUBPOL":    code.CoverageKindMedical,
	"SUBPRG":    code.CoverageKindMedical,
	"DRUGPOL":   code.CoverageKindPharmacy,
	"DENTAL":    code.CoverageKindDental,
	"DENTPRG":   code.CoverageKindDental,
	"VISPOL":    code.CoverageKindVision,
	"PUBLICPOL": code.CoverageKindGovernment,
	"SUBSIDMC":  code.CoverageKindGovernment,
	"SAFNET":    code.CoverageKindGovernment,
}

var policyStatuses = map[string]code.CoverageStatus{
	"active":    code.CoverageStatusActive,
	"cancelled": code.CoverageStatusCancelled,
	"draft":     code.CoverageStatusDraft,
}

var subscriberRelationships = map[string]code.SubscriberRelationship{
	"self":    code.SubscriberRelationshipSelf,
	"spouse":  code.SubscriberRelationshipSpouse,
	"child":   code.SubscriberRelationshipChild,
	"parent":  code.SubscriberRelationshipParent,
	"common":  code.SubscriberRelationshipOther,
	"injured": code.SubscriberRelationshipOther,
	"other":   code.SubscriberRelationshipOther,
}

// insure takes a coverage in that stands by itself. It is never extended by claims. One that the patient pays has no
// payer; one of somebody else who is no organization is refused.
func (l *load) insure(it *item, c *coverage) {
	r := &reader{}
	status := translate(r, "Coverage.status", c.Status, policyStatuses)
	payer, kind := l.payor(r, it, c)
	if it.outcome != "" {
		return
	}
	if c.Type.first() != "" {
		kind = translate(r, "Coverage.type", c.Type.first(), coverageKinds)
	}
	if payer == uuid.Nil && kind != code.CoverageKindSelfPay {
		r.refuse("Coverage.payor", "names no payer")
	}
	if kind == code.CoverageKindSelfPay {
		payer = uuid.Nil
	}
	start, end := r.span("Coverage.period", c.Period)
	if start == nil {
		r.refuse("Coverage.period.start", "missing")
	}
	if c.Order < 0 {
		r.refuse("Coverage.order", "not positive")
	}
	member := r.optional("Coverage.subscriberId", c.SubscriberID, 80)
	subscriber := r.optional("Coverage.subscriber.display", c.Subscriber.Display, 200)
	var relationship code.SubscriberRelationship
	if given := c.Relationship.first(); given != "" {
		relationship = translate(r, "Coverage.relationship", given, subscriberRelationships)
	}
	class := func(typ string, limit int, named bool) *string {
		for _, class := range c.Class {
			if class.Type.first() == typ {
				if named && class.Name != "" {
					return r.optional("Coverage.class.name", class.Name, limit)
				}
				return r.optional("Coverage.class.value", class.Value, limit)
			}
		}
		return nil
	}
	plan, group := class("plan", 200, true), class("group", 80, false)
	bin, pcn := class("rxbin", 20, false), class("rxpcn", 20, false)
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(m *ent.CoverageMutation) {
		m.SetStatus(status)
		m.SetKind(kind)
		m.SetPriority(max(c.Order, 1))
		m.SetPeriodStart(code.DateOf(*start))
		if end != nil {
			m.SetPeriodEnd(code.DateOf(*end))
		}
		set(m.SetMemberID, member)
		set(m.SetSubscriberName, subscriber)
		set(m.SetPlanName, plan)
		set(m.SetGroupID, group)
		set(m.SetBin, bin)
		set(m.SetPcn, pcn)
		if relationship != "" {
			m.SetSubscriberRelationship(relationship)
		}
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Coverage.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	l.call(name{coverages, policySystem, it.key.String()}, it.key)
	row := l.tx.Coverage.Create().SetID(it.key).SetPatientID(it.patient)
	if payer != uuid.Nil {
		row.SetPayerID(payer)
	}
	fill(row.Mutation())
	l.coverages = append(l.coverages, row)
}

// policySystem is the system of external identifiers of the coverages that the source says itself. Claims extend only
// the others.
const policySystem = "urn:carehub:policy"

// payor finds who pays, and tells the kind of coverage by it. The item's outcome is set when it is no coverage.
func (l *load) payor(r *reader, it *item, c *coverage) (uuid.UUID, code.CoverageKind) {
	if len(c.Payor) == 0 {
		return uuid.Nil, ""
	}
	ref := c.Payor[0]
	ref.Display = clean(ref.Display)
	if ref.empty() && uninsured(ref.Display) {
		it.outcome, it.fault = tally.Unmapped, fault{"Coverage.payor", "no insurance: a spell of being uninsured is no policy"}
		return uuid.Nil, ""
	}
	if who, _ := l.find(it, ref, patients); who != uuid.Nil {
		if who != it.patient {
			r.refuse("Coverage.payor", "another patient pays")
		}
		return uuid.Nil, code.CoverageKindSelfPay
	}
	if typ := typeOf(ref); typ != "" && typ != "Organization" {
		r.refuse("Coverage.payor", "a %s pays: neither an organization nor the patient", abridged(typ))
		return uuid.Nil, ""
	}
	payer, reason := l.payer(it, policy{payer: ref})
	if reason != "" {
		r.refuse("Coverage.payor", "%s", reason)
	}
	return payer, coverageKind(ref.Display)
}

// typeOf is the type of resource that a reference says it means; empty when it does not say.
func typeOf(ref reference) string {
	if ref.Type != "" {
		return ref.Type
	}
	text, _, _ := strings.Cut(ref.Reference, "?")
	text, _, _ = strings.Cut(text, "/_history/")
	if text != ref.Reference && !strings.Contains(text, "/") {
		return text
	}
	parts := strings.Split(text, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}
