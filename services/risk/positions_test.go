package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ1_T5_PositionsNameTheirHoldersByDates(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := riskv1.NewPositionServiceClient(s.As("clerk", township))
	reviewer := riskv1.NewPositionServiceClient(s.As("reviewer", county))
	asked := &riskv1.Position{
		Unit: township, Title: "审批岗", Rank: "section_head", Section: "行政审批股",
		Holders: []*riskv1.PositionHolder{{Person: "甲", From: "2021-03-01"}},
	}
	position, err := clerk.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: asked})
	require.NoError(t, err)
	assert.Equal(t, suitetest.Start, position.GetCreateTime().AsTime())

	asked.Name, asked.Etag = position.GetName(), position.GetEtag()
	asked.Holders = []*riskv1.PositionHolder{
		{Person: "甲", From: "2021-03-01", Until: "2026-10-31"}, {Person: "乙", From: "2026-11-01"},
	}
	mask := &fieldmaskpb.FieldMask{Paths: []string{"holders"}}
	changed, err := clerk.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: asked, UpdateMask: mask, Reason: "交接后补录",
	})
	require.NoError(t, err)
	assert.Len(t, changed.GetHolders(), 2)
	assert.Equal(t, "审批岗", changed.GetTitle())
	_, err = clerk.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{Position: asked, UpdateMask: mask})
	suitetest.RequireRefused(t, err, codes.Aborted, "ETAG_MISMATCH")

	asked.Etag, asked.Holders[0].Until, asked.Holders[1].From = "", "2021-02-28", "2026-02-30"
	_, err = clerk.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{Position: asked, UpdateMask: mask})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"position.holders[0].until": "AFTER_TERM", "position.holders[1].from": "STRING_DATE",
	})

	list, err := reviewer.ListPositions(t.Context(), &riskv1.ListPositionsRequest{Unit: county})
	require.NoError(t, err)
	require.Len(t, list.GetPositions(), 1)
	assert.Equal(t, "乙", list.GetPositions()[0].GetHolders()[1].GetPerson())
	_, err = reviewer.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{Position: asked, UpdateMask: mask})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = riskv1.NewPositionServiceClient(s.As("clerk", other)).GetPosition(t.Context(), &riskv1.GetPositionRequest{
		Name: position.GetName(),
	})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}

// Rotations and commitments go by who held a position.
func TestT10_WhoHeldAPositionIsCorrectedWithAReasonThatTheUnitAboveHears(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section := as(s, "section", markets)
	clerk := section.held(t, markets, "市场运行股科员", "staff", "甲", "2019-01-01")
	correct := func(reason string, holders ...*riskv1.PositionHolder) error {
		_, err := section.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
			Position:   &riskv1.Position{Name: clerk.GetName(), Holders: holders},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}}, Reason: reason,
		})
		return err
	}
	for _, holders := range [][]*riskv1.PositionHolder{
		nil, {{Person: "甲", From: "2025-01-01"}}, {{Person: "乙", From: "2019-01-01"}},
	} {
		suitetest.RequireFieldFaults(t, correct("", holders...), map[string]string{"reason": "REQUIRED"})
	}
	require.NoError(t, correct("", &riskv1.PositionHolder{Person: "甲", From: "2019-01-01", Until: "2026-10-31"}), "a last day")
	for _, holders := range [][]*riskv1.PositionHolder{ // days on which nobody is noted, somebody else in between
		{{Person: "甲", From: "2018-01-01", Until: "2026-10-31"}},
		{{Person: "甲", From: "2019-01-01", Until: "2026-10-31"}, {Person: "乙", From: "2026-11-01"}},
		{{Person: "乙", From: "2018-01-01", Until: "2018-12-31"}, {Person: "甲", From: "2019-01-01", Until: "2026-10-31"}},
	} {
		suitetest.RequireFieldFaults(t, correct("", holders...), map[string]string{"reason": "REQUIRED"})
	}
	require.NoError(t, correct("",
		&riskv1.PositionHolder{Person: "甲", From: "2019-01-01", Until: "2020-12-31"},
		&riskv1.PositionHolder{Person: "甲", From: "2021-01-01", Until: "2026-10-31"},
		&riskv1.PositionHolder{Person: "乙", From: "2026-11-02"}), "the same days, and who comes today")
	again := &riskv1.PositionHolder{Person: "甲", From: "2019-01-01", Until: "2026-09-30"}
	suitetest.RequireFieldFaults(t, correct("", again), map[string]string{"reason": "REQUIRED"})
	require.NoError(t, correct("任免文件日期为准", again))
	assert.Equal(t, []string{"市场运行股更正了“市场运行股科员”岗位以往的任职记录：任免文件日期为准"},
		said(t, s, "leading_group_office", commerce, clerk.GetName(), 1))
}

// Somebody else for a day of the past would begin the time in the post anew.
func TestT10_ARotationIsNotPutOffByADayOfTheHistory(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "市场运行股股长", "section_head", "甲", "2021-12-01")
	risky(t, s, chief, office.held(t, commerce, "局长", "head", "丙", "2024-01-31"))
	reset := &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{Name: chief.GetName(), Holders: []*riskv1.PositionHolder{
			{Person: "甲", From: "2021-12-01", Until: "2025-12-31"},
			{Person: "乙", From: "2026-01-01", Until: "2026-01-01"},
			{Person: "甲", From: "2026-01-02"},
		}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}},
	}
	_, err := section.positions.UpdatePosition(t.Context(), reset)
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})
	s.RunJob("risk.open_rotations")
	require.Len(t, office.rotated(t, &riskv1.ListRotationsRequest{}), 1)
	reset.Reason = "元旦由乙代理"
	_, err = section.positions.UpdatePosition(t.Context(), reset)
	require.NoError(t, err)
	hears(t, s, "leading_group_office", commerce, chief.GetName(),
		"市场运行股更正了“市场运行股股长”岗位以往的任职记录：元旦由乙代理")
}

func TestT5_APostIsNotHeldTwiceOnADay(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section := riskv1.NewPositionServiceClient(s.As("section", markets))
	hold := func(holders ...*riskv1.PositionHolder) error {
		_, err := section.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
			Position: &riskv1.Position{Unit: markets, Title: "股长", Rank: "section_head", Tier: "middle", Holders: holders},
		})
		return err
	}
	require.NoError(t, hold(
		&riskv1.PositionHolder{Person: "甲", From: "2021-03-01", Until: "2024-02-29"},
		&riskv1.PositionHolder{Person: "乙", From: "2024-03-01", Until: "2024-03-01"},
		&riskv1.PositionHolder{Person: "甲", From: "2024-03-02"},
	))
	for _, until := range []string{"2024-06-30", "2024-03-01", ""} { // later, the same day, an open end in the middle
		err := hold(
			&riskv1.PositionHolder{Person: "甲", From: "2021-03-01", Until: until},
			&riskv1.PositionHolder{Person: "乙", From: "2024-03-01"},
		)
		suitetest.RequireFieldFaults(t, err, map[string]string{"position.holders[1].from": "HELD_TWICE"})
	}
	err := hold( // the first comes first
		&riskv1.PositionHolder{Person: "乙", From: "2024-03-01"},
		&riskv1.PositionHolder{Person: "甲", From: "2021-03-01", Until: "2024-02-29"},
	)
	suitetest.RequireFieldFaults(t, err, map[string]string{"position.holders[1].from": "HELD_TWICE"})
}

func TestT2_RanksAndTiersAreTheSchemes(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section := riskv1.NewPositionServiceClient(s.As("section", markets))
	add := func(title, rank, tier string) error {
		_, err := section.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
			Position: &riskv1.Position{Unit: markets, Title: title, Rank: rank, Tier: tier},
		})
		return err
	}
	require.NoError(t, add("股长", "section_head", "middle"))
	require.NoError(t, add("许可审批岗", "staff", "key"))
	require.NoError(t, add("内勤", "staff", ""))
	suitetest.RequireFieldFaults(t, add("股长", "", "outer"), map[string]string{
		"position.rank": "REQUIRED", "position.tier": "UNKNOWN_TERM",
	})
	suitetest.RequireFieldFaults(t, add("股长", "president", ""), map[string]string{"position.rank": "UNKNOWN_TERM"})

	office := riskv1.NewPositionServiceClient(s.As("leading_group_office", commerce))
	assert.Equal(t, []string{"股长"}, titles(t, office, &riskv1.ListPositionsRequest{Unit: commerce, Ranks: []string{"section_head"}}))
	assert.Equal(t, []string{"许可审批岗"}, titles(t, office, &riskv1.ListPositionsRequest{
		Unit: commerce, Ranks: []string{"section_head", "staff"}, Tiers: []string{"key"},
	}))
	_, err := office.ListPositions(t.Context(), &riskv1.ListPositionsRequest{
		Unit: commerce, Ranks: []string{"president"}, Tiers: []string{"outer"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"ranks": "UNKNOWN_TERM", "tiers": "UNKNOWN_TERM"})

	court := suitetest.Of(t, "j", "units/court")
	_, err = riskv1.NewPositionServiceClient(court.As("division", "units/court_civil")).CreatePosition(t.Context(),
		&riskv1.CreatePositionRequest{Position: &riskv1.Position{Unit: "units/court_civil", Title: "庭长", Rank: "division_head"}})
	require.NoError(t, err, "a body without tiers asks for none")
}

// Posts in which nobody has looked for risks are listed and counted, so that a shallow search shows.
func TestT2_PostsNotYetSearchedAreListedAndCounted(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	post := func(title, rank, tier string) string {
		made, err := section.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
			Position: &riskv1.Position{Unit: markets, Title: title, Rank: rank, Tier: tier},
		})
		require.NoError(t, err)
		return made.GetName()
	}
	lying := func(position string) *riskv1.RiskPoint {
		point := riskPoint(markets, 1, 1, 1)
		point.Category, point.Position, point.OwnerPosition = "decision", position, post("责任岗", "section_head", "")
		return section.point(t, point)
	}
	post("股长", "section_head", "middle")
	post("窗口岗", "staff", "key")
	lying(post("审批岗", "staff", "key"))
	office.approveTwice(t, section.submit(t, lying(post("稽查岗", "staff", "key"))))
	dropped := lying(post("内勤", "staff", "key"))
	_, err := section.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: dropped.GetName()})
	require.NoError(t, err)

	list := func(gap riskv1.SearchGap, tiers ...string) []string {
		return titles(t, office.positions, &riskv1.ListPositionsRequest{Unit: commerce, Tiers: tiers, SearchGap: gap, PageSize: 1})
	}
	assert.Equal(t, []string{"窗口岗", "内勤"}, list(riskv1.SearchGap_SEARCH_GAP_NO_RISK_POINT, "key"))
	assert.Equal(t, []string{"窗口岗", "审批岗", "内勤"}, list(riskv1.SearchGap_SEARCH_GAP_NONE_IN_FORCE, "key"))
	assert.Equal(t, []string{"股长"}, list(riskv1.SearchGap_SEARCH_GAP_NO_RISK_POINT, "middle"))
	compared, err := office.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, compared.GetSearches(), 1)
	found := compared.GetSearches()[0]
	assert.Equal(t, []int64{8, 6, 7}, []int64{
		found.GetPositions(), found.GetPositionsWithoutPoints(), found.GetPositionsWithoutPointsInForce(),
	}, "who owns a risk by its grade has not been searched")
}

// A list of a subtree begins with its unit and ends with the last below it, however it is cut into pages.
func TestAListOfASubtreeBeginsAndEndsAtItsUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := riskv1.NewPositionServiceClient(s.As("administrator", suitetest.City))
	for _, unit := range []string{other, village, county, suitetest.City, township, "units/340504", village} {
		_, err := admin.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
			Position: &riskv1.Position{Unit: unit, Title: unit, Rank: "staff"},
		})
		require.NoError(t, err)
	}
	for _, ranks := range [][]string{nil, {"staff"}, {"staff", "head"}} {
		for unit, want := range map[string][]string{
			township: {township, village, village}, village: {village, village}, county: {county, township, village, village, other},
			"units/340504": {"units/340504"}, "units/340521": nil,
		} {
			assert.Equal(t, want, titles(t, admin, &riskv1.ListPositionsRequest{Unit: unit, Ranks: ranks, PageSize: 1}), unit)
		}
	}
}

// titles are those of all positions that a list holds, page by page.
func titles(t *testing.T, positions riskv1.PositionServiceClient, req *riskv1.ListPositionsRequest) (titles []string) {
	t.Helper()
	for {
		page, err := positions.ListPositions(t.Context(), req)
		require.NoError(t, err)
		for _, position := range page.GetPositions() {
			titles = append(titles, position.GetTitle())
		}
		if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
			return titles
		}
	}
}
