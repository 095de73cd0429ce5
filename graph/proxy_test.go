package graph_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/proxygrant"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/fault"
)

// The operations of proxies.
const (
	grantTo     = `mutation($input: GrantProxyInput!) { grantProxy(input: $input) { proxy { id scope proxyName patient { id } } invitationCode } }`
	endGrant    = `mutation($id: ID!) { endProxy(input: {proxyId: $id, reason: "of age now"}) { proxy { endedAt endReason } } }`
	standing    = `{ proxyFor { nodes { relationship patient { id } } } myProxies { totalCount } }`
	whole       = `query($id: ID!) { patient(id: $id) { given enrollments { totalCount } consents { totalCount } coverages { totalCount } proxies { totalCount } } }`
	requestFor  = `mutation($program: ID!, $patient: ID) { requestEnrollment(input: {programId: $program, patientId: $patient}) { enrollment { id status } unmet { code } } }`
	signFor     = `mutation($form: ID!, $patient: ID) { signConsent(input: {scope: MARKETING, formId: $form, decision: PERMIT, signerName: "A parent", patientId: $patient}) { consent { id status signerRole } unmet { code } } }`
	withdrawFor = `mutation($id: ID!) { withdrawConsent(input: {consentId: $id}) { consent { status } } }`
)

// stands grants patient2, who is bob, to stand for ann.
func (w *world) stands(scope code.ProxyScope, as code.ProxyRelationship) string {
	w.t.Helper()
	w.keep(string(scope))(w.client.ProxyGrant.Create().SetPatientID(w.row("patient ann")).SetIdentityID(w.row("user patient2")).
		SetRelationship(as).SetScope(scope).SetStartedAt(day(-1)).SetExpiresAt(day(10)).Save(w.system()))
	return w.id("proxy " + string(scope))
}

// says is an answer of a patient's to the program aid.
func (w *world) says(of string) vars {
	return vars{"input": vars{"enrollmentId": of, "answers": []vars{{"criterionId": w.id("criterion aidOther"), "value": "nothing"}}}}
}

// A proxy sees what the patient sees, while the grant lasts, and with a grant to read changes nothing: not by any
// mutation that there is.
func TestProxyReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		ann := vars{"id": w.id("patient ann")}
		own := w.must("patient", whole, ann)
		if a := w.do("patient2", whole, ann); a.code() != "NOT_FOUND" {
			t.Errorf("a stranger: %s", a.raw)
		}
		grant := w.stands("READ", "PARENT")
		if a := w.must("patient2", whole, ann); a.text("patient.given") != own.text("patient.given") ||
			a.at("patient.consents.totalCount") != own.at("patient.consents.totalCount") || a.at("patient.coverages.totalCount") != own.at("patient.coverages.totalCount") {
			t.Errorf("the proxy sees %s, the patient %s", a.raw, own.raw)
		}
		if a := w.must("patient2", standing, nil); a.text("proxyFor.nodes.0.patient.id") != w.id("patient ann") || a.at("myProxies.totalCount") != 0.0 {
			t.Errorf("stands: %s", a.raw)
		}
		if a := w.must("patient", standing, nil); a.at("myProxies.totalCount") != 1.0 {
			t.Errorf("is stood for: %s", a.raw)
		}

		enrolled := w.must("patient", request, vars{"id": w.id("program aid")}).text("requestEnrollment.enrollment.id")
		consented := w.must("patient", signFor, vars{"form": w.id("form approved")}).text("signConsent.consent.id")
		attempts := map[string]func() answer{
			"requestEnrollment": func() answer {
				w.must("patient", withdraw, vars{"id": enrolled})
				a := w.refused("FORBIDDEN", "patient2", requestFor, vars{"program": w.id("program aid"), "patient": w.id("patient ann")})
				enrolled = w.must("patient", request, vars{"id": w.id("program aid")}).text("requestEnrollment.enrollment.id")
				return a
			},
			"answerPrescreener":  func() answer { return w.refused("FORBIDDEN", "patient2", prescreen, w.says(enrolled)) },
			"withdrawEnrollment": func() answer { return w.refused("FORBIDDEN", "patient2", withdraw, vars{"id": enrolled}) },
			"signConsent": func() answer {
				return w.refused("FORBIDDEN", "patient2", signFor, vars{"form": w.id("form approved"), "patient": w.id("patient ann")})
			},
			"withdrawConsent": func() answer { return w.refused("FORBIDDEN", "patient2", withdrawFor, vars{"id": consented}) },
		}
		var all []string
		for _, f := range w.api.Views[viewer.Patient].Schema.Mutation.Fields {
			if f.Name != "createDocumentLink" { // changes nothing: a link is a way to read
				all = append(all, f.Name)
			}
		}
		if slices.Sort(all); !slices.Equal(all, slices.Sorted(maps.Keys(attempts))) {
			t.Fatalf("patients change by %v: all of it is tried by who may only read", all)
		}
		for _, name := range all {
			attempts[name]()
		}
		w.must("patient2", signFor, vars{"form": w.id("form approved")}) // for oneself, still

		// The proxy reads what the patient reads, documents too: a link is a way to read. To send one is not.
		stored, err := w.upload("coordinator", "ann", fax, nil)
		w.ok(err)
		if _, err := w.upload("patient2", "ann", fax, nil); err == nil || fault.Classify(err).Code != fault.Forbidden {
			t.Errorf("who may only read stores: %v", err)
		}
		id := vars{"id": stored.GlobalID().String()}
		token := strings.TrimPrefix(w.must("patient2", linked, id).text("createDocumentLink.path"), graph.DocumentPath)
		if _, content, err := w.api.OpenDocument(t.Context(), token); err != nil || !bytes.Equal(content, fax) {
			t.Errorf("the proxy loads: %v", err)
		}
		w.later(10*24*time.Hour - time.Minute)
		token = strings.TrimPrefix(w.must("patient2", linked, id).text("createDocumentLink.path"), graph.DocumentPath)

		w.later(time.Minute) // the grant ends before the link does
		if _, _, err := w.api.OpenDocument(t.Context(), token); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("the proxy loads after the end: %v", err)
		}
		w.refused("NOT_FOUND", "patient2", linked, id)
		w.later(24 * time.Hour)
		if a := w.do("patient2", whole, ann); a.code() != "NOT_FOUND" {
			t.Errorf("after the end: %s", a.raw)
		}
		w.due()
		row, err := w.client.ProxyGrant.Query().Where(proxygrant.ID(w.row("proxy READ"))).Only(w.system())
		if err != nil || row.EndedAt == nil {
			t.Errorf("the grant %s has not ended: %v", grant, err)
		}
	})
}

// A proxy with a grant to manage does what the patient does, and signs as who the proxy is.
func TestProxyManages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		w.stands("MANAGE", "PARENT")
		made := w.must("patient2", requestFor, vars{"program": w.id("program aid"), "patient": w.id("patient ann")})
		id := made.text("requestEnrollment.enrollment.id")
		w.must("patient2", prescreen, w.says(id))
		signed := w.must("patient2", signFor, vars{"form": w.id("form approved"), "patient": w.id("patient ann")})
		if signed.text("signConsent.consent.signerRole") != "GUARDIAN" {
			t.Errorf("signed: %s", signed.raw)
		}
		w.must("patient2", withdrawFor, vars{"id": signed.text("signConsent.consent.id")})
		w.must("patient2", withdraw, vars{"id": id})
		w.refused("NOT_FOUND", "patient2", requestFor, vars{"program": w.id("program aid"), "patient": w.id("patient cal")})
	})
}

// A coordinator lets somebody new stand for a patient, who comes by the invitation; the end of the grant is heard.
func TestGrantProxy(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		input := func(change vars) vars {
			in := vars{"patientId": w.id("patient ann"), "newProxy": vars{"name": "A parent"}, "relationship": "PARENT", "scope": "MANAGE", "expiresAt": day(30).Format(time.RFC3339)}
			maps.Copy(in, change)
			return vars{"input": in}
		}
		w.refused("NOT_FOUND", "coordinator2", grantTo, input(nil))
		w.refused("BAD_USER_INPUT", "coordinator", grantTo, input(vars{"expiresAt": day(-1).Format(time.RFC3339)}))
		w.refused("BAD_USER_INPUT", "coordinator", grantTo, input(vars{"proxyPatientId": w.id("patient cal")}))
		w.refused("GRAPHQL_VALIDATION_FAILED", "admin", grantTo, input(nil))
		made := w.must("coordinator", grantTo, input(nil))
		id, text := made.text("grantProxy.proxy.id"), made.text("grantProxy.invitationCode")
		w.ok(w.accepts("parent", "PATIENT_PORTAL", text))
		found, err := w.client.ProxyGrant.Query().Where(proxygrant.PatientID(w.row("patient ann")), proxygrant.EndedAtIsNil()).QueryIdentity().QueryAccount().QueryPortalAccesses().Only(w.system())
		w.ok(err)
		w.must("coordinator", verify, vars{"id": found.GlobalID().String(), "level": "IAL2"})
		if a := w.must("parent", `{ me { name patient { id } } proxyFor { nodes { patient { given } } } }`, nil); a.text("me.name") != "A parent" || a.text("proxyFor.nodes.0.patient.given") == "" {
			t.Errorf("the parent: %s", a.raw)
		}
		twice := w.must("coordinator", grantTo, vars{"input": vars{
			"patientId": w.id("patient cal"), "earlierProxyId": id, "relationship": "GUARDIAN", "scope": "READ", "expiresAt": day(30).Format(time.RFC3339),
		}})
		if twice.at("grantProxy.invitationCode") != nil {
			t.Errorf("invited twice: %s", twice.raw)
		}
		w.refused("INVALID_TRANSITION", "coordinator", grantTo, vars{"input": vars{
			"patientId": w.id("patient ann"), "earlierProxyId": id, "relationship": "PARENT", "scope": "READ", "expiresAt": day(30).Format(time.RFC3339),
		}})
		next := w.follow("parent", `subscription { consentChanged { __typename } }`, nil)
		next(time.Second) // the checkpoint
		w.must("coordinator", endGrant, vars{"id": id})
		if a := next(time.Second); a == nil || a.text("consentChanged.__typename") != "StreamReset" {
			t.Errorf("the parent hears %+v", a)
		}
		w.refused("INVALID_TRANSITION", "coordinator", endGrant, vars{"id": id})
		if a := w.must("parent", `{ proxyFor { totalCount } }`, nil); a.at("proxyFor.totalCount") != 1.0 {
			t.Errorf("afterwards: %s", a.raw)
		}
		if a := w.do("parent", whole, vars{"id": w.id("patient ann")}); a.code() != "NOT_FOUND" {
			t.Errorf("afterwards: %s", a.raw)
		}
	})
}
