CREATE TABLE audit_floors (shard bigint NOT NULL PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL);
INSERT INTO audit_floors (shard, seq, hash) SELECT n, 0, decode(repeat('00', 32), 'hex') FROM generate_series(1, 16) AS n;
INSERT INTO audit_heads (id, seq, hash) SELECT n, 0, decode(repeat('00', 32), 'hex') FROM generate_series(1, 16) AS n;
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% %', TG_TABLE_NAME, TG_ARGV[0]; END $$;
CREATE OR REPLACE FUNCTION audit_events_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.seq > COALESCE((SELECT seq FROM audit_floors WHERE shard = OLD.shard), 0) THEN
		RAISE EXCEPTION 'audit_events is append-only';
	END IF;
	RETURN OLD;
END $$;
CREATE OR REPLACE FUNCTION audit_floors_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.shard <> OLD.shard OR NEW.seq < OLD.seq
		OR NEW.hash IS DISTINCT FROM (SELECT hash FROM audit_events WHERE shard = NEW.shard AND seq = NEW.seq) THEN
		RAISE EXCEPTION 'audit_floors moves up to a row that stands';
	END IF;
	RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER audit_events_update BEFORE UPDATE ON audit_events
FOR EACH ROW EXECUTE FUNCTION audit_refuse('is append-only');
CREATE OR REPLACE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION audit_events_delete();
CREATE OR REPLACE TRIGGER audit_events_truncate BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('is append-only');
CREATE OR REPLACE TRIGGER audit_heads_update BEFORE UPDATE ON audit_heads
FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.seq < OLD.seq) EXECUTE FUNCTION audit_refuse('moves forward only');
CREATE OR REPLACE TRIGGER audit_heads_delete BEFORE DELETE OR TRUNCATE ON audit_heads
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('moves forward only');
CREATE OR REPLACE TRIGGER audit_floors_update BEFORE UPDATE ON audit_floors
FOR EACH ROW EXECUTE FUNCTION audit_floors_update();
CREATE OR REPLACE TRIGGER audit_floors_delete BEFORE DELETE OR TRUNCATE ON audit_floors
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('moves up to a row that stands');
INSERT INTO event_heads (id, epoch, last, floor) VALUES (1, gen_random_uuid(), 0, 0) ON CONFLICT DO NOTHING;
CREATE INDEX IF NOT EXISTS event_unnumbered ON events (id) WHERE pos IS NULL;
ALTER TABLE events SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
