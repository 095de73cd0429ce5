package fhir

import (
	"strings"

	"github.com/carehub/carehub/ent/code"
)

// nucc is the code system of specialties and of kinds of organizations: the Health Care Provider Taxonomy.
const nucc = "http://nucc.org/provider-taxonomy"

// qualificationOf tells a profession by its NUCC code: 20 begins physicians, 1835 pharmacists.
func qualificationOf(taxonomy string) code.Qualification {
	switch {
	case strings.HasPrefix(taxonomy, "20"):
		return code.QualificationPhysician
	case strings.HasPrefix(taxonomy, "1835"):
		return code.QualificationPharmacist
	}
	return code.QualificationOtherHealthProfessional
}

// kindOfTaxonomy tells the kind of an organization by its NUCC code, where one is certain: 28 begins hospitals,
// 261Q clinics and centers, 302 and 305 managed care organizations, which pay.
func kindOfTaxonomy(taxonomy string) (code.OrganizationKind, bool) {
	for _, k := range []struct {
		prefix string
		kind   code.OrganizationKind
	}{
		{"28", code.OrganizationKindHospital},
		{"261Q", code.OrganizationKindClinic},
		{"302", code.OrganizationKindPayer},
		{"305", code.OrganizationKindPayer},
	} {
		if strings.HasPrefix(taxonomy, k.prefix) {
			return k.kind, true
		}
	}
	return "", false
}
