package intake

import (
	"encoding/json"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// interval is the time between two lines of progress.
const interval = 2 * time.Second

// progress shows how many documents are done of those found so far.
type progress struct {
	bar   *progressbar.ProgressBar // nil: lines
	lines *json.Encoder
	kind  string

	started, last time.Time
	found, gone   int
}

// line is what is written where there is no terminal.
type line struct {
	Import    string  `json:"import"`
	Documents int     `json:"documents"`
	Of        int     `json:"of"`
	Accepted  int     `json:"accepted"`
	Unchanged int     `json:"unchanged"`
	Refused   int     `json:"refused"`
	Unmapped  int     `json:"unmapped"`
	Seconds   float64 `json:"seconds"`
	Done      bool    `json:"done"`
}

func newProgress(opts Options, kind string) *progress {
	out := opts.Progress
	if out == nil {
		out = io.Discard
	}
	now := time.Now()
	p := &progress{kind: kind, lines: json.NewEncoder(out), started: now, last: now}
	if opts.Terminal {
		p.bar = progressbar.NewOptions(1,
			progressbar.OptionSetWriter(out),
			progressbar.OptionSetDescription("import "+kind),
			progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// more tells of documents that are to be done.
func (p *progress) more(n int) {
	p.found += n
	if p.bar != nil {
		p.bar.ChangeMax(max(p.found, 1))
	}
}

// pass tells that a document was done before.
func (p *progress) pass() {
	p.gone++
	if p.gone > p.found {
		p.more(p.gone - p.found)
	}
}

// done tells that a document is done.
func (p *progress) done(r Report) error {
	p.pass()
	if p.bar != nil {
		if p.gone == p.found {
			return nil // a full bar would be finished, and more may be found
		}
		return p.bar.Set(p.gone)
	}
	if time.Since(p.last) < interval {
		return nil
	}
	p.last = time.Now()
	return p.write(r, false)
}

// end shows the last state.
func (p *progress) end(r Report) error {
	if p.bar != nil {
		return p.bar.Finish()
	}
	return p.write(r, true)
}

func (p *progress) write(r Report, done bool) error {
	return p.lines.Encode(line{
		p.kind, p.gone, p.found, r.Accepted, r.Unchanged, r.Refused, r.Unmapped,
		time.Since(p.started).Seconds(), done,
	})
}
