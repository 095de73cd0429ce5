package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/view"
)

// TestImportedTrial reads trials that were taken in from outside: a coordinator sees the draft with its sites and
// criteria, and nobody else does; participants are seen with their history, and their arm by nobody.
func TestImportedTrial(t *testing.T) {
	studies := filepath.Join(outside(t, "clinicaltrials-gov"), "v2", "NCT02210780.json.gz")
	datasets := outside(t, "cdisc-pilot-trial")
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		if out := command(t, 0, "import", "trials", "--database", database, studies); !counts(out, "Study", "1", "0", "0", "0") {
			t.Fatalf("the import counts:\n%s", out)
		}
		if out := command(t, 0, "import", "cdisc", "--database", database, datasets); !counts(out, "ADSL", "169", "0", "0", "0") {
			t.Fatalf("the import counts:\n%s", out)
		}
		trial, enrollment := findTrial(t, database)
		const wanted = `query ($id: ID!) { node(id: $id) { ... on CareProgram {
			status kind registryId requiredConsentScopes
			trial { phase studyStatus registryStatus blinded targetEnrollment conditions sponsor { name } }
			sites(first: 2) { nodes { organization { name kind address { city state country } } studyStatus } pageInfo { hasNextPage } }
			criteria(first: 3) { nodes { seq kind text expression } }
		} } }`
		coordinator := p.demoUser(t, "coordinator")
		coordinator.asks(wanted, object{"id": trial}).
			is("node.status", "DRAFT").is("node.kind", "CLINICAL_TRIAL").is("node.registryId", "NCT02210780").
			is("node.requiredConsentScopes.0", "TRIAL_PARTICIPATION").
			is("node.trial.phase", "PHASE_2").is("node.trial.studyStatus", "COMPLETED").is("node.trial.registryStatus", "COMPLETED").
			is("node.trial.blinded", true).is("node.trial.conditions.0", "Atopic Dermatitis").is("node.trial.sponsor.name", "Regeneron Pharmaceuticals").
			is("node.sites.nodes.0.organization.name", "Site in Birmingham, AL, United States").is("node.sites.nodes.0.organization.kind", "SITE").is("node.sites.nodes.0.organization.address.city", "Birmingham").
			is("node.sites.pageInfo.hasNextPage", true).
			is("node.criteria.nodes.0.expression", "age >= 18.0").is("node.criteria.nodes.1.expression", "age < 65.0").
			is("node.criteria.nodes.2.seq", 3.0).is("node.criteria.nodes.2.expression", nil)
		for _, persona := range []string{"patient", "provider", "liaison"} {
			u := p.demoUser(t, persona)
			u.tries(`query ($id: ID!) { node(id: $id) { id } }`, object{"id": trial}).refused("NOT_FOUND")
			for _, row := range u.asks(`{ carePrograms(first: 100) { nodes { kind status } } }`, nil).at("carePrograms.nodes").([]any) {
				if row.(object)["status"] == "DRAFT" {
					t.Errorf("%s sees a draft", persona)
				}
			}
		}
		// A coordinator in nobody's team sees no participant.
		coordinator.tries(`query ($id: ID!) { node(id: $id) { id } }`, object{"id": enrollment}).refused("NOT_FOUND")
	})
	views, err := view.Build(graph.Contract())
	if err != nil {
		t.Fatal(err)
	}
	for persona, v := range views {
		for line := range strings.Lines(v.SDL) {
			if name, _, _ := strings.Cut(strings.TrimSpace(line), ":"); name == "arm" || strings.HasPrefix(name, "arm(") {
				t.Errorf("%s could ask for the arm: %s", persona, line)
			}
		}
	}
}

// findTrial returns the identifiers of the trial of the registry and of an enrollment of the datasets.
func findTrial(t *testing.T, database string) (trial, enrollment string) {
	t.Helper()
	ctx := viewer.System(t.Context(), "test")
	s, err := store.Open(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	participant := s.Client.ExternalIdentifier.Query().
		Where(externalidentifier.Entity("enrollment"), externalidentifier.Value("CDISC014")).OnlyX(ctx)
	return s.Client.CareProgram.Query().Where(careprogram.RegistryID("NCT02210780")).OnlyX(ctx).GlobalID().String(),
		s.Client.Enrollment.GetX(ctx, participant.EntityID).GlobalID().String()
}
