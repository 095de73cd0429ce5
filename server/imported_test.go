package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/auth"
)

// TestImportedPatient tells the same story of a patient who was taken in from outside, while the server runs: staff
// are made by a file, the physician's licence is looked up late, and in the end somebody is shut out.
func TestImportedPatient(t *testing.T) {
	bundles := some(t, outside(t, "synthea-fhir-r4-2019"), "Gustavo_*", "Desmond_*", "Bill_*")
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		take := func(kind string, paths ...string) string {
			t.Helper()
			return command(t, 0, append([]string{"import", kind, "--database", database}, paths...)...)
		}
		if out := take("fhir", bundles...); !counts(out, "Patient", "3", "0", "0", "0") {
			t.Fatalf("the import counts:\n%s", out)
		}
		found := findDesmond(t, database)
		staff := filepath.Join(t.TempDir(), "staff.yaml")
		employ := func(verified, status string) {
			t.Helper()
			yaml := fmt.Sprintf(people, auth.DemoIssuer, found.provider, found.program, verified, status)
			if err := os.WriteFile(staff, []byte(yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			if out := take("staff", staff); !strings.Contains(out, "0         0 in all") {
				t.Fatalf("the import of staff refuses something:\n%s", out)
			}
		}
		employ("", "ACTIVE")
		physician, lee, kim := p.user(t, "doctor", "PROVIDER_PORTAL"), p.user(t, "lee", "STAFF_CONSOLE"), p.user(t, "kim", "STAFF_CONSOLE")

		queue := lee.listens(casesEntering)
		treated := physician.asks(`{ myPatients { nodes { id name } } }`, nil).is("myPatients.nodes.0.name", "Desmond Gutmann")
		id, number := physician.submits(object{"patientId": treated.at("myPatients.nodes.0.id")})
		if heard := queue.hearsOf(number, "CREATED").Item.Case; heard.Patient == nil || heard.Patient.Pseudonym == "" || heard.Patient.Name != nil {
			t.Errorf("the liaison hears of patient %+v", heard.Patient)
		}
		known := func(by *user, name any) {
			t.Helper()
			by.asks("query ($id: ID!) { case(id: $id) { patient { name } } }", object{"id": id}).is("case.patient.name", name)
		}
		known(lee, nil)
		recorded := kim.does("recordConsent", object{
			"patientId": treated.at("myPatients.nodes.0.id"), "scope": "MEDICAL_AFFAIRS", "capturedVia": "PHONE", "evidence": object{"recordingId": "REC-1"},
		}, "consent { id }")
		known(lee, "Desmond Gutmann")
		kim.does("revokeConsent", object{"consentId": recorded.at("payload.consent.id"), "reason": "told on the phone"}, "consent { status }")
		known(lee, nil)
		known(kim, "Desmond Gutmann")
		p.demoUser(t, "coordinator").tries("query ($id: ID!) { case(id: $id) { status } }", object{"id": id}).refused("NOT_FOUND")
		p.demoUser(t, "provider").tries("query ($id: ID!) { patient(id: $id) { name } }", object{"id": treated.at("myPatients.nodes.0.id")}).refused("NOT_FOUND")

		question := lee.does("acceptCase", object{"caseId": id}, "case { inquiry { questions { nodes { id } } } }").at("payload.case.inquiry.questions.nodes.0.id")
		lee.does("classifyQuestion", object{"questionId": question, "labelStatus": "ON_LABEL"}, "department").is("payload.department", "MEDICAL_AFFAIRS")
		letter := lee.asks(`{ knowledgeResources(filter: {title: "dosing of Avelurix"}) { nodes { id } } }`, nil).at("knowledgeResources.nodes.0.id")
		drafted := lee.does("draftInquiryResponse", object{"caseId": id, "kind": "STANDARD_LETTER", "body": body, "resourceIds": []any{letter}}, "response { id }")
		response := object{"responseId": drafted.at("payload.response.id")}
		lee.does("approveInquiryResponse", response, "response { status } unmet { code }").is("payload.response.status", "APPROVED")
		const sent = "response { status } case { status } unmet { code }"
		lee.does("sendInquiryResponse", response, sent).is("payload.response", nil).is("payload.unmet.0.code", "PROVIDER_NOT_VERIFIED")
		employ("verified: state board 2025-06-01", "ACTIVE")
		lee.does("sendInquiryResponse", response, sent).is("payload.response.status", "SENT").is("payload.case.status", "RESOLVED")
		physician.does("acknowledgeResponse", response, "case { status }").is("payload.case.status", "CLOSED")

		testImportedEnrollment(t, kim, physician, lee, treated.text("myPatients.nodes.0.id"))
		testImportedCoverage(t, kim, physician, lee, treated.text("myPatients.nodes.0.id"))

		known(kim, "Desmond Gutmann")
		socket := kim.opens()
		employ("verified: state board 2025-06-01", "DISABLED")
		if _, _, err := socket.Read(t.Context()); websocket.CloseStatus(err) != 4403 {
			t.Errorf("the socket of somebody who was shut out ends with %v", err)
		}
		if status, _, text := send(t, "POST", p.url+"/graphql", `{"query": "{ me { name } }"}`,
			"Content-Type", "application/json", "Authorization", "Bearer "+kim.token); status != 403 {
			t.Errorf("somebody who was shut out gets %d %s", status, text)
		}
		known(lee, nil)
		p.stop()
		command(t, 0, "audit", "verify", "--database", database)
		for _, name := range []string{"Gutmann", "Desmond", "Canary"} {
			if said := p.log.String(); strings.Contains(said, name) {
				t.Errorf("the log repeats %q:\n%s", name, said)
			}
		}
	})
}

// testImportedEnrollment: what was taken in goes on here. The coordinator holds the imported enrollment, resumes and
// completes it, and enrolls the patient anew; the physician sees it, and the liaison sees a pseudonym's.
func testImportedEnrollment(t *testing.T, kim, physician, lee *user, patient string) {
	heard := physician.listens(enrollmentsMoving)
	listed := kim.asks(`{ enrollmentWorklist(filter: {status: [ACTIVE]}, first: 100) { nodes { id source patient { id name } program { id } } } }`, nil)
	var id, program string
	for _, node := range listed.at("enrollmentWorklist.nodes").([]any) {
		if e := node.(object); e["patient"].(object)["id"] == patient {
			id, program = e["id"].(string), e["program"].(object)["id"].(string)
			if e["source"] != "IMPORT" {
				t.Errorf("the imported enrollment is %v", e)
			}
		}
	}
	if id == "" {
		t.Fatalf("no imported enrollment is active: %s", listed.body)
	}
	of := object{"enrollmentId": id}
	kim.does("enrollPatient", object{"programId": program, "patientId": patient}, standing).is("payload.unmet.0.code", "ALREADY_ENROLLED")
	kim.does("putOnHold", object{"enrollmentId": id, "reason": "in hospital"}, "enrollment { status }").is("payload.enrollment.status", "ON_HOLD")
	kim.does("resumeEnrollment", of, standing).is("payload.enrollment.status", "ACTIVE")
	kim.does("completeEnrollment", of, "enrollment { status }").is("payload.enrollment.status", "COMPLETED")
	heard.hearsWay(id, "ON_HOLD", "ACTIVE", "COMPLETED")
	again := kim.does("enrollPatient", object{"programId": program, "patientId": patient}, standing).is("payload.enrollment.status", "REFERRED")
	of["enrollmentId"] = again.at("payload.enrollment.id")
	kim.does("decideEligibility", object{"enrollmentId": of["enrollmentId"], "decision": "ELIGIBLE"}, standing).is("payload.enrollment.status", "READY")
	kim.does("activateEnrollment", of, standing).is("payload.enrollment.status", "ACTIVE")
	heard.hearsWay(again.text("payload.enrollment.id"), "REFERRED", "SCREENING", "ELIGIBLE", "CONSENT_PENDING", "READY", "ACTIVE")
	physician.asks("query ($id: ID!) { enrollment(id: $id) { status patient { name } } }", object{"id": of["enrollmentId"]}).
		is("enrollment.status", "ACTIVE").is("enrollment.patient.name", "Desmond Gutmann")
	lee.asks("query ($id: ID!) { patient(id: $id) { name enrollments(first: 1) { nodes { status } } } }", object{"id": patient}).
		is("patient.enrollments.nodes.0.status", "ACTIVE").is("patient.name", nil)
}

// testImportedCoverage: the coordinator completes what was taken in of the insurance, asks the payer, and records what
// it says; the physician sees that, and the liaison nothing.
func testImportedCoverage(t *testing.T, kim, physician, lee *user, patient string) {
	known := kim.asks("query ($id: ID!) { patient(id: $id) { birthDate coverages(first: 1) { nodes { id memberId periodEnd } } } }", object{"id": patient}).
		is("patient.coverages.nodes.0.memberId", nil)
	of := object{"coverageId": known.at("patient.coverages.nodes.0.id")}
	const asked = "verification { id status } unmet { code scope }"
	unmet := fmt.Sprint(kim.does("submitBenefitVerification", of, asked).at("payload.unmet"))
	for _, gate := range []string{"CONSENT_MISSING", "COVERAGE_NOT_ACTIVE", "MEMBER_DATA_MISSING"} {
		if !strings.Contains(unmet, gate) {
			t.Errorf("without %s it waits for %s", gate, unmet)
		}
	}
	kim.does("updateCoverage", object{
		"coverageId": of["coverageId"], "memberId": "CanaryNumber", "subscriberBirthDate": known.at("patient.birthDate"), "periodEnd": "2099-12-31",
	}, "coverage { periodEnd }").is("payload.coverage.periodEnd", "2099-12-31")
	kim.does("recordConsent", object{"patientId": patient, "scope": "INSURANCE_VERIFICATION", "capturedVia": "PHONE", "evidence": object{"recordingId": "REC-2"}}, "consent { id }")
	id := kim.does("submitBenefitVerification", of, asked).is("payload.verification.status", "SUBMITTED").at("payload.verification.id")
	heard := physician.listens(verificationsMoving)
	kim.does("recordVerificationResult", object{
		"verificationId": id, "outcome": "COMPLETE", "result": "PRIOR_AUTHORIZATION_REQUIRED", "validUntil": "2099-12-31T00:00:00Z",
		"benefits": []object{{"inNetwork": true, "currency": "USD", "copay": "12.50"}},
	}, "verification { status benefits { nodes { copay } } }").is("payload.verification.benefits.nodes.0.copay", "12.50")
	heard.hearsWay(fmt.Sprint(id), "IN_PROGRESS", "COMPLETE")
	physician.asks("query ($id: ID!) { benefitVerification(id: $id) { result priorAuthorizationRequired } }", object{"id": id}).is("benefitVerification.priorAuthorizationRequired", true)
	lee.tries("query ($id: ID!) { benefitVerification(id: $id) { result } }", object{"id": id}).refused("GRAPHQL_VALIDATION_FAILED")
}

// people is the staff file: a physician, a liaison for the territory, and a coordinator in the program's team.
const people = `identities:
  - persona: PROVIDER
    issuer: %[1]s
    subject: doctor
    name: The Physician
    account: {identifier: "%[2]s"}
    portals: [PROVIDER_PORTAL]
    %[4]s
  - persona: LIAISON
    issuer: %[1]s
    subject: lee
    name: Lee Stone
    memberships:
      - {department: MEDICAL_AFFAIRS, role: MEMBER, territory: NORTHEAST}
    clients:
      - territory: NORTHEAST
  - persona: COORDINATOR
    issuer: %[1]s
    subject: kim
    name: Kim Doe
    status: %[5]s
    programs:
      - {identifier: "%[3]s", role: COORDINATOR}
`

// desmond is what an operator knows of an imported patient: the physician's identifier and the program's.
type desmond struct{ provider, program string }

func findDesmond(t *testing.T, database string) desmond {
	t.Helper()
	ctx := viewer.System(t.Context(), "test")
	s, err := store.Open(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	who := s.Client.Patient.Query().Where(patient.Given("Desmond"), patient.Family("Gutmann")).OnlyX(ctx)
	identifier := func(entity string, id uuid.UUID) string {
		row := s.Client.ExternalIdentifier.Query().
			Where(externalidentifier.Entity(entity), externalidentifier.EntityID(id)).FirstX(ctx)
		return row.System + "|" + row.Value
	}
	return desmond{
		identifier("provider", s.Client.CareRelationship.Query().Where(carerelationship.PatientID(who.ID)).FirstX(ctx).ProviderID),
		identifier("program", s.Client.Enrollment.Query().Where(enrollment.PatientID(who.ID)).FirstX(ctx).ProgramID),
	}
}
