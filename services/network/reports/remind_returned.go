package reports

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// remindReturned reminds units of reports that were sent back, and tells who sent them back of those that did not come again.
func (s *Server) remindReturned(ctx context.Context, today calendar.Date) error {
	since, err := inbox.RemindSince(ctx, s.store, RemindReportsJob)
	if err != nil {
		return err
	}
	rows, err := db.New(s.store).ReturnedReports(ctx, db.ReturnedReportsParams{Since: since, Today: today})
	if err != nil {
		return err
	}
	acting, err := units.Successors(ctx, s.store, today, rows, func(row db.ReturnedReportsRow) string { return row.UnitPath })
	if err != nil {
		return err
	}
	var messages []inbox.Message
	for _, row := range rows {
		report, err := document.Read[*networkv1.Report](row.Body, row.Revision)
		if document.IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return err
		}
		if unit := acting[row.UnitPath]; unit != nil { // else it ends at this moment
			messages = append(messages, sayReturned(report, row, unit, today)...)
		}
	}
	addressed, err := inbox.Address(ctx, s.store, today, messages)
	if err != nil {
		return err
	}
	return inbox.Remind(ctx, s.store, RemindReportsJob, addressed)
}

// sayReturned is what is said today of a report that was sent back: to the unit and, once its day has passed, to the one that
// sent it back.
func sayReturned(
	report *networkv1.Report, row db.ReturnedReportsRow, unit *networkv1.Unit, today calendar.Date,
) []inbox.Message {
	title, due := titleOf(report), row.DueOn.String()
	about := inbox.Message{
		Recipient: inbox.To(unit.GetName()), Sentence: words.InboxReportReturnDue(title, row.Period, due),
		Resource: nameOf(row.UnitID, row.ScheduleID, row.Period), For: row.UnitID, DedupKey: due,
	}
	if !row.DueOn.Before(today) {
		return []inbox.Message{about}
	}
	about.Sentence = words.InboxReportReturnOverdue(unit.GetTitle(), title, row.Period, due)
	above := about
	above.Recipient = inbox.To(report.GetReturns()[len(report.GetReturns())-1].GetReturnedBy())
	return []inbox.Message{about, above}
}
