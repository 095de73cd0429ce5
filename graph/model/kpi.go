package model

import (
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/graph/kpi"
)

// EnrollmentDurations, and what follows it, are the key figures by the rows that they count.
type (
	EnrollmentDurations = kpi.Durations[ent.Enrollment]
	ConsentDurations    = kpi.Durations[ent.Consent]
	ConsentRate         = kpi.Rate[ent.Consent]
)

// CoordinatorKpis are the key figures of a coordinator. Each is read when it is asked for.
type CoordinatorKpis struct {
	From, To, AsOf time.Time
	Window         kpi.Window
}

// FunnelStage is how many enrollments of a cohort came that far.
type FunnelStage struct {
	Stage      kpi.Stage
	Count      int
	Conversion *float64
	All        kpi.Part
}
