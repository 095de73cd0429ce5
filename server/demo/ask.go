package demo

import (
	"context"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/server/auth"
)

// api is the API in this process, as an identity of the demo issuer uses it.
type api struct {
	*graph.API
	identities *graph.Directory
}

// noCipher stands where nobody asks for a pseudonym or a hidden key.
func noCipher(string, string) cipher.Block { return nil }

// payload has what the told history needs of a mutation's payload.
type payload struct {
	Case *struct {
		ID      string
		Inquiry *struct {
			Questions struct{ Nodes []struct{ ID string } }
		}
	}
	AdverseEventCase, Response *struct{ ID string }
	Unmet                      []struct{ Code, Message string }
}

// do runs a mutation as the identity at the moment. What errs or lacks a gate is an error.
func (a api) do(ctx context.Context, as string, portal string, at time.Time, mutation, selection string, input map[string]any) (*payload, error) {
	id, err := a.identities.Lookup(ctx, auth.DemoIssuer, as, portal)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", as, err)
	}
	document := fmt.Sprintf("mutation ($input: %s!) { payload: %s(input: $input) { %s } }",
		strings.ToUpper(mutation[:1])+mutation[1:]+"Input", mutation, selection)
	ctx = graphql.StartOperationTrace(viewer.NewContext(clock.At(ctx, at), id))
	op, refused := a.CreateOperationContext(ctx, &graphql.RawParams{Query: document, Variables: map[string]any{"input": input}})
	if refused != nil {
		return nil, fmt.Errorf("%s as %s: %w", mutation, as, refused)
	}
	respond, ctx := a.DispatchOperation(ctx, op)
	response := respond(ctx)
	if len(response.Errors) > 0 {
		return nil, fmt.Errorf("%s as %s: %w", mutation, as, response.Errors)
	}
	var data struct{ Payload *payload }
	if err := json.Unmarshal(response.Data, &data); err != nil {
		return nil, err
	}
	if unmet := data.Payload.Unmet; len(unmet) > 0 {
		return nil, fmt.Errorf("%s as %s: %s", mutation, as, unmet[0].Message)
	}
	return data.Payload, nil
}
