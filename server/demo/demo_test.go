package demo_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/relay"
	"github.com/carehub/carehub/graph/stream"
	"github.com/carehub/carehub/server/auth"
	"github.com/carehub/carehub/server/demo"
	"github.com/carehub/carehub/server/reference"
	"github.com/carehub/carehub/server/secret"
)

// present is when all generated data of these tests end.
var present = time.Date(2026, 5, 20, 15, 4, 5, 0, time.UTC)

// service is the API over a database, as the server builds it.
type service struct {
	*graph.API
	store      *store.Store
	identities *graph.Directory
}

// newService returns the API over the database, which then has its departments and rules.
func newService(t testing.TB, s *store.Store) *service {
	t.Helper()
	ctx := t.Context()
	if err := reference.Ensure(clock.At(ctx, present), s.Client); err != nil {
		t.Fatal(err)
	}
	keys := secret.New()
	log, err := stream.Open(ctx, s, stream.Options{Key: keys.Derive("stream cursors")})
	if err != nil {
		t.Fatal(err)
	}
	reads := audit.NewWriter(s.Client)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		if err := log.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := reads.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	cursors, err := relay.NewSealer(keys.Derive("list cursors"))
	if err != nil {
		t.Fatal(err)
	}
	identities := graph.NewDirectory(s.Client, keys.Cipher)
	api, err := graph.New(graph.Options{Client: s.Client, Log: log, Reads: reads, Cursors: cursors, Identities: identities})
	if err != nil {
		t.Fatal(err)
	}
	return &service{api, s, identities}
}

// seed generates the world of these tests.
func (s *service) seed(t testing.TB, o demo.Options) {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = present
	}
	if err := demo.Seed(t.Context(), s.store, s.API, o); err != nil {
		t.Fatal(err)
	}
}

// as runs an operation as the demo identity and decodes its data.
func (s *service) as(t *testing.T, name, document string, variables map[string]any, into any) {
	t.Helper()
	who, ok := demo.Find(name)
	if !ok {
		t.Fatalf("no demo identity %s", name)
	}
	id, err := s.identities.Lookup(t.Context(), auth.DemoIssuer, who.Name, string(who.Portal))
	if err != nil {
		t.Fatal(err)
	}
	ctx := graphql.StartOperationTrace(viewer.NewContext(t.Context(), id))
	op, refused := s.CreateOperationContext(ctx, &graphql.RawParams{Query: document, Variables: variables})
	if refused != nil {
		t.Fatal(refused)
	}
	respond, ctx := s.DispatchOperation(ctx, op)
	response := respond(ctx)
	if len(response.Errors) > 0 {
		t.Fatalf("%s as %s: %v", document, name, response.Errors)
	}
	if err := json.Unmarshal(response.Data, into); err != nil {
		t.Fatal(err)
	}
}

func system(t testing.TB) context.Context { return viewer.System(t.Context(), "test") }

// Everybody with a button finds something behind each example of the playground.
func TestEverybodyHasSomethingToSee(t *testing.T) {
	content, err := os.ReadFile("../playground/console/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples map[viewer.Persona][]struct {
		Title     string
		Query     []string
		Variables map[string]any
	}
	if err := json.Unmarshal(content, &examples); err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		s := newService(t, st)
		s.seed(t, demo.Options{Patients: 60, Now: time.Now()})
		for _, who := range demo.Identities() {
			ran := 0
			for _, e := range examples[who.Persona] {
				if e.Variables != nil || !strings.HasPrefix(e.Query[0], "query") {
					continue
				}
				ran++
				t.Run(who.Name+"/"+e.Title, func(t *testing.T) {
					var data map[string]any
					s.as(t, who.Name, strings.Join(e.Query, "\n"), nil, &data)
					for field, value := range data {
						if list, is := value.(map[string]any)["nodes"].([]any); is && len(list) == 0 {
							t.Errorf("%s is empty", field)
						}
					}
				})
			}
			if ran == 0 {
				t.Errorf("%s has no example to run", who.Persona)
			}
		}
	})
}

// A question of the demo provider on the first product is the work of the demo liaison and of nobody else's.
func TestInquiryReachesTheLiaison(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		s := newService(t, st)
		s.seed(t, demo.Options{Patients: 8})
		var first struct {
			Products struct{ Nodes []struct{ ID, Name string } }
		}
		s.as(t, "provider", "{ products(first: 1) { nodes { id name } } }", nil, &first)
		var made struct {
			SubmitMedicalInquiry struct{ Case struct{ ID string } }
		}
		s.as(t, "provider", `mutation ($input: SubmitMedicalInquiryInput!) { submitMedicalInquiry(input: $input) { case { id } } }`,
			map[string]any{"input": map[string]any{
				"productId": first.Products.Nodes[0].ID, "unsolicited": true, "involvesAdverseEvent": false,
				"questions": []any{map[string]any{"topic": "DOSING", "text": "Is the dose adjusted in renal impairment?"}},
			}}, &made)
		for name, want := range map[string]bool{"liaison": true, "liaison2": false, "reviewer": false, "safety": false} {
			var queue struct {
				CaseQueue struct {
					Nodes []struct{ ID, Department string }
				}
			}
			s.as(t, name, "{ caseQueue(first: 100) { nodes { id department } } }", nil, &queue)
			got := false
			for _, c := range queue.CaseQueue.Nodes {
				if c.ID == made.SubmitMedicalInquiry.Case.ID {
					got = true
					if c.Department != "MEDICAL_AFFAIRS" {
						t.Errorf("the case is in %s", c.Department)
					}
				}
			}
			if got != want {
				t.Errorf("%s has the case in the queue: %t", name, got)
			}
		}
	})
}

// The second of each sees other rows than the first; the liaison sees of a patient no name without consent.
func TestTheSecondOfEachSeesOtherRows(t *testing.T) {
	s := newService(t, storetest.SQLite(t))
	s.seed(t, demo.Options{Patients: 40})
	names := func(who, list string) map[string]bool {
		var data map[string]struct{ Nodes []struct{ ID, Name string } }
		s.as(t, who, "{ "+list+"(first: 100) { nodes { id name } } }", nil, &data)
		out := map[string]bool{}
		for _, n := range data[list].Nodes {
			out[n.Name] = true
		}
		return out
	}
	for _, tt := range []struct{ list, first, second string }{
		{"myPatients", "provider", "provider2"},
		{"patients", "coordinator", "coordinator2"},
	} {
		first, second := names(tt.first, tt.list), names(tt.second, tt.list)
		if !first["Ana Rivera"] || first["Walter Brandt"] || second["Ana Rivera"] || !second["Walter Brandt"] {
			t.Errorf("%s sees %v, %s sees %v", tt.first, first, tt.second, second)
		}
	}
	var clients struct {
		MyClients struct {
			Nodes []struct{ Provider struct{ ID, Name string } }
		}
	}
	for liaison, want := range map[string]string{"liaison": "Mira Solano", "liaison2": "Jonas Whitfield"} {
		s.as(t, liaison, "{ myClients(first: 100) { nodes { provider { id name } } } }", nil, &clients)
		got := map[string]bool{}
		for _, n := range clients.MyClients.Nodes {
			got[n.Provider.Name] = true
		}
		if !got[want] || len(got) < 2 || got["Mira Solano"] && got["Jonas Whitfield"] {
			t.Errorf("clients of %s: %v", liaison, got)
		}
	}
}

func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := newService(b, storetest.SQLite(b, store.WithSynchronous("FULL")))
		b.StartTimer()
		s.seed(b, demo.Options{Progress: io.Discard})
	}
}
