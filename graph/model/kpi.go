package model

import (
	"time"

	"github.com/carehub/carehub/graph/kpi"
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
