package attachments

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// minPart is the shortest part but the last, in bytes: it holds enough to tell what a file is, and bounds how many parts a
// file has.
const minPart = 16 << 10

// UploadPart adds the next part. A part is no record, so no journal entry tells of it; nothing can be read before the upload is
// completed, which is recorded.
func (s *Server) UploadPart(ctx context.Context, req *typev1.UploadPartRequest) (*typev1.UploadPartResponse, error) {
	var next int64
	var u *openUpload
	err := s.store.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if u, err = s.lockOpenUpload(ctx, tx, req); err != nil {
			return err
		}
		next, err = u.appendPart(ctx, db.New(tx), req.GetOffset(), req.GetData())
		return err
	})
	return &typev1.UploadPartResponse{NextOffset: next}, s.endRefused(ctx, u, err)
}

// endRefused ends an upload whose content was refused, so that another file can take its place. What refused it has been undone.
// It ends as of the beginning of the day: the time would lead to who sends it.
func (s *Server) endRefused(ctx context.Context, u *openUpload, refusal error) error {
	if u == nil || !u.refused {
		return refusal
	}
	return cmp.Or(db.New(s.store).RefuseUpload(ctx, db.RefuseUploadParams{
		Region: u.region, AttachmentKey: u.key, ExpireTime: clock.StartOfDay(s.store.Clock),
	}), refusal)
}

// CompleteAttachment ends an upload.
func (s *Server) CompleteAttachment(
	ctx context.Context, req *typev1.CompleteAttachmentRequest,
) (*typev1.Attachment, error) {
	var u *openUpload
	completed, err := record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*typev1.Attachment, error) {
		var err error
		if u, err = s.lockOpenUpload(ctx, tx, req); err != nil {
			return nil, err
		}
		if err := s.owners.Complete(ctx, tx, u.attachment.GetOwner()); err != nil {
			return nil, err // it may have ended since the upload began
		}
		if u.row.Received < u.row.Size {
			next, size := formatBytes(u.row.Received), formatBytes(u.row.Size)
			return nil, fault.Precondition(words.UploadUnfinished(size, next))
		}
		digest, err := resumeHash(u.row.HashState)
		if err != nil {
			return nil, err
		}
		sum := hex.EncodeToString(digest.Sum(nil))
		if declared := u.attachment.GetSha256(); declared != "" && declared != sum {
			u.refused = true
			return nil, fault.Precondition(words.HashMismatch(sum))
		}
		u.attachment.Sha256, u.attachment.CompleteTime = sum, timestamppb.New(tx.Now())
		body, err := document.Rewrite(u.row.Body, u.attachment, 0)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).CompleteAttachment(ctx, db.CompleteAttachmentParams{
			Region: u.region, AttachmentKey: u.key, Body: body,
		}); err != nil {
			return nil, err
		}
		return u.attachment, s.record(ctx, tx, u.attachment)
	})
	return completed, s.endRefused(ctx, u, err)
}

// openUpload is an upload that is not completed, its row locked.
type openUpload struct {
	region, key string
	row         db.LockAttachmentRow
	attachment  *typev1.Attachment
	refused     bool // its content is not what was said of it
}

// record records what was done to an attachment.
func (s *Server) record(ctx context.Context, tx *record.Tx, attachment *typev1.Attachment) error {
	path, err := s.owners.Path(ctx, tx, attachment.GetOwner())
	if err != nil {
		return err
	}
	return tx.Record(ctx, record.Entry{Resource: attachment.GetName(), UnitPath: path})
}

// uploadRequest is a request about an upload.
type uploadRequest interface {
	GetName() string
	GetUploadToken() string
}

// lockOpenUpload locks the upload that a request names and holds the token of, if the owner lets the caller go on with it. A
// wrong token finds nothing.
func (s *Server) lockOpenUpload(ctx context.Context, tx db.DBTX, req uploadRequest) (*openUpload, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(tx).LockAttachment(ctx, db.LockAttachmentParams{
		Region: region, AttachmentKey: key, Now: s.store.Clock.Now(),
	})
	if err := document.NotFoundAs(err, req.GetName()); err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(row.TokenHash, hashToken(req.GetUploadToken())) != 1 {
		return nil, fault.NotFound(req.GetName())
	}
	attachment, err := document.Decode[*typev1.Attachment](row.Body)
	if err != nil {
		return nil, err
	}
	err = s.owners.Hold(ctx, tx, attachment.GetOwner())
	if fault.IsNotFound(err) {
		err = fault.NotFound(req.GetName())
	}
	if err == nil && row.Complete {
		err = fault.Precondition(words.UploadEnded())
	}
	return &openUpload{region: region, key: key, row: row, attachment: attachment}, err
}

// appendPart stores the next part and returns the next offset. A repeated part changes nothing.
func (u *openUpload) appendPart(ctx context.Context, queries *db.Queries, offset int64, data []byte) (int64, error) {
	end := offset + int64(len(data))
	if offset != u.row.Received {
		known, err := queries.HasPart(ctx, db.HasPartParams{
			Region: u.region, AttachmentKey: u.key, PartOffset: offset, Data: data,
		})
		if err == nil && !known {
			err = fault.Precondition(words.PartOutOfOrder(formatBytes(u.row.Received))).OnField("offset")
		}
		return u.row.Received, err
	}
	if err := u.checkPart(end, data); err != nil {
		return 0, err
	}
	digest, err := resumeHash(u.row.HashState)
	if err != nil {
		return 0, err
	}
	digest.Write(data)
	state, err := hashState(digest)
	if err != nil {
		return 0, err
	}
	if err := queries.AddPart(ctx, db.AddPartParams{
		Region: u.region, AttachmentKey: u.key, PartOffset: offset, Data: data,
	}); err != nil {
		return 0, err
	}
	return end, queries.SetReceived(ctx, db.SetReceivedParams{
		Region: u.region, AttachmentKey: u.key, Received: end, HashState: state,
	})
}

// checkPart checks that a part does not go past the declared size, is long enough and, the first one, is of the declared type.
func (u *openUpload) checkPart(end int64, data []byte) error {
	switch {
	case end > u.row.Size:
		return fault.Invalid("data", words.OverDeclared(formatBytes(u.row.Size)))
	case end < u.row.Size && len(data) < minPart:
		return fault.Invalid("data", words.PartSmall(formatBytes(minPart)))
	case u.row.Received == 0:
		err := checkType(data, u.attachment.GetMediaType())
		u.refused = err != nil
		return err
	}
	return nil
}

// The hash goes on from part to part: its state is stored beside what was received.

func newHashState() ([]byte, error) { return hashState(sha256.New()) }

func hashState(digest hash.Hash) ([]byte, error) {
	stateful, ok := digest.(encoding.BinaryMarshaler)
	if !ok {
		return nil, errors.New("SHA-256 keeps no state")
	}
	return stateful.MarshalBinary()
}

func resumeHash(state []byte) (hash.Hash, error) {
	digest := sha256.New()
	stateful, ok := digest.(encoding.BinaryUnmarshaler)
	if !ok {
		return nil, errors.New("SHA-256 keeps no state")
	}
	if err := stateful.UnmarshalBinary(state); err != nil {
		return nil, fmt.Errorf("state of a hash: %w", err)
	}
	return digest, nil
}

func formatBytes(count int64) string { return strconv.FormatInt(count, 10) }
