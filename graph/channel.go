package graph

import (
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/contactpoint"
	"github.com/carehub/carehub/ent/gate"
)

// permitted returns the consent by which something may be sent to the patient over the channel now; nil for a channel that
// needs none. Without such a consent the gate is not met: revoked, run out, denied and never given are alike, but that a
// reply over the channel by which the patient asked waits for no consent unless one was refused or ended. Nor is the gate
// met when the patient has taken every contact point of the channel out of use. Whoever ends the consent at the same time
// waits until what is sent has been sent, or it is not sent.
func (c *change) permitted(patient uuid.UUID, channel code.Channel, reply bool, lacking *gates) (*uuid.UUID, error) {
	scope, needed := gate.ScopeOf(channel)
	if !needed {
		return nil, nil //nolint:nilnil // nothing is needed
	}
	if err := gate.Lock(c, c.tx.Client(), patient); err != nil {
		return nil, err
	}
	open, err := gate.Reachable(c, c.tx.Client(), patient, channel)
	if err != nil {
		return nil, err
	}
	relied, err := gate.Permitting(c, c.tx.Client(), patient, scope)
	if open && err == nil {
		return &relied.ID, nil
	}
	if ent.MaskNotFound(err) != nil {
		return nil, err
	}
	if open && reply {
		refused, err := gate.Refused(c, c.tx.Client(), patient, scope)
		if err != nil || !refused {
			return nil, err
		}
	}
	lacking.unmet(code.GateCodeChannelClosed, gateMessages[code.GateCodeChannelClosed])
	lacking.list[len(lacking.list)-1].Scope = &scope
	return nil, nil //nolint:nilnil // the gate says it
}

// channelSettled records the contact points that a step of a consent to their channel has opened or closed.
func (c *change) channelSettled(now *ent.Consent) error {
	channel, is := gate.ChannelOf(now.Scope)
	if !is {
		return nil
	}
	points, err := c.tx.ContactPoint.Query().Where(
		contactpoint.AccountID(now.PatientID), contactpoint.ChannelEQ(channel), contactpoint.UpdatedAtGTE(now.UpdatedAt),
	).Order(contactpoint.ByID()).IDs(c.system)
	if err == nil && len(points) > 0 {
		c.record(code.AuditActionUpdate, ent.TypeContactPoint, &now.PatientID, points...)
	}
	return err
}
