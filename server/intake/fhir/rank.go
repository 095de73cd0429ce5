package fhir

import (
	"bytes"
	"strings"
)

// MaxRank is the highest rank of resources: those of a rank refer to none of a higher one. The sources are gone
// through once per rank, so that what a resource refers to is there before it, in whatever order files and lines are.
const MaxRank = 7

// rankOf is a resource's rank. What is only counted has the first.
func rankOf(typ string) int {
	if kind, has := mapped[typ]; has {
		return kind.rank
	}
	return exportedOnly[typ].rank
}

// AllRanks stands for the rank where a document is taken in as a whole.
const AllRanks = -1

// Plan says at which ranks a document is visited.
type Plan uint16

// atOnce is the bit of a plan that takes a bundle in as a whole, at the one rank that the plan has.
const atOnce Plan = 1 << (MaxRank + 1)

func (p Plan) with(rank int) Plan { return p | 1<<rank }

// Visits tells whether there is something to do at a rank.
func (p Plan) Visits(rank int) bool { return p&(1<<rank) != 0 }

// Survey makes the plan for a bundle or a single resource from its text, without reading it as JSON: to be taken in
// as a whole at the rank of its patients, else at its highest. It reports false for a bundle that refers to a patient,
// or to what belongs to one, in another document: such a bundle is taken in rank by rank. Both depend on nothing but
// the text, so a run that is taken up again plans as the one that was killed.
func Survey(data []byte) (Plan, bool) {
	highest, patient, bundle := 0, false, false
	for typ := range values(data, `"resourceType"`) {
		highest = max(highest, rankOf(typ))
		patient = patient || typ == "Patient"
		bundle = bundle || typ == "Bundle"
	}
	switch {
	case !bundle:
	case refersElsewhere(data):
		return 0, false
	case patient:
		highest = rankOf("Patient")
	}
	return atOnce.with(highest), true
}

// Whole tells that the document is taken in as a whole.
func (p Plan) Whole() bool { return p&atOnce != 0 }

// Plan is that of a bundle that is taken in rank by rank.
func (b *Bundle) Plan() Plan {
	var p Plan
	for _, e := range b.entries {
		p = p.with(rankOf(e.typ))
	}
	return p
}

// refersElsewhere tells whether a bundle refers to what it does not contain, parties apart: those come before it
// however it is taken in.
func refersElsewhere(data []byte) bool {
	there := map[string]bool{}
	for address := range values(data, `"fullUrl"`) {
		there[address] = true
		if parts := strings.Split(address, "/"); len(parts) > 2 {
			there[strings.Join(parts[len(parts)-2:], "/")] = true
		}
	}
	for reference := range values(data, `"reference"`) {
		typ, _, _ := strings.Cut(reference, "?")
		parts := strings.Split(typ, "/")
		typ = parts[max(len(parts)-2, 0)]
		kind, has := mapped[typ]
		isUUID := strings.HasPrefix(reference, uuidScheme)
		switch {
		case there[reference], has && kind.rank < rankOf("Patient"), !has && !isUUID:
		case len(parts) >= 2 && there[strings.Join(parts[len(parts)-2:], "/")]:
		default:
			return true
		}
	}
	return false
}

// values are the texts of a key wherever it stands in a JSON document, as far as they are written without escapes.
func values(data []byte, key string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for rest := data; ; {
			at := bytes.Index(rest, []byte(key))
			if at < 0 {
				return
			}
			rest = bytes.TrimLeft(rest[at+len(key):], " \t\r\n")
			if !bytes.HasPrefix(rest, []byte{':'}) {
				continue
			}
			text := bytes.TrimLeft(rest[1:], " \t\r\n")
			if !bytes.HasPrefix(text, []byte{'"'}) {
				continue
			}
			if end := bytes.IndexByte(text[1:], '"'); end >= 0 && !yield(string(text[1:end+1])) {
				return
			}
		}
	}
}
