package attachments

import (
	"context"
	"io"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Of gives the completed attachments of some records of one service, for whoever may read these, by record; one that can't be
// read by its name, with the error. Each unit adds as many to a record as its scheme allows.
func Of(ctx context.Context, from db.DBTX, owners []string, give func(*typev1.Attachment, error) error) error {
	rows, err := db.New(from).AttachmentsOfOwners(ctx, owners)
	if err != nil {
		return err
	}
	for _, row := range rows {
		attachment, err := document.Decode[*typev1.Attachment](row.Body)
		if err != nil {
			attachment = &typev1.Attachment{Name: resource.Sharded(resource.Attachments, row.Region, row.AttachmentKey)}
		}
		if err := give(attachment, err); err != nil {
			return err
		}
	}
	return nil
}

// CopyTo writes the content of an attachment, of which no more than two parts are ever in memory.
func CopyTo(ctx context.Context, to io.Writer, from db.DBTX, attachment *typev1.Attachment) error {
	region, key, err := resource.Split(attachment.GetName())
	if err != nil {
		return err
	}
	for after := int64(-1); after+1 < attachment.GetSize(); {
		parts, err := db.New(from).ReadParts(ctx, db.ReadPartsParams{
			Region: region, AttachmentKey: key, AfterOffset: after, BeforeOffset: after + 1 + minPart,
		})
		if err != nil {
			return err
		}
		if len(parts) == 0 {
			return io.ErrUnexpectedEOF
		}
		for _, part := range parts {
			if _, err := to.Write(part.Data); err != nil {
				return err
			}
		}
		last := parts[len(parts)-1]
		after = last.PartOffset + int64(len(last.Data)) - 1
	}
	return nil
}
