package lifecycle

import (
	"fmt"

	"github.com/carehub/carehub/ent/code"
)

// PlacementError says that a department may not hold a case.
type PlacementError struct {
	Department code.DepartmentCode
	Why        string
}

// Error implements error.
func (e *PlacementError) Error() string {
	return fmt.Sprintf("%s may not hold it: %s", e.Department, e.Why)
}

// MayHold checks that the department may hold a case of the kind and label status, whichever way it came there:
// adverse events stay in drug safety, complaints in quality, and nothing off-label ever reaches COMMERCIAL.
func MayHold(department code.DepartmentCode, kind code.CaseKind, label code.LabelStatus) error {
	switch {
	case kind == code.CaseKindAdverseEvent && department != code.DepartmentCodeDrugSafety:
		return &PlacementError{department, "an adverse event is the work of drug safety"}
	case kind == code.CaseKindProductComplaint && department != code.DepartmentCodeQuality:
		return &PlacementError{department, "a product complaint is the work of quality"}
	case department == code.DepartmentCodeCommercial && OffLabel(label):
		return &PlacementError{department, "a question outside the label is never answered by sales"}
	}
	return nil
}

// OffLabel reports whether the status is one that demands the care of an off-label answer.
func OffLabel(label code.LabelStatus) bool {
	return label == code.LabelStatusOffLabel || label == code.LabelStatusInvestigational
}
