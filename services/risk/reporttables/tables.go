// Package reporttables fills the tables of reports that the register has the content of (T9). It hears from the journal of the
// network service that somebody has the tables of a report computed, and brings its own; and that a report opened, which it
// waives where it has nothing.
package reporttables

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
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

// Job is the job that fills tables.
const Job = "risk.fill_reports"

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

// New is the job of a service.
func New(env service.Env) jobs.Job {
	network := env.Dial("network")
	f := &filler{
		env.Store, env.Directory, networkv1.NewReportServiceClient(network),
		networkv1.NewReportExceptionServiceClient(network), env.Log,
	}
	return feed.Job(env.Store, Job, networkv1.NewJournalServiceClient(network).WatchJournal, f.handle)
}

// computed is the event that tables were computed, as the journal names it.
var computed = access.EventOf(networkv1.ReportService_ComputeReport_FullMethodName)

func (f *filler) handle(ctx context.Context, events []*typev1.JournalEvent) error {
	w := &waiving{filler: f}
	for _, event := range events {
		var err error
		switch event.GetEvent() {
		case computed:
			err = f.fill(ctx, event)
		case opened:
			err = w.waive(ctx, event)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fill fills the table of the report of an event, if its form has one. What was sent meanwhile stays as it was sent.
func (f *filler) fill(ctx context.Context, event *typev1.JournalEvent) error {
	scheme, err := f.directory.Scheme(ctx, event.GetUnit())
	if fault.IsNotFound(err) || err == nil && !asks(scheme, event.GetResource()) {
		return nil
	}
	if err != nil {
		return err
	}
	table, err := f.gradeCatalogue(ctx, event.GetUnit())
	if err != nil {
		return err
	}
	_, err = f.reports.FillReportTable(ctx, &networkv1.FillReportTableRequest{
		Name: event.GetResource(), Computation: gradeCatalogue, Table: table,
		RequestId: requestID(event),
	})
	switch {
	case status.Code(err) == codes.InvalidArgument: // its form is of another version, which shows it otherwise
		f.log.Warn("a table of a report was not filled", zap.String("report", event.GetResource()), zap.Error(err))
		return nil
	case status.Code(err) == codes.NotFound, status.Code(err) == codes.FailedPrecondition: // discarded, or sent
		return nil
	}
	return err
}

// requestID is that of what follows from an event. Repeated after a crash, it must not have the unit confirm anew what it has
// confirmed, nor waive what a unit above has asked for since.
func requestID(event *typev1.JournalEvent) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(Job+" "+event.GetPosition())).String()
}

// asks tells whether the form of a report may show the catalogue: that of its schedule or, where the scheme of today has no such
// schedule, any.
func asks(scheme *networkv1.Scheme, report string) bool {
	_, rest, _ := strings.Cut(resource.ID(report), ".")
	id, _, _ := strings.Cut(rest, ".")
	schedule, known := schemes.Find(scheme.GetSchedules(), id)
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

func (f *filler) gradeCatalogue(ctx context.Context, unit string) (*networkv1.ReportTable, error) {
	rows, err := db.New(f.store).GradeCatalogueOf(ctx, db.GradeCatalogueOfParams{
		UnitID: resource.ID(unit), Day: clock.Today(f.store.Clock), Most: mostRows,
	})
	table := &networkv1.ReportTable{Rows: make([]*networkv1.ReportRow, len(rows))}
	for i, r := range rows {
		table.Rows[i] = &networkv1.ReportRow{Cells: map[string]*networkv1.ReportValue{
			"description": text(r.Description), "grade": choice(r.Grade), "category": choice(r.Category),
			"power_item": text(r.PowerItem), "position": text(r.Position), "owner": text(r.Owner),
		}}
	}
	return table, err
}

func text(s string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Text{Text: s}}
}

func choice(id string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Choice{Choice: id}}
}
