package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

const (
	// unitsAtOnce is how many units the network service is asked for at a time.
	unitsAtOnce = 1000
	// joinAtOnce is how many units join in one transaction, so that the entry of the journal that tells them stays small.
	joinAtOnce = 5000
)

// StartCampaign has units take part in a campaign.
func (s *Server) StartCampaign(ctx context.Context, req *riskv1.StartCampaignRequest) (*riskv1.Campaign, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	find := func(ctx context.Context) ([]string, error) {
		found, err := s.campaigns.Foresee(ctx, req, startAct)
		if err != nil {
			return nil, err
		}
		return s.members(ctx, found.Record, found.ActingUnit())
	}
	start := func(ctx context.Context, paths []string) (*riskv1.Campaign, error) {
		return s.campaigns.ActBy(ctx, req, startAct, s.requireOffice, s.begin(paths), s.planReminder(days))
	}
	return record.Prepare(ctx, s.campaigns.Store, req, find, start)
}

// begin has units of some paths take part, more than one transaction should have join as the job goes on with it.
func (s *Server) begin(paths []string) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		if len(paths) == 0 {
			return fault.Precondition(words.NoUnits(words.Untitled(c.ActingUnit())))
		}
		var gone fault.Fields // who leads a campaign may have left since it was planned
		if err := s.nameLeaders(ctx, c, &gone, nil); err != nil {
			return err
		}
		c.Record.StartedOn, c.Record.UnitCount = c.Today().String(), int32(len(paths))
		if _, err := join(ctx, c.Tx, c.Record, paths[:min(len(paths), joinAtOnce)]); err != nil || len(paths) <= joinAtOnce {
			return err
		}
		return s.queue.Enqueue(ctx, c.Postgres, FollowJob)
	}
}

// members are the paths of the units that a campaign is for: those of its kind below the unit that runs it. Once that has ended,
// they are those that were below it on its last day and are below the one that acts for it.
func (s *Server) members(ctx context.Context, campaign *riskv1.Campaign, acting string) ([]string, error) {
	paths, err := s.unitsOf(ctx, campaign, acting, "")
	if err != nil || acting == campaign.GetUnit() {
		return paths, err
	}
	ended, err := s.directory.Ended(ctx, campaign.GetUnit())
	if err != nil {
		return nil, err
	}
	without, err := calendar.ParseDate(ended.GetEndedOn()) // the first day without it
	if err != nil {
		return nil, err
	}
	before, err := s.unitsOf(ctx, campaign, campaign.GetUnit(), without.AddDays(-1).String())
	if err != nil {
		return nil, err
	}
	were := map[string]bool{}
	for _, path := range before {
		were[access.LastPathID(path)] = true
	}
	return slices.DeleteFunc(paths, func(path string) bool { return !were[access.LastPathID(path)] }), nil
}

// unitsOf are the paths of the units below one that the kind of a campaign asks to take part, on a day.
func (s *Server) unitsOf(ctx context.Context, campaign *riskv1.Campaign, below, day string) (paths []string, err error) {
	kind, err := kindOf(ctx, s.campaigns.Store, campaign)
	if err != nil {
		return nil, err
	}
	req := &networkv1.ListUnitsRequest{
		Unit: below, Levels: kind.GetLevels(), Kinds: kind.GetUnitKinds(), Sorts: kind.GetUnitSorts(), AsOf: day,
		PageSize: unitsAtOnce,
	}
	for {
		answer, err := s.units.ListUnits(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, unit := range answer.GetUnits() {
			paths = append(paths, access.Path(unit))
		}
		if req.PageToken = answer.GetNextPageToken(); req.GetPageToken() == "" {
			return paths, nil
		}
	}
}

// openStages are the ids of the stages that are not closed.
func openStages(campaign *riskv1.Campaign) (open []string) {
	for _, stage := range campaign.GetStages() {
		if stage.GetClosedOn() == "" {
			open = append(open, stage.GetId())
		}
	}
	return open
}

// join has units take part in the stages that are open, tells those that did not, and says how many these are.
func join(ctx context.Context, tx *record.Tx, campaign *riskv1.Campaign, paths []string) (int, error) {
	region, key, err := resource.Split(campaign.GetName())
	if err != nil {
		return 0, err
	}
	joined, err := db.New(tx).JoinCampaign(ctx, db.JoinCampaignParams{
		Region: region, Key: key, Day: tx.Today(), Paths: paths, Stages: openStages(campaign),
	})
	slices.Sort(joined)
	joined = slices.Compact(joined)
	for _, id := range joined {
		tx.Notify(record.Message{
			Unit:     resource.Name(resource.Units, id),
			Sentence: words.InboxCampaignJoined(campaign.GetUnit(), campaign.GetTitle()), Resource: campaign.GetName(),
		})
	}
	return len(joined), err
}

// leave has all units but those of some paths take part in the open stages no more, tells those that have not ended, and says how
// many these are altogether.
func leave(ctx context.Context, tx *record.Tx, campaign *riskv1.Campaign, paths []string) (int, error) {
	region, key, err := resource.Split(campaign.GetName())
	if err != nil {
		return 0, err
	}
	left, err := db.New(tx).LeaveCampaign(ctx, db.LeaveCampaignParams{
		Region: region, Key: key, Day: tx.Today(), Paths: paths, Stages: openStages(campaign),
	})
	for _, row := range left {
		if !row.Ended {
			tx.Notify(record.Message{
				Unit:     resource.Name(resource.Units, row.UnitID),
				Sentence: words.InboxCampaignLeft(campaign.GetUnit(), campaign.GetTitle()), Resource: campaign.GetName(),
			})
		}
	}
	return len(left), err
}

// campaignsAtOnce is how many campaigns a job reads at a time.
const campaignsAtOnce = 100

// Follow has units join running campaigns that have come since, and those leave that are no more.
func (s *Server) Follow(ctx context.Context) error {
	var failed []error
	asked := db.RunningCampaignsParams{PageSize: campaignsAtOnce}
	for {
		rows, err := db.New(s.campaigns.Store).RunningCampaigns(ctx, asked)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		for _, row := range rows {
			if err := s.follow(ctx, row); err != nil {
				failed = append(failed, fmt.Errorf("campaigns/%s-%s: %w", row.Region, row.Key, err))
			}
		}
		if len(rows) < campaignsAtOnce {
			return errors.Join(failed...)
		}
		last := rows[len(rows)-1]
		asked.AfterRegion, asked.AfterKey = last.Region, last.Key
	}
}

// follow asks for the units before the transactions: no connection is held while another service answers.
func (s *Server) follow(ctx context.Context, row db.RunningCampaignsRow) error {
	read, err := document.Decode[*riskv1.Campaign](row.Body)
	if err != nil {
		return err
	}
	paths, err := s.members(ctx, read, resource.Name(resource.Units, access.LastPathID(row.ActingPath)))
	if status.Code(err) == codes.FailedPrecondition { // its unit has just ended, of which risk is yet to hear
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.inCampaign(ctx, row, paths, leave); err != nil {
		return err
	}
	for some := range slices.Chunk(paths, joinAtOnce) {
		if err := s.inCampaign(ctx, row, some, join); err != nil {
			return err
		}
	}
	return nil
}

// inCampaign has units join or leave a campaign that is still running.
func (s *Server) inCampaign(
	ctx context.Context, row db.RunningCampaignsRow, paths []string,
	how func(context.Context, *record.Tx, *riskv1.Campaign, []string) (int, error),
) error {
	return record.System(ctx, s.campaigns.Store, FollowJob, func(ctx context.Context, tx *record.Tx) error {
		name := resource.Sharded(resource.Campaigns, row.Region, row.Key)
		found, err := s.campaigns.Ancestor(ctx, tx, name, strings.Split(row.UnitPath, "."))
		if err != nil || found.Record.GetState() != running {
			return err
		}
		changed, err := how(ctx, tx, found.Record, paths)
		if err != nil || changed == 0 {
			return err
		}
		return tx.Record(ctx, record.Entry{Resource: name, UnitPath: row.UnitPath})
	})
}
