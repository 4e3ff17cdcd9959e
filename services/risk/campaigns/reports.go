package campaigns

import (
	"context"
	"errors"
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

// What the journal of the network service says of a report that is opened, sent or sent back, that a service waived or
// reinstated, and of exceptions.
var (
	openedByHand = access.EventOf(networkv1.ReportService_OpenReport_FullMethodName)
	sentEvents   = map[string]bool{
		access.EventOf(networkv1.ReportService_SubmitReport_FullMethodName):     true,
		access.EventOf(networkv1.ReportService_SubmitZeroReport_FullMethodName): true,
	}
	returned        = access.EventOf(networkv1.ReportService_ReturnReport_FullMethodName)
	waived          = access.EventOf(networkv1.ReportExceptionService_WaiveReport_FullMethodName)
	reinstated      = access.EventOf(networkv1.ReportExceptionService_ReinstateReport_FullMethodName)
	exceptionEvents = map[string]bool{
		access.EventOf(networkv1.ReportExceptionService_GrantReportException_FullMethodName):  true,
		access.EventOf(networkv1.ReportExceptionService_RevokeReportException_FullMethodName): true,
	}
)

// openedByJob is the job of network that opens what units owe.
const openedByJob = "network.open_reports"

// reports hears which reports are opened, are sent, or need not be, for what campaigns count. Whoever hears an event once more
// changes nothing.
type reports struct {
	store      *record.Store
	exceptions networkv1.ReportExceptionServiceClient
}

// handle reads exceptions before the transaction: no connection is held while another service answers.
func (r *reports) handle(ctx context.Context, events []*typev1.JournalEvent) error {
	exceptions := map[string]*networkv1.ReportException{}
	for _, event := range events {
		name := event.GetResource()
		of := exceptionEvents[event.GetEvent()] && strings.HasPrefix(name, resource.ReportExceptions+"/")
		if !of || exceptions[name] != nil {
			continue
		}
		found, err := r.exceptions.GetReportException(ctx, &networkv1.GetReportExceptionRequest{Name: name})
		if err != nil {
			return err
		}
		exceptions[name] = found
	}
	return r.store.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, event := range events {
			if err := note(ctx, db.New(tx), event, exceptions[event.GetResource()]); err != nil {
				return err
			}
		}
		return nil
	})
}

// note notes what an event says. The name of a report has its unit, its schedule and its period.
func note(
	ctx context.Context, queries *db.Queries, event *typev1.JournalEvent, exception *networkv1.ReportException,
) error {
	if exception != nil {
		return noteException(ctx, queries, exception)
	}
	unit, rest, _ := strings.Cut(resource.ID(event.GetResource()), ".")
	schedule, period, ok := strings.Cut(rest, ".")
	sent := sentEvents[event.GetEvent()]
	switch {
	case !ok:
		return nil
	case event.GetEvent() == waived, event.GetEvent() == reinstated:
		return noteException(ctx, queries, &networkv1.ReportException{
			Unit: resource.Name(resource.Units, unit), Schedule: schedule, Period: period, Waived: event.GetEvent() == waived,
		})
	case !sent && event.GetEvent() != returned && event.GetEvent() != openedByJob && event.GetEvent() != openedByHand:
		return nil
	}
	of, err := calendar.ParsePeriod(period)
	if err != nil {
		return err
	}
	switch event.GetEvent() {
	case openedByJob:
		err = queries.NotePeriodOpened(ctx, db.NotePeriodOpenedParams{
			Schedule: schedule, Period: period, FirstDay: of.First(), LastDay: of.Last(),
			OpenedOn: calendar.DateOf(event.GetActTime().AsTime(), calendar.Shanghai),
		})
		fallthrough
	case openedByHand:
		return errors.Join(err, queries.NoteReportOpened(ctx, db.NoteReportOpenedParams{
			UnitID: unit, Schedule: schedule, Period: period, FirstDay: of.First(), LastDay: of.Last(),
		}))
	}
	return queries.NoteReportSent(ctx, db.NoteReportSentParams{
		UnitID: unit, Schedule: schedule, Period: period, FirstDay: of.First(), LastDay: of.Last(), Sent: sent,
	})
}

// noteException notes whether a unit need not send a report, as its exception stands.
func noteException(ctx context.Context, queries *db.Queries, e *networkv1.ReportException) error {
	of, err := calendar.ParsePeriod(e.GetPeriod())
	if err != nil {
		return err
	}
	return queries.NoteReportExempted(ctx, db.NoteReportExemptedParams{
		UnitID: resource.ID(e.GetUnit()), Schedule: e.GetSchedule(), Period: e.GetPeriod(),
		FirstDay: of.First(), LastDay: of.Last(),
		Exempted: e.GetWaived() && !e.GetRevoked(),
	})
}
