package rule

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/inquiryquestion"
	"github.com/carehub/carehub/ent/inquiryresponse"
	"github.com/carehub/carehub/ent/knowledgeresource"
	"github.com/carehub/carehub/ent/medicalinquiry"
	"github.com/carehub/carehub/ent/responsecitation"
	"github.com/carehub/carehub/ent/viewer"
)

// asked is who sees what a case asks: the author of the question, and those whose work the case is.
var asked = ByPersona{
	viewer.Patient:     own(carecase.FieldRequesterID),
	viewer.Provider:    own(carecase.FieldRequesterID),
	viewer.Liaison:     work,
	viewer.Staff:       work,
	viewer.Coordinator: programPatient(carecase.FieldPatientID),
}

func ofCase(cases ByPersona) ByPersona {
	out := ByPersona{}
	for p, r := range cases {
		out[p] = through(medicalinquiry.FieldCareCaseID, carecase.Table, "asked", r)
	}
	return out
}

// ofInquiry is for rows of InquiryQuestion and InquiryResponse, which name their inquiry alike.
func ofInquiry(cases ByPersona) ByPersona {
	out := ByPersona{}
	for p, r := range ofCase(cases) {
		out[p] = through(inquiryquestion.FieldInquiryID, medicalinquiry.Table, "inquiry", r)
	}
	return out
}

func ofResponse(column string) ByPersona {
	out := ByPersona{}
	for p, r := range responses {
		out[p] = through(column, inquiryresponse.Table, "response", r)
	}
	return out
}

// responses is who sees an answer: those who work on it always, those who asked once it was sent.
var responses = ByPersona{
	viewer.Patient:     sentTo(inquiryresponse.FieldInquiryID),
	viewer.Provider:    sentTo(inquiryresponse.FieldInquiryID),
	viewer.Liaison:     ofInquiry(asked)[viewer.Liaison],
	viewer.Staff:       ofInquiry(asked)[viewer.Staff],
	viewer.Coordinator: both(sent, ofInquiry(asked)[viewer.Coordinator]),
}

// sent matches responses that have left the house and were not recalled.
var sent = oneOf(inquiryresponse.FieldStatus, code.ResponseStatusSent, code.ResponseStatusAcknowledged, code.ResponseStatusSuperseded)

// sentTo matches responses that were sent to the viewer, who asked.
func sentTo(column string) Rule {
	return both(sent, through(column, medicalinquiry.Table, "inquiry",
		through(medicalinquiry.FieldCareCaseID, carecase.Table, "asked", own(carecase.FieldRequesterID))))
}

// published (PUBLISHED) matches resources that are approved, valid now, on label and written for the audience.
func published(audience string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(sql.EQ(s.C(knowledgeresource.FieldStatus), string(code.ResourceStatusApproved)))
			s.Where(sql.EQ(s.C(knowledgeresource.FieldLabelStatus), string(code.LabelStatusOnLabel)))
			s.Where(sql.EQ(s.C(audience), true))
			s.Where(sql.LTE(s.C(knowledgeresource.FieldEffectiveFrom), v.Now()))
			s.Where(sql.Or(
				sql.IsNull(s.C(knowledgeresource.FieldExpiresAt)),
				sql.GT(s.C(knowledgeresource.FieldExpiresAt), v.Now()),
			))
		}
	}
}

// citedToViewer matches resources that a response sent to the viewer relies on, whatever their label status.
func citedToViewer(v viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, responsecitation.Table, "cited", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(responsecitation.FieldResourceID), s.C(knowledgeresource.FieldID)))
			Apply(in, through(responsecitation.FieldResponseID, inquiryresponse.Table, "response", sentTo(inquiryresponse.FieldInquiryID))(v))
		}))
	}
}
