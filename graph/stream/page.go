package stream

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// pageSize is the number of events that one statement reads or numbers.
const pageSize = 256

// page is a stretch of the table together with what event_heads said at the same instant.
type page struct {
	epoch       mark
	floor, last int64
	unnumbered  bool // events wait for a position

	to     int64 // the stretch's end, whether or not the log is so long
	events []Event
}

// readPage reads the events with numbers from one to the other. Head and events are of one snapshot, or retention
// could remove what the head still promises.
const readPage = `
SELECT h.epoch, h.floor, h.last, EXISTS (SELECT 1 FROM events WHERE pos IS NULL),
  e.pos, e.event_id, e.kind, e.entity, e.entity_id, e.department, e.territory, e.subject_id, e.reason, e.at
FROM event_heads AS h LEFT JOIN (SELECT * FROM events WHERE pos BETWEEN $1 AND $2) AS e ON TRUE
WHERE h.id = 1
ORDER BY e.pos`

func (l *Log) read(ctx context.Context, from, to int64) (p page, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var rows entsql.Rows
	if err := l.db.Driver().Query(ctx, readPage, []any{from, to}, &rows); err != nil {
		return page{}, fmt.Errorf("stream: reading events: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	p.to = to
	none := true
	for ; rows.Next(); none = false {
		if err := p.scan(&rows); err != nil {
			return page{}, fmt.Errorf("stream: reading events: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return page{}, fmt.Errorf("stream: reading events: %w", err)
	}
	if none {
		return page{}, errors.New("stream: event_heads has no row: the database is not migrated")
	}
	return p, nil
}

func (p *page) scan(rows *entsql.Rows) error {
	var (
		epoch, key, id uuid.UUID
		pos            sql.NullInt64
		kind, entity   sql.NullString
		at             sql.NullTime
		e              Event
	)
	if err := rows.Scan(&epoch, &p.floor, &p.last, &p.unnumbered,
		&pos, &key, &kind, &entity, &id, &e.Department, &e.Territory, &e.Subject, &e.Reason, &at); err != nil {
		return err
	}
	p.epoch = markOf(epoch)
	if !pos.Valid {
		return nil
	}
	e.Pos, e.tag, e.At = pos.Int64, markOf(key), at.Time.UTC()
	e.Kind, e.Entity, e.ID = code.EventKind(kind.String), entity.String, id
	p.events = append(p.events, e)
	return nil
}

// after returns the events after q, which must lie in the stretch. The event at q is looked at as well: it says
// whether the table still has the history that q is a place in. Where it, or one of those that should follow,
// is missing although it was not yet due for removal, the answer is no as well.
func (p page) after(q position) ([]Event, standing) {
	switch {
	case q.epoch != p.epoch:
		return nil, foreign
	case q.pos < p.floor:
		return nil, behind
	case q.pos > p.last:
		return nil, ahead
	}
	events := p.events[sort.Search(len(p.events), func(i int) bool { return p.events[i].Pos >= q.pos }):]
	switch {
	case len(events) > 0 && events[0].Pos == q.pos:
		if !events[0].tag.same(q.tag) {
			return nil, foreign
		}
		events = events[1:]
	case q.pos > p.floor:
		return nil, foreign
	}
	want := min(p.last, p.to) - q.pos
	if int64(len(events)) != want || want > 0 && events[want-1].Pos != q.pos+want {
		return nil, foreign
	}
	return events, within
}

// tip returns the position behind the last event of the table.
func (l *Log) tip(ctx context.Context) (position, error) {
	head, err := l.read(ctx, 0, 0)
	if err != nil {
		return position{}, err
	}
	end, err := l.read(ctx, head.last, head.last)
	if err != nil {
		return position{}, err
	}
	at := position{epoch: end.epoch, pos: head.last}
	if len(end.events) > 0 {
		at.tag = end.events[0].tag
	}
	return at, nil
}

// older returns the events after a position that the ring does not reach back to. Subscribers that need the
// same page at the same time share one statement, and there are never more than a few of these at once. A page that was
// read just now is read again after a poll: those who come meanwhile wait, and share what is read then. So the number of
// statements does not grow with that of the subscribers, and nobody gets a page that was read before they came.
func (l *Log) older(ctx context.Context, at position) ([]Event, standing, error) {
	first := at.pos - at.pos%pageSize
	read := l.flights.DoChan(strconv.FormatInt(first, 10), func() (any, error) {
		defer l.paces.done(first)
		select {
		case <-l.paces.next(first, l.options.Poll):
		case <-l.ctx.Done():
			return nil, l.ctx.Err()
		}
		select {
		case l.reads <- struct{}{}:
		case <-l.ctx.Done():
			return nil, l.ctx.Err()
		}
		defer func() { <-l.reads }()
		found, err := l.read(l.ctx, first, first+pageSize)
		if err != nil && l.ctx.Err() == nil {
			l.options.Logger.Warn("subscribers wait for the event log", "error", err)
		}
		return found, err
	})
	select {
	case <-ctx.Done():
		return nil, within, ctx.Err()
	case result := <-read:
		if result.Err != nil {
			return nil, within, result.Err
		}
		events, standing := result.Val.(page).after(at)
		// Never beyond what the ring has had: the hooks must have heard of changed rights first.
		for len(events) > 0 && events[len(events)-1].Pos > l.ring.last().pos {
			events = events[:len(events)-1]
		}
		return events, standing, nil
	}
}

// next waits for events after the position and returns some. It returns none with a reason when the subscriber
// must start anew, and none without one at a tick.
func (l *Log) next(ctx context.Context, at position, ticks <-chan time.Time) ([]Event, ResetReason, error) {
	var lost <-chan time.Time
	for {
		var again <-chan time.Time
		events, standing, moved := l.attach(at)
		if standing == behind {
			var err error
			events, standing, err = l.older(ctx, at)
			switch {
			case ctx.Err() != nil:
				return nil, "", ctx.Err()
			case err != nil:
				again = time.After(retryMax)
			case standing == behind:
				return nil, CursorExpired, nil
			case len(events) == 0: // the page was read before the table had them
				again = time.After(retryMin)
			}
		}
		switch {
		case standing == foreign:
			return nil, CursorUnknown, nil
		case len(events) > 0:
			return events, "", nil
		case standing == ahead && lost == nil: // another server was faster than this one, or commits are lost
			lost = time.After(l.options.Grace)
			ticks = nil
		}
		select {
		case <-ctx.Done():
			return nil, "", ctx.Err()
		case <-moved:
		case <-again:
		case <-ticks:
			return nil, "", nil
		case <-lost:
			return nil, CursorUnknown, nil
		}
	}
}
