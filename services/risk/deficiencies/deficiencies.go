// Package deficiencies keeps what went wrong in decisions, appointments, finances and procurement, until somebody else has seen
// that it is put right (T11, T14–T17).
package deficiencies

import (
	"context"
	"maps"
	"slices"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of deficiencies: RemindJob reminds units of what they are to correct, JudgeJob those who are to look whether they did, and
// FilingJob of what is to be filed.
const (
	RemindJob = "risk.remind_deficiencies"
	JudgeJob  = "risk.remind_deficiency_judges"
	FilingJob = "risk.remind_deficiency_filings"
)

// Server serves DeficiencyService.
type Server struct {
	riskv1.UnsafeDeficiencyServiceServer

	deficiencies collection.Collection[*riskv1.Deficiency]
	judged       collection.Collection[*riskv1.Deficiency] // the same, for those alone who reach the unit
	positions    *collection.Collection[*riskv1.Position]
	reports      networkv1.ReportServiceClient
	owed         owed.Kind[*riskv1.Deficiency]
	judging      owed.Kind[*riskv1.Deficiency]
	filing       owed.Kind[*riskv1.Deficiency]
	owner        owed.Owner[*riskv1.Deficiency]
	calendar     calendar.Source
}

type change = collection.Change[*riskv1.Deficiency]

// New makes the server and adds the job that reminds.
func New(env service.Env) *Server {
	s := &Server{
		deficiencies: collection.Collection[*riskv1.Deficiency]{
			Store: env.Store, Table: "deficiencies", Life: Lifecycle, Derived: []string{owed.OwnerActing},
			Reach: owed.ReachOf(env.Store, (*riskv1.Deficiency).GetOwnerUnit), // which is to correct it (T16)
		},
		positions: positions.Collection(env), calendar: env.Calendar,
		reports: networkv1.NewReportServiceClient(env.Dial("network")),
	}
	s.judged = s.deficiencies
	s.judged.Reach = nil
	s.owner = owed.Owner[*riskv1.Deficiency]{
		Of: (*riskv1.Deficiency).GetOwner, Acting: owed.OwnerActing, DueOn: (*riskv1.Deficiency).GetDueOn, Reached: true,
		Title: func(d *riskv1.Deficiency) words.Title {
			return words.Quoted(d.GetName(), "问题", "deficiency", words.Named(d.GetName(), title(d)))
		},
	}
	s.owed = owed.Kind[*riskv1.Deficiency]{
		Records: &s.deficiencies, Owner: &s.owner, Owed: "state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_RETURNED')",
		Reminders: (*riskv1.Scheme).GetDeficiencyReminders,
		Due:       func(d *riskv1.Deficiency) words.Sentence { return words.InboxDeficiencyDue(title(d), d.GetDueOn()) },
		Overdue:   func(d *riskv1.Deficiency) words.Sentence { return words.InboxDeficiencyOverdue(title(d), d.GetDueOn()) },
		OverdueBelow: func(d *riskv1.Deficiency) words.Sentence {
			return words.InboxDeficiencyOverdueBelow(d.GetUnit(), title(d), d.GetDueOn())
		},
		OverdueSum: words.InboxDeficiencyOverdueSum,
		Matters:    owed.Several("应当整改的问题", "deficiencies to be corrected"), Called: called,
	}
	s.judging = owed.Judging(&s.deficiencies, called, judge)
	s.judging.Ask = owed.AskIn(saysCorrected)
	s.filing = owed.Filing(&s.deficiencies, called, judge)
	env.Followers.Add(s.judging.Handover("state = 'DEFICIENCY_STATE_CORRECTED'"), s.filing.Handover("unfiled"))
	env.Queue.Add(s.owed.Job(RemindJob, env.Calendar), s.judging.Job(JudgeJob, env.Calendar),
		s.filing.Job(FilingJob, env.Calendar))
	return s
}

func called(d *riskv1.Deficiency) words.Title { return words.Named(d.GetName(), title(d)) }

// title is what messages call a deficiency.
func title(d *riskv1.Deficiency) string { return riskpoints.Beginning(d.GetText()) }

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterDeficiencyServiceServer(r, s) }

// GetDeficiency reads one deficiency.
func (s *Server) GetDeficiency(ctx context.Context, req *riskv1.GetDeficiencyRequest) (*riskv1.Deficiency, error) {
	return s.deficiencies.Get(ctx, req.GetName())
}

// BatchGetDeficiencies reads several deficiencies, those of them that the caller reaches.
func (s *Server) BatchGetDeficiencies(
	ctx context.Context, req *riskv1.BatchGetDeficienciesRequest,
) (*riskv1.BatchGetDeficienciesResponse, error) {
	found, err := s.deficiencies.Named(ctx, req.GetNames())
	if err != nil {
		return nil, err
	}
	access.MarkReached(ctx)
	resp := &riskv1.BatchGetDeficienciesResponse{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if access.Reaches(ctx, found[name].UnitPath) {
			resp.Deficiencies = append(resp.Deficiencies, found[name].Record)
		}
	}
	return resp, nil
}

// ListDeficiencies lists the deficiencies of a subtree.
func (s *Server) ListDeficiencies(
	ctx context.Context, req *riskv1.ListDeficienciesRequest,
) (*riskv1.ListDeficienciesResponse, error) {
	var faults fault.Fields
	store := s.deficiencies.Store
	if err := schemes.CheckFilter(ctx, store, &faults, "kinds", "deficiencyKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.In("kind", req.GetKinds()),
		collection.WhereSet("source = ?", req.GetSource()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), clock.Today(store.Clock)),
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where(
			"state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_RETURNED') AND due_on < ?", clock.Today(store.Clock)))
	}
	if req.GetUnfiled() {
		filters = append(filters, collection.Where("unfiled"))
	}
	if req.GetToCorrect() {
		path := access.Path(access.Target(ctx))
		filters = append(filters, owed.IsOrActsFor(ctx, "owner_unit"),
			collection.Where("state = ANY (?) AND (unit_path = ?::ltree OR NOT unit_path <@ ?::ltree)", ToCorrect(), path, path))
	}
	list, next, err := s.deficiencies.List(ctx, req, filters...)
	return &riskv1.ListDeficienciesResponse{Deficiencies: list, NextPageToken: next}, err
}

// CountDeficiencies counts by unit, kind and state, what is overdue and what is to be filed.
func (s *Server) CountDeficiencies(
	ctx context.Context, _ *riskv1.CountDeficienciesRequest,
) (*riskv1.CountDeficienciesResponse, error) {
	rows, err := db.New(s.deficiencies.Store).CountDeficiencies(ctx, db.CountDeficienciesParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.deficiencies.Store.Clock),
		Owed: ToCorrect(),
	})
	counts := make([]*riskv1.DeficiencyCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.DeficiencyCount{
			Unit: resource.Name(resource.Units, r.UnitID), Kind: r.Kind,
			State: riskv1.DeficiencyState(riskv1.DeficiencyState_value[r.State]), Count: r.Deficiencies, OverdueCount: r.Overdue,
			UnfiledCount: r.Unfiled,
		}
	}
	return &riskv1.CountDeficienciesResponse{Counts: counts}, err
}

// Owners are the deficiencies as owners of attachments, by the rules of the scheme in force for their unit. Who found one
// attaches what shows it, and who corrects it what shows that it is put right.
func (s *Server) Owners() attachments.Owners {
	return files.Owners(s.deficiencies,
		files.ByBoth(Lifecycle, correctAct, corrected, corrects, s.requireFinder))
}
