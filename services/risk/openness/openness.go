// Package openness keeps what units must open of their affairs, by when, and with which publication they did (T19).
package openness

import (
	"context"
	"time"

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
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs: OpenJob enters what units must open again and again; RemindJob reminds them.
const (
	OpenJob   = "risk.open_openness_items"
	RemindJob = "risk.remind_openness_items"
)

const openEvery = time.Hour

// Server serves OpennessService.
type Server struct {
	riskv1.UnsafeOpennessServiceServer

	items        collection.Collection[*riskv1.OpennessItem]
	publications *collection.Collection[*riskv1.Publication]
	units        networkv1.UnitServiceClient
	owed         owed.Kind[*riskv1.OpennessItem]
	calendar     calendar.Source
}

type change = collection.Change[*riskv1.OpennessItem]

// New makes the server and adds its jobs.
func New(env service.Env) *Server {
	s := &Server{
		items:        collection.Collection[*riskv1.OpennessItem]{Store: env.Store, Table: "openness_items", Life: Lifecycle},
		publications: publications.Collection(env), units: networkv1.NewUnitServiceClient(env.Dial("network")),
		calendar: env.Calendar,
	}
	s.owed = owed.Kind[*riskv1.OpennessItem]{
		Records: &s.items, Owed: "state = 'OPENNESS_STATE_DUE'",
		Reminders: (*riskv1.Scheme).GetOpennessReminders,
		Due: func(i *riskv1.OpennessItem) words.Sentence {
			return words.InboxOpennessDue(title(i), i.GetDueOn())
		},
		Overdue: func(i *riskv1.OpennessItem) words.Sentence {
			return words.InboxOpennessOverdue(title(i), i.GetDueOn())
		},
		OverdueBelow: func(i *riskv1.OpennessItem) words.Sentence {
			return words.InboxOpennessOverdueBelow(i.GetUnit(), i.GetDueOn(), title(i))
		},
		OverdueSum: words.InboxOpennessOverdueSum,
		Matters:    owed.Several("应当公开的内容", "affairs to be opened"), Called: title,
	}
	env.Queue.Add(jobs.Job{Name: OpenJob, Every: openEvery, Run: s.Open}, s.owed.Job(RemindJob, env.Calendar))
	return s
}

// title is what messages call an item: by its rule, and by its occasion where it has one.
func title(i *riskv1.OpennessItem) words.Title {
	called := schemes.TitleOf(i.GetRule(), i.GetRuleTitle())
	if i.GetOccasion() != "" {
		called.Zh, called.En = called.Zh+"："+i.GetOccasion(), called.En+": "+i.GetOccasion()
	}
	return called
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterOpennessServiceServer(r, s) }

// GetOpennessItem reads one item.
func (s *Server) GetOpennessItem(ctx context.Context, req *riskv1.GetOpennessItemRequest) (*riskv1.OpennessItem, error) {
	return s.items.Get(ctx, req.GetName())
}

// ListOpennessItems lists the items of a subtree.
func (s *Server) ListOpennessItems(
	ctx context.Context, req *riskv1.ListOpennessItemsRequest,
) (*riskv1.ListOpennessItemsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.items.Store, &faults, "rules", "openness", req.GetRules()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{collection.InEnum("state", req.GetStates()), collection.In("rule", req.GetRules())}
	if req.GetOverdue() {
		today := clock.Today(s.items.Store.Clock)
		filters = append(filters, collection.Where("state = 'OPENNESS_STATE_DUE' AND due_on < ?", today))
	}
	list, next, err := s.items.List(ctx, req, filters...)
	return &riskv1.ListOpennessItemsResponse{OpennessItems: list, NextPageToken: next}, err
}

// CountOpennessItems counts by unit, rule and state, what is overdue and what was opened late.
func (s *Server) CountOpennessItems(
	ctx context.Context, _ *riskv1.CountOpennessItemsRequest,
) (*riskv1.CountOpennessItemsResponse, error) {
	rows, err := db.New(s.items.Store).CountOpennessItems(ctx, db.CountOpennessItemsParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.items.Store.Clock),
	})
	counts := make([]*riskv1.OpennessItemCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.OpennessItemCount{
			Unit: resource.Name(resource.Units, r.UnitID), Rule: r.Rule,
			State: riskv1.OpennessState(riskv1.OpennessState_value[r.State]),
			Count: r.N, OverdueCount: r.Overdue, LateCount: r.Late,
		}
	}
	return &riskv1.CountOpennessItemsResponse{Counts: counts}, err
}

// Owners are the items as owners of attachments, by the rules of the scheme in force for their unit.
func (s *Server) Owners() attachments.Owners {
	return files.Owners(s.items)
}
