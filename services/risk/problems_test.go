package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/problems"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const courtAdmin = "units/court_admin"

func TestJ4_ACommonProblemIsNamedAndStudied(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	vague := civil.propose(t, civil.point(t, courtPoint("post_duty", "工作不规范")), enter)
	asked := &riskv1.CommonProblem{
		Unit: court, Title: "风险点写得笼统", Description: "只写“不规范”，没有写明环节和情形", Problem: "not_specific",
		SeenIn: []string{courtCivil, courtAdmin}, RiskPoints: []string{vague.GetName()},
	}
	named, err := group.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{CommonProblem: asked})
	require.NoError(t, err)
	assert.Equal(t, riskv1.CommonProblemState_COMMON_PROBLEM_STATE_NAMED, named.GetState())

	seen, err := civil.problems.ListCommonProblems(t.Context(), &riskv1.ListCommonProblemsRequest{
		Unit: courtCivil, SeenInUnit: true,
	})
	require.NoError(t, err)
	require.Len(t, seen.GetCommonProblems(), 1, "the unit reads what is said of it")
	_, err = civil.problems.GetCommonProblem(t.Context(), &riskv1.GetCommonProblemRequest{Name: named.GetName()})
	require.NoError(t, err)
	_, err = as(s, "division", "units/court_party").problems.GetCommonProblem(t.Context(),
		&riskv1.GetCommonProblemRequest{Name: named.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")

	_, err = group.problems.UpdateCommonProblem(t.Context(), &riskv1.UpdateCommonProblemRequest{
		CommonProblem: &riskv1.CommonProblem{
			Name: named.GetName(), Title: "写得笼统", SeenIn: []string{"units/court_party", "units/court_office", "units/court_filing"},
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	require.NoError(t, err, "what the mask does not name stays")
	named, err = group.problems.UpdateCommonProblem(t.Context(), &riskv1.UpdateCommonProblemRequest{
		CommonProblem: &riskv1.CommonProblem{Name: named.GetName(), Title: asked.GetTitle()},
		UpdateMask:    &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	require.NoError(t, err, "units need not be given again")
	named.SeenIn = append(named.GetSeenIn(), "units/court_party")
	named, err = group.problems.UpdateCommonProblem(t.Context(), &riskv1.UpdateCommonProblemRequest{
		CommonProblem: named, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"seen_in"}},
	})
	require.NoError(t, err)
	study := &riskv1.CommonProblemStudy{Cause: "不熟悉查找方法", Countermeasure: "编印示例，逐岗对照填写"}
	studied, err := group.problems.StudyCommonProblem(t.Context(), &riskv1.StudyCommonProblemRequest{
		Name: named.GetName(), Study: study, Etag: named.GetEtag(),
	})
	require.NoError(t, err)
	assert.Equal(t, text(study), text(studied.GetStudy()))
	assert.Equal(t, "2026-11-02", studied.GetStudiedOn())
	_, err = group.problems.StudyCommonProblem(t.Context(), &riskv1.StudyCommonProblemRequest{Name: named.GetName(), Study: study})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	heard := []string{
		"区人民法院指出的共性问题“风险点写得笼统”涉及本单位。", "区人民法院对共性问题“风险点写得笼统”作了研究，提出了对策，请查看。",
	}
	for _, unit := range []string{courtCivil, courtAdmin, "units/court_party"} {
		assert.Equal(t, heard, said(t, s, "division", unit, named.GetName(), 2), "each hears once that it is concerned")
	}
}

func TestJ4_FaultyCommonProblemsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	reviewer, clerk := as(s, "reviewer", county), as(s, "clerk", township)
	point := clerk.point(t, riskPoint(township, 2, 2, 3))
	elsewhere := as(s, "clerk", village).point(t, riskPoint(village, 2, 2, 3))
	power := as(s, "clerk", village).power(t, as(s, "clerk", village).licensing(t, village))
	asked := &riskv1.CommonProblem{
		Unit: county, Title: "写得笼统", Description: "没有写明环节", SeenIn: []string{township, other}, RiskPoints: []string{point.GetName()},
	}
	for name, tc := range map[string]struct {
		spoil func(*riskv1.CommonProblem)
		want  map[string]string
	}{
		"one unit": {
			func(p *riskv1.CommonProblem) { p.SeenIn = []string{township} },
			map[string]string{"common_problem.seen_in": "REPEATED_MIN_ITEMS"},
		},
		"a unit twice and a problem of no scheme": {
			func(p *riskv1.CommonProblem) { p.SeenIn, p.Problem = []string{township, other, township}, "dull" },
			map[string]string{"common_problem.seen_in[2]": "DUPLICATE", "common_problem.problem": "UNKNOWN_TERM"},
		},
		"a unit above": {
			func(p *riskv1.CommonProblem) { p.SeenIn = []string{township, suitetest.City} },
			map[string]string{"common_problem.seen_in[1]": "NOT_FOUND"},
		},
		"a risk point of no unit named, one twice, and one that is not there": {
			func(p *riskv1.CommonProblem) {
				p.RiskPoints = append(p.RiskPoints, elsewhere.GetName(), point.GetName(), "riskPoints/340503-none")
			},
			map[string]string{
				"common_problem.risk_points[1]": "OTHER_UNIT", "common_problem.risk_points[2]": "DUPLICATE",
				"common_problem.risk_points[3]": "NOT_FOUND",
			},
		},
		"a power of no unit named, twice": {
			func(p *riskv1.CommonProblem) { p.PowerItems = []string{power.GetName(), power.GetName()} },
			map[string]string{"common_problem.power_items[0]": "OTHER_UNIT", "common_problem.power_items[1]": "DUPLICATE"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := proto.CloneOf(asked)
			tc.spoil(bad)
			_, err := reviewer.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{CommonProblem: bad})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
	_, err := as(s, "reviewer", suitetest.City).problems.CreateCommonProblem(t.Context(),
		&riskv1.CreateCommonProblemRequest{CommonProblem: asked})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = as(s, "clerk", county).problems.CreateCommonProblem(t.Context(),
		&riskv1.CreateCommonProblemRequest{CommonProblem: asked})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
}

func TestJ4_ShallowAndUnevenSearchShowsBesideTheMedian(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	found := func(unit string, powers int, categories ...string) {
		t.Helper()
		division := as(s, "division", unit)
		judge := division.post(t, unit, "审判员", "staff")
		for range powers {
			division.power(t, &riskv1.PowerItem{
				Unit: unit, Kind: "position", Title: "裁判", LegalBasis: "诉讼法", Positions: []string{judge},
				Steps: []*riskv1.Step{{Id: "judge", Title: "裁判", Position: judge}},
			})
		}
		for _, category := range categories {
			point := courtPoint(category, "裁量不一")
			point.Unit = unit
			if category == "regime" {
				point.SearchMethods = []string{"self", "leader"}
			}
			division.point(t, point)
		}
	}
	found(courtCivil, 2, "process", "process", "regime", "post_duty")
	found(courtAdmin, 1, "process", "regime")
	found("units/court_party", 2, "process")
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	dropped := civil.point(t, courtPoint("process", "重复登记"))
	_, err := civil.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: dropped.GetName()})
	require.NoError(t, err, "what has ended counts no more")

	all, err := group.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: court})
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.SearchMedian{
		Units: 3, PointsPerPower: 2, PointsPerPosition: 2,
		Categories:    []*riskv1.TermMedian{{Term: "post_duty"}, {Term: "process", Median: 1}, {Term: "regime", Median: 1}},
		Grades:        []*riskv1.TermMedian{{Term: "middle", Median: 2}},
		SearchMethods: []*riskv1.TermMedian{{Term: "leader", Median: 1}, {Term: "self", Median: 2}},
	}), text(all.GetMedian()))
	require.Len(t, all.GetSearches(), 3)
	assert.Equal(t, text(&riskv1.UnitSearch{
		Unit: courtCivil, PowerItems: 2, Positions: 1, RiskPoints: 4, PointsPerPower: 2, PointsPerPosition: 4,
		Categories:             []*riskv1.TermCount{{Term: "post_duty", Count: 1}, {Term: "process", Count: 2}, {Term: "regime", Count: 1}},
		Grades:                 []*riskv1.TermCount{{Term: "middle", Count: 4}},
		SearchMethods:          []*riskv1.TermCount{{Term: "leader", Count: 1}, {Term: "self", Count: 4}},
		PositionsWithoutPoints: 1, PositionsWithoutPointsInForce: 1,
	}), text(all.GetSearches()[1]))

	shallow, err := group.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: court, BelowMedianPercent: 60})
	require.NoError(t, err)
	require.Len(t, shallow.GetSearches(), 1)
	assert.Equal(t, "units/court_party", shallow.GetSearches()[0].GetUnit())
	assert.Equal(t, text(all.GetMedian()), text(shallow.GetMedian()))

	var paged []string
	req := &riskv1.CompareRiskPointsRequest{Unit: court, PageSize: 1}
	for ok := true; ok; ok = req.GetPageToken() != "" {
		page, err := group.points.CompareRiskPoints(t.Context(), req)
		require.NoError(t, err)
		for _, search := range page.GetSearches() {
			paged = append(paged, search.GetUnit())
		}
		req.PageToken = page.GetNextPageToken()
	}
	assert.Equal(t, []string{courtAdmin, courtCivil, "units/court_party"}, paged)
	own, err := civil.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: courtCivil})
	require.NoError(t, err)
	assert.EqualValues(t, 1, own.GetMedian().GetUnits())
}

func TestJ4_ASuccessorReadsWhatWasSeenInTheUnitThatEnded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer, successor := as(s, "clerk", township), as(s, "reviewer", county), as(s, "clerk", other)
	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3))))
	named, err := reviewer.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{
		CommonProblem: &riskv1.CommonProblem{
			Unit: county, Title: "写得笼统", Description: "没有写明环节", SeenIn: []string{township, village}, RiskPoints: []string{point.GetName()},
		},
	})
	require.NoError(t, err)
	read := func() error {
		_, err := successor.problems.GetCommonProblem(t.Context(), &riskv1.GetCommonProblemRequest{Name: named.GetName()})
		return err
	}
	suitetest.RequireRefused(t, read(), codes.NotFound, "NOT_FOUND")
	_, err = networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: township}}, Into: other, Reason: "撤并"})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")
	require.NoError(t, read())
	seen, err := successor.problems.ListCommonProblems(t.Context(), &riskv1.ListCommonProblemsRequest{Unit: other, SeenInUnit: true})
	require.NoError(t, err)
	assert.Len(t, seen.GetCommonProblems(), 1)
	_, err = reviewer.problems.UpdateCommonProblem(t.Context(), &riskv1.UpdateCommonProblemRequest{
		CommonProblem: &riskv1.CommonProblem{Name: named.GetName(), Title: "风险点写得笼统"},
		UpdateMask:    &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	require.NoError(t, err)
}

// Whoever is to name what is common to units finds what was sent back for a problem, and counts it.
func TestJ4_WhatComesBackIsCountedByItsProblems(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, admin, group := as(s, "division", courtCivil), as(s, "division", courtAdmin), as(s, "discipline_group", court)
	sendBack := func(point *riskv1.RiskPoint, problems ...string) *riskv1.RiskPoint {
		back, err := group.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{
			Name: point.GetName(), Reason: "请重填", Problems: problems,
		})
		require.NoError(t, err)
		return back
	}
	vague := sendBack(civil.propose(t, civil.point(t, courtPoint("post_duty", "工作不规范")), enter), "not_specific")
	vague.Description = "工作仍不规范"
	vague = sendBack(civil.propose(t, civil.update(t, vague), enter), "formality", "not_specific")
	assert.Equal(t, []string{"not_specific", "formality"}, vague.GetProblems(), "each once")
	vague.Description = "单独会见当事人"
	vague = group.approve(t, civil.propose(t, civil.update(t, vague), enter))
	assert.Len(t, vague.GetProblems(), 2, "what it came back for stays known")
	vague.Description = "单独会见当事人及其亲友"
	civil.update(t, vague)
	vague, err := civil.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: vague.GetName()})
	require.NoError(t, err)
	assert.Len(t, vague.GetProblems(), 2)
	asked := courtPoint("process", "立案审查不严")
	asked.Unit = courtAdmin
	sendBack(admin.propose(t, admin.point(t, asked), enter), "not_specific")
	civil.propose(t, civil.point(t, courtPoint("process", "超期立案")), enter)

	counted := func(o office) (found []string) {
		answer, err := o.points.CountRiskPoints(t.Context(), &riskv1.CountRiskPointsRequest{Unit: o.unit})
		require.NoError(t, err)
		for _, p := range answer.GetProblems() {
			found = append(found, fmt.Sprint(p.GetUnit(), " ", p.GetProblem(), " ", p.GetCount()))
		}
		return found
	}
	assert.ElementsMatch(t, []string{
		courtCivil + " formality 1", courtCivil + " not_specific 1", courtAdmin + " not_specific 1",
	}, counted(group))
	assert.Equal(t, []string{courtAdmin + " not_specific 1"}, counted(admin))
	listed := func(asOf string, problems ...string) (*riskv1.ListRiskPointsResponse, error) {
		return group.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
			Unit: court, AsOf: asOf, Problems: problems,
		})
	}
	for problem, n := range map[string]int{"not_specific": 2, "formality": 1} {
		found, err := listed("", problem)
		require.NoError(t, err)
		assert.Len(t, found.GetRiskPoints(), n, problem)
	}
	both, err := listed("", "not_specific", "formality")
	require.NoError(t, err)
	assert.Len(t, both.GetRiskPoints(), 2)
	_, err = listed("", "untidy")
	suitetest.RequireFieldFaults(t, err, map[string]string{"problems": "UNKNOWN_TERM"})
	_, err = listed("2026-11-02", "formality")
	suitetest.RequireFieldFaults(t, err, map[string]string{"problems": "CONTRADICTION"})
}

// A common problem that nobody names a day for is to be studied by the day that the scheme leaves; its unit is reminded before that
// day, on it and after it, and finds it in a list until it has studied it.
func TestJ4_ACommonProblemIsStudiedInTime(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	group := as(s, "discipline_group", court)
	name := func(title, due string) (*riskv1.CommonProblem, error) {
		return group.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{CommonProblem: &riskv1.CommonProblem{
			Unit: court, Title: title, Description: "没有写明环节", SeenIn: []string{courtCivil, courtAdmin}, DueOn: due,
		}})
	}
	named, err := name("写得笼统", "")
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30 2026-11-25", named.GetDueOn()+" "+named.GetRemindOn())
	_, err = name("依据不全", "2026-12-01")
	suitetest.RequireFieldFaults(t, err, map[string]string{"common_problem.due_on": "PUT_OFF"})
	_, err = name("依据不全", "2026-11-01")
	suitetest.RequireFieldFaults(t, err, map[string]string{"common_problem.due_on": "PAST_DAY"})
	_, err = group.problems.UpdateCommonProblem(t.Context(), &riskv1.UpdateCommonProblemRequest{
		CommonProblem: &riskv1.CommonProblem{Name: named.GetName(), DueOn: "2026-12-01"},
		UpdateMask:    &fieldmaskpb.FieldMask{Paths: []string{"due_on"}},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"common_problem.due_on": "PUT_OFF"})
	sooner, err := group.problems.UpdateCommonProblem(t.Context(), &riskv1.UpdateCommonProblemRequest{
		CommonProblem: &riskv1.CommonProblem{Name: named.GetName(), DueOn: "2026-11-27"},
		UpdateMask:    &fieldmaskpb.FieldMask{Paths: []string{"due_on"}},
	})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-27 2026-11-24", sooner.GetDueOn()+" "+sooner.GetRemindOn())
	for _, days := range []int{22, 3, 1} { // to the 24th, the 27th and the 28th
		s.Clock.Advance(time.Duration(days) * day)
		s.RunJob(problems.RemindJob)
	}
	const due = "请于 2026-11-27 前研究共性问题“写得笼统”并登记对策。"
	assert.Equal(t, []string{due, due, "共性问题“写得笼统”应于 2026-11-27 前研究，现已逾期。"},
		said(t, s, "discipline_group", court, named.GetName(), 3))
	overdue := func() []*riskv1.CommonProblem {
		listed, err := group.problems.ListCommonProblems(t.Context(), &riskv1.ListCommonProblemsRequest{Unit: court, Overdue: true})
		require.NoError(t, err)
		return listed.GetCommonProblems()
	}
	require.Len(t, overdue(), 1)
	studied, err := group.problems.StudyCommonProblem(t.Context(), &riskv1.StudyCommonProblemRequest{
		Name: named.GetName(), Study: &riskv1.CommonProblemStudy{Cause: "不熟悉查找方法", Countermeasure: "编印示例"},
	})
	require.NoError(t, err)
	assert.Empty(t, studied.GetRemindOn())
	assert.Empty(t, overdue())
}
