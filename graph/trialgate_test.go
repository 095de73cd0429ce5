package graph_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/trialsubject"
)

// unagreed lists, by plain reading, the steps of participants into screening or further that nobody had agreed to: at that
// moment no consent was in force, on the latest version of the form that was in force then.
func (w *world) unagreed() []string {
	w.t.Helper()
	ctx := w.system()
	var broken []string
	rows, err := w.client.TrialSubject.Query().WithEnrollment().WithHistory().All(ctx)
	w.ok(err)
	for _, s := range rows {
		e := s.Edges.Enrollment
		if !lifecycle.GoTogether(s.State, e.Status) {
			broken = append(broken, fmt.Sprintf("%s is %s, the enrollment %s", s.ID, s.State, e.Status))
		}
		given, err := w.client.Consent.Query().Where(
			consent.PatientID(e.PatientID), consent.ProgramID(e.ProgramID), consent.ScopeEQ("TRIAL_PARTICIPATION"), consent.DecisionEQ("PERMIT"),
		).WithForm().All(ctx)
		w.ok(err)
		forms, err := w.client.ConsentForm.Query().Where(consentform.ProgramID(e.ProgramID), consentform.ScopeEQ("TRIAL_PARTICIPATION"), consentform.ApprovedAtNotNil()).All(ctx)
		w.ok(err)
		for _, step := range s.Edges.History {
			if step.FromStatus == nil || !lifecycle.Participates(code.SubjectState(step.ToStatus)) {
				continue
			}
			version := "1" // that of the world
			for _, f := range forms {
				if f.ApprovedAt.Before(step.At) && !f.EffectiveFrom.After(step.At) && *f.EthicsVersion > version {
					version = *f.EthicsVersion
				}
			}
			if !slices.ContainsFunc(given, func(c *ent.Consent) bool {
				return !c.CapturedAt.After(step.At) && (c.RevokedAt == nil || !c.RevokedAt.Before(step.At)) && *c.Edges.Form.EthicsVersion >= version
			}) {
				broken = append(broken, fmt.Sprintf("%s became %s without a consent to version %s", s.ID, step.ToStatus, version))
			}
		}
	}
	return broken
}

// keyOf finds the row of an identifier.
func (w *world) keyOf(id string) uuid.UUID {
	w.t.Helper()
	key, err := gid.Parse(nil, id)
	w.ok(err)
	return key.UUID
}

// Nobody is taken into screening or further without having agreed before to the version of the form that is in force,
// whoever writes and whichever way.
func TestTrialConsentHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("vega")
		ctx, c := w.system(), w.client
		_, id, whom := w.participant("vega", false)
		subject, patient := w.keyOf(id), w.keyOf(whom)
		missing := lifecycle.Unmet{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeTrialParticipation}
		outdated := lifecycle.Unmet{Gate: code.GateCodeConsentFormOutdated, Scope: code.ConsentScopeTrialParticipation}
		is := func(what string, err error, want lifecycle.Unmet) {
			t.Helper()
			refused, ok := errors.AsType[*lifecycle.UnmetError](err)
			if !ok || !slices.Equal(refused.Gates, []lifecycle.Unmet{want}) {
				t.Errorf("%s: %v", what, err)
			}
		}
		moves := func(before func(*ent.Tx) error) error {
			return w.within(ctx, func(tx *ent.Tx) error {
				if before != nil {
					if err := before(tx); err != nil {
						return err
					}
				}
				return tx.TrialSubject.UpdateOneID(subject).SetState("SCREENING").Exec(ctx)
			})
		}
		for _, state := range code.SubjectState("").Values() {
			err := w.within(ctx, func(tx *ent.Tx) error {
				if err := tx.TrialSubject.UpdateOneID(subject).SetState(code.SubjectState(state)).Exec(ctx); err != nil {
					return err
				}
				return errors.New("undone")
			})
			if refused := errors.As(err, new(*lifecycle.UnmetError)); refused != lifecycle.Participates(code.SubjectState(state)) {
				t.Errorf("%s without a consent: %v", state, err)
			}
		}
		if err := c.TrialSubject.Update().Where(trialsubject.ID(subject)).SetState("SCREENING").Exec(ctx); err == nil {
			t.Error("screened with others")
		}
		for _, who := range []string{"coordinator", "provider", "patient", "liaison", "quality", "analyst", "admin"} {
			as := w.as(who)
			if err := w.within(as, func(tx *ent.Tx) error { return tx.TrialSubject.UpdateOneID(subject).SetState("WITHDRAWN").Exec(as) }); err == nil {
				t.Errorf("%s moves participants past the API", who)
			}
		}
		give := func(tx *ent.ConsentClient) *ent.ConsentCreate {
			return tx.Create().SetPatientID(patient).SetProgramID(w.row("program vega")).SetScope("TRIAL_PARTICIPATION").SetStatus("ACTIVE").SetDecision("PERMIT").
				SetFormID(w.row("form vegaTRIAL_PARTICIPATION")).SetCapturedVia("IN_PERSON").SetCapturedAt(noon).SetEffectiveFrom(noon).SetSignerRole("SELF").
				SetEvidenceKind("WITNESS").SetEvidenceRef("A nurse")
		}
		other := c.ConsentForm.Create().SetProgramID(w.row("program vega")).SetScope("TRIAL_PARTICIPATION").SetEdition(1).SetLocale("es-US").SetTitle("Old").
			SetBody("Old").SetSha256("of the body").SetEthicsVersion("0").SetEffectiveFrom(day(-9)).SetEffectiveTo(day(-2)).SetStatus("APPROVED").SaveX(ctx)
		for what, by := range map[string]struct {
			change func(*ent.ConsentCreate)
			want   lifecycle.Unmet
		}{
			"denied":                {func(c *ent.ConsentCreate) { c.SetDecision("DENY") }, missing},
			"expired":               {func(c *ent.ConsentCreate) { c.SetExpiresAt(noon) }, missing},
			"in force later":        {func(c *ent.ConsentCreate) { c.SetEffectiveFrom(noon.Add(time.Hour)) }, missing},
			"signed later":          {func(c *ent.ConsentCreate) { c.SetCapturedAt(noon.Add(time.Hour)) }, missing},
			"of another trial":      {func(c *ent.ConsentCreate) { c.SetProgramID(w.row("program bridge")) }, missing},
			"of another scope":      {func(c *ent.ConsentCreate) { c.SetScope("TRIAL_PRESCREEN") }, missing},
			"asked for":             {func(c *ent.ConsentCreate) { c.SetStatus("PROPOSED") }, missing},
			"ended":                 {func(c *ent.ConsentCreate) { c.SetStatus("INACTIVE") }, missing},
			"of somebody":           {func(c *ent.ConsentCreate) { c.SetPatientID(w.row("patient ann")) }, missing},
			"on no form":            {func(c *ent.ConsentCreate) { c.Mutation().ResetFormID() }, outdated},
			"on a form of the past": {func(c *ent.ConsentCreate) { c.SetFormID(other.ID) }, outdated},
			"of an import, before": {func(c *ent.ConsentCreate) {
				c.Mutation().ResetFormID()
				c.SetEvidenceKind("SOURCE_RECORD").SetCapturedAt(day(-3))
			}, outdated},
			"on the form of another one": {func(c *ent.ConsentCreate) { c.SetFormID(w.row("form approved")) }, outdated},
		} {
			is(what, moves(func(tx *ent.Tx) error {
				made := give(tx.Consent)
				by.change(made)
				return made.Exec(ctx)
			}), by.want)
		}
		// What comes into being as screened tells of the past, and that has its consent too.
		made := c.Enrollment.Create().SetPatientID(w.row("patient cal")).SetProgramID(w.row("program vega")).SetSource("IMPORT").SetReferredAt(noon).SaveX(ctx)
		born := func(do func(*ent.Tx) error) error {
			return w.within(ctx, func(tx *ent.Tx) error {
				if do != nil {
					if err := do(tx); err != nil {
						return err
					}
				}
				create := tx.TrialSubject.Create().SetEnrollmentID(made.ID).SetState("ON_STUDY")
				return tx.TrialSubject.CreateBulk(create).Exec(ctx)
			})
		}
		is("made on study", born(nil), missing)
		is("made on study, agreed later", born(func(tx *ent.Tx) error {
			return give(tx.Consent).SetPatientID(w.row("patient cal")).SetCapturedAt(noon.Add(time.Hour)).Exec(ctx)
		}), missing)

		given := give(c.Consent).SaveX(ctx)
		if err := c.TrialSubject.UpdateOneID(subject).SetState("SCREENING").Exec(ctx); err == nil {
			t.Error("screened outside of a transaction")
		}
		w.ok(moves(nil))
		w.later(time.Hour)
		ctx = w.system()
		w.newVersion("vega", "2", *w.now.Load())
		is("another version is in force", w.within(ctx, func(tx *ent.Tx) error {
			return tx.TrialSubject.UpdateOneID(subject).SetState("ELIGIBLE").Exec(ctx)
		}), outdated)
		w.ok(w.within(ctx, func(tx *ent.Tx) error { return tx.Consent.UpdateOneID(given.ID).SetStatus("INACTIVE").Exec(ctx) }))
		is("the consent has ended", w.within(ctx, func(tx *ent.Tx) error {
			return tx.TrialSubject.UpdateOneID(subject).SetState("ELIGIBLE").Exec(ctx)
		}), missing)
		w.ok(w.within(ctx, func(tx *ent.Tx) error { return tx.TrialSubject.UpdateOneID(subject).SetState("WITHDRAWN").Exec(ctx) }))
	})
}

// Who screens, who takes the consent back and who puts another version in force at the same time: whichever comes first,
// nobody is screened who has not agreed to the version in force, and whoever is screened under the old one is asked again.
func TestScreeningRaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("nova")
		ends := map[string]int{}
		for i := range 12 {
			w.later(time.Minute)
			_, subject, _ := w.participant("nova", true)
			e := w.client.TrialSubject.Query().Where(trialsubject.ID(w.keyOf(subject))).QueryEnrollment().OnlyX(w.system())
			given := w.client.Consent.Query().Where(consent.PatientID(e.PatientID), consent.StatusEQ("ACTIVE")).OnlyX(w.system())
			form := w.must("coordinator", draftForm, vars{"input": vars{
				"scope": "TRIAL_PARTICIPATION", "programId": w.id("program nova"), "locale": "en-US",
				"title": "Form", "body": "I agree", "ethicsVersion": fmt.Sprint(i + 2), "effectiveFrom": w.now.Load().Format(time.RFC3339),
			}}).text("draftConsentForm.form.id")
			rivals := []struct {
				who, document string
				of            vars
			}{
				{"coordinator", screen, vars{"id": subject}},
				{"privacy", approveForm, vars{"id": form}},
				{"coordinator", revoke, vars{"id": given.GlobalID().String()}},
			}
			answers := make([]answer, 2+i%2)
			start := make(chan struct{})
			done := make(chan struct{})
			for n := range answers {
				as := w.as(rivals[n].who)
				go func() {
					<-start
					answers[n] = w.send(as, rivals[n].document, rivals[n].of)
					done <- struct{}{}
				}()
			}
			close(start)
			for range answers {
				<-done
			}
			for _, a := range answers {
				if c := a.code(); c != "" && c != "CONFLICT" {
					t.Errorf("%s", a.raw)
				}
			}
			state := w.client.TrialSubject.GetX(w.system(), w.keyOf(subject)).State
			ends[string(state)]++
			a := w.must("coordinator", `query($id: ID!) { enrollment(id: $id) { trialSubject { reconsentDue } activities { nodes { kind } } } }`, vars{"id": e.GlobalID().String()})
			due, asked := a.at("enrollment.trialSubject.reconsentDue") == true, a.text("enrollment.activities.nodes.0.kind") == "RECONSENT"
			if screened := answers[0].text("startScreening.subject.state") == "SCREENING"; screened != (state == "SCREENING") || due && !asked || asked && !screened {
				t.Errorf("screened %v, is %s, due %v, asked %v: %s", screened, state, due, asked, answers[0].raw)
			}
		}
		if ends["SCREENING"]+ends["CANDIDATE"] != 12 {
			t.Errorf("ends: %v", ends)
		}
	})
}
