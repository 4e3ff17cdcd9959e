// Package campaigns keeps campaigns in stages (J5, T21, T28). What units have done is counted from the register, of which counts
// are kept for each unit (ADR 051), and stands as it was once a stage is closed.
package campaigns

import (
	"context"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/feed"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of campaigns: FollowJob has units join and leave, RemindJob reminds, ReportsJob hears of reports, and countJob keeps what
// units have in the register.
const (
	FollowJob  = "risk.follow_campaigns"
	RemindJob  = "risk.remind_campaigns"
	ReportsJob = "risk.hear_reports"
	countJob   = "risk.keep_counts"
)

const (
	followEvery = time.Hour
	remindEvery = 10 * time.Minute
	countEvery  = time.Second
)

// Server serves CampaignService.
type Server struct {
	riskv1.UnsafeCampaignServiceServer

	campaigns *collection.Collection[*riskv1.Campaign]
	positions *collection.Collection[*riskv1.Position]
	units     networkv1.UnitServiceClient
	sent      networkv1.ReportServiceClient
	directory access.Directory
	calendar  calendar.Source
	queue     *jobs.Queue
}

type change = collection.Change[*riskv1.Campaign]

// New makes the server and adds its jobs.
func New(env service.Env) *Server {
	network := env.Dial("network")
	s := &Server{
		campaigns: &collection.Collection[*riskv1.Campaign]{Store: env.Store, Table: "campaigns", Life: Lifecycle},
		positions: positions.Collection(env), units: networkv1.NewUnitServiceClient(network),
		sent:      networkv1.NewReportServiceClient(network),
		directory: access.Uncached(env.Directory), calendar: env.Calendar, queue: env.Queue,
	}
	s.campaigns.Reach = s.reach
	reports := &reports{env.Store, networkv1.NewReportExceptionServiceClient(network)}
	env.Queue.Tick(jobs.Job{Name: countJob, Every: countEvery, Timeless: true, Run: func(ctx context.Context) error {
		return keepCounts(ctx, env.Store)
	}})
	env.Queue.Add(
		jobs.Job{Name: FollowJob, Every: followEvery, Run: s.Follow},
		jobs.Job{Name: RemindJob, Every: remindEvery, Run: s.Remind},
		feed.Job(env.Store, ReportsJob, networkv1.NewJournalServiceClient(network).WatchJournal, reports.handle),
	)
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterCampaignServiceServer(r, s) }

// reach lets everybody who reads the register read what has been started, and the office what is planned.
func (s *Server) reach(ctx context.Context, c *change) error {
	if c.Record.GetState() == planned {
		office, err := s.isOffice(ctx, c)
		if err != nil {
			return err
		}
		if !office {
			return access.Require(ctx, c.UnitPath, c.Record.GetName())
		}
	}
	access.MarkReached(ctx)
	return nil
}

// isOffice tells whether the caller is of a campaign's office or, once that has ended, of the unit that acts for it (ADR 037).
func (s *Server) isOffice(ctx context.Context, c *change) (bool, error) {
	caller, office := access.PrincipalOf(ctx).Unit, c.Record.GetOffice()
	if office == "" || office == caller {
		return office != "", nil
	}
	var from database.Statements = s.campaigns.Store
	if c.Tx != nil {
		from = c
	}
	acting, err := collection.ActingUnits(ctx, from, office)
	return acting[office] == caller, err
}

// requireOffice wants the unit that runs a campaign to act, or that of its office.
func (s *Server) requireOffice(ctx context.Context, c *change) error {
	if access.PrincipalOf(ctx).Unit == c.ActingUnit() {
		return nil
	}
	office, err := s.isOffice(ctx, c)
	if err == nil && !office {
		err = fault.Denied(words.NotCampaignOffice(words.Untitled(c.ActingUnit())))
	}
	return err
}

// subtree is where those who take part stand today: once the unit of a campaign has ended, below the one that acts for it.
func subtree(c *change) string { return strings.Join(c.Units(), ".") }

// CreateCampaign plans a campaign.
func (s *Server) CreateCampaign(ctx context.Context, req *riskv1.CreateCampaignRequest) (*riskv1.Campaign, error) {
	return record.Prepare(ctx, s.campaigns.Store, req, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.checkOffice(ctx, req.GetCampaign(), access.Path(access.Target(ctx)))
	}, func(ctx context.Context, _ struct{}) (*riskv1.Campaign, error) {
		return s.campaigns.Create(ctx, req, req.GetCampaign(), collection.Own, plan, s.checkContent,
			checkNew, checkTitle, tellOffice)
	})
}

// GetCampaign reads one campaign.
func (s *Server) GetCampaign(ctx context.Context, req *riskv1.GetCampaignRequest) (*riskv1.Campaign, error) {
	return s.campaigns.Get(ctx, req.GetName())
}

// ListCampaigns lists the campaigns of a subtree, or those that the units above have started, or planned with the caller as
// office.
func (s *Server) ListCampaigns(ctx context.Context, req *riskv1.ListCampaignsRequest) (*riskv1.ListCampaignsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.campaigns.Store, &faults, "kinds", "campaignKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates())}
	if req.GetAbove() {
		caller := resource.ID(access.PrincipalOf(ctx).Unit)
		filters = append(filters, collection.Above(), collection.Where("state <> ? OR office IN ("+
			"SELECT 'units/' || f.unit_id FROM acted_for(ARRAY[?::text], 'infinity') AS f)", planned.String(), caller))
	}
	list, next, err := s.campaigns.List(ctx, req, filters...)
	return &riskv1.ListCampaignsResponse{Campaigns: list, NextPageToken: next}, err
}

// UpdateCampaign changes a campaign.
func (s *Server) UpdateCampaign(ctx context.Context, req *riskv1.UpdateCampaignRequest) (*riskv1.Campaign, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.campaigns.Store, req, func(ctx context.Context) (struct{}, error) {
		found, err := s.campaigns.Look(ctx, req.GetCampaign().GetName())
		if err != nil || req.GetCampaign().GetOffice() == found.Record.GetOffice() {
			return struct{}{}, err
		}
		return struct{}{}, s.checkOffice(ctx, req.GetCampaign(), subtree(found))
	}, func(ctx context.Context, _ struct{}) (*riskv1.Campaign, error) {
		return s.campaigns.UpdateBy(ctx, req, "campaign", req.GetCampaign(), s.requireOffice,
			s.checkContent, checkTitle, s.planReminder(days), tellOffice, tellDays)
	})
}

// CancelCampaign gives a campaign up.
func (s *Server) CancelCampaign(ctx context.Context, req *riskv1.CancelCampaignRequest) (*riskv1.Campaign, error) {
	return s.campaigns.ActBy(ctx, req, cancelAct, s.requireOffice, func(ctx context.Context, c *change) error {
		end(c, req.GetReason())
		if c.Before.GetState() == planned {
			return nil
		}
		says := words.InboxCampaignCancelled(c.ActingUnit(), c.Record.GetTitle(), req.GetReason())
		return tellUnits(ctx, c, says)
	})
}

// CloseCampaign ends a campaign.
func (s *Server) CloseCampaign(ctx context.Context, req *riskv1.CloseCampaignRequest) (*riskv1.Campaign, error) {
	return s.campaigns.ActBy(ctx, req, closeAct, s.requireOffice, func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c, c.Record)
		if err != nil {
			return err
		}
		for i, stage := range c.Record.GetStages() {
			if stage.GetClosedOn() == "" {
				return fault.Precondition(words.StageBefore(stageTitle(kind.GetStages()[i])))
			}
		}
		open, err := db.New(c).OpenRedos(ctx, subtree(c))
		if err != nil {
			return err
		}
		if open > 0 {
			return fault.Precondition(words.RedosOpen(strconv.FormatInt(open, 10)))
		}
		end(c, req.GetOutcome())
		return tellUnits(ctx, c, words.InboxCampaignClosed(c.ActingUnit(), c.Record.GetTitle(), req.GetOutcome()))
	})
}

func end(c *change, outcome string) {
	c.Record.EndedOn, c.Record.Outcome, c.Record.RemindOn = c.Today().String(), outcome, ""
}

// kindOf is the kind of a campaign in the version of the scheme that it goes by.
func kindOf(ctx context.Context, from database.Statements, campaign *riskv1.Campaign) (*riskv1.CampaignKind, error) {
	scheme := &riskv1.Scheme{}
	err := schemes.ByVersion(ctx, from, campaign.GetSchemeVersion(), scheme)
	kind, _ := schemes.Find(scheme.GetCampaignKinds(), campaign.GetKind())
	return kind, err
}

func stageTitle(stage *riskv1.CampaignStageRule) words.Title {
	return schemes.TitleOf(stage.GetId(), stage.GetTitle())
}

// requireMaterial wants who reads the material of a campaign to reach its unit, or to be its office.
func (s *Server) requireMaterial(ctx context.Context, c *change) error {
	if access.Reaches(ctx, c.UnitPath) {
		return nil
	}
	return s.requireOffice(ctx, c)
}

// Owners are the campaigns as owners of attachments, which their office alone adds; a campaign that has been started is read from
// everywhere, its material is not.
func (s *Server) Owners() attachments.Owners {
	owners := *s.campaigns
	owners.Reach = func(ctx context.Context, c *change) error {
		if err := s.reach(ctx, c); err != nil {
			return err
		}
		return s.requireMaterial(ctx, c)
	}
	return attachments.OwnedBy(owners, func(ctx context.Context, c *change) (*typev1.AttachmentRules, error) {
		if err := s.requireOffice(ctx, c); err != nil {
			return nil, err
		}
		scheme := &riskv1.Scheme{}
		err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
		return scheme.GetAttachmentRules(), err
	})
}
