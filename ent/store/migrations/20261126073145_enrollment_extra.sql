UPDATE portal_accesses SET ended_at = updated_at WHERE ended_at IS NULL AND status IN ('REVOKED', 'EXPIRED');
UPDATE enrollments SET eligibility = 'ELIGIBLE' WHERE eligibility = 'UNDECIDED' AND status = 'ACTIVE';
