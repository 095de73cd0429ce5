// Package cdisc takes trials and their subjects in from datasets in Dataset-JSON 1.1, as CDISC defines them: of
// the tabulation model (SDTM) DM, DS, TS, TI and TV, of the analysis model (ADaM) ADSL. The rows of all others are
// counted as unmapped.
//
// The rules, where the standards or the data leave a choice:
//
//   - Datasets refer to each other, so all of a run are read first, in whatever order they come. A subject is known
//     by the identifiers of study and subject (STUDYID, USUBJID): in DM and ADSL it is one patient. Where they differ
//     DM decides, and DS over both on what was done when.
//   - A patient has no name. A date is taken when it is a whole day; a year of birth is no day of birth.
//   - Nobody is screened or beyond without a dated informed consent: that of DM or DS, whichever is earlier, else
//     that of ADSL, else the day of the first visit where the trial's design (TV) says that it begins with the
//     consent. A subject who has none is refused.
//   - Participation ends as DS says for STUDY PARTICIPATION, else as ADSL says. COMPLETED is completed; a withdrawal
//     by the subject or a guardian is withdrawn, and the consent with it; a screen failure is ineligible; all other
//     reasons are a discontinuation. Who has not ended is taken in only when the program is active, and moves on
//     when later data has the end.
//   - The program of a study is found by STUDYID or by its registry number (TS), or made: in DRAFT, as in package
//     trials. One that is there stays as it is.
package cdisc

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/record"
)

// facts are what one row of DM or ADSL says of a subject. Days are empty where they are not known whole.
type facts struct {
	number, site, sex, country, arm, reasonWithoutArm string

	born, consented, firstVisit, randomized, started, ended, died code.Date

	dead                bool
	status, disposition string // of ADSL
	fault               *record.Fault
}

// subject is what all datasets say of one.
type subject struct {
	dm, adsl *facts
	// Of DS.
	consented, randomized, treated code.Date
	disposition                    string
	ended                          code.Date

	outcome outcome
}

var (
	wholeDay = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(T.*)?$`)
	partial  = regexp.MustCompile(`^[-0-9T:.Z+]*$`)
)

// day reads an ISO 8601 date; empty when it is not a whole day.
func day(r *record.Reader, path, text string) code.Date {
	switch {
	case wholeDay.MatchString(text):
		if d, err := code.ParseDate(text[:len(time.DateOnly)]); err == nil {
			return d
		}
	case partial.MatchString(text):
		return ""
	}
	r.Refuse(path, "no date of ISO 8601")
	return ""
}

// factsOf reads a row of DM or ADSL.
func factsOf(d *Dataset, of row) *facts {
	r := &record.Reader{Fault: of.fault}
	value := func(names ...string) string { return d.value(of, names...) }
	date := func(names ...string) code.Date {
		for _, name := range names {
			if found := day(r, d.name+"."+name, value(name)); found != "" {
				return found
			}
		}
		return ""
	}
	f := &facts{
		number: r.Text(d.name+".SUBJID", value("SUBJID"), 60), site: r.Text(d.name+".SITEID", value("SITEID"), 40),
		sex: value("SEX"), country: r.Text(d.name+".COUNTRY", value("COUNTRY"), 60),
		arm: r.Text(d.name+".ARM", value("ARM", "TRT01P"), 200), reasonWithoutArm: strings.ToUpper(value("ARMNRS")),
		born: date("BRTHDTC"), consented: date("RFICDTC", "RFICDT"), firstVisit: date("VISIT1DT"), randomized: date("RANDDT"),
		started: date("RFXSTDTC", "TRTSDT", "RFSTDTC"), ended: date("EOSDT", "RFPENDTC", "RFENDT", "RFENDTC"),
		died: date("DTHDTC", "DTHDT"), dead: value("DTHFL") == "Y",
		status: strings.ToUpper(value("EOSSTT")), disposition: strings.ToUpper(value("DCDECOD", "DCSREAS")),
	}
	// Older editions of the standard say in the arm why there is none.
	switch arm := strings.ToUpper(f.arm); arm {
	case "SCREEN FAILURE", "NOT ASSIGNED":
		f.arm, f.reasonWithoutArm = "", arm
	}
	f.fault = r.Fault
	return f
}

var sexes = map[string]code.Sex{
	"M": code.SexMale, "F": code.SexFemale, "UNDIFFERENTIATED": code.SexOther, "INTERSEX": code.SexOther, "U": code.SexUnknown, "": code.SexUnknown,
}

// step is a dated change of a status.
type step[S ~string] struct {
	to   S
	on   code.Date
	note string
}

// plan is what is to be stored of a subject.
type plan struct {
	sex                     code.Sex
	born                    *code.Date
	number, site            string
	country, arm            *string
	consented               code.Date
	started, randomized     code.Date
	died                    *time.Time // zero: it is not known when
	ended                   code.Date  // empty: not yet
	reason                  *string
	enrollment              []step[code.EnrollmentStatus]
	participation           []step[code.SubjectState]
	withdrawn, designedDate bool
}

func (p *plan) status() code.EnrollmentStatus { return p.enrollment[len(p.enrollment)-1].to }
func (p *plan) state() code.SubjectState      { return p.participation[len(p.participation)-1].to }

// first is the first day that is known.
func first(days ...code.Date) code.Date {
	for _, d := range days {
		if d != "" {
			return d
		}
	}
	return ""
}

// earliest is the earliest of the days that are known.
func earliest(days ...code.Date) code.Date {
	days = slices.DeleteFunc(days, func(d code.Date) bool { return d == "" })
	if len(days) == 0 {
		return ""
	}
	return slices.Min(days)
}

// judge decides what is stored of a subject; a broken rule refuses it. The first visit dates the consent where the
// trial's design says so.
func (s *subject) judge(visitBeginsWithConsent bool) (*plan, *record.Fault) {
	dm, adsl := s.dm, s.adsl
	if dm == nil {
		dm = &facts{}
	}
	if adsl == nil {
		adsl = &facts{}
	}
	r := &record.Reader{Fault: dm.fault}
	if r.Fault == nil {
		r.Fault = adsl.fault
	}
	p := &plan{
		number: cmp.Or(dm.number, adsl.number), site: cmp.Or(dm.site, adsl.site),
		country: optional(cmp.Or(dm.country, adsl.country)), arm: optional(cmp.Or(dm.arm, adsl.arm)),
		started: first(dm.started, adsl.started), randomized: first(s.randomized, adsl.randomized),
	}
	if born := first(dm.born, adsl.born); born != "" {
		p.born = &born
	}
	sex, known := sexes[strings.ToUpper(cmp.Or(dm.sex, adsl.sex))]
	if p.sex = sex; !known {
		r.Refuse("SEX", "no code of its value set: %q", record.Abridged(cmp.Or(dm.sex, adsl.sex)))
	}
	p.consented = first(earliest(dm.consented, s.consented), adsl.consented)
	if p.consented == "" && visitBeginsWithConsent {
		p.consented = adsl.firstVisit
		p.designedDate = p.consented != ""
	}
	status, state, ended, why := s.end(dm, adsl)
	begun := earliest(p.randomized, p.started)
	switch {
	case p.consented == "":
		r.Refuse("RFICDTC", "no dated informed consent: nobody is screened without one")
	case begun != "" && begun < p.consented:
		r.Refuse("RFICDTC", "the informed consent is dated after the trial had begun for the subject")
	case status != "" && ended == "":
		r.Refuse("DSSTDTC", "the end of participation is not dated")
	case status != "" && ended < p.consented:
		r.Refuse("DSSTDTC", "participation ends before the informed consent")
	}
	if r.Fault != nil {
		return nil, r.Fault
	}
	if p.died = s.death(dm, adsl, ended); why != "COMPLETED" {
		p.reason = optional(why)
	}
	p.ended, p.withdrawn = ended, status == code.EnrollmentStatusWithdrawn
	p.steps(s.treated, status, state, why)
	return p, nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// end is how participation ended, when and why; the statuses are empty when it has not.
func (s *subject) end(dm, adsl *facts) (code.EnrollmentStatus, code.SubjectState, code.Date, string) {
	why, on := s.disposition, s.ended
	switch {
	case why != "":
	case dm.reasonWithoutArm == "SCREEN FAILURE" || adsl.reasonWithoutArm == "SCREEN FAILURE":
		why = "SCREEN FAILURE"
	case adsl.status == "COMPLETED":
		why = "COMPLETED"
	case adsl.status == "DISCONTINUED" || adsl.status == "" && adsl.disposition != "":
		why = cmp.Or(adsl.disposition, "DISCONTINUED")
	default:
		return "", "", "", ""
	}
	on = first(on, dm.ended, adsl.ended)
	switch why {
	case "COMPLETED":
		return code.EnrollmentStatusCompleted, code.SubjectStateOffStudy, on, why
	case "WITHDRAWAL BY SUBJECT", "WITHDRAWAL BY PARENT/GUARDIAN", "WITHDREW CONSENT":
		return code.EnrollmentStatusWithdrawn, code.SubjectStateWithdrawn, on, why
	case "SCREEN FAILURE", "FAILURE TO MEET RANDOMIZATION CRITERIA":
		return code.EnrollmentStatusIneligible, code.SubjectStateIneligible, on, why
	}
	return code.EnrollmentStatusDiscontinued, code.SubjectStateOffStudy, on, why
}

// death is when a subject died; the zero time where only that is known.
func (s *subject) death(dm, adsl *facts, ended code.Date) *time.Time {
	on := first(dm.died, adsl.died)
	if on == "" && (s.disposition == "DEATH" || adsl.disposition == "DEATH") {
		on = ended
	}
	if on == "" && !dm.dead && !adsl.dead {
		return nil
	}
	at := on.Time()
	return &at
}

// steps are the histories: the dated milestones in the order of their days, and the end last.
func (p *plan) steps(treated code.Date, status code.EnrollmentStatus, state code.SubjectState, why string) {
	p.enrollment = append(p.enrollment, step[code.EnrollmentStatus]{code.EnrollmentStatusScreening, p.consented, "informed consent"})
	p.participation = append(p.participation, step[code.SubjectState]{code.SubjectStateScreening, p.consented, "informed consent"})
	milestone := func(to code.SubjectState, on code.Date, note string) {
		if on != "" && (p.ended == "" || on <= p.ended) {
			p.participation = append(p.participation, step[code.SubjectState]{to, on, note})
		}
	}
	milestone(code.SubjectStateOnStudy, p.randomized, "randomized")
	milestone(code.SubjectStateOnStudyIntervention, p.started, "first treatment")
	milestone(code.SubjectStateFollowUp, treated, "end of treatment")
	slices.SortStableFunc(p.participation, func(a, b step[code.SubjectState]) int { return cmp.Compare(a.on, b.on) })
	begun := earliest(p.randomized, p.started)
	if begun != "" && status != code.EnrollmentStatusIneligible && (p.ended == "" || begun <= p.ended) {
		p.enrollment = append(p.enrollment, step[code.EnrollmentStatus]{code.EnrollmentStatusActive, begun, "on study"})
	}
	if status != "" {
		note := strings.ToLower(why)
		p.enrollment = append(p.enrollment, step[code.EnrollmentStatus]{status, p.ended, note})
		p.participation = append(p.participation, step[code.SubjectState]{state, p.ended, note})
	}
}
