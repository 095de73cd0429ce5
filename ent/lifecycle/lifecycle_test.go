package lifecycle_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
)

// check holds a machine against its value set and the table of the domain: for each status what may follow, in any
// order. A status that nothing is said of is terminal.
func check[S interface {
	~string
	Values() []string
}](t *testing.T, name string, m lifecycle.Machine[S], initial S, table string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		all := initial.Values()
		want := map[string][]string{}
		for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
			from, to, _ := strings.Cut(strings.TrimSpace(line), " to ")
			want[from] = strings.Fields(to)
		}
		for _, s := range append(slices.Collect(maps.Keys(want)), slices.Concat(slices.Collect(maps.Values(want))...)...) {
			if !slices.Contains(all, s) {
				t.Errorf("%s is no status", s)
			}
		}
		for _, from := range all {
			for _, to := range all {
				if got := m.Allows(S(from), S(to)); got != slices.Contains(want[from], to) {
					t.Errorf("%s to %s: %v", from, to, got)
				}
				if got := slices.Contains(m.From(S(to), all), S(from)); got != m.Allows(S(from), S(to)) {
					t.Errorf("%s leads to %s: %v", from, to, got)
				}
			}
			if m.Terminal(S(from)) != (len(want[from]) == 0) {
				t.Errorf("%s is terminal: %v", from, m.Terminal(S(from)))
			}
			for _, strange := range []S{"", "NONESUCH", S(strings.ToLower(from))} {
				if m.Allows(S(from), strange) || m.Allows(strange, S(from)) || !m.Terminal(strange) {
					t.Errorf("something is known of the status %q", strange)
				}
			}
		}
		// Everything can come about, and nothing is known that is no status.
		reached, open := map[S]bool{initial: true}, []S{initial}
		for len(open) > 0 {
			var next []S
			for _, s := range open {
				for _, to := range m[s] {
					if !reached[to] {
						reached[to] = true
						next = append(next, to)
					}
				}
			}
			open = next
		}
		for _, s := range all {
			if !reached[S(s)] {
				t.Errorf("nothing leads to %s", s)
			}
		}
		for s, to := range m {
			if !slices.Contains(all, string(s)) {
				t.Errorf("the machine knows %s", s)
			}
			if len(slices.Compact(slices.Sorted(slices.Values(to)))) != len(to) {
				t.Errorf("%s leads to the same status twice: %v", s, to)
			}
		}
	})
}

func TestMachines(t *testing.T) {
	check(t, "program", lifecycle.Program, code.ProgramStatusDraft, `
		DRAFT to ACTIVE CANCELLED
		ACTIVE to PAUSED CLOSED
		PAUSED to ACTIVE CLOSED
		CLOSED to ARCHIVED`)
	check(t, "enrollment", lifecycle.Enrollment, code.EnrollmentStatusReferred, `
		REFERRED to SCREENING CANCELLED
		SCREENING to ELIGIBLE INELIGIBLE WAITLISTED CANCELLED
		WAITLISTED to SCREENING ELIGIBLE CANCELLED
		ELIGIBLE to CONSENT_PENDING CANCELLED
		CONSENT_PENDING to READY DECLINED CANCELLED
		READY to ACTIVE CANCELLED
		ACTIVE to ON_HOLD COMPLETED WITHDRAWN DISCONTINUED
		ON_HOLD to ACTIVE COMPLETED WITHDRAWN DISCONTINUED`)
	check(t, "consent", lifecycle.Consent, code.ConsentStatusDraft, `
		DRAFT to PROPOSED ENTERED_IN_ERROR
		PROPOSED to ACTIVE REJECTED ENTERED_IN_ERROR
		ACTIVE to INACTIVE ENTERED_IN_ERROR
		REJECTED to ENTERED_IN_ERROR
		INACTIVE to ENTERED_IN_ERROR`)
	check(t, "form", lifecycle.Form, code.FormStatusDraft, `
		DRAFT to APPROVED RETIRED
		APPROVED to RETIRED`)
	check(t, "case", lifecycle.Case, code.CaseStatusNew, `
		NEW to ROUTED CANCELLED DUPLICATE
		ROUTED to ACCEPTED ROUTED CANCELLED DUPLICATE
		ACCEPTED to IN_PROGRESS ROUTED DUPLICATE
		IN_PROGRESS to PENDING_INFO RESOLVED ROUTED DUPLICATE
		PENDING_INFO to IN_PROGRESS DUPLICATE
		RESOLVED to CLOSED REOPENED DUPLICATE
		CLOSED to REOPENED DUPLICATE
		REOPENED to IN_PROGRESS DUPLICATE`)
	check(t, "response", lifecycle.Response, code.ResponseStatusDraft, `
		DRAFT to IN_REVIEW APPROVED
		IN_REVIEW to APPROVED DRAFT
		APPROVED to SENT
		SENT to ACKNOWLEDGED SUPERSEDED RECALLED`)
	check(t, "touchpoint", lifecycle.Touchpoint, code.TouchpointStatusPreparation, `
		PREPARATION to IN_PROGRESS STOPPED
		IN_PROGRESS to COMPLETED NOT_DONE`)
	check(t, "resource", lifecycle.Resource, code.ResourceStatusDraft, `
		DRAFT to IN_REVIEW
		IN_REVIEW to APPROVED DRAFT
		APPROVED to EXPIRED WITHDRAWN`)
	check(t, "subject", lifecycle.Subject, code.SubjectStatePotentialCandidate, `
		POTENTIAL_CANDIDATE to CANDIDATE WITHDRAWN
		CANDIDATE to SCREENING NOT_REGISTERED WITHDRAWN
		SCREENING to ELIGIBLE INELIGIBLE WITHDRAWN
		ELIGIBLE to PENDING_ON_STUDY WITHDRAWN
		PENDING_ON_STUDY to ON_STUDY WITHDRAWN
		ON_STUDY to ON_STUDY_INTERVENTION ON_STUDY_OBSERVATION WITHDRAWN
		ON_STUDY_INTERVENTION to FOLLOW_UP WITHDRAWN
		ON_STUDY_OBSERVATION to FOLLOW_UP WITHDRAWN
		FOLLOW_UP to OFF_STUDY WITHDRAWN`)
	check(t, "activity", lifecycle.Activity, code.ActivityStatusRequested, `
		REQUESTED to ACCEPTED ON_HOLD CANCELLED
		ACCEPTED to IN_PROGRESS ON_HOLD CANCELLED
		IN_PROGRESS to COMPLETED FAILED ON_HOLD CANCELLED
		ON_HOLD to REQUESTED IN_PROGRESS CANCELLED`)
	check(t, "verification", lifecycle.Verification, code.VerificationStatusDraft, `
		DRAFT to SUBMITTED CANCELLED
		SUBMITTED to IN_PROGRESS CANCELLED
		IN_PROGRESS to COMPLETE PARTIAL ERROR CANCELLED
		PARTIAL to SUBMITTED CANCELLED
		ERROR to SUBMITTED CANCELLED
		COMPLETE to EXPIRED`)
	check(t, "prior authorization", lifecycle.PriorAuthorization, code.PriorAuthorizationStatusDraft, `
		DRAFT to SUBMITTED CANCELLED
		SUBMITTED to APPROVED DENIED CANCELLED
		APPROVED to EXPIRED`)
	check(t, "portal access", lifecycle.PortalAccess, code.PortalAccessStatusInvited, `
		INVITED to IDENTITY_PENDING REVOKED EXPIRED
		IDENTITY_PENDING to ACTIVE REVOKED
		ACTIVE to SUSPENDED REVOKED
		SUSPENDED to ACTIVE REVOKED`)
}

func TestMayHold(t *testing.T) {
	held := 0
	for _, d := range code.DepartmentCode("").Values() {
		for _, k := range code.CaseKind("").Values() {
			for _, l := range code.LabelStatus("").Values() {
				department, kind, label := code.DepartmentCode(d), code.CaseKind(k), code.LabelStatus(l)
				want := true
				if k == "ADVERSE_EVENT" {
					want = d == "DRUG_SAFETY"
				}
				if k == "PRODUCT_COMPLAINT" {
					want = d == "QUALITY"
				}
				if d == "COMMERCIAL" && (l == "OFF_LABEL" || l == "INVESTIGATIONAL") {
					want = false
				}
				err := lifecycle.MayHold(department, kind, label)
				if (err == nil) != want {
					t.Errorf("%s, a case of kind %s, %s: %v", d, k, l, err)
				}
				if err == nil {
					held++
				} else if !strings.HasPrefix(err.Error(), d+" may not hold it: ") {
					t.Errorf("%v does not name the department", err)
				}
			}
		}
	}
	if held == 0 {
		t.Error("no department holds anything")
	}
}

func TestOffLabel(t *testing.T) {
	for label, want := range map[code.LabelStatus]bool{
		code.LabelStatusUnknown: false, code.LabelStatusOnLabel: false, code.LabelStatusOffLabel: true, code.LabelStatusInvestigational: true,
	} {
		if got := lifecycle.OffLabel(label); got != want {
			t.Errorf("%s: %v", label, got)
		}
	}
}

func TestShortcutApproval(t *testing.T) {
	for _, k := range code.ResponseKind("").Values() {
		for _, offLabel := range []bool{false, true} {
			want := k == "STANDARD_LETTER" && !offLabel
			if got := lifecycle.ShortcutApproval(code.ResponseKind(k), offLabel); got != want {
				t.Errorf("%s, off label %v: %v", k, offLabel, got)
			}
		}
	}
}
