package fhir

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/code"
	entcoverage "github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/server/intake/tally"
)

// policy is a coverage that an explanation of benefit contains a copy of.
type policy struct {
	payer    reference
	plan     string
	member   string
	status   string
	priority int // 1 pays first
}

// policies are the coverages in the order in which they pay, without the spells of being uninsured.
func (e *explanationOfBenefit) policies() []policy {
	var out []policy
	for _, c := range e.Contained {
		if c.ResourceType != "Coverage" || len(c.Payor) == 0 {
			continue
		}
		p := policy{payer: c.Payor[0], plan: c.Type.text(), member: c.SubscriberID, status: c.Status}
		p.payer.Display = clean(p.payer.Display)
		if p.payer.empty() && (p.payer.Display == "" || uninsured(p.payer.Display)) {
			continue
		}
		p.priority = len(out) + 1
		out = append(out, p)
	}
	return out
}

// uninsured tells a payer that is none: NO_INSURANCE, however it is written.
func uninsured(payer string) bool {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(payer)) == "noinsurance"
}

// payerName is what a payer is found again by that the source gives no more of than its name.
func payerName(display string) name {
	return name{orgs, "urn:carehub:payer", strings.ToLower(strings.Join(strings.Fields(display), " "))}
}

var coverageStatuses = map[string]code.CoverageStatus{
	"":          code.CoverageStatusActive,
	"active":    code.CoverageStatusActive,
	"cancelled": code.CoverageStatusCancelled,
	"draft":     code.CoverageStatusDraft,
}

// contract is what the claims of one coverage have in common.
type contract struct {
	patient, payer uuid.UUID
	priority       int
	status         code.CoverageStatus
	kind           code.CoverageKind
	plan, member   string
}

// claim is a benefit paid under a contract: proof that it held from the first day to the last.
type claim struct {
	item     *item
	from, to code.Date
}

// policies derives coverages from explanations of benefit. Each contains a copy of the coverage without a period;
// the billable periods of one patient and payer that overlap or adjoin are one coverage. A gap stays a gap.
func (l *load) policies() error {
	claims := map[contract][]claim{}
	var order []contract
	l.each("ExplanationOfBenefit", func(it *item) {
		contracts, period, f := l.benefit(it, it.resource.(*explanationOfBenefit))
		if f != nil {
			l.drop(it, *f)
			return
		}
		for _, c := range contracts {
			if _, met := claims[c]; !met {
				order = append(order, c)
			}
			claims[c] = append(claims[c], claim{it, period[0], period[1]})
		}
	})
	if len(order) == 0 {
		return nil
	}
	derived, err := l.derived(order)
	if err != nil {
		return err
	}
	for _, c := range order {
		l.cover(c, claims[c], derived[c.bond()])
	}
	return nil
}

// benefit reads an explanation of benefit; its outcome is set when there is nothing to derive from it.
func (l *load) benefit(it *item, e *explanationOfBenefit) ([]contract, [2]code.Date, *fault) {
	none := [2]code.Date{}
	if key, found, f := l.match(it); f != nil || found {
		it.key, it.outcome = key, tally.Unchanged
		return nil, none, f
	}
	all := e.policies()
	if len(all) == 0 {
		reason := "names no coverage; the model has no place for claims"
		if len(e.Contained) > 0 {
			reason = "no insurance: a spell of being uninsured is no policy"
		}
		it.outcome, it.fault = tally.Unmapped, fault{"ExplanationOfBenefit.contained", reason}
		return nil, none, nil
	}
	r := &reader{}
	switch e.Status {
	case "", "active":
	case "entered-in-error":
		r.refuse("ExplanationOfBenefit.status", "entered in error")
	default:
		r.refuse("ExplanationOfBenefit.status", "only an active one proves a coverage")
	}
	start, end := r.span("ExplanationOfBenefit.billablePeriod", e.BillablePeriod)
	if start == nil {
		r.refuse("ExplanationOfBenefit.billablePeriod.start", "missing")
	}
	var out []contract
	for _, p := range all {
		const path = "ExplanationOfBenefit.contained.Coverage"
		payer, reason := l.payer(it, p)
		if reason != "" {
			r.refuse(path+".payor", "%s", reason)
		}
		out = append(out, contract{
			patient: it.patient, payer: payer, priority: p.priority,
			status: translate(r, path+".status", p.status, coverageStatuses),
			kind:   coverageKind(p.payer.Display),
			plan:   r.text(path+".type", planName(p), 200),
			member: r.text(path+".subscriberId", p.member, 80),
		})
	}
	if r.fault != nil {
		return nil, none, r.fault
	}
	if end == nil {
		end = start
	}
	it.outcome = tally.Accepted
	return out, [2]code.Date{code.DateOf(*start), code.DateOf(*end)}, nil
}

// planName is the name of a plan that is not just its payer's.
func planName(p policy) string {
	if strings.EqualFold(p.plan, p.payer.Display) {
		return ""
	}
	return p.plan
}

// payer finds the payer of a policy, or makes one of the given name.
func (l *load) payer(it *item, p policy) (key uuid.UUID, reason string) {
	if !p.payer.empty() {
		if key, reason = l.find(it, p.payer, orgs); key != uuid.Nil || reason != "" {
			return key, reason
		}
	}
	n := payerName(p.payer.Display)
	switch key, made := l.known[n]; {
	case made:
		return key, ""
	case n.value == "":
		return uuid.Nil, "names no payer"
	case len(n.value) > maxName:
		return uuid.Nil, fmt.Sprintf("longer than %d bytes", maxName)
	}
	key = uuid.Must(uuid.NewV7())
	l.call(n, key)
	l.account(key, code.AccountKindPayer, nil)
	l.organizations = append(l.organizations, l.tx.Organization.Create().SetID(key).
		SetName(p.payer.Display).SetKind(code.OrganizationKindPayer))
	return key, ""
}

var governmental = []string{"medicare", "medicaid", "dual_eligible", "dual eligible", "tricare", "champva", "chip"}

func coverageKind(payer string) code.CoverageKind {
	if slices.Contains(governmental, strings.ToLower(payer)) {
		return code.CoverageKindGovernment
	}
	return code.CoverageKindMedical
}

// party is who a contract is between, as far as stored rows tell.
type party struct {
	patient, payer uuid.UUID
	priority       int
}

func (c contract) bond() party { return party{c.patient, c.payer, c.priority} }

// span is a stretch of time that a coverage holds.
type span struct {
	key      uuid.UUID // of the stored row; Nil for a claim
	from, to code.Date
	items    []*item
	absorbed []uuid.UUID // stored rows that the span unites with that of the key
}

// derived are the coverages that earlier claims of the contracts' patients made and nobody has cancelled.
func (l *load) derived(contracts []contract) (map[party][]span, error) {
	var of []uuid.UUID
	for _, c := range contracts {
		if !l.fresh[c.patient] {
			of = append(of, c.patient)
		}
	}
	out := map[party][]span{}
	if len(of) == 0 {
		return out, nil
	}
	rows, err := l.tx.Coverage.Query().
		Where(entcoverage.StatusEQ(code.CoverageStatusActive), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(entcoverage.FieldPatientID), unique(of)))
			ids := sql.Table(externalidentifier.Table)
			q.Where(sql.Exists(sql.Select().From(ids).Where(sql.And(
				sql.ColumnsEQ(ids.C(externalidentifier.FieldEntityID), q.C(entcoverage.FieldID)),
				sql.EQ(ids.C(externalidentifier.FieldEntity), coverages),
			))))
			q.Where(sql.Not(sql.Exists(sql.Select().From(ids).Where(sql.And(
				sql.ColumnsEQ(ids.C(externalidentifier.FieldEntityID), q.C(entcoverage.FieldID)),
				sql.EQ(ids.C(externalidentifier.FieldSystem), policySystem),
			)))))
		}).
		All(l.ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.PayerID == nil {
			continue // nobody's contract
		}
		p := party{row.PatientID, *row.PayerID, row.Priority}
		s := span{key: row.ID, from: row.PeriodStart, to: "9999-12-31"}
		if row.PeriodEnd != nil {
			s.to = *row.PeriodEnd
		}
		out[p] = append(out[p], s)
	}
	return out, nil
}

// cover makes the coverages of a contract, and extends those that are there.
func (l *load) cover(c contract, claims []claim, there []span) {
	all := slices.Clone(there)
	for _, claim := range claims {
		all = append(all, span{from: claim.from, to: claim.to, items: []*item{claim.item}})
	}
	for _, s := range merge(all) {
		if len(s.items) == 0 {
			continue
		}
		if s.key == uuid.Nil {
			s.key = uuid.Must(uuid.NewV7())
			row := l.tx.Coverage.Create().SetID(s.key).SetPatientID(c.patient).SetPayerID(c.payer).
				SetKind(c.kind).SetStatus(c.status).SetPriority(c.priority).
				SetPeriodStart(s.from).SetPeriodEnd(s.to)
			set(row.Mutation().SetPlanName, nonempty(c.plan))
			set(row.Mutation().SetMemberID, nonempty(c.member))
			l.coverages = append(l.coverages, row)
		} else if old := there[slices.IndexFunc(there, func(t span) bool { return t.key == s.key })]; old.from != s.from || old.to != s.to {
			l.updates = append(l.updates, l.tx.Coverage.UpdateOneID(s.key).SetPeriodStart(s.from).SetPeriodEnd(s.to).Exec)
		}
		for _, it := range s.items {
			if it.key == uuid.Nil {
				it.key = s.key
				l.book(it)
			}
		}
		for _, key := range s.absorbed {
			l.absorb(key, s.key)
		}
	}
}

// absorb leaves a coverage out that has turned out to be a part of another; its claims find that one.
func (l *load) absorb(key, into uuid.UUID) {
	l.updates = append(l.updates, func(ctx context.Context) error {
		names, err := l.tx.ExternalIdentifier.Query().Where(externalidentifier.EntityID(key)).All(ctx)
		if err != nil {
			return err
		}
		if _, err := l.tx.ExternalIdentifier.Delete().Where(externalidentifier.EntityID(key)).Exec(ctx); err != nil {
			return err
		}
		for _, n := range names {
			l.call(name{n.Entity, n.System, n.Value}, into)
		}
		return l.tx.Coverage.DeleteOneID(key).Exec(ctx)
	})
}

// merge unites spans that overlap or adjoin. A united span has the key of the earliest row in it.
func merge(all []span) []span {
	slices.SortStableFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range all {
		if n := len(out); n > 0 && !s.from.Time().After(out[n-1].to.Time().Add(24*time.Hour)) {
			last := &out[n-1]
			last.to = max(last.to, s.to)
			last.items = append(last.items, s.items...)
			if last.key == uuid.Nil {
				last.key = s.key
			} else if s.key != uuid.Nil {
				last.absorbed = append(last.absorbed, s.key)
			}
			continue
		}
		out = append(out, s)
	}
	return out
}
