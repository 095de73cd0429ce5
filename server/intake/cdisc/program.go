package cdisc

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/server/intake/eligibility"
	"github.com/carehub/carehub/server/intake/record"
	"github.com/carehub/carehub/server/intake/tally"
)

// studySystem is the system of external identifiers of trials; their value is STUDYID. The identifiers of a trial's
// subjects and sites have it as a prefix, before STUDYID: USUBJID is good within a sponsor's trials only.
const studySystem = "urn:carehub:cdisc-study"

func (s *study) system() string { return studySystem + ":" + s.id }

// program is the row of a trial.
type program struct {
	key    uuid.UUID
	active bool
}

var registryNumber = regexp.MustCompile(`^NCT[0-9]{8}$`)

// registryID is the trial's number at ClinicalTrials.gov, empty when TS gives none. NCT00000000 stands for none.
func (s *study) registryID() string {
	const none = "NCT00000000"
	for _, id := range s.parameters["REGID"] {
		if registryNumber.MatchString(id) && id != none {
			return id
		}
	}
	return ""
}

// parameter is the first value of a parameter.
func (s *study) parameter(name string) string {
	if values := s.parameters[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// program finds the program of a trial, or makes it.
func (l *load) program(s *study) (program, error) {
	if p, known := l.programs[s]; known {
		return p, nil
	}
	name, id := record.Name{Entity: record.Programs, System: studySystem, Value: s.id}, s.registryID()
	registered := record.Name{Entity: record.Programs, System: record.RegistrySystem, Value: id}
	wanted := []record.Name{name, registered}
	sponsor := s.sponsorName()
	if sponsor.Value != "" {
		wanted = append(wanted, sponsor)
	}
	if err := l.names.LookUp(l.ctx, wanted); err != nil {
		return program{}, err
	}
	key, found := l.names.Key(name)
	if !found && id != "" {
		if key, found = l.names.Key(registered); found {
			l.names.Call(name, key)
		}
	}
	query := l.tx.CareProgram.Query().Where(careprogram.ID(key))
	if !found {
		query = l.tx.CareProgram.Query().Where(careprogram.RegistryID(id), careprogram.KindEQ(code.ProgramKindClinicalTrial)).
			Order(careprogram.ByCreatedAt(), careprogram.ByID())
	}
	row, err := query.First(l.ctx)
	switch {
	case ent.IsNotFound(err):
		return l.begin(s, name, sponsor)
	case err != nil:
		return program{}, err
	case !found:
		l.names.Call(name, row.ID)
	}
	if s.outcome.Outcome == "" {
		l.result.studies[s] = outcome{Outcome: tally.Unchanged}
	}
	p := program{row.ID, row.Status == code.ProgramStatusActive}
	l.programs[s] = p
	return p, nil
}

// maxSponsor bounds the name of an organization, in bytes.
const maxSponsor = 300

func (s *study) sponsorName() record.Name {
	called := s.parameter("SPONSOR")
	if called == "" || len(called) > maxSponsor {
		return record.Name{}
	}
	return record.NameOf(record.Organizations, record.SponsorSystem, strings.ToLower(called))
}

// phases are the terms of CDISC's terminology for TPHASE.
var phases = map[string]code.StudyPhase{
	"NOT APPLICABLE":     code.StudyPhaseNotApplicable,
	"PHASE 0 TRIAL":      code.StudyPhaseEarlyPhase1,
	"PHASE I TRIAL":      code.StudyPhasePhase1,
	"PHASE I/II TRIAL":   code.StudyPhasePhase1Phase2,
	"PHASE II TRIAL":     code.StudyPhasePhase2,
	"PHASE IIA TRIAL":    code.StudyPhasePhase2,
	"PHASE IIB TRIAL":    code.StudyPhasePhase2,
	"PHASE II/III TRIAL": code.StudyPhasePhase2Phase3,
	"PHASE III TRIAL":    code.StudyPhasePhase3,
	"PHASE IIIA TRIAL":   code.StudyPhasePhase3,
	"PHASE IIIB TRIAL":   code.StudyPhasePhase3,
	"PHASE IV TRIAL":     code.StudyPhasePhase4,
}

// begin makes the program of a trial. What does not fit its column is left out: the datasets are about subjects.
func (l *load) begin(s *study, name, sponsor record.Name) (program, error) {
	key := uuid.Must(uuid.NewV7())
	l.names.Call(name, key)
	p := l.tx.CareProgram.Create().SetID(key).SetKind(code.ProgramKindClinicalTrial).SetName(s.id)
	t := l.tx.TrialDetail.Create().SetProgramID(key)
	title := s.parameter("TITLE")
	if title != "" && len(title) <= 300 {
		p.SetName(title)
	}
	if title != "" && len(title) <= 1000 {
		t.SetOfficialTitle(title)
	}
	if id := s.registryID(); id != "" {
		p.SetRegistryID(id)
		l.names.Call(record.Name{Entity: record.Programs, System: record.RegistrySystem, Value: id}, key)
	}
	ignored := &record.Reader{}
	for parameter, set := range map[string]func(code.Date) *ent.CareProgramCreate{"SSTDTC": p.SetStartsOn, "SENDTC": p.SetEndsOn} {
		if on := day(ignored, parameter, s.parameter(parameter)); on != "" {
			set(on)
		}
	}
	if phase, known := phases[strings.ToUpper(s.parameter("TPHASE"))]; known {
		t.SetPhase(phase)
	}
	blinding := strings.ToUpper(s.parameter("TBLIND"))
	t.SetBlinded(blinding != "" && blinding != "OPEN LABEL")
	if n, err := strconv.ParseInt(s.parameter("PLANSUB"), 10, 32); err == nil && n >= 0 {
		t.SetTargetEnrollment(int(n))
	}
	conditions := s.parameters["INDIC"]
	if conditions == nil {
		conditions = []string{}
	}
	t.SetConditions(conditions)
	if sponsor.Value != "" {
		org, found := l.names.Key(sponsor)
		if !found {
			org = uuid.Must(uuid.NewV7())
			l.names.Call(sponsor, org)
			if err := l.organization(org, code.AccountKindSponsor, code.OrganizationKindSponsor, s.parameter("SPONSOR")); err != nil {
				return program{}, err
			}
		}
		t.SetSponsorID(org)
	}
	if err := p.Exec(l.ctx); err != nil {
		return program{}, err
	}
	if err := l.tx.RequiredConsent.Create().SetProgramID(key).SetScope(code.ConsentScopeTrialParticipation).Exec(l.ctx); err != nil {
		return program{}, err
	}
	if err := t.Exec(l.ctx); err != nil {
		return program{}, err
	}
	l.result.studies[s] = outcome{Outcome: tally.Accepted}
	l.result.Programs = append(l.result.Programs, key)
	made := program{key: key}
	l.programs[s] = made
	return made, l.criteria(s, key)
}

func (l *load) organization(key uuid.UUID, account code.AccountKind, kind code.OrganizationKind, name string) error {
	if err := l.tx.Account.Create().SetID(key).SetKind(account).Exec(l.ctx); err != nil {
		return err
	}
	return l.tx.Organization.Create().SetID(key).SetName(name).SetKind(kind).Exec(l.ctx)
}

// maxCriterion bounds the text of a criterion, in bytes.
const maxCriterion = 4000

// criteria stores those of the newest version of the protocol, after age and sex.
func (l *load) criteria(s *study, key uuid.UUID) error {
	var all []eligibility.Criterion
	for _, of := range []struct {
		parameter, label string
		expression       func(int, eligibility.Unit) string
	}{{"AGEMIN", "Minimum age: ", eligibility.Minimum}, {"AGEMAX", "Maximum age: ", eligibility.Maximum}} {
		if n, unit, ok := eligibility.ParseDuration(s.parameter(of.parameter)); ok {
			expression := of.expression(n, unit)
			all = append(all, eligibility.Criterion{
				Kind: code.CriterionKindInclusion, Text: of.label + s.parameter(of.parameter), Expression: &expression,
			})
		}
	}
	if sex, one := map[string]code.Sex{"F": code.SexFemale, "M": code.SexMale}[s.parameter("SEXPOP")]; one {
		all = append(all, eligibility.Only(sex))
	}
	for _, c := range s.criteria[s.newest()] {
		if len(c.text) <= maxCriterion {
			all = append(all, eligibility.Criterion{Kind: c.kind, Text: c.text})
		}
	}
	rows := make([]*ent.EligibilityCriterionCreate, len(all))
	for i, c := range all {
		rows[i] = l.tx.EligibilityCriterion.Create().SetProgramID(key).SetSeq(i + 1).
			SetKind(c.Kind).SetText(c.Text).SetNillableExpression(c.Expression)
	}
	return record.Insert(l.ctx, rows, l.tx.EligibilityCriterion.CreateBulk)
}

// newest is the last version of the protocol that TI has criteria of.
func (s *study) newest() string {
	if len(s.versions) == 0 {
		return ""
	}
	return s.versions[len(s.versions)-1]
}

// told are the parameters of TS that have a place.
var told = map[string]bool{
	"TITLE": true, "REGID": true, "SSTDTC": true, "SENDTC": true, "TPHASE": true, "TBLIND": true, "PLANSUB": true,
	"INDIC": true, "SPONSOR": true, "AGEMIN": true, "AGEMAX": true, "SEXPOP": true,
}

// design makes the programs of the trials that TS and TI describe.
func (l *load) design() error {
	d, without, old := l.dataset, 0, 0
	for _, of := range d.rows {
		s := l.study(d, of)
		switch {
		case of.fault != nil:
			l.refuse(of, *of.fault)
			continue
		case s == nil:
			l.refuse(of, record.Fault{Path: d.name + ".STUDYID", Reason: "missing or too long"})
			continue
		case d.name == "TS" && !told[d.value(of, "TSPARMCD")]:
			without++
			continue
		case d.name == "TI" && d.value(of, "TIVERS") != s.newest():
			old++
			continue
		case d.name == "TI" && (d.value(of, "IETEST") == "" || len(d.value(of, "IETEST")) > maxCriterion):
			l.refuse(of, record.Fault{Path: "TI.IETEST", Reason: "empty, or too long"})
			continue
		}
		if _, err := l.program(s); err != nil {
			return err
		}
		became := s.outcome
		if became.Outcome == "" {
			became = l.result.studies[s]
		}
		l.count(became.Outcome)
	}
	d.unmapped(&l.result.Tally, without, "the model has no place for parameters of their kind")
	d.unmapped(&l.result.Tally, old, "criteria of an earlier version of the protocol")
	return l.names.Insert(l.ctx)
}

// place is a site of a program.
type place struct {
	program uuid.UUID
	number  string
}

// site finds the site of a number in a program, or makes it.
func (l *load) site(s *study, in uuid.UUID, number string) (*uuid.UUID, error) {
	if number == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	at := place{in, number}
	if key, known := l.sites[at]; known {
		return &key, nil
	}
	there, err := l.tx.ProgramSite.Query().Where(programsite.ProgramID(in), programsite.Number(number)).
		Order(programsite.ByCreatedAt(), programsite.ByID()).First(l.ctx)
	if err == nil {
		l.sites[at] = there.ID
		return &there.ID, nil
	}
	if !ent.IsNotFound(err) {
		return nil, err
	}
	name := record.Name{Entity: record.Organizations, System: s.system(), Value: number}
	if err := l.names.LookUp(l.ctx, []record.Name{name}); err != nil {
		return nil, err
	}
	org, found := l.names.Key(name)
	if !found {
		org = uuid.Must(uuid.NewV7())
		if err := l.organization(org, code.AccountKindSite, code.OrganizationKindSite, "Site "+number+" of "+s.id); err != nil {
			return nil, err
		}
		l.names.Call(name, org)
	}
	site, err := l.tx.ProgramSite.Create().SetProgramID(in).SetOrganizationID(org).SetNumber(number).Save(l.ctx)
	if err != nil {
		return nil, err
	}
	l.sites[at] = site.ID
	return &site.ID, nil
}
