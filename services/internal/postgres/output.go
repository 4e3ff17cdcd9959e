package postgres

import (
	"bytes"
	"strings"
	"sync"

	"go.uber.org/zap"
)

const (
	outputLines = 5
	outputLimit = 8 << 10 // bytes of one line; the rest of a longer one is a line of its own
)

// output passes the server's log on and remembers the last lines for an error message.
type output struct {
	log *zap.Logger

	mu   sync.Mutex
	part []byte // a line not ended yet
	last []string
}

// Write takes what the server prints; it never fails.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.part = append(o.part, p...)
	for {
		line, rest, ended := bytes.Cut(o.part, []byte{'\n'})
		if !ended && len(line) < outputLimit {
			return len(p), nil
		}
		o.part = rest
		o.line(string(line))
	}
}

func (o *output) line(line string) {
	if o.last = append(o.last, line); len(o.last) > outputLines {
		o.last = o.last[1:]
	}
	level, text, ok := strings.Cut(line, ":")
	if !ok {
		level, text = "", line
	}
	text = strings.TrimSpace(text)
	switch level {
	case "PANIC":
		o.log.Error(text)
	case "WARNING":
		o.log.Warn(text)
	default:
		// ERROR and most FATAL concern one client, which has its answer; a FATAL that ends the
		// server is in the error of its end.
		o.log.Debug(text, zap.String("severity", level))
	}
}

// tail returns the last lines.
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.last, "; ")
}
