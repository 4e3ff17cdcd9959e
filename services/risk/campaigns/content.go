package campaigns

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// plan has a new campaign go by the scheme of today, on its days where no others are given.
func plan(ctx context.Context, c *change) error {
	scheme, campaign := &riskv1.Scheme{}, c.Record
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "campaign.kind", campaign.GetKind(), scheme.GetCampaignKinds())
	if err := faults.Err(); err != nil {
		return err
	}
	campaign.SchemeVersion = schemes.Version(scheme)
	if len(campaign.GetStages()) > 0 {
		return nil
	}
	year, err := calendar.ParsePeriod(strconv.Itoa(int(campaign.GetYear())))
	if err != nil {
		return err
	}
	kind, _ := schemes.Find(scheme.GetCampaignKinds(), campaign.GetKind())
	for _, stage := range kind.GetStages() {
		first, last := calendarpb.Window(stage.GetWindow()).In(year)
		campaign.Stages = append(campaign.Stages, &riskv1.CampaignStage{
			Id: stage.GetId(), FirstDay: first.String(), LastDay: last.String(),
		})
	}
	return nil
}

// checkOffice wants the office to be in the unit or below it.
func (s *Server) checkOffice(ctx context.Context, campaign *riskv1.Campaign, path string) error {
	if campaign.GetOffice() == "" {
		return nil
	}
	unit, err := access.LookUp(ctx, s.directory, "campaign.office", campaign.GetOffice())
	if err != nil {
		return err
	}
	if at := access.Path(unit); !access.PathWithin(at, path) {
		return fault.Invalid("campaign.office", words.OutsideCampaign(words.Untitled("units/"+access.LastPathID(path))))
	}
	return nil
}

// checkContent checks what callers write of a campaign, and keeps who leads it today.
func (s *Server) checkContent(ctx context.Context, c *change) error {
	kind, err := kindOf(ctx, c, c.Record)
	if err != nil {
		return err
	}
	var faults fault.Fields
	checkStages(&faults, c, kind)
	if err := s.nameLeaders(ctx, c, &faults, incumbents(c.Before)); err != nil {
		return err
	}
	return faults.Err()
}

// checkNew refuses a campaign that is past before it is planned.
func checkNew(_ context.Context, c *change) error {
	var faults fault.Fields
	stages := c.Record.GetStages()
	if last := stages[len(stages)-1].GetLastDay(); last < c.Today().String() {
		faults.Add("campaign.year", words.PastDay(last))
	}
	return faults.Err()
}

// checkTitle refuses a campaign that the unit has planned already.
func checkTitle(ctx context.Context, c *change) error {
	if c.Record.GetTitle() == c.Before.GetTitle() && c.Record.GetYear() == c.Before.GetYear() {
		return nil
	}
	var faults fault.Fields
	if err := c.Lock(ctx, "campaigns of "+c.Record.GetUnit()); err != nil {
		return err
	}
	exists, err := db.New(c).CampaignTitled(ctx, db.CampaignTitledParams{
		UnitPath: c.UnitPath, Title: c.Record.GetTitle(), Cancelled: cancelled.String(), Year: c.Record.GetYear(),
	})
	if exists {
		faults.Add("campaign.title", words.Duplicate(c.Record.GetTitle()))
	}
	return cmp.Or(err, faults.Err())
}

// checkStages wants all stages of the kind, one after the other, and those that are closed as they were.
func checkStages(faults *fault.Fields, c *change, kind *riskv1.CampaignKind) {
	stages := c.Record.GetStages()
	if !sameStages(stages, kind.GetStages()) {
		faults.Add("campaign.stages", words.CampaignStages(ids(kind.GetStages())))
		return
	}
	for i, stage := range stages {
		at := fmt.Sprintf("campaign.stages[%d].", i)
		first, ok := faults.ParseDay(at+"first_day", stage.GetFirstDay())
		last, and := faults.ParseDay(at+"last_day", stage.GetLastDay())
		if ok && and && last.Before(first) {
			faults.Add(at+"last_day", words.AfterFrom())
		}
		if i > 0 {
			notBefore(faults, at+"first_day", stage.GetFirstDay(), stages[i-1].GetFirstDay())
			notBefore(faults, at+"last_day", stage.GetLastDay(), stages[i-1].GetLastDay())
		}
		keepClosed(faults, at, stage, c.Before.GetStages(), i)
	}
}

func ids(stages []*riskv1.CampaignStageRule) string {
	list := make([]string, len(stages))
	for i, stage := range stages {
		list[i] = stage.GetId()
	}
	return strings.Join(list, ", ")
}

func sameStages(stages []*riskv1.CampaignStage, rules []*riskv1.CampaignStageRule) bool {
	return slices.EqualFunc(stages, rules, func(stage *riskv1.CampaignStage, rule *riskv1.CampaignStageRule) bool {
		return stage.GetId() == rule.GetId()
	})
}

// notBefore wants a day not to be before another. Days as they are written sort as days.
func notBefore(faults *fault.Fields, field, day, before string) {
	if day < before {
		faults.Add(field, words.StageOrder(before))
	}
}

// keepClosed keeps what the suite alone writes of a stage, and the days of one that is closed.
func keepClosed(faults *fault.Fields, at string, stage *riskv1.CampaignStage, before []*riskv1.CampaignStage, i int) {
	stage.ClosedOn, stage.Outcome = "", ""
	if i >= len(before) || before[i].GetClosedOn() == "" {
		return
	}
	was := before[i]
	stage.ClosedOn, stage.Outcome = was.GetClosedOn(), was.GetOutcome()
	if stage.GetFirstDay() != was.GetFirstDay() || stage.GetLastDay() != was.GetLastDay() {
		faults.Add(strings.TrimSuffix(at, "."), words.StageClosedDays(was.GetClosedOn()))
	}
}

// seat is what a position is in a leading group.
type seat struct {
	position string
	role     riskv1.CampaignRole
}

// incumbents are the positions of a leading group as they were when they were named.
func incumbents(campaign *riskv1.Campaign) map[seat]*riskv1.Incumbent {
	named := map[seat]*riskv1.Incumbent{}
	for _, leader := range campaign.GetLeaders() {
		named[seat{leader.GetPosition(), leader.GetRole()}] = leader.GetIncumbent()
	}
	return named
}

// nameLeaders wants positions that are there, none twice in one role and one head at most, and keeps who holds them today, save
// those that are kept as they were.
func (s *Server) nameLeaders(
	ctx context.Context, c *change, faults *fault.Fields, kept map[seat]*riskv1.Incumbent,
) error {
	named, head := map[seat]bool{}, ""
	for i, leader := range c.Record.GetLeaders() {
		field := fmt.Sprintf("campaign.leaders[%d].position", i)
		position, of := leader.GetPosition(), seat{leader.GetPosition(), leader.GetRole()}
		if leader.Incumbent = kept[of]; leader.GetIncumbent() == nil {
			found, err := collection.FindAround(ctx, s.positions, c, faults, field, position)
			if err != nil {
				return err
			}
			if found == nil {
				continue
			}
			positions.CheckStands(faults, field, found)
			leader.Incumbent = positions.IncumbentOn(found.Record, c.Today())
		}
		if named[of] {
			faults.Add(field, words.Duplicate(leader.GetIncumbent().GetTitle()))
		} else if leader.GetRole() == riskv1.CampaignRole_CAMPAIGN_ROLE_HEAD {
			if head != "" {
				faults.Add(fmt.Sprintf("campaign.leaders[%d].role", i), words.OneHead(head))
			}
			head = leader.GetIncumbent().GetTitle()
		}
		named[of] = true
	}
	return nil
}
