package lifecycle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/carehub/carehub/ent/code"
)

// Unmet is a gate that a step waits for, with the consent scope that it is about, if it is about one.
type Unmet struct {
	Gate  code.GateCode
	Scope code.ConsentScope
}

// Activation is what decides whether an enrollment may be active, at one instant.
type Activation struct {
	Program     code.ProgramStatus
	Eligibility code.EligibilityDecision
	// Required are the scopes that the program demands, InForce those that the patient permits now.
	Required, InForce []code.ConsentScope
	// CoverageRequired is whether the program demands that a payer was found to pay, Verified what the complete
	// verifications of benefits say that have not expired; nil where one says nothing.
	CoverageRequired bool
	Verified         []*code.VerificationResult
}

// Unmet lists the gates that are not met, in the order in which people meet them.
func (a Activation) Unmet() []Unmet {
	var out []Unmet
	if a.Program != code.ProgramStatusActive {
		out = append(out, Unmet{Gate: code.GateCodeProgramNotActive})
	}
	if a.Eligibility != code.EligibilityDecisionEligible {
		out = append(out, Unmet{Gate: code.GateCodeNotEligible})
	}
	for _, scope := range a.MissingConsents() {
		out = append(out, Unmet{Gate: code.GateCodeConsentMissing, Scope: scope})
	}
	if a.CoverageRequired {
		if gate, unmet := a.uncovered(); unmet {
			out = append(out, Unmet{Gate: gate})
		}
	}
	return out
}

// uncovered is the gate of coverage, where it is not met. Every result but NOT_COVERED meets it: leave of the payer that
// is still to be had, and help with what the payer does not say, are what programs are for.
func (a Activation) uncovered() (code.GateCode, bool) {
	if len(a.Verified) == 0 {
		return code.GateCodeCoverageNotVerified, true
	}
	for _, result := range a.Verified {
		if result == nil || *result != code.VerificationResultNotCovered {
			return "", false
		}
	}
	return code.GateCodeNotCovered, true
}

// MissingConsents lists the demanded scopes that are not in force.
func (a Activation) MissingConsents() []code.ConsentScope {
	var out []code.ConsentScope
	for _, scope := range a.Required {
		if !slices.Contains(a.InForce, scope) {
			out = append(out, scope)
		}
	}
	return out
}

// UnmetError refuses a step because of gates that are not met.
type UnmetError struct{ Gates []Unmet }

// Error implements error.
func (e *UnmetError) Error() string {
	names := make([]string, len(e.Gates))
	for i, g := range e.Gates {
		names[i] = strings.TrimSpace(fmt.Sprintf("%s %s", g.Gate, g.Scope))
	}
	return "gates are not met: " + strings.Join(names, ", ")
}
