package graph

import (
	"cmp"
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// evidence is what proves a consent.
type evidence struct {
	kind     code.EvidenceKind
	ref      string
	argument string
	document *uuid.UUID
	// script and agent are of a call; from is the address of a signature.
	script, agent, from *string
}

// proof reads the evidence and checks that it is of a kind that the channel leaves behind.
func proof(channel code.Channel, in *model.ConsentEvidenceInput) (evidence, error) {
	var e evidence
	given := 0
	for _, one := range []*string{in.SignatureID, in.RecordingID, in.DocumentID, in.Witness} {
		if one != nil {
			given++
		}
	}
	if given != 1 {
		return e, fault.Input("input.evidence", "exactly one proof")
	}
	switch {
	case in.SignatureID != nil:
		e = evidence{kind: code.EvidenceKindESignature, ref: *in.SignatureID, argument: "signatureId"}
	case in.RecordingID != nil:
		e = evidence{kind: code.EvidenceKindPhoneRecording, ref: *in.RecordingID, argument: "recordingId"}
	case in.DocumentID != nil:
		e = evidence{kind: code.EvidenceKindScannedDocument, ref: *in.DocumentID, argument: "documentId"}
	case in.Witness != nil:
		e = evidence{kind: code.EvidenceKindWitness, ref: *in.Witness, argument: "witness"}
	}
	e.argument = "input.evidence." + e.argument
	if n := utf8.RuneCountInString(strings.TrimSpace(e.ref)); n < 1 || n > 300 {
		return e, fault.Input(e.argument, "1 to 300 characters")
	}
	if wanted, ok := proofs[channel]; !ok || wanted != e.kind {
		return e, fault.Input(e.argument, "a consent given over %s is proved by %s", channel, cmp.Or(string(wanted), "nothing"))
	}
	return e, nil
}

// proved reads the evidence of a consent that is recorded: a document must be the patient's own, and a call tells who
// took it, and what was read.
func (c *change) proved(patient uuid.UUID, input model.RecordConsentInput) (evidence, error) {
	e, err := proof(input.CapturedVia, input.Evidence)
	if err != nil {
		return e, err
	}
	if e.kind == code.EvidenceKindScannedDocument {
		id, err := gid.Parse(c.viewer, e.ref)
		if err != nil || id.Prefix != "document" {
			return e, fault.Input(e.argument, "the identifier is not of a document")
		}
		found, err := c.tx.Document.Get(c, id.UUID)
		if err != nil {
			return e, missing(err, "document", e.argument)
		}
		if found.PatientID != patient {
			return e, fault.Input(e.argument, "a document of another patient")
		}
		e.document, e.ref = &found.ID, "sha256:"+found.Sha256
	}
	call := input.CapturedVia == code.ChannelPhone
	if call {
		e.agent = &c.viewer.Name
	}
	for _, t := range []struct {
		text     *string
		argument string
		limit    int
		set      **string
	}{{input.ScriptVersion, "input.scriptVersion", 60, &e.script}, {input.AgentName, "input.agentName", 200, &e.agent}} {
		if t.text == nil {
			continue
		}
		if !call {
			return e, fault.Input(t.argument, "only of a consent given over PHONE")
		}
		text, err := words(*t.text, t.argument, t.limit)
		if err != nil {
			return e, err
		}
		*t.set = &text
	}
	return e, nil
}

// proofs is the kind of evidence that a consent leaves behind, by its channel.
var proofs = map[code.Channel]code.EvidenceKind{
	code.ChannelPortal:   code.EvidenceKindESignature,
	code.ChannelApp:      code.EvidenceKindESignature,
	code.ChannelPhone:    code.EvidenceKindPhoneRecording,
	code.ChannelFax:      code.EvidenceKindScannedDocument,
	code.ChannelLetter:   code.EvidenceKindScannedDocument,
	code.ChannelEmail:    code.EvidenceKindScannedDocument,
	code.ChannelInPerson: code.EvidenceKindWitness,
}

type addressKey struct{}

// From returns the context of a request that came from the address, which a signature is recorded with.
func From(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// addressOf returns the address from which the context's request came; nil where nobody knows.
func addressOf(ctx context.Context) *string {
	address, _ := ctx.Value(addressKey{}).(string)
	if address == "" || len(address) > 45 {
		return nil
	}
	return &address
}
