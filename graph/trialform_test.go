package graph_test

import (
	"slices"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// Nobody is screened on a consent to no text, or treated while the enrollment is on hold; forms are the team's.
func TestNoFormNoScreening(t *testing.T) {
	const retire = `mutation($id: ID!) { retireConsentForm(input: {formId: $id, reason: "wrong words"}) { form { status } } }`
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("nova")
		form := vars{"id": w.id("form novaTRIAL_PARTICIPATION")}
		w.refused("FORBIDDEN", "coordinator2", retire, form)
		w.refused("FORBIDDEN", "coordinator2", draftForm, vars{"input": vars{"scope": "TRIAL_PARTICIPATION", "programId": w.id("program nova"), "locale": "en-US", "title": "Form", "body": "Other words"}})
		enrollment, before, _ := w.participant("nova", true)
		w.must("coordinator", screen, vars{"id": before})
		w.must("coordinator", screeningFound, vars{"id": before, "fit": true})
		w.must("coordinator", decide, vars{"input": vars{"enrollmentId": enrollment, "decision": "ELIGIBLE"}})
		w.must("coordinator", registers, vars{"id": before})
		w.must("coordinator", activate, vars{"id": enrollment})
		w.must("coordinator", startsStudy, vars{"id": before})
		w.must("coordinator", hold, vars{"id": enrollment})
		w.refused("INVALID_TRANSITION", "coordinator", intervenes, vars{"id": before})
		w.must("coordinator", resume, vars{"id": enrollment})
		w.later(time.Minute)
		w.must("coordinator", retire, form)
		w.later(time.Minute)
		if got := w.must("coordinator", intervenes, vars{"id": before}).gates("startIntervention"); !slices.Equal(got, []string{"FORM_MISSING"}) {
			t.Errorf("with no form in force it waits for %v", got)
		}
		_, after, _ := w.participant("nova", true)
		if got := w.must("coordinator", screen, vars{"id": after}).gates("startScreening"); !slices.Equal(got, []string{"FORM_MISSING"}) {
			t.Errorf("who agreed to no text waits for %v", got)
		}
	})
}
