package attachments_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// stored counts uploads and their parts.
func (b *bench) stored(t *testing.T) (uploads, parts int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.Database)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	require.NoError(t, conn.QueryRow(t.Context(),
		"SELECT (SELECT count(*) FROM network.attachments), (SELECT count(*) FROM network.attachment_parts)").
		Scan(&uploads, &parts))
	return uploads, parts
}

func TestH7_OpenUploadIsAborted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(40_000)
	begun := b.create(t, file(data))
	_, err := b.anyone.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data[:20_000],
	})
	require.NoError(t, err)
	abort := func(token, id string) error {
		_, err := b.anyone.AbortUpload(t.Context(), &typev1.AbortUploadRequest{
			Name: begun.GetName(), UploadToken: token, RequestId: id,
		})
		return err
	}
	networktest.Refused(t, abort("WRONG", ""), codes.NotFound)
	networktest.Refused(t, abort("", "1"), codes.InvalidArgument, "upload_token", "request_id")
	id := uuid.NewString()
	require.NoError(t, abort(begun.GetUploadToken(), id))
	require.NoError(t, abort(begun.GetUploadToken(), id), "the same request once more")
	networktest.Refused(t, abort(begun.GetUploadToken(), ""), codes.NotFound)
	uploads, parts := b.stored(t)
	assert.Zero(t, uploads+parts)

	kept := b.create(t, file(data))
	_, err = b.send(t, kept.GetName(), kept.GetUploadToken(), data)
	require.NoError(t, err)
	_, err = b.anyone.AbortUpload(t.Context(), &typev1.AbortUploadRequest{
		Name: kept.GetName(), UploadToken: kept.GetUploadToken(),
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UPLOAD_ENDED")
}

func TestH7_SchemeSetsUploadDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	schemes := networkv1.NewSchemeServiceClient(b.As(access.Administrator, suitetest.City))
	scheme, err := schemes.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.Township})
	require.NoError(t, err)
	longer := scheme
	longer.EffectiveFrom, longer.AttachmentRules.UploadDays = "2026-11-03", 3
	_, err = schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: longer})
	require.NoError(t, err)
	data := photo(40_000)
	b.create(t, file(data)) // by the scheme of today: a day
	b.Clock.Advance(clock.StartOfDay(b.Clock).AddDate(0, 0, 2).Add(-time.Second).Sub(b.Clock.Now()))
	b.create(t, file(data)) // three days
	left := func() int {
		b.RunJob("network.remove_uploads")
		uploads, _ := b.stored(t)
		return uploads
	}
	assert.Equal(t, 2, left())
	b.Clock.Advance(time.Second)
	assert.Equal(t, 1, left())
	b.Clock.Advance(72*time.Hour - time.Second)
	assert.Equal(t, 1, left())
	b.Clock.Advance(time.Second)
	assert.Zero(t, left())
	longer.EffectiveFrom, longer.AttachmentRules.UploadDays = "2026-12-03", 31
	_, err = schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: longer})
	networktest.Refused(t, err, codes.InvalidArgument, "scheme.attachment_rules.upload_days")
}
