package reporttables

import (
	"context"
	"strconv"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

const (
	refillEvery  = 10 * time.Minute
	refillAtOnce = 100
)

// refill brings tables anew whose risk points have changed since: what the unit confirmed it confirms again. Of a report that was
// sent it is told, as long as the period runs, so that it may amend it; one from which it was exempted it may owe now (T9).
func (f *filler) refill(ctx context.Context) error {
	if err := db.New(f.store).ForgetPastWaivedReports(ctx, clock.Today(f.store.Clock)); err != nil {
		return err
	}
	for {
		changed, err := db.New(f.store).ChangedCatalogues(ctx, refillAtOnce)
		if err != nil || len(changed) == 0 {
			return err
		}
		last, ids := map[string]int64{}, make([]int64, len(changed)) // by unit the last change
		for i, c := range changed {
			last[c.UnitID], ids[i] = c.ID, c.ID
		}
		w := &inspections{filler: f}
		for unit, change := range last {
			if err := w.refillOf(ctx, unit, change); err != nil && !fault.IsNotFound(err) { // nobody acts for it any more
				return err
			}
		}
		if err := db.New(f.store).ForgetChangedCatalogues(ctx, ids); err != nil {
			return err
		}
	}
}

// refillOf does so for the reports of a unit after a change.
func (w *inspections) refillOf(ctx context.Context, unit string, change int64) error {
	found, err := access.UnitEver(ctx, w.directory, resource.Name(resource.Units, unit))
	if err != nil {
		return err
	}
	if err := w.reinstate(ctx, found, "change "+strconv.FormatInt(change, 10)+" "); err != nil {
		return err
	}
	filled, err := db.New(w.store).FilledReports(ctx, unit)
	if err != nil {
		return err
	}
	for _, r := range filled {
		cause := "change " + strconv.FormatInt(change, 10) + " " + r.Report
		if err := w.again(ctx, found, r, cause); err != nil {
			return err
		}
	}
	return nil
}

func (w *inspections) again(
	ctx context.Context, unit *networkv1.Unit, filled db.FilledReportsRow, cause string,
) error {
	table, err := w.catalogue(ctx, unit, filled.Report)
	if err != nil || table.sha256 == filled.TableSha256 {
		return err
	}
	report, open, err := w.fill(ctx, table, filled.Report, requestID(cause))
	switch {
	case err != nil:
		return err
	case report != nil:
		return w.tell(ctx, report, words.InboxReportTableRefilled(titleOf(report), report.GetPeriod()))
	case open || filled.LastDay.Before(clock.Today(w.store.Clock)): // there is none any more, or it is over
		return db.New(w.store).ForgetFilledReport(ctx, filled.Report)
	}
	report, err = w.reports.GetReport(ctx, &networkv1.GetReportRequest{Name: filled.Report})
	if err != nil {
		return err
	}
	if err := w.noteFilled(ctx, table, filled.Report); err != nil {
		return err
	}
	return w.tell(ctx, report, words.InboxReportTableOutdated(titleOf(report), report.GetPeriod()))
}
