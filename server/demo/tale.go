package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/carehub/carehub/ent/code"
)

// tale is one inquiry on its way.
type tale struct {
	api
	asker   *provider
	product *product
	worker  string // of the department that it enters: a liaison where one serves
	at      time.Time

	inquiry  map[string]any
	caseID   string
	report   string // the case of the adverse event
	question string
	response string
}

// beat is one step of a tale: how long after the one before, and what happens.
type beat struct {
	low, high time.Duration
	happens   func(context.Context, *tale) error
}

// The plots. Where nobody is named, the tale's worker acts. Without a plot an inquiry waits.
var (
	accepted = []beat{accepts("")}
	drafted  = []beat{accepts(""), classifies("", code.LabelStatusOnLabel), drafts("", code.ResponseKindStandardLetter)}
	answered = append(drafted[:3:3], approves(""), sends(""))
	closed   = append(answered[:5:5], acknowledges())
	returned = append([]beat{accepts(""), returns("", "I am away until Monday")}, closed...)
	// A liaison hands a question over to medical information, which answers it.
	handedOver = append([]beat{accepts(""), reroutes("", code.DepartmentCodeMedicalInformation, "needs the literature service")}, informed...)
	informed   = []beat{
		accepts("reviewer"), drafts("reviewer", code.ResponseKindStandardLetter), approves("reviewer"), sends("reviewer"), acknowledges(),
	}
	// A question outside the label moves by rule, and its answer is reviewed by somebody else.
	offLabel = []beat{
		accepts(""), classifies("", code.LabelStatusOffLabel), accepts("liaison"), drafts("liaison", code.ResponseKindCustomLetter),
		hands("liaison"), approves("reviewer"), sends("liaison"), acknowledges(),
	}
	sentBack = []beat{
		accepts(""), classifies("", code.LabelStatusOffLabel), accepts("liaison"), drafts("liaison", code.ResponseKindCustomLetter),
		hands("liaison"), sendsBack("name the study's limits"), hands("liaison"), approves("reviewer"), sends("liaison"), acknowledges(),
	}
	inReview = offLabel[:5:5]
)

// step runs a mutation of the tale at its present moment.
func (t *tale) step(ctx context.Context, by, mutation, selection string, input map[string]any) (*payload, error) {
	portal := code.PortalStaffConsole
	switch by {
	case "":
		by = t.worker
	case t.asker.subject:
		portal = code.PortalProviderPortal
	}
	return t.do(ctx, by, string(portal), t.at, mutation, selection, input)
}

// asks opens the tale.
func asks(ctx context.Context, t *tale) error {
	made, err := t.step(ctx, t.asker.subject, "submitMedicalInquiry", "case { id inquiry { questions { nodes { id } } } } adverseEventCase { id }", t.inquiry)
	if err != nil {
		return err
	}
	t.caseID, t.question = made.Case.ID, made.Case.Inquiry.Questions.Nodes[0].ID
	if made.AdverseEventCase != nil {
		t.report = made.AdverseEventCase.ID
	}
	return nil
}

// takesUp lets drug safety accept the adverse event of the tale.
func takesUp(ctx context.Context, t *tale) error {
	_, err := t.step(ctx, "safety", "acceptCase", "case { id }", map[string]any{"caseId": t.report})
	return err
}

func accepts(by string) beat {
	return onCase(by, "acceptCase", 20*time.Minute, 9*time.Hour, nil)
}

func returns(by, reason string) beat {
	return onCase(by, "returnToQueue", time.Hour, 12*time.Hour, map[string]any{"reason": reason})
}

func reroutes(by string, to code.DepartmentCode, reason string) beat {
	return onCase(by, "rerouteCase", time.Hour, 8*time.Hour, map[string]any{"department": string(to), "reason": reason})
}

// onCase is a beat whose mutation is about the case.
func onCase(by, mutation string, low, high time.Duration, more map[string]any) beat {
	return beat{low, high, func(ctx context.Context, t *tale) error {
		input := map[string]any{"caseId": t.caseID}
		for name, value := range more {
			input[name] = value
		}
		_, err := t.step(ctx, by, mutation, "case { id }", input)
		return err
	}}
}

func classifies(by string, label code.LabelStatus) beat {
	return beat{10 * time.Minute, 2 * time.Hour, func(ctx context.Context, t *tale) error {
		_, err := t.step(ctx, by, "classifyQuestion", "case { id }", map[string]any{"questionId": t.question, "labelStatus": string(label)})
		return err
	}}
}

func drafts(by string, kind code.ResponseKind) beat {
	return beat{time.Hour, 14 * time.Hour, func(ctx context.Context, t *tale) error {
		input := map[string]any{
			"caseId": t.caseID, "kind": string(kind),
			"body":        fmt.Sprintf("Thank you for your question on %s. The enclosed document answers it.", t.product.name),
			"resourceIds": []any{key("resource", t.product.letter), key("resource", t.product.label)},
		}
		if kind == code.ResponseKindCustomLetter {
			input["body"] = fmt.Sprintf("You asked about a use of %s that is not approved. What has been published is enclosed, with the label.", t.product.name)
			input["disclaimers"] = []any{"This use is not approved by the FDA.", "See the enclosed prescribing information for the approved use and its risks."}
			input["resourceIds"] = []any{key("resource", t.product.unlabelledUse), key("resource", t.product.label)}
		}
		made, err := t.step(ctx, by, "draftInquiryResponse", "response { id }", input)
		if err == nil {
			t.response = made.Response.ID
		}
		return err
	}}
}

func hands(by string) beat {
	return onResponse(by, "submitResponseForReview", 10*time.Minute, 3*time.Hour, nil)
}

func sendsBack(reason string) beat {
	return onResponse("reviewer", "returnInquiryResponse", time.Hour, 8*time.Hour, map[string]any{"reason": reason})
}

func approves(by string) beat {
	return onResponse(by, "approveInquiryResponse", 30*time.Minute, 10*time.Hour, nil, "unmet { code message }")
}

func sends(by string) beat {
	return onResponse(by, "sendInquiryResponse", 5*time.Minute, 2*time.Hour, nil, "unmet { code message }")
}

func acknowledges() beat {
	return beat{2 * time.Hour, 70 * time.Hour, func(ctx context.Context, t *tale) error {
		_, err := t.step(ctx, t.asker.subject, "acknowledgeResponse", "response { id }", map[string]any{"responseId": t.response})
		return err
	}}
}

// onResponse is a beat whose mutation is about the answer.
func onResponse(by, mutation string, low, high time.Duration, more map[string]any, selection ...string) beat {
	return beat{low, high, func(ctx context.Context, t *tale) error {
		input := map[string]any{"responseId": t.response}
		for name, value := range more {
			input[name] = value
		}
		selected := "response { id }"
		for _, s := range selection {
			selected += " " + s
		}
		_, err := t.step(ctx, by, mutation, selected, input)
		return err
	}}
}
