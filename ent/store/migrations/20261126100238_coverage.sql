-- Drop index "benefitverification_enrollment_id_status" from table: "benefit_verifications"
DROP INDEX "benefitverification_enrollment_id_status";
-- Create index "benefitverification_enrollment_id_created_at_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_enrollment_id_created_at_id" ON "benefit_verifications" ("enrollment_id", "created_at", "id");
-- Create index "benefitverification_requested_by_id_created_at_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_requested_by_id_created_at_id" ON "benefit_verifications" ("requested_by_id", "created_at", "id");
-- Create index "benefitverification_supersedes_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_supersedes_id" ON "benefit_verifications" ("supersedes_id");
-- Drop index "consentform_scope_locale_edition" from table: "consent_forms"
DROP INDEX "consentform_scope_locale_edition";
-- Create index "consentform_scope_locale_edition" to table: "consent_forms"
CREATE UNIQUE INDEX "consentform_scope_locale_edition" ON "consent_forms" ("scope", "locale", "edition") WHERE (program_id IS NULL);
-- Create index "consentform_program_id_scope_locale_edition" to table: "consent_forms"
CREATE UNIQUE INDEX "consentform_program_id_scope_locale_edition" ON "consent_forms" ("program_id", "scope", "locale", "edition");
-- Create index "consent_evidence_ref" to table: "consents"
CREATE INDEX "consent_evidence_ref" ON "consents" ("evidence_ref");
-- Modify "portal_accesses" table
ALTER TABLE "portal_accesses" ADD COLUMN "verify_by" timestamptz NULL;
