package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// product is an invented product with what is treated with it, and by whom.
type product struct {
	id                           uuid.UUID
	name, generic                string
	area                         string
	kind                         code.ProductKind
	status                       code.MarketingStatus
	disease, snomed              string
	specialty, taxonomy          string // NUCC
	dosage                       string
	label, letter, unlabelledUse uuid.UUID // documents
}

// catalog is in the order of the names, as the API lists it: the first product is one of the liaisons' work.
var catalog = []product{
	{
		name: "Avelurix", generic: "velurimab", area: "RESPIRATORY", kind: code.ProductKindBiologic, status: code.MarketingStatusApproved,
		disease: "Asthma", snomed: "195967001", specialty: "Pulmonary Disease Physician", taxonomy: "207RP1001X",
		dosage: "150 mg under the skin every four weeks",
	},
	{
		name: "CHB-204", area: "NEUROLOGY", kind: code.ProductKindDrug, status: code.MarketingStatusInvestigational,
		disease: "Multiple sclerosis", snomed: "24700007", specialty: "Neurology Physician", taxonomy: "2084N0400X",
	},
	{
		name: "Cordaneva", generic: "danevapril", area: "CARDIOLOGY", kind: code.ProductKindDrug, status: code.MarketingStatusApproved,
		disease: "Heart failure", snomed: "84114007", specialty: "Cardiovascular Disease Physician", taxonomy: "207RC0000X",
		dosage: "10 mg by mouth once a day",
	},
	{
		name: "Dermivanza", generic: "ivanzakinumab", area: "DERMATOLOGY", kind: code.ProductKindBiologic, status: code.MarketingStatusApproved,
		disease: "Psoriasis", snomed: "9014002", specialty: "Dermatology Physician", taxonomy: "207N00000X",
		dosage: "80 mg under the skin every two weeks",
	},
	{
		name: "Oncavyra", generic: "cavyratinib", area: "ONCOLOGY", kind: code.ProductKindDrug, status: code.MarketingStatusApproved,
		disease: "Non-small cell lung cancer", snomed: "254637007", specialty: "Medical Oncology Physician", taxonomy: "207RX0202X",
		dosage: "200 mg by mouth twice a day",
	},
	{
		name: "Rhemadora", generic: "madoracept", area: "RHEUMATOLOGY", kind: code.ProductKindCombination, status: code.MarketingStatusApproved,
		disease: "Rheumatoid arthritis", snomed: "69896004", specialty: "Rheumatology Physician", taxonomy: "207RR0500X",
		dosage: "one prefilled pen under the skin once a week",
	},
}

// program is a care program, and who coordinates it.
type program struct {
	id             uuid.UUID
	name           string
	kind           code.ProgramKind
	status         code.ProgramStatus
	product        string
	coordinator    string
	scopes         []code.ConsentScope
	selfEnrollment bool
	coverage       bool // demanded
	// full says that it has no free place, and a queue.
	full bool
}

// offered are the programs. The two coordinators share none, so that their patients are apart.
var offered = []program{
	{
		name: "Avelurix Together", kind: code.ProgramKindPatientServices, status: code.ProgramStatusActive,
		product: "Avelurix", coordinator: "coordinator", selfEnrollment: true,
		scopes: []code.ConsentScope{code.ConsentScopeProgramParticipation, code.ConsentScopeHipaaAuthorization},
	},
	{
		name: "Avelurix First Year", kind: code.ProgramKindTherapy, status: code.ProgramStatusActive,
		product: "Avelurix", coordinator: "coordinator", full: true,
		scopes: []code.ConsentScope{code.ConsentScopeProgramParticipation, code.ConsentScopeDataProcessing},
	},
	{
		name: "Avelurix in severe asthma", kind: code.ProgramKindClinicalTrial, status: code.ProgramStatusActive,
		product: "Avelurix", coordinator: "coordinator", selfEnrollment: true,
		scopes: []code.ConsentScope{code.ConsentScopeTrialParticipation},
	},
	{
		name: "Oncavyra Access", kind: code.ProgramKindPatientServices, status: code.ProgramStatusActive,
		product: "Oncavyra", coordinator: "coordinator2", selfEnrollment: true, coverage: true,
		scopes: []code.ConsentScope{code.ConsentScopeProgramParticipation, code.ConsentScopeHipaaAuthorization, code.ConsentScopeInsuranceVerification},
	},
	{
		name: "Cordaneva Companion", kind: code.ProgramKindPatientServices, status: code.ProgramStatusActive,
		product: "Cordaneva", coordinator: "coordinator",
		scopes: []code.ConsentScope{code.ConsentScopeProgramParticipation, code.ConsentScopeHipaaAuthorization},
	},
	{
		name: "Rhemadora at Home", kind: code.ProgramKindTherapy, status: code.ProgramStatusActive,
		product: "Rhemadora", coordinator: "coordinator2",
		scopes: []code.ConsentScope{code.ConsentScopeProgramParticipation, code.ConsentScopeDataProcessing},
	},
	{
		name: "Dermivanza Care", kind: code.ProgramKindPatientServices, status: code.ProgramStatusActive,
		product: "Dermivanza", coordinator: "coordinator2", selfEnrollment: true,
		scopes: []code.ConsentScope{code.ConsentScopeProgramParticipation, code.ConsentScopeHipaaAuthorization},
	},
	{
		name: "CHB-204 in relapsing disease", kind: code.ProgramKindClinicalTrial, status: code.ProgramStatusDraft,
		product: "CHB-204", coordinator: "coordinator",
		scopes: []code.ConsentScope{code.ConsentScopeTrialParticipation, code.ConsentScopeDataProcessing},
	},
}

// catalogue makes the products, the programs with their teams and what they demand, the consent forms and the
// documents.
func (w *world) catalogue(ctx context.Context) error {
	var products []*ent.ProductCreate
	var marks []*ent.ExternalIdentifierCreate
	for _, p := range catalog {
		p.id = newKey()
		w.products[p.name] = &p
		create := w.tx.Product.Create().SetID(p.id).SetName(p.name).SetNillableGenericName(unlessEmpty(p.generic)).
			SetTherapeuticArea(p.area).SetKind(p.kind).SetMarketingStatus(p.status).SetCreatedAt(w.began)
		if p.status == code.MarketingStatusApproved {
			create.SetReferenceSafetyVersion("CCDS 3.0")
		}
		products = append(products, create)
		marks = append(marks, w.marked("product", p.id, "product-%s", p.name))
	}
	if err := insert(ctx, w, w.tx.Product.CreateBulk, products); err != nil {
		return err
	}
	var programs []*ent.CareProgramCreate
	var required []*ent.RequiredConsentCreate
	var team []*ent.ProgramTeamMemberCreate
	var trials []*ent.TrialDetailCreate
	var templates []*ent.ActivityTemplateCreate
	var criteria []*ent.EligibilityCriterionCreate
	for _, p := range offered {
		p.id = newKey()
		w.programs = append(w.programs, &p)
		create := w.tx.CareProgram.Create().SetID(p.id).SetKind(p.kind).SetName(p.name).SetStatus(p.status).
			SetSelfEnrollment(p.selfEnrollment).SetCoverageRequired(p.coverage).SetProductID(w.products[p.product].id).SetCreatedAt(w.began)
		if p.status == code.ProgramStatusActive {
			create.SetStartsOn(code.DateOf(w.began))
		}
		programs = append(programs, create)
		for _, scope := range p.scopes {
			required = append(required, w.tx.RequiredConsent.Create().SetProgramID(p.id).SetScope(scope).SetCreatedAt(w.began))
		}
		team = append(team, w.tx.ProgramTeamMember.Create().SetIdentityID(w.users[p.coordinator]).SetProgramID(p.id).
			SetRole(code.TeamRoleManager).SetStartedAt(w.began).SetCreatedAt(w.began))
		templates, criteria = w.course(&p, templates, criteria)
		if p.kind == code.ProgramKindClinicalTrial {
			trial := w.tx.TrialDetail.Create().SetProgramID(p.id).SetPhase(code.StudyPhasePhase3).SetBlinded(true).SetCreatedAt(w.began)
			if p.status == code.ProgramStatusActive {
				trial.SetStudyStatus(code.StudyStatusActive).SetEthicsApprovalRef("DEMO-IRB-7").SetEthicsVersion("1.0").SetTargetEnrollment(200)
			}
			trials = append(trials, trial)
		}
		marks = append(marks, w.marked("program", p.id, "program-%s", p.name))
	}
	if err := insert(ctx, w, w.tx.CareProgram.CreateBulk, programs); err != nil {
		return err
	}
	if err := insert(ctx, w, w.tx.TrialDetail.CreateBulk, trials); err != nil {
		return err
	}
	if err := insert(ctx, w, w.tx.ActivityTemplate.CreateBulk, templates); err != nil {
		return err
	}
	if err := insert(ctx, w, w.tx.EligibilityCriterion.CreateBulk, criteria); err != nil {
		return err
	}
	if err := insert(ctx, w, w.tx.RequiredConsent.CreateBulk, required); err != nil {
		return err
	}
	if err := insert(ctx, w, w.tx.ProgramTeamMember.CreateBulk, team); err != nil {
		return err
	}
	if err := insert(ctx, w, w.tx.ExternalIdentifier.CreateBulk, marks); err != nil {
		return err
	}
	if err := w.consentForms(ctx); err != nil {
		return err
	}
	return w.documents(ctx)
}

// course adds what a program asks of candidates, and the steps of its onboarding.
func (w *world) course(p *program, templates []*ent.ActivityTemplateCreate, criteria []*ent.EligibilityCriterionCreate) ([]*ent.ActivityTemplateCreate, []*ent.EligibilityCriterionCreate) {
	if p.kind == code.ProgramKindClinicalTrial {
		ask := func(seq int, text string) *ent.EligibilityCriterionCreate {
			return w.tx.EligibilityCriterion.Create().SetProgramID(p.id).SetSeq(seq).SetKind(code.CriterionKindInclusion).SetText(text).SetCreatedAt(w.began)
		}
		return templates, append(criteria, ask(1, "18 years or older").SetExpression("age >= 18.0"), ask(2, "Can come to the site every four weeks"))
	}
	for n, step := range []struct {
		kind  code.ActivityKind
		title string
		days  int
	}{
		{code.ActivityKindTrainingCall, "Training call", 3},
		{code.ActivityKindFirstFill, "First fill", 14},
	} {
		templates = append(templates, w.tx.ActivityTemplate.Create().SetProgramID(p.id).SetSeq(n+1).SetKind(step.kind).SetTitle(step.title).
			SetDueDays(step.days).SetCreatedAt(w.began))
	}
	return templates, criteria
}

// formKey finds the form of a scope in a language, of a program or (with no key) of all.
type formKey struct {
	scope   code.ConsentScope
	program uuid.UUID
	locale  string
}

const (
	english = "en-US"
	spanish = "es-US"
)

// wording is what a form says of a scope in a language.
type wording struct{ title, permits string }

var wordings = map[code.ConsentScope]map[string]wording{
	code.ConsentScopeProgramParticipation:  {english: {"Taking part", "I want to take part in %s"}, spanish: {"Participación", "Quiero participar en %s"}},
	code.ConsentScopeDataProcessing:        {english: {"Processing of data", "%s may process my health data"}, spanish: {"Tratamiento de datos", "%s puede tratar mis datos de salud"}},
	code.ConsentScopeHipaaAuthorization:    {english: {"HIPAA authorization", "my care team may disclose my health information to %s"}, spanish: {"Autorización HIPAA", "mi equipo médico puede revelar mi información de salud a %s"}},
	code.ConsentScopeInsuranceVerification: {english: {"Insurance verification", "%s may ask my insurer about my benefits"}, spanish: {"Verificación del seguro", "%s puede consultar mis beneficios con mi aseguradora"}},
	code.ConsentScopeMedicalAffairs:        {english: {"Medical affairs", "the medical liaisons of %s may know who I am"}, spanish: {"Asuntos médicos", "los enlaces médicos de %s pueden conocer mi identidad"}},
	code.ConsentScopeTrialParticipation:    {english: {"Taking part in a trial", "I want to take part in the trial %s"}, spanish: {"Participación en un ensayo", "Quiero participar en el ensayo %s"}},
	code.ConsentScopeTrialPrescreen:        {english: {"Questions before a trial", "%s may ask me whether a trial suits me"}, spanish: {"Preguntas antes de un ensayo", "%s puede preguntarme si un ensayo es adecuado para mí"}},
	code.ConsentScopeChannelPhone:          {english: {"Telephone", "%s may call me"}, spanish: {"Teléfono", "%s puede llamarme"}},
	code.ConsentScopeChannelEmail:          {english: {"E-mail", "%s may write to me by e-mail"}, spanish: {"Correo electrónico", "%s puede escribirme por correo electrónico"}},
}

var endings = map[string]string{
	english: "I may revoke this at any time; what was done before stays lawful. This form is synthetic.",
	spanish: "Puedo revocarlo en cualquier momento; lo hecho antes sigue siendo lícito. Este formulario es sintético.", //nolint:misspell // Spanish
}

// company is who the forms without a program speak for.
const company = "Carehub Demo Pharma"

// consentForms makes the approved forms of every scope that a program demands, and of those that none does, in
// both languages; of some there is a retired edition, and a draft's are drafts.
func (w *world) consentForms(ctx context.Context) error {
	var forms []*ent.ConsentFormCreate
	add := func(scope code.ConsentScope, of *program) {
		for _, locale := range []string{english, spanish} {
			words, name := wordings[scope][locale], company
			create := w.tx.ConsentForm.Create().SetScope(scope).SetLocale(locale).SetEffectiveFrom(w.began).SetCreatedAt(w.began)
			key := formKey{scope: scope, locale: locale}
			if of != nil {
				name, key.program = of.name, of.id
				create.SetProgramID(of.id)
				if of.kind == code.ProgramKindClinicalTrial {
					create.SetEthicsVersion("1.0")
				}
			}
			body := fmt.Sprintf(words.permits, name) + ". " + endings[locale]
			create.SetTitle(words.title + ": " + name).SetBody(body).SetSha256(digest(body))
			if of != nil && of.status == code.ProgramStatusDraft {
				forms = append(forms, create.SetEdition(1).SetStatus(code.FormStatusDraft))
				continue
			}
			id := newKey()
			w.forms[key] = id
			forms = append(forms, create.SetID(id).SetEdition(2).SetStatus(code.FormStatusApproved))
			if of == nil {
				old := w.began.Add(-year)
				forms = append(forms, w.tx.ConsentForm.Create().SetScope(scope).SetLocale(locale).SetEdition(1).
					SetTitle(words.title+": "+name).SetBody(body+" (1)").SetSha256(digest(body+" (1)")).
					SetEffectiveFrom(old).SetEffectiveTo(w.began).SetStatus(code.FormStatusRetired).SetCreatedAt(old))
			}
		}
	}
	for _, p := range w.programs {
		for _, scope := range p.scopes {
			add(scope, p)
		}
	}
	for _, scope := range []code.ConsentScope{code.ConsentScopeMedicalAffairs, code.ConsentScopeTrialPrescreen, code.ConsentScopeChannelPhone, code.ConsentScopeChannelEmail} {
		add(scope, nil)
	}
	return insert(ctx, w, w.tx.ConsentForm.CreateBulk, forms)
}

// form returns the key of the form for a consent in the language.
func (w *world) form(scope code.ConsentScope, of *program, locale string) *uuid.UUID {
	key := formKey{scope: scope, locale: locale}
	if of != nil {
		key.program = of.id
	}
	if id, ok := w.forms[key]; ok {
		return &id
	}
	return nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
