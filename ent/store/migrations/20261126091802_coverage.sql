-- Drop index "benefitverification_enrollment_id_status" from table: "benefit_verifications"
DROP INDEX "benefitverification_enrollment_id_status";
-- Create index "benefitverification_enrollment_id_created_at_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_enrollment_id_created_at_id" ON "benefit_verifications" ("enrollment_id", "created_at", "id");
-- Create index "benefitverification_requested_by_id_created_at_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_requested_by_id_created_at_id" ON "benefit_verifications" ("requested_by_id", "created_at", "id");
-- Create index "benefitverification_supersedes_id" to table: "benefit_verifications"
CREATE INDEX "benefitverification_supersedes_id" ON "benefit_verifications" ("supersedes_id");
