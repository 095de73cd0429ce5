package store

import "entgo.io/ent/dialect"

// auditExtra guards the record of package audit and makes the ends of its 16 chains.
//
// Rows of audit_events are never changed, and removed only at the old end of a chain: audit_floors says up to
// which row, and with which hash, retention has cut each chain. To cut, it raises a chain's floor to the seq and
// hash of a row that stands and then deletes what is not above it; a floor moves up only. Heads move forward
// only. The triggers stop mistakes and whoever has no more than the server's rights; Verify finds the rest.
var auditExtra = map[string][]string{
	dialect.SQLite: {
		`CREATE TABLE IF NOT EXISTS audit_floors (shard INTEGER NOT NULL PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL)`,
		`WITH RECURSIVE shard(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM shard WHERE n < 16)
INSERT INTO audit_floors (shard, seq, hash) SELECT n, 0, zeroblob(32) FROM shard WHERE true ON CONFLICT DO NOTHING`,
		`WITH RECURSIVE shard(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM shard WHERE n < 16)
INSERT INTO audit_heads (id, seq, hash) SELECT n, 0, zeroblob(32) FROM shard WHERE true ON CONFLICT DO NOTHING`,
		`CREATE TRIGGER IF NOT EXISTS audit_events_update BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END`,
		`CREATE TRIGGER IF NOT EXISTS audit_events_delete BEFORE DELETE ON audit_events
WHEN OLD.seq > COALESCE((SELECT seq FROM audit_floors WHERE shard = OLD.shard), 0)
BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END`,
		// INSERT OR REPLACE deletes without firing the trigger above.
		`CREATE TRIGGER IF NOT EXISTS audit_events_insert BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR (shard = NEW.shard AND seq = NEW.seq))
BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END`,
		`CREATE TRIGGER IF NOT EXISTS audit_heads_update BEFORE UPDATE ON audit_heads
WHEN NEW.id <> OLD.id OR NEW.seq < OLD.seq
BEGIN SELECT RAISE(ABORT, 'audit_heads moves forward only'); END`,
		`CREATE TRIGGER IF NOT EXISTS audit_heads_delete BEFORE DELETE ON audit_heads
BEGIN SELECT RAISE(ABORT, 'audit_heads moves forward only'); END`,
		`CREATE TRIGGER IF NOT EXISTS audit_floors_update BEFORE UPDATE ON audit_floors
WHEN NEW.shard <> OLD.shard OR NEW.seq < OLD.seq
	OR NEW.hash IS NOT (SELECT hash FROM audit_events WHERE shard = NEW.shard AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_floors moves up to a row that stands'); END`,
		`CREATE TRIGGER IF NOT EXISTS audit_floors_delete BEFORE DELETE ON audit_floors
BEGIN SELECT RAISE(ABORT, 'audit_floors moves up to a row that stands'); END`,
	},
	dialect.Postgres: {
		`CREATE TABLE audit_floors (shard bigint NOT NULL PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL)`,
		`INSERT INTO audit_floors (shard, seq, hash) SELECT n, 0, decode(repeat('00', 32), 'hex') FROM generate_series(1, 16) AS n`,
		`INSERT INTO audit_heads (id, seq, hash) SELECT n, 0, decode(repeat('00', 32), 'hex') FROM generate_series(1, 16) AS n`,
		`CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% %', TG_TABLE_NAME, TG_ARGV[0]; END $$`,
		`CREATE OR REPLACE FUNCTION audit_events_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.seq > COALESCE((SELECT seq FROM audit_floors WHERE shard = OLD.shard), 0) THEN
		RAISE EXCEPTION 'audit_events is append-only';
	END IF;
	RETURN OLD;
END $$`,
		`CREATE OR REPLACE FUNCTION audit_floors_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.shard <> OLD.shard OR NEW.seq < OLD.seq
		OR NEW.hash IS DISTINCT FROM (SELECT hash FROM audit_events WHERE shard = NEW.shard AND seq = NEW.seq) THEN
		RAISE EXCEPTION 'audit_floors moves up to a row that stands';
	END IF;
	RETURN NEW;
END $$`,
		`CREATE OR REPLACE TRIGGER audit_events_update BEFORE UPDATE ON audit_events
FOR EACH ROW EXECUTE FUNCTION audit_refuse('is append-only')`,
		`CREATE OR REPLACE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION audit_events_delete()`,
		`CREATE OR REPLACE TRIGGER audit_events_truncate BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('is append-only')`,
		`CREATE OR REPLACE TRIGGER audit_heads_update BEFORE UPDATE ON audit_heads
FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.seq < OLD.seq) EXECUTE FUNCTION audit_refuse('moves forward only')`,
		`CREATE OR REPLACE TRIGGER audit_heads_delete BEFORE DELETE OR TRUNCATE ON audit_heads
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('moves forward only')`,
		`CREATE OR REPLACE TRIGGER audit_floors_update BEFORE UPDATE ON audit_floors
FOR EACH ROW EXECUTE FUNCTION audit_floors_update()`,
		`CREATE OR REPLACE TRIGGER audit_floors_delete BEFORE DELETE OR TRUNCATE ON audit_floors
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('moves up to a row that stands')`,
	},
}
