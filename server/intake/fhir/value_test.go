package fhir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

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

func TestSurvey(t *testing.T) {
	const bundle = `{"resourceType":"Bundle","entry":[`
	entry := func(typ, id, more string) string {
		return `{"fullUrl" : "urn:uuid:` + id + `","resource":{"resourceType": "` + typ + `"` + more + `}},`
	}
	at := func(typ string) Plan { return atOnce.with(rankOf(typ)) }
	of := func(reference string) string { return `,"subject":{"reference": "` + reference + `"}` }
	for text, want := range map[string]Plan{
		bundle: atOnce.with(0),
		bundle + entry("Practitioner", "1", "") + entry("Location", "2", ""):                                       at("Location"),
		bundle + entry("Encounter", "1", of("urn:uuid:2")) + entry("Patient", "2", ""):                             at("Patient"),
		bundle + entry("Encounter", "1", of("Practitioner?identifier=a|b")) + entry("Patient", "2", ""):            at("Patient"),
		bundle + entry("Encounter", "1", of("Organization/3")+of("#x")+of("Binary/3")) + entry("Patient", "2", ""): at("Patient"),
		bundle + `{"fullUrl":"http://a/Patient/2"},` + entry("Encounter", "1", of("Patient/2")):                    at("Encounter"),
		bundle + entry("Encounter", "1", of("urn:uuid:3")) + entry("Patient", "2", ""):                             0,
		bundle + entry("Encounter", "1", of("Patient/3")):                                                          0,
		bundle + entry("Encounter", "1", of("Patient?identifier=a|b")) + entry("Patient", "2", ""):                 0,
		`{"resourceType":"PractitionerRole"}`:                                                                      at("PractitionerRole"),
		`{"resourceType":"Encounter"` + of("Patient/3") + `}`:                                                      at("Encounter"),
		`no JSON "resourceType" : 1 "resourceType":"`:                                                              atOnce.with(0),
	} {
		plan, whole := Survey([]byte(text))
		if plan != want || whole != (want != 0) || whole != plan.Whole() {
			t.Errorf("%s: %b, %v, want %b", text, plan, whole, want)
		}
	}
	b, err := Parse("x", []byte(bundle+strings.TrimSuffix(entry("Encounter", "1", "")+entry("Observation", "2", ""), ",")+`],"type":"batch"}`))
	if err != nil || b.Plan() != Plan(0).with(0).with(rankOf("Encounter")) {
		t.Errorf("%b, %v", b.Plan(), err)
	}
}

// TestLines reads a bulk export in parts of its lines, and says which cannot be read.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxRecord)
	text := "\uFEFF" + `{"resourceType":"Patient","id":"1"}` + "\r\n\n" + `{"resourceType":"Encounter"}` + "\n{\"a\n" +
		`{"resourceType":"Patient","id":"\xE9"}` + "\n" + `{"id":"` + long + `"}` + "\n" + `{"id":"x"}`
	text = strings.Replace(text, `\xE9`, "\xE9", 1)
	for range 400 {
		text += "\n" + `{"resourceType":"Patient","id":"2"}`
	}
	read := func(rank int) (parts []int, all []*entry, plan Plan) {
		lines := ReadLines("x", strings.NewReader(text), rank)
		for {
			b, err := lines.Next()
			if errors.Is(err, io.EOF) {
				return parts, all, lines.Plan()
			}
			if err != nil {
				t.Fatal(err)
			}
			parts, all = append(parts, b.Len()), append(all, b.entries...)
		}
	}
	parts, patients, plan := read(rankOf("Patient"))
	if diff := cmp.Diff([]int{256, 145}, parts); diff != "" || plan != Plan(0).with(0).with(rankOf("Patient")).with(rankOf("Encounter")) {
		t.Errorf("plan %b, parts %s", plan, diff)
	}
	if patients[0].line != 1 || patients[1].line != 8 || patients[400].line != 407 {
		t.Errorf("lines %d, %d, %d", patients[0].line, patients[1].line, patients[400].line)
	}
	_, broken, _ := read(0)
	var got []string
	for _, e := range broken {
		got = append(got, fmt.Sprintf("%d %s: %s", e.line, e.fault.path, e.fault.reason))
	}
	want := []string{
		"4 Resource: not JSON at byte 3", "5 Resource: not written in UTF-8: byte 106",
		"6 Resource: longer than 16777216 bytes", "7 resourceType: missing",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		r   io.Reader
		err string
	}{
		{strings.NewReader("\xFF\xFE{\x00"), "written in UTF-16; UTF-8 is expected"},
		{io.MultiReader(strings.NewReader("{}\n{"), iotest.ErrReader(io.ErrUnexpectedEOF)), "cut off after byte 4, in line 2"},
	} {
		lines := ReadLines("x", c.r, 5)
		if _, err := lines.Next(); err == nil || err.Error() != c.err {
			t.Errorf("%v, want %s", err, c.err)
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
