package campaigns

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// stage is a stage of a campaign with what is owed in it.
type stage struct {
	*riskv1.CampaignStage

	rule *riskv1.CampaignStageRule
	// asked is what counts the progress in it, but for the subtree.
	asked db.CampaignProgressParams
}

func (s stage) title() words.Title { return stageTitle(s.rule) }

func (s stage) open() bool { return s.GetClosedOn() == "" }

// stagesOf are the stages of a campaign. Nothing is counted in one that is closed: what was done stands in its rows.
func stagesOf(
	ctx context.Context, from database.Statements, campaign *riskv1.Campaign, today calendar.Date,
) ([]stage, error) {
	kind, err := kindOf(ctx, from, campaign)
	if err != nil {
		return nil, err
	}
	region, key, err := resource.Split(campaign.GetName())
	if err != nil {
		return nil, err
	}
	first, err := calendar.ParseDate(campaign.GetStages()[0].GetFirstDay())
	if err != nil {
		return nil, err
	}
	last, err := calendar.ParseDate(campaign.GetStages()[len(campaign.GetStages())-1].GetLastDay())
	if err != nil {
		return nil, err
	}
	list := make([]stage, len(campaign.GetStages()))
	for i, of := range campaign.GetStages() {
		list[i] = stage{of, kind.GetStages()[i], db.CampaignProgressParams{
			Region: region, Key: key, Stage: of.GetId(), FirstDay: first, LastDay: last, Today: today,
			Counted: []string{}, Terms: []string{}, Minimums: []int64{}, Completes: []bool{}, Kinds: []string{},
		}}
		if list[i].open() {
			list[i].count()
		}
	}
	return list, nil
}

// progressAtOnce is how many units are counted at a time.
const progressAtOnce = 1000

// units reads how far the units of a subtree have come, in the order of the tree after one, so many at a time.
func (s stage) units(
	ctx context.Context, from db.DBTX, subtree, after string, atOnce int32,
) iter.Seq2[db.CampaignProgressRow, error] {
	return func(yield func(db.CampaignProgressRow, error) bool) {
		asked := s.asked
		asked.Subtree, asked.AfterPath, asked.Most = subtree, after, atOnce
		for {
			rows, err := db.New(from).CampaignProgress(ctx, asked)
			if err != nil {
				yield(db.CampaignProgressRow{}, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < int(atOnce) {
				return
			}
			asked.AfterPath = rows[len(rows)-1].UnitPath
		}
	}
}

// owes tells whether a unit misses something that it was not let off.
func owes(r db.CampaignProgressRow) bool { return r.MissingCount > 0 && r.WaivedOn == "" }

// count has the measures of the stage be counted.
func (s *stage) count() {
	for _, m := range s.rule.GetMeasures() {
		s.asked.Counted = append(s.asked.Counted, m.GetCount().String())
		s.asked.Terms = append(s.asked.Terms, cmp.Or(m.GetSchedule(), m.GetPublicationKind()))
		s.asked.Minimums = append(s.asked.Minimums, int64(m.GetMinimum()))
		s.asked.Completes = append(s.asked.Completes, m.GetComplete())
		s.asked.Kinds = append(s.asked.Kinds, strings.Join(document.EnumNames(m.GetUnitKinds()), ","))
	}
}

// find is a stage of a campaign by its id; one that is none is a fault of the field "stage".
func find(stages []stage, id string) (int, error) {
	i := slices.IndexFunc(stages, func(s stage) bool { return s.GetId() == id })
	if i >= 0 {
		return i, nil
	}
	var faults fault.Fields
	rules := make([]*riskv1.CampaignStageRule, len(stages))
	for n, s := range stages {
		rules[n] = s.rule
	}
	schemes.CheckKnown(&faults, "stage", id, rules)
	return 0, faults.Err()
}

// ListCampaignProgress lists how far units have come in a stage.
func (s *Server) ListCampaignProgress(
	ctx context.Context, req *riskv1.ListCampaignProgressRequest,
) (*riskv1.ListCampaignProgressResponse, error) {
	stages, subtree, err := s.lookStages(ctx, req)
	if err != nil {
		return nil, err
	}
	i, err := find(stages, req.GetStage())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	asked := stages[i].asked
	asked.Subtree, asked.AfterPath, asked.Most = subtree, p.Cursor, p.Limit
	asked.Missing = req.GetMissing()
	rows, err := db.New(s.campaigns.Store).CampaignProgress(ctx, asked)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.CampaignProgressRow) string { return r.UnitPath },
		func(r db.CampaignProgressRow) (*riskv1.CampaignProgress, error) { return stages[i].progress(r), nil })
	return &riskv1.ListCampaignProgressResponse{Progress: list, NextPageToken: next}, err
}

// progressRequest asks how far the units of a subtree have come.
type progressRequest interface {
	GetCampaign() string
	GetUnit() string
}

// lookStages are the stages of a campaign, and the path of the subtree of which it is asked how far it has come: the campaign's
// office reads all, others what they reach.
func (s *Server) lookStages(ctx context.Context, req progressRequest) ([]stage, string, error) {
	found, err := s.campaigns.Look(ctx, req.GetCampaign())
	if err != nil {
		return nil, "", err
	}
	unit, err := access.LookUp(ctx, s.directory, "unit", req.GetUnit())
	if err != nil {
		return nil, "", err
	}
	office, err := s.isOffice(ctx, found)
	if err == nil && !office {
		err = access.Require(ctx, access.Path(unit), unit.GetName())
	}
	if err != nil {
		return nil, "", err
	}
	stages, err := stagesOf(ctx, s.campaigns.Store, found.Record, clock.Today(s.campaigns.Store.Clock))
	return stages, access.Path(unit), err
}

func (s stage) progress(r db.CampaignProgressRow) *riskv1.CampaignProgress {
	progress := &riskv1.CampaignProgress{
		Unit: resource.Name(resource.Units, r.UnitID), MissingCount: int32(r.MissingCount), JoinedOn: r.JoinedOn.String(),
		WaiverReason: r.WaiverReason, WaivedBy: r.WaivedBy, WaivedOn: r.WaivedOn, Work: r.Work, WorkedOn: r.WorkedOn,
	}
	for i := range min(len(r.Done), len(s.rule.GetMeasures())) {
		progress.Measures = append(progress.Measures, &riskv1.MeasureProgress{
			Measure: s.rule.GetMeasures()[i].GetId(), Done: r.Done[i], Missing: r.Missing[i],
		})
	}
	return progress
}

// CountCampaignProgress sums up how far units have come.
func (s *Server) CountCampaignProgress(
	ctx context.Context, req *riskv1.CountCampaignProgressRequest,
) (*riskv1.CountCampaignProgressResponse, error) {
	stages, subtree, err := s.lookStages(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.GetStage() != "" {
		i, err := find(stages, req.GetStage())
		if err != nil {
			return nil, err
		}
		stages = stages[i : i+1]
	}
	answer := &riskv1.CountCampaignProgressResponse{}
	for _, stage := range stages {
		sum, err := stage.sum(ctx, s.campaigns.Store, subtree)
		if err != nil {
			return nil, err
		}
		answer.Stages = append(answer.Stages, sum)
	}
	return answer, nil
}

func (s stage) sum(ctx context.Context, from db.DBTX, subtree string) (*riskv1.StageProgress, error) {
	rows, err := db.New(from).SumCampaignProgress(ctx, db.SumCampaignProgressParams{
		Region: s.asked.Region, Key: s.asked.Key, Stage: s.asked.Stage, Subtree: subtree,
		FirstDay: s.asked.FirstDay, LastDay: s.asked.LastDay,
		Counted: s.asked.Counted, Terms: s.asked.Terms, Minimums: s.asked.Minimums, Completes: s.asked.Completes,
		Kinds: s.asked.Kinds, Today: s.asked.Today,
	})
	sum := &riskv1.StageProgress{Stage: s.GetId()}
	for _, r := range rows {
		sum.UnitCount, sum.CompleteCount, sum.WaivedCount = r.Units, r.Complete, r.Waived
		sum.MissingCount = r.Units - r.Complete - r.Waived
		if r.N > 0 && int(r.N) <= len(s.rule.GetMeasures()) {
			sum.Measures = append(sum.Measures, &riskv1.MeasureProgress{
				Measure: s.rule.GetMeasures()[r.N-1].GetId(), Done: r.Done, Missing: r.Missing,
			})
		}
	}
	return sum, err
}
