package store

import "entgo.io/ent/dialect"

// EventStatements is what the event log needs of a database beyond the schema of its entities: the row of
// event_heads, and on SQLite the trigger that gives an event its position.
//
// A position is the number of an event in the order in which the events became visible, without holes. Whoever
// gives it moves event_heads.last in the same transaction. On SQLite that is the trigger, as there transactions
// that write follow one another. On PostgreSQL it is the sequencer of graph/stream, after the commit.
//
// Each statement may be repeated.
var EventStatements = map[string][]string{
	dialect.SQLite: {
		`INSERT INTO event_heads (id, epoch, last, floor)
SELECT 1, lower(substr(x, 1, 8) || '-' || substr(x, 9, 4) || '-4' || substr(x, 14, 3) || '-8' || substr(x, 18, 3) || '-' || substr(x, 21, 12)), 0, 0
FROM (SELECT hex(randomblob(16)) AS x)
WHERE NOT EXISTS (SELECT 1 FROM event_heads WHERE id = 1)`,
		`DROP TRIGGER IF EXISTS events_position`,
		`CREATE TRIGGER events_position AFTER INSERT ON events BEGIN
  SELECT RAISE(ABORT, 'event_heads has no row') WHERE NOT EXISTS (SELECT 1 FROM event_heads WHERE id = 1);
  UPDATE event_heads SET last = last + 1 WHERE id = 1;
  UPDATE events SET pos = (SELECT last FROM event_heads WHERE id = 1) WHERE id = NEW.id;
END`,
	},
	dialect.Postgres: {
		`INSERT INTO event_heads (id, epoch, last, floor) VALUES (1, gen_random_uuid(), 0, 0) ON CONFLICT DO NOTHING`,
		`CREATE INDEX IF NOT EXISTS event_unnumbered ON events (id) WHERE pos IS NULL`,
		// Every event is written a second time when it gets its position: leave room for that in its page, and
		// do not let the dead first versions pile up.
		`ALTER TABLE events SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)`,
	},
}
