package reports

import (
	"context"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// notify tells a unit about the version acted on, of each once.
func (c *lockedReport) notify(ctx context.Context, unit *networkv1.Unit, says words.Sentence) error {
	return inbox.Notify(ctx, c.tx, c.message(inbox.RecipientOf(unit), says))
}

func (c *lockedReport) message(to inbox.Recipient, says words.Sentence) inbox.Message {
	return inbox.Message{
		Recipient: to, Sentence: says, Resource: c.version.GetName(), For: c.row.UnitID,
		DedupKey: strconv.Itoa(int(c.version.GetVersion())),
	}
}

// notifyAccepter tells the unit that accepted the version, if another, that it was sent back from above.
func (c *lockedReport) notifyAccepter(ctx context.Context, accepter, reason string) error {
	if accepter == "" || accepter == access.PrincipalOf(ctx).Unit {
		return nil
	}
	acting, err := units.Acting(ctx, c.tx, c.tx.Today(), accepter)
	unit := acting[accepter]
	if err != nil || unit == nil || unit.GetName() == access.PrincipalOf(ctx).Unit {
		return err
	}
	return c.notify(ctx, unit,
		words.InboxReportReturnedAbove(words.Titled(c.actingUnit), titleOf(c.version), c.version.GetPeriod(), reason))
}

// notifyAbove tells all units above on either line, each of which may judge it, that a version was sent.
func (s *Server) notifyAbove(ctx context.Context, c *lockedReport) error {
	line := strings.Split(access.Path(c.actingUnit), ".")
	ids := line[:len(line)-1]
	system, err := access.SystemAbove(ctx, s.directory, c.actingUnit)
	if err != nil {
		return err
	}
	for _, u := range system {
		ids = append(ids, resource.ID(u.GetName()))
	}
	above, err := db.New(c.tx).UnitsOfIDs(ctx, db.UnitsOfIDsParams{UnitIds: ids, Today: clock.Today(s.store.Clock)})
	if err != nil {
		return err
	}
	says := words.InboxReportSubmitted(c.actingUnit.GetTitle(), titleOf(c.version), c.version.GetPeriod())
	if version := int(c.version.GetVersion()); version > 1 {
		says = words.InboxReportResubmitted(c.actingUnit.GetTitle(), titleOf(c.version), c.version.GetPeriod(),
			strconv.Itoa(version))
	}
	messages := make([]inbox.Message, len(above))
	for i, u := range above {
		messages[i] = c.message(inbox.Recipient(u), says)
	}
	return inbox.Notify(ctx, c.tx, messages...)
}

// notifySums tells the units whose sums of this report were sent before it that they do not count it (T9).
func (c *lockedReport) notifySums(ctx context.Context) error {
	period, err := calendar.ParsePeriod(c.row.Period)
	if err != nil {
		return err
	}
	asked := db.SumsSentParams{UnitIds: strings.Split(c.row.UnitPathThen, "."), Today: c.tx.Today()}
	for _, schedule := range c.scheme.GetSchedules() {
		if forms.SumsUp(c.scheme, schedule.GetForm(), c.row.ScheduleID) {
			asked.Schedules = append(asked.Schedules, schedule.GetId())
			in := calendar.PeriodOf(calendarpb.Kind(schedule.GetPeriodKind()), period.Last())
			asked.Periods = append(asked.Periods, in.String())
		}
	}
	if len(asked.Schedules) == 0 {
		return nil
	}
	sums, err := db.New(c.tx).SumsSent(ctx, asked)
	if err != nil {
		return err
	}
	messages := make([]inbox.Message, len(sums))
	for i, sum := range sums {
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), sum.ScheduleID)
		messages[i] = c.message(inbox.Recipient{Region: sum.Region, UnitID: sum.UnitID, UnitPath: sum.UnitPath},
			words.InboxReportAfterSum(c.actingUnit.GetTitle(), titleOf(c.version), c.version.GetPeriod(),
				schemes.TitleOf(schedule.GetId(), schedule.GetTitle()), sum.Period))
	}
	return inbox.Notify(ctx, c.tx, messages...)
}

// titleOf is what messages call a report.
func titleOf(report *networkv1.Report) words.Title {
	return schemes.TitleOf(report.GetSchedule(), report.GetTitle())
}
