package labels

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// section is a section of a label: its LOINC code, what openFDA calls it, and a heading for where it has none.
type section struct{ loinc, key, heading string }

// sections are those that 21 CFR 201.57, 201.80 and 201.66 know, in the order of the first, with what older labels and
// those of over-the-counter drugs have instead beside it. It is the order of the labels that openFDA gives, where the
// order is lost.
var sections = []section{
	{"34066-1", "boxed_warning", "Boxed warning"},
	{"43683-2", "recent_major_changes", "Recent major changes"},
	{"55106-9", "active_ingredient", "Active ingredient"},
	{"55105-1", "purpose", "Purpose"},
	{"34067-9", "indications_and_usage", "Indications and usage"},
	{"34068-7", "dosage_and_administration", "Dosage and administration"},
	{"43678-2", "dosage_forms_and_strengths", "Dosage forms and strengths"},
	{"34070-3", "contraindications", "Contraindications"},
	{"43685-7", "warnings_and_cautions", "Warnings and precautions"},
	{"34071-1", "warnings", "Warnings"},
	{"50570-1", "do_not_use", "Do not use"},
	{"50569-3", "ask_doctor", "Ask a doctor before use"},
	{"50568-5", "ask_doctor_or_pharmacist", "Ask a doctor or pharmacist before use"},
	{"50567-7", "when_using", "When using this product"},
	{"50566-9", "stop_use", "Stop use and ask a doctor"},
	{"53414-9", "pregnancy_or_breast_feeding", "Pregnancy or breast-feeding"},
	{"50565-1", "keep_out_of_reach_of_children", "Keep out of reach of children"},
	{"42232-9", "precautions", "Precautions"},
	{"34084-4", "adverse_reactions", "Adverse reactions"},
	{"34073-7", "drug_interactions", "Drug interactions"},
	{"43684-0", "use_in_specific_populations", "Use in specific populations"},
	{"42228-7", "pregnancy", "Pregnancy"},
	{"34077-8", "teratogenic_effects", "Teratogenic effects"},
	{"34080-2", "nursing_mothers", "Nursing mothers"},
	{"34081-0", "pediatric_use", "Pediatric use"},
	{"34082-8", "geriatric_use", "Geriatric use"},
	{"42227-9", "drug_abuse_and_dependence", "Drug abuse and dependence"},
	{"34088-5", "overdosage", "Overdosage"},
	{"34089-3", "description", "Description"},
	{"34090-1", "clinical_pharmacology", "Clinical pharmacology"},
	{"43679-0", "mechanism_of_action", "Mechanism of action"},
	{"43681-6", "pharmacodynamics", "Pharmacodynamics"},
	{"43682-4", "pharmacokinetics", "Pharmacokinetics"},
	{"43680-8", "nonclinical_toxicology", "Nonclinical toxicology"},
	{"34083-6", "carcinogenesis_and_mutagenesis_and_impairment_of_fertility", "Carcinogenesis, mutagenesis, impairment of fertility"},
	{"34092-7", "clinical_studies", "Clinical studies"},
	{"34093-5", "references", "References"},
	{"34069-5", "how_supplied", "How supplied"},
	{"44425-7", "storage_and_handling", "Storage and handling"},
	{"34076-0", "information_for_patients", "Information for patients"},
	{"42230-3", "spl_patient_package_insert", "Patient package insert"},
	{"42231-1", "spl_medguide", "Medication guide"},
	{"51727-6", "inactive_ingredient", "Inactive ingredients"},
	{"53413-1", "questions", "Questions"},
	{"51945-4", "package_label_principal_display_panel", "Package label"},
	{"42229-5", "spl_unclassified_section", ""},
}

// headingOf is the heading of a section that has no title; empty where its code says nothing.
func headingOf(loinc string) string {
	for _, s := range sections {
		if s.loinc == loinc {
			return s.heading
		}
	}
	return ""
}

// inWords writes a name like adverse_reactions as a heading.
func inWords(key string) string {
	words := strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(key, "spl_"), "_", " "))
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + words[size:]
}
