// Package reporttables fills the tables of reports that the register has the content of (T9). It hears from the journal of the
// network service that somebody has the tables of a report computed, and brings its own; and that a report opened, which it
// waives where it has nothing.
package reporttables

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/feed"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Job is the job that fills tables, RefillJob the one that brings anew what has changed.
const (
	Job       = "risk.fill_reports"
	RefillJob = "risk.refill_reports"
)

// gradeCatalogue is the computation of the risk points of a unit that are in force, by grade. Columns: description, position,
// owner, power_item, which are texts, and grade and category, which are choices of the terms of the scheme of risk.
const gradeCatalogue = "risk.grade_catalogue"

// mostRows is how many rows a table that a service fills may have.
const mostRows = 500

type filler struct {
	store      *record.Store
	directory  access.Directory
	reports    networkv1.ReportServiceClient
	exceptions networkv1.ReportExceptionServiceClient
	log        *zap.Logger
}

// New is the jobs of a service.
func New(env service.Env) []jobs.Job {
	network := env.Dial("network")
	f := &filler{
		env.Store, env.Directory, networkv1.NewReportServiceClient(network),
		networkv1.NewReportExceptionServiceClient(network), env.Log,
	}
	return []jobs.Job{
		feed.Job(env.Store, Job, networkv1.NewJournalServiceClient(network).WatchJournal, f.handle),
		{Name: RefillJob, Every: refillEvery, Run: f.refill},
	}
}

// computed is the event that tables were computed, as the journal names it.
var computed = access.EventOf(networkv1.ReportService_ComputeReport_FullMethodName)

func (f *filler) handle(ctx context.Context, events []*typev1.JournalEvent) error {
	w := &inspections{filler: f}
	for _, event := range events {
		var err error
		switch name := event.GetEvent(); {
		case name == computed:
			err = w.compute(ctx, event)
		case name == opened:
			err = w.waive(ctx, event)
		case exceptionEvents[name] && strings.HasPrefix(event.GetResource(), resource.Reports+"/"):
			err = db.New(f.store).NoteChangedByException(ctx, unitOf(event.GetResource()))
		}
		if err != nil && !fault.IsNotFound(err) { // nobody acts for the unit any more
			return err
		}
	}
	return nil
}

// compute fills the table of the report of an event, if its form has one.
func (w *inspections) compute(ctx context.Context, event *typev1.JournalEvent) error {
	unit, err := access.UnitEver(ctx, w.directory, resource.Name(resource.Units, unitOf(event.GetResource())))
	if err != nil {
		return err
	}
	scheme, err := w.directory.Scheme(ctx, cmp.Or(unit.GetSuccessor(), unit.GetName()))
	if fault.IsNotFound(err) || err == nil && !asks(scheme, event.GetResource()) {
		return nil
	}
	if err != nil {
		return err
	}
	table, err := w.catalogue(ctx, unit, event.GetResource())
	if err != nil {
		return err
	}
	_, _, err = w.fill(ctx, table, event.GetResource(), requestID(event.GetPosition()))
	return err
}

// fill fills the table of a report. It tells false where the report was sent meanwhile, which stays as it was sent; there is none
// where it was discarded, or its form is of another version, which shows the table otherwise.
func (f *filler) fill(
	ctx context.Context, c *catalogue, name, requestID string,
) (report *networkv1.Report, open bool, err error) {
	report, err = f.reports.FillReportTable(ctx, &networkv1.FillReportTableRequest{
		Name: name, Computation: gradeCatalogue, Table: c.table, RequestId: requestID,
	})
	switch status.Code(err) {
	case codes.OK:
	case codes.InvalidArgument:
		f.log.Warn("a table of a report was not filled", zap.String("report", name), zap.Error(err))
		return nil, true, nil
	case codes.NotFound:
		return nil, true, nil
	case codes.FailedPrecondition:
		return nil, false, nil
	default:
		return nil, false, err
	}
	if err := f.noteFilled(ctx, c, name); err != nil {
		return nil, false, err
	}
	if left := c.all - mostRows; left > 0 {
		err = f.tell(ctx, report, words.InboxReportTableCut(titleOf(report), report.GetPeriod(),
			strconv.FormatInt(c.all, 10), strconv.Itoa(mostRows)))
	}
	return report, true, err
}

func (f *filler) noteFilled(ctx context.Context, c *catalogue, name string) error {
	last, err := lastDayOf(name)
	if err != nil {
		return err
	}
	return db.New(f.store).NoteFilledReport(ctx, db.NoteFilledReportParams{
		Report: name, UnitID: unitOf(name), LastDay: last, TableSha256: c.sha256,
	})
}

// unitOf is the id of the unit of a report, "reports/{unit}.{schedule}.{period}".
func unitOf(report string) string {
	unit, _, _ := strings.Cut(resource.ID(report), ".")
	return unit
}

// scheduleOf is the schedule of a report.
func scheduleOf(report string) string {
	_, rest, _ := strings.Cut(resource.ID(report), ".")
	schedule, _, _ := strings.Cut(rest, ".")
	return schedule
}

func periodOf(report string) string { return report[strings.LastIndex(report, ".")+1:] }

// lastDayOf is the last day of the period of a report.
func lastDayOf(report string) (calendar.Date, error) {
	period, err := calendar.ParsePeriod(periodOf(report))
	if err != nil {
		return calendar.Date{}, err
	}
	return period.Last(), nil
}

func titleOf(report *networkv1.Report) words.Title {
	return schemes.TitleOf(report.GetSchedule(), report.GetTitle())
}

// tell tells the unit of a report of its table.
func (f *filler) tell(ctx context.Context, report *networkv1.Report, says words.Sentence) error {
	unit, err := access.UnitEver(ctx, f.directory, report.GetUnit())
	if err != nil {
		return err
	}
	return record.System(ctx, f.store, Job, func(ctx context.Context, tx *record.Tx) error {
		tx.Notify(record.Message{Unit: report.GetUnit(), Sentence: says, Resource: report.GetName()})
		return tx.Record(ctx, record.Entry{Resource: report.GetUnit(), UnitPath: access.Path(unit)})
	})
}

// requestID is that of what follows from an event. Repeated after a crash, it must not have the unit confirm anew what it has
// confirmed, nor waive what a unit above has asked for since.
func requestID(position string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(Job+" "+position)).String()
}

// asks tells whether the form of a report may show the catalogue: that of its schedule or, where the scheme of today has no such
// schedule, any.
func asks(scheme *networkv1.Scheme, report string) bool {
	schedule, known := schemes.Find(scheme.GetSchedules(), scheduleOf(report))
	return slices.ContainsFunc(scheme.GetReportForms(), func(form *networkv1.ReportForm) bool {
		return (!known || form.GetId() == schedule.GetForm()) && shows(form)
	})
}

// shows tells whether a form shows the catalogue.
func shows(form *networkv1.ReportForm) bool {
	for _, section := range form.GetSections() {
		if slices.ContainsFunc(section.GetItems(), func(item *networkv1.ReportItem) bool {
			return item.GetTable().GetComputedBy() == gradeCatalogue
		}) {
			return true
		}
	}
	return false
}

// catalogue is the table of the risk points of a unit in force.
type catalogue struct {
	table  *networkv1.ReportTable
	sha256 string
	all    int64 // how many there are, of which the table holds so many at most
}

// catalogue reads the risk points of a unit that a report is about: of the grades that are inspected by its schedule or, where no
// grade names that, of all.
func (w *inspections) catalogue(ctx context.Context, unit *networkv1.Unit, report string) (*catalogue, error) {
	today := clock.Today(w.store.Clock)
	if err := w.begin(ctx, today); err != nil {
		return nil, err
	}
	s, err := w.shownBy(ctx, unit, report, today)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(w.store).GradeCatalogueOf(ctx, db.GradeCatalogueOfParams{
		UnitID: resource.ID(unit.GetName()), Day: s.day, Most: mostRows, ToldUnits: s.toldUnits, ToldDays: s.toldDays,
		Grades: append([]string{}, w.inspected(unit, scheduleOf(report))...),
	})
	c := &catalogue{table: &networkv1.ReportTable{Rows: make([]*networkv1.ReportRow, len(rows))}}
	hash := sha256.New()
	for i, r := range rows {
		c.all = r.AllRows
		c.table.Rows[i] = &networkv1.ReportRow{Cells: map[string]*networkv1.ReportValue{
			"description": text(r.Description), "grade": choice(r.Grade), "category": choice(r.Category),
			"power_item": text(r.PowerItem), "position": text(r.Position), "owner": text(r.Owner),
		}}
		fmt.Fprintf(hash, "%q\n", []string{r.Description, r.Grade, r.Category, r.PowerItem, r.Position, r.Owner})
	}
	c.sha256 = hex.EncodeToString(hash.Sum(nil))
	return c, err
}

func text(s string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Text{Text: s}}
}

func choice(id string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Choice{Choice: id}}
}
