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
	// CoverageRequired and CoverageVerified: whether the program demands a complete verification of benefits that
	// has not expired, and whether there is one.
	CoverageRequired, CoverageVerified bool
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
	if a.CoverageRequired && !a.CoverageVerified {
		out = append(out, Unmet{Gate: code.GateCodeCoverageNotVerified})
	}
	return out
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
