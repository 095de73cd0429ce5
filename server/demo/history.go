package demo

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph"
)

// asked is an inquiry that is to be told: who asked, about what, how long ago, and what became of it.
type asked struct {
	by      string
	product string
	ago     time.Duration
	plot    []beat
	ae      bool
	// about is the patient whom it concerns, one who signs in.
	about string
}

// lately are the inquiries of these days: what waits in the queues and what is being worked on. None of the plots
// is longer than its inquiry is old.
var lately = []asked{
	{by: "provider", product: "Avelurix", ago: 2 * time.Hour},
	{by: "provider", product: "Avelurix", ago: 20 * time.Hour, ae: true, about: "patient"},
	{by: "provider", product: "Cordaneva", ago: 30 * time.Hour, plot: accepted},
	{by: "provider3", product: "Rhemadora", ago: 41 * time.Hour},
	{by: "provider", product: "Avelurix", ago: 50 * time.Hour, plot: drafted},
	{by: "provider3", product: "Avelurix", ago: 64 * time.Hour, plot: inReview},
	{by: "provider", product: "Avelurix", ago: 72 * time.Hour, plot: answered, about: "patient"},
	{by: "provider3", product: "Oncavyra", ago: 100 * time.Hour}, // overdue
	{by: "provider2", product: "Oncavyra", ago: 3 * time.Hour, about: "patient2"},
	{by: "provider2", product: "Avelurix", ago: 17 * time.Hour, ae: true},
	{by: "provider4", product: "Dermivanza", ago: 27 * time.Hour},
	{by: "provider2", product: "Oncavyra", ago: 33 * time.Hour, plot: accepted},
	{by: "provider4", product: "Rhemadora", ago: 58 * time.Hour, plot: drafted},
	{by: "provider2", product: "Oncavyra", ago: 92 * time.Hour}, // overdue
	{by: "provider5", product: "Cordaneva", ago: 5 * time.Hour}, // no liaison serves there
	{by: "provider6", product: "Oncavyra", ago: 29 * time.Hour, plot: accepted},
	{by: "provider7", product: "CHB-204", ago: 44 * time.Hour},
	{by: "provider8", product: "Avelurix", ago: 9 * time.Hour}, // not verified yet
}

// before are the inquiries of the year: one every twelve days, with plots in turn.
func before() []asked {
	askers := []string{"provider", "provider2", "provider3", "provider5", "provider4", "provider", "provider6", "provider2", "provider7"}
	products := []string{"Avelurix", "Oncavyra", "Rhemadora", "Cordaneva", "Dermivanza"}
	served := [][]beat{closed, closed, returned, closed, handedOver, answered}
	var out []asked
	for i := range 29 {
		a := asked{by: askers[i%len(askers)], product: products[i%len(products)], ago: time.Duration(i+1) * 12 * day, ae: i%7 == 3}
		switch {
		case a.product == "Avelurix" && i%2 == 0:
			a.plot = [][]beat{offLabel, sentBack}[i/2%2]
		default:
			a.plot = served[i%len(served)]
		}
		if i%4 == 1 {
			a.about = map[string]string{"provider": "patient", "provider2": "patient2"}[a.by]
		}
		out = append(out, a)
	}
	return out
}

// questions are what professionals ask, by topic.
var questions = []struct {
	topic code.InquiryTopic
	text  string
}{
	{code.InquiryTopicDosing, "Is the dose of %s adjusted in renal impairment?"},
	{code.InquiryTopicInteraction, "Can %s be given together with strong inhibitors of CYP3A4?"},
	{code.InquiryTopicSafety, "How often were infections seen under %s in the trials?"},
	{code.InquiryTopicEfficacy, "How long does it take until %s shows its full effect?"},
	{code.InquiryTopicStability, "%s was left outside of the refrigerator overnight. May it still be used?"},
	{code.InquiryTopicPharmacokinetics, "What is the half-life of %s in patients over 75?"},
	{code.InquiryTopicAvailability, "Is %s to be had in a smaller pack?"},
	{code.InquiryTopicOther, "Is there patient material on %s in Spanish?"},
}

// reports are adverse events as professionals tell them.
var reports = []string{
	"A patient in the sixties developed urticaria two hours after the second dose; it resolved with an antihistamine.",
	"A patient was admitted for one night with shortness of breath ten days after the first dose and has recovered.",
	"Liver enzymes rose to three times the upper limit in the sixth week; the treatment was interrupted.",
}

// scene is one step of a tale at its moment.
type scene struct {
	at      time.Time
	tale    *tale
	happens func(context.Context, *tale) error
}

// tell lets the inquiries of the year happen, through the API and in the order of time.
func (w *world) tell(ctx context.Context, identities *graph.Directory, in *graph.API, progress io.Writer) error {
	var scenes []scene
	for i, a := range append(before(), lately...) {
		scenes = append(scenes, w.scenes(i, a, api{in, identities})...)
	}
	slices.SortStableFunc(scenes, func(a, b scene) int { return a.at.Compare(b.at) })
	for _, s := range scenes {
		s.tale.at = s.at
		if err := s.happens(ctx, s.tale); err != nil {
			return fmt.Errorf("inquiry of %s on %s: %w", s.tale.asker.subject, s.tale.product.name, err)
		}
	}
	fmt.Fprintf(progress, "demo data: %d steps of inquiries\n", len(scenes))
	return nil
}

// scenes decides when the steps of an inquiry happen.
func (w *world) scenes(i int, a asked, in api) []scene {
	d := w.dice("inquiry %d", i)
	t := &tale{api: in, product: w.products[a.product]}
	for _, p := range w.providers {
		if p.subject == a.by {
			t.asker = p
		}
	}
	switch t.asker.at.territory() {
	case code.TerritoryNortheast:
		t.worker = "liaison"
	case code.TerritoryWest:
		t.worker = "liaison2"
	default: // the case enters medical information
		t.worker = "reviewer"
		if a.ago > 5*day {
			a.plot = informed
		}
	}
	t.inquiry = w.inquiry(t, a, d)
	at := w.now.Add(-a.ago)
	out := []scene{{at, t, asks}}
	if a.ae && a.ago > 5*day {
		out = append(out, scene{at.Add(d.between(time.Hour, 9*time.Hour)), t, takesUp})
	}
	for _, b := range a.plot {
		at = at.Add(d.between(b.low, b.high))
		out = append(out, scene{at, t, b.happens})
	}
	return out
}

// inquiry is the input of the mutation that opens the tale.
func (w *world) inquiry(t *tale, a asked, d dice) map[string]any {
	var list []any
	first := d.IntN(len(questions))
	for n := range 1 + d.IntN(2) {
		q := questions[(first+3*n)%len(questions)]
		list = append(list, map[string]any{"topic": string(q.topic), "text": fmt.Sprintf(q.text, t.product.name)})
	}
	input := map[string]any{
		"productId": key("product", t.product.id), "unsolicited": true, "involvesAdverseEvent": a.ae, "questions": list,
	}
	if a.ae {
		input["adverseEventText"] = pick(d, reports)
	}
	if a.about != "" {
		input["patientId"] = key("patient", w.patients[a.about].id)
	}
	return input
}

func key(prefix string, id uuid.UUID) string { return gid.ID{Prefix: prefix, UUID: id}.String() }
