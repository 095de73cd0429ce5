package list_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/migrate"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/view"
)

// declared is every list, with the columns by which its root is read: those that rules of the viewers who have
// the list, and its scope, compare with a value. Tables that a viewer sees all of are read by the order alone.
var declared = map[string]struct {
	of list.Of
	by []string
}{
	"AllPortalAccesses":        {of: list.AllPortalAccesses},
	"CaseChildren":             {of: list.CaseChildren},
	"CaseHistory":              {of: list.CaseHistory},
	"CaseQueue":                {of: list.CaseQueue, by: []string{"department"}},
	"CaseRoutings":             {of: list.CaseRoutings},
	"Cases":                    {of: list.Cases},
	"CarePrograms":             {of: list.CarePrograms},
	"ClientPatientTouchpoints": {of: list.ClientPatientTouchpoints, by: []string{"patient_id"}},
	"ConsentForms":             {of: list.ConsentForms},
	"CoverageVerifications":    {of: list.CoverageVerifications},
	"CoverageAuthorizations":   {of: list.CoverageAuthorizations},
	"CoverageHistory":          {of: list.CoverageHistory},
	"AuthorizationHistory":     {of: list.AuthorizationHistory},
	"KpiVerifications":         {of: list.KpiVerifications, by: []string{"enrollment_id", "requested_by_id"}},
	"ReverificationsDue":       {of: list.ReverificationsDue},
	"VerificationAttempts":     {of: list.VerificationAttempts},
	"VerificationBenefits":     {of: list.VerificationBenefits},
	"VerificationHistory":      {of: list.VerificationHistory},
	"VerificationWorklist":     {of: list.VerificationWorklist},
	"Verifications":            {of: list.Verifications},
	"ConsentHistory":           {of: list.ConsentHistory},
	"FormHistory":              {of: list.FormHistory},
	"PatientDocuments":         {of: list.PatientDocuments},
	"MyDocuments":              {of: list.MyDocuments, by: []string{"patient_id"}},
	"PatientDisclosures":       {of: list.PatientDisclosures},
	"MyDisclosures":            {of: list.MyDisclosures, by: []string{"patient_id"}},
	"ConsentsExpiring":         {of: list.ConsentsExpiring, by: []string{"patient_id"}},
	"EnrollmentActivities":     {of: list.EnrollmentActivities},
	"EnrollmentAnswers":        {of: list.EnrollmentAnswers},
	"EnrollmentHistory":        {of: list.EnrollmentHistory},
	"EnrollmentWorklist":       {of: list.EnrollmentWorklist, by: []string{"coordinator_id", "program_id"}},
	"Enrollments":              {of: list.Enrollments},
	"ImportRuns":               {of: list.ImportRuns},
	"InquiryQuestions":         {of: list.InquiryQuestions},
	"InquiryResponses":         {of: list.InquiryResponses},
	"KnowledgeResources":       {of: list.KnowledgeResources},
	"KpiConsents":              {of: list.KpiConsents, by: []string{"patient_id"}},
	"KpiEnrollments":           {of: list.KpiEnrollments, by: []string{"coordinator_id", "program_id"}},
	"Memberships":              {of: list.Memberships},
	"MyCases":                  {of: list.MyCases, by: []string{"requester_id", "patient_id"}},
	"MyClients":                {of: list.MyClients, by: []string{"liaison_id"}},
	"MyConsents":               {of: list.MyConsents, by: []string{"patient_id"}},
	"MyTouchpoints":            {of: list.MyTouchpoints, by: []string{"patient_id"}},
	"OpenForReferral":          {of: list.OpenForReferral},
	"OpenPrograms":             {of: list.OpenPrograms},
	"OpenTrials":               {of: list.OpenTrials},
	"OrganizationLocations":    {of: list.OrganizationLocations},
	"PatientCareRelationships": {of: list.PatientCareRelationships},
	"PatientConditions":        {of: list.PatientConditions},
	"PatientConsents":          {of: list.PatientConsents},
	"PatientContactPoints":     {of: list.PatientContactPoints},
	"PatientCoverages":         {of: list.PatientCoverages},
	"PatientEnrollments":       {of: list.PatientEnrollments},
	"PatientTouchpoints":       {of: list.PatientTouchpoints},
	"PatientTreatments":        {of: list.PatientTreatments},
	"Patients":                 {of: list.Patients},
	"PendingCases":             {of: list.PendingCases, by: []string{"assignee_id"}},
	"PlanActivities":           {of: list.PlanActivities},
	"PatientProxies":           {of: list.PatientProxies},
	"ProxyFor":                 {of: list.ProxyFor},
	"MyProxies":                {of: list.MyProxies},
	"PortalAccessExceptions":   {of: list.PortalAccessExceptions},
	"PortalAccesses":           {of: list.PortalAccesses},
	"Products":                 {of: list.Products},
	"ProgramCriteria":          {of: list.ProgramCriteria},
	"ProgramHistory":           {of: list.ProgramHistory},
	"ProgramSites":             {of: list.ProgramSites},
	"ProgramTeam":              {of: list.ProgramTeam},
	"ProgramActivities":        {of: list.ProgramActivities},
	"Organizations":            {of: list.Organizations},
	"Coordinators":             {of: list.Coordinators},
	"ProviderTouchpoints":      {of: list.ProviderTouchpoints},
	"ResponseAnswers":          {of: list.ResponseAnswers},
	"ResponseCitations":        {of: list.ResponseCitations},
	"ResponseHistory":          {of: list.ResponseHistory},
	"RoutingRules":             {of: list.RoutingRules},
	"ScheduledJobs":            {of: list.ScheduledJobs},
	"SubjectHistory":           {of: list.SubjectHistory},
	"Touchpoints":              {of: list.Touchpoints},
	"Users":                    {of: list.Users},
}

// unpaged are the declarations that only narrow something.
var unpaged = []string{"CaseStream"}

func TestEveryListIsRead(t *testing.T) {
	names := slices.Concat(unpaged, slices.Collect(maps.Keys(declared)))
	slices.Sort(names)
	found := sorted(slices.Concat(variables(t, "lists.go"), variables(t, "verification.go")))
	if !slices.Equal(found, names) {
		t.Errorf("the package declares\n%v\nand the test knows\n%v", found, names)
	}
	used := map[string]bool{}
	for _, name := range slices.Collect(maps.Values(lists(t))) {
		used[name] = true
	}
	for _, name := range names {
		if !used[name] {
			t.Errorf("nothing reads %s", name)
		}
	}
}

func TestEveryOrderHasItsIndex(t *testing.T) {
	for name, d := range declared {
		if err := list.Check(d.of, ent.Graph, migrate.Tables, d.by...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFiltersAndOrdersAreThoseOfTheContract: what a client can give is what the list knows, no more and no less.
func TestFiltersAndOrdersAreThoseOfTheContract(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	views, err := view.Build(schema)
	if err != nil {
		t.Fatal(err)
	}
	reads := lists(t)
	filters := map[string]bool{}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			name := def.Name + "." + f.Name
			filter, orderBy := f.Arguments.ForName("filter"), f.Arguments.ForName("orderBy")
			if def.BuiltIn || filter == nil && orderBy == nil && !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			of, ok := known(reads[name])
			if !ok {
				t.Errorf("%s reads no declared list", name)
				continue
			}
			var given, orders []string
			if filter != nil {
				filters[filter.Type.Name()] = true
				for _, field := range schema.Types[filter.Type.Name()].Fields {
					given = append(given, field.Name)
				}
			}
			if got := sorted(slices.Collect(maps.Keys(of.Filter))); !slices.Equal(got, sorted(given)) {
				t.Errorf("%s: a client filters by %v, the list %s by %v", name, given, reads[name], got)
			}
			if orderBy == nil {
				if len(of.Orders) > 1 {
					t.Errorf("%s: nobody can choose among the orders of %s", name, reads[name])
				}
				continue
			}
			for _, v := range views {
				if has := v.Schema.Types[def.Name]; has == nil || has.Fields.ForName(f.Name) == nil {
					continue
				}
				for _, value := range v.Schema.Types[orderBy.Type.Name()].EnumValues {
					orders = append(orders, value.Name)
				}
			}
			if got := slices.Sorted(maps.Keys(of.Orders)); !slices.Equal(got, slices.Compact(sorted(orders))) {
				t.Errorf("%s: a client orders by %v, the list %s by %v", name, orders, reads[name], got)
			}
		}
	}
	for name := range schema.Types {
		if strings.HasSuffix(name, "Filter") && !filters[name] {
			t.Errorf("no list has the filter %s", name)
		}
	}
}

func known(name string) (list.Of, bool) {
	if name == "CaseStream" {
		return list.CaseStream, true
	}
	d, ok := declared[name]
	return d.of, ok
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// variables lists the exported variables of the file.
func variables(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for name := range parsed.Scope.Objects {
		if ast.IsExported(name) {
			out = append(out, name)
		}
	}
	return sorted(out)
}

// lists gives for each field of the contract, as Type.field, the list that its resolver reads.
func lists(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	out, calls := map[string]string{}, map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			receiver, ok := f.Recv.List[0].Type.(*ast.Ident)
			if !ok {
				continue
			}
			field, self := fieldOf(receiver.Name, f.Name.Name), ""
			if names := f.Recv.List[0].Names; len(names) > 0 {
				self = names[0].Name
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "list" {
						out[field] = s.Sel.Name
					} else if ok && x.Name == self && s.Sel.IsExported() {
						calls[field] = fieldOf(receiver.Name, s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	for field, other := range calls {
		if out[field] == "" && out[other] != "" {
			out[field] = out[other]
		}
	}
	return out
}

// fieldOf returns the field that the method of a resolver resolves.
func fieldOf(receiver, method string) string {
	object := strings.TrimSuffix(receiver, "Resolver")
	if object == "resource" {
		object = "knowledgeResource"
	}
	return strings.ToUpper(object[:1]) + object[1:] + "." + strings.ToLower(method[:1]) + method[1:]
}
