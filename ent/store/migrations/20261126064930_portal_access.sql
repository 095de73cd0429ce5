-- Drop index "portalaccess_account_id_portal" from table: "portal_accesses"
DROP INDEX "portalaccess_account_id_portal";
-- Create index "portalaccess_account_id_portal" to table: "portal_accesses"
CREATE UNIQUE INDEX "portalaccess_account_id_portal" ON "portal_accesses" ("account_id", "portal") WHERE status NOT IN ('REVOKED', 'EXPIRED');
