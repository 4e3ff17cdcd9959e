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

// member is a unit that takes part in a campaign.
type member struct{ path, kind string }

func (m member) id() string { return access.LastPathID(m.path) }

func pathsOf(members []member) []string {
	paths := make([]string, len(members))
	for i, m := range members {
		paths[i] = m.path
	}
	return paths
}

// StartCampaign has units take part in a campaign.
func (s *Server) StartCampaign(ctx context.Context, req *riskv1.StartCampaignRequest) (*riskv1.Campaign, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	find := func(ctx context.Context) ([]member, error) {
		found, err := s.campaigns.Foresee(ctx, req, startAct)
		if err != nil {
			return nil, err
		}
		return s.members(ctx, found.Record, found.ActingUnit())
	}
	start := func(ctx context.Context, members []member) (*riskv1.Campaign, error) {
		return s.campaigns.ActBy(ctx, req, startAct, s.requireOffice, s.begin(members), s.planReminder(days))
	}
	return record.Prepare(ctx, s.campaigns.Store, req, find, start)
}

// begin has units take part, more than one transaction should have join as the job goes on with it.
func (s *Server) begin(members []member) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		if len(members) == 0 {
			return fault.Precondition(words.NoUnits(words.Untitled(c.ActingUnit())))
		}
		var gone fault.Fields // who leads a campaign may have left since it was planned
		if err := s.nameLeaders(ctx, c, &gone, nil); err != nil {
			return err
		}
		c.Record.StartedOn, c.Record.UnitCount = c.Today().String(), int32(len(members))
		first := members[:min(len(members), joinAtOnce)]
		if _, err := join(ctx, c.Tx, c.Record, first); err != nil || len(members) <= joinAtOnce {
			return err
		}
		return s.queue.Enqueue(ctx, c.Postgres, FollowJob)
	}
}

// roster is who is to take part in a campaign, and which of those that took part are no more, so that none of these is told.
type roster struct {
	members []member
	ended   map[string]bool // by their ids
}

// roster asks for both before a transaction: no connection is held while another service answers. Risk may hear of an end later.
func (s *Server) roster(ctx context.Context, campaign *riskv1.Campaign, acting string) (roster, error) {
	members, err := s.members(ctx, campaign, acting)
	if err != nil {
		return roster{}, err
	}
	region, key, err := resource.Split(campaign.GetName())
	if err != nil {
		return roster{}, err
	}
	took, err := db.New(s.campaigns.Store).UnitsOfCampaign(ctx, db.UnitsOfCampaignParams{Region: region, Key: key})
	if err != nil {
		return roster{}, err
	}
	stay := map[string]bool{}
	for _, m := range members {
		stay[m.id()] = true
	}
	found := roster{members, map[string]bool{}}
	for _, id := range took {
		if stay[id] {
			continue
		}
		_, err := s.directory.Ended(ctx, resource.Name(resource.Units, id))
		if err != nil && !fault.IsNotFound(err) {
			return roster{}, err
		}
		found.ended[id] = err == nil
	}
	return found, nil
}

// members are the units that a campaign is for: those of its kind below the unit that runs it. Once that has ended,
// they are those that were below it on its last day and are below the one that acts for it.
func (s *Server) members(ctx context.Context, campaign *riskv1.Campaign, acting string) ([]member, error) {
	members, err := s.unitsOf(ctx, campaign, acting, "")
	if err != nil || acting == campaign.GetUnit() {
		return members, err
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
	for _, m := range before {
		were[m.id()] = true
	}
	return slices.DeleteFunc(members, func(m member) bool { return !were[m.id()] }), nil
}

// unitsOf are a unit and those below it that the kind of a campaign asks to take part, on a day.
func (s *Server) unitsOf(ctx context.Context, campaign *riskv1.Campaign, below, day string) (members []member, err error) {
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
			members = append(members, member{access.Path(unit), unit.GetKind().String()})
		}
		if req.PageToken = answer.GetNextPageToken(); req.GetPageToken() == "" {
			return members, nil
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

// endsNext is the last day of the first stage that is not closed.
func endsNext(campaign *riskv1.Campaign) string {
	for _, stage := range campaign.GetStages() {
		if stage.GetClosedOn() == "" {
			return stage.GetLastDay()
		}
	}
	return ""
}

// join has units take part in the stages that are open, tells those that did not, and says how many these are.
func join(ctx context.Context, tx *record.Tx, campaign *riskv1.Campaign, members []member) (int, error) {
	region, key, err := resource.Split(campaign.GetName())
	if err != nil {
		return 0, err
	}
	kinds := make([]string, len(members))
	for i, m := range members {
		kinds[i] = m.kind
	}
	joined, err := db.New(tx).JoinCampaign(ctx, db.JoinCampaignParams{
		Region: region, Key: key, Day: tx.Today(), Paths: pathsOf(members), Kinds: kinds, Stages: openStages(campaign),
	})
	slices.Sort(joined)
	joined = slices.Compact(joined)
	ends := endsNext(campaign)
	for _, id := range joined {
		tx.Notify(record.Message{
			Unit:     resource.Name(resource.Units, id),
			Sentence: words.InboxCampaignJoined(campaign.GetUnit(), campaign.GetTitle(), ends), Resource: campaign.GetName(),
		})
	}
	return len(joined), err
}

// leave has all units but some take part in the open stages no more, tells those that have not ended, and says how
// many these are altogether.
func leave(ctx context.Context, tx *record.Tx, campaign *riskv1.Campaign, of roster) (int, error) {
	region, key, err := resource.Split(campaign.GetName())
	if err != nil {
		return 0, err
	}
	left, err := db.New(tx).LeaveCampaign(ctx, db.LeaveCampaignParams{
		Region: region, Key: key, Day: tx.Today(), Paths: pathsOf(of.members), Stages: openStages(campaign),
	})
	for _, row := range left {
		if !row.Ended && !of.ended[row.UnitID] {
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

// follow has units leave one campaign and join it.
func (s *Server) follow(ctx context.Context, row db.RunningCampaignsRow) error {
	read, err := document.Decode[*riskv1.Campaign](row.Body)
	if err != nil {
		return err
	}
	found, err := s.roster(ctx, read, resource.Name(resource.Units, access.LastPathID(row.ActingPath)))
	if status.Code(err) == codes.FailedPrecondition { // its unit has just ended, of which risk is yet to hear
		return nil
	}
	if err != nil {
		return err
	}
	err = s.inCampaign(ctx, row, func(ctx context.Context, tx *record.Tx, c *riskv1.Campaign) (int, error) {
		return leave(ctx, tx, c, found)
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(found.members, joinAtOnce) {
		err := s.inCampaign(ctx, row, func(ctx context.Context, tx *record.Tx, c *riskv1.Campaign) (int, error) {
			return join(ctx, tx, c, some)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inCampaign has units join or leave a campaign that is still running.
func (s *Server) inCampaign(
	ctx context.Context, row db.RunningCampaignsRow, how func(context.Context, *record.Tx, *riskv1.Campaign) (int, error),
) error {
	return record.System(ctx, s.campaigns.Store, FollowJob, func(ctx context.Context, tx *record.Tx) error {
		name := resource.Sharded(resource.Campaigns, row.Region, row.Key)
		found, err := s.campaigns.Ancestor(ctx, tx, name, strings.Split(row.UnitPath, "."))
		if err != nil || found.Record.GetState() != running {
			return err
		}
		changed, err := how(ctx, tx, found.Record)
		if err != nil || changed == 0 {
			return err
		}
		return tx.Record(ctx, record.Entry{Resource: name, UnitPath: row.UnitPath})
	})
}
