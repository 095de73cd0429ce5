-- Modify "import_runs" table
ALTER TABLE "import_runs" ADD COLUMN "fingerprint" character varying NULL, ADD COLUMN "checkpoint" json NULL, ADD COLUMN "resumed" bigint NOT NULL DEFAULT 0;
-- Create index "importrun_kind_fingerprint" to table: "import_runs"
CREATE INDEX "importrun_kind_fingerprint" ON "import_runs" ("kind", "fingerprint");
-- Modify "knowledge_resources" table
ALTER TABLE "knowledge_resources" ADD COLUMN "source" character varying NULL, ADD COLUMN "attribution" character varying NULL;
-- Create "scheduled_jobs" table
CREATE TABLE "scheduled_jobs" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "name" character varying NOT NULL, "due_at" timestamptz NOT NULL, "holder" character varying NULL, "lease_until" timestamptz NULL, "started_at" timestamptz NULL, "finished_at" timestamptz NULL, "runs" bigint NOT NULL DEFAULT 0, "failures" bigint NOT NULL DEFAULT 0, "last_error" character varying NULL, PRIMARY KEY ("id"));
-- Create index "scheduledjob_name" to table: "scheduled_jobs"
CREATE UNIQUE INDEX "scheduledjob_name" ON "scheduled_jobs" ("name");
-- Create index "scheduledjob_name_id" to table: "scheduled_jobs"
CREATE INDEX "scheduledjob_name_id" ON "scheduled_jobs" ("name", "id");
-- Modify "coverages" table
ALTER TABLE "coverages" DROP CONSTRAINT "coverages_organizations_payer", ALTER COLUMN "payer_id" DROP NOT NULL, ADD CONSTRAINT "coverages_organizations_payer" FOREIGN KEY ("payer_id") REFERENCES "organizations" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- Create "eligibility_criteria" table
CREATE TABLE "eligibility_criteria" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "seq" bigint NOT NULL, "kind" character varying NOT NULL, "text" character varying NOT NULL, "expression" character varying NULL, "required" boolean NOT NULL DEFAULT true, "program_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "eligibility_criteria_care_programs_program" FOREIGN KEY ("program_id") REFERENCES "care_programs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "eligibilitycriterion_program_id_seq" to table: "eligibility_criteria"
CREATE UNIQUE INDEX "eligibilitycriterion_program_id_seq" ON "eligibility_criteria" ("program_id", "seq");
-- Create index "eligibilitycriterion_program_id_seq_id" to table: "eligibility_criteria"
CREATE INDEX "eligibilitycriterion_program_id_seq_id" ON "eligibility_criteria" ("program_id", "seq", "id");
-- Create "locations" table
CREATE TABLE "locations" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "name" character varying NOT NULL, "phone" character varying NULL, "address_line" character varying NULL, "address_city" character varying NULL, "address_state" character varying NULL, "address_zip" character varying NULL, "address_country" character varying NULL, "organization_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "locations_organizations_organization" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "location_organization_id_name_id" to table: "locations"
CREATE INDEX "location_organization_id_name_id" ON "locations" ("organization_id", "name", "id");
-- Create "program_sites" table
CREATE TABLE "program_sites" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "study_status" character varying NULL, "number" character varying NULL, "program_id" uuid NOT NULL, "organization_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "program_sites_care_programs_program" FOREIGN KEY ("program_id") REFERENCES "care_programs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "program_sites_organizations_organization" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "programsite_program_id_created_at_id" to table: "program_sites"
CREATE INDEX "programsite_program_id_created_at_id" ON "program_sites" ("program_id", "created_at", "id");
-- Create index "programsite_program_id_organization_id" to table: "program_sites"
CREATE UNIQUE INDEX "programsite_program_id_organization_id" ON "program_sites" ("program_id", "organization_id");
-- Create "trial_subjects" table
CREATE TABLE "trial_subjects" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "state" character varying NOT NULL, "screening_number" character varying NULL, "randomized_at" timestamptz NULL, "arm" character varying NULL, "enrollment_id" uuid NOT NULL, "site_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "trial_subjects_enrollments_trial_subject" FOREIGN KEY ("enrollment_id") REFERENCES "enrollments" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "trial_subjects_program_sites_site" FOREIGN KEY ("site_id") REFERENCES "program_sites" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "trial_subjects_enrollment_id_key" to table: "trial_subjects"
CREATE UNIQUE INDEX "trial_subjects_enrollment_id_key" ON "trial_subjects" ("enrollment_id");
-- Create index "trialsubject_site_id" to table: "trial_subjects"
CREATE INDEX "trialsubject_site_id" ON "trial_subjects" ("site_id");
-- Modify "status_changes" table
ALTER TABLE "status_changes" ADD COLUMN "trial_subject_id" uuid NULL, ADD CONSTRAINT "status_changes_trial_subjects_trial_subject" FOREIGN KEY ("trial_subject_id") REFERENCES "trial_subjects" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- Create index "statuschange_trial_subject_id_at_id" to table: "status_changes"
CREATE INDEX "statuschange_trial_subject_id_at_id" ON "status_changes" ("trial_subject_id", "at", "id");
-- Create "trial_details" table
CREATE TABLE "trial_details" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "official_title" character varying NULL, "summary" character varying NULL, "phase" character varying NULL, "study_status" character varying NULL, "registry_status" character varying NULL, "ethics_approval_ref" character varying NULL, "ethics_version" character varying NULL, "blinded" boolean NOT NULL DEFAULT false, "target_enrollment" bigint NULL, "conditions" json NULL, "program_id" uuid NOT NULL, "sponsor_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "trial_details_care_programs_trial" FOREIGN KEY ("program_id") REFERENCES "care_programs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "trial_details_organizations_sponsor" FOREIGN KEY ("sponsor_id") REFERENCES "organizations" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "trial_details_program_id_key" to table: "trial_details"
CREATE UNIQUE INDEX "trial_details_program_id_key" ON "trial_details" ("program_id");
