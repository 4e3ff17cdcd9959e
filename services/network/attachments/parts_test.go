package attachments_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestH7_RepeatedPartIsIgnored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(3 * 64 << 10)
	begun := b.create(t, file(data))
	put := func(from, to int, spoil byte) (int64, error) {
		sent := bytes.Clone(data[from:to])
		sent[len(sent)-1] += spoil
		answer, err := b.anyone.UploadPart(t.Context(), &typev1.UploadPartRequest{
			Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Offset: int64(from), Data: sent,
		})
		return answer.GetNextOffset(), err
	}
	const k = 64 << 10
	for _, at := range []int{0, 0, k, 0, k} {
		next, err := put(at, at+k, 0)
		require.NoError(t, err)
		require.Positive(t, next)
	}
	next, err := put(0, k, 0)
	require.NoError(t, err)
	assert.EqualValues(t, 2*k, next, "a repeat tells where to go on")
	for _, wrong := range [][2]int{{100, k}, {0, 2 * k}, {2*k + 1, 3 * k}} {
		_, err = put(wrong[0], wrong[1], 0)
		networktest.Refused(t, err, codes.FailedPrecondition, "offset")
		assert.Equal(t, "PART_OUT_OF_ORDER", suitetest.Reason(err))
	}
	_, err = put(0, k, 1)
	networktest.Refused(t, err, codes.FailedPrecondition, "offset")
	_, err = b.anyone.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	assert.Equal(t, "UPLOAD_UNFINISHED", suitetest.Reason(err))

	var all sync.WaitGroup
	for range 8 { // a client that tries again while its first try is still under way
		all.Go(func() {
			_, err := put(2*k, 3*k, 0)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	done, err := b.anyone.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
	sum := sha256.Sum256(data)
	assert.Equal(t, hex.EncodeToString(sum[:]), done.GetSha256())
}

//nolint:paralleltest,tparallel // the cases share one suite
func TestH7_ForbiddenFilesAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		spoil func(*typev1.AttachmentFile)
		named []string
	}{
		"ten gigabytes":     {func(f *typev1.AttachmentFile) { f.Size = 10 << 30 }, []string{"file.size"}},
		"more than allowed": {func(f *typev1.AttachmentFile) { f.Size = 60 << 20 }, []string{"file.size"}},
		"nothing":           {func(f *typev1.AttachmentFile) { f.Size = 0 }, []string{"file.size"}},
		"less than nothing": {func(f *typev1.AttachmentFile) { f.Size = -1 }, []string{"file.size"}},
		"a program": {
			func(f *typev1.AttachmentFile) { f.MediaType = "application/x-executable" },
			[]string{"file.media_type"},
		},
		"no type": {
			func(f *typev1.AttachmentFile) { f.MediaType = "image/jpeg; charset=x" },
			[]string{"file.media_type"},
		},
		"no name": {func(f *typev1.AttachmentFile) { f.FileName = "" }, []string{"file.file_name"}},
		"an over-long name": {
			func(f *typev1.AttachmentFile) { f.FileName = strings.Repeat("长", 256) },
			[]string{"file.file_name"},
		},
		"no hash": {func(f *typev1.AttachmentFile) { f.Sha256 = "abc" }, []string{"file.sha256"}},
		"two faults at once": {func(f *typev1.AttachmentFile) { f.MediaType, f.Size = "image/gif", 60<<20 }, []string{
			"file.media_type", "file.size",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := file(photo(100))
			c.spoil(f)
			_, err := b.clerk.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{Owner: b.tip, File: f})
			networktest.Refused(t, err, codes.InvalidArgument, c.named...)
		})
	}
	for name, c := range map[string]struct {
		declared string
		data     []byte
	}{
		"a program as a photo": {
			"image/jpeg",
			append([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00"), make([]byte, 100)...),
		},
		"a script as a text":    {"text/plain", []byte("#!/bin/sh\nrm -rf /\n")},
		"a page as a text":      {"text/plain", []byte("<!DOCTYPE html><html><script>alert(1)</script></html>")},
		"a photo as a document": {"application/pdf", photo(100)},
		"noise as a photo":      {"image/jpeg", []byte{0, 1, 2, 3, 250, 251, 252}},
	} {
		t.Run(name, func(t *testing.T) {
			begun := b.create(t, &typev1.AttachmentFile{FileName: "x", MediaType: c.declared, Size: int64(len(c.data))})
			_, err := b.send(t, begun.GetName(), begun.GetUploadToken(), c.data)
			networktest.Refused(t, err, codes.InvalidArgument, "data")
		})
	}
}

func TestH7_FileMustMatchItsDeclaration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(40_000)
	put := func(begun *typev1.CreateAttachmentResponse, token string, data []byte) error {
		_, err := b.anyone.UploadPart(t.Context(), &typev1.UploadPartRequest{
			Name: begun.GetName(), UploadToken: token, Data: data,
		})
		return err
	}
	small := b.create(t, &typev1.AttachmentFile{FileName: "a.jpg", MediaType: "image/jpeg", Size: 100})
	networktest.Refused(t, put(small, small.GetUploadToken(), data), codes.InvalidArgument, "data")
	networktest.Refused(t, put(small, "WRONG", data[:100]), codes.NotFound)
	networktest.Refused(t, put(small, small.GetUploadToken(), nil), codes.InvalidArgument, "data")
	networktest.Refused(t, put(small, small.GetUploadToken(), make([]byte, part+1)), codes.InvalidArgument, "data")
	dribble := b.create(t, file(data))
	networktest.Refused(t, put(dribble, dribble.GetUploadToken(), data[:10]), codes.InvalidArgument, "data")

	f := file(data)
	f.Sha256 = strings.Repeat("0", 64)
	lied := b.create(t, f)
	_, err := b.send(t, lied.GetName(), lied.GetUploadToken(), data)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HASH_MISMATCH")
	for range 8 { // what was refused leaves its place
		b.create(t, f)
	}
	_, err = b.clerk.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{Owner: b.tip, File: f})
	assert.Equal(t, "TOO_MANY_FILES", suitetest.Reason(err))
}

func TestH7_ExpiredUploadsAreDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(40_000)
	kept := b.create(t, file(data))
	_, err := b.send(t, kept.GetName(), kept.GetUploadToken(), data)
	require.NoError(t, err)
	left := b.create(t, file(data))
	_, err = b.anyone.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: left.GetName(), UploadToken: left.GetUploadToken(), Data: data[:20_000],
	})
	require.NoError(t, err)
	b.Clock.Advance(48 * time.Hour)
	b.RunJob("network.remove_uploads")
	var uploads, parts int
	require.NoError(t, networktest.Database(t, b.Suite).QueryRow(t.Context(),
		"SELECT (SELECT count(*) FROM network.attachments), (SELECT count(*) FROM network.attachment_parts)").Scan(&uploads, &parts))
	assert.Equal(t, [2]int{1, 1}, [2]int{uploads, parts}, "what was completed is kept")
	_, err = b.anyone.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: left.GetName(), UploadToken: left.GetUploadToken(), Data: data,
	})
	networktest.Refused(t, err, codes.NotFound)
	_, err = b.clerk.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{Name: kept.GetName()})
	require.NoError(t, err)
}

func TestH7_ClosedTipTakesNoAttachments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(20_000)
	offer := func() (*networkv1.OfferAttachmentResponse, error) {
		return b.anyone.OfferAttachment(t.Context(), &networkv1.OfferAttachmentRequest{Receipt: b.receipt, File: file(data)})
	}
	offered, err := offer()
	require.NoError(t, err)
	clerk := networkv1.NewTipServiceClient(b.As("clerk", networktest.Township))
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: b.tip, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = offer()
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = b.send(t, offered.GetName(), offered.GetUploadToken(), data)
	require.NoError(t, err, "what was under way then is not lost")
	begun, late := b.create(t, file(data)), b.create(t, file(data))
	_, err = b.send(t, begun.GetName(), begun.GetUploadToken(), data)
	require.NoError(t, err)
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: b.tip, Outcome: "solved", Reason: "已解决。"})
	require.NoError(t, err)
	_, err = b.send(t, late.GetName(), late.GetUploadToken(), data)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	listed, err := b.clerk.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: b.tip})
	require.NoError(t, err)
	assert.Len(t, listed.GetAttachments(), 2)
}
