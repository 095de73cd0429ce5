package fhir

import (
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	entconsent "github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/lifecycle"
)

// consent is FHIR's Consent.
type consent struct {
	Status     string
	Scope      concept
	Category   []concept
	Patient    reference
	DateTime   string
	Performer  []reference
	PolicyRule concept
	Provision  struct {
		Type      string
		Period    period
		Provision []struct{}
	}
}

func (c *consent) refer(to func(reference, string)) { to(c.Patient, patients) }

func (c *consent) of() (string, reference) { return "patient", c.Patient }

// scopeSystem is the code system of the scopes themselves.
const scopeSystem = "urn:carehub:fhir:consent-scope"

// scope is what was consented to. Only research is the same thing in FHIR: that somebody's privacy policy was agreed
// to, or a treatment, says nothing of what this company may do.
func (c *consent) scope() (code.ConsentScope, bool) {
	all := append([]concept{c.Scope}, c.Category...)
	for _, concept := range all {
		if own := code.ConsentScope(concept.code(scopeSystem)); isOne(own) {
			return own, true
		}
	}
	for _, concept := range all {
		for _, system := range []string{
			"http://terminology.hl7.org/CodeSystem/consentscope", "http://terminology.hl7.org/CodeSystem/consentcategorycodes",
		} {
			if concept.code(system) == "research" {
				return code.ConsentScopeTrialParticipation, true
			}
		}
	}
	return "", false
}

func isOne[T interface {
	~string
	Values() []string
}](value T) bool {
	for _, v := range value.Values() {
		if T(v) == value {
			return true
		}
	}
	return false
}

var consentStatuses = map[string]code.ConsentStatus{
	"draft":    code.ConsentStatusDraft,
	"proposed": code.ConsentStatusProposed,
	"active":   code.ConsentStatusActive,
	"rejected": code.ConsentStatusRejected,
	"inactive": code.ConsentStatusInactive,
}

var decisions = map[string]code.ConsentDecision{
	"permit": code.ConsentDecisionPermit,
	"deny":   code.ConsentDecisionDeny,
	"OPTIN":  code.ConsentDecisionPermit,
	"OPTOUT": code.ConsentDecisionDeny,
}

// permission is what matters of a consent to somebody who relies on it.
type permission struct {
	patient  uuid.UUID
	scope    code.ConsentScope
	decision code.ConsentDecision
	status   code.ConsentStatus
	at       time.Time
}

// consent takes a consent in, with the source's record as its evidence. One with exceptions is refused, as they cannot
// be kept; an active one that has expired is inactive. It reached the source as a document, as far as it says, and was
// signed by the patient unless a related person performed it.
func (l *load) consent(it *item, c *consent) {
	r := &reader{}
	scope, known := c.scope()
	if !known {
		r.refuse("Consent.scope", "says nothing of what this company asks consent for")
	}
	status := translate(r, "Consent.status", c.Status, consentStatuses)
	given := c.Provision.Type
	if given == "" {
		given = c.PolicyRule.first()
	}
	decision, tells := decisions[given]
	switch {
	case !tells:
		r.refuse("Consent.provision.type", "neither permits nor denies")
	case len(c.Provision.Provision) > 0:
		r.refuse("Consent.provision.provision", "exceptions cannot be kept")
	}
	at := r.moment("Consent.dateTime", c.DateTime)
	if at == nil {
		r.refuse("Consent.dateTime", "missing")
	}
	start, end := r.span("Consent.provision.period", c.Provision.Period)
	signer := code.SignerRoleSelf
	for i, performer := range c.Performer {
		switch who, _ := l.find(it, performer, patients); {
		case who != uuid.Nil && who != it.patient:
			r.refuse(fmt.Sprintf("Consent.performer[%d]", i), "another patient")
		case typeOf(performer) == "RelatedPerson":
			signer = code.SignerRoleLegalRepresentative
		}
	}
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	if start == nil {
		start = at
	}
	if status == code.ConsentStatusActive && end != nil && end.Before(clock.Now(l.ctx)) {
		status = code.ConsentStatusInactive
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error { return l.reconsent(it, status, editable) }
		return
	}
	l.permissions[it.key] = permission{it.patient, scope, decision, status, *at}
	l.consents = append(l.consents, l.tx.Consent.Create().SetID(it.key).SetPatientID(it.patient).
		SetScope(scope).SetStatus(status).SetDecision(decision).SetCapturedVia(code.ChannelLetter).SetCapturedAt(*at).
		SetEffectiveFrom(*start).SetNillableExpiresAt(end).SetSignerRole(signer).
		SetEvidenceKind(code.EvidenceKindSourceRecord).SetEvidenceRef(it.name()))
	l.history = append(l.history, l.tx.StatusChange.Create().
		SetConsentID(it.key).SetToStatus(string(status)).SetNote("imported as "+it.name()))
}

// reconsent moves a consent to the status of a newer record, where its lifecycle leads there.
func (l *load) reconsent(it *item, to code.ConsentStatus, editable func(*sql.Selector)) error {
	row, err := l.tx.Consent.Query().Where(entconsent.ID(it.key), editable).Only(l.ctx)
	if err != nil || !lifecycle.Consent.Allows(row.Status, to) {
		return err
	}
	if err := l.tx.Consent.UpdateOne(row).Where(entconsent.Version(row.Version)).SetStatus(to).Exec(l.ctx); err != nil {
		return err
	}
	return l.tx.StatusChange.Create().SetConsentID(it.key).
		SetFromStatus(string(row.Status)).SetToStatus(string(to)).SetNote("imported as " + it.name()).Exec(l.ctx)
}

// lookUpPermissions reads the consents that items rely on and that were there before.
func (l *load) lookUpPermissions(keys []uuid.UUID) error {
	if len(keys) == 0 {
		return nil
	}
	rows, err := l.tx.Consent.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Keys(q.C(entconsent.FieldID), keys)) }).All(l.ctx)
	for _, row := range rows {
		l.permissions[row.ID] = permission{row.PatientID, row.Scope, row.Decision, row.Status, row.CapturedAt}
	}
	return err
}
