package reports

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// tipsOfSystem is the computation of tips about the system of the unit.
const tipsOfSystem = "network.tips_of_system"

// countSystemTips counts the tips of some days about what lies below the unit on the system line of the last of them, as whoever
// speaks for the report may know them.
func (s *Server) countSystemTips(ctx context.Context, c *lockedReport, d days) ([]db.CountReportTipsRow, error) {
	below, err := units.SystemBelow(ctx, c.tx, c.version.GetUnit(), d.to)
	if err != nil || len(below) == 0 {
		return nil, err
	}
	readers, err := units.ReaderLineages(ctx, c.tx, c.tx.Today(), c.version.GetUnit(), c.actingUnit.GetName())
	if err != nil {
		return nil, err
	}
	schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.row.ScheduleID)
	rows, err := db.New(c.tx).CountSystemTips(ctx, db.CountSystemTipsParams{
		Units: leftTo(c.actingUnit, below, schedule), Top: c.row.UnitID, Today: c.tx.Today(), ReaderUnits: readers,
		SpanFrom: d.from.In(calendar.Shanghai), SpanBefore: d.to.AddDays(1).In(calendar.Shanghai),
		Duplicate: networkv1.TipState_TIP_STATE_DUPLICATE.String(),
	})
	if err != nil {
		return nil, err
	}
	lines := make([]db.CountReportTipsRow, len(rows))
	for i, r := range rows {
		lines[i] = db.CountReportTipsRow{
			UnitID: r.UnitID, SubjectArea: r.SubjectArea, Channel: r.Channel, Roles: r.Roles, SourceUnit: r.SourceUnit,
			Tips: r.Received, Received: r.Received, Returned: r.Returned, Accepted: r.Accepted, Closed: r.Closed,
			Urgent: r.Urgent, Unfounded: r.Unfounded,
		}
	}
	return lines, tellRoles(ctx, c, lines)
}

// leftTo are the ids of those units below another on the system line whose tips its report counts: all but those below a unit of
// its own level that owes the same report and counts them itself, so that no tip is twice in the sums of a level.
func leftTo(unit *networkv1.Unit, below []*networkv1.Unit, schedule *networkv1.Schedule) []string {
	byName := make(map[string]*networkv1.Unit, len(below))
	for _, u := range below {
		byName[u.GetName()] = u
	}
	var left []string
	for _, u := range below {
		above := byName[u.GetSystemParent()]
		for range below { // at most: the line may be a circle
			if above == nil || above.GetLevel() == unit.GetLevel() && asks(schedule, above) {
				break
			}
			above = byName[above.GetSystemParent()]
		}
		if above == nil {
			left = append(left, resource.ID(u.GetName()))
		}
	}
	return left
}
