package attachments

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strconv"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// CreateAttachment begins an upload for those who handle a tip.
func (s *Server) CreateAttachment(
	ctx context.Context, req *networkv1.CreateAttachmentRequest,
) (*networkv1.CreateAttachmentResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.CreateAttachmentResponse, error) {
		tip, row, err := tips.Lock(ctx, tx, clock.Today(s.store.Clock), req.GetTip())
		if err != nil {
			return nil, err
		}
		attachment, token, err := s.startUpload(ctx, tx, newUpload{tip: tip, path: row.HandlingPath, file: req.GetFile()})
		return &networkv1.CreateAttachmentResponse{Name: attachment.GetName(), UploadToken: token, FileName: attachment.GetFileName()}, err
	})
}

// OfferAttachment begins an upload for the holder of a tip's receipt.
func (s *Server) OfferAttachment(
	ctx context.Context, req *networkv1.OfferAttachmentRequest,
) (*networkv1.OfferAttachmentResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.OfferAttachmentResponse, error) {
		_, key, err := tips.ByReceipt(ctx, tx, req.GetReceipt())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockTip(ctx, key)
		if err != nil {
			return nil, err
		}
		tip, err := document.Decode[*networkv1.Tip](row.Body)
		if err != nil {
			return nil, err
		}
		attachment, token, err := s.startUpload(ctx, tx, newUpload{
			tip: tip, path: row.HandlingPath, file: req.GetFile(), fromSender: true,
		})
		return &networkv1.OfferAttachmentResponse{Name: attachment.GetName(), UploadToken: token, FileName: attachment.GetFileName()}, err
	})
}

// newUpload is what starts an upload. The tip's row is locked, so that its files can be counted.
type newUpload struct {
	tip        *networkv1.Tip
	path       string // of the unit that handles the tip
	file       *networkv1.AttachmentFile
	fromSender bool
}

// uploadAct is the act of the tip's life cycle that adding an original is.
func uploadAct(fromSender bool) lifecycle.Act {
	if fromSender {
		return "enclose"
	}
	return "attach"
}

// startUpload checks what is said of a file and makes room for it. It returns the token, of which only a hash is stored.
func (s *Server) startUpload(ctx context.Context, tx *record.Tx, u newUpload) (*networkv1.Attachment, string, error) {
	if _, err := tips.Lifecycle.Next(u.tip.GetState(), uploadAct(u.fromSender)); err != nil {
		return nil, "", err
	}
	// Its path and not its unit says which scheme holds: the unit may have ended since.
	scheme := &networkv1.Scheme{}
	if err := schemes.Effective(ctx, tx, strings.Split(u.path, "."), clock.Today(s.store.Clock), scheme); err != nil {
		return nil, "", err
	}
	rules := scheme.GetAttachmentRules()
	if err := checkFile(rules, u.file); err != nil {
		return nil, "", err
	}
	region, tipKey, err := resource.Split(u.tip.GetName())
	if err != nil {
		return nil, "", err
	}
	if err := checkFileCount(ctx, tx, rules, region, tipKey); err != nil {
		return nil, "", err
	}
	kind, _ := schemes.Find(rules.GetTypes(), u.file.GetMediaType())
	key, token := resource.NewKey(), rand.Text()
	attachment := &networkv1.Attachment{
		Name: resource.Sharded(resource.Attachments, region, key), Tip: u.tip.GetName(),
		FileName: safeFileName(u.file.GetFileName(), kind.GetExtensions()), MediaType: u.file.GetMediaType(), Size: u.file.GetSize(),
		Sha256: strings.ToLower(u.file.GetSha256()), FromSender: u.fromSender,
	}
	body, err := document.Encode(attachment)
	if err != nil {
		return nil, "", err
	}
	state, err := newHashState()
	if err != nil {
		return nil, "", err
	}
	if err := db.New(tx).AddAttachment(ctx, db.AddAttachmentParams{
		Region: region, AttachmentKey: key, TipKey: tipKey, Size: u.file.GetSize(), HashState: state, TokenHash: hashToken(token),
		CreateTime: tx.Now(), ExpireTime: tx.Now().AddDate(0, 0, int(max(rules.GetUploadDays(), 1))), Body: body,
	}); err != nil {
		return nil, "", err
	}
	return attachment, token, tx.Record(ctx, record.Entry{Resource: attachment.GetName(), UnitPath: u.path})
}

// checkFileCount checks that a tip may have one file more.
func checkFileCount(ctx context.Context, tx *record.Tx, rules *networkv1.AttachmentRules, region, tipKey string) error {
	count, err := db.New(tx).CountAttachments(ctx, db.CountAttachmentsParams{Region: region, TipKey: tipKey})
	if err == nil && count >= int64(rules.GetMaxFiles()) {
		return fault.Precondition("TOO_MANY_FILES", "limit", strconv.Itoa(int(rules.GetMaxFiles())))
	}
	return err
}

// checkFile holds what is said of a file against the scheme.
func checkFile(rules *networkv1.AttachmentRules, file *networkv1.AttachmentFile) error {
	var faults fault.Fields
	schemes.CheckKnown(&faults, "file.media_type", file.GetMediaType(), rules.GetTypes())
	if file.GetSize() > rules.GetMaxBytes() {
		faults.Add("file.size", "too_large", "limit", formatBytes(rules.GetMaxBytes()))
	}
	return faults.Err()
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte("qingfeng upload\n" + strings.ToUpper(strings.TrimSpace(token))))
	return sum[:]
}
