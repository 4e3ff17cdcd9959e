package reports

import (
	"context"
	"fmt"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// filing is that a report that was sent is filed outside the tree (T9, T17, T23).
var filing = duty{
	id: "filing ", reminders: (*networkv1.Schedule).GetFilingReminders, units: unfiledUnits, says: sayUnfiled,
	below: words.InboxReportFilingsOverdueBelow,
}

// remindUnfiled looks after the reports that are still to be filed.
func (s *Server) remindUnfiled(
	ctx context.Context, days *calendar.Calendar, all []schemes.Stored[*networkv1.Scheme], today calendar.Date,
) error {
	versions := byVersion(all)
	rows, err := db.New(s.store).UnfiledWindows(ctx, today.AddDays(-reminders.LookBackDays))
	if err != nil {
		return err
	}
	for _, row := range rows {
		v := versions[row.SchemeVersion]
		schedule, _ := schemes.Find(v.GetSchedules(), row.ScheduleID)
		w := window{period: row.Period, Window: reminders.Window{OpenOn: row.SubmittedOn, CloseOn: row.DueOn}}
		if err := s.remindWindow(ctx, days, audience{duty: filing, scheme: v, schedule: schedule}, w, today); err != nil {
			return fmt.Errorf("remind of what is to be filed by %s: %w", row.SchemeVersion, err)
		}
	}
	return nil
}

// unfiledUnits are those who are still to file a report by the last day of a window, and the units that act for them.
func unfiledUnits(
	ctx context.Context, tx *record.Tx, c audience, w window, _ reminders.Due, today calendar.Date,
) ([]db.OwingUnitsRow, error) {
	rows, err := db.New(tx).UnfiledUnits(ctx, db.UnfiledUnitsParams{
		SchemeVersion: schemes.Version(c.scheme), ScheduleID: c.schedule.GetId(), Period: w.period,
		DueOn: w.CloseOn, Today: today,
	})
	units := make([]db.OwingUnitsRow, len(rows))
	for i, row := range rows {
		units[i] = db.OwingUnitsRow(row)
	}
	return units, err
}

// sayUnfiled is what a reminder tells those who are to file a report.
func sayUnfiled(schedule *networkv1.Schedule, w window, _ reminders.Due, today calendar.Date) words.Sentence {
	title, due := schemes.TitleOf(schedule.GetId(), schedule.GetTitle()), w.CloseOn.String()
	if w.CloseOn.Before(today) {
		return words.InboxReportFilingOverdue(title, w.period, due)
	}
	return words.InboxReportFilingDue(title, w.period, due)
}
