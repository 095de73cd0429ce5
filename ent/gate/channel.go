package gate

import (
	"context"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/contactpoint"
	"github.com/carehub/carehub/ent/viewer"
)

// channels are the channels over which nothing is sent to a patient without the consent of the scope.
var channels = map[code.ConsentScope]code.Channel{
	code.ConsentScopeChannelPhone:  code.ChannelPhone,
	code.ConsentScopeChannelEmail:  code.ChannelEmail,
	code.ConsentScopeChannelSms:    code.ChannelSms,
	code.ConsentScopeChannelFax:    code.ChannelFax,
	code.ConsentScopeChannelLetter: code.ChannelLetter,
	code.ConsentScopeChannelPortal: code.ChannelPortal,
	code.ConsentScopeChannelApp:    code.ChannelApp,
}

// ChannelOf returns the channel that consents of the scope permit; false where they permit none.
func ChannelOf(scope code.ConsentScope) (code.Channel, bool) {
	channel, is := channels[scope]
	return channel, is
}

// ScopeOf returns the scope of the consent that it takes to use the channel; false where it takes none.
func ScopeOf(channel code.Channel) (code.ConsentScope, bool) {
	for scope, of := range channels {
		if of == channel {
			return scope, true
		}
	}
	return "", false
}

// Permitting returns the latest consent of the scope that permits now, whatever program it was given for; not found where
// none does.
func Permitting(ctx context.Context, client *ent.Client, patient uuid.UUID, scope code.ConsentScope) (*ent.Consent, error) {
	return client.Consent.Query().Where(consent.PatientID(patient), consent.ScopeEQ(scope), permitting(clock.Now(ctx))).
		Order(consent.ByCapturedAt(sql.OrderDesc()), consent.ByID(sql.OrderDesc())).First(viewer.System(ctx, "gates of a channel"))
}

// Refused reports whether the patient has refused a consent of the scope, or had one that is not in force any more.
func Refused(ctx context.Context, client *ent.Client, patient uuid.UUID, scope code.ConsentScope) (bool, error) {
	return client.Consent.Query().Where(consent.PatientID(patient), consent.ScopeEQ(scope),
		consent.StatusIn(code.ConsentStatusActive, code.ConsentStatusInactive, code.ConsentStatusRejected)).Exist(viewer.System(ctx, "gates of a channel"))
}

// Reachable reports whether not all of the contact points that the patient has of the channel are out of use.
func Reachable(ctx context.Context, client *ent.Client, patient uuid.UUID, channel code.Channel) (bool, error) {
	points, err := client.ContactPoint.Query().Where(contactpoint.AccountID(patient), contactpoint.ChannelEQ(channel)).All(viewer.System(ctx, "gates of a channel"))
	return len(points) == 0 || slices.ContainsFunc(points, func(p *ent.ContactPoint) bool { return p.OptedOutAt == nil }), err
}

// CloseChannel takes the patient's contact points of the channel out of use when no consent permits it any more.
func CloseChannel(ctx context.Context, client *ent.Client, patient uuid.UUID, scope code.ConsentScope) error {
	channel, is := ChannelOf(scope)
	if !is {
		return nil
	}
	if _, err := Permitting(ctx, client, patient, scope); !ent.IsNotFound(err) {
		return err
	}
	return client.ContactPoint.Update().
		Where(contactpoint.AccountID(patient), contactpoint.ChannelEQ(channel), contactpoint.OptedOutAtIsNil()).
		SetOptedOutAt(clock.Now(ctx)).Exec(viewer.System(ctx, "gates of a channel"))
}

// OpenChannel puts the patient's contact points of the channel that were out of use when the consent was given back into
// use. One that went out of use later stays so: the latest word counts.
func OpenChannel(ctx context.Context, client *ent.Client, patient uuid.UUID, scope code.ConsentScope, given time.Time) error {
	channel, is := ChannelOf(scope)
	if !is {
		return nil
	}
	return client.ContactPoint.Update().
		Where(contactpoint.AccountID(patient), contactpoint.ChannelEQ(channel), contactpoint.OptedOutAtLTE(given)).
		ClearOptedOutAt().Exec(viewer.System(ctx, "gates of a channel"))
}
