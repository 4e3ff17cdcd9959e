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

func TestJ1_PositionsNameTheirHoldersByDates(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := riskv1.NewPositionServiceClient(s.As("clerk", township))
	reviewer := riskv1.NewPositionServiceClient(s.As("reviewer", county))
	asked := &riskv1.Position{
		Unit: township, Title: "审批岗", Rank: "正股级", Section: "行政审批股",
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
	changed, err := clerk.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{Position: asked, UpdateMask: mask})
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
