package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	// mostUnits is how many units take part in a campaign at most: those below run campaigns of their own.
	mostUnits = 20_000
	// unitsAtOnce is how many units the network service is asked for at a time.
	unitsAtOnce = 1000
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
		return s.unitsOf(ctx, found.Record, found.ActingUnit())
	}
	start := func(ctx context.Context, paths []string) (*riskv1.Campaign, error) {
		return s.campaigns.ActBy(ctx, req, startAct, requireOffice, s.begin(paths), s.planReminder(days))
	}
	return record.Prepare(ctx, s.campaigns.Store, req, find, start)
}

// begin has units of some paths take part.
func (s *Server) begin(paths []string) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		switch {
		case len(paths) == 0:
			return fault.Precondition(words.NoUnits(words.Untitled(c.ActingUnit())))
		case len(paths) > mostUnits:
			return fault.Precondition(words.TooManyUnits(strconv.Itoa(mostUnits)))
		}
		var gone fault.Fields // who leads a campaign may have left since it was planned
		if err := s.nameLeaders(ctx, c, &gone); err != nil {
			return err
		}
		c.Record.StartedOn, c.Record.UnitCount = c.Today().String(), int32(len(paths))
		joined, err := join(ctx, c.Tx, c.Record, paths, c.Today())
		s.welcome(c.Tx, c.Record, joined)
		return err
	}
}

// unitsOf are the paths of the units below one that the kind of a campaign asks to take part.
func (s *Server) unitsOf(ctx context.Context, campaign *riskv1.Campaign, below string) (paths []string, err error) {
	kind, err := kindOf(ctx, s.campaigns.Store, campaign)
	if err != nil {
		return nil, err
	}
	req := &networkv1.ListUnitsRequest{
		Unit: below, Levels: kind.GetLevels(), Kinds: kind.GetUnitKinds(), Sorts: kind.GetUnitSorts(),
		PageSize: unitsAtOnce,
	}
	for len(paths) <= mostUnits {
		answer, err := s.units.ListUnits(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, unit := range answer.GetUnits() {
			paths = append(paths, access.Path(unit))
		}
		if req.PageToken = answer.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	return paths, nil
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

// join has units take part in the stages that are open, and says which did not.
func join(
	ctx context.Context, tx *record.Tx, campaign *riskv1.Campaign, paths []string, day calendar.Date,
) ([]string, error) {
	region, key, err := resource.Split(campaign.GetName())
	if err != nil {
		return nil, err
	}
	joined, err := db.New(tx).JoinCampaign(ctx, db.JoinCampaignParams{
		Region: region, Key: key, Day: day, Paths: paths, Stages: openStages(campaign),
	})
	slices.Sort(joined)
	return slices.Compact(joined), err
}

// welcome tells units that they take part.
func (s *Server) welcome(tx *record.Tx, campaign *riskv1.Campaign, units []string) {
	for _, id := range units {
		tx.Notify(record.Message{
			Unit:     resource.Name(resource.Units, id),
			Sentence: words.InboxCampaignJoined(campaign.GetUnit(), campaign.GetTitle()), Resource: campaign.GetName(),
		})
	}
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

// follow asks for the units before the transaction: no connection is held while another service answers.
func (s *Server) follow(ctx context.Context, row db.RunningCampaignsRow) error {
	read, err := document.Decode[*riskv1.Campaign](row.Body)
	if err != nil {
		return err
	}
	paths, err := s.unitsOf(ctx, read, read.GetUnit())
	switch {
	case status.Code(err) == codes.NotFound: // it has ended, and who takes part stays: others below its successor never did
		return nil
	case err != nil:
		return err
	case len(paths) > mostUnits: // whom to leave out is nobody's to say, and nobody leaves unsaid
		return fmt.Errorf("more than %d units would take part", mostUnits)
	}
	return record.System(ctx, s.campaigns.Store, FollowJob, func(ctx context.Context, tx *record.Tx) error {
		found, err := s.campaigns.Ancestor(ctx, tx, read.GetName(), strings.Split(row.UnitPath, "."))
		if err != nil || found.Record.GetState() != running {
			return err
		}
		left, err := db.New(tx).LeaveCampaign(ctx, db.LeaveCampaignParams{
			Region: row.Region, Key: row.Key, Day: tx.Today(), Stages: openStages(found.Record), Paths: paths,
		})
		if err != nil {
			return err
		}
		joined, err := join(ctx, tx, found.Record, paths, tx.Today())
		if err != nil || left == 0 && len(joined) == 0 {
			return err
		}
		s.welcome(tx, found.Record, joined)
		return tx.Record(ctx, record.Entry{Resource: read.GetName(), UnitPath: row.UnitPath})
	})
}
