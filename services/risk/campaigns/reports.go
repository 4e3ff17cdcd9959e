package campaigns

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// What the journal of the network service says of a report that is sent, or sent back.
var (
	sentEvents = map[string]bool{
		access.EventOf(networkv1.ReportService_SubmitReport_FullMethodName):     true,
		access.EventOf(networkv1.ReportService_SubmitZeroReport_FullMethodName): true,
	}
	returned = access.EventOf(networkv1.ReportService_ReturnReport_FullMethodName)
)

// reports hears which reports are sent, for what campaigns count. Whoever hears an event once more changes nothing.
type reports struct{ store *record.Store }

func (r *reports) handle(ctx context.Context, events []*typev1.JournalEvent) error {
	return r.store.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, event := range events {
			if err := note(ctx, db.New(tx), event); err != nil {
				return err
			}
		}
		return nil
	})
}

// note notes what an event says. The name of a report has its unit, its schedule and its period.
func note(ctx context.Context, queries *db.Queries, event *typev1.JournalEvent) error {
	unit, rest, _ := strings.Cut(resource.ID(event.GetResource()), ".")
	schedule, period, ok := strings.Cut(rest, ".")
	switch {
	case !ok:
	case sentEvents[event.GetEvent()]:
		of, err := calendar.ParsePeriod(period)
		if err != nil {
			return err
		}
		return queries.NoteReportSent(ctx, db.NoteReportSentParams{
			UnitID: unit, Schedule: schedule, Period: period, FirstDay: of.First(), LastDay: of.Last(),
		})
	case event.GetEvent() == returned:
		return queries.NoteReportReturned(ctx, db.NoteReportReturnedParams{UnitID: unit, Schedule: schedule, Period: period})
	}
	return nil
}
