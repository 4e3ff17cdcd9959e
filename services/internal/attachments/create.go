package attachments

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// CreateAttachment begins an upload to an owner.
func (s *Server) CreateAttachment(
	ctx context.Context, req *typev1.CreateAttachmentRequest,
) (*typev1.CreateAttachmentResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*typev1.CreateAttachmentResponse, error) {
		owner, err := s.owners.Attach(ctx, tx, req.GetOwner())
		if err != nil {
			return nil, err
		}
		attachment := &typev1.Attachment{Unit: access.PrincipalOf(ctx).Unit}
		token, err := s.Begin(ctx, tx, owner, req.GetFile(), attachment)
		return &typev1.CreateAttachmentResponse{
			Name: attachment.GetName(), UploadToken: token, FileName: attachment.GetFileName(),
		}, err
	})
}

// Begin checks what is said of a file and makes room for it in an owner, which is locked, so that its files can be counted. It
// completes the attachment, which says whom the file comes from, and returns the token, of which only a hash is stored. Errors:
// TOO_MANY_FILES; SENDER_QUOTA, UNIT_QUOTA, INSTANCE_QUOTA, DISK_LOW; of file.media_type and file.size what the rules say.
func (s *Server) Begin(
	ctx context.Context, tx *record.Tx, owner Owner, file *typev1.AttachmentFile, attachment *typev1.Attachment,
) (string, error) {
	if err := checkFile(owner.Rules, file); err != nil {
		return "", err
	}
	region, _, err := resource.Split(owner.Name)
	if err != nil {
		return "", err
	}
	if err := checkFileCount(ctx, tx, owner, attachment.GetUnit()); err != nil {
		return "", err
	}
	kind, _ := schemes.Find(owner.Rules.GetTypes(), file.GetMediaType())
	key, token := tx.NewKey(), rand.Text()
	attachment.Name, attachment.Owner = resource.Sharded(resource.Attachments, region, key), owner.Name
	attachment.FileName, attachment.MediaType = safeFileName(file.GetFileName(), kind.GetExtensions()), file.GetMediaType()
	attachment.Size, attachment.Sha256 = file.GetSize(), strings.ToLower(file.GetSha256())
	body, err := document.Encode(attachment)
	if err != nil {
		return "", err
	}
	state, err := newHashState()
	if err != nil {
		return "", err
	}
	accounts := accountsOf(ctx, owner)
	if err := db.New(tx).AddAttachment(ctx, db.AddAttachmentParams{
		Region: region, AttachmentKey: key, Owner: owner.Name, Size: file.GetSize(), HashState: state,
		TokenHash: hashToken(token), CreateTime: tx.Now(),
		ExpireTime: tx.Today().AddDays(int(max(owner.Rules.GetUploadDays(), 1)) + 1).In(calendar.Shanghai),
		Accounts:   accounts.sorted(), Body: body,
	}); err != nil {
		return "", err
	}
	if err := s.checkQuotas(ctx, tx, accounts, file.GetSize()); err != nil {
		return "", err
	}
	return token, tx.Record(ctx, record.Entry{Resource: attachment.GetName(), UnitPath: owner.UnitPath})
}

// checkFileCount checks that an owner may have one file more of a unit or, without one, by a receipt. Nobody uses up the room of
// others.
func checkFileCount(ctx context.Context, tx *record.Tx, owner Owner, unit string) error {
	of := db.CountAttachmentsParams{Owner: owner.Name, Now: tx.Now()}
	if unit != "" {
		of.UnitID = resource.ID(unit)
	}
	count, err := db.New(tx).CountAttachments(ctx, of)
	if most := owner.Rules.GetMaxFiles(); err == nil && count >= int64(most) {
		return fault.Precondition(words.TooManyFiles(strconv.Itoa(int(most))))
	}
	return err
}

// checkFile holds what is said of a file against the scheme.
func checkFile(rules *typev1.AttachmentRules, file *typev1.AttachmentFile) error {
	var faults fault.Fields
	schemes.CheckKnown(&faults, "file.media_type", file.GetMediaType(), rules.GetTypes())
	if file.GetSize() > rules.GetMaxBytes() {
		faults.Add("file.size", words.TooLarge(formatBytes(rules.GetMaxBytes())))
	}
	return faults.Err()
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte("qingfeng upload\n" + strings.ToUpper(strings.TrimSpace(token))))
	return sum[:]
}
