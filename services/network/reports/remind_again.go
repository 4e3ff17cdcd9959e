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

// remindAgain reminds units of reports that were sent back, and tells who sent them back of what did not come again by its day.
func (s *Server) remindAgain(ctx context.Context, today calendar.Date) error {
	since, err := inbox.RemindSince(ctx, s.store, RemindReportsJob)
	if err != nil {
		return err
	}
	returned, err := db.New(s.store).ReturnedReports(ctx, db.ReturnedReportsParams{Since: since, Today: today})
	if err != nil {
		return err
	}
	messages, err := s.sayOf(ctx, returned, today)
	if err != nil {
		return err
	}
	addressed, err := inbox.Address(ctx, s.store, today, messages)
	if err != nil {
		return err
	}
	return inbox.Remind(ctx, s.store, RemindReportsJob, addressed)
}

// sayOf is what is said today of reports that were sent back, to the units that act for them and to others.
func (s *Server) sayOf(
	ctx context.Context, rows []db.ReturnedReportsRow, today calendar.Date,
) (messages []inbox.Message, err error) {
	acting, err := units.Successors(ctx, s.store, today, rows, func(row db.ReturnedReportsRow) string { return row.UnitPath })
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		report, err := document.DecodeNamed[*networkv1.Report](row.Body, nameOf(row.UnitID, row.ScheduleID, row.Period))
		if document.IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if unit := acting[row.UnitPath]; unit != nil { // else it ends at this moment
			messages = append(messages, sayReturned(report, row, unit, today)...)
		}
	}
	return messages, nil
}

// sayReturned is what is said today of a report that was sent back: to the unit and, once its day has passed, to the one that
// sent it back.
func sayReturned(
	report *networkv1.Report, row db.ReturnedReportsRow, unit *networkv1.Unit, today calendar.Date,
) []inbox.Message {
	title, due := titleOf(report), row.DueOn.String()
	about := aboutReport(row, unit, words.InboxReportReturnDue(title, row.Period, due))
	if !row.DueOn.Before(today) {
		return []inbox.Message{about}
	}
	about.Sentence = words.InboxReportReturnOverdue(unit.GetTitle(), title, row.Period, due)
	above := about
	above.Recipient = inbox.To(report.GetReturns()[len(report.GetReturns())-1].GetReturnedBy())
	return []inbox.Message{about, above}
}

// aboutReport is a message to the unit that acts for a report. Each day set is told of once.
func aboutReport(row db.ReturnedReportsRow, unit *networkv1.Unit, says words.Sentence) inbox.Message {
	return inbox.Message{
		Recipient: inbox.To(unit.GetName()), Sentence: says, Resource: nameOf(row.UnitID, row.ScheduleID, row.Period),
		For: row.UnitID, DedupKey: row.DueOn.String(),
	}
}
