package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

// KnowledgeResources resolves Query.knowledgeResources.
func (r queryResolver) KnowledgeResources(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.KnowledgeResource], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.KnowledgeResource.Query(), list.KnowledgeResources, args, r.Client.LoadKnowledgeResource)
}

// KnowledgeResource resolves Query.knowledgeResource.
func (r queryResolver) KnowledgeResource(ctx context.Context, id gid.ID) (*ent.KnowledgeResource, error) {
	if err := expect(id, "resource", "id"); err != nil {
		return nil, err
	}
	row, err := r.Client.KnowledgeResource.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadKnowledgeResource, row, err)
}

// Audience resolves KnowledgeResource.audience.
func (r resourceResolver) Audience(_ context.Context, obj *ent.KnowledgeResource) ([]code.Audience, error) {
	audience := []code.Audience{}
	if obj.ForHcp {
		audience = append(audience, code.AudienceHcp)
	}
	if obj.ForPatients {
		audience = append(audience, code.AudiencePatient)
	}
	if obj.ForInternal {
		audience = append(audience, code.AudienceInternal)
	}
	return audience, nil
}
