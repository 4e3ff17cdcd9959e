package schemes

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func graded() *riskv1.Scheme {
	return &riskv1.Scheme{
		Name: "schemes/x", EffectiveFrom: "2026-01-01",
		Ranks:   []*riskv1.Term{{Id: "head"}},
		Factors: []*riskv1.Factor{{Id: "often", MaxPoints: 5, Weight: 0.335}, {Id: "harm", MaxPoints: 3, Weight: 10}},
		Grades:  []*riskv1.Grade{{Id: "high", OwnerRank: "head"}, {Id: "low"}},
		Grading: &riskv1.Scheme_Weighted{Weighted: &riskv1.WeightedGrading{MinScores: []float64{21.01, 0}}},
	}
}

// saidBy writes the faulty fields of an error as "path rule".
func saidBy(err error) []string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil
	}
	var list []string
	for _, field := range f.Fields {
		list = append(list, field.Path+" "+field.Key)
	}
	return list
}

func TestCheckScheme(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil  func(*riskv1.Scheme)
		faults []string
	}{
		"sound": {func(*riskv1.Scheme) {}, nil},
		"ids that stand twice": {
			func(s *riskv1.Scheme) {
				twice := []*riskv1.Term{{Id: "x"}, {Id: "y"}, {Id: "x"}}
				s.Ranks, s.Tiers, s.Categories = append(s.GetRanks(), s.GetRanks()...), twice, twice
				s.SearchAspects, s.SearchMethods, s.SearchSources = twice, twice, twice
				s.Causes, s.ControlStages = twice, twice
				s.Factors[1].Id, s.Grades[1].Id = s.Factors[0].GetId(), s.Grades[0].GetId()
			},
			[]string{
				"scheme.ranks[1].id duplicate", "scheme.tiers[2].id duplicate", "scheme.categories[2].id duplicate",
				"scheme.search_aspects[2].id duplicate", "scheme.search_methods[2].id duplicate",
				"scheme.search_sources[2].id duplicate", "scheme.causes[2].id duplicate",
				"scheme.control_stages[2].id duplicate", "scheme.factors[1].id duplicate", "scheme.grades[1].id duplicate",
			},
		},
		"faults of grading": {
			func(s *riskv1.Scheme) { s.Factors[0].Weight, s.GetWeighted().MinScores[1] = 0, 1 },
			[]string{"scheme.factors[0].weight weight_zero", "scheme.weighted.min_scores[1] grades_order"},
		},
		"inspections that nobody is asked for": {
			func(s *riskv1.Scheme) { s.Grades[1].InspectionSchedules = []string{"daily", "daily"} },
			[]string{
				"scheme.grades[1].inspection_schedules[0] unknown_term", "scheme.grades[1].inspection_schedules[1] unknown_term",
				"scheme.grades[1].inspection_schedules[1] duplicate",
			},
		},
		"controls that no risk point can have": {
			func(s *riskv1.Scheme) {
				s.ControlStages = []*riskv1.Term{{Id: "decision"}}
				s.ControlForms = []*riskv1.ControlForm{
					{Id: "talk"}, {Id: "talk"}, {Id: "rules", Stages: []string{"decision", "luck"}}, {Id: "file"},
				}
				s.Grades[0].ControlForms, s.Grades[0].RequiredControlForms = []string{"talk", "rules"}, []string{"talk", "file"}
				s.Grades[1].RequiredControlForms, s.Grades[1].MinControlForms = []string{"file", "file"}, 4
			},
			[]string{
				"scheme.control_forms[1].id duplicate", "scheme.control_forms[2].stages[1] unknown_term",
				"scheme.grades[0].control_forms[1] unknown_term", "scheme.grades[0].required_control_forms[1] unknown_term",
				"scheme.grades[1].required_control_forms[1] duplicate", "scheme.grades[1].min_control_forms contradiction",
			},
		},
		"kinds of publications": {
			func(s *riskv1.Scheme) {
				s.PublicationKinds = []*riskv1.PublicationKind{
					{
						Id: "catalogue", Register: riskv1.RegisterKind_REGISTER_KIND_RISK_POINTS,
						Fields: []string{"grade", "standing", "legal_basis", "etag", "grade"},
						Places: []*riskv1.Term{{Id: "web"}, {Id: "web"}}, FiledWith: []*riskv1.Term{{Id: "city"}, {Id: "city"}},
					},
					{Id: "catalogue", Register: riskv1.RegisterKind_REGISTER_KIND_POWER_ITEMS, Fields: []string{"legal_basis", "state"}},
				}
			},
			[]string{
				"scheme.publication_kinds[1].id duplicate", "scheme.publication_kinds[0].places[1].id duplicate",
				"scheme.publication_kinds[0].filed_with[1].id duplicate", "scheme.publication_kinds[0].filing_limit required",
				"scheme.publication_kinds[0].fields[1] not_publishable", "scheme.publication_kinds[0].fields[2] not_publishable",
				"scheme.publication_kinds[0].fields[3] not_publishable", "scheme.publication_kinds[0].fields[4] duplicate",
				"scheme.publication_kinds[1].fields[1] not_publishable",
			},
		},
		"kinds of publications that hold a text": {
			func(s *riskv1.Scheme) {
				s.PublicationKinds = []*riskv1.PublicationKind{
					{Id: "affairs", Fields: []string{"title"}, Objections: &riskv1.ObjectionRules{}, Renewal: &typev1.DeadlineRule{Days: 1}},
					{Id: "powers", Register: riskv1.RegisterKind_REGISTER_KIND_POWER_ITEMS, ShowsControls: true},
				}
			},
			[]string{
				"scheme.publication_kinds[0].publicity required", "scheme.publication_kinds[0].objections contradiction",
				"scheme.publication_kinds[0].renewal contradiction",
				"scheme.publication_kinds[0].fields[0] not_publishable",
				"scheme.publication_kinds[1].shows_controls contradiction", "scheme.publication_kinds[1].fields required",
			},
		},
		"what is filed by more than its kind, and what is not filed by a day": {
			func(s *riskv1.Scheme) {
				body := []*riskv1.Term{{Id: "city"}, {Id: "city"}}
				s.DeficiencyKinds = []*riskv1.DeficiencyKind{{
					Id: "funds", Filing: &riskv1.FilingRule{FiledWith: body, Grounds: body[:1], MinAmount: 1},
				}}
				s.PublicationKinds = []*riskv1.PublicationKind{{Id: "affairs", FilingLimit: &typev1.DeadlineRule{Days: 1}}}
			},
			[]string{
				"scheme.deficiency_kinds[0].filing.filed_with[1].id duplicate",
				"scheme.deficiency_kinds[0].filing.grounds contradiction", "scheme.deficiency_kinds[0].filing.min_amount contradiction",
				"scheme.publication_kinds[0].filing_limit contradiction",
			},
		},
		"what must be open": {
			func(s *riskv1.Scheme) {
				s.OpennessReminders = []*typev1.Reminder{{Id: "x", Days: 1}, {Id: "x", Days: 1}}
				s.Openness = []*riskv1.OpennessRule{{Id: "a", PublicationKind: "none", UnitSorts: []string{"section"}}, {Id: "a"}}
			},
			[]string{
				"scheme.openness[1].id duplicate", "scheme.openness[0].publication_kind unknown_term",
				"scheme.openness[0].unit_sorts[0] unknown_term", "scheme.openness[1].publication_kind unknown_term",
				"scheme.openness_reminders[1].id duplicate",
			},
		},
		"duties of leaders": {
			func(s *riskv1.Scheme) {
				s.LeaderDuties = []*riskv1.LeaderDuty{
					{Id: "decide", Positions: &riskv1.PositionSelector{Ranks: []string{"chief"}}},
					{Id: "decide", Positions: &riskv1.PositionSelector{Grades: []string{"high", "none"}}},
				}
			},
			[]string{
				"scheme.leader_duties[1].id duplicate", "scheme.leader_duties[0].positions.ranks[0] unknown_term",
				"scheme.leader_duties[1].positions.grades[1] unknown_term",
			},
		},
		"media and places of comments": {
			func(s *riskv1.Scheme) {
				twice := []*riskv1.Term{{Id: "web"}, {Id: "web"}}
				s.CommentMedia, s.Comments = twice, &riskv1.CommentRules{Places: twice}
			},
			[]string{"scheme.comments.places[1].id duplicate", "scheme.comment_media[1].id duplicate"},
		},
		"campaigns that ask for nothing, or what nobody can do": {
			func(s *riskv1.Scheme) {
				window := func(open, closes int32) *typev1.Window {
					return &typev1.Window{OpenMonth: open, OpenDay: 1, CloseMonth: closes, CloseDay: 1}
				}
				s.PublicationKinds = []*riskv1.PublicationKind{{Id: "board", Register: riskv1.RegisterKind_REGISTER_KIND_RISK_POINTS, Fields: []string{"grade"}}}
				points := []networkv1.UnitKind{networkv1.UnitKind_UNIT_KIND_MONITORING_POINT}
				centres := []networkv1.UnitKind{networkv1.UnitKind_UNIT_KIND_CENTER}
				s.CampaignKinds = []*riskv1.CampaignKind{{Id: "spring", UnitSorts: []string{"section"}, UnitKinds: points, Stages: []*riskv1.CampaignStageRule{
					{Id: "one", Window: window(5, 6), Measures: []*riskv1.CampaignMeasure{
						{Id: "powers", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_POWERS_CLEARED, UnitKinds: centres},
						{Id: "powers", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_POINTS_FOUND, Complete: true},
						{Id: "reports", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_REPORTS_SENT, Minimum: 1},
						{Id: "others", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_REPORTS_SENT, Minimum: 1, Schedule: "monthly"},
						{Id: "points", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_POINTS_REVIEWED, Minimum: 1, Schedule: "monthly"},
						{Id: "filed", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_PUBLICATIONS_FILED, Minimum: 1},
						{Id: "unknown", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_PUBLICATIONS_FILED, Minimum: 1, PublicationKind: "table"},
						{Id: "board", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_PUBLICATIONS_FILED, Minimum: 1, PublicationKind: "board"},
						{Id: "work", Count: riskv1.CampaignCount_CAMPAIGN_COUNT_WORK_RECORDED, Complete: true, PublicationKind: "board"},
					}},
					{Id: "one", Window: window(4, 3)},
					{Id: "two", Window: window(7, 6)},
				}}}
			},
			[]string{
				"scheme.campaign_kinds[0].unit_sorts[0] unknown_term", "scheme.campaign_kinds[0].stages[1].id duplicate",
				"scheme.campaign_kinds[0].stages[0].measures[1].id duplicate",
				"scheme.campaign_kinds[0].stages[0].measures[0].minimum measure_empty",
				"scheme.campaign_kinds[0].stages[0].measures[0].unit_kinds[0] unknown_term",
				"scheme.campaign_kinds[0].stages[0].measures[1].complete measure_complete",
				"scheme.campaign_kinds[0].stages[0].measures[2].schedule measure_schedule",
				"scheme.campaign_kinds[0].stages[0].measures[3].schedule unknown_term",
				"scheme.campaign_kinds[0].stages[0].measures[4].schedule measure_schedule",
				"scheme.campaign_kinds[0].stages[0].measures[5].publication_kind measure_publication_kind",
				"scheme.campaign_kinds[0].stages[0].measures[6].publication_kind unknown_term",
				"scheme.campaign_kinds[0].stages[0].measures[7].publication_kind measure_publication_kind",
				"scheme.campaign_kinds[0].stages[0].measures[8].complete measure_complete",
				"scheme.campaign_kinds[0].stages[0].measures[8].publication_kind measure_publication_kind",
				"scheme.campaign_kinds[0].stages[1].window window", "scheme.campaign_kinds[0].stages[1].window stage_order",
				"scheme.campaign_kinds[0].stages[2].window window",
			},
		},
		"a rank of no scheme": {
			func(s *riskv1.Scheme) { s.Grades[1].OwnerRank = "chief" }, []string{"scheme.grades[1].owner_rank unknown_term"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := graded()
			tc.spoil(s)
			assert.Equal(t, tc.faults, saidBy(checkScheme(s, nil)))
		})
	}
}
