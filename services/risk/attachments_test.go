package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ2_J4_FilesBelongToARiskPointUntilItIsReviewed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, uploads := as(s, "clerk", township), riskv1.NewAttachmentServiceClient(s.As("clerk", township))
	point := clerk.point(t, riskPoint(township, 2, 2, 2))
	data := []byte("现行许可流程。\n")
	begin := func(client riskv1.AttachmentServiceClient) (*typev1.CreateAttachmentResponse, error) {
		answer, err := client.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
			Owner: point.GetName(),
			File:  &typev1.AttachmentFile{FileName: "流程.txt", MediaType: "text/plain", Size: int64(len(data))},
		})
		return answer, err
	}
	begun, err := begin(uploads)
	require.NoError(t, err)
	_, err = uploads.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	})
	require.NoError(t, err)
	complete := &typev1.CompleteAttachmentRequest{Name: begun.GetName(), UploadToken: begun.GetUploadToken()}
	_, err = uploads.CompleteAttachment(t.Context(), complete)
	require.NoError(t, err)

	clerk.submit(t, point)
	_, err = begin(uploads)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	listed, err := riskv1.NewAttachmentServiceClient(s.As("reviewer", county)).ListAttachments(t.Context(),
		&typev1.ListAttachmentsRequest{Owner: point.GetName()})
	require.NoError(t, err)
	require.Len(t, listed.GetAttachments(), 1)
	assert.Equal(t, "流程.txt", listed.GetAttachments()[0].GetFileName())
	_, err = begin(riskv1.NewAttachmentServiceClient(s.As("clerk", other)))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	as(s, "reviewer", county).sendBack(t, point, "请补充。")
	_, err = begin(uploads)
	require.NoError(t, err)
}
