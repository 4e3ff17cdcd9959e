package risk_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ4_ReturnedRiskPointIsResubmitted(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)

	point := clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3)))
	_, err := clerk.points.UpdateRiskPoint(t.Context(), &riskv1.UpdateRiskPointRequest{RiskPoint: point})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	s.Clock.Advance(time.Hour)
	point = reviewer.sendBack(t, point, "危害程度偏低")
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_RETURNED, point.GetState())
	point.Points["harm"], point.OwnerPosition = 5, ""
	point = clerk.submit(t, clerk.update(t, point))
	assert.Equal(t, "b", point.GetGrade())
	point = reviewer.sendBack(t, point, "请写明制度")
	again := &riskv1.SubmitRiskPointRequest{Name: point.GetName(), Proposal: enter}
	_, err = clerk.points.SubmitRiskPoint(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	point.Regime = "工程管理办法"
	point = reviewer.approve(t, clerk.submit(t, clerk.update(t, point)))

	got, err := clerk.points.GetRiskPoint(t.Context(), &riskv1.GetRiskPointRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Equal(t, text(point), text(got))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, point.GetState())
	assert.EqualValues(t, 2, point.GetReturnCount())
	versions, err := reviewer.points.ListRiskPointVersions(t.Context(), &riskv1.ListRiskPointVersionsRequest{Name: point.GetName()})
	require.NoError(t, err)
	require.Len(t, versions.GetRiskPoints(), 1)
	reviews := versions.GetRiskPoints()[0].GetStanding().GetReviews()
	require.Len(t, reviews, 3, "what led to the version, the returns too")
	assert.Equal(t, "危害程度偏低", reviews[0].GetReason())
	assert.Equal(t, suitetest.Start.Add(time.Hour), reviews[0].GetReviewTime().AsTime())

	_, err = clerk.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
		Name: point.GetName(), Proposal: enter, Reason: "重报",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOTHING_CHANGED")
}

// The meeting is for somebody else than who checked, also once it was handed in again.
func TestT22_NobodyPassesTwoStages(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category = "decision"
	point := office.approve(t, section.submit(t, section.point(t, asked)))
	_, err := office.points.ApproveRiskPoint(t.Context(), pass(point))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "APPROVED_BEFORE")
	point = office.sendBack(t, point, "不够具体")
	point.Description = "大额资金支出不经集体研究"
	point = office.approve(t, section.submit(t, section.update(t, point)))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, office.approveBySecond(t, point).GetState())
}

func TestJ4_T22_AReviewGoesThroughItsStages(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category = "decision"
	point := section.submit(t, section.point(t, asked))
	assert.Equal(t, "organisation", point.GetStanding().GetReviewStage())

	_, err := as(s, "legal_office", commerce).points.ApproveRiskPoint(t.Context(), pass(point))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")
	point = office.approve(t, point)
	assert.Equal(t, "SUBMITTED meeting", stands(point))
	_, err = office.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{
		Name: point.GetName(), Reason: "不够具体", Problems: []string{"not_specific", "dull"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"problems[1]": "UNKNOWN_TERM"})
	point, err = office.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{
		Name: point.GetName(), Reason: "不够具体", Problems: []string{"not_specific"},
	})
	require.NoError(t, err)
	assert.Equal(t, "RETURNED ", stands(point))
	point.Description = "大额资金支出不经集体研究"
	point = section.submit(t, section.update(t, point))
	assert.Equal(t, "SUBMITTED organisation", stands(point), "it begins anew")
	point = office.approveTwice(t, point)
	assert.Equal(t, "IN_FORCE ", stands(point))
}

// stands is the state of a risk point, and the stage that is awaited.
func stands(point *riskv1.RiskPoint) string {
	return strings.TrimPrefix(point.GetState().String(), "REGISTER_STATE_") + " " + point.GetStanding().GetReviewStage()
}

func TestJ4_OnlyAUnitAboveReviews(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	point := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))

	for _, role := range []string{"reviewer", "administrator"} {
		own := as(s, role, township)
		_, err := own.points.ApproveRiskPoint(t.Context(), pass(point))
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
		_, err = own.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{Name: point.GetName(), Reason: "重填"})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	}
	_, err := as(s, "clerk", county).points.ApproveRiskPoint(t.Context(), pass(point))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = as(s, "reviewer", other).points.ApproveRiskPoint(t.Context(), pass(point))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")

	city := as(s, "administrator", suitetest.City)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, city.approve(t, point).GetState())
	root := city.submit(t, city.point(t, riskPoint(suitetest.City, 1, 1, 1)))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, city.second.approve(t, root).GetState(), "none is above the root")
}

func TestJ4_ApprovalFallsWhenContentChanges(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	read := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))
	changed := reviewer.sendBack(t, read, "重填")
	changed.Description = "逾期办理"
	current := clerk.submit(t, clerk.update(t, changed))

	_, err := reviewer.points.ApproveRiskPoint(t.Context(), pass(read))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CONTENT_CHANGED")
	_, err = reviewer.points.ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{Name: read.GetName()})
	suitetest.RequireFieldFaults(t, err, map[string]string{"content_sha256": "REQUIRED"})
	_, err = reviewer.points.ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{
		Name: read.GetName(), ContentSha256: current.GetStanding().GetContentSha256(), Etag: read.GetEtag(),
	})
	suitetest.RequireRefused(t, err, codes.Aborted, "ETAG_MISMATCH")
	point := reviewer.approve(t, current)

	point.Points["harm"] = 2
	point = clerk.update(t, point)
	assert.Equal(t, "DRAFT ", stands(point))
	assert.Equal(t, "1 逾期办理 20", inForceOn(t, clerk, point, "2026-11-02"), "the version stays in force")
	discarded, err := clerk.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "IN_FORCE ", stands(discarded))
	assert.EqualValues(t, 1, discarded.GetPoints()["harm"])
	assert.EqualValues(t, 1, discarded.GetReturnCount(), "that it was sent back stays")
}

// inForceOn is the version of a risk point that was in force on a day, its description and score; empty where none was.
func inForceOn(t *testing.T, o office, point *riskv1.RiskPoint, day string) string {
	t.Helper()
	list, err := o.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: point.GetUnit(), AsOf: day, PageSize: 1000})
	require.NoError(t, err)
	for _, p := range list.GetRiskPoints() {
		if p.GetName() == point.GetName() {
			return fmt.Sprint(p.GetStanding().GetVersion(), " ", p.GetDescription(), " ", p.GetScore())
		}
	}
	return ""
}

func TestJ4_RetiredIsInNoLaterCatalogue(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	never := clerk.point(t, riskPoint(township, 1, 1, 1))
	_, err := clerk.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{Name: never.GetName(), Proposal: end, Reason: "x"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_IN_FORCE")

	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1))))
	s.Clock.Advance(24 * time.Hour)
	_, err = clerk.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{Name: point.GetName(), Proposal: end})
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})
	point = clerk.propose(t, point, end)
	assert.NotEmpty(t, inForceOn(t, clerk, point, "2026-11-03"))
	point = reviewer.approve(t, point)
	assert.Equal(t, "ENDED ", stands(point))
	assert.Empty(t, inForceOn(t, clerk, point, "2026-11-03"))
	assert.NotEmpty(t, inForceOn(t, clerk, point, "2026-11-02"))
}

func TestT12_ARiskPointIsEnteredOfAPowerInForceAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	item := clerk.power(t, clerk.licensing(t, township))
	asked := riskPoint(township, 1, 1, 1)
	asked.PowerItem, asked.OwnerPosition = item.GetName(), clerk.post(t, township, "科长", "section_head")
	point := clerk.point(t, asked)
	_, err := clerk.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{Name: point.GetName(), Proposal: enter})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POWER_NOT_IN_FORCE")
	item = reviewer.approvePower(t, clerk.submitPower(t, item, enter))
	point = clerk.submit(t, point)
	cancel := clerk.submitPower(t, item, end) // while the point is not in force yet
	point = reviewer.approve(t, point)
	reviewer.approvePower(t, cancel)
	assert.Equal(t, "ENDED ", stands(clerk.get(t, point)))
	_, err = clerk.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.power_item": "POWER_ENDED"})
}

func TestT12_APowerThatIsGivenAwayGetsNoMoreRiskPoints(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	item := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	asked := riskPoint(township, 1, 1, 1)
	asked.PowerItem = item.GetName()
	point := clerk.submit(t, clerk.point(t, asked))
	given, err := clerk.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
		Name: item.GetName(), Proposal: riskv1.Proposal_PROPOSAL_TRANSFER, TransferTo: other, Reason: "职能调整",
	})
	require.NoError(t, err)
	reviewer.approvePower(t, given)
	_, err = reviewer.points.ApproveRiskPoint(t.Context(), pass(point))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POWER_NOT_IN_FORCE")
}

// Whichever goes first, a power that is cancelled or a risk point of it that comes in force: the point ends with the power.
func TestT12_APowerEndsWithTheRiskPointThatComesInForceMeanwhile(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, one, two := as(s, "clerk", township), as(s, "reviewer", county), as(s, "reviewer", suitetest.City)
	owner := clerk.post(t, township, "科长", "section_head")
	for range 5 {
		item := one.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
		asked := riskPoint(township, 1, 1, 1)
		asked.PowerItem, asked.OwnerPosition = item.GetName(), owner
		point := clerk.submit(t, clerk.point(t, asked))
		item = clerk.submitPower(t, item, end)
		sent := make(chan error, 1)
		go func() {
			_, err := one.powers.ApprovePowerItem(t.Context(), approval(item))
			sent <- err
		}()
		_, err := two.points.ApproveRiskPoint(t.Context(), pass(point))
		if err != nil {
			suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
		}
		require.NoError(t, <-sent)
		assert.Equal(t, "ENDED ", stands(clerk.get(t, point)))
		assert.Empty(t, inForceOn(t, clerk, point, "2026-11-02"))
	}
}

func TestJ4_OnlyOneOfTwoReviewersDecides(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, one, two := as(s, "clerk", township), as(s, "reviewer", county), as(s, "reviewer", suitetest.City)
	for range 10 {
		point := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))
		sent := make(chan error, 1)
		go func() {
			_, err := one.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{Name: point.GetName(), Reason: "重填"})
			sent <- err
		}()
		_, approved := two.points.ApproveRiskPoint(t.Context(), pass(point))
		returned := <-sent
		assert.NotEqualf(t, approved == nil, returned == nil, "approve: %v; return: %v", approved, returned)
	}
}

// A gateway takes the name from the path, inside the message, and the content from the body.
func TestJ4_X7_ReturnedPointIsCorrectedOverHTTP(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	point := reviewer.sendBack(t, clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1))), "重填")

	graver := riskPoint(township, 5, 5, 5)
	graver.OwnerPosition = clerk.post(t, township, "镇长", "head")
	body, err := protojson.Marshal(&riskv1.UpdateRiskPointRequest{RiskPoint: graver})
	require.NoError(t, err)
	req, err := http.NewRequest(http.MethodPatch, s.URL+"/risk/v1/"+point.GetName(), bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.Token(access.Principal{
		Subject: "accounts/clerk", Unit: township, Roles: []string{"clerk"},
	}))
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, answer.Body.Close()) }()
	said, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s", said)
	updated := &riskv1.RiskPoint{}
	require.NoError(t, protojson.Unmarshal(said, updated))
	assert.Equal(t, point.GetName(), updated.GetName())
	assert.Equal(t, "a", updated.GetGrade())
}

func TestJ4_PointsAreCountedByUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	grave := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 5, 5, 5))))
	for range 2 {
		reviewer.sendBack(t, clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1))), "重填")
	}
	below := clerk.point(t, riskPoint(village, 5, 5, 5))
	as(s, "clerk", other).point(t, riskPoint(other, 1, 1, 1))

	counts, err := clerk.points.CountRiskPoints(t.Context(), &riskv1.CountRiskPointsRequest{Unit: township})
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.CountRiskPointsResponse{Counts: []*riskv1.RiskPointCount{
		{Unit: township, Grade: "a", GradeInForce: "a", State: riskv1.RegisterState_REGISTER_STATE_IN_FORCE, Count: 1},
		{Unit: township, Grade: "c", State: riskv1.RegisterState_REGISTER_STATE_RETURNED, Count: 2, ReturnCount: 2},
		{Unit: village, Grade: "a", State: riskv1.RegisterState_REGISTER_STATE_DRAFT, Count: 1},
	}}), text(counts))

	t.Run("and listed by grade and state", func(t *testing.T) {
		t.Parallel()
		for _, tc := range []struct {
			grades []string
			states []riskv1.RegisterState
			want   []string
		}{
			{[]string{"a"}, nil, []string{grave.GetName(), below.GetName()}},
			{
				[]string{"a", "c"},
				[]riskv1.RegisterState{riskv1.RegisterState_REGISTER_STATE_DRAFT},
				[]string{below.GetName()},
			},
			{[]string{"b"}, nil, nil},
		} {
			list, err := reviewer.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
				Unit: township, Grades: tc.grades, States: tc.states,
			})
			require.NoError(t, err)
			var names []string
			for _, point := range list.GetRiskPoints() {
				names = append(names, point.GetName())
			}
			assert.Equal(t, tc.want, names)
		}
	})
	t.Run("page by page", func(t *testing.T) {
		t.Parallel()
		var names []string
		req := &riskv1.ListRiskPointsRequest{Unit: county, PageSize: 1}
		for {
			list, err := reviewer.points.ListRiskPoints(t.Context(), req)
			require.NoError(t, err)
			names = append(names, list.GetRiskPoints()[0].GetName())
			if req.PageToken = list.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		assert.Len(t, names, 5)
		assert.Equal(t, grave.GetName(), names[0])
	})
}

func TestJ4_T24_ShareOfApprovedPointsIsTraceable(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	first := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 5, 5, 5))))
	second := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))
	clerk.point(t, riskPoint(township, 1, 1, 1)) // a draft is not looked at
	as(s, "clerk", village).submit(t, clerk.point(t, riskPoint(village, 1, 1, 1)))
	s.Clock.Advance(30 * 24 * time.Hour)
	clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))

	gaps, err := reviewer.controls.ListControlGaps(t.Context(), &riskv1.ListControlGapsRequest{Unit: county})
	require.NoError(t, err, "the scheme of c has no forms of controls")
	assert.Empty(t, gaps.GetGaps())
	answer, err := as(s, "handler", county).figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: county, Units: []string{township, other}, Period: "2026-11", Measures: []string{"risk.points_approved"},
	})
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.ListFiguresResponse{Figures: []*typev1.Figure{
		{
			Unit: township, Measure: "risk.points_approved", Numerator: 1, Denominator: 2,
			Records: []string{first.GetName(), second.GetName()},
		},
		{Unit: other, Measure: "risk.points_approved"},
	}}), text(answer))
}

// text writes a message for comparison.
func text(m proto.Message) string { return prototext.MarshalOptions{Multiline: true}.Format(m) }
