UPDATE portal_accesses SET verify_by = expires_at, expires_at = NULL WHERE verify_by IS NULL AND expires_at IS NOT NULL AND status = 'IDENTITY_PENDING';
