package synthea

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/code"
	entorganization "github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/table"
	"github.com/carehub/carehub/server/intake/tally"
)

// transitionSystem is the system of the external identifiers that say which transitions a coverage is made of.
const transitionSystem = System + "/payer_transitions"

// policySystem is the system of the external identifiers of coverages that a source says itself. Claims extend only
// the others.
const policySystem = "urn:carehub:policy"

// Limits of columns, in bytes.
const (
	maxMember = 80
	maxName   = 200
)

// contract is what the spells of one coverage have in common.
type contract struct {
	patient, payer uuid.UUID // no payer: uninsured
	priority       int       // 1 pays first
	kind           code.CoverageKind
	member         string
	relationship   code.SubscriberRelationship
	subscriber     string
}

// forever is the end of a spell that has none.
const forever = code.Date("9999-12-31")

// spell is a time, in days of UTC, both included, in which a contract held.
type spell struct {
	contract
	name     string // of its external identifier
	from, to code.Date
}

// coverages makes the history of insurance of transitions. The rules:
//
//   - A transition says that one contract held from one moment to another; the coverage has their days, so on the
//     day of a change both contracts hold. A bare year, as older exports write it, is the whole year.
//   - Transitions of one contract that overlap or adjoin are one coverage. Contracts are the same when patient,
//     payer, member id, relationship and name of the subscriber are. A gap stays a gap.
//   - NO_INSURANCE is a spell in which the patient pays: a coverage of the kind SELF_PAY without payer and member.
//   - A secondary payer has a coverage of priority 2 for the same time, whose member id the export does not say.
//   - A guardian's contract covers a child.
//   - A coverage that was derived from claims and overlaps a contract of the same patient and payer is replaced by
//     it: it is kept as entered in error.
//   - A transition that was taken in is in; a later end of it extends the coverage. What a person changed stays.
func coverages(l *load) error {
	l.require("PATIENT", "PAYER", "?SECONDARY_PAYER")
	spells, err := l.spells()
	if err != nil {
		return err
	}
	h, err := l.history(spells)
	if err != nil {
		return err
	}
	for _, r := range l.ordered(spells) {
		r.Outcome = tally.Unchanged
		for _, s := range spells[r] {
			if h.enter(s) {
				r.Outcome = tally.Accepted
				l.Touch(s.patient)
			}
		}
	}
	return h.store(l.ctx, l.tx)
}

// ordered are the records that have spells, by patient and beginning.
func (l *load) ordered(spells map[*table.Record][]spell) []*table.Record {
	out := l.Select(func(r *table.Record) bool { return len(spells[r]) > 0 })
	slices.SortStableFunc(out, func(a, b *table.Record) int {
		x, y := spells[a][0], spells[b][0]
		return cmp.Or(slices.Compare(x.patient[:], y.patient[:]), cmp.Compare(x.from, y.from))
	})
	return out
}

// spells reads the transitions: each is one spell, or two where there is a secondary payer.
func (l *load) spells() (map[*table.Record][]spell, error) {
	var at []string
	for _, r := range l.Records {
		at = append(at, address(r.Get("PATIENT")))
	}
	patients, err := fhir.Find(l.ctx, l.tx, fhir.EntityPatient, fhir.AddressSystem, at)
	if err != nil {
		return nil, err
	}
	payers, err := l.payers()
	if err != nil {
		return nil, err
	}
	out := map[*table.Record][]spell{}
	for i, r := range l.Records {
		if !r.Open() {
			continue
		}
		patient, found := patients[at[i]]
		if !found {
			r.Refuse("PATIENT", "finds no patient")
		}
		if all := l.transition(r, patient, payers); r.Open() {
			out[r] = all
		}
	}
	return out, nil
}

// payers are the organizations that the transitions name, by their Id.
func (l *load) payers() (map[string]*ent.Organization, error) {
	var at []string
	for _, r := range l.Records {
		for _, column := range []string{"PAYER", "SECONDARY_PAYER"} {
			at = append(at, address(r.Get(column)))
		}
	}
	known, err := fhir.Find(l.ctx, l.tx, fhir.EntityOrganization, fhir.AddressSystem, at)
	if err != nil {
		return nil, err
	}
	rows, err := l.tx.Organization.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Keys(q.C(entorganization.FieldID), values(known))) }).
		All(l.ctx)
	byKey := map[uuid.UUID]*ent.Organization{}
	for _, row := range rows {
		byKey[row.ID] = row
	}
	out := map[string]*ent.Organization{}
	for at, key := range known {
		if row := byKey[key]; row != nil {
			out[strings.TrimPrefix(at, "urn:uuid:")] = row
		}
	}
	return out, err
}

// relationships are those of the patient towards the owner.
var relationships = map[string]code.SubscriberRelationship{
	"":         "",
	"Self":     code.SubscriberRelationshipSelf,
	"Spouse":   code.SubscriberRelationshipSpouse,
	"Guardian": code.SubscriberRelationshipChild,
}

// transition reads a record: the spell with the first payer, and the one with the second if there is any.
func (l *load) transition(r *table.Record, patient uuid.UUID, payers map[string]*ent.Organization) []spell {
	from, to, beginning := period(r)
	relationship, known := relationships[r.Get("OWNERSHIP")]
	if !known {
		r.Refuse("OWNERSHIP", "neither Self nor Spouse nor Guardian")
	}
	c := contract{
		patient: patient, priority: 1, kind: code.CoverageKindSelfPay,
		member: limited(r, "MEMBERID", maxMember), relationship: relationship, subscriber: limited(r, "OWNERNAME", maxName),
	}
	first, second := strings.ToLower(r.Get("PAYER")), strings.ToLower(r.Get("SECONDARY_PAYER"))
	name := strings.ToLower(r.Get("PATIENT")) + " " + first + " " + beginning + " " + c.member
	if l.none[first] {
		if second != "" && !l.none[second] {
			r.Refuse("SECONDARY_PAYER", "pays second where nobody pays first")
		}
		if c.member != "" {
			l.Remark("an uninsured spell has no member id: it was left out")
		}
		c.member, c.relationship, c.subscriber = "", "", ""
		return []spell{{c, name, from, to}}
	}
	with := func(column, id string) {
		if payer := payers[id]; payer != nil {
			c.payer, c.kind = payer.ID, fhir.CoverageKind(payer.Name)
		} else {
			r.Refuse(column, "finds no payer")
		}
	}
	with("PAYER", first)
	if c.member == "" && r.Open() {
		l.Remark("a coverage has no member id")
	}
	out := []spell{{c, name, from, to}}
	if second == "" || l.none[second] {
		return out
	}
	with("SECONDARY_PAYER", second)
	c.priority, c.member = 2, ""
	return append(out, spell{c, name + " 2 " + second, from, to})
}

func limited(r *table.Record, column string, limit int) string {
	value := fhir.Clean(r.Get(column))
	if len(value) > limit {
		r.Refuse(column, "longer than %d bytes", limit)
	}
	return value
}

var bareYear = regexp.MustCompile(`^[0-9]{4}$`)

// period reads when a transition begins and ends, and says the beginning as it is always written.
func period(r *table.Record) (from, to code.Date, name string) {
	first, last := r.Get("START_YEAR"), r.Get("END_YEAR")
	start, err := fhir.Moment(first)
	if err != nil {
		r.Refuse("START_YEAR", "%v", err)
		return
	}
	if last == "" {
		return code.DateOf(start), forever, start.Format(time.RFC3339Nano)
	}
	end, err := fhir.Moment(last)
	switch {
	case err != nil:
		r.Refuse("END_YEAR", "%v", err)
	case bareYear.MatchString(last):
		end = end.AddDate(1, 0, -1)
	}
	if !end.After(start) {
		r.Refuse("END_YEAR", "does not end after it begins")
	}
	return code.DateOf(start), code.DateOf(end), start.Format(time.RFC3339Nano)
}
