package labels

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/carehub/carehub/server/intake/edition"
)

// OpenFDA reads labels in JSON: an answer of openFDA's API with its results, an array of labels, or one label. An error
// refuses the file as a whole.
func OpenFDA(file string, data []byte) ([]*Label, error) {
	var answer struct {
		Results []json.RawMessage `json:"results"`
		Set     json.RawMessage   `json:"set_id"`
	}
	var found []json.RawMessage
	err := json.Unmarshal(data, &found)
	if err != nil {
		if err = json.Unmarshal(data, &answer); err == nil {
			found = answer.Results
		}
	}
	switch {
	case !json.Valid(data):
		return nil, errors.New("no JSON")
	case err != nil, found == nil && answer.Set == nil:
		return nil, errors.New("neither a label of openFDA nor its answer with results")
	case found == nil:
		found = []json.RawMessage{data}
	}
	labels := make([]*Label, len(found))
	for i, raw := range found {
		labels[i] = openFDA(file, i, raw)
	}
	return labels, nil
}

// head is what a label in JSON has beside its sections.
type head struct {
	Set       string `json:"set_id"`
	Version   string `json:"version"`
	Effective string `json:"effective_time"`
	Of        struct {
		Brands       []string `json:"brand_name"`
		Generics     []string `json:"generic_name"`
		Manufacturer []string `json:"manufacturer_name"`
		Kind         []string `json:"product_type"`
	} `json:"openfda"`
}

// besides are the members of a label that are no sections.
var besides = []string{"set_id", "id", "version", "effective_time", "openfda"}

// productData is the section of a label that is no text.
const productData = "spl_product_data_elements"

func openFDA(file string, at int, raw json.RawMessage) *Label {
	l := &Label{file: file, typ: typeLabel, key: fmt.Sprintf("results[%d]", at)}
	var h head
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || json.Unmarshal(raw, &h) != nil {
		l.refuse("", "not of the form of openFDA")
		return l
	}
	l.identify(h.Set)
	if h.Version == "" {
		l.remarks = append(l.remarks, "label without a version: the next edition")
	} else {
		l.number(h.Version)
	}
	if h.Effective == "" {
		l.remarks = append(l.remarks, "label without an effective time: the moment of import")
	} else {
		l.effective(h.Effective)
	}
	l.brands, l.generics = lined(h.Of.Brands), lined(h.Of.Generics)
	kind := ""
	if len(h.Of.Kind) > 0 {
		kind = edition.Line(h.Of.Kind[0]) + " label"
	}
	l.entitle(kind)
	l.Attribution = "openFDA, US Food and Drug Administration (CC0 1.0)"
	if len(h.Of.Manufacturer) > 0 {
		l.Attribution = "Label of " + edition.Line(h.Of.Manufacturer[0]) + ", by " + l.Attribution
	}
	for _, name := range besides {
		delete(members, name)
	}
	l.Body = l.written(members)
	return l
}

func lined(names []string) []string {
	var out []string
	for _, name := range names {
		if name = edition.Line(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// written is the text of the sections: the known ones in their order, then the others by name. Tables are left out:
// openFDA gives them once more, in HTML, beside the section that has their text.
func (l *Label) written(members map[string]json.RawMessage) string {
	var blocks []string
	write := func(key, heading string) {
		var texts []string
		switch {
		case json.Unmarshal(members[key], &texts) != nil:
			l.remarks = append(l.remarks, "member of a label that is no text: left out")
			return
		case strings.HasSuffix(key, "_table"):
			l.remarks = append(l.remarks, "table in HTML that repeats the text of its section: left out")
			return
		case key == productData:
			l.sections = append(l.sections, part{code: key, data: true})
			return
		}
		l.sections = append(l.sections, part{code: key})
		if heading != "" {
			blocks = append(blocks, heading)
		}
		for _, text := range texts {
			if text = trimmed(text); text != "" {
				blocks = append(blocks, text)
			}
		}
	}
	rest := maps.Clone(members)
	for _, s := range sections {
		if _, has := members[s.key]; has {
			write(s.key, s.heading)
			delete(rest, s.key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rest)) {
		write(key, inWords(key))
	}
	return strings.Join(blocks, "\n\n")
}
