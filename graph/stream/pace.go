package stream

import (
	"sync"
	"time"
)

// paces remembers when pages were read last.
type paces struct {
	mu   sync.Mutex
	read map[int64]time.Time
}

// pacesKept bounds what is remembered before it is looked through.
const pacesKept = 1024

// next fires when the page may be read again: at once, unless that was less than the pause ago.
func (p *paces) next(page int64, pause time.Duration) <-chan time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.read) > pacesKept {
		for other, at := range p.read {
			if time.Since(at) > pause {
				delete(p.read, other)
			}
		}
	}
	return time.After(time.Until(p.read[page].Add(pause)))
}

// done notes that the page was read.
func (p *paces) done(page int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read == nil {
		p.read = map[int64]time.Time{}
	}
	p.read[page] = time.Now()
}
