// Package checks keeps the checks that units make at those below: of finances, off-book funds and procurement, and of what tips
// say about finances (T16, T17).
package checks

import (
	"context"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of checks: RemindJob reminds units of the checks that they are to make, FilingJob of those that are to be filed.
const (
	RemindJob = "risk.remind_checks"
	FilingJob = "risk.remind_check_filings"
)

// Server serves CheckService.
type Server struct {
	riskv1.UnsafeCheckServiceServer

	checks       collection.Collection[*riskv1.Check]
	positions    *collection.Collection[*riskv1.Position]
	deficiencies *deficiencies.Server
	inquiries    networkv1.InquiryServiceClient
	directory    access.Directory
	owed         owed.Kind[*riskv1.Check]
	filing       owed.Kind[*riskv1.Check]
	calendar     calendar.Source
}

type change = collection.Change[*riskv1.Check]

// New makes the server and adds the job that reminds.
func New(env service.Env, noted *deficiencies.Server) *Server {
	s := &Server{
		checks:    collection.Collection[*riskv1.Check]{Store: env.Store, Table: "checks", Life: Lifecycle},
		positions: positions.Collection(env), deficiencies: noted, directory: env.Directory, calendar: env.Calendar,
		inquiries: networkv1.NewInquiryServiceClient(env.Dial("network")),
	}
	s.owed = owed.Kind[*riskv1.Check]{
		Records: &s.checks, Owed: "state IN ('CHECK_STATE_PLANNED', 'CHECK_STATE_FOUND')",
		Reminders: (*riskv1.Scheme).GetCheckReminders,
		Due:       func(c *riskv1.Check) words.Sentence { return words.InboxCheckDue(title(c), c.GetDueOn()) },
		Overdue:   func(c *riskv1.Check) words.Sentence { return words.InboxCheckOverdue(title(c), c.GetDueOn()) },
		OverdueBelow: func(c *riskv1.Check) words.Sentence {
			return words.InboxCheckOverdueBelow(c.GetUnit(), title(c), c.GetDueOn())
		},
		OverdueSum: words.InboxCheckOverdueSum,
		Matters:    owed.Several("应当完成并报告的检查", "checks to be made and reported"),
		Called:     func(c *riskv1.Check) words.Title { return words.Named(c.GetName(), title(c)) },
	}
	s.filing = owed.Filing(&s.checks, s.owed.Called, nil)
	env.Queue.Add(s.owed.Job(RemindJob, env.Calendar), s.filing.Job(FilingJob, env.Calendar))
	return s
}

// title is what messages call a check.
func title(c *riskv1.Check) string { return riskpoints.Beginning(c.GetScope()) }

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterCheckServiceServer(r, s) }

// GetCheck reads one check.
func (s *Server) GetCheck(ctx context.Context, req *riskv1.GetCheckRequest) (*riskv1.Check, error) {
	return s.checks.Get(ctx, req.GetName())
}

// ListChecks lists the checks that the units of a subtree make.
func (s *Server) ListChecks(ctx context.Context, req *riskv1.ListChecksRequest) (*riskv1.ListChecksResponse, error) {
	var faults fault.Fields
	store := s.checks.Store
	if err := schemes.CheckFilter(ctx, store, &faults, "kinds", "checkKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.In("kind", req.GetKinds()),
		collection.WhereSet("checked_unit = ?", req.GetCheckedUnit()),
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where(
			"state IN ('CHECK_STATE_PLANNED', 'CHECK_STATE_FOUND') AND due_on < ?", clock.Today(store.Clock)))
	}
	if req.GetImportant() {
		filters = append(filters, collection.Where("important"))
	}
	if req.GetUnfiled() {
		filters = append(filters, collection.Where("unfiled"))
	}
	list, next, err := s.checks.List(ctx, req, filters...)
	return &riskv1.ListChecksResponse{Checks: list, NextPageToken: next}, err
}

// CountChecks counts by unit, kind and state, with what is overdue and what the checks found.
func (s *Server) CountChecks(ctx context.Context, _ *riskv1.CountChecksRequest) (*riskv1.CountChecksResponse, error) {
	rows, err := db.New(s.checks.Store).CountChecks(ctx, db.CountChecksParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.checks.Store.Clock),
		Owed: document.EnumNames([]riskv1.CheckState{planned, found}), ToCorrect: deficiencies.ToCorrect(),
	})
	counts := make([]*riskv1.CheckCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.CheckCount{
			Unit: resource.Name(resource.Units, r.UnitID), Kind: r.Kind,
			State: riskv1.CheckState(riskv1.CheckState_value[r.State]), Count: r.Checks, OverdueCount: r.Overdue,
			DeficiencyCount: r.Found, OwedDeficiencyCount: r.Owed,
		}
	}
	return &riskv1.CountChecksResponse{Counts: counts}, err
}

// CancelCheck gives up what is planned.
func (s *Server) CancelCheck(ctx context.Context, req *riskv1.CancelCheckRequest) (*riskv1.Check, error) {
	return s.checks.Act(ctx, req, cancelAct, func(_ context.Context, c *change) error {
		c.Record.CancelReason = req.GetReason()
		owed.Stop(c.Record)
		return nil
	})
}

// Owners are the checks as owners of attachments, by the rules of the scheme in force for their unit.
func (s *Server) Owners() attachments.Owners {
	return files.Owners(s.checks)
}
