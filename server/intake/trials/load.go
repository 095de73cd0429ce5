package trials

import (
	"context"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/server/intake/record"
	"github.com/carehub/carehub/server/intake/tally"
)

// facilitySystem is the system of external identifiers of sites; their values are name, city, state and country.
const facilitySystem = "urn:carehub:facility"

// Result is what became of a document.
type Result struct {
	tally.Tally
	// Programs are those that something was stored of.
	Programs []uuid.UUID
}

// Load takes a document in within the transaction.
func Load(ctx context.Context, tx *ent.Tx, d *Document) (*Result, error) {
	l := &load{ctx: ctx, tx: tx, source: d.source, names: record.NewNames(tx), result: &Result{}}
	for i := range d.studies {
		if err := l.study(&d.studies[i]); err != nil {
			return nil, err
		}
	}
	return l.result, nil
}

// Refused is the result of a document that the database does not take.
func (d *Document) Refused(reason string) *Result {
	l := &load{source: d.source, result: &Result{}}
	for i := range d.studies {
		l.refuse(&d.studies[i], record.Fault{Path: "Study", Reason: reason})
	}
	return l.result
}

// load is one document on its way into the database.
type load struct {
	ctx    context.Context
	tx     *ent.Tx
	source string
	names  *record.Names
	result *Result
}

func (l *load) find(typ, name string, outcome tally.Outcome, f record.Fault) {
	l.result.Find(typ, tally.Finding{Outcome: outcome, Source: l.source, Resource: name, Path: f.Path, Reason: f.Reason})
}

// refuse refuses a study and its locations with it.
func (l *load) refuse(e *entry, f record.Fault) {
	l.find("Study", e.name(), tally.Refused, f)
	for range e.locations {
		l.find("Location", e.name(), tally.Refused, record.Fault{Path: "location", Reason: "depends on its study, which was refused"})
	}
}

// study takes one study in.
func (l *load) study(e *entry) error {
	if e.fault != nil {
		l.refuse(e, *e.fault)
		return nil
	}
	d, fault := e.judge()
	if fault != nil {
		l.refuse(e, *fault)
		return nil
	}
	for _, remark := range d.remarks {
		l.result.Remark(remark)
	}
	places := l.places(&e.study)
	wanted := []record.Name{registryName(e.id)}
	for _, p := range places {
		wanted = append(wanted, p.name)
	}
	if d.sponsor != nil {
		wanted = append(wanted, sponsorName(*d.sponsor))
	}
	if err := l.names.LookUp(l.ctx, wanted); err != nil {
		return err
	}
	key, newer, changed, err := l.place(e, d)
	if err != nil {
		return err
	}
	sitesChanged, err := l.sites(e, key, places, newer)
	if err != nil {
		return err
	}
	if changed || sitesChanged {
		l.result.Count("Study", tally.Accepted)
		l.result.Programs = append(l.result.Programs, key)
	} else {
		l.result.Count("Study", tally.Unchanged)
	}
	if len(e.people) > 0 {
		l.find("Contacts", e.name(), tally.Unmapped, record.Fault{Path: "contacts", Reason: "people are not taken in"})
	}
	if e.hasResults {
		l.find("Results", e.name(), tally.Unmapped, record.Fault{Path: "results", Reason: "the model has no place for them"})
	}
	return l.names.Insert(l.ctx)
}

func registryName(id string) record.Name {
	return record.NameOf(record.Programs, record.RegistrySystem, id)
}

func sponsorName(name string) record.Name {
	return record.NameOf(record.Organizations, record.SponsorSystem, strings.ToLower(name))
}

// place gives a study its program: a new one, or the one that is there, which a newer record revises.
func (l *load) place(e *entry, d *details) (key uuid.UUID, newer, changed bool, err error) {
	name := registryName(e.id)
	key, found := l.names.Key(name)
	if !found {
		row, err := l.tx.CareProgram.Query().
			Where(careprogram.RegistryID(e.id), careprogram.KindEQ(code.ProgramKindClinicalTrial)).
			Order(careprogram.ByCreatedAt(), careprogram.ByID()).First(l.ctx)
		switch {
		case err == nil: // of a person, or of another source
			key, found = row.ID, true
			l.names.Call(name, key)
		case !ent.IsNotFound(err):
			return uuid.Nil, false, false, err
		}
	}
	if !found {
		key = uuid.Must(uuid.NewV7())
		l.names.Call(name, key)
		return key, true, true, l.begin(key, e, d)
	}
	last, err := l.lastVersion(key)
	if err != nil || !d.updated.After(last) {
		return key, false, false, err
	}
	l.bookVersion(key, d)
	changed, err = l.revise(key, d)
	return key, true, changed, err
}

// bookVersion remembers which version of the record was taken in, when the registry says it.
func (l *load) bookVersion(key uuid.UUID, d *details) {
	if !d.updated.IsZero() {
		l.names.Call(record.NameOf(record.Programs, record.VersionSystem, key.String()+" "+d.updated.Format(time.RFC3339)), key)
	}
}

// lastVersion is when the record was submitted that was taken in last.
func (l *load) lastVersion(key uuid.UUID) (last time.Time, err error) {
	rows, err := l.tx.ExternalIdentifier.Query().
		Where(externalidentifier.System(record.VersionSystem), externalidentifier.EntityID(key)).All(l.ctx)
	for _, row := range rows {
		_, moment, _ := strings.Cut(row.Value, " ")
		if at, err := time.Parse(time.RFC3339, moment); err == nil && at.After(last) {
			last = at
		}
	}
	return last, err
}

// begin makes the program of a study.
func (l *load) begin(key uuid.UUID, e *entry, d *details) error {
	sponsor, err := l.sponsor(d)
	if err != nil {
		return err
	}
	l.bookVersion(key, d)
	program := l.tx.CareProgram.Create().SetID(key).SetKind(code.ProgramKindClinicalTrial).SetRegistryID(e.id)
	d.program(program.Mutation())
	if err := program.Exec(l.ctx); err != nil {
		return err
	}
	if err := l.tx.RequiredConsent.Create().SetProgramID(key).SetScope(code.ConsentScopeTrialParticipation).Exec(l.ctx); err != nil {
		return err
	}
	trial := l.tx.TrialDetail.Create().SetProgramID(key)
	d.trial(trial.Mutation(), sponsor)
	if err := trial.Exec(l.ctx); err != nil {
		return err
	}
	return l.criteria(key, d)
}

func (d *details) program(m *ent.CareProgramMutation) {
	m.SetName(d.name)
	put(m.SetStartsOn, m.ClearStartsOn, d.starts)
	put(m.SetEndsOn, m.ClearEndsOn, d.ends)
}

func (d *details) trial(m *ent.TrialDetailMutation, sponsor *uuid.UUID) {
	put(m.SetOfficialTitle, m.ClearOfficialTitle, d.officialTitle)
	put(m.SetSummary, m.ClearSummary, d.summary)
	put(m.SetPhase, m.ClearPhase, d.phase)
	put(m.SetStudyStatus, m.ClearStudyStatus, d.status)
	put(m.SetRegistryStatus, m.ClearRegistryStatus, d.registryStatus)
	m.SetBlinded(d.blinded)
	put(m.SetTargetEnrollment, m.ClearTargetEnrollment, d.target)
	m.SetConditions(d.conditions)
	put(m.SetSponsorID, m.ClearSponsorID, sponsor)
}

// put sets a column, or clears it when there is no value.
func put[T any](set func(T), clear func(), value *T) {
	if value == nil {
		clear()
		return
	}
	set(*value)
}

// criteria stores the criteria in their order.
func (l *load) criteria(program uuid.UUID, d *details) error {
	rows := make([]*ent.EligibilityCriterionCreate, len(d.criteria))
	for i, c := range d.criteria {
		rows[i] = l.tx.EligibilityCriterion.Create().SetProgramID(program).SetSeq(i + 1).
			SetKind(c.Kind).SetText(c.Text).SetNillableExpression(c.Expression)
	}
	return record.Insert(l.ctx, rows, l.tx.EligibilityCriterion.CreateBulk)
}

// revise changes what a newer record of a study says otherwise; what a person changed later stays. The criteria of
// a program that has left the drawing board stay as well: enrollments may have been decided by them.
func (l *load) revise(key uuid.UUID, d *details) (revised bool, err error) {
	sponsor, err := l.sponsor(d)
	if err != nil {
		return false, err
	}
	editable := func(q *sql.Selector) {
		q.Where(sql.Or(sql.IsNull(q.C("updated_by")), sql.LT(q.C("updated_at"), d.updated)))
	}
	program := l.tx.CareProgram.UpdateOneID(key).Where(editable)
	d.program(program.Mutation())
	if revised, err = done(program.Exec(l.ctx)); err != nil {
		return false, err
	}
	detail, err := l.tx.TrialDetail.Query().Where(trialdetail.ProgramID(key)).Only(l.ctx)
	switch {
	case ent.IsNotFound(err):
		trial := l.tx.TrialDetail.Create().SetProgramID(key)
		d.trial(trial.Mutation(), sponsor)
		revised, err = true, trial.Exec(l.ctx)
	case err == nil:
		trial := l.tx.TrialDetail.UpdateOne(detail).Where(editable)
		d.trial(trial.Mutation(), sponsor)
		var trialRevised bool
		trialRevised, err = done(trial.Exec(l.ctx))
		revised = revised || trialRevised
	}
	if err != nil {
		return false, err
	}
	criteriaRevised, err := l.reviseCriteria(key, d)
	return revised || criteriaRevised, err
}

// done tells whether an update found its row.
func done(err error) (bool, error) {
	if ent.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

func (l *load) reviseCriteria(program uuid.UUID, d *details) (bool, error) {
	there, err := l.tx.EligibilityCriterion.Query().
		Where(eligibilitycriterion.ProgramID(program)).Order(eligibilitycriterion.BySeq()).All(l.ctx)
	if err != nil || d.sameCriteria(there) {
		return false, err
	}
	draft, err := l.tx.CareProgram.Query().
		Where(careprogram.ID(program), careprogram.StatusEQ(code.ProgramStatusDraft)).Exist(l.ctx)
	if err != nil {
		return false, err
	}
	for _, c := range there {
		draft = draft && c.CreatedBy == nil && c.UpdatedBy == nil
	}
	if !draft {
		l.result.Remark("criteria of a program in use, or changed by a person, were left as they are")
		return false, nil
	}
	if _, err := l.tx.EligibilityCriterion.Delete().Where(eligibilitycriterion.ProgramID(program)).Exec(l.ctx); err != nil {
		return false, err
	}
	return true, l.criteria(program, d)
}

func (d *details) sameCriteria(there []*ent.EligibilityCriterion) bool {
	if len(there) != len(d.criteria) {
		return false
	}
	for i, c := range d.criteria {
		row := there[i]
		if row.Kind != c.Kind || row.Text != c.Text || (row.Expression == nil) != (c.Expression == nil) ||
			row.Expression != nil && *row.Expression != *c.Expression {
			return false
		}
	}
	return true
}
