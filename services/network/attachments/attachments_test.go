package attachments_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const part = 512 << 10

// photo is so many bytes that begin like a JPEG.
func photo(size int) []byte {
	data := make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data)
	copy(data, "\xff\xd8\xff\xe0\x00\x10JFIF\x00")
	return data
}

func file(data []byte) *typev1.AttachmentFile {
	return &typev1.AttachmentFile{FileName: "照片.jpg", MediaType: "image/jpeg", Size: int64(len(data))}
}

// bench is a suite with one tip about a village that the township handles.
type bench struct {
	*suitetest.Suite

	receipt, tip  string
	clerk, anyone networkv1.AttachmentServiceClient
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{Suite: suitetest.New(t)}
	b.receipt = networktest.SubmitTip(t, b.Suite, networktest.OtherTownship, networktest.ValidTip()).GetReceipt()
	b.tip = networktest.OnlyTip(t, b.Suite, networktest.Township).GetName()
	b.clerk = networkv1.NewAttachmentServiceClient(b.As("clerk", networktest.Township))
	b.anyone = networkv1.NewAttachmentServiceClient(b.Unauthenticated())
	return b
}

// send sends all of data in parts and completes the upload.
func (b *bench) send(t *testing.T, name, token string, data []byte) (*typev1.Attachment, error) {
	t.Helper()
	for offset := 0; offset < len(data); offset += part {
		end := min(len(data), offset+part)
		answer, err := b.anyone.UploadPart(t.Context(), &typev1.UploadPartRequest{
			Name: name, UploadToken: token, Offset: int64(offset), Data: data[offset:end],
		})
		if err != nil {
			return nil, err
		}
		require.EqualValues(t, end, answer.GetNextOffset())
	}
	done, err := b.anyone.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{Name: name, UploadToken: token})
	return done, err
}

func (b *bench) create(t *testing.T, f *typev1.AttachmentFile) *typev1.CreateAttachmentResponse {
	t.Helper()
	begun, err := b.clerk.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{Owner: b.tip, File: f})
	require.NoError(t, err)
	return begun
}

func TestH7_UploadedPartsAreReadBackUnchanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(3*part + 12345)
	sum := sha256.Sum256(data)
	f := file(data)
	f.Sha256 = strings.ToUpper(hex.EncodeToString(sum[:]))
	begun := b.create(t, f)
	listed, err := b.clerk.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: b.tip})
	require.NoError(t, err)
	assert.Empty(t, listed.GetAttachments(), "what is not complete does not show")
	_, err = b.clerk.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{Name: begun.GetName()})
	networktest.Refused(t, err, codes.NotFound)

	done, err := b.send(t, begun.GetName(), begun.GetUploadToken(), data)
	require.NoError(t, err)
	assert.Equal(t, hex.EncodeToString(sum[:]), done.GetSha256())
	assert.False(t, done.GetFromSender())

	for _, limit := range []int32{0, 100_000, 7} {
		var got []byte
		for offset := int64(0); offset < int64(len(data)); {
			read, err := b.clerk.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{
				Name: begun.GetName(), Offset: offset, Limit: limit,
			})
			require.NoError(t, err)
			got, offset = append(got, read.GetData()...), read.GetNextOffset()
			if limit == 7 && offset > 70 {
				break
			}
		}
		require.True(t, bytes.HasPrefix(data, got), "limit %d", limit)
		require.True(t, limit == 7 || len(got) == len(data))
	}
	end, err := b.clerk.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{
		Name: begun.GetName(), Offset: int64(len(data)),
	})
	require.NoError(t, err)
	assert.Empty(t, end.GetData())
	_, err = b.clerk.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{
		Name: begun.GetName(), Offset: int64(len(data)) + 1,
	})
	networktest.Refused(t, err, codes.InvalidArgument, "offset")
	_, err = b.send(t, begun.GetName(), begun.GetUploadToken(), data[:part])
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UPLOAD_ENDED")
}

func TestC8_SenderAttachesByReceiptUntilAcceptance(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(20_000)
	req := &networkv1.OfferAttachmentRequest{Receipt: b.receipt, File: file(data), RequestId: uuid.NewString()}
	begun, err := b.anyone.OfferAttachment(t.Context(), req)
	require.NoError(t, err)
	again, err := b.anyone.OfferAttachment(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, begun.GetUploadToken(), again.GetUploadToken())
	done, err := b.send(t, begun.GetName(), begun.GetUploadToken(), data)
	require.NoError(t, err)
	assert.True(t, done.GetFromSender())
	_, err = b.anyone.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{Name: begun.GetName()})
	networktest.Refused(t, err, codes.Unauthenticated)
	_, err = b.anyone.OfferAttachment(t.Context(), &networkv1.OfferAttachmentRequest{
		Receipt: b.receipt[:len(b.receipt)-1] + "!", File: file(data),
	})
	networktest.Refused(t, err, codes.NotFound)

	_, err = networkv1.NewTipServiceClient(b.As("clerk", networktest.Township)).AcceptTip(t.Context(),
		&networkv1.AcceptTipRequest{Name: b.tip, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = b.anyone.OfferAttachment(t.Context(), &networkv1.OfferAttachmentRequest{Receipt: b.receipt, File: file(data)})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	b.create(t, file(data))
}

// TestC8_OfferLeavesNoTraceOfTheSender attaches with a token that names its holder, who need not have sent it.
func TestC8_OfferLeavesNoTraceOfTheSender(t *testing.T) {
	t.Parallel()
	b := setup(t)
	named := networkv1.NewAttachmentServiceClient(b.AsPrincipal(access.Principal{
		Subject: "accounts/xyzzy", Unit: networktest.Village, Roles: []string{"informant"},
	}))
	data := photo(20_000)
	begun, err := named.OfferAttachment(t.Context(), &networkv1.OfferAttachmentRequest{
		Receipt: b.receipt, File: file(data), RequestId: uuid.NewString(),
	})
	require.NoError(t, err)
	_, err = named.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	})
	require.NoError(t, err)
	_, err = named.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
	conn := networktest.Database(t, b.Suite)
	for _, table := range []string{"attachments", "journal", "stored_responses"} {
		all := networktest.TableText(t, conn, table)
		for _, secret := range []string{"xyzzy", begun.GetUploadToken(), b.receipt} {
			assert.NotContains(t, all, secret, "in %s", table)
		}
	}
}

// register enters a tip at the township and gives its name.
func register(t *testing.T, s *suitetest.Suite) string {
	t.Helper()
	content := networktest.ValidTip()
	content.Channel = "hotline"
	entered, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).RegisterTip(t.Context(),
		&networkv1.RegisterTipRequest{
			Unit: networktest.Township, Content: content, ReceivedOn: "2026-11-02", ReceivedBy: "王登记",
		})
	require.NoError(t, err)
	return entered.GetTip()
}

// TestC8_FileIsTakenAsWhatItsSenderTakesItFor sends files whose beginning looks like something finer than what was said, or like
// another brand of the same.
func TestC8_FileIsTakenAsWhatItsSenderTakesItFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	brand := func(name string) string { return "\x00\x00\x00\x20ftyp" + name + "\x00\x00\x00\x00" + name + "isom" }
	for _, c := range []struct {
		declared, begins string
		taken            bool
	}{
		{"text/plain", "你好, 我要反映问题\n周一, 无人办理\n周二, 也无人办理\n", true},
		{"text/plain", `{"反映": "公章由他人代管"}`, true},
		{"image/heic", brand("mif1"), true},
		{"image/heic", brand("msf1"), true},
		{"image/heic", brand("mif2"), true},
		{"image/heif", brand("heic"), true},
		{"image/heif", brand("mif2"), true},
		{"audio/mp4", brand("M4A "), true},
		{"audio/mp4", brand("isom"), true},
		{"audio/x-m4a", brand("mp42"), true},
		{"audio/x-m4a", brand("3gp4"), true},
		{"video/mp4", brand("M4V "), true},
		{"video/mp4", brand("qt  "), true},
		{"image/heic", brand("mp42"), false},
		{"video/mp4", brand("heic"), false},
		{"video/mp4", brand("mif1"), false},
		{"video/mp4", brand("mif2"), false},
		{"video/mp4", brand("avif"), false},
		{"image/png", brand("avif"), false},
		{"image/png", string(photo(64)), false},
		{"text/plain", "#!/bin/sh\nrm -r /\n", false},
		{"application/pdf", "你好, 我要反映问题", false},
	} {
		data := []byte(c.begins)
		b.tip = register(t, b.Suite)
		begun := b.create(t, &typev1.AttachmentFile{FileName: "材料", MediaType: c.declared, Size: int64(len(data))})
		_, err := b.send(t, begun.GetName(), begun.GetUploadToken(), data)
		if c.taken {
			require.NoError(t, err, "%s %q", c.declared, c.begins)
			continue
		}
		networktest.Refused(t, err, codes.InvalidArgument, "data")
	}
}

// TestC8_ARefusedFileLeavesItsPlaceToAnother has more files refused than a tip may have, by their type and by their hash.
func TestC8_ARefusedFileLeavesItsPlaceToAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const most = 10
	data := []byte("%PDF-1.7 no photo")
	for range most {
		begun := b.create(t, file(data))
		_, err := b.send(t, begun.GetName(), begun.GetUploadToken(), data)
		networktest.Refused(t, err, codes.InvalidArgument, "data")
		_, err = b.send(t, begun.GetName(), begun.GetUploadToken(), photo(len(data)))
		networktest.Refused(t, err, codes.NotFound)
	}
	declared := file(photo(64))
	declared.Sha256 = strings.Repeat("0", 64)
	mistyped := b.create(t, declared)
	_, err := b.send(t, mistyped.GetName(), mistyped.GetUploadToken(), photo(64))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HASH_MISMATCH")
	for range most {
		begun := b.create(t, file(photo(64)))
		_, err := b.send(t, begun.GetName(), begun.GetUploadToken(), photo(64))
		require.NoError(t, err)
	}
	_, err = b.clerk.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{Owner: b.tip, File: file(photo(64))})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_FILES")
}

func TestC8_AttachmentNeedsReachOfTheTip(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(40_000)
	begun := b.create(t, file(data))
	_, err := b.send(t, begun.GetName(), begun.GetUploadToken(), data)
	require.NoError(t, err)
	for unit, code := range map[string]codes.Code{
		networktest.City: codes.OK, networktest.OtherTownship: codes.NotFound, networktest.Village: codes.NotFound,
	} {
		client := networkv1.NewAttachmentServiceClient(b.As("clerk", unit))
		_, read := client.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{Name: begun.GetName()})
		_, list := client.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: b.tip})
		if code == codes.OK {
			require.NoError(t, read)
			require.NoError(t, list)
			continue
		}
		networktest.Refused(t, read, code)
		networktest.Refused(t, list, code)
		_, create := client.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{Owner: b.tip, File: file(data)})
		networktest.Refused(t, create, code)
	}
	_, err = b.clerk.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{Name: "attachments/340503-0"})
	networktest.Refused(t, err, codes.NotFound)
	_, err = networkv1.NewTipServiceClient(b.As("clerk", networktest.Township)).ReferTip(t.Context(),
		&networkv1.ReferTipRequest{Name: b.tip, ToUnit: networktest.County, Reason: "请办理。"})
	require.NoError(t, err)
	_, err = b.clerk.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{Name: begun.GetName()})
	networktest.Refused(t, err, codes.NotFound)
}

func TestH7_RegisteredTipNeedsItsOriginalToBeAccepted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	content := networktest.ValidTip()
	content.Channel = "by_hand"
	client := networkv1.NewTipServiceClient(b.As("clerk", networktest.Township))
	entered, err := client.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
		Unit: networktest.Township, Content: content, ReceivedOn: "2026-11-02", ReceivedBy: "王登记",
	})
	require.NoError(t, err)
	_, err = client.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: entered.GetTip(), CriteriaMet: networktest.Criteria})
	assert.Equal(t, "ORIGINAL_MISSING", suitetest.Reason(err))
	data := photo(40_000)
	b.tip = entered.GetTip()
	begun := b.create(t, file(data))
	_, err = client.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: entered.GetTip(), CriteriaMet: networktest.Criteria})
	assert.Equal(t, "ORIGINAL_MISSING", suitetest.Reason(err), "half an original is none")
	_, err = b.send(t, begun.GetName(), begun.GetUploadToken(), data)
	require.NoError(t, err)
	_, err = client.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: entered.GetTip(), CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
}

// TestH7_PartIsUploadedOverHTTP sends the longest part as JSON, through the gateway's limit on bodies.
func TestH7_PartIsUploadedOverHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(part)
	begun := b.create(t, file(data))
	post := func(act, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL+"/network/v1/"+begun.GetName()+":"+act,
			strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { require.NoError(t, answer.Body.Close()) }()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	code, text := post("uploadPart",
		`{"uploadToken":"`+begun.GetUploadToken()+`","data":"`+base64.StdEncoding.EncodeToString(data)+`"}`)
	require.Equal(t, http.StatusOK, code, text)
	code, text = post("complete", `{"uploadToken":"`+begun.GetUploadToken()+`"}`)
	require.Equal(t, http.StatusOK, code, text)
	var done struct{ Size string }
	require.NoError(t, json.Unmarshal([]byte(text), &done))
	assert.Equal(t, "524288", done.Size)
}

func TestAttachmentsAreListedByPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := photo(100)
	for range 5 {
		begun := b.create(t, file(data))
		_, err := b.send(t, begun.GetName(), begun.GetUploadToken(), data)
		require.NoError(t, err)
	}
	req, seen := &typev1.ListAttachmentsRequest{Owner: b.tip, PageSize: 2}, map[string]bool{}
	for {
		page, err := b.clerk.ListAttachments(t.Context(), req)
		require.NoError(t, err)
		for _, a := range page.GetAttachments() {
			seen[a.GetName()] = true
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	assert.Len(t, seen, 5)
}

func TestH7_ResubmitKeepsTheChannel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	content := networktest.ValidTip()
	content.Channel = "by_hand"
	client := networkv1.NewTipServiceClient(b.As("clerk", networktest.Township))
	entered, err := client.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
		Unit: networktest.Township, Content: content, ReceivedOn: "2026-11-02", ReceivedBy: "王登记",
	})
	require.NoError(t, err)
	_, err = client.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: entered.GetTip(), Criteria: []string{"factual"}, Reason: "请补充。",
	})
	require.NoError(t, err)
	sender, other := networkv1.NewTipServiceClient(b.Unauthenticated()), proto.CloneOf(content)
	other.Channel = "web"
	_, err = sender.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: entered.GetReceipt(), Content: other})
	networktest.Refused(t, err, codes.InvalidArgument, "content.channel")
	content.Body += "补充日期。"
	_, err = sender.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: entered.GetReceipt(), Content: content})
	require.NoError(t, err)
	_, err = client.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: entered.GetTip(), CriteriaMet: networktest.Criteria})
	assert.Equal(t, "ORIGINAL_MISSING", suitetest.Reason(err))
}

func TestC8_SenderAttachesAfterTheHandlingUnitEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := networkv1.NewTreeServiceClient(b.As(access.Administrator, suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Into: "units/340503002", Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Reason: "区划调整。",
		})
	require.NoError(t, err)
	data := photo(20_000)
	begun, err := b.anyone.OfferAttachment(t.Context(), &networkv1.OfferAttachmentRequest{Receipt: b.receipt, File: file(data)})
	require.NoError(t, err)
	_, err = b.send(t, begun.GetName(), begun.GetUploadToken(), data)
	require.NoError(t, err)
}
