package inquiries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/inquiryquestion"
	"github.com/carehub/carehub/ent/medicalinquiry"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/server/intake/edition"
	"github.com/carehub/carehub/server/intake/tally"
)

// System is what the identifiers of the rows belong to.
const System = "https://github.com/abachaa/MeQSum"

// Limits of the columns, in bytes.
const (
	maxQuestion   = 4000
	maxSubject    = 300
	maxIdentifier = 300
)

const typeInquiry = "Inquiry"

// Result is what became of a row.
type Result struct {
	tally.Tally
	// Changed are the cases that were opened.
	Changed []uuid.UUID
}

// Load opens the inquiry of a row, unless it is there. A question is never changed: a row that was taken in with
// another text is refused.
func Load(ctx context.Context, tx *ent.Tx, row *Row) (*Result, error) {
	if reason := row.refusal(); reason != "" {
		return row.Refused(reason), nil
	}
	there, err := find(ctx, tx, row)
	switch {
	case err != nil:
		return nil, err
	case there != nil && there.Text != row.text:
		return row.Refused("was taken in with another text"), nil
	case there != nil:
		result := &Result{}
		result.Count(typeInquiry, tally.Unchanged)
		return result, nil
	}
	return row.open(ctx, tx)
}

// refusal says why the row cannot be taken in.
func (r *Row) refusal() string {
	switch {
	case r.fault != "":
		return r.fault
	case strings.TrimSpace(r.text) == "":
		return "the question is empty"
	case len(r.text) > maxQuestion:
		return fmt.Sprintf("the question is longer than %d bytes", maxQuestion)
	case strings.Contains(r.text+r.summary+r.id, "\x00"):
		return "has a NUL character"
	case len(r.id) > maxIdentifier:
		return fmt.Sprintf("the name in File is longer than %d bytes", maxIdentifier)
	}
	return ""
}

// Refused is the result of a row that is not taken in.
func (r *Row) Refused(reason string) *Result {
	result := &Result{}
	result.Find(typeInquiry, tally.Finding{
		Outcome: tally.Refused, Source: r.file, Resource: typeInquiry + "/" + r.id,
		Path: fmt.Sprintf("line %d", r.line), Reason: reason,
	})
	return result
}

// key is what the row is found again by: its name or, where it has none, its text.
func (r *Row) key() string {
	if r.id != "" {
		return r.id
	}
	sum := sha256.Sum256([]byte(r.text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// find returns the question that the row was taken in as; nil when it was not.
func find(ctx context.Context, tx *ent.Tx, row *Row) (*ent.InquiryQuestion, error) {
	known, err := tx.ExternalIdentifier.Query().Where(
		externalidentifier.Entity("case"), externalidentifier.System(System), externalidentifier.Value(row.key()),
	).Only(ctx)
	if err != nil {
		return nil, ent.MaskNotFound(err)
	}
	inquiry, err := tx.MedicalInquiry.Query().Where(medicalinquiry.CareCaseID(known.EntityID)).Only(ctx)
	if err != nil {
		return nil, err
	}
	return tx.InquiryQuestion.Query().Where(inquiryquestion.InquiryID(inquiry.ID)).Only(ctx)
}

// open opens the inquiry. The asker has no account, so the answer cannot go through the portal; and nobody has
// attested that the question was unprompted, which keeps answers outside the label from it.
func (r *Row) open(ctx context.Context, tx *ent.Tx) (*Result, error) {
	result := &Result{}
	channel := code.ChannelEmail
	q := graph.Inquiry{
		Subject: r.subject(result), Questions: []graph.Question{{Text: r.text, Topic: code.InquiryTopicOther}},
		Channel: channel, PreferredDelivery: &channel, Requester: code.AccountKindPatient,
	}
	if suggestsSideEffect(r.text) {
		q.AdverseEvent = &r.text
		result.Remark("wording of a side effect: a case in drug safety opened (screened by wording, not by a person)")
	} else {
		result.Remark("no wording of a side effect (screened by wording, not by a person)")
	}
	if r.more {
		result.Remark("value in a column without a known name: left out")
	}
	opened, err := graph.OpenInquiry(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	result.Changed = append(result.Changed, opened.Case.ID)
	if opened.AdverseEvent != nil {
		result.Changed = append(result.Changed, opened.AdverseEvent.ID)
	}
	result.Count(typeInquiry, tally.Accepted)
	return result, tx.ExternalIdentifier.Create().
		SetEntity("case").SetSystem(System).SetValue(r.key()).SetEntityID(opened.Case.ID).Exec(ctx)
}

// form is the form of the web page that most questions were sent with.
var form = regexp.MustCompile(`^\s*SUBJECT:[ \t]*([^\n]*\S)`)

// subject is the heading of the inquiry: the subject that the asker gave it, or else the summary, or else how the
// question begins.
func (r *Row) subject(result *Result) string {
	subject := ""
	if m := form.FindStringSubmatch(r.text); m != nil {
		subject = edition.Line(m[1])
	}
	if subject == "" {
		result.Remark("question without a subject: its summary, or its beginning, is the subject")
		subject = edition.Line(r.summary)
	}
	if subject == "" {
		subject = edition.Line(r.text)
	}
	if len(subject) <= maxSubject {
		return subject
	}
	result.Remark("subject longer than 300 bytes: shortened; the question is whole")
	return cut(subject, maxSubject)
}

// cut is the beginning of a line, of so many bytes at most.
func cut(line string, limit int) string {
	const more = "…"
	end := limit - len(more)
	for !utf8.RuneStart(line[end]) {
		end--
	}
	return line[:end] + more
}
