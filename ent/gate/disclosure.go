package gate

import (
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// Authorizes reports whether the consent permitted disclosures at the time. One that has ended since still did so before.
func Authorizes(c *ent.Consent, at time.Time) bool {
	return c.Scope == code.ConsentScopeHipaaAuthorization && c.Decision == code.ConsentDecisionPermit &&
		(c.Status == code.ConsentStatusActive || c.Status == code.ConsentStatusInactive) &&
		!at.Before(c.EffectiveFrom) && (c.ExpiresAt == nil || at.Before(*c.ExpiresAt)) && (c.RevokedAt == nil || at.Before(*c.RevokedAt))
}
