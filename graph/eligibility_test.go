package graph_test

import (
	"slices"
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// What an expression can not decide a person does; what it decides stays.
func TestUndecidable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		w.ok(w.client.EligibilityCriterion.UpdateOneID(w.row("criterion aidOther")).SetExpression("1 / 0 == 1").Exec(w.system()))
		id := w.must("provider", referPatient, vars{"input": vars{"programId": w.id("program aid"), "patientId": w.id("patient ann")}}).text("referPatient.enrollment.id")
		w.must("coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{}}})
		if got := w.must("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}}).gates("decideEligibility"); !slices.Equal(got, []string{"ANSWER_MISSING"}) {
			t.Errorf("undecided it waits for %v", got)
		}
		w.refused("BAD_USER_INPUT", "coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{{"criterionId": w.id("criterion aidAdult"), "meets": false}}}})
		w.must("coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{{"criterionId": w.id("criterion aidOther"), "meets": true}}}})
		w.must("coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{}}}) // leaves what a person decided
		if got := w.must("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}}); len(got.gates("decideEligibility")) != 0 {
			t.Errorf("decided by a person: %s", got.raw)
		}
	})
}
