// Package logline lets every layer of a call add to its one log line. Payloads are never added.
package logline

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Milliseconds is how long something took, as a number: "duration_ms". Every line says durations so.
func Milliseconds(took time.Duration) zap.Field {
	return zap.Float64("duration_ms", float64(took.Microseconds())/1000)
}

// Line gathers the fields of one call.
type Line struct {
	mu     sync.Mutex
	fields []zap.Field
}

type key struct{}

// With begins a line.
func With(ctx context.Context) (context.Context, *Line) {
	line := &Line{}
	return context.WithValue(ctx, key{}, line), line
}

// Add notes fields on the call's line; outside a call it does nothing.
func Add(ctx context.Context, fields ...zap.Field) {
	if line, ok := ctx.Value(key{}).(*Line); ok {
		line.mu.Lock()
		defer line.mu.Unlock()
		line.fields = append(line.fields, fields...)
	}
}

// Fields returns what was noted.
func (l *Line) Fields() []zap.Field {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fields
}
