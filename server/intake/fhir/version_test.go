package fhir

import (
	"strings"
	"testing"
)

// TestForeignVersion tells versions by what R4 does not have, wherever it stands in the bundle.
func TestForeignVersion(t *testing.T) {
	for _, s := range signs {
		value := map[byte]string{0: "true", asText: `"x"`, asObject: "{}", asList: "[]"}[s.shape]
		data := `{"type":"transaction","entry":[{"resource":{"resourceType":"Observation"}},{"resource":{"resourceType":"` +
			s.typ + `","` + s.element + `":` + value + `}}],"resourceType":"Bundle"}`
		if s.typ == "Observation" {
			data = strings.Replace(data, `{"resource":{"resourceType":"Observation"}},`, "", 1)
		}
		if _, err := Parse("x", []byte(data)); err == nil || !strings.Contains(err.Error(), "FHIR "+s.version+";") {
			t.Errorf("%s.%s: %v, want %s", s.typ, s.element, err, s.version)
		}
	}
	for version, types := range foreignTypes {
		for _, typ := range types {
			data := `{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"` + typ + `"}}]}`
			if _, err := Parse("x", []byte(data)); err == nil || !strings.Contains(err.Error(), "FHIR "+version+";") {
				t.Errorf("%s: %v, want %s", typ, err, version)
			}
		}
	}
}

// TestParse refuses as a whole what is no bundle to be taken in.
func TestParse(t *testing.T) {
	for data, want := range map[string]string{
		`{"resourceType":"Bundle","type":"transaction"}`:                       "",
		`{"resourceType":"Bundle","type":"batch","entry":[{"resource":5},{}]}`: "",
		`{"resourceType":"Bundle","type":"collection"}`:                        "",
		`{"resourceType":"Bundle","type":"history"}`:                           `type "history"`,
		`{"resourceType":"Bundle"}`:                                            `type ""`,
		`{"resourceType":"Patient"}`:                                           "",
		`{"resourceType":"Patient","careProvider":[]}`:                         "FHIR DSTU2",
		`{}`: "", // one resource, which is at fault
		`[]`: "it: a JSON array",
		``:   "not JSON at byte 0",
		`{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"id"`: "not JSON at byte 72",
		`{"resourceType":"Bundle","type":"transaction","entry":{}}`:                "entry: a JSON object",
	} {
		_, err := Parse("x", []byte(data))
		switch {
		case want == "" && err != nil, want != "" && err == nil, err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}
