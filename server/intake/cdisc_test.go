package intake_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/trialsubject"
	"github.com/carehub/carehub/server/intake"
)

// datasetOf is a dataset of rows, each a list of NAME=value; a value that is not given is null.
func datasetOf(name string, all ...string) string {
	places, names := map[string]int{}, []map[string]string{}
	var rows [][]any
	for _, text := range all {
		var row []any
		for _, pair := range strings.Split(text, ", ") {
			column, value, _ := strings.Cut(pair, "=")
			if _, known := places[column]; !known {
				places[column] = len(places)
				names = append(names, map[string]string{"name": column, "dataType": "string"})
			}
			for len(row) <= places[column] {
				row = append(row, nil)
			}
			row[places[column]] = value
		}
		rows = append(rows, row)
	}
	for i := range rows {
		for len(rows[i]) < len(places) {
			rows[i] = append(rows[i], nil)
		}
	}
	columns, _ := json.Marshal(names)
	data, _ := json.Marshal(rows) // texts always marshal
	return fmt.Sprintf(`{"datasetJSONVersion":"1.1.0","name":%q,"columns":%s,"rows":%s}`, name, columns, data)
}

// participant is the enrollment of a subject with all that hangs on it.
func (f *fixture) participant(study, id string) *ent.Enrollment {
	f.Helper()
	row := f.Client.ExternalIdentifier.Query().Where(externalidentifier.Entity("enrollment"),
		externalidentifier.System("urn:carehub:cdisc-study:"+study), externalidentifier.Value(id)).OnlyX(f.ctx)
	return f.Client.Enrollment.Query().Where(enrollment.ID(row.EntityID)).
		WithPatient(func(q *ent.PatientQuery) { q.WithConsents() }).WithProgram().
		WithTrialSubject(func(q *ent.TrialSubjectQuery) { q.WithSite() }).OnlyX(f.ctx)
}

// history is the steps of a participant.
func (f *fixture) history(of *ent.TrialSubject) (out []string) {
	for _, c := range f.Client.StatusChange.Query().Where(statuschange.TrialSubjectID(of.ID)).
		Order(statuschange.ByAt(), statuschange.ByID()).AllX(f.ctx) {
		out = append(out, text(c.FromStatus)+" > "+c.ToStatus+" "+c.At.Format(time.DateOnly))
	}
	return out
}

// TestCDISC takes all datasets of the outside data in, in both orders and twice, on both engines.
func TestCDISC(t *testing.T) {
	folder := shared(t, "cdisc-pilot-trial")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		peak := watchHeap(t)
		f := newFixture(t, s)
		f.takeInto(intake.CDISC, filepath.Join(folder, "sdtm", "ds.json.gz"), filepath.Join(folder, "sdtm"), filepath.Join(folder, "adam"))
		f.counts("ADSL", 169)
		f.counts("DM", 12)
		f.counts("DS", 2*35)
		f.counts("TS", 12, 0, 0, 39)
		f.counts("TI", 31, 0, 0, 31)
		f.counts("ADAE", 0, 0, 0, 794) // defect 51: no ADAE is read
		f.counts("AE", 0, 0, 0, 59+1191)
		f.counts("EX", 0, 0, 0, 754)
		c := s.Client
		program := c.CareProgram.Query().WithTrial(func(q *ent.TrialDetailQuery) { q.WithSponsor() }).OnlyX(f.ctx)
		f.is("program", program.Name, "Safety and Efficacy of Zanomaline in Patients with Mild to Moderate Alzheimers Disease.")
		f.is("status", program.Status, code.ProgramStatusDraft)
		f.is("kind", program.Kind, code.ProgramKindClinicalTrial)
		f.is("a registry number that is none", program.RegistryID == nil, true)
		f.is("blinded", program.Edges.Trial.Blinded, true)
		f.is("phase", *program.Edges.Trial.Phase, code.StudyPhasePhase2)
		f.is("sponsor", program.Edges.Trial.Edges.Sponsor.Name, "SDTM Metadata Submission Guidelines Team")
		f.is("minimum age", text(program.QueryCriteria().Where(eligibilitycriterion.Seq(1)).OnlyX(f.ctx).Expression), "age >= 50.0")
		for status, n := range map[code.EnrollmentStatus]int{
			code.EnrollmentStatusCompleted: 74 + 1, code.EnrollmentStatusWithdrawn: 20 + 2,
			code.EnrollmentStatusDiscontinued: 169 - 74 - 20 + 8, code.EnrollmentStatusIneligible: 1,
		} {
			f.is(string(status), c.Enrollment.Query().Where(enrollment.StatusEQ(status), enrollment.EndedAtNotNil()).CountX(f.ctx), n)
		}
		f.is("patients", c.Patient.Query().Where(patient.Given(""), patient.Family(""), patient.MrnNotNil()).CountX(f.ctx), 181)
		f.is("no day of birth is made up", c.Patient.Query().Where(patient.BirthDateNotNil()).CountX(f.ctx), 0)
		f.is("women", c.Patient.Query().Where(patient.SexEQ(code.SexFemale)).CountX(f.ctx), 97+9)
		f.is("deceased", c.Patient.Query().Where(patient.DeceasedAtNotNil()).CountX(f.ctx), 2)
		f.is("sites", c.ProgramSite.Query().Where(programsite.NumberNotNil()).CountX(f.ctx), 17)
		f.is("arms", c.TrialSubject.Query().Where(trialsubject.ArmNotNil(), trialsubject.SiteIDNotNil()).CountX(f.ctx), 169+11)
		f.is("consents", c.Consent.Query().Where(consent.ScopeEQ(code.ConsentScopeTrialParticipation),
			consent.EvidenceKindEQ(code.EvidenceKindSourceRecord)).CountX(f.ctx), 181)
		f.is("revoked", c.Consent.Query().Where(consent.StatusEQ(code.ConsentStatusInactive), consent.RevokedAtNotNil()).CountX(f.ctx), 22)
		f.is("consents dated by the first visit", f.report.Remarks["the first visit, which begins with it by the trial's design, dates the informed consent"], 169)

		e := f.participant("CDISCPILOT01", "CDISC014")
		f.is("consented", e.ConsentedAt.Format(time.DateOnly), "2013-03-20")
		f.is("activated", e.ActivatedAt.Format(time.DateOnly), "2013-04-03")
		f.is("ended", e.EndedAt.Format(time.DateOnly)+" "+text(e.EndReason), "2013-05-02 ADVERSE EVENT")
		f.is("screening number", text(e.Edges.TrialSubject.ScreeningNumber), "1012")
		f.is("arm", text(e.Edges.TrialSubject.Arm), "Zanomaline High Dose (81 mg)")
		f.is("site", text(e.Edges.TrialSubject.Edges.Site.Number), "711")
		f.is("evidence", text(e.Edges.Patient.Edges.Consents[0].EvidenceRef), "CDISC CDISCPILOT01 DM CDISC014")
		want := []string{"(none) > SCREENING 2013-03-20", "SCREENING > ON_STUDY_INTERVENTION 2013-04-03", "ON_STUDY_INTERVENTION > FOLLOW_UP 2013-04-29", "FOLLOW_UP > OFF_STUDY 2013-05-02"}
		if diff := cmp.Diff(want, f.history(e.Edges.TrialSubject)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		failed := f.participant("CDISCPILOT01", "CDISC015")
		f.is("screen failure", failed.Status, code.EnrollmentStatusIneligible)
		f.is("its state", failed.Edges.TrialSubject.State, code.SubjectStateIneligible)

		before := allRows(t, s)
		f.takeInto(intake.CDISC, filepath.Join(folder, "adam"), filepath.Join(folder, "sdtm"))
		f.is("accepted the second time", f.report.Accepted, 0)
		f.counts("ADSL", 0, 169)
		f.counts("DS", 0, 35)
		f.is("exit code", f.report.ExitCode(), 0)
		after := allRows(t, s)
		delete(before, "import_runs")
		delete(after, "import_runs")
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the second run changed something:\n%s", diff)
		}
		const limit = 200 << 20
		if top := peak(); top > limit {
			t.Errorf("the heap grew to %d MiB", top>>20)
		}
	})
}

// TestCDISCRules are the rules of subjects, in small datasets.
func TestCDISCRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		take := func(datasets ...string) { f.Helper(); f.takeWith(intake.CDISC, datasets...) }
		const design = "STUDYID=S1, VISITNUM=1, TVSTRL=Informed Consent Obtained"
		analysed := datasetOf("ADSL", "STUDYID=S1, USUBJID=1, SUBJID=01, SITEID=9, SEX=M, VISIT1DT=2013-01-01, TRTSDT=2013-01-08, EOSSTT=COMPLETED, EOSDT=2013-03-01")
		// Without the design nothing says that the first visit begins with the consent.
		take(analysed)
		f.counts("ADSL", 0, 0, 1)
		f.found("ADSL/1", "ADSL.RFICDTC", "no dated informed consent")
		f.is("programs", s.Client.CareProgram.Query().CountX(f.ctx), 0)
		f.is("exit code", f.report.ExitCode(), 2)
		// One patient in both models, whichever comes first; what is null or "" in one is taken of the other.
		take(analysed, datasetOf("DM", "STUDYID=S1, USUBJID=1, SEX=, BRTHDTC=1928, COUNTRY=USA, RFSTDTC=2013-01-08", "STUDYID=S1, USUBJID=2, BRTHDTC=1928-05-06, RFICDTC=2013-01-02, SEX=F, ARMNRS=SCREEN FAILURE, RFPENDTC=2013-01-02"),
			datasetOf("TV", design))
		f.counts("DM", 2)
		f.counts("ADSL", 0, 1)
		both := f.participant("S1", "1")
		f.is("sex", both.Edges.Patient.Sex, code.SexMale)
		f.is("country", text(both.Edges.Patient.AddressCountry), "USA")
		f.is("year of birth", both.Edges.Patient.BirthDate == nil, true)
		f.is("day of birth", *f.participant("S1", "2").Edges.Patient.BirthDate, code.Date("1928-05-06"))
		f.is("program", both.Edges.Program.Name, "S1")
		// Nobody is enrolled in a draft; when a coordinator has completed it, and when there is an end.
		open := datasetOf("DM", "STUDYID=S1, USUBJID=3, RFICDTC=2013-01-02, RFXSTDTC=2013-01-09, SITEID=9")
		take(open)
		f.counts("DM", 0, 0, 1)
		f.found("DM/3", "DM", "the program is not active")
		f.opens(s.Client.CareProgram.Query().Where(careprogram.Name("S1")).OnlyX(f.ctx))
		take(open)
		f.counts("DM", 1)
		f.is("active", f.participant("S1", "3").Status, code.EnrollmentStatusActive)
		withdrawn := datasetOf("DS", "STUDYID=S1, USUBJID=3, DSCAT=DISPOSITION EVENT, DSDECOD=WITHDRAWAL BY SUBJECT, DSSTDTC=2013-02-01",
			"STUDYID=S1, USUBJID=4, DSCAT=DISPOSITION EVENT, DSDECOD=COMPLETED, DSSTDTC=2013-02-01", "STUDYID=S1, USUBJID=3, DSCAT=OTHER EVENT, DSDECOD=UNBLINDED, DSSTDTC=2013-02-01",
			"STUDYID=S1, USUBJID=3, DSCAT=PROTOCOL MILESTONE, DSDECOD=RANDOMIZED, DSSTDTC=02/2013")
		take(withdrawn, open)
		f.counts("DM", 1)
		f.counts("DS", 1, 0, 2, 1)
		f.found("DS/4", "DS.USUBJID", "names no subject")
		gone := f.participant("S1", "3")
		f.is("status", gone.Status, code.EnrollmentStatusWithdrawn)
		f.is("consent", gone.Edges.Patient.Edges.Consents[0].Status, code.ConsentStatusInactive)
		want := []string{"(none) > SCREENING 2013-01-02", "SCREENING > ON_STUDY_INTERVENTION 2013-01-09", "ON_STUDY_INTERVENTION > WITHDRAWN 2013-02-01"}
		if diff := cmp.Diff(want, f.history(gone.Edges.TrialSubject)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		take(open, withdrawn)
		f.counts("DM", 0, 1)
		// A trial of the registry is joined by its number.
		f.takeStudies(v2("NCT00000777"))
		take(datasetOf("TS", "STUDYID=S2, TSPARMCD=REGID, TSVAL=NCT00000777", "STUDYID=S2, TSPARMCD=TITLE, TSVAL=Another title", "TSPARMCD=TITLE"),
			datasetOf("DM", "STUDYID=S2, USUBJID=1, RFICDTC=2013-01-02, ARMNRS=SCREEN FAILURE, RFPENDTC=2013-01-05, DTHFL=Y", "STUDYID=S2", "STUDYID=S2, USUBJID=2, RFICDTC=never"))
		f.counts("TS", 0, 2, 1)
		f.counts("DM", 1, 0, 2)
		joined := f.participant("S2", "1")
		f.is("joined", text(joined.Edges.Program.RegistryID)+" "+joined.Edges.Program.Name, "NCT00000777 A trial")
		f.is("another patient", joined.PatientID != both.PatientID, true)
		f.is("dead", joined.Edges.Patient.DeceasedAt != nil, true)
		take("", `{"name":"DM"}`, `<xml/>`)
		f.counts("File", 0, 0, 2, 1)
	})
}
