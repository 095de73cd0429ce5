package graph_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

const (
	draftForm   = `mutation($input: DraftConsentFormInput!) { draftConsentForm(input: $input) { form { id edition status sha256 version } } }`
	approveForm = `mutation($id: ID!) { approveConsentForm(input: {formId: $id}) { form { status approvedAt approvedBy { id } } } }`
	retireForm  = `mutation($id: ID!) { retireConsentForm(input: {formId: $id, reason: "out of date"}) { form { status effectiveTo history { nodes { toStatus } } } } }`
	shownForm   = `query($id: ID!) { consentForm(scope: DATA_PROCESSING, patientId: $id) { id locale edition } }`
)

// A form is written, approved by another, replaced by its next edition, and taken out of use.
func TestEditions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		draft := func(locale, body string) string {
			t.Helper()
			a := w.must("coordinator", draftForm, vars{"input": vars{"scope": "DATA_PROCESSING", "locale": locale, "title": "Your data", "body": body}})
			return a.text("draftConsentForm.form.id")
		}
		shown := func() string {
			t.Helper()
			return w.must("coordinator", shownForm, vars{"id": w.id("patient ann")}).text("consentForm.id")
		}
		first := draft("en-US", "You agree.")
		if got := shown(); got != "" {
			t.Errorf("a draft is shown: %s", got)
		}
		w.refused("NOT_FOUND", "quality", approveForm, vars{"id": first})
		w.refused("GRAPHQL_VALIDATION_FAILED", "coordinator", approveForm, vars{"id": first})
		w.must("privacy", approveForm, vars{"id": first})
		w.refused("INVALID_TRANSITION", "privacy", approveForm, vars{"id": first})
		if got := shown(); got != first {
			t.Errorf("shown is %q, not the first edition", got)
		}

		w.later(time.Hour)
		second := draft("en-US", "You agree, and may take it back.")
		third := draft("en-US", "You agree, and may take it back at any time.")
		w.must("privacy", approveForm, vars{"id": third})
		if got := shown(); got != third {
			t.Errorf("shown is %q, not the newest edition", got)
		}
		w.refused("INVALID_TRANSITION", "privacy", approveForm, vars{"id": second})
		old, err := w.client.ConsentForm.Query().All(w.system())
		w.ok(err)
		for _, f := range old {
			if f.GlobalID().String() == first && (f.EffectiveTo == nil || !f.EffectiveTo.Equal(*w.now.Load())) {
				t.Errorf("the first edition holds until %v", f.EffectiveTo)
			}
			if f.GlobalID().String() == third {
				if err := w.client.ConsentForm.UpdateOneID(f.ID).SetEthicsVersion("2").Exec(w.system()); err == nil {
					t.Error("an approved form was edited")
				}
			}
		}
		w.refused("BAD_USER_INPUT", "coordinator", draftForm, vars{"input": vars{"scope": "DATA_PROCESSING", "locale": "English!", "title": "Your data", "body": "x"}})

		retired := w.must("privacy", retireForm, vars{"id": third})
		if retired.text("retireConsentForm.form.history.nodes.0.toStatus") != "RETIRED" {
			t.Errorf("retired: %s", retired.raw)
		}
		w.later(time.Second)
		if got := shown(); got != "" {
			t.Errorf("a retired form is shown: %s", got)
		}
		sign := `mutation($id: ID!) { signConsent(input: {scope: DATA_PROCESSING, decision: PERMIT, formId: $id, signerName: "Ann"}) { consent { id } unmet { code } } }`
		if got := w.must("patient", sign, vars{"id": third}).gates("signConsent"); len(got) != 1 || got[0] != "FORM_MISSING" {
			t.Errorf("signed on nothing: %v", got)
		}
	})
}

// Of those who draft at once each gets an edition of its own or is told that others were faster; no two are alike, for
// a program or for all.
func TestDraftsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		for _, program := range []any{nil, w.id("program bridge")} {
			input := vars{"scope": "DATA_PROCESSING", "locale": "en-US", "title": "Your data", "body": "You agree.", "programId": program}
			answers := make([]answer, 8)
			var wait sync.WaitGroup
			for i := range answers {
				wait.Go(func() { answers[i] = w.do("coordinator", draftForm, vars{"input": input}) })
			}
			wait.Wait()
			seen := map[any]bool{}
			for _, a := range answers {
				edition := a.at("draftConsentForm.form.edition")
				switch {
				case a.code() == "CONFLICT":
				case a.code() != "" || edition == nil || seen[edition]:
					t.Errorf("drafted: %s", a.raw)
				default:
					seen[edition] = true
				}
			}
			if len(seen) == 0 || !seen[1.0] {
				t.Errorf("editions %v", seen)
			}
		}
		// The database has the last word.
		for _, program := range []*uuid.UUID{nil, new(w.row("program bridge"))} {
			err := w.client.ConsentForm.Create().SetScope("DATA_PROCESSING").SetEdition(1).SetLocale("en-US").SetTitle("Form").SetBody("x").SetSha256("00").
				SetEffectiveFrom(day(-1)).SetNillableProgramID(program).Exec(w.system())
			if !ent.IsConstraintError(err) {
				t.Errorf("an edition twice: %v", err)
			}
		}
	})
}

// The text is in the patient's language, or the nearest that there is, and never another person's.
func TestLanguagesOfForms(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		scopes := []code.ConsentScope{"DATA_PROCESSING", "HIPAA_AUTHORIZATION", "INSURANCE_VERIFICATION", "TRIAL_PRESCREEN", "CHANNEL_FAX", "CHANNEL_APP"}
		for i, c := range []struct {
			speaks, want string
			forms        []string
		}{
			{"es-MX", "es-MX", []string{"en-US", "es", "es-MX", "es-ES"}},
			{"es-MX", "es", []string{"en-US", "es", "es-ES"}},
			{"es-MX", "es-ES", []string{"en-US", "es-ES", "fr"}},
			{"es-MX", "en-US", []string{"en-US", "fr"}},
			{"es", "es-ES", []string{"en-US", "es-ES"}},
			{"pt-BR", "", []string{"fr", "de"}},
		} {
			ctx := w.system()
			w.ok(w.client.Account.UpdateOneID(w.row("patient ann")).SetLocale(c.speaks).Exec(ctx))
			for _, locale := range c.forms {
				w.ok(w.client.ConsentForm.Create().SetScope(scopes[i]).SetEdition(1).SetLocale(locale).SetTitle("Form").SetBody(locale).SetSha256("00").
					SetEffectiveFrom(day(-1)).SetStatus("APPROVED").Exec(ctx))
			}
			a := w.must("patient", `query($scope: ConsentScope!) { consentForm(scope: $scope) { locale } }`, vars{"scope": scopes[i]})
			if got := a.text("consentForm.locale"); got != c.want {
				t.Errorf("who speaks %s reads %q of %v, not %q", c.speaks, got, c.forms, c.want)
			}
		}
	})
}
