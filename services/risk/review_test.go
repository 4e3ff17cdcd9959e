package risk_test

import (
	"bytes"
	"io"
	"net/http"
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
	assert.Equal(t, riskv1.RiskPointState_RISK_POINT_STATE_RETURNED, point.GetState())
	point.Points["harm"] = 5
	point = clerk.submit(t, clerk.update(t, point))
	assert.Equal(t, "b", point.GetGrade())
	point = reviewer.sendBack(t, point, "请写明岗位")
	point = reviewer.approve(t, clerk.submit(t, point))

	got, err := clerk.points.GetRiskPoint(t.Context(), &riskv1.GetRiskPointRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Truef(t, proto.Equal(point, got), "%v", got)
	assert.Equal(t, riskv1.RiskPointState_RISK_POINT_STATE_APPROVED, point.GetState())
	require.Len(t, point.GetReturns(), 2)
	assert.Equal(t, "危害程度偏低", point.GetReturns()[0].GetReason())
	assert.Equal(t, suitetest.Start.Add(time.Hour), point.GetReturns()[0].GetReturnTime().AsTime())

	_, err = clerk.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{Name: point.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestJ4_OnlyAUnitAboveReviews(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	point := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))

	for _, role := range []string{"reviewer", "administrator"} {
		own := as(s, role, township)
		_, err := own.points.ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{
			Name: point.GetName(), Etag: point.GetEtag(),
		})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
		_, err = own.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{Name: point.GetName(), Reason: "重填"})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	}
	_, err := as(s, "clerk", county).points.ApproveRiskPoint(t.Context(),
		&riskv1.ApproveRiskPointRequest{Name: point.GetName(), Etag: point.GetEtag()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = as(s, "reviewer", other).points.ApproveRiskPoint(t.Context(),
		&riskv1.ApproveRiskPointRequest{Name: point.GetName(), Etag: point.GetEtag()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")

	city := as(s, "administrator", suitetest.City)
	assert.Equal(t, riskv1.RiskPointState_RISK_POINT_STATE_APPROVED, city.approve(t, point).GetState())
	root := city.submit(t, city.point(t, riskPoint(suitetest.City, 1, 1, 1)))
	assert.Equal(t, riskv1.RiskPointState_RISK_POINT_STATE_APPROVED, city.approve(t, root).GetState(), "none is above the root")
}

func TestJ4_ApprovalNeedsTheCurrentEtag(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	read := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))
	current := clerk.submit(t, reviewer.sendBack(t, read, "重填"))

	_, err := reviewer.points.ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{
		Name: read.GetName(), Etag: read.GetEtag(),
	})
	suitetest.RequireRefused(t, err, codes.Aborted, "ETAG_MISMATCH")
	_, err = reviewer.points.ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{Name: read.GetName()})
	suitetest.RequireFieldFaults(t, err, map[string]string{"etag": "REQUIRED"})
	reviewer.approve(t, current)
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
		_, approved := two.points.ApproveRiskPoint(t.Context(),
			&riskv1.ApproveRiskPointRequest{Name: point.GetName(), Etag: point.GetEtag()})
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

	body, err := protojson.Marshal(&riskv1.UpdateRiskPointRequest{RiskPoint: riskPoint(township, 5, 5, 5)})
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
		{Unit: township, Grade: "a", State: riskv1.RiskPointState_RISK_POINT_STATE_APPROVED, Count: 1},
		{Unit: township, Grade: "c", State: riskv1.RiskPointState_RISK_POINT_STATE_RETURNED, Count: 2, Returns: 2},
		{Unit: village, Grade: "a", State: riskv1.RiskPointState_RISK_POINT_STATE_DRAFT, Count: 1},
	}}), text(counts))

	t.Run("and listed by grade and state", func(t *testing.T) {
		t.Parallel()
		for _, tc := range []struct {
			grades []string
			states []riskv1.RiskPointState
			want   []string
		}{
			{[]string{"a"}, nil, []string{grave.GetName(), below.GetName()}},
			{
				[]string{"a", "c"},
				[]riskv1.RiskPointState{riskv1.RiskPointState_RISK_POINT_STATE_DRAFT},
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
