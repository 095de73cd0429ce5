-- Create index "programteammember_program_id_started_at_id" to table: "program_team_members"
CREATE INDEX "programteammember_program_id_started_at_id" ON "program_team_members" ("program_id", "started_at", "id");
-- Modify "care_programs" table
ALTER TABLE "care_programs" ADD COLUMN "auto_activate" boolean NOT NULL DEFAULT false, ADD COLUMN "waitlist" boolean NOT NULL DEFAULT true, ADD COLUMN "lead_hours" bigint NOT NULL DEFAULT 24, ADD COLUMN "cutoff_hours" bigint NOT NULL DEFAULT 24, ADD COLUMN "opt_out_days" bigint NOT NULL DEFAULT 0, ADD COLUMN "parent_id" uuid NULL, ADD CONSTRAINT "care_programs_care_programs_children" FOREIGN KEY ("parent_id") REFERENCES "care_programs" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- Create index "careprogram_kind_status" to table: "care_programs"
CREATE INDEX "careprogram_kind_status" ON "care_programs" ("kind", "status");
-- Create "activity_templates" table
CREATE TABLE "activity_templates" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "seq" bigint NOT NULL, "kind" character varying NOT NULL, "title" character varying NOT NULL, "due_days" bigint NOT NULL, "mandatory" boolean NOT NULL DEFAULT true, "program_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "activity_templates_care_programs_program" FOREIGN KEY ("program_id") REFERENCES "care_programs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "activitytemplate_program_id_seq" to table: "activity_templates"
CREATE UNIQUE INDEX "activitytemplate_program_id_seq" ON "activity_templates" ("program_id", "seq");
-- Create index "activitytemplate_program_id_seq_id" to table: "activity_templates"
CREATE INDEX "activitytemplate_program_id_seq_id" ON "activity_templates" ("program_id", "seq", "id");
-- Modify "enrollments" table
ALTER TABLE "enrollments" ADD COLUMN "eligibility" character varying NOT NULL DEFAULT 'UNDECIDED', ADD COLUMN "eligibility_note" character varying NULL, ADD COLUMN "waitlisted_at" timestamptz NULL, ADD COLUMN "hold_reason" character varying NULL;
-- Create index "enrollment_program_id_status_waitlisted_at" to table: "enrollments"
CREATE INDEX "enrollment_program_id_status_waitlisted_at" ON "enrollments" ("program_id", "status", "waitlisted_at");
-- Create "benefit_verifications" table
CREATE TABLE "benefit_verifications" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "purposes" json NULL, "status" character varying NOT NULL DEFAULT 'DRAFT', "method" character varying NOT NULL DEFAULT 'ELECTRONIC', "result" character varying NULL, "disposition" character varying NULL, "error_code" character varying NULL, "payer_reference" character varying NULL, "attempt" bigint NOT NULL DEFAULT 0, "submitted_at" timestamptz NULL, "completed_at" timestamptz NULL, "valid_until" timestamptz NULL, "due_at" timestamptz NULL, "reverify_at" timestamptz NULL, "patient_id" uuid NOT NULL, "coverage_id" uuid NOT NULL, "enrollment_id" uuid NULL, "product_id" uuid NULL, "requested_by_id" uuid NULL, "supersedes_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "benefit_verifications_benefit_verifications_superseded_by" FOREIGN KEY ("supersedes_id") REFERENCES "benefit_verifications" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "benefit_verifications_coverages_coverage" FOREIGN KEY ("coverage_id") REFERENCES "coverages" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "benefit_verifications_enrollments_enrollment" FOREIGN KEY ("enrollment_id") REFERENCES "enrollments" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "benefit_verifications_identities_requested_by" FOREIGN KEY ("requested_by_id") REFERENCES "identities" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "benefit_verifications_patients_patient" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "benefit_verifications_products_product" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "benefitverification_coverage_id_created_at_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_coverage_id_created_at_id" ON "benefit_verifications" ("coverage_id", "created_at", "id");
-- Create index "benefitverification_created_at_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_created_at_id" ON "benefit_verifications" ("created_at", "id");
-- Create index "benefitverification_enrollment_id_status" to table: "benefit_verifications"
CREATE INDEX "benefitverification_enrollment_id_status" ON "benefit_verifications" ("enrollment_id", "status");
-- Create index "benefitverification_patient_id_created_at_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_patient_id_created_at_id" ON "benefit_verifications" ("patient_id", "created_at", "id");
-- Create index "benefitverification_status_due_at" to table: "benefit_verifications"
CREATE INDEX "benefitverification_status_due_at" ON "benefit_verifications" ("status", "due_at");
-- Create index "benefitverification_status_reverify_at" to table: "benefit_verifications"
CREATE INDEX "benefitverification_status_reverify_at" ON "benefit_verifications" ("status", "reverify_at");
-- Create index "benefitverification_status_valid_until" to table: "benefit_verifications"
CREATE INDEX "benefitverification_status_valid_until" ON "benefit_verifications" ("status", "valid_until");
-- Modify "consent_forms" table
ALTER TABLE "consent_forms" ADD COLUMN "approved_at" timestamptz NULL, ADD COLUMN "approved_by_id" uuid NULL, ADD CONSTRAINT "consent_forms_identities_approved_by" FOREIGN KEY ("approved_by_id") REFERENCES "identities" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- Create index "consentform_effective_from_id" to table: "consent_forms"
CREATE INDEX "consentform_effective_from_id" ON "consent_forms" ("effective_from", "id");
-- Create "documents" table
CREATE TABLE "documents" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "kind" character varying NOT NULL, "title" character varying NOT NULL, "content_type" character varying NOT NULL, "size" bigint NOT NULL, "sha256" character varying NOT NULL, "blob" character varying NOT NULL, "patient_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "documents_patients_patient" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "document_patient_id_created_at_id" to table: "documents"
CREATE INDEX "document_patient_id_created_at_id" ON "documents" ("patient_id", "created_at", "id");
-- Modify "consents" table
ALTER TABLE "consents" ALTER COLUMN "evidence_kind" DROP NOT NULL, ALTER COLUMN "evidence_ref" DROP NOT NULL, ADD COLUMN "requested_at" timestamptz NULL, ADD COLUMN "signed_from" character varying NULL, ADD COLUMN "script_version" character varying NULL, ADD COLUMN "agent_name" character varying NULL, ADD COLUMN "document_id" uuid NULL, ADD COLUMN "renews_id" uuid NULL, ADD CONSTRAINT "consents_consents_renewed_by" FOREIGN KEY ("renews_id") REFERENCES "consents" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD CONSTRAINT "consents_documents_document" FOREIGN KEY ("document_id") REFERENCES "documents" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- Create index "consent_status_expires_at" to table: "consents"
CREATE INDEX "consent_status_expires_at" ON "consents" ("status", "expires_at");
-- Create "coverage_benefits" table
CREATE TABLE "coverage_benefits" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "in_network" boolean NOT NULL, "currency" character varying NOT NULL, "deductible_individual_limit" bigint NULL, "deductible_individual_applied" bigint NULL, "deductible_individual_remaining" bigint NULL, "deductible_family_limit" bigint NULL, "deductible_family_applied" bigint NULL, "deductible_family_remaining" bigint NULL, "out_of_pocket_individual_limit" bigint NULL, "out_of_pocket_individual_applied" bigint NULL, "out_of_pocket_individual_remaining" bigint NULL, "out_of_pocket_family_limit" bigint NULL, "out_of_pocket_family_applied" bigint NULL, "out_of_pocket_family_remaining" bigint NULL, "copay" bigint NULL, "coinsurance_basis_points" bigint NULL, "prior_authorization_required" boolean NULL, "step_therapy" boolean NULL, "notes" character varying NULL, "verification_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "coverage_benefits_benefit_verifications_verification" FOREIGN KEY ("verification_id") REFERENCES "benefit_verifications" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "coveragebenefit_verification_id_created_at_id" to table: "coverage_benefits"
CREATE INDEX "coveragebenefit_verification_id_created_at_id" ON "coverage_benefits" ("verification_id", "created_at", "id");
-- Create index "coveragebenefit_verification_id_in_network" to table: "coverage_benefits"
CREATE UNIQUE INDEX "coveragebenefit_verification_id_in_network" ON "coverage_benefits" ("verification_id", "in_network");
-- Create "disclosures" table
CREATE TABLE "disclosures" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "disclosed_at" timestamptz NOT NULL, "recipient_name" character varying NOT NULL, "recipient_address" character varying NULL, "description" character varying NOT NULL, "purpose" character varying NOT NULL, "legal_basis" character varying NOT NULL, "patient_id" uuid NOT NULL, "consent_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "disclosures_consents_consent" FOREIGN KEY ("consent_id") REFERENCES "consents" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "disclosures_patients_patient" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "disclosure_patient_id_disclosed_at_id" to table: "disclosures"
CREATE INDEX "disclosure_patient_id_disclosed_at_id" ON "disclosures" ("patient_id", "disclosed_at", "id");
-- Create "eligibility_answers" table
CREATE TABLE "eligibility_answers" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "value" character varying NULL, "result" character varying NOT NULL, "answered_at" timestamptz NOT NULL, "enrollment_id" uuid NOT NULL, "criterion_id" uuid NOT NULL, "answered_by_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "eligibility_answers_eligibility_criteria_criterion" FOREIGN KEY ("criterion_id") REFERENCES "eligibility_criteria" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "eligibility_answers_enrollments_enrollment" FOREIGN KEY ("enrollment_id") REFERENCES "enrollments" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "eligibility_answers_identities_answered_by" FOREIGN KEY ("answered_by_id") REFERENCES "identities" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "eligibilityanswer_enrollment_id_created_at_id" to table: "eligibility_answers"
CREATE INDEX "eligibilityanswer_enrollment_id_created_at_id" ON "eligibility_answers" ("enrollment_id", "created_at", "id");
-- Create index "eligibilityanswer_enrollment_id_criterion_id" to table: "eligibility_answers"
CREATE UNIQUE INDEX "eligibilityanswer_enrollment_id_criterion_id" ON "eligibility_answers" ("enrollment_id", "criterion_id");
-- Drop index "portalaccess_account_id_portal" from table: "portal_accesses"
DROP INDEX "portalaccess_account_id_portal";
-- Modify "portal_accesses" table
ALTER TABLE "portal_accesses" ADD COLUMN "expires_at" timestamptz NULL, ADD COLUMN "ended_at" timestamptz NULL, ADD COLUMN "invitation_hash" character varying NULL;
-- Create index "portalaccess_account_id_portal" to table: "portal_accesses"
CREATE UNIQUE INDEX "portalaccess_account_id_portal" ON "portal_accesses" ("account_id", "portal") WHERE (ended_at IS NULL);
-- Create index "portalaccess_invitation_hash" to table: "portal_accesses"
CREATE UNIQUE INDEX "portalaccess_invitation_hash" ON "portal_accesses" ("invitation_hash");
-- Create index "portalaccess_status_expires_at" to table: "portal_accesses"
CREATE INDEX "portalaccess_status_expires_at" ON "portal_accesses" ("status", "expires_at");
-- Create "identity_verifications" table
CREATE TABLE "identity_verifications" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "method" character varying NOT NULL, "level" character varying NOT NULL, "verified_at" timestamptz NOT NULL, "account_id" uuid NOT NULL, "portal_access_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "identity_verifications_accounts_account" FOREIGN KEY ("account_id") REFERENCES "accounts" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "identity_verifications_portal_accesses_portal_access" FOREIGN KEY ("portal_access_id") REFERENCES "portal_accesses" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "identityverification_account_id_verified_at_id" to table: "identity_verifications"
CREATE INDEX "identityverification_account_id_verified_at_id" ON "identity_verifications" ("account_id", "verified_at", "id");
-- Create index "identityverification_portal_access_id_verified_at_id" to table: "identity_verifications"
CREATE INDEX "identityverification_portal_access_id_verified_at_id" ON "identity_verifications" ("portal_access_id", "verified_at", "id");
-- Create "onboarding_plans" table
CREATE TABLE "onboarding_plans" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "completed_at" timestamptz NULL, "enrollment_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "onboarding_plans_enrollments_onboarding" FOREIGN KEY ("enrollment_id") REFERENCES "enrollments" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "onboarding_plans_enrollment_id_key" to table: "onboarding_plans"
CREATE UNIQUE INDEX "onboarding_plans_enrollment_id_key" ON "onboarding_plans" ("enrollment_id");
-- Create "prior_authorizations" table
CREATE TABLE "prior_authorizations" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "status" character varying NOT NULL DEFAULT 'DRAFT', "number" character varying NULL, "submitted_at" timestamptz NULL, "decided_at" timestamptz NULL, "valid_from" character varying NULL, "valid_until" character varying NULL, "reason" character varying NULL, "patient_id" uuid NOT NULL, "coverage_id" uuid NOT NULL, "verification_id" uuid NULL, "product_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "prior_authorizations_benefit_verifications_verification" FOREIGN KEY ("verification_id") REFERENCES "benefit_verifications" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "prior_authorizations_coverages_coverage" FOREIGN KEY ("coverage_id") REFERENCES "coverages" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "prior_authorizations_patients_patient" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "prior_authorizations_products_product" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "priorauthorization_coverage_id_created_at_id" to table: "prior_authorizations"
CREATE INDEX "priorauthorization_coverage_id_created_at_id" ON "prior_authorizations" ("coverage_id", "created_at", "id");
-- Create index "priorauthorization_patient_id_created_at_id" to table: "prior_authorizations"
CREATE INDEX "priorauthorization_patient_id_created_at_id" ON "prior_authorizations" ("patient_id", "created_at", "id");
-- Create index "priorauthorization_status_valid_until" to table: "prior_authorizations"
CREATE INDEX "priorauthorization_status_valid_until" ON "prior_authorizations" ("status", "valid_until");
-- Create "program_products" table
CREATE TABLE "program_products" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "program_id" uuid NOT NULL, "product_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "program_products_care_programs_program" FOREIGN KEY ("program_id") REFERENCES "care_programs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "program_products_products_product" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "programproduct_program_id_created_at_id" to table: "program_products"
CREATE INDEX "programproduct_program_id_created_at_id" ON "program_products" ("program_id", "created_at", "id");
-- Create index "programproduct_program_id_product_id" to table: "program_products"
CREATE UNIQUE INDEX "programproduct_program_id_product_id" ON "program_products" ("program_id", "product_id");
-- Create "proxy_grants" table
CREATE TABLE "proxy_grants" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "relationship" character varying NOT NULL, "scope" character varying NOT NULL, "started_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, "ended_at" timestamptz NULL, "end_reason" character varying NULL, "patient_id" uuid NOT NULL, "document_id" uuid NULL, "identity_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "proxy_grants_documents_document" FOREIGN KEY ("document_id") REFERENCES "documents" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "proxy_grants_identities_identity" FOREIGN KEY ("identity_id") REFERENCES "identities" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "proxy_grants_patients_patient" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "proxygrant_expires_at" to table: "proxy_grants"
CREATE INDEX "proxygrant_expires_at" ON "proxy_grants" ("expires_at");
-- Create index "proxygrant_identity_id_patient_id" to table: "proxy_grants"
CREATE INDEX "proxygrant_identity_id_patient_id" ON "proxy_grants" ("identity_id", "patient_id");
-- Create index "proxygrant_patient_id_identity_id" to table: "proxy_grants"
CREATE UNIQUE INDEX "proxygrant_patient_id_identity_id" ON "proxy_grants" ("patient_id", "identity_id") WHERE (ended_at IS NULL);
-- Create index "proxygrant_patient_id_started_at_id" to table: "proxy_grants"
CREATE INDEX "proxygrant_patient_id_started_at_id" ON "proxy_grants" ("patient_id", "started_at", "id");
-- Create "service_activities" table
CREATE TABLE "service_activities" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "seq" bigint NOT NULL DEFAULT 1, "kind" character varying NOT NULL, "title" character varying NOT NULL, "status" character varying NOT NULL DEFAULT 'REQUESTED', "mandatory" boolean NOT NULL DEFAULT false, "due_at" timestamptz NOT NULL, "completed_at" timestamptz NULL, "outcome" character varying NULL, "enrollment_id" uuid NOT NULL, "plan_id" uuid NULL, "assignee_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "service_activities_enrollments_enrollment" FOREIGN KEY ("enrollment_id") REFERENCES "enrollments" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "service_activities_identities_assignee" FOREIGN KEY ("assignee_id") REFERENCES "identities" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "service_activities_onboarding_plans_plan" FOREIGN KEY ("plan_id") REFERENCES "onboarding_plans" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "serviceactivity_assignee_id_status_due_at" to table: "service_activities"
CREATE INDEX "serviceactivity_assignee_id_status_due_at" ON "service_activities" ("assignee_id", "status", "due_at");
-- Create index "serviceactivity_enrollment_id_due_at_id" to table: "service_activities"
CREATE INDEX "serviceactivity_enrollment_id_due_at_id" ON "service_activities" ("enrollment_id", "due_at", "id");
-- Create index "serviceactivity_plan_id_seq_id" to table: "service_activities"
CREATE INDEX "serviceactivity_plan_id_seq_id" ON "service_activities" ("plan_id", "seq", "id");
-- Modify "status_changes" table
ALTER TABLE "status_changes" ADD COLUMN "prior_authorization_id" uuid NULL, ADD COLUMN "benefit_verification_id" uuid NULL, ADD COLUMN "service_activity_id" uuid NULL, ADD COLUMN "program_id" uuid NULL, ADD COLUMN "coverage_id" uuid NULL, ADD COLUMN "consent_form_id" uuid NULL, ADD CONSTRAINT "status_changes_benefit_verifications_benefit_verification" FOREIGN KEY ("benefit_verification_id") REFERENCES "benefit_verifications" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD CONSTRAINT "status_changes_care_programs_program" FOREIGN KEY ("program_id") REFERENCES "care_programs" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD CONSTRAINT "status_changes_consent_forms_consent_form" FOREIGN KEY ("consent_form_id") REFERENCES "consent_forms" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD CONSTRAINT "status_changes_coverages_coverage" FOREIGN KEY ("coverage_id") REFERENCES "coverages" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD CONSTRAINT "status_changes_prior_authorizations_prior_authorization" FOREIGN KEY ("prior_authorization_id") REFERENCES "prior_authorizations" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD CONSTRAINT "status_changes_service_activities_service_activity" FOREIGN KEY ("service_activity_id") REFERENCES "service_activities" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- Create index "statuschange_benefit_verification_id_at_id" to table: "status_changes"
CREATE INDEX "statuschange_benefit_verification_id_at_id" ON "status_changes" ("benefit_verification_id", "at", "id");
-- Create index "statuschange_consent_form_id_at_id" to table: "status_changes"
CREATE INDEX "statuschange_consent_form_id_at_id" ON "status_changes" ("consent_form_id", "at", "id");
-- Create index "statuschange_coverage_id_at_id" to table: "status_changes"
CREATE INDEX "statuschange_coverage_id_at_id" ON "status_changes" ("coverage_id", "at", "id");
-- Create index "statuschange_prior_authorization_id_at_id" to table: "status_changes"
CREATE INDEX "statuschange_prior_authorization_id_at_id" ON "status_changes" ("prior_authorization_id", "at", "id");
-- Create index "statuschange_program_id_at_id" to table: "status_changes"
CREATE INDEX "statuschange_program_id_at_id" ON "status_changes" ("program_id", "at", "id");
-- Create index "statuschange_service_activity_id_at_id" to table: "status_changes"
CREATE INDEX "statuschange_service_activity_id_at_id" ON "status_changes" ("service_activity_id", "at", "id");
-- Create "verification_attempts" table
CREATE TABLE "verification_attempts" ("id" uuid NOT NULL, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "created_by" uuid NULL, "updated_at" timestamptz NOT NULL, "updated_by" uuid NULL, "seq" bigint NOT NULL, "submitted_at" timestamptz NOT NULL, "answered_at" timestamptz NULL, "outcome" character varying NOT NULL DEFAULT 'QUEUED', "method" character varying NOT NULL DEFAULT 'ELECTRONIC', "error_code" character varying NULL, "detail" character varying NULL, "verification_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "verification_attempts_benefit_verifications_verification" FOREIGN KEY ("verification_id") REFERENCES "benefit_verifications" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "verificationattempt_verification_id_seq" to table: "verification_attempts"
CREATE UNIQUE INDEX "verificationattempt_verification_id_seq" ON "verification_attempts" ("verification_id", "seq");
-- Create index "verificationattempt_verification_id_seq_id" to table: "verification_attempts"
CREATE INDEX "verificationattempt_verification_id_seq_id" ON "verification_attempts" ("verification_id", "seq", "id");
