package suite

import (
	"context"
	"fmt"
	"net/http"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
)

// ConfirmClock says that a clock is right, to the jobs of all services with a schema in a database. It gives their names.
func ConfirmClock(ctx context.Context, url string, c clock.Clock) (confirmed []string, err error) {
	for _, spec := range Specs() {
		schema, err := database.Open(ctx, url, spec.Name)
		if err != nil {
			return confirmed, err
		}
		defer schema.Close()
		var begun bool
		if err := schema.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", spec.Name+".clock_seen").Scan(&begun); err != nil {
			return confirmed, err
		}
		if !begun {
			continue // it has a database of its own
		}
		if _, err := db.New(schema).ConfirmClock(ctx, c.Now()); err != nil {
			return confirmed, err
		}
		confirmed = append(confirmed, spec.Name)
	}
	return confirmed, nil
}

// tellClock says to who asks for readiness which services' jobs do nothing. Calls are served all the same.
func (s *Suite) tellClock(w http.ResponseWriter) {
	for _, queue := range s.queues {
		if err := queue.ClockJumped(); err != nil {
			_, _ = fmt.Fprintf(w, "%s: %v\n", queue.Service(), err)
		}
	}
}
