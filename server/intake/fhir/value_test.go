package fhir

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/code"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2019-03-10T08:00:00-04:00":      "2019-03-10T12:00:00Z",
		"2019-03-10T08:00:00.123456789Z": "2019-03-10T08:00:00.123456Z",
		"2019-03-10T08:00:00":            "2019-03-10T08:00:00Z",
		"2019-03-10":                     "2019-03-10T00:00:00Z",
		"2019-03":                        "2019-03-01T00:00:00Z",
		"2019":                           "2019-01-01T00:00:00Z",
		"":                               "",
		"2019-13":                        "",
		"2019-02-30":                     "",
		"0000":                           "",
		"0001-01-01T00:00:00+14:00":      "",
		"9999-12-31T23:00:00-14:00":      "",
		"2019-03-10T25:00:00Z":           "",
		"yesterday":                      "",
	} {
		got, err := parseTime(text)
		if want == "" {
			if err == nil {
				t.Errorf("%q: %v, want an error", text, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestDay(t *testing.T) {
	for text, want := range map[string]string{
		"1949-08-09": "1949-08-09", "1949-08": "none", "1949": "none", "": "none",
		"1949-8-9": "refused", "1990-13-45": "refused",
	} {
		r := &reader{}
		got := "none"
		if day := r.day("x", text); day != nil {
			got = string(*day)
		}
		if r.fault != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestValidNPI(t *testing.T) {
	for text, want := range map[string]bool{
		"1234567893": true, "1245319599": true, "1003000126": true,
		"1234567890": false, "9999999999": false, "80": false, "": false, "12345678931": false, "123456789a": false,
	} {
		if got := validNPI(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestCriterion(t *testing.T) {
	for query, want := range map[string]string{
		"identifier=http://a|b":                 "http://a b",
		"?identifier=http%3A%2F%2Fhl7.org%7C12": "http://hl7.org 12",
		"identifier=b":                          "",
		"identifier=|b":                         "",
		"identifier=http://a|b&name=x":          "",
		"identifier=a|b&identifier=c|d":         "",
		"name=x":                                "",
		"":                                      "",
	} {
		system, value, err := criterion(query)
		if got := system + " " + value; (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q: %q, %v, want %q", query, got, err, want)
		}
	}
}

func TestAddress(t *testing.T) {
	const key = "3d033033-65e0-4dc0-952b-ca1a2c545a17"
	for _, c := range []struct {
		entry  entry
		value  string
		global bool
	}{
		{entry{typ: "Patient", id: key}, "urn:uuid:" + key, true},
		{entry{typ: "Patient", fullURL: "urn:uuid:3D033033-65E0-4DC0-952B-CA1A2C545A17"}, "urn:uuid:" + key, true},
		{entry{typ: "Patient", id: "p1", fullURL: "https://a.example/fhir/Patient/p1"}, "https://a.example/fhir/Patient/p1", true},
		{entry{typ: "Patient", id: "p1", fullURL: "urn:uuid:p1"}, "Patient/p1", false},
		{entry{typ: "Patient", raw: []byte("{}")}, "Patient/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", false},
	} {
		value, global := c.entry.address()
		if value != c.value || global != c.global {
			t.Errorf("%+v: %s, %v", c.entry, value, global)
		}
	}
}

func TestRank(t *testing.T) {
	for text, want := range map[string]int{
		`{"resourceType":"Bundle"}`: Parties,
		`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Practitioner"}},{"resource":{"resourceType" : "Location"}}]}`: Parties,
		`{"resourceType":"Practitioner"},{"resourceType":"PractitionerRole"}`:                                                         Roles,
		`{"resourceType":"Encounter"},{"resourceType":"Patient"}`:                                                                     Patients,
		`{"resourceType":"Encounter"},{"resourceType":"PractitionerRole"}`:                                                            Dependants,
		`no JSON`: Parties,
	} {
		if got := Rank([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestDosageText(t *testing.T) {
	var structured dosage
	structured.Timing.Repeat.Frequency, structured.Timing.Repeat.Period, structured.Timing.Repeat.PeriodUnit = "2", "1", "d"
	structured.DoseAndRate = append(structured.DoseAndRate, struct {
		DoseQuantity struct {
			Value json.Number
			Unit  string
		}
	}{})
	structured.DoseAndRate[0].DoseQuantity.Value, structured.DoseAndRate[0].DoseQuantity.Unit = "1", "tablet"
	structured.AsNeededBoolean = true
	got := dosageText([]dosage{{Text: "at night"}, {PatientInstruction: "with water"}, structured, {}})
	if want := "at night; with water; 1 tablet, 2 × per 1 d, as needed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMerge(t *testing.T) {
	of := func(from, to string) span { return span{from: code.Date(from), to: code.Date(to)} }
	got := merge([]span{of("2011-01-02", "2012-01-01"), of("2010-01-01", "2011-01-01"), of("2010-02-01", "2010-03-01"), of("2014-01-01", "2014-01-01")})
	if len(got) != 2 || got[0].from != "2010-01-01" || got[0].to != "2012-01-01" || got[1].from != "2014-01-01" {
		t.Errorf("%+v", got)
	}
}
