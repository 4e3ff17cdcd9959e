package attachments_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// bounded is a suite with one tip in which attachments are bounded.
func bounded(t *testing.T, limits service.UploadLimits) *bench {
	t.Helper()
	b := &bench{Suite: suitetest.New(t, suitetest.With(func(cfg *suite.Config) { cfg.Uploads = limits }))}
	b.receipt = networktest.SubmitTip(t, b.Suite, networktest.OtherTownship, networktest.ValidTip()).GetReceipt()
	b.tip = networktest.OnlyTip(t, b.Suite, networktest.Township).GetName()
	b.clerk = networkv1.NewAttachmentServiceClient(b.As("clerk", networktest.Township))
	b.anyone = networkv1.NewAttachmentServiceClient(b.Unauthenticated())
	return b
}

// offer begins an upload of so many bytes by receipt.
func (b *bench) offer(t *testing.T, size int64) (*networkv1.OfferAttachmentResponse, error) {
	t.Helper()
	return b.anyone.OfferAttachment(t.Context(), &networkv1.OfferAttachmentRequest{
		Receipt: b.receipt, File: &typev1.AttachmentFile{FileName: "照片.jpg", MediaType: "image/jpeg", Size: size},
	})
}

func (b *bench) attach(t *testing.T, size int64) error {
	t.Helper()
	_, err := b.clerk.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: b.tip, File: &typev1.AttachmentFile{FileName: "照片.jpg", MediaType: "image/jpeg", Size: size},
	})
	return err
}

func TestH7_UploadsBeyondAQuotaAreRefused(t *testing.T) {
	t.Parallel()
	for reason, limits := range map[string]service.UploadLimits{
		"SENDER_QUOTA":   {Sender: 1000},
		"UNIT_QUOTA":     {Sender: 5000, Unit: 1000},
		"INSTANCE_QUOTA": {Sender: 5000, Unit: 5000, Instance: 1000},
		"DISK_LOW":       {Free: 4000, FreeSpace: func() (int64, error) { return 4600, nil }},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			b := bounded(t, limits)
			begun, err := b.offer(t, 600)
			require.NoError(t, err)
			_, err = b.offer(t, 601)
			suitetest.RequireRefused(t, err, codes.ResourceExhausted, reason)
			if reason == "SENDER_QUOTA" {
				require.NoError(t, b.attach(t, 600), "staff have a quota of their own")
				suitetest.RequireRefused(t, b.attach(t, 600), codes.ResourceExhausted, reason)
			}
			_, err = b.anyone.AbortUpload(t.Context(), &typev1.AbortUploadRequest{
				Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
			})
			require.NoError(t, err)
			_, err = b.offer(t, 600)
			require.NoError(t, err, "what was aborted counts no more")
		})
	}
}

func TestH7_QuotaHoldsForUploadsAtOnce(t *testing.T) {
	t.Parallel()
	b := bounded(t, service.UploadLimits{Instance: 1000})
	var taken sync.WaitGroup
	outcomes := make([]error, 8)
	for i := range outcomes {
		taken.Go(func() {
			if i%2 == 0 {
				_, outcomes[i] = b.offer(t, 300)
			} else {
				outcomes[i] = b.attach(t, 300)
			}
		})
	}
	taken.Wait()
	accepted := 0
	for _, err := range outcomes {
		if err == nil {
			accepted++
			continue
		}
		assert.Equal(t, "INSTANCE_QUOTA", suitetest.Reason(err))
	}
	assert.Equal(t, 3, accepted)
}

// TestH7_ATokenHasOneQuotaForAllItsTips offers by the receipts of two tips with the same token, which nothing stored leads to.
func TestH7_ATokenHasOneQuotaForAllItsTips(t *testing.T) {
	t.Parallel()
	b := bounded(t, service.UploadLimits{Sender: 1000})
	receipts := []string{b.receipt, networktest.SubmitTip(t, b.Suite, networktest.OtherTownship, networktest.ValidTip()).GetReceipt()}
	offer := func(as grpc.ClientConnInterface, tip int, size int64) error {
		_, err := networkv1.NewAttachmentServiceClient(as).OfferAttachment(t.Context(), &networkv1.OfferAttachmentRequest{
			Receipt: receipts[tip], File: &typev1.AttachmentFile{FileName: "照片.jpg", MediaType: "image/jpeg", Size: size},
		})
		return err
	}
	informant, another := b.As("informant", networktest.OtherTownship), b.As("informant", networktest.Township)
	suitetest.RequireRefused(t, offer(informant, 0, 1001), codes.ResourceExhausted, "SENDER_QUOTA")
	require.NoError(t, offer(informant, 0, 600), "what was refused does not count")
	suitetest.RequireRefused(t, offer(informant, 1, 401), codes.ResourceExhausted, "DAILY_QUOTA")
	require.NoError(t, offer(informant, 1, 400))
	require.NoError(t, offer(another, 0, 400), "another has a quota of their own")
	suitetest.RequireRefused(t, offer(informant, 1, 1), codes.ResourceExhausted, "DAILY_QUOTA")
	var accounts []string
	require.NoError(t, networktest.Database(t, b.Suite).QueryRow(t.Context(),
		"SELECT array_agg(account) FROM network.attachment_usage").Scan(&accounts))
	for _, account := range accounts {
		assert.NotContains(t, account, "informant")
	}
	b.Clock.Advance(24 * time.Hour)
	require.NoError(t, offer(informant, 1, 300), "another day")
}
