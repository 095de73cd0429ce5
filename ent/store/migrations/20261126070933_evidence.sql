-- Create index "consentform_effective_from_id" to table: "consent_forms"
CREATE INDEX "consentform_effective_from_id" ON "consent_forms" ("effective_from", "id");
-- Modify "consents" table
ALTER TABLE "consents" ADD COLUMN "signed_from" character varying NULL, ADD COLUMN "script_version" character varying NULL, ADD COLUMN "agent_name" character varying NULL;
